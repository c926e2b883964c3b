// SPDX-License-Identifier: Apache-2.0

/**
 * The plan: what of each event type the rules can possibly match, over what the kernel can decide. It may let events
 * pass that match nothing; one that matches is never kept back, as long as its rule does not ask how many events came
 * before it (`evt.num`).
 */
import { EVENT_TYPES } from "../events/table.ts";
import { decodeBytes } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import { STATE_TYPES } from "./plan_state.ts";
import type { Check } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";
import type { Condition } from "./condition.ts";
import { type Dispatch, dispatchOf } from "./dispatch.ts";
import type { CompiledRule } from "./engine.ts";
import type { Atom, DiskFiles } from "./plan_atom.ts";
import { clausesOf } from "./plan_fields.ts";
import { ALWAYS, both, type Clauses, either, isAlways, MAX_CLAUSES, NEVER, rulesOf } from "./plan_clause.ts";
import { countPaths } from "./plan_paths.ts";
import { readServices, type Services } from "./services.ts";

/** Why a rule wants every event of a type, or nearly. */
export interface Forced {
  readonly rule: string;
  /** Every event, not only those that succeeded or failed. */
  readonly every: boolean;
  /** Comparisons that the kernel can't decide, as a rule spells them; or what is too much for it. */
  readonly blame: readonly string[];
}

/** What passes of one event type. */
export interface EventPlan {
  readonly type: EventType;
  /** An event must meet one; one without tests lets everything pass. */
  readonly clauses: Clauses;
  /** Successful calls of the type pass whatever rules say: they keep the process table. */
  readonly state: boolean;
  /** Rules of which the kernel can decide nothing, or the outcome of the call alone. */
  readonly forced: readonly Forced[];
}

/**
 * What the kernel is asked for: for each event type that some rule can match or the host's state needs. Of frequent
 * types, only those that a rule names.
 */
export interface Plan {
  readonly events: ReadonlyMap<EventType, EventPlan>;
}

/** How a plan is made. */
export interface PlanOptions {
  /** The rules' conditions by event type, if they are known already. */
  readonly dispatch?: Dispatch;
  /** Names of ports, as they were when the rules were compiled; this host's unless given. */
  readonly services?: Services;
  /** Disks of guests; unless given, any file may be one. */
  readonly disks?: DiskFiles | undefined;
  /** Takes the place of what an atom comes to: lets a test break the plan and see that it notices. */
  readonly decide?: (atom: Atom) => Clauses | undefined;
}

/** Paths and texts of paths in all clauses of one event type. */
const MAX_PATHS = 4096;

/** The plan of these rules. */
export function planOf(rules: readonly CompiledRule[], options: PlanOptions = {}): Plan {
  const maker = new Maker(rules, options);
  const events = new Map<EventType, EventPlan>();
  const dispatch = options.dispatch ??
    dispatchOf(rules.map(({ rule, ...rest }) => ({ condition: rule.condition, ...rest })));
  for (const type of EVENT_TYPES) {
    const candidates = dispatch.get(type) ?? [];
    const state = STATE_TYPES.has(type);
    if (candidates.length === 0 && !state) continue;
    events.set(type, { ...maker.event(type, candidates), state });
  }
  return { events };
}

class Maker {
  /** Where a check stands, by its key. */
  readonly #nodes = new Map<string, Check>();
  readonly #services: Services;
  readonly #disks: DiskFiles | undefined;
  readonly #decide: (atom: Atom) => Clauses | undefined;

  constructor(readonly rules: readonly CompiledRule[], options: PlanOptions) {
    for (const { checks } of rules) for (const [node, { key }] of checks) this.#nodes.set(key, node);
    this.#services = options.services ?? readServices();
    this.#disks = options.disks;
    this.#decide = options.decide ?? clausesOf;
  }

