// SPDX-License-Identifier: Apache-2.0

/** One comparison, and the ways in which it becomes a test of a number. */
import type { BinaryString } from "../events/text.ts";
import type { EventType, Param } from "../events/types.ts";
import type { Check } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";
import { LiteralError, parseLiteral } from "./literal.ts";
import { ask, type Clauses, either, NEVER, type NumberSubject } from "./plan_clause.ts";
import { ProbeEvent } from "./plan_probe.ts";
import { complementRanges, type Range, rangesOf, rangesWhere } from "./plan_ranges.ts";
import type { Services } from "./services.ts";

/** The disks of the virtual machines that are known: whatever file is one has such a path or such an inode number. */
export interface DiskFiles {
  readonly paths: readonly BinaryString[];
  readonly inodes: readonly number[];
}

/** One comparison, and what is asked of it. */
export interface Atom {
  readonly check: BoundCheck;
  /** Where it stands in a condition; any place where an equal one stands. */
  readonly node: Check;
  readonly type: EventType;
  /** False: its negation is meant. */
  readonly positive: boolean;
  readonly services: Services;
  /** Undefined when any file may be a guest's disk. */
  readonly disks: DiskFiles | undefined;
}

/** Number parameter `index`. */
export function param(index: number, width: "s64" | "s32" | "u32"): NumberSubject {
  return { kind: "param", index, width };
}

/** Whether bits of number parameter `index` are set. */
export function bits(index: number, mask: number, wanted: "any" | "all" | "none"): Clauses {
  return ask({ kind: "bits", index, mask, wanted });
}

/** Literals of a comparison as the texts that they are. */
export function textsOf({ right }: Check): readonly BinaryString[] {
  if (right === undefined || right.kind === "transformer") return [];
  return right.kind === "list" ? right.items.map(({ value }) => value) : [right.value];
}

/** A number of the kernel's as the field has it: compared by the comparison itself. */
export function numberClauses(atom: Atom, of: NumberSubject): Clauses | undefined {
  const { check: { left, predicate }, node, positive, services } = atom;
  if (predicate === undefined) return undefined;
  const constants: number[] = [];
  for (const text of textsOf(node)) {
    const value = literalOf(text, left.type, services);
    if (value === undefined || !Number.isSafeInteger(value)) return undefined;
    constants.push(value);
  }
  const ranges = rangesWhere((value) => predicate.holds(value), constants);
  return ask({ kind: "number", of, ranges: positive ? ranges : complementRanges(ranges), missing: !positive });
}

function literalOf(text: BinaryString, type: Param["type"], services: Services): number | undefined {
  try {
    const value = parseLiteral(text, type, services);
    return typeof value === "number" ? value : undefined;
  } catch (error) {
    if (error instanceof LiteralError) return undefined;
    throw error;
  }
}

/** Values from..to of a parameter that are one to a field; `at` stands for them. */
export interface Item {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** Each of from..to by itself. */
export function single(from: number, to: number): Item[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ from: from + i, to: from + i, at: from + i }));
}

/**
 * A field that one parameter decides: asked for every value that the parameter can have, with each of the other facts
 * that `vary` sets. What is no item passes.
 */
export function enumerated(
  { check, type, positive }: Atom,
  index: number,
  items: readonly Item[],
  vary: readonly ((event: ProbeEvent) => void)[] = [() => {}],
): Clauses {
  const event = new ProbeEvent(type);
  let dropped = items;
  for (const set of vary) {
    set(event);
    dropped = dropped.filter(({ at }) => {
      event.setNumber(index, at);
      return check.holds(event) !== positive;
    });
  }
  const ranges = complementRanges(rangesOf(dropped.map(({ from, to }): Range => [from, to])));
  return ask({ kind: "number", of: param(index, "s64"), ranges, missing: !positive });
}

/** A BOOL that is always there: what must hold when it is to be true, and when false. */
export function flag({ check, positive }: Atom, whenTrue: Clauses, whenFalse: Clauses): Clauses {
  const holds = (value: boolean) => check.predicate?.holds(value) === positive;
  return either(holds(true) ? whenTrue : NEVER, holds(false) ? whenFalse : NEVER);
}
