// SPDX-License-Identifier: Apache-2.0

/** A small catalogue and events made of plain values, to test the engine apart from the real fields. */
import { Buffer } from "node:buffer";
import { RecordMemory, RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { encodeText } from "../../src/events/text.ts";
import type { EventType, ValueType } from "../../src/events/types.ts";
import type { Catalogue } from "../../src/engine/catalogue.ts";
import { buildEngine, type BuildResult, type EngineOptions } from "../../src/engine/build.ts";
import { parseServices } from "../../src/engine/services.ts";
import type { Event } from "../../src/fields/event.ts";
import { type BoundField, type Field, FieldError, type Several, type Value } from "../../src/fields/field.ts";
import { GuestTable } from "../../src/host/guests.ts";
import type { Host } from "../../src/host/host.ts";
import type { Position } from "../../src/rules/diagnostic.ts";
import { parseCondition } from "../../src/rules/parser.ts";
import type { Rule, RuleSet, SourceText } from "../../src/rules/ruleset.ts";
import { buildRecord, memoryOf } from "./records.ts";

/** An event whose fields have the values that a test gives them; what is not given is missing. */
export class FakeEvent implements Event {
  readonly type: EventType;
  readonly record: RecordReader;
  readonly process = undefined;
  readonly host: Host = {
    hostname: "falcon",
    bootTime: 1_700_000_000_000_000_000n,
    processes: { get: () => undefined, size: 0, lineage: 0, apply: () => undefined, settle: () => {} },
    names: { user: () => undefined, group: () => undefined },
    guests: new GuestTable(),
  };
  readonly num: number;
  readonly firstTime = 0n;
  readonly values: Readonly<Record<string, Value>>;
  /** How often each field was read. */
  readonly reads = new Map<string, number>();

  constructor(values: Readonly<Record<string, Value>>, type = "openat", num = 1) {
    this.type = EVENT_BY_NAME.get(type)!;
    this.record = new RecordReader(new RecordMemory(memoryOf(buildRecord(type, {})).memory.u8.buffer as ArrayBuffer));
    this.values = values;
    this.num = num;
  }
}

interface FakeField {
  readonly type: ValueType;
  readonly list?: boolean;
  readonly several?: Several;
  readonly extra?: Partial<Field>;
  /** Compared in place. */
  readonly located?: boolean;
  /** Missing on events of other types. */
  readonly only?: readonly string[];
}

const FIELDS: Readonly<Record<string, FakeField>> = {
  "evt.type": { type: "CHARBUF" },
  "syscall.type": { type: "CHARBUF" },
  "evt.num": { type: "UINT64" },
  "evt.time": { type: "CHARBUF" },
  "evt.dir": { type: "CHARBUF", extra: { deprecated: true } },
  "evt.buffer": { type: "BYTEBUF" },
  "proc.name": { type: "CHARBUF" },
  "proc.pname": { type: "CHARBUF" },
  "proc.cmdline": { type: "CHARBUF" },
  "proc.list": { type: "CHARBUF", list: true },
  "proc.pids": { type: "UINT64", list: true },
  "proc.aname": { type: "CHARBUF", several: "ancestors", extra: { noRhs: true, noTransformer: true } },
  "fd.name": { type: "FSPATH", located: true },
  "fd.directory": { type: "CHARBUF", located: true },
  "fd.filename": { type: "CHARBUF", located: true, only: ["open", "openat"] },
  "fd.num": { type: "INT64" },
  "fd.ino": { type: "UINT64" },
  "fd.port": { type: "PORT", several: "either", extra: { noRhs: true, noTransformer: true, filterOnly: true } },
  "fd.sport": { type: "PORT" },
  "fd.ip": { type: "IPADDR", several: "either", extra: { noRhs: true, noTransformer: true, filterOnly: true } },
  "fd.sip": { type: "IPADDR" },
  "fd.cip": { type: "IPADDR" },
  "fd.net": { type: "IPNET", several: "either", extra: { noRhs: true, noTransformer: true, filterOnly: true } },
  "fd.snet": { type: "IPNET", extra: { noRhs: true, noTransformer: true, filterOnly: true } },
  "user.uid": { type: "UINT32" },
  "user.raw": { type: "UID" },
  "proc.tiny": { type: "INT8" },
  "proc.usage": { type: "DOUBLE" },
  "proc.duration": { type: "RELTIME" },
  "proc.start": { type: "ABSTIME" },
  "proc.leader": { type: "BOOL" },
  "evt.flags": { type: "FLAGS32" },
  "evt.info": { type: "CHARBUF", extra: { printOnly: true } },
};

function fakeValue(event: Event, name: string): Value | undefined {
  if (!(event instanceof FakeEvent)) throw new Error("not a fake event");
  event.reads.set(name, (event.reads.get(name) ?? 0) + 1);
  if (name === "evt.type" || name === "syscall.type") return event.type.name;
  if (name === "evt.num") return event.num;
  return event.values[name];
}

function bind(name: string, key: string, { type, list, several, extra, located, only }: FakeField): BoundField {
  const field: Field = {
    name,
    type,
    argument: "optional",
    doc: "",
    ...extra,
    bind: () => {
      throw new Error("bound by the catalogue");
    },
  };
  return {
    text: key,
    field,
    type,
    list: list === true,
    ...(several === undefined ? {} : { several }),
    get: (event) => fakeValue(event, key),
    presentOn: (eventType) => only === undefined || only.includes(eventType.name),
    ...(located !== true ? {} : {
      locate(event, into) {
        const value = fakeValue(event, key);
        if (typeof value !== "string") return false;
        const bytes = Buffer.from(`##${value}\0`, "latin1");
        into.u8 = bytes;
        into.offset = 2;
        into.length = bytes.length - 3;
        return true;
      },
    }),
  };
}

/** The fake catalogue: `proc.name` takes no argument, `proc.aname[N]` is a plain text. */
export const CATALOGUE: Catalogue = {
  names: Object.keys(FIELDS),
  resolve(name, argument) {
    const field = FIELDS[name];
    if (field === undefined) return undefined;
    if (argument === undefined) return bind(name, name, field);
    if (name !== "proc.aname") throw new FieldError(`\`${name}\` takes no argument`);
    if (!/^[0-9]+$/.test(argument)) throw new FieldError(`\`${name}\` takes a number, not \`${argument}\``);
    return bind(name, `${name}[${argument}]`, { type: "CHARBUF", extra: { noTransformer: true } });
  },
};

/** A text that stands alone in a file, at line 1. */
export function sourceText(value: string): SourceText {
  return {
    value,
    position: (offset): Position => ({ file: "test.yaml", line: 1, column: offset + 1, offset }),
    snippet: () => value,
  };
}

/** A rule with this condition; what is not given is ordinary. */
export function ruleOf(condition: string | Partial<Rule>, name = "r"): Rule {
  const partial: Partial<Rule> = typeof condition === "string"
    ? { condition: parseCondition(condition), conditionText: sourceText(condition) }
    : condition;
  const output = partial.output ?? "matched";
  return {
    name,
    description: "",
    written: "",
    condition: parseCondition("evt.type exists"),
    conditionText: sourceText(""),
    output,
    outputText: sourceText(output),
    priority: "Notice",
    source: "syscall",
    tags: [],
    enabled: true,
    warnEventTypes: false,
    skipIfUnknownFilter: false,
    macros: [],
    lists: [],
    exceptions: [],
    position: sourceText("").position(0),
    ...partial,
  };
}

/** Rules as loaded. */
export function ruleSetOf(rules: readonly Rule[]): RuleSet {
  return {
    rules,
    macros: [],
    lists: [],
    files: ["test.yaml"],
    diagnostics: [],
    requirements: { engine: [0, 0, 0], plugins: [] },
    textOf: () => undefined,
  };
}

/** Builds an engine over the fake catalogue. */
export function build(rules: readonly Rule[], options: Partial<EngineOptions> = {}): BuildResult {
  return buildEngine(ruleSetOf(rules), CATALOGUE, {
    matching: "first",
    minimumPriority: "Debug",
    services: parseServices("http 80/tcp www # web\nssh 22/tcp\ndomain 53/udp\n"),
    ...options,
  });
}

/** A binary string of UTF-8 text, for values of fake events. */
export const bytes = encodeText;
