// SPDX-License-Identifier: Apache-2.0

/** Performs the system calls of tests/live/calls/ under a live probe and says what came of each. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Driver, openDriver } from "../../src/cli/driver.ts";
import { EventStream } from "../../src/engine/stream.ts";
import { tupleText } from "../../src/events/render_address.ts";
import { RecordMemory, RecordReader } from "../../src/events/record.ts";
import { EVENT_TYPES } from "../../src/events/table.ts";
import type { Param } from "../../src/events/types.ts";
import { resolveField } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import type { AttachChoice } from "../../src/native/contract.ts";
import { ROOT } from "./support.ts";

/** What an act printed: descriptors, device and inode numbers, ports; `here` is its current directory. */
export type Facts = Readonly<Record<string, string>>;

/** The records of one act after its mark, in order, and what it printed. */
export interface Act {
  readonly facts: Facts;
  readonly events: readonly KeptEvent[];
  readonly code: number | null;
  readonly stderr: string;
}

/** MARK of calls.h. */
const MARK = -424242;

/** Fields that read the process tree, which has moved on when a test looks: kept as they were at the event. */
const AT_THE_EVENT: readonly string[] = [
  "evt.args",
  "proc.cmdline",
  "proc.cwd",
  "proc.exepath",
  "proc.name",
  "proc.pid",
  "proc.pname",
  "proc.ppid",
];

/** An event that outlives its stream. */
export interface KeptEvent extends Event {
  readonly texts: ReadonlyMap<string, string>;
}

/** A field's text as outputs print it; `(missing)` when it is. */
export function fieldText(event: KeptEvent, expression: string): string {
  return event.texts.get(expression) ?? textNow(event, expression);
}

function textNow(event: Event, expression: string): string {
  const [, name, argument] = /^([\w.]+)(?:\[(.*)\])?$/.exec(expression)!;
  const bound = resolveField(name!, argument);
  if (bound === undefined) throw new Error(`no field ${expression}`);
  const value = bound.output ? bound.output(event) : bound.get(event);
  return value === undefined ? "(missing)" : String(value);
}

/** Our own parameters that the record has, as text. */
export function ownParams(event: Event): Record<string, string> {
  const own: Record<string, string> = {};
  event.type.params.forEach((param, i) => {
    if (param.own && event.record.len(i) > 0) own[param.name] = ownText(event, param, i);
  });
  return own;
}

function ownText({ record }: Event, { name, type }: Param, index: number): string {
  if (type === "SOCKTUPLE") return tupleText(record.memory.u8, record.offset(index), record.len(index));
  if (type === "FSPATH" || type === "CHARBUF") return record.text(index);
  return name === "fd_type" ? String.fromCharCode(record.low(index)) : String(record.number(index));
}

/** The helper compiled, a live probe, and the records of every process that descends from this one. */
export class Stage {
  /** Where acts run, without symlinks. */
  readonly path: string;
  readonly program: string;
  readonly #driver: Driver;
  readonly #observe: (event: Event) => void;
  readonly #events: KeptEvent[] = [];
  readonly #family = new Set([process.pid]);
  readonly #acts = new Map<string, { pid: number; facts: Facts; code: number | null; stderr: string }>();

  /**
   * @param observe is shown every event of the helper as it comes, when the process tree is what it was
   * @param attach how the probe sees system calls
   */
  static async open(observe: (event: Event) => void = () => {}, attach: AttachChoice = "auto"): Promise<Stage> {
    const driver = await openDriver({
      ringBytes: 32 * 1024 * 1024,
      events: EVENT_TYPES,
      wantEnv: true,
      wantWorkdir: false,
      wantData: true,
      verbose: true,
      attach,
    });
    return new Stage(driver, observe);
  }

  private constructor(driver: Driver, observe: (event: Event) => void) {
    this.#driver = driver;
    this.#observe = observe;
    this.path = realpathSync(mkdtempSync(join(tmpdir(), "lanner-calls-")));
    this.program = join(this.path, "calls");
    execFileSync(join(ROOT, "tests/live/calls/build"), [this.program, "gcc", "-Wall", "-Wextra", "-Werror"]);
  }

  /** Performs an act of the helper in a directory of its own. */
  perform(name: string): void {
    const here = join(this.path, name);
    mkdirSync(here);
    const done = spawnSync(this.program, [name], { cwd: here, encoding: "utf8", timeout: 20_000 });
    const facts = Object.fromEntries(done.stdout.trim().split("\n").map((line) => line.split("=")));
    this.#acts.set(name, { pid: done.pid, facts: { ...facts, here }, code: done.status, stderr: done.stderr });
  }

  /** Reads what the kernel has told until the last act's end has come. */
  async collect(): Promise<void> {
    const { source, host } = this.#driver;
    const last = [...this.#acts.values()].at(-1)!.pid;
    const stream = new EventStream(host, (event) => {
      if (!this.#family.has(event.record.ppid) && !this.#family.has(event.record.pid)) return;
      this.#family.add(event.record.pid);
      this.#observe(event);
      this.#events.push(keep(event));
      if (isEnd(event)) this.#family.delete(event.record.pid);
      if (event.type.name === "procexit" && event.record.pid === last) source.stop();
    });
    const tooLong = setTimeout(() => source.stop(), 20_000);
    await source.run((memory, base, limit) => stream.take(memory, base, limit));
    clearTimeout(tooLong);
  }

  /** What came of an act, after `collect`. */
  act(name: string): Act {
    const { pid, ...act } = this.#acts.get(name)!;
    const family = new Set([pid]);
    let marked = false;
    const events = this.#events.slice(this.#beginningOf(name)).filter((event) => {
      const { record, type } = event;
      if (!family.has(record.pid) && !family.has(record.ppid)) return false;
      family.add(record.pid);
      if (isEnd(event)) family.delete(record.pid);
      if (type.name === "dup" && record.number(type.index.get("oldfd")!) === MARK) return !(marked = true);
      return marked;
    });
    return { ...act, events };
  }

  /** Index of the record of an act's making. Acts come one after the other; on a busy machine two may have one number. */
  #beginningOf(name: string): number {
    let at = -1;
    for (const [act, { pid }] of this.#acts) {
      at = this.#events.findIndex(({ type, record }, i) =>
        i > at && record.pid === pid && record.ppid === process.pid && MAKING.has(type.name)
      );
      if (at < 0 || act === name) break;
    }
    assert(at >= 0, `no record of the making of ${name}`);
    return at;
  }

  get losses(): ReadonlyMap<string, number> {
    return this.#driver.source.losses().kernel;
  }

  dispose(): void {
    this.#driver.source.close();
    this.#driver.unload();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Events of a process's making, whose record is the new one's. */
const MAKING: ReadonlySet<string> = new Set(["clone", "clone3", "fork", "vfork"]);

/** A process's last thread is gone: on a busy machine its number is soon another's. */
function isEnd({ type, record }: Event): boolean {
  return type.name === "procexit" && record.number(type.index.get("last")!) === 1;
}

/** The record lies in the ring's memory, which goes on. */
function keep(event: Event): KeptEvent {
  const { type, record, process, host, num, firstTime } = event;
  const texts = new Map(AT_THE_EVENT.map((name) => [name, textNow(event, name)]));
  const bytes = record.memory.u8.slice(record.base, record.base + record.length);
  return { type, record: new RecordReader(new RecordMemory(bytes.buffer)), process, host, num, firstTime, texts };
}
