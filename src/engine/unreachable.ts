// SPDX-License-Identifier: Apache-2.0

/** Rules that can never alert: beyond what Falco tells, because such a rule is always a mistake. */
import { EVENT_BY_NAME } from "../events/table.ts";
import type { Condition } from "./condition.ts";
import type { Dispatch } from "./dispatch.ts";
import type { CompiledRule, Matching } from "./engine.ts";

/** A rule that cannot alert, and why. */
export interface Unreachable {
  readonly rule: CompiledRule;
  readonly message: string;
  readonly hint: string;
}

/** Pairs of rules that are compared: the shadows of a hostile file are not all looked for. */
const MAX_COMPARISONS = 2_000_000;

/** A rule by number, and all that it demands of an event. */
interface Demanding {
  readonly rule: number;
  readonly demands: ReadonlySet<Condition>;
}

/** The rules that no event can match, or that an earlier rule always matches first. */
export function findUnreachable(rules: readonly CompiledRule[], dispatch: Dispatch, matching: Matching): Unreachable[] {
  const reachable = new Set<number>();
  const shadows = new Map<number, number>();
  const conjuncts = new Map<Condition, ReadonlySet<Condition>>();
  const of = (condition: Condition) => {
    const known = conjuncts.get(condition) ?? conjunctsOf(condition);
    conjuncts.set(condition, known);
    return known;
  };
  let budget = MAX_COMPARISONS;
  for (const candidates of dispatch.values()) {
    if (matching === "all") {
      for (const { rule } of candidates) reachable.add(rule);
      continue;
    }
    const frequency = new Map<Condition, number>();
    for (const { condition } of candidates) {
      for (const demand of of(condition)) frequency.set(demand, (frequency.get(demand) ?? 0) + 1);
    }
    // rules by the rarest thing that they demand: whatever they shadow demands it, too, and little else does
    const earlier = new Map<Condition, Demanding[]>();
    for (const { rule, condition } of candidates) {
      const demands = of(condition);
      const shadow = budget > 0 ? shadowOf(demands, earlier, () => budget--) : undefined;
      if (shadow !== undefined) {
        shadows.set(rule, shadow);
        continue; // what it would shadow, its own shadow does
      }
      reachable.add(rule);
      let rarest: Condition | undefined;
      for (const demand of demands) {
        if (rarest === undefined || frequency.get(demand)! < frequency.get(rarest)!) rarest = demand;
      }
      if (rarest === undefined) continue;
      const same = earlier.get(rarest);
      if (same) same.push({ rule, demands });
      else earlier.set(rarest, [{ rule, demands }]);
    }
  }
  return rules.flatMap((rule, index) => {
    if (reachable.has(index)) return [];
    const shadow = shadows.get(index);
    if (shadow === undefined && readsUnavailable(rule)) return [];
    return [shadow === undefined ? neverMatching(rule) : shadowed(rule, rules[shadow]!)];
  });
}

/** What must all hold for a condition to hold. */
function conjunctsOf(condition: Condition): ReadonlySet<Condition> {
  const found = new Set<Condition>();
  const visit = (part: Condition) => {
    if (part.kind === "and") part.children.forEach(visit);
    else found.add(part);
  };
  visit(condition);
  return found;
}

/** An earlier rule that demands nothing which this one does not demand, too. */
function shadowOf(
  demands: ReadonlySet<Condition>,
  earlier: ReadonlyMap<Condition, readonly Demanding[]>,
  onCompare: () => void,
): number | undefined {
  for (const demand of demands) {
    for (const other of earlier.get(demand) ?? []) {
      onCompare();
      if (other.demands.isSubsetOf(demands)) return other.rule;
    }
  }
  return undefined;
}

/** Whether a rule needs what Falco has and Lanner does not: no mistake of its author, who is not to be warned. */
function readsUnavailable({ checks }: CompiledRule): boolean {
  return [...checks.values()].some(({ left, right }) =>
    left.field?.field.unavailable || right?.field?.field.unavailable
  );
}

function shadowed(rule: CompiledRule, by: CompiledRule): Unreachable {
  return {
    rule,
    message: `this rule never alerts: rule '${by.rule.name}' matches everything that it matches, and comes first`,
    hint: "the first rule that matches an event wins: put the narrower rule first, or set rule_matching: all",
  };
}

function neverMatching(rule: CompiledRule): Unreachable {
  const { inverted, names } = rule.events;
  const captured = [...names].some((name) => EVENT_BY_NAME.has(name));
  const [reason, hint] = !inverted && names.size === 0
    ? ["its checks of evt.type or evt.num exclude every event", "an event has one type: join several with `or` or `in`"]
    : !inverted && !captured
    ? [`Lanner does not capture ${[...names].sort().join(", ")}`, "`lanner list events` shows what it captures"]
    : ["fields that it needs are never present on these events", "`lanner list fields` shows which events have them"];
  return { rule, message: `this rule can never match: ${reason}`, hint };
}
