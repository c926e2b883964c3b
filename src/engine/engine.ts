// SPDX-License-Identifier: Apache-2.0

import type { Template } from "../alerts/template.ts";
import type { EventType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Check } from "../rules/ast.ts";
import type { Rule } from "../rules/ruleset.ts";
import type { BoundCheck } from "./check.ts";
import { compileMatcher, type Matcher, sourcesFor } from "./compile.ts";
import type { Dispatch } from "./dispatch.ts";
import { Texts } from "./emit_check.ts";
import type { EventSet } from "./eventset.ts";

/** A rule that an engine runs. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly template: Template;
  /** What Falco would index the rule under. */
  readonly events: EventSet;
  /** The checks of its condition, by their nodes. */
  readonly checks: ReadonlyMap<Check, BoundCheck>;
}

/** Falco's `rule_matching`: only the first rule that matches an event alerts, or each. */
export type Matching = "first" | "all";

/** Judges events by rules. */
export class Engine {
  /** In the order in which they are asked. */
  readonly rules: readonly CompiledRule[];
  /** Event types that some rule can match; events of others need not be evaluated. */
  readonly eventTypes: readonly EventType[];
  readonly #matching: Matching;
  /** By event code. */
  readonly #matchers: (Matcher | undefined)[] = [];
  readonly #matches: Int32Array;

  constructor(rules: readonly CompiledRule[], dispatch: Dispatch, matching: Matching) {
    this.rules = rules;
    this.eventTypes = [...dispatch.keys()];
    this.#matching = matching;
    this.#matches = new Int32Array(rules.length);
    const compiled = new Map<string, Matcher>();
    const texts = new Texts();
    for (const [type, candidates] of dispatch) {
      const { code } = type;
      while (this.#matchers.length <= code) this.#matchers.push(undefined);
      const sources = sourcesFor(candidates, type);
      // event types between which no rule and no record makes a difference share their function
      const ids = candidates.map(({ rule, condition }) => `${rule} ${condition.id}`);
      const reads = [...sources.values, ...sources.parts].map(([field, { present, value }]) =>
        `${field} ${present} ${value}`
      );
      const key = [...ids, ...reads, ...sources.within].join("\n");
      const matcher = compiled.get(key) ?? compileMatcher(candidates, matching, sources, texts);
      compiled.set(key, matcher);
      this.#matchers[code] = matcher;
    }
  }

  /** The first rule in definition order that the event matches. */
  evaluate(event: Event): CompiledRule | undefined {
    const code = event.type.code;
    const matcher = code < this.#matchers.length ? this.#matchers[code] : undefined;
    if (matcher === undefined) return undefined;
    const found = matcher(event, this.#matches);
    if (this.#matching === "first") return found < 0 ? undefined : this.rules[found];
    return found === 0 ? undefined : this.rules[this.#matches[0]!];
  }

  /** Calls `onMatch` for the rule that the event matches or, when matching all, for each in definition order. */
  evaluateAll(event: Event, onMatch: (rule: CompiledRule) => void): void {
    const code = event.type.code;
    const matcher = code < this.#matchers.length ? this.#matchers[code] : undefined;
    if (matcher === undefined) return;
    const found = matcher(event, this.#matches);
    if (this.#matching === "first") {
      if (found >= 0) onMatch(this.rules[found]!);
      return;
    }
    for (let i = 0; i < found; i++) onMatch(this.rules[this.#matches[i]!]!);
  }
}
