// SPDX-License-Identifier: Apache-2.0

/** The tables that the drivers read decide as the model of the filter does: read here as native/filter.h lays them out. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import type { CompiledRule } from "../../src/engine/engine.ts";
import {
  endOf,
  knownOf,
  type KnownProcess,
  numberOf,
  passesFilter,
  pathOf,
  textOf,
} from "../../src/engine/filter_model.ts";
import { type Plan, planOf } from "../../src/engine/plan.ts";
import { GATE_BYTES } from "../../src/engine/plan_gate.ts";
import { keepsState } from "../../src/engine/plan_state.ts";
import {
  DROP,
  HEADER_BYTES,
  KIND,
  PASS,
  PIECE_BYTES,
  STEP_BYTES,
  tablesOf,
  TEXT_BYTES,
} from "../../src/engine/plan_tables.ts";
import { parseServices } from "../../src/engine/services.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import { eventOf } from "../fields/support.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { seeded } from "../support/rules.ts";
import { Choice, randomCheck, randomCondition, randomEvent } from "./plan_cases.ts";

const services = parseServices("");

function compiled(conditions: readonly string[]): readonly CompiledRule[] {
  const { engine } = buildEngine(ruleSetOf(conditions.map((each) => ruleOf(each, each))), FIELD_CATALOGUE, {
    matching: "all",
    minimumPriority: "Debug",
    services,
  });
  assert.ok(engine);
  return engine.rules;
}

/** A driver's filter, slow and plain. */
class Tables {
  readonly #bytes: Buffer;
  readonly #counts: readonly number[];

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
    this.#counts = [1, 2, 3, 4].map((i) => this.#bytes.readUInt32LE(i * 4));
    const [steps, prefixes, suffixes, pieces] = this.#counts as [number, number, number, number];
    const size = HEADER_BYTES + steps * STEP_BYTES + (prefixes + suffixes) * TEXT_BYTES + pieces * PIECE_BYTES +
      GATE_BYTES;
    assert.equal(bytes.length, size);
  }

  start(code: number): number {
    return this.#bytes.readUInt16LE(24 + code * 2);
  }

  passes(event: Event, process: KnownProcess): boolean {
    let at = this.start(event.type.code);
    while (at < DROP) {
      const next = this.#step(at, event, process);
      assert.ok(next > at, "steps lead on");
      at = next;
    }
    return at === PASS;
  }

  #step(number: number, { type, record }: Event, process: KnownProcess): number {
    const base = HEADER_BYTES + number * STEP_BYTES;
    const [kind, index, how, bits] = this.#bytes.subarray(base, base + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const [yes, no, unknown, missing] = [4, 6, 8, 10].map((at) => this.#bytes.readUInt16LE(base + at)) as [
      number,
      number,
      number,
      number,
    ];
    const a = this.#bytes.readBigInt64LE(base + 16);
    const b = this.#bytes.readBigInt64LE(base + 24);
    const end = () => endOf(how === 0 ? "source" : "destination", type, record);
    switch (kind) {
      case KIND.number: {
        const width = (["s64", "s32", "u32"] as const)[how]!;
        const value = numberOf({ kind: "param", index, width }, type, record);
        return typeof value === "string" ? unknown : BigInt(value) >= a && BigInt(value) <= b ? yes : no;
      }
      case KIND.id: {
        const value = BigInt(how === 0 ? record.uid : record.gid);
        return value >= a && value <= b ? yes : no;
      }
      case KIND.port: {
        const found = end();
        if (typeof found === "string") return found === "unknown" ? unknown : missing;
        return BigInt(found.port) >= a && BigInt(found.port) <= b ? yes : no;
      }
      case KIND.bits: {
        if (!record.hasNumber(index)) return unknown;
        const set = BigInt(record.low(index) >>> 0) & a;
        return (how === 0 ? set !== 0n : how === 1 ? set === a : set === 0n) ? yes : no;
      }
      case KIND.path: {
        const path = index === 62
          ? textOf("name", process)
          : index === 63
          ? textOf("exepath", process)
          : pathOf(index, type, record);
        return path === undefined ? unknown : (this.#setsOf(path) >> a & 1n) === 1n ? yes : no;
      }
      case KIND.network: {
        const found = end();
        if (typeof found === "string") return found === "unknown" ? unknown : missing;
        if (found.address.length !== index) return no;
        const wanted = this.#bytes.toString("latin1", base + 16, base + 16 + index);
        const binary = (text: string) =>
          [...text].map((char) => char.charCodeAt(0).toString(2).padStart(8, "0")).join("");
        return binary(found.address).slice(0, bits) === binary(wanted).slice(0, bits) ? yes : no;
      }
      case KIND.container:
        return process.inContainer === undefined ? unknown : process.inContainer ? yes : no;
      case KIND.loginuid: {
        const value = numberOf({ kind: "loginuid" }, type, record, process);
        return typeof value === "string" ? unknown : BigInt(value) >= a && BigInt(value) <= b ? yes : no;
      }
      default:
        throw new Error(`step ${kind}`);
    }
  }

  #setsOf(path: string): bigint {
    const [steps, prefixes, suffixes, pieces] = this.#counts as [number, number, number, number];
    const texts = HEADER_BYTES + steps * STEP_BYTES;
    let sets = this.#longest(texts, prefixes, `${path}\0`);
    sets |= this.#longest(texts + prefixes * TEXT_BYTES, suffixes, [...path].reverse().join(""));
    for (let i = 0; i < pieces; i++) {
      const at = texts + (prefixes + suffixes) * TEXT_BYTES + i * PIECE_BYTES;
      const [value, mask, own] = [0, 8, 16].map((offset) => this.#bytes.readBigUInt64LE(at + offset));
      let window = 0n;
      for (const char of path) {
        window = BigInt.asUintN(64, window << 8n | BigInt(char.charCodeAt(0)));
        if ((window & mask!) === value) sets |= own!;
      }
    }
    return sets;
  }

  #longest(base: number, count: number, text: string): bigint {
    let longest = -1, sets = 0n;
    for (let i = 0; i < count; i++) {
      const at = base + i * TEXT_BYTES;
      const bytes = this.#bytes.readUInt32LE(at + 8) / 8;
      if (bytes <= longest || !text.startsWith(this.#bytes.toString("latin1", at + 12, at + 12 + bytes))) continue;
      longest = bytes;
      sets = this.#bytes.readBigUInt64LE(at);
    }
    return sets;
  }
}

