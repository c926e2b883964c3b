// SPDX-License-Identifier: Apache-2.0

/**
 * The gate (native/filter.h): what of a plan rules most opens out before the filter's steps are gone through. It asks
 * for less than the plan: the result's sign, flags, and a hash of the path's first or last bytes.
 */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import { EVENT_BY_NAME } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import type { Plan } from "./plan.ts";
import type { Clause, Test } from "./plan_clause.ts";
import type { PathSet } from "./plan_paths.ts";
import { intersectRanges } from "./plan_ranges.ts";

const CALLS = ["open", "openat"] as const;
const GROUPS = 4;
const GROUP_VALUES = 16;
const BUCKETS = 256;
const PAIRS = ["..", "./", "/."] as const;
/** Bits of a mask; further clauses share them. */
const MASK_BITS = 64;
const CALL_BYTES = (2 + GROUPS * GROUP_VALUES) * 8;
export const GATE_BYTES = CALLS.length * CALL_BYTES + (1 + PAIRS.length + 4 * BUCKETS) * 8;

/** Flags that are known before the file is looked at: those that open was asked for. */
const ASKED_FLAGS = (1 << 14) - 1;

const WHOLE = (1n << 64n) - 1n;

/** What of one call a clause can be met by. */
interface CallMasks {
  ok: bigint;
  failed: bigint;
  readonly flags: bigint[][];
}

/** The gate of a plan, as native/filter.h lays it out. */
export function gateOf(plan: Plan): Buffer {
  const gate = new Gate();
  for (const name of CALLS) {
    const type = EVENT_BY_NAME.get(name)!;
    for (const clause of plan.events.get(type)?.clauses ?? []) gate.add(type, clause);
  }
  return gate.bytes();
}

class Gate {
  #count = 0;
  #any = 0n;
  readonly #calls = CALLS.map((): CallMasks => ({
    ok: 0n,
    failed: 0n,
    flags: Array.from({ length: GROUPS }, () => Array<bigint>(GROUP_VALUES).fill(0n)),
  }));
  readonly #pairs = PAIRS.map(() => WHOLE);
  readonly #buckets = { head4: buckets(), head8: buckets(), tail4: buckets(), tail8: buckets() };

  add(type: EventType, { tests }: Clause): void {
    const bit = 1n << BigInt(this.#count++ % MASK_BITS);
    const { result, flags, openedPath } = layout(type);
    const masks = this.#calls[CALLS.findIndex((name) => name === type.name)]!;
    const results = tests.flatMap((test) =>
      test.kind === "number" && test.of.kind === "param" && test.of.index === result ? [test.ranges] : []
    );
    if (results.every((ranges) => intersectRanges(ranges, [[0, Number.MAX_SAFE_INTEGER]]).length > 0)) masks.ok |= bit;
    if (results.every((ranges) => intersectRanges(ranges, [[Number.MIN_SAFE_INTEGER, -1]]).length > 0)) {
      masks.failed |= bit;
    }
    masks.flags.forEach((values, group) =>
      values.forEach((_, value) => {
        const met = tests.every((test) =>
          test.kind !== "bits" || test.index !== flags || canMeet(test.wanted, test.mask, group * 4, value)
        );
        if (met) values[value]! |= bit;
      })
    );
    this.#addPaths(bit, tests.flatMap((test) => isInSet(test, openedPath) ? [test.paths] : []));
  }

  /** All of the sets must have the path: the first that can be told by its ends is looked for, and pairs of any. */
  #addPaths(bit: bigint, sets: readonly PathSet[]): void {
    const told = sets.find(isTold);
    if (told === undefined) this.#any |= bit;
    else {
      for (const text of told.exact) this.#addHead(bit, `${text}\0`);
      for (const text of told.prefix) this.#addHead(bit, text);
      for (const text of told.suffix) this.#addTail(bit, text);
    }
    PAIRS.forEach((pair, i) => {
      if (!sets.some((set) => everyPattern(set, (text) => text.includes(pair)))) this.#pairs[i]! &= ~bit;
    });
  }

  #addHead(bit: bigint, text: BinaryString): void {
    if (text.length < 8) this.#buckets.head4[bucketOf(text.slice(0, 4))]! |= bit;
    else this.#buckets.head8[bucketOf(text.slice(0, 8))]! |= bit;
  }

  #addTail(bit: bigint, text: BinaryString): void {
    if (text.length < 8) this.#buckets.tail4[bucketOf(text.slice(-4))]! |= bit;
    else this.#buckets.tail8[bucketOf(text.slice(-8))]! |= bit;
  }

  bytes(): Buffer {
    const { head4, head8, tail4, tail8 } = this.#buckets;
    const words = [
      ...this.#calls.flatMap(({ ok, failed, flags }) => [ok, failed, ...flags.flat()]),
      this.#any,
      ...this.#pairs,
      ...[head4, head8, tail4, tail8].flat(),
    ];
    const bytes = Buffer.alloc(GATE_BYTES);
    words.forEach((word, i) => bytes.writeBigUInt64LE(word, i * 8));
    return bytes;
  }
}

function buckets(): bigint[] {
  return Array<bigint>(BUCKETS).fill(0n);
}

/** LN_FILTER_BUCKET4 and LN_FILTER_BUCKET8 of native/filter.h, by the number of bytes. */
function bucketOf(text: BinaryString): number {
  const bytes = Buffer.from(text, "latin1");
  return bytes.length === 4
    ? Math.imul(bytes.readInt32LE(0), 0x9e3779b1) >>> 24
    : Number(BigInt.asUintN(64, bytes.readBigUInt64LE(0) * 0x9e3779b97f4a7c15n) >> 56n);
}

/** Whether flags can meet a test whose four bits from `shift` on have this value. */
function canMeet(wanted: "any" | "all" | "none", mask: number, shift: number, value: number): boolean {
  const here = (mask & ASKED_FLAGS) >>> shift & 15;
  switch (wanted) {
    case "all":
      return (value & here) === here;
    case "none":
      return (value & here) === 0;
    case "any": // of bits in other groups nothing is known here
      return here << shift !== mask || (value & here) !== 0;
  }
}

function isInSet(test: Test, openedPath: number): test is Extract<Test, { kind: "path" }> {
  return test.kind === "path" && test.index === openedPath && !test.outside;
}

function everyPattern({ exact, prefix, suffix, contains }: PathSet, holds: (text: BinaryString) => boolean): boolean {
  return [...exact, ...prefix, ...suffix, ...contains].every(holds);
}

/** Whether the first or last four bytes of a path tell that it is not in the set. */
function isTold({ exact, prefix, suffix, contains }: PathSet): boolean {
  return contains.length === 0 && exact.every((text) => text.length >= 3) &&
    [...prefix, ...suffix].every((text) => text.length >= 4);
}
