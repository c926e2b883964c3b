// SPDX-License-Identifier: Apache-2.0

import { loadLibc } from "../native/libc.ts";
import { collectGarbage, forgetStart, giveBackExecutable, type Resident, resident } from "../native/resident.ts";

/** When memory is looked at, in ms; the first time is after the start's own garbage. */
const LOOK_EVERY_MS = 5_000;

/** Giving back, and having pages read in again, takes some ms: not more often than this many looks apart. */
const LOOKS_APART = 3;

/** What may come on top of the least that was ever left, in bytes. */
const GROWTH_BYTES = 8 * 2 ** 20;

/** Of that the memory that is no file's, before 20 ms are spent on collecting garbage. */
const OWN_GROWTH_BYTES = 4 * 2 ** 20;

/** Gives memory back after the start, and whenever much more is taken, until it is closed. */
export class MemoryKeeper {
  readonly #libc = loadLibc();
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  /** What was resident after the times that left least; undefined before the first. */
  #left: Resident | undefined;
  #looks = LOOKS_APART;

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#looks++ < LOOKS_APART) return;
    const { all, own } = resident();
    const left = this.#left;
    if (left !== undefined && all < left.all + GROWTH_BYTES) return;
    this.#looks = 1;
    if (left === undefined) forgetStart();
    else if (own >= left.own + OWN_GROWTH_BYTES) collectGarbage();
    giveBackExecutable(this.#libc);
    const now = resident();
    this.#left = left === undefined ? now : { all: Math.min(left.all, now.all), own: Math.min(left.own, now.own) };
  }
}
