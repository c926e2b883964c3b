// SPDX-License-Identifier: Apache-2.0

import type { Check, Expr } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";

/** Event types by name: these, or (`inverted`) all but these. */
export interface EventSet {
  readonly inverted: boolean;
  readonly names: ReadonlySet<string>;
}

const ALL: EventSet = { inverted: true, names: new Set() };
const NONE: EventSet = { inverted: false, names: new Set() };

function complement({ inverted, names }: EventSet): EventSet {
  return { inverted: !inverted, names };
}

function union(a: EventSet, b: EventSet): EventSet {
  if (!a.inverted && !b.inverted) return { inverted: false, names: a.names.union(b.names) };
  if (a.inverted && b.inverted) return { inverted: true, names: a.names.intersection(b.names) };
  const [without, plus] = a.inverted ? [a, b] : [b, a];
  return { inverted: true, names: without.names.difference(plus.names) };
}

/**
 * The event types that a condition can match, as Falco derives them (compat/language.md §7): `evt.type` and
 * `syscall.type` restrict them, `evt.num` compared with a constant decides between all and none, anything else, also
 * under `not`, leaves all of them.
 */
export function eventsOf(expr: Expr, checks: ReadonlyMap<Check, BoundCheck>): EventSet {
  const done = new Map<Expr, EventSet>();
  const visit = (node: Expr, negated: boolean): EventSet => {
    switch (node.kind) {
      case "and":
      case "or": {
        const sets = node.children.map((child) => once(child, negated));
        // De Morgan: `not (a and b)` is `not a or not b`
        if ((node.kind === "or") !== negated) return sets.reduce(union, NONE);
        return complement(sets.map(complement).reduce(union, NONE));
      }
      case "not":
        return once(node.child, !negated);
      case "check":
        return ofCheck(node, checks.get(node), negated);
      case "macro":
        return ALL;
    }
  };
  const negatedDone = new Map<Expr, EventSet>();
  const once = (node: Expr, negated: boolean): EventSet => {
    const memory = negated ? negatedDone : done;
    const known = memory.get(node);
    if (known !== undefined) return known;
    const set = visit(node, negated);
    memory.set(node, set);
    return set;
  };
  return once(expr, false);
}

function ofCheck(node: Check, check: BoundCheck | undefined, negated: boolean): EventSet {
  const { left, operator, modifier, right } = node;
  if (left.kind !== "field" || modifier !== undefined || right === undefined || right.kind === "transformer") {
    return ALL;
  }
  if (left.name === "evt.num") return ofNumber(check, negated);
  if (left.name !== "evt.type" && left.name !== "syscall.type") return ALL;
  if (operator !== "=" && operator !== "!=" && operator !== "in") return ALL;
  const names = new Set(right.kind === "list" ? right.items.map(({ value }) => value) : [right.value]);
  return { inverted: (operator === "!=") !== negated, names };
}

/** Events are numbered from 1, so comparisons with 0 are always or never true; others may be either. */
function ofNumber(check: BoundCheck | undefined, negated: boolean): EventSet {
  const predicate = check?.predicate;
  if (predicate === undefined) return ALL;
  const atFirst = predicate.holds(1);
  const later = predicate.holds(Number.MAX_SAFE_INTEGER);
  const operator = predicate.inline?.operator;
  const between = operator === "==" || operator === "!=" ? Number(predicate.inline?.operand) >= 1 : atFirst !== later;
  if (operator === undefined || between) return ALL;
  return atFirst !== negated ? ALL : NONE;
}
