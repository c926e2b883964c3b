// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { readStart } from "./files.ts";

/** Steps of the wall clock are looked for at most this often, in ms. */
const CHECK_EVERY_MS = 10_000;

/** What the cheap look can be off by: 10 ms of /proc/uptime, 1 ms of Date, and being preempted between the two. */
const STEP_NS = 50_000_000;

/** An edge seen within this many ns is good enough; else the next is waited for, three times. */
const SHARP_NS = 100_000;

/**
 * The offset between the clock of records (CLOCK_BOOTTIME of the host) and the wall clock.
 *
 * node: gives neither CLOCK_BOOTTIME nor a wall clock finer than 1 ms, but both can be seen to tick: /proc/uptime, a
 * reading of CLOCK_BOOTTIME cut to 10 ms, and Date.now(), CLOCK_REALTIME cut to 1 ms. Each edge is timed with the
 * monotonic clock. Takes up to 11 ms; right to some 0.05 ms on an idle machine, never worse than 11 ms.
 */
export class BootClock {
  #bootTime: bigint;
  /** CLOCK_BOOTTIME minus the monotonic clock, ns. */
  #sinceBoot: number;
  #checked: number;

  /** @throws Error when /proc/uptime can't be read. */
  constructor() {
    ({ bootTime: this.#bootTime, sinceBoot: this.#sinceBoot } = measure());
    this.#checked = Date.now();
  }

  /** CLOCK_REALTIME minus CLOCK_BOOTTIME in ns; measured again after the wall clock was set or the machine slept. */
  get bootTime(): bigint {
    const now = Date.now();
    if (Math.abs(now - this.#checked) >= CHECK_EVERY_MS) {
      this.#checked = now;
      if (hasStepped(this.#bootTime, this.#sinceBoot)) {
        ({ bootTime: this.#bootTime, sinceBoot: this.#sinceBoot } = measure());
      }
    }
    return this.#bootTime;
  }

  /** Now in ns since boot, as records have it. */
  now(): number {
    return monotonic() + this.#sinceBoot;
  }
}

/** Monotonic time in ns; a double is exact enough for 104 days and good to 2 ns after. */
function monotonic(): number {
  const [seconds, ns] = process.hrtime();
  return seconds * 1e9 + ns;
}

function measure(): { bootTime: bigint; sinceBoot: number } {
  const fd = openSync("/proc/uptime", "r");
  try {
    const shift = timeNamespaceShift();
    const buffer = Buffer.alloc(64);
    const uptime = () => uptimeIn(buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0))) - shift;
    const boot = sharpestEdge(uptime);
    const wall = sharpestEdge(Date.now);
    // the same moment on both clocks: the wall clock's edge, and what the boot clock had advanced to by then
    const bootNs = BigInt(Math.round(boot.value * 1e9)) + BigInt(Math.round(wall.at - boot.at));
    return { bootTime: BigInt(wall.value) * 1_000_000n - bootNs, sinceBoot: boot.value * 1e9 - boot.at };
  } finally {
    closeSync(fd);
  }
}

/** Whether either clock has gone another way than the monotonic one since they were measured. */
function hasStepped(bootTime: bigint, sinceBoot: number): boolean {
  const text = readStart("/proc/uptime", 64);
  if (text === undefined) return false;
  const boot = (uptimeIn(text) - timeNamespaceShift()) * 1e9;
  const wall = Number(BigInt(Date.now()) * 1_000_000n - bootTime);
  return Math.abs(wall - boot) > STEP_NS || Math.abs(monotonic() + sinceBoot - boot) > STEP_NS;
}

/** The moment at which a clock was seen to tick: its new value, and the monotonic time in the middle of the doubt. */
function sharpestEdge(read: () => number): { value: number; at: number } {
  let best = { value: 0, at: 0, doubt: Infinity };
  for (let attempt = 0; attempt < 3 && best.doubt > SHARP_NS; attempt++) {
    // the tick lies between the start of the last reading of the old value and the end of the first of the new one
    let before = monotonic();
    const first = read();
    let start = monotonic();
    let value = read();
    while (value === first) {
      before = start;
      start = monotonic();
      value = read();
    }
    const after = monotonic();
    if (after - before < best.doubt) best = { value, at: (before + after) / 2, doubt: after - before };
  }
  return best;
}

function uptimeIn(text: string): number {
  const seconds = Number(text.split(" ", 1)[0]);
  if (!(seconds > 0)) throw new Error("/proc/uptime has no number: is /proc mounted?");
  return seconds;
}

/** What a time namespace adds to the boot clock in this process's /proc/uptime and records don't have, in seconds. */
function timeNamespaceShift(): number {
  const line = /^boottime\s+(-?\d+)\s+(\d+)/m.exec(readStart("/proc/self/timens_offsets", 256) ?? "");
  return line === null ? 0 : Number(line[1]) + Number(line[2]) / 1e9;
}
