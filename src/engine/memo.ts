// SPDX-License-Identifier: Apache-2.0

import type { Event } from "../fields/event.ts";

/** Outcomes in one word of a memo's marks. */
export const MARKS_PER_WORD = 16;

const PLACES = 1024;

/**
 * Memory across events for outcomes that a process and its ancestors decide: the same few hundred processes act again and again.
 * It is bounded: what a place held before is forgotten when another process comes to it.
 */
export class ProcessMemo {
  /** Two bits for each outcome, so 16 in a word: whether it is known, and below it whether it is true. */
  readonly marks: Int32Array;
  readonly #words: number;
  /** Doubles: a sensor may see more than 2^31 changes. */
  readonly #revisions = new Float64Array(PLACES);
  readonly #lineages = new Float64Array(PLACES);

  /** @param words words of marks that each process needs */
  constructor(words: number) {
    this.#words = words;
    this.marks = new Int32Array(words * PLACES);
  }

  /** Index in `marks` of the first of the process's words; -1 when nothing may be kept for it. */
  find({ process, host }: Event): number {
    if (process === undefined || process.revision === 0) return -1;
    const { revision } = process;
    const { lineage } = host.processes;
    const place = revision & (PLACES - 1);
    const marks = place * this.#words;
    if (this.#revisions[place] === revision && this.#lineages[place] === lineage) return marks;
    this.#revisions[place] = revision;
    this.#lineages[place] = lineage;
    for (let i = 0; i < this.#words; i++) this.marks[marks + i] = 0;
    return marks;
  }
}
