// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { loadLibc } from "../native/libc.ts";
import { collectGarbage, forgetStart, giveBackExecutable } from "../native/resident.ts";

/** When memory is looked at, in ms; the first time is after the start's own garbage. */
const LOOK_EVERY_MS = 5_000;

/** Giving back takes some 20 ms: not more often than this many looks apart, which is about 0.1 % of a CPU. */
const LOOKS_APART = 3;

/** What may come on top of the least that was ever left, in bytes. */
const GROWTH_BYTES = 8 * 2 ** 20;

/** Gives memory back after the start, and whenever much more is taken, until it is closed. */
export class MemoryKeeper {
  readonly #libc = loadLibc();
  readonly #timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  /** Resident after the time that left least, in bytes; 0 before the first. */
  #left = 0;
  #looks = LOOKS_APART;

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#looks++ < LOOKS_APART || process.memoryUsage.rss() < this.#left + GROWTH_BYTES) return;
    this.#looks = 1;
    const first = this.#left === 0;
    if (first) forgetStart();
    else collectGarbage();
    giveBackExecutable(this.#libc);
    const left = process.memoryUsage.rss();
    this.#left = first ? left : Math.min(left, this.#left);
  }
}