  /** What passes of a type for the rules that can match it. */
  event(type: EventType, candidates: readonly { readonly rule: number; readonly condition: Condition }[]) {
    const bounds = new Bounds((check, positive) => this.#atom(check, type, positive));
    const wanted: Clauses[] = [];
    const forced: Forced[] = [];
    for (const { rule, condition } of candidates) {
      const name = this.rules[rule]!.rule.name;
      const clauses = bounds.of(condition, true);
      if (isWide(clauses, type)) {
        const blame = [...new Set(bounds.blame(condition, true))];
        forced.push({ rule: name, every: isAlways(clauses), blame });
      }
      wanted.push(clauses.map(({ tests }) => ({ tests, rules: [name] })));
    }
    const clauses = either(...wanted);
    const tooMany = tooMuch(clauses, forced);
    if (tooMany === undefined) return { type, clauses, forced };
    return {
      type,
      clauses: [{ tests: [], rules: rulesOf(clauses) }],
      forced: [{ rule: rulesOf(clauses).at(-1) ?? "", every: true, blame: [tooMany] }],
    };
  }

  #atom(check: BoundCheck, type: EventType, positive: boolean): Clauses | undefined {
    const node = this.#nodes.get(check.key);
    if (node === undefined) return undefined;
    return this.#decide({ check, node, type, positive, services: this.#services, disks: this.#disks });
  }
}

/** Whether a clause asks for nothing, or for the outcome of the call only. */
function isWide(clauses: Clauses, type: EventType): boolean {
  const { result } = layout(type);
  return clauses.some(({ tests }) =>
    tests.every((test) => test.kind === "number" && test.of.kind === "param" && test.of.index === result)
  );
}

/** What of an event type's clauses is more than the kernel takes. */
function tooMuch(clauses: Clauses, forced: readonly Forced[]): string | undefined {
  if (isAlways(clauses)) return forced.length > 0 ? undefined : `more than ${MAX_CLAUSES} alternatives in all`;
  const paths = clauses.flatMap(({ tests }) => tests.map((test) => test.kind === "path" ? countPaths(test.paths) : 0));
  return paths.reduce((a, b) => a + b, 0) > MAX_PATHS ? `more than ${MAX_PATHS} paths in all` : undefined;
}

/** The clauses of conditions and of their negations, each made once: negations go down to the comparisons. */
class Bounds {
  readonly #made: readonly [Map<Condition, Clauses>, Map<Condition, Clauses>] = [new Map(), new Map()];
  readonly #atom: (check: BoundCheck, positive: boolean) => Clauses | undefined;

  constructor(atom: (check: BoundCheck, positive: boolean) => Clauses | undefined) {
    this.#atom = atom;
  }

  of(condition: Condition, positive: boolean): Clauses {
    const made = this.#made[positive ? 1 : 0];
    const known = made.get(condition);
    if (known !== undefined) return known;
    const clauses = this.#make(condition, positive);
    made.set(condition, clauses);
    return clauses;
  }

  #make(condition: Condition, positive: boolean): Clauses {
    switch (condition.kind) {
      case "constant":
        return condition.value === positive ? ALWAYS : NEVER;
      case "not":
        return this.of(condition.child, !positive);
      case "check":
        return this.#atom(condition.check, positive) ?? ALWAYS;
      default: {
        const parts = condition.children.map((child) => this.of(child, positive));
        return (condition.kind === "and") === positive ? both(...parts) : either(...parts);
      }
    }
  }

  /** What the kernel can't decide of a condition: the comparisons that make it as wide as it is. */
  blame(condition: Condition, positive: boolean): readonly string[] {
    switch (condition.kind) {
      case "constant":
        return [];
      case "not":
        return this.blame(condition.child, !positive);
      case "check":
        return isAlways(this.of(condition, positive)) ? [textOf(condition.check, positive)] : [];
      default: {
        const blamed = condition.children.flatMap((child) => this.blame(child, positive));
        if ((condition.kind === "and") === positive || blamed.length > 0) return blamed;
        return isAlways(this.of(condition, positive)) ? [`more than ${MAX_CLAUSES} alternatives`] : [];
      }
    }
  }
}

/** A comparison, short enough to be read. */
function textOf(check: BoundCheck, positive: boolean): string {
  const [left, operator, modifier, right] = JSON.parse(check.key) as [string, string, string | null, unknown];
  const values = Array.isArray(right) ? right.map((value) => decodeBytes(String(value))) : [];
  const shown = values.length > 3 ? `(${values.slice(0, 3).join(", ")}, …)` : values.join(", ");
  const text = [decodeBytes(left), operator, ...(modifier === null ? [] : [modifier]), shown].join(" ").trim();
  return positive ? text : `not ${text}`;
}
