// SPDX-License-Identifier: Apache-2.0

/** The plan as the flat tables that the drivers' filter reads: native/filter.h. */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import type { Plan } from "./plan.ts";
import type { Clause, Clauses, Test } from "./plan_clause.ts";
import { gateOf } from "./plan_gate.ts";
import type { PathSet } from "./plan_paths.ts";
import type { Ranges } from "./plan_ranges.ts";
import { endParams } from "./plan_sockets.ts";

/** LN_FILTER_* of native/filter.h. */
const FILTER_VERSION = 5;
export const PASS = 0xffff;
export const DROP = 0xfffe;
const EVENTS = 512;
const STEPS_MAX = 4096;
const EVENT_STEPS_MAX = 256;
const TEXTS_MAX = 4096;
const PIECES_MAX = 4;
/** Bits of a `sets` word. */
const SETS_MAX = 64;

export const KIND = { number: 1, id: 2, port: 3, bits: 4, path: 5, network: 6, container: 7, loginuid: 8 } as const;
/** Where a path's parameter would stand: LN_FILTER_NAME and LN_FILTER_EXEPATH. */
const PROCESS_TEXTS = { name: 62, exepath: 63 } as const;
const WIDTHS = ["s64", "s32", "u32"];
const WANTED = ["any", "all", "none"];

export const HEADER_BYTES = 24 + EVENTS * 2;
export const STEP_BYTES = 32;
export const TEXT_BYTES = 272;
export const PIECE_BYTES = 24;

/** A step before it is written; targets are indices, PASS or DROP. */
interface Step {
  readonly kind: number;
  readonly index?: number;
  readonly how?: number;
  readonly bits?: number;
  readonly a?: bigint;
  readonly b?: bigint;
  readonly yes: number;
  readonly no: number;
  readonly unknown: number;
  readonly missing?: number;
  readonly ends?: readonly number[];
}

/** What a test leads to. */
interface Targets {
  readonly holds: number;
  readonly fails: number;
}

/** What the driver is handed. */
export interface Tables {
  readonly bytes: Uint8Array;
  /** Event types of which more passes than the plan says, since a table of the kernel's is full. */
  readonly full: readonly FullTable[];
}

/** What did not fit of one event type; it passes. */
export interface FullTable {
  readonly type: EventType;
  /** Everything of the type passes: it has too many steps; else the paths of these rules are not looked at. */
  readonly rules: readonly string[] | "all";
}

/** The tables of a plan, to be handed to the driver. What does not fit passes. */
export function tablesOf(plan: Plan): Tables {
  const sets = new PathSets();
  const steps: Step[] = [];
  const starts = new Array<number>(EVENTS).fill(DROP);
  const full: FullTable[] = [];
  // where not all has room, paths are looked at rather than names: they rule more out
  for (const { clauses } of plan.events.values()) {
    for (const test of clauses.flatMap(({ tests }) => tests)) if (test.kind === "path") sets.numberOf(test.paths);
  }
  for (const [type, { clauses }] of plan.events) {
    const maker = new EventSteps(sets, type, steps.length);
    const made = maker.of(clauses);
    const fits = made.length <= EVENT_STEPS_MAX && steps.length + made.length <= STEPS_MAX;
    if (!fits) full.push({ type, rules: "all" });
    else if (maker.unknown.size > 0) full.push({ type, rules: [...maker.unknown] });
    if (made.length === 0) starts[type.code] = clauses.length === 0 ? DROP : PASS;
    else starts[type.code] = fits ? steps.length : PASS;
    if (fits) steps.push(...made);
  }
  return { bytes: write(starts, steps, sets, gateOf(plan)), full };
}

/** The steps of one event type, which begin at `first`. */
class EventSteps {
  readonly #steps: Step[] = [];
  /** Rules with paths for which there is no room. */
  readonly unknown = new Set<string>();

  constructor(readonly sets: PathSets, readonly type: EventType, readonly first: number) {}

  /** None when everything or nothing passes. */
  of(clauses: Clauses): readonly Step[] {
    const kept = clauses.map(({ tests, rules }): Clause => ({
      tests: tests.filter((test) => this.#known(test, rules)),
      rules,
    }));
    if (kept.some(({ tests }) => tests.length === 0)) return [];
    const sizes = kept.map(({ tests }) => tests.reduce((sum, test) => sum + sizeOf(test), 0));
    let next = this.first;
    kept.forEach(({ tests }, i) => {
      const start = next;
      next += sizes[i]!;
      const fails = i + 1 < kept.length ? next : DROP;
      let at = start;
      tests.forEach((test, j) => {
        at += sizeOf(test);
        this.#test(test, { holds: j + 1 < tests.length ? at : PASS, fails });
      });
    });
    return this.#steps;
  }

  /** Whether there is room for what the test looks for; without it it holds. */
  #known(test: Test, rules: readonly string[]): boolean {
    if ((test.kind !== "path" && test.kind !== "process") || this.sets.numberOf(test.paths) !== undefined) return true;
    for (const rule of rules) this.unknown.add(rule);
    return false;
  }

