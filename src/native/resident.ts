// SPDX-License-Identifier: Apache-2.0

/** Memory that is held without being needed, and given back. */
import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import type { Libc } from "./libc.ts";

const MADV_DONTNEED = 4;
/** Since Linux 5.4. */
const MADV_PAGEOUT = 21;

/** What a process has in memory, in bytes. */
export interface Resident {
  readonly all: number;
  /** Of that what is no file's. */
  readonly own: number;
}

/** What this process has in memory. All is taken for its own where there is no /proc. */
export function resident(): Resident {
  const all = process.memoryUsage.rss();
  try {
    // pages, of whatever size: proc(5)
    const [, pages = 1, ofFiles = 0] = readFileSync("/proc/self/statm", "latin1").split(" ").map(Number);
    return { all, own: all - all * ofFiles / pages };
  } catch {
    return { all, own: all };
  }
}

/** A part of the address space that a file is mapped to. */
interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  readonly path: string;
  /** kB that were written to and are no page of the file any more. */
  readonly anonymous: number;
}

/** The mappings in the text of /proc/PID/smaps. */
export function parseMappings(smaps: string): Mapping[] {
  const mappings: Mapping[] = [];
  const form = /^([0-9a-f]+)-([0-9a-f]+) .(.).. \S+ \S+ \d+ *(.*)\n(?:[A-Z].*\n)*?Anonymous: +(\d+) kB/gm;
  for (const [, start, end, write, path = "", anonymous] of smaps.matchAll(form)) {
    mappings.push({
      start: Number.parseInt(start!, 16),
      end: Number.parseInt(end!, 16),
      writable: write === "w",
      path,
      anonymous: Number(anonymous),
    });
  }
  return mappings;
}

/**
 * Lets go of what only the start needed, compiled code of functions that ran included: once, before much else is
 * compiled. Bun alone has means for it.
 */
export function forgetStart(): void {
  const { Bun } = globalThis as { readonly Bun?: { gc(wait: boolean): void; shrink(): void } };
  Bun?.gc(true);
  Bun?.shrink();
}

/** Has the garbage collected, where the runtime lets one: 10 to 20 ms. */
export function collectGarbage(): void {
  const jsc = process.getBuiltinModule("bun:jsc") as { fullGC(): void } | undefined;
  jsc?.fullGC();
}

/**
 * Gives back the pages of the executable, which are most of what a sensor has resident. Those that are used again come
 * from the page cache.
 */
export function giveBackExecutable(libc: Libc): void {
  try {
    const executable = readlinkSync("/proc/self/exe");
    for (const { start, end, writable, path, anonymous } of parseMappings(readFileSync("/proc/self/smaps", "latin1"))) {
      if (path !== executable) continue;
      // what was written into must not be read from the file again; the kernel alone knows page by page
      if (writable) libc.madvise(start, end - start, MADV_PAGEOUT);
      else if (anonymous === 0) libc.madvise(start, end - start, MADV_DONTNEED);
    }
  } catch {
    // without a /proc, or where it may not be read: it is only memory
  }
}