/** The tables decide as the model does; where they are full, they may let more pass. */
function agree(plan: Plan, events: readonly Event[]): void {
  const { bytes, full } = tablesOf(plan);
  const tables = new Tables(bytes);
  for (const event of events) {
    if (keepsState(event.type, event.record)) continue; // never asked about
    const process = knownOf(event.process);
    const expected = passesFilter(plan, event.record, process);
    const actual = tables.passes(event, process);
    if (!full.some(({ type }) => type === event.type)) assert.equal(actual, expected, event.type.name);
    else assert.ok(actual || !expected, `${event.type.name} is dropped`);
  }
}

describe("the filter's tables", () => {
  const choice = new Choice(seeded(815));
  const events = Array.from({ length: 1000 }, () => randomEvent(choice));

  test("decide as the model does, or let more pass where there is no room", () => {
    for (let seed = 1; seed <= 80; seed++) {
      const random = new Choice(seeded(seed * 15485863));
      const pool = Array.from({ length: 3 + random.below(8) }, () => randomCheck(random));
      const conditions = Array.from({ length: 1 + random.below(5) }, () => randomCondition(random, pool, 3));
      const plan = planOf(compiled(conditions), { services });
      agree(plan, events);
    }
  });

  test("let an event pass of which too much is asked", () => {
    const many = Array.from({ length: 300 }, (_, i) => `evt.rawarg.mode = ${i * 2}`).map((text, i) =>
      `(${text} and user.uid = ${i % 60})`
    );
    const [rule] = compiled([`evt.type = mkdir and (${many.slice(0, 60).join(" or ")})`]);
    agree(planOf([rule!], { services }), events);
  });

  test("say of which events more passes since they are full", () => {
    const pieces = ["aaaa", "bbbb", "cccc", "dddd", "eeee"];
    const texts = pieces.map((piece) => `evt.type = mkdir and evt.arg.path contains ${piece}`);
    const values = (i: number) => Array.from({ length: 12 }, (_, j) => 2 * j + 24 * i).join(", ");
    const steps = Array.from({ length: 30 }, (_, i) => `evt.rawarg.mode in (${values(i)}) and user.uid = ${2 * i}`);
    for (
      const [conditions, expected] of [
        [texts.slice(0, 4), []],
        [[...texts.slice(0, 4), `${texts[4]} and user.uid = 0`], [{
          type: "mkdir",
          rules: [`${texts[4]} and user.uid = 0`],
        }]],
        [[`evt.type = rmdir and evt.failed = true`, `evt.type = chmod and (${steps.join(" or ")})`], [
          { type: "chmod", rules: "all" },
        ]],
      ] as const
    ) {
      const plan = planOf(compiled(conditions), { services });
      const { full } = tablesOf(plan);
      assert.deepEqual(full.map(({ type, rules }) => ({ type: type.name, rules })), expected);
      agree(plan, events);
    }
  });

  test("tell a host's many disks from other files", () => {
    const inodes = Array.from({ length: 90 }, (_, i) => 1000 + i * i * 7);
    const [rule] = compiled(["evt.type = openat and vm.disk_of exists"]);
    const plan = planOf([rule!], { services, disks: { paths: ["/disk"], inodes } });
    const { bytes, full } = tablesOf(plan);
    assert.deepEqual(full, []);
    const tables = new Tables(bytes);
    for (let ino = 990; ino < 1000 + 90 * 90 * 7; ino += 3) {
      const event = eventOf("openat", { fd: 3, name: "/other", flags: 1, ino });
      assert.equal(tables.passes(event, {}), inodes.includes(ino), `inode ${ino}`);
    }
  });
});
