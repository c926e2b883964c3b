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
  for (const candidates of dispatch.values()) {
    // rules by the first thing that they demand, so that not every pair is compared
    const earlier = new Map<Condition, { rule: number; demands: ReadonlySet<Condition> }[]>();
    for (const { rule, condition } of candidates) {
      const demands = of(condition);
      const shadow = matching === "all" ? undefined : shadowOf(demands, earlier);
      if (shadow === undefined) reachable.add(rule);
      else shadows.set(rule, shadow);
      const [first] = demands;
      if (first === undefined) continue;
      const same = earlier.get(first);
      if (same) same.push({ rule, demands });
      else earlier.set(first, [{ rule, demands }]);
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
  earlier: ReadonlyMap<Condition, readonly { rule: number; demands: ReadonlySet<Condition> }[]>,
): number | undefined {
  for (const demand of demands) {
    for (const other of earlier.get(demand) ?? []) if (other.demands.isSubsetOf(demands)) return other.rule;
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
