// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import { EVENT_BY_CODE, EVENT_BY_NAME } from "../events/table.ts";
import type { BinaryString } from "../events/text.ts";
import type { Entry } from "./entry.ts";

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

/** A record's time in ns since boot, as a double: to 2 ns after 104 days of uptime. */
export function timeOf(record: RecordReader): number {
  return record.timeHigh * 4294967296 + record.timeLow;
}

/** A lifecycle record's parameters by name. */
class Params {
  readonly #record: RecordReader;
  readonly #index: ReadonlyMap<string, number>;

  constructor(record: RecordReader) {
    this.#record = record;
    this.#index = EVENT_BY_CODE[record.type]!.index;
  }

  has(name: string): boolean {
    return this.#record.len(this.#at(name)) > 0;
  }

  /** The number, or `otherwise` when the record does not tell. */
  number(name: string, otherwise: number): number {
    const at = this.#at(name);
    return this.#record.hasNumber(at) ? this.#record.number(at) : otherwise;
  }

  /** The lower 32 bits, unsigned: -1 as an id is 4294967295 however wide it was sent. */
  u32(name: string, otherwise: number): number {
    const at = this.#at(name);
    return this.#record.hasNumber(at) ? this.#record.low(at) >>> 0 : otherwise;
  }

  big(name: string, otherwise: bigint): bigint {
    const at = this.#at(name);
    return this.#record.hasNumber(at) ? BigInt.asUintN(64, this.#record.big(at)) : otherwise;
  }

  text(name: string): BinaryString {
    return this.#record.text(this.#at(name));
  }

  /** Strings that each end with a NUL, the last one too where it was cut. */
  strings(name: string): BinaryString {
    return endWithNul(this.#record.bytes(this.#at(name)));
  }

  #at(name: string): number {
    return this.#index.get(name) ?? 65535;
  }
}

/** The strings with the last one's NUL, which a cut at a limit takes away. */
export function endWithNul(strings: BinaryString): BinaryString {
  return strings === "" || strings.endsWith("\0") ? strings : strings + "\0";
}

/** The path without the mark that the kernel puts behind an unlinked file's name. */
export function withoutDeleted(path: BinaryString): BinaryString {
  return path.endsWith(" (deleted)") ? path.slice(0, -10) : path;
}

/** Whether an exec succeeded: a failed one changes nothing. */
export function execSucceeded(record: RecordReader): boolean {
  return new Params(record).number("res", 0) === 0;
}

/** Whether a clone record's child has no memory of its own, thus no program: kernel threads are no processes here. */
export function isKernelThread(record: RecordReader): boolean {
  const params = new Params(record);
  return !params.has("exe") && params.number("vm_size", 0) === 0;
}

/** Whether the thread that a procexit record speaks of was the last of its process; undefined when it does not tell. */
export function wasLastThread(record: RecordReader): boolean | undefined {
  const params = new Params(record);
  return params.has("last") ? params.number("last", 0) !== 0 : undefined;
}

/** The thread that a procexit record names as the children's new parent; 0 when it names none. */
export function reaperOf(record: RecordReader): number {
  return Math.max(0, new Params(record).number("reaper_tid", 0));
}

/** The process that made the one that a clone record speaks of: its parent unless the record says otherwise. */
export function makerOf(record: RecordReader): number {
  return new Params(record).number("maker", record.ppid);
}

/** The start of the record's process in ns since boot; undefined when the record does not tell. */
export function startOf(record: RecordReader): number | undefined {
  const start = new Params(record).number("start_ts", 0);
  return start > 0 ? start : undefined;
}

/** The start to the nanosecond, where the record tells it. */
export function learnStart(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const start = startOf(record);
  if (start === undefined) return;
  entry.startBoot = start;
  entry.startTime = bootTime + new Params(record).big("start_ts", 0n);
}

/** What fork's record tells of the child, over what it has inherited. */
export function learnFromClone(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const params = new Params(record);
  learnCommon(entry, record, params, bootTime);
  learnSurroundings(entry, params);
}

/**
 * What exec's record tells. Where the record is older than what is known (the exec of a process that /proc was read
 * for afterwards), the directory and the cgroup, which exec does not change, are left as they are.
 */
export function learnFromExec(entry: Entry, record: RecordReader, bootTime: bigint): void {
  const params = new Params(record);
  learnCommon(entry, record, params, bootTime);
  if (timeOf(record) >= entry.seenAt) learnSurroundings(entry, params);
  entry.threads = 1; // exec ends all other threads
  entry.execTime = bootTime + record.time;
  entry.exepath = withoutDeleted(params.text("trusted_exepath"));
  entry.env = params.strings("env");
  entry.tty = params.u32("tty", entry.tty);
  entry.loginuid = params.u32("loginuid", entry.loginuid);
  entry.exeFlags = params.u32("flags", 0);
  entry.capInheritable = params.big("cap_inheritable", entry.capInheritable);
  entry.capPermitted = params.big("cap_permitted", entry.capPermitted);
  entry.capEffective = params.big("cap_effective", entry.capEffective);
  entry.exeIno = params.big("exe_ino", 0n);
  entry.exeInoCtime = params.big("exe_ino_ctime", 0n);
  entry.exeInoMtime = params.big("exe_ino_mtime", 0n);
}

/** The text that is held already, the parent's, if the new one is equal: a thousand forks hold their arguments once. */
function shared(held: BinaryString, text: BinaryString): BinaryString {
  return text === held ? held : text;
}

/** What both records have. */
function learnCommon(entry: Entry, record: RecordReader, params: Params, bootTime: bigint): void {
  entry.comm = shared(entry.comm, params.text("comm"));
  entry.exe = shared(entry.exe, params.text("exe"));
  entry.args = shared(entry.args, params.strings("args"));
  entry.uid = record.uid;
  entry.gid = record.gid;
  entry.sid = params.number("sid", entry.sid);
  entry.pgid = params.number("pgid", entry.pgid);
  entry.vpgid = params.number("vpgid", entry.vpgid);
  entry.vpid = params.number("vpid", entry.vpid);
  entry.vtid = params.number("vtid", entry.vtid);
  entry.fdlimit = params.number("fdlimit", entry.fdlimit);
  entry.vmSize = params.u32("vm_size", entry.vmSize);
  entry.vmRss = params.u32("vm_rss", entry.vmRss);
  entry.vmSwap = params.u32("vm_swap", entry.vmSwap);
  entry.majorFaults = params.number("pgft_maj", entry.majorFaults);
  entry.minorFaults = params.number("pgft_min", entry.minorFaults);
  learnStart(entry, record, bootTime);
  if (params.has("pidns_init_start_ts")) entry.pidnsStartTime = bootTime + params.big("pidns_init_start_ts", 0n);
}

/** Where it is: current directory and cgroups. */
function learnSurroundings(entry: Entry, params: Params): void {
  if (params.has("workdir")) entry.cwd = shared(entry.cwd ?? "", params.text("workdir"));
  if (params.has("cgroups")) entry.cgroups = shared(entry.cgroups, params.strings("cgroups"));
  if (params.has("cgroup")) entry.cgroup = shared(entry.cgroup, params.text("cgroup"));
}