  /** Looks for a number in ranges, which ascend. */
  #search(step: Omit<Step, "yes" | "no">, ranges: Ranges, { holds, fails }: Targets): void {
    const next = () => this.first + this.#steps.length + 1;
    if (ranges.length > FEW_RANGES) {
      const half = ranges.length >> 1;
      const right = next() + searchSize(half);
      const to = wide(ranges[half - 1]![1]);
      this.#steps.push({ ...step, a: wide(Number.MIN_SAFE_INTEGER), b: to, yes: next(), no: right });
      this.#search(step, ranges.slice(0, half), { holds, fails });
      this.#search(step, ranges.slice(half), { holds, fails });
      return;
    }
    ranges.forEach(([from, to], i) => {
      const no = i + 1 < ranges.length ? next() : fails;
      this.#steps.push({ ...step, a: wide(from), b: wide(to), yes: holds, no });
    });
  }

  #test(test: Test, { holds, fails }: Targets): void {
    const asked = this.#steps.length;
    const after = (i: number, last: number) => i + 1 === last ? undefined : this.first + asked + i + 1;
    switch (test.kind) {
      case "number": {
        const ranges = test.ranges.length > 0 ? test.ranges : [[1, 0] as const];
        const { of } = test;
        const subject = of.kind === "param"
          ? { kind: KIND.number, index: of.index, how: WIDTHS.indexOf(of.width) }
          : of.kind === "loginuid"
          ? { kind: KIND.loginuid }
          : of.kind === "header"
          ? { kind: KIND.id, how: of.id === "uid" ? 0 : 1 }
          : { kind: KIND.port, how: of.end === "source" ? 0 : 1, ends: endParams(this.type) };
        const missing = test.missing ? holds : fails;
        this.#search({ ...subject, unknown: holds, missing }, ranges, { holds, fails });
        return;
      }
      case "bits": {
        const how = WANTED.indexOf(test.wanted);
        const a = BigInt(test.mask >>> 0);
        this.#steps.push({ kind: KIND.bits, index: test.index, how, a, yes: holds, no: fails, unknown: holds });
        return;
      }
      case "path":
      case "process": {
        const a = BigInt(this.sets.numberOf(test.paths)!);
        const [yes, no] = test.outside ? [fails, holds] : [holds, fails];
        const [index, bits] = test.kind === "process"
          ? [PROCESS_TEXTS[test.of], 0]
          : [test.index, Math.max(layout(this.type).directory[test.index]!, 0)];
        this.#steps.push({ kind: KIND.path, index, bits, a, yes, no, unknown: holds });
        return;
      }
      case "address":
        test.networks.forEach(({ address, bits }, i) => {
          const bytes = Buffer.alloc(16);
          bytes.write(address, "latin1");
          const [yes, otherwise] = test.outside ? [fails, holds] : [holds, fails];
          this.#steps.push({
            kind: KIND.network,
            index: address.length,
            how: test.end === "source" ? 0 : 1,
            ends: endParams(this.type),
            bits,
            a: bytes.readBigInt64LE(0),
            b: bytes.readBigInt64LE(8),
            yes,
            no: after(i, test.networks.length) ?? otherwise,
            unknown: holds,
            missing: test.missing ? holds : fails,
          });
        });
        return;
      case "container": {
        const [yes, no] = test.inside ? [holds, fails] : [fails, holds];
        this.#steps.push({ kind: KIND.container, yes, no, unknown: holds });
      }
    }
  }
}

/** Steps that a test is. */
function sizeOf(test: Test): number {
  if (test.kind === "number") return searchSize(test.ranges.length);
  return test.kind === "address" ? test.networks.length : 1;
}

/** Ranges up to which one after the other is looked at; more are halved first. */
const FEW_RANGES = 3;

function searchSize(ranges: number): number {
  if (ranges <= FEW_RANGES) return Math.max(ranges, 1);
  const half = ranges >> 1;
  return 1 + searchSize(half) + searchSize(ranges - half);
}

/** The ends of doubles stand for those of 64 bits. */
function wide(value: number): bigint {
  if (value === Number.MIN_SAFE_INTEGER) return -(1n << 63n);
  return value === Number.MAX_SAFE_INTEGER ? (1n << 63n) - 1n : BigInt(value);
}

