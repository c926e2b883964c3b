// SPDX-License-Identifier: Apache-2.0

/** Which outcomes are worth keeping for a process across events, and where each has its marks. */
import type { BoundCheck } from "./check.ts";
import { ByChecks, type Condition, type ConditionTable, isStateful, partsOf } from "./condition.ts";
import { Estimates } from "./estimate.ts";
import { MARKS_PER_WORD, ProcessMemo } from "./memo.ts";

/** Where the outcome of a condition is kept. */
export interface Place {
  /** Word among those of the process, and the two bits in it. */
  readonly word: number;
  readonly known: number;
  readonly holds: number;
}

/** Outcomes kept of one process at most: each costs memory for every process that is remembered. */
const MOST_OUTCOMES = 16 * MARKS_PER_WORD;

/** Cost of an outcome that is kept already, and what one must cost to be kept. */
const KEPT_COST = 25;
const WORTH_KEEPING = 7;

/** Whether the process and its ancestors alone decide a check. */
function isOfProcess({ predicate, left }: BoundCheck): boolean {
  return predicate !== undefined && left.field?.ofProcess !== undefined;
}

/** Puts the parts of each `and` and `or` that a process decides together, so that one outcome is kept for them all. */
export class ProcessGroups {
  readonly #table: ConditionTable;
  readonly #ofProcess = new ByChecks("every", isOfProcess);
  readonly #stateful = new ByChecks("some", isStateful);
  readonly #grouped = new Map<Condition, Condition>();

  constructor(table: ConditionTable) {
    this.#table = table;
  }

  /** The same condition; as it stands where a part of it remembers being asked. */
  of(condition: Condition): Condition {
    const known = this.#grouped.get(condition);
    if (known !== undefined) return known;
    const grouped = this.#stateful.of(condition) ? condition : this.#group(condition);
    this.#grouped.set(condition, grouped);
    return grouped;
  }

  #group(condition: Condition): Condition {
    switch (condition.kind) {
      case "constant":
      case "check":
        return condition;
      case "not":
        return this.#table.not(this.of(condition.child));
      default: {
        const parts = condition.children.map((child) => this.of(child));
        const together = parts.filter((part) => this.#ofProcess.of(part));
        if (together.length < 2 || together.length === parts.length) return this.#table.join(condition.kind, parts);
        const others = parts.filter((part) => !this.#ofProcess.of(part));
        return this.#table.join(condition.kind, [this.#table.join(condition.kind, together), ...others]);
      }
    }
  }
}

/** Plans for one matcher what is kept: the largest parts of its conditions that process and ancestors decide. */
export class Keeping {
  /** Undefined when nothing is kept. */
  readonly memo: ProcessMemo | undefined;
  readonly #places = new Map<Condition, Place>();

  constructor(conditions: readonly Condition[]) {
    const plain = new Estimates();
    const kept: Condition[] = [];
    const seen = new Set<Condition>();
    const ofProcess = new ByChecks("every", isOfProcess);
    const visit = (condition: Condition): void => {
      if (seen.has(condition)) return;
      seen.add(condition);
      const worth = condition.kind !== "not" && plain.of(condition).cost >= WORTH_KEEPING;
      if (!worth || !ofProcess.of(condition)) partsOf(condition).forEach(visit);
      else if (kept.length < MOST_OUTCOMES) kept.push(condition);
    };
    conditions.forEach(visit);
    kept.forEach((condition, i) => {
      const bit = (i % MARKS_PER_WORD) * 2;
      this.#places.set(condition, { word: Math.floor(i / MARKS_PER_WORD), known: 2 << bit, holds: 1 << bit });
    });
    this.memo = kept.length === 0 ? undefined : new ProcessMemo(Math.ceil(kept.length / MARKS_PER_WORD));
  }

  /** Where the outcome is kept; undefined when it is not. */
  placeOf(condition: Condition): Place | undefined {
    return this.#places.get(condition);
  }

  /** What a condition costs when it would cost `cost` without being kept. */
  price(condition: Condition, cost: number): number {
    return this.#places.has(condition) ? KEPT_COST : cost;
  }
}
