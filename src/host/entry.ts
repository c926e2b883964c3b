// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";
import { type Container, HOST_CONTAINER } from "./container.ts";
import type { Process } from "./process.ts";
import { type Moment, NEVER, NO_PROGRAM, type Program } from "./program.ts";

/** What is known of a process by itself, without its place in the tree: from /proc or from a snapshot. */
export interface ProcessFacts extends Omit<Process, "revision" | "parent" | "container" | "alive"> {
  /** When these facts were true, in ns since boot: records older than this are news of the past. */
  seenAt: number;
  /** Path in the v2 hierarchy, as the own parameter `cgroup` of exec and clone. */
  cgroup: BinaryString;
}

/** How Falco shows a name that could not be had (compat/events.md §5.2). */
const UNKNOWN = "<NA>";

/**
 * A process in the table. Beside what rules may ask it holds its place among its parent's children, so that an exit
 * finds them without a search.
 */
export class Entry implements Process, ProcessFacts {
  readonly pid: number;
  revision = 0;
  parent: Entry | undefined = undefined;
  ppid = 0;
  comm: BinaryString = UNKNOWN;
  exe: BinaryString = UNKNOWN;
  args: BinaryString = "";
  program: Program = NO_PROGRAM;
  cwd: BinaryString | undefined = undefined;
  uid = 0;
  gid = 0;
  loginuid = 4294967295;
  sid = -1;
  pgid = -1;
  vpid = -1;
  vtid = -1;
  vpgid = -1;
  tty = 0;
  fdlimit = 0;
  vmSize = 0;
  vmRss = 0;
  vmSwap = 0;
  majorFaults = 0;
  minorFaults = 0;
  start: Moment = NEVER;
  pidnsStart: Moment = NEVER;
  cgroups: BinaryString = "";
  cgroup: BinaryString = "";
  container: Container = HOST_CONTAINER;
  threads = 1;
  alive = true;
  startBoot = 0;
  seenAt = 0;
  /** Nothing but a header spoke of it so far, and /proc was not asked because too many were asked about. */
  unasked = false;
  /** Children form a doubly linked list through their siblings. */
  firstChild: Entry | undefined = undefined;
  #next: Entry | undefined = undefined;
  #previous: Entry | undefined = undefined;
  /** In the table; a dead process that is still somebody's parent is not. */
  #listed = true;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** A new entry of these facts. */
  static of(facts: ProcessFacts): Entry {
    const entry = new Entry(facts.pid);
    entry.learn(facts);
    return entry;
  }

  /** Takes these facts for the ones it had; its place in the tree and its container stay. */
  learn(facts: ProcessFacts): void {
    const { exepath, env, exeFlags, exeIno, exeInoCtime, exeInoMtime, execTime, ...others } = facts;
    const { capInheritable, capPermitted, capEffective, startTime, pidnsStartTime, ...own } = others;
    Object.assign(this, own);
    const capabilities = { capInheritable, capPermitted, capEffective };
    this.program = { exepath, env, exeFlags, exeIno, exeInoCtime, exeInoMtime, execTime, ...capabilities };
    this.start = { time: startTime };
    this.pidnsStart = { time: pidnsStartTime };
  }

  get exepath(): BinaryString {
    return this.program.exepath;
  }

  get env(): BinaryString {
    return this.program.env;
  }

  get exeFlags(): number {
    return this.program.exeFlags;
  }

  get exeIno(): bigint {
    return this.program.exeIno;
  }

  get exeInoCtime(): bigint {
    return this.program.exeInoCtime;
  }

  get exeInoMtime(): bigint {
    return this.program.exeInoMtime;
  }

  get capInheritable(): bigint {
    return this.program.capInheritable;
  }

  get capPermitted(): bigint {
    return this.program.capPermitted;
  }

  get capEffective(): bigint {
    return this.program.capEffective;
  }

  get execTime(): bigint {
    return this.program.execTime;
  }

  get startTime(): bigint {
    return this.start.time;
  }

  get pidnsStartTime(): bigint {
    return this.pidnsStart.time;
  }

  /** These facts alone, for a snapshot. */
  facts(): ProcessFacts {
    const { pid, ppid, comm, exe, args, exepath, env, cwd, uid, gid, loginuid, sid, pgid, vpid, vtid, vpgid } = this;
    const { tty, exeFlags, exeIno, exeInoCtime, exeInoMtime, capInheritable, capPermitted, capEffective } = this;
    const { fdlimit, vmSize, vmRss, vmSwap, majorFaults, minorFaults, startTime, execTime, pidnsStartTime } = this;
    const { cgroups, cgroup, threads, startBoot, seenAt } = this;
    return {
      ...{ pid, ppid, comm, exe, args, exepath, env, cwd, uid, gid, loginuid, sid, pgid, vpid, vtid, vpgid },
      ...{ tty, exeFlags, exeIno, exeInoCtime, exeInoMtime, capInheritable, capPermitted, capEffective },
      ...{ fdlimit, vmSize, vmRss, vmSwap, majorFaults, minorFaults, startTime, execTime, pidnsStartTime },
      ...{ cgroups, cgroup, threads, startBoot, seenAt },
    };
  }

  /** What a child has from its parent; fork's record tells some of it again. */
  inherit(parent: Entry): void {
    this.comm = parent.comm;
    this.exe = parent.exe;
    this.args = parent.args;
    this.program = parent.program;
    this.cwd = parent.cwd;
    this.loginuid = parent.loginuid;
    this.sid = parent.sid;
    this.pgid = parent.pgid;
    this.vpgid = parent.vpgid;
    this.tty = parent.tty;
    this.pidnsStart = parent.pidnsStart;
    this.cgroups = parent.cgroups;
    this.cgroup = parent.cgroup;
    this.container = parent.container;
  }

  /**
   * Hangs it under another parent. A parent that would close a circle (two readings of /proc at different moments can
   * say so) is taken for none, so that walks up the tree end.
   */
  moveTo(parent: Entry | undefined): void {
    if (parent === this.parent) return;
    if (parent === this || (this.firstChild !== undefined && isBelow(parent, this))) parent = undefined;
    Entry.#leave(this);
    this.parent = parent;
    if (parent === undefined) return;
    this.#next = parent.firstChild;
    if (parent.firstChild !== undefined) parent.firstChild.#previous = this;
    parent.firstChild = this;
  }

  /** Lets go of the parent, and of dead ancestors that nobody else hangs under. */
  static #leave(child: Entry): void {
    let parent = child.parent;
    while (parent !== undefined) {
      if (child.#previous === undefined) parent.firstChild = child.#next;
      else child.#previous.#next = child.#next;
      if (child.#next !== undefined) child.#next.#previous = child.#previous;
      child.parent = child.#next = child.#previous = undefined;
      if (parent.#listed || parent.firstChild !== undefined) return;
      child = parent;
      parent = child.parent;
    }
  }

  /** Leaves the tree after its end; stays while children still call it their parent. */
  unlist(): void {
    this.alive = false;
    this.#listed = false;
    if (this.firstChild === undefined) Entry.#leave(this);
  }
}

/** Whether `entry` is `ancestor` or under it. */
function isBelow(entry: Entry | undefined, ancestor: Entry): boolean {
  for (let at = entry; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}
