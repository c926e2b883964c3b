// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import { EVENT_BY_CODE, EVENT_BY_NAME } from "../events/table.ts";
import type { BinaryString } from "../events/text.ts";
import type { Entry } from "./entry.ts";
import { BootMoment, endWithNul, ExecProgram, type Moment, ProgramLayout } from "./program.ts";

/** A successful or failed exec. */
export const EXEC = 1;
/** A process or a thread was made; the record's header is the child's. */
export const CLONE = 2;
/** A thread ended. */
export const EXIT = 3;

/** EXEC, CLONE or EXIT by event code; 0 for records that change nothing in the tree. */
export const LIFECYCLE: Uint8Array = (() => {
  const kinds = new Uint8Array(65536);
  const rows: [number, string[]][] = [
    [EXEC, ["execve", "execveat"]],
    [CLONE, ["clone", "fork", "vfork", "clone3"]],
    [EXIT, ["procexit"]],
  ];
  for (const [kind, names] of rows) for (const name of names) kinds[EVENT_BY_NAME.get(name)!.code] = kind;
  return kinds;
})();

/** Where the parameters of one type of lifecycle record are; 65535 for those that it doesn't have. */
class Layout {
  readonly comm: number;
  readonly exe: number;
  readonly args: number;
  readonly cwd: number;
  readonly cgroups: number;
  readonly cgroup: number;
  readonly res: number;
  readonly sid: number;
  readonly pgid: number;
  readonly vpgid: number;
  readonly vpid: number;
  readonly vtid: number;
  readonly fdlimit: number;
  readonly vmSize: number;
  readonly vmRss: number;
  readonly vmSwap: number;
  readonly majorFaults: number;
  readonly minorFaults: number;
  readonly start: number;
  readonly pidnsStart: number;
  readonly tty: number;
  readonly loginuid: number;
  readonly last: number;
  readonly reaper: number;
  readonly maker: number;
  readonly program: ProgramLayout;

  constructor(index: ReadonlyMap<string, number>) {
    const of = (name: string) => index.get(name) ?? 65535;
    this.comm = of("comm");
    this.exe = of("exe");
    this.args = of("args");
    this.cwd = of("workdir");
    this.cgroups = of("cgroups");
    this.cgroup = of("cgroup");
    this.res = of("res");
    this.sid = of("sid");
    this.pgid = of("pgid");
    this.vpgid = of("vpgid");
    this.vpid = of("vpid");
    this.vtid = of("vtid");
    this.fdlimit = of("fdlimit");
    this.vmSize = of("vm_size");
    this.vmRss = of("vm_rss");
    this.vmSwap = of("vm_swap");
    this.majorFaults = of("pgft_maj");
    this.minorFaults = of("pgft_min");
    this.start = of("start_ts");
    this.pidnsStart = of("pidns_init_start_ts");
    this.tty = of("tty");
    this.loginuid = of("loginuid");
    this.last = of("last");
    this.reaper = of("reaper_tid");
    this.maker = of("maker");
    this.program = new ProgramLayout(of);
  }
}

/** By event code, of lifecycle records. */
const LAYOUTS: readonly (Layout | undefined)[] = EVENT_BY_CODE.map((type) =>
  type !== undefined && LIFECYCLE[type.code] !== 0 ? new Layout(type.index) : undefined
);

function layoutOf(record: RecordReader): Layout {
  return LAYOUTS[record.type]!;
}

/** The lower 32 bits, unsigned: -1 as an id is 4294967295 however wide it was sent. */
function u32(record: RecordReader, index: number, otherwise: number): number {
  return record.lowOr(index, otherwise) >>> 0;
}

/** Whether an exec succeeded: a failed one changes nothing. */
export function execSucceeded(record: RecordReader): boolean {
  return record.lowOr(layoutOf(record).res, 0) === 0;
}

/** Whether a clone record's child has no memory of its own, thus no program: kernel threads are no processes here. */
export function isKernelThread(record: RecordReader): boolean {
  const { exe, vmSize } = layoutOf(record);
  return record.len(exe) === 0 && record.numberOr(vmSize, 0) === 0;
}

/** Whether the thread that a procexit record speaks of was the last of its process; undefined when it does not tell. */
export function wasLastThread(record: RecordReader): boolean | undefined {
  const { last } = layoutOf(record);
  return record.len(last) > 0 ? record.lowOr(last, 0) !== 0 : undefined;
}

