// SPDX-License-Identifier: Apache-2.0

/** Which outcomes are worth keeping for a process across events, and where each has its marks. */
import { type Condition, partsOf } from "./condition.ts";
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

/** Plans for one matcher what is kept: the largest parts of its conditions that the process alone decides. */
export class Keeping {
  /** Undefined when nothing is kept. */
  readonly memo: ProcessMemo | undefined;
  readonly #places = new Map<Condition, Place>();
  readonly #ofProcess = new Map<Condition, boolean>();

  constructor(conditions: readonly Condition[]) {
    const plain = new Estimates();
    const kept: Condition[] = [];
    const seen = new Set<Condition>();
    const visit = (condition: Condition): void => {
      if (seen.has(condition)) return;
      seen.add(condition);
      const worth = condition.kind !== "not" && plain.of(condition).cost >= WORTH_KEEPING;
      if (!worth || !this.#isOfProcess(condition)) partsOf(condition).forEach(visit);
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

  /** Whether the process alone decides the condition. */
  #isOfProcess(condition: Condition): boolean {
    const known = this.#ofProcess.get(condition);
    if (known !== undefined) return known;
    const ofProcess = condition.kind === "check"
      ? condition.check.predicate !== undefined && condition.check.left.field?.ofProcess !== undefined
      : condition.kind !== "constant" && partsOf(condition).every((part) => this.#isOfProcess(part));
    this.#ofProcess.set(condition, ofProcess);
    return ofProcess;
  }
}
