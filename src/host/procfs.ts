// SPDX-License-Identifier: Apache-2.0

import { readdirSync, statSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import type { ProcessFacts } from "./entry.ts";
import { readLink, readStart } from "./files.ts";
import { endWithNul, withoutDeleted } from "./program.ts";
import type { ProcessFinder } from "./processes.ts";

/** argv and environment are cut here, as the driver does it (compat/events.md §4). */
const STRINGS_BYTES = 4096;

/** USER_HZ: the unit of /proc/PID/stat's times is 1/100 s on every architecture we run on. */
const TICK_NS = 10_000_000;

/** A file is read again, so many times at most, when we were interrupted for longer than this, in ns. */
const SHARP_NS = 1_000_000;
const ATTEMPTS = 4;

/** PF_KTHREAD in /proc/PID/stat's flags. */
const KERNEL_THREAD = 0x200000;

/** Bits of execve's `flags` that /proc can tell. */
const EXE_WRITABLE = 1;
const EXE_FROM_MEMFD = 4;

/** Subsystems that the driver sends paths of, in its order. */
const SUBSYSTEMS = ["cpuset", "cpu", "cpuacct", "io", "memory"] as const;

/** The clock that facts are dated by. */
export interface ProcfsClock {
  /** CLOCK_REALTIME minus CLOCK_BOOTTIME, in ns. */
  readonly bootTime: bigint;
  /** Now, in ns since boot. */
  now(): number;
}

/**
 * Processes as /proc has them; which file gives which value: compat/events.md §6.1. A process that goes away while it
 * is read is not there. Kernel threads are not processes here, as in Falco.
 */
export class Procfs implements ProcessFinder {
  readonly #clock: ProcfsClock;
  readonly #root: string;
  /** Whether environments are read. */
  withEnv: boolean;

  /**
   * @param root where procfs is mounted
   * @param withEnv whether environments are read
   */
  constructor(clock: ProcfsClock, root = "/proc", withEnv = false) {
    this.#clock = clock;
    this.#root = root;
    this.withEnv = withEnv;
  }

  exists(pid: number): boolean {
    try {
      return statSync(`${this.#root}/${pid}`, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return true; // it can't be told
    }
  }

  find(pid: number): ProcessFacts | undefined {
    try {
      return this.#read(pid);
    } catch {
      return undefined; // vanished between two files
    }
  }

  /**
   * Every process there is.
   * @throws Error when the directory can't be listed.
   */
  findAll(): ProcessFacts[] {
    const found = new Map<number, ProcessFacts>();
    for (const name of readdirSync(this.#root)) {
      if (!/^[1-9]\d*$/.test(name)) continue;
      const facts = this.find(Number(name));
      if (facts !== undefined) found.set(facts.pid, facts);
    }
    for (const { pid, ppid } of [...found.values()]) {
      if (ppid === 0 || found.has(ppid)) continue;
      // its parent ended before it was read itself; by now another has adopted the child
      const facts = this.find(pid);
      if (facts === undefined) found.delete(pid);
      else found.set(pid, facts);
    }
    this.#dateNamespaces(found.values());
    return [...found.values()];
  }

  #read(pid: number): ProcessFacts | undefined {
    const at = `${this.#root}/${pid}`;
    const { seenAt, text } = this.#readDated(`${at}/status`);
    const stat = parseStat(readStart(`${at}/stat`, 4096));
    if (stat === undefined || (stat.flags & KERNEL_THREAD) !== 0) return undefined;
    const status = parseStatus(text);
    if (status === undefined || status.number("Tgid") !== pid) return undefined;
    const threads = status.number("Threads");
    const task = stat.state === "Z" && threads > 1 ? livingThread(at) : at;
    const cmdline = readStart(`${task}/cmdline`, STRINGS_BYTES) ?? "";
    const exepath = readLink(`${task}/exe`);
    if (cmdline === "" && exepath === undefined) return undefined; // a zombie
    const strings = endWithNul(cmdline);
    const endOfExe = strings.indexOf("\0");
    const startTime = this.#clock.bootTime + BigInt(stat.startBoot);
    const inner = status.depth > 1;
    const uid = status.number("Uid", 1);
    const gid = status.number("Gid", 1);
    const capEffective = status.hex("CapEff");
    return {
      pid,
      ppid: status.number("PPid"),
      comm: stat.comm,
      exe: strings.slice(0, Math.max(0, endOfExe)),
      args: strings.slice(endOfExe + 1),
      exepath: withoutDeleted(exepath ?? ""),
      env: this.withEnv ? endWithNul(readStart(`${task}/environ`, STRINGS_BYTES) ?? "") : "",
      cwd: directoryOf(readLink(`${task}/cwd`)),
      uid,
      gid,
      loginuid: parseId(readStart(`${at}/loginuid`, 32)),
      sid: stat.sid,
      pgid: stat.pgid,
      vpid: status.last("NStgid", pid),
      vtid: status.last("NSpid", pid),
      vpgid: status.last("NSpgid", stat.pgid),
      tty: stat.tty,
      ...executable(`${task}/exe`, exepath ?? "", uid, gid, capEffective),
      capInheritable: status.hex("CapInh"),
      capPermitted: status.hex("CapPrm"),
      capEffective,
      fdlimit: parseFdLimit(readStart(`${at}/limits`, 4096)),
      vmSize: status.number("VmSize"),
      vmRss: status.number("VmRSS"),
      vmSwap: status.number("VmSwap"),
      majorFaults: stat.majorFaults,
      minorFaults: stat.minorFaults,
      startTime,
      execTime: 0n,
      pidnsStartTime: !inner ? this.#clock.bootTime : status.last("NStgid", pid) === 1 ? startTime : 0n,
      ...parseCgroups(readStart(`${task}/cgroup`, 16384) ?? ""),
      threads: Math.max(1, threads),
      startBoot: stat.startBoot,
      seenAt,
    };
  }

  /**
   * The file and when it was read, to SHARP_NS if that can be had: threads that come or go between the two would be
   * counted here and by their records.
   */
  #readDated(path: string): { seenAt: number; text: BinaryString | undefined } {
    for (let attempt = 1;; attempt++) {
      const seenAt = this.#clock.now();
      const text = readStart(path, 16384);
      if (attempt === ATTEMPTS || this.#clock.now() - seenAt < SHARP_NS) return { seenAt, text };
    }
  }

  /** Gives processes of inner pid namespaces their init's start. */
  #dateNamespaces(found: Iterable<ProcessFacts>): void {
    const inner = [...found].filter(({ pidnsStartTime }) => pidnsStartTime !== this.#clock.bootTime);
    const starts = new Map<string, bigint>();
    const namespace = (facts: ProcessFacts) => readLink(`${this.#root}/${facts.pid}/ns/pid`) ?? "";
    for (const facts of inner) if (facts.vpid === 1) starts.set(namespace(facts), facts.startTime);
    for (const facts of inner) {
      if (facts.pidnsStartTime === 0n) facts.pidnsStartTime = starts.get(namespace(facts)) ?? 0n;
    }
  }
}

/**
 * The directory of a thread that lives, in a process whose first thread has ended: that one looks like a zombie and has
 * no program, directory or cgroup any more.
 */
function livingThread(at: string): string {
  for (const tid of readdirSync(`${at}/task`)) {
    if (readLink(`${at}/task/${tid}/exe`) !== undefined) return `${at}/task/${tid}`;
  }
  return at;
}

interface Stat {
  comm: BinaryString;
  state: string;
  pgid: number;
  sid: number;
  tty: number;
  flags: number;
  minorFaults: number;
  majorFaults: number;
  startBoot: number;
}

/** /proc/PID/stat (proc(5)); the name in parentheses may hold anything, parentheses and newlines too. */
function parseStat(text: BinaryString | undefined): Stat | undefined {
  if (text === undefined) return undefined;
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const rest = text.slice(close + 2).split(" ");
  const field = (number: number) => Number(rest[number - 3] ?? 0);
  return {
    comm: text.slice(open + 1, close),
    state: rest[0] ?? "",
    pgid: field(5),
    sid: field(6),
    tty: field(7),
    flags: field(9),
    minorFaults: field(10),
    majorFaults: field(12),
    startBoot: field(22) * TICK_NS,
  };
}

/** The values of /proc/PID/status by key. */
class Status {
  readonly #values: ReadonlyMap<string, string[]>;

  constructor(values: ReadonlyMap<string, string[]>) {
    this.#values = values;
  }

  /** The value in column `column`, 0 when there is none. */
  number(key: string, column = 0): number {
    return Number(this.#values.get(key)?.[column] ?? 0);
  }

  /** The last of a list: the innermost namespace's. */
  last(key: string, otherwise: number): number {
    const value = this.#values.get(key)?.at(-1);
    return value === undefined ? otherwise : Number(value);
  }

  hex(key: string): bigint {
    return BigInt(`0x${this.#values.get(key)?.[0] ?? "0"}`);
  }

  /** Pid namespaces that it is in. */
  get depth(): number {
    return this.#values.get("NSpid")?.length ?? 1;
  }
}

/** The task's name, in which an attacker could write lines, is escaped by the kernel here. */
function parseStatus(text: BinaryString | undefined): Status | undefined {
  if (text === undefined) return undefined;
  const values = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) values.set(line.slice(0, colon), line.slice(colon + 1).trim().split(/\s+/));
  }
  return values.has("Tgid") ? new Status(values) : undefined;
}

/** A removed directory keeps its name. */
function directoryOf(link: BinaryString | undefined): BinaryString | undefined {
  return link === undefined ? undefined : withoutDeleted(link);
}

/** An unset login id reads as 4294967295; so does a kernel without audit. */
function parseId(text: BinaryString | undefined): number {
  return text !== undefined && /^\d+/.test(text) ? Number.parseInt(text, 10) : 4294967295;
}

/** The soft limit; -1 for unlimited, as the kernel's 64 bits are shown. */
function parseFdLimit(text: BinaryString | undefined): number {
  const soft = /^Max open files\s+(\S+)/m.exec(text ?? "")?.[1];
  return soft === "unlimited" ? -1 : Number(soft ?? 0);
}

/** The lines `N:subsystem,subsystem:path`; a path may hold colons. */
function parseCgroups(text: BinaryString): { cgroups: BinaryString; cgroup: BinaryString } {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    for (const subsystem of match?.[1]?.split(",") ?? []) {
      paths.set(subsystem === "blkio" ? "io" : subsystem, match![2]!);
    }
  }
  const v2 = paths.get("");
  let cgroups = "";
  for (const subsystem of SUBSYSTEMS) {
    const path = paths.get(subsystem) ?? v2;
    if (path !== undefined) cgroups += `${subsystem}=${path}\0`;
  }
  // without a v2 hierarchy, systemd's own says as much
  return { cgroups, cgroup: v2 ?? paths.get("name=systemd") ?? "" };
}

/** What the inode of the executable tells; /proc's link leads to the very file, in whatever mount namespace. */
function executable(
  link: string,
  exepath: BinaryString,
  uid: number,
  gid: number,
  capEffective: bigint,
): Pick<ProcessFacts, "exeFlags" | "exeIno" | "exeInoCtime" | "exeInoMtime"> {
  const memfd = exepath.startsWith("/memfd:") ? EXE_FROM_MEMFD : 0;
  try {
    const stat = statSync(link, { bigint: true });
    const overrides = (capEffective & 2n) !== 0n; // CAP_DAC_OVERRIDE
    const bit = stat.uid === BigInt(uid) ? 0o200n : stat.gid === BigInt(gid) ? 0o020n : 0o002n;
    const writable = overrides || (stat.mode & bit) !== 0n ? EXE_WRITABLE : 0;
    return { exeFlags: writable | memfd, exeIno: stat.ino, exeInoCtime: stat.ctimeNs, exeInoMtime: stat.mtimeNs };
  } catch {
    return { exeFlags: memfd, exeIno: 0n, exeInoCtime: 0n, exeInoMtime: 0n };
  }
}