/** The thread that a procexit record names as the children's new parent; 0 when it names none. */
export function reaperOf(record: RecordReader): number {
  return Math.max(0, record.lowOr(layoutOf(record).reaper, 0));
}

/** The process that made the one that a clone record speaks of: its parent unless the record says otherwise. */
export function makerOf(record: RecordReader): number {
  return record.lowOr(layoutOf(record).maker, record.ppid);
}

/** The start of the record's process in ns since boot; undefined when the record does not tell. */
export function startOf(record: RecordReader): number | undefined {
  const start = record.numberOr(layoutOf(record).start, 0);
  return start > 0 ? start : undefined;
}

/** The start to the nanosecond, where the record tells it. */
export function learnStart(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const start = startOf(record);
  if (start === undefined) return;
  const index = layoutOf(record).start;
  entry.startBoot = start;
  entry.start = momentOf(record, index, bootTime, entry.start);
}

/** The time in a parameter that holds one: `held` itself if it is that. */
function momentOf(record: RecordReader, index: number, bootTime: bigint, held: Moment): Moment {
  const high = record.high(index);
  const low = record.low(index);
  return held instanceof BootMoment && held.is(bootTime, high, low) ? held : new BootMoment(bootTime, high, low);
}

/** What fork's record tells of the child, over what it has inherited. */
export function learnFromClone(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const layout = layoutOf(record);
  learnCommon(entry, record, layout, bootTime);
  learnSurroundings(entry, record, layout);
}

/**
 * What exec's record tells. Where the record is older than what is known (the exec of a process that /proc was read
 * for afterwards), the directory and the cgroup, which exec does not change, are left as they are.
 */
export function learnFromExec(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const layout = layoutOf(record);
  learnCommon(entry, record, layout, bootTime);
  if (record.sinceBoot >= entry.seenAt) learnSurroundings(entry, record, layout);
  entry.threads = 1; // exec ends all other threads
  entry.tty = u32(record, layout.tty, entry.tty);
  entry.loginuid = u32(record, layout.loginuid, entry.loginuid);
  entry.program = new ExecProgram(record, layout.program, bootTime);
}

/** What both records have. Text that is held already, as a fork's is by its parent, is held once. */
function learnCommon(entry: Entry, record: RecordReader, layout: Layout, bootTime: bigint): void {
  entry.comm = record.sameText(layout.comm, entry.comm);
  entry.exe = record.sameText(layout.exe, entry.exe);
  entry.args = sameStrings(record, layout.args, entry.args);
  entry.uid = record.uid;
  entry.gid = record.gid;
  entry.sid = record.lowOr(layout.sid, entry.sid);
  entry.pgid = record.lowOr(layout.pgid, entry.pgid);
  entry.vpgid = record.lowOr(layout.vpgid, entry.vpgid);
  entry.vpid = record.lowOr(layout.vpid, entry.vpid);
  entry.vtid = record.lowOr(layout.vtid, entry.vtid);
  entry.fdlimit = record.numberOr(layout.fdlimit, entry.fdlimit);
  entry.vmSize = u32(record, layout.vmSize, entry.vmSize);
  entry.vmRss = u32(record, layout.vmRss, entry.vmRss);
  entry.vmSwap = u32(record, layout.vmSwap, entry.vmSwap);
  entry.majorFaults = record.numberOr(layout.majorFaults, entry.majorFaults);
  entry.minorFaults = record.numberOr(layout.minorFaults, entry.minorFaults);
  learnStart(entry, record, bootTime);
  const { pidnsStart } = layout;
  if (record.hasNumber(pidnsStart)) entry.pidnsStart = momentOf(record, pidnsStart, bootTime, entry.pidnsStart);
}

/** Where it is: current directory and cgroups. */
function learnSurroundings(entry: Entry, record: RecordReader, { cwd, cgroups, cgroup }: Layout): void {
  if (record.len(cwd) > 0) entry.cwd = record.sameText(cwd, entry.cwd ?? "");
  if (record.len(cgroups) > 0) entry.cgroups = sameStrings(record, cgroups, entry.cgroups);
  if (record.len(cgroup) > 0) entry.cgroup = record.sameText(cgroup, entry.cgroup);
}

/** Strings that each end with a NUL, the last one too where it was cut. */
function sameStrings(record: RecordReader, index: number, held: BinaryString): BinaryString {
  return endWithNul(record.sameBytes(index, held));
}
