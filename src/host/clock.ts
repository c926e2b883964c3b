// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { readStart } from "./files.ts";

/** Steps of the wall clock are looked for at most this often, in ms. */
const CHECK_EVERY_MS = 10_000;

/** What the cheap look can be off by: 10 ms of /proc/uptime, 1 ms of Date, and being preempted between the two. */
const STEP_NS = 50_000_000;

/** Knowing an offset to this many ns is good enough. */
const SHARP_NS = 100_000;

/** Longest time that an offset is worth, in ns; only a machine with no CPU to spare needs it. */
const PATIENCE_NS = 100_000_000;

/**
 * The offset between the clock of records (CLOCK_BOOTTIME of the host) and the wall clock.
 *
 * node: gives neither CLOCK_BOOTTIME nor a wall clock finer than 1 ms, but /proc/uptime is CLOCK_BOOTTIME cut to 10 ms
 * and Date.now() is CLOCK_REALTIME cut to 1 ms. Each reading, timed with the monotonic clock, bounds the clock's offset
 * to that from both sides, and readings around ticks bound it narrowly. Takes some 10 ms; right to 0.1 ms, to a few ms
 * on a machine with no CPU to spare.
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
    const uptime = () => uptimeIn(buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0)));
    const sinceBoot = offsetOf(() => (uptime() - shift) * 1e9, 10_000_000);
    const base = Date.now(); // ns since the epoch are too many for a double
    const sinceBase = offsetOf(() => (Date.now() - base) * 1e6, 1_000_000);
    return { bootTime: BigInt(base) * 1_000_000n + BigInt(Math.round(sinceBase - sinceBoot)), sinceBoot };
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

/** A clock's reading, which is cut to a multiple of `unit` ns, minus the monotonic clock. */
function offsetOf(read: () => number, unit: number): number {
  const start = monotonic();
  let least = -Infinity;
  let most = Infinity;
  let after = start;
  while (most - least > SHARP_NS && after - start < PATIENCE_NS) {
    const before = monotonic();
    const value = read();
    after = monotonic();
    // at some moment between before and after, the clock was between value and value + unit
    least = Math.max(least, value - after);
    most = Math.min(most, value + unit - before);
  }
  return (least + most) / 2;
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