/** The sets of paths that tests ask about, numbered, and the texts that decide them. */
class PathSets {
  readonly #numbers = new Map<string, number | undefined>();
  readonly prefixes = new Map<BinaryString, bigint>();
  readonly suffixes = new Map<BinaryString, bigint>();
  readonly pieces = new Map<BinaryString, bigint>();
  #count = 0;

  /** The set's number; undefined when there is no room for it. */
  numberOf(set: PathSet): number | undefined {
    const key = JSON.stringify(set);
    if (this.#numbers.has(key)) return this.#numbers.get(key);
    const number = this.#fits(set) ? this.#count++ : undefined;
    this.#numbers.set(key, number);
    if (number !== undefined) this.#enter(set, 1n << BigInt(number));
    return number;
  }

  #fits({ exact, prefix, suffix, contains }: PathSet): boolean {
    const pieces = new Set([...this.pieces.keys(), ...contains]);
    return this.#count < SETS_MAX && pieces.size <= PIECES_MAX &&
      this.prefixes.size + exact.length + prefix.length <= TEXTS_MAX && this.suffixes.size + suffix.length <= TEXTS_MAX;
  }

  #enter({ exact, prefix, suffix, contains }: PathSet, bit: bigint): void {
    const enter = (map: Map<BinaryString, bigint>, text: BinaryString) => map.set(text, (map.get(text) ?? 0n) | bit);
    for (const text of exact) enter(this.prefixes, `${text}\0`);
    for (const text of prefix) enter(this.prefixes, text);
    for (const text of suffix) enter(this.suffixes, [...text].reverse().join(""));
    for (const text of contains) enter(this.pieces, text);
  }
}

/** Each text's sets, and those of the texts that it begins with: the longest match of a path then has them all. */
function inherited(texts: ReadonlyMap<BinaryString, bigint>): [BinaryString, bigint][] {
  const above: [BinaryString, bigint][] = [];
  return [...texts].sort(([a], [b]) => a < b ? -1 : 1).map(([text, own]) => {
    while (above.length > 0 && !text.startsWith(above.at(-1)![0])) above.pop();
    const entry: [BinaryString, bigint] = [text, own | (above.at(-1)?.[1] ?? 0n)];
    above.push(entry);
    return entry;
  });
}

function write(starts: readonly number[], steps: readonly Step[], sets: PathSets, gate: Buffer): Uint8Array {
  const prefixes = inherited(sets.prefixes);
  const suffixes = inherited(sets.suffixes);
  const header = Buffer.alloc(HEADER_BYTES);
  [FILTER_VERSION, steps.length, prefixes.length, suffixes.length, sets.pieces.size].forEach((value, i) =>
    header.writeUInt32LE(value, i * 4)
  );
  starts.forEach((start, code) => header.writeUInt16LE(start, 24 + code * 2));
  return Uint8Array.from(Buffer.concat([
    header,
    ...steps.map(stepBytes),
    ...[...prefixes, ...suffixes].map(textBytes),
    ...[...sets.pieces].map(pieceBytes),
    gate,
  ]));
}

function stepBytes(step: Step): Buffer {
  const { kind, index = 0, how = 0, bits = 0, a = 0n, b = 0n, yes, no, unknown, missing = unknown, ends = [] } = step;
  const bytes = Buffer.alloc(STEP_BYTES);
  [kind, index, how, bits].forEach((value, i) => bytes.writeUInt8(value, i));
  [yes, no, unknown, missing].forEach((value, i) => bytes.writeUInt16LE(value, 4 + i * 2));
  ends.forEach((index, i) => bytes.writeInt8(index, 12 + i)); // -1 is LN_FILTER_NONE
  bytes.writeBigInt64LE(a, 16);
  bytes.writeBigInt64LE(b, 24);
  return bytes;
}

function textBytes([text, sets]: readonly [BinaryString, bigint]): Buffer {
  const bytes = Buffer.alloc(TEXT_BYTES);
  bytes.writeBigUInt64LE(sets, 0);
  bytes.writeUInt32LE(text.length * 8, 8);
  bytes.write(text, 12, "latin1");
  return bytes;
}

function pieceBytes([text, sets]: readonly [BinaryString, bigint]): Buffer {
  const bytes = Buffer.alloc(PIECE_BYTES);
  bytes.write(text, 8 - text.length, "latin1");
  bytes.swap64();
  for (let i = 0; i < text.length; i++) bytes.writeUInt8(0xff, 8 + i);
  bytes.writeBigUInt64LE(sets, 16);
  return bytes;
}
