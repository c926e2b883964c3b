// SPDX-License-Identifier: Apache-2.0

/** The process tree held against /proc while everything moves. */
import type { ProcessFacts } from "../../src/host/entry.ts";
import type { ProcessTable } from "../../src/host/processes.ts";
import type { Procfs } from "../../src/host/procfs.ts";

/** What one look found. */
export interface Look {
  /** Processes of /proc that did not change while it was taken. */
  readonly compared: number;
  /** Those that the tree does not have. */
  readonly missing: number;
  /** Those that the tree has with another parent, program, arguments, start, container or number of threads. */
  readonly wrong: number;
  /** Living processes of the tree that /proc has not. */
  readonly stale: number;
  /** One line for each of the first few. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** /proc rounds a start down to 10 ms. */
const TICK_NS = 1e7;

/** Bytes of arguments that are there in any case. */
const KEPT_BYTES = 3000;

/** What must be the same in /proc before and after, so that the tree can be held against it. */
function key({ pid, ppid, exe, args, exepath, startBoot, threads, cgroups }: ProcessFacts): string {
  return JSON.stringify([pid, ppid, exe, args, exepath, startBoot, threads, cgroups]);
}

/** Numbers of threads in the tree by process, to see which changed while /proc was read. */
export function threadCounts(table: ProcessTable): ReadonlyMap<number, number> {
  return new Map([...table.values()].map(({ pid, threads }) => [pid, threads]));
}

function differences(facts: ProcessFacts, table: ProcessTable, threads: number | undefined): string[] {
  const entry = table.get(facts.pid);
  if (entry === undefined) return ["missing"];
  const found: string[] = [];
  const compare = (name: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) found.push(`${name} ${JSON.stringify(actual)} is ${JSON.stringify(expected)}`);
  };
  // a kernel thread's children have no parent here
  if (table.get(facts.ppid) !== undefined) compare("parent", entry.parent?.pid, facts.ppid);
  compare("program", entry.exepath, facts.exepath);
  compare("argv[0]", entry.exe, facts.exe);
  // the driver and /proc cut long ones at different places
  compare("arguments", entry.args.slice(0, KEPT_BYTES), facts.args.slice(0, KEPT_BYTES));
  // some may have come and gone between two readings that agree
  if (entry.threads === threads) compare("threads", entry.threads, facts.threads);
  compare("cgroups", entry.cgroups, facts.cgroups);
  if (entry.startBoot !== 0 && Math.abs(entry.startBoot - facts.startBoot) > TICK_NS) {
    compare("start", entry.startBoot, facts.startBoot);
  }
  return found;
}

/**
 * Compares the tree with /proc. What changed between the reading before and the one after is passed over: records of
 * that are still to come.
 * @param before what /proc had when every record in the tree's way was still to be read
 * @param threads `threadCounts` at that moment
 * @param own the sensor's own process, of which it hears nothing
 */
export function look(
  before: readonly ProcessFacts[],
  threads: ReadonlyMap<number, number>,
  table: ProcessTable,
  procfs: Procfs,
  own: number,
): Look {
  const after = new Map(procfs.findAll().map((facts) => [facts.pid, key(facts)]));
  const examples: string[] = [];
  let compared = 0, missing = 0, wrong = 0, stale = 0;
  const note = (pid: number, what: string) => {
    if (examples.length < EXAMPLES) examples.push(`${pid}: ${what}`);
  };
  for (const facts of before) {
    if (facts.pid === own || after.get(facts.pid) !== key(facts)) continue;
    compared++;
    const found = differences(facts, table, threads.get(facts.pid));
    if (found[0] === "missing") missing++;
    else if (found.length > 0) wrong++;
    if (found.length > 0) note(facts.pid, `${facts.exepath} ${found.join(", ")}`);
  }
  const known = new Set(before.map(({ pid }) => pid));
  const since = Math.min(...before.map(({ seenAt }) => seenAt));
  for (const { pid, alive, startBoot, exepath } of table.values()) {
    if (!alive || known.has(pid) || after.has(pid) || startBoot === 0 || startBoot > since) continue;
    stale++;
    note(pid, `${exepath} is not there any more`);
  }
  return { compared, missing, wrong, stale, examples };
}
