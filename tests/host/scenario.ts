// SPDX-License-Identifier: Apache-2.0

/** A process table fed with records made by hand, and what it then says. */
import { RecordReader } from "../../src/events/record.ts";
import { Containers } from "../../src/host/containers.ts";
import { Entry, type ProcessFacts } from "../../src/host/entry.ts";
import type { Process } from "../../src/host/process.ts";
import { type ProcessFinder, ProcessTable } from "../../src/host/processes.ts";
import { buildRecord, memoryOf, type ParamValue } from "../support/records.ts";

/** CLOCK_REALTIME minus CLOCK_BOOTTIME in these tests. */
export const BOOT = 1_700_000_000_000_000_000n;

const SECOND = 1_000_000_000;

/** One record: times are in seconds since boot. */
export interface Step {
  type: string;
  at: number;
  pid: number;
  ppid: number;
  tid?: number;
  uid?: number;
  gid?: number;
  /** Start of the process, for clone and exec. */
  start?: number;
  params?: Record<string, ParamValue>;
}

export function fork(at: number, pid: number, ppid: number, more: Partial<Step> = {}): Step {
  return {
    type: "clone",
    at,
    pid,
    ppid,
    start: at,
    ...more,
    params: { comm: "forked", exe: "forked", ...more.params },
  };
}

/** An exec of `/bin/NAME` by a process that started at `start`. */
export function exec(
  at: number,
  pid: number,
  ppid: number,
  name: string,
  start: number,
  more: Partial<Step> = {},
): Step {
  const params = { res: 0, comm: name, exe: name, trusted_exepath: `/bin/${name}`, ...more.params };
  return { type: "execve", at, pid, ppid, start, ...more, params };
}

/** A thread's end; `last` by default. */
export function exit(at: number, pid: number, ppid: number, reaper = 1, last = 1, tid = pid): Step {
  return { type: "procexit", at, pid, ppid, tid, params: { status: 0, reaper_tid: reaper, last } };
}

/** Any event that changes nothing. */
export function open(at: number, pid: number, ppid: number, more: Partial<Step> = {}): Step {
  return { type: "openat", at, pid, ppid, ...more };
}

/** The record of a step. */
export function recordOf({ type, at, pid, ppid, tid, uid, gid, start, params = {} }: Step): Uint8Array {
  const ns = (seconds: number) => BigInt(Math.round(seconds * SECOND));
  const header = { ts: ns(at), pid, ppid, tid: tid ?? pid, uid: uid ?? 0, gid: gid ?? 0 };
  return buildRecord(type, start === undefined ? params : { start_ts: ns(start), ...params }, header);
}

/** Applies a step without what follows the rules. */
export function apply(table: ProcessTable, step: Step): Process | undefined {
  const { memory, offsets } = memoryOf(recordOf(step));
  const reader = new RecordReader(memory);
  reader.moveTo(offsets[0]!);
  return table.apply(reader);
}

/** Applies steps one after another as a stream does; returns the table. */
export function play(table: ProcessTable, ...steps: Step[]): ProcessTable {
  for (const step of steps) {
    apply(table, step);
    table.settle();
  }
  return table;
}

/** What /proc said of a process, in seconds since boot. */
export function facts(
  pid: number,
  ppid: number,
  comm: string,
  start: number,
  seen: number,
  more: Partial<ProcessFacts> = {},
): ProcessFacts {
  const startBoot = Math.floor(start * 100) * 10_000_000; // ticks
  return {
    ...new Entry(pid).facts(),
    ...{ ppid, comm, exe: comm, exepath: `/bin/${comm}`, startBoot, seenAt: seen * SECOND },
    startTime: BOOT + BigInt(startBoot),
    ...more,
  };
}

/** A table whose init is pid 1 and that is asked nothing of /proc unless `finder` answers. */
export function newTable(finder?: ProcessFinder, limit?: number, seeds: ProcessFacts[] = []): ProcessTable {
  const containers = new Containers();
  const table = new ProcessTable({
    bootTime: () => BOOT,
    containerOf: (cgroups, cgroup) => containers.of(cgroups, cgroup),
    finder,
    limit,
  });
  table.seed([facts(1, 0, "init", 0, 1), ...seeds]);
  return table;
}

/** A finder that knows these processes and counts the questions. */
export function finderOf(...known: ProcessFacts[]): ProcessFinder & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    find(pid) {
      asked.push(pid);
      return known.find((facts) => facts.pid === pid);
    },
    exists: (pid) => known.some((facts) => facts.pid === pid),
  };
}

/** The tree as lines `pid name(s up to the root) xTHREADS`, ordered by pid. */
export function treeOf(table: ProcessTable): string[] {
  return [...table.values()].sort((a, b) => a.pid - b.pid).map((entry) => {
    let line = `${entry.pid}`;
    for (let at: Process | undefined = entry; at !== undefined; at = at.parent) line += ` ${at.comm}`;
    return line + (entry.threads === 1 ? "" : ` x${entry.threads}`);
  });
}
