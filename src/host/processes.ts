// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import type { BinaryString } from "../events/text.ts";
import type { Container } from "./container.ts";
import { Entry, type ProcessFacts } from "./entry.ts";
import type { Processes } from "./host.ts";
import {
  CLONE,
  EXEC,
  execSucceeded,
  EXIT,
  isKernelThread,
  learnFromClone,
  learnFromExec,
  learnStart,
  LIFECYCLE,
  makerOf,
  reaperOf,
  startOf,
  wasLastThread,
} from "./lifecycle.ts";

/** Entries kept at most: Falco's default for its thread table (compat/events.md §5.2). */
const DEFAULT_PROCESS_LIMIT = 262144;

/** /proc gives a start in ticks of 1/100 s (USER_HZ on every Linux we run on), rounded down. */
const TICK_NS = 1e7;

/** Questions to /proc in one span of time of 2^30 ns (1.07 s): some 0.1 ms each, so at most a tenth of one CPU. */
const QUESTIONS_PER_SPAN = 1000;

/** Entries that one question's price checks for life when the table is full. */
const SWEEP = 32;

/** What the table asks for about processes that no record has told of. */
export interface ProcessFinder {
  /** The process as it is now; undefined when there is none, or it is a kernel thread. */
  find(pid: number): ProcessFacts | undefined;
  /** Whether a process has this id. */
  exists(pid: number): boolean;
}

/** What a table of processes is made of. */
export interface ProcessTableParts {
  /** CLOCK_REALTIME minus CLOCK_BOOTTIME, in ns. */
  bootTime(): bigint;
  /** The container that has these cgroups (src/host/containers.ts). */
  containerOf(cgroups: BinaryString, cgroup: BinaryString): Container;
  /** Told of every process that is new, and of every one that has changed. */
  revised?(process: Entry): void;
  /** Asked for unknown processes; absent when a recording is replayed. */
  finder?: ProcessFinder | undefined;
  /** Entries kept at most. */
  limit?: number | undefined;
}

/**
 * The process tree, kept by the kernel's lifecycle records in the order in which they come.
 *
 * A pid alone names no process: with its start it does. What /proc says may be newer than the records that are read
 * next (they waited in the ring while /proc was read): an entry that was read after a fork is that fork's child if the
 * starts agree, else the record tells of an earlier or later holder of the pid.
 *
 * Never more than `limit` entries. Dead ones go with the event that says so; if the end was lost, when their pid is
 * used again, or when the table is full and /proc doesn't have them any more. A process for which there is no room gets
 * no entry (its fields are missing, as in Falco) and is counted in `refused`.
 */
export class ProcessTable implements Processes {
  readonly #parts: ProcessTableParts;
  readonly #limit: number;
  readonly #entries = new Map<number, Entry>();
  /** Ended by the record that rules are looking at. */
  #ended: Entry | undefined;
  /** Ended while our count has threads of it left; one at most, since a lost record would keep it for ever. */
  #lingering: Entry | undefined;
  /** The pids that ended last: the kernel takes a moment from the record of an end to the end. */
  readonly #lastEnded = new Uint32Array(64);
  #endedCount = 0;
  #span = -1;
  #questions = 0;
  #sweeper: Iterator<Entry> | undefined;
  #refused = 0;
  #revisions = 0;
  #lineage = 0;

  constructor(parts: ProcessTableParts) {
    this.#parts = parts;
    this.#limit = parts.limit ?? DEFAULT_PROCESS_LIMIT;
  }

  get size(): number {
    return this.#entries.size;
  }

  get lineage(): number {
    return this.#lineage;
  }

  /** Records whose process got no entry because the table was full. */
  get refused(): number {
    return this.#refused;
  }

  get(pid: number): Entry | undefined {
    return this.#entries.get(pid);
  }

  /** All entries, in no order that means anything. */
  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  /**
   * Takes in what a scan of /proc or a snapshot found. To be called after the driver began to collect records and
   * before the first is applied: what happens meanwhile is in those records.
   */
  seed(processes: Iterable<ProcessFacts>): void {
    const fresh: Entry[] = [];
    for (const facts of processes) {
      if (this.#entries.size >= this.#limit && !this.#entries.has(facts.pid)) this.#refused++;
      else fresh.push(this.#list(Entry.of(facts)));
    }
    for (const entry of fresh) {
      entry.moveTo(this.#entries.get(entry.ppid));
      entry.container = this.#parts.containerOf(entry.cgroups, entry.cgroup);
    }
  }

  apply(record: RecordReader): Entry | undefined {
    const kind = LIFECYCLE[record.type];
    if (kind === CLONE) return record.tid === record.pid ? this.#fork(record) : this.#newThread(record);
    if (kind === EXIT) return this.#exit(record);
    if (kind === EXEC && execSucceeded(record)) return this.#exec(record);
    const entry = this.#entries.get(record.pid);
    if (entry === undefined || entry.unasked) return this.#meet(record);
    if (entry.ppid !== record.ppid || entry.parent === undefined) this.#reparent(entry, record);
    return entry;
  }

  settle(): void {
    if (this.#ended === undefined) return;
    this.#unlist(this.#ended);
    this.#ended = undefined;
  }

  #fork(record: RecordReader): Entry | undefined {
    if (isKernelThread(record)) return undefined;
    const known = this.#entries.get(record.pid);
    if (known !== undefined && known.seenAt > record.sinceBoot && sameStart(known, startOf(record))) {
      // read from /proc after this fork: what is known is newer, but for the exact start
      learnStart(known, record, this.#parts.bootTime());
      this.#revise(known);
      if (known.parent === undefined) this.#move(known, this.#entries.get(known.ppid)); // one that the scan came too late for
      return known;
    }
    if (known !== undefined) this.#unlist(known); // its end was lost
    const parent = this.#parentFor(record) ?? this.#assumeParent(record);
    const entry = this.#make(record);
    if (entry === undefined) return undefined;
    // CLONE_PARENT gives a child to its maker's parent; what it starts with is still its maker's
    const maker = this.#entries.get(makerOf(record)) ?? parent;
    if (maker !== undefined) entry.inherit(maker);
    entry.moveTo(parent);
    learnFromClone(entry, record, this.#parts.bootTime());
    this.#settleContainer(entry, maker);
    return entry;
  }

  #newThread(record: RecordReader): Entry | undefined {
    const entry = this.#entries.get(record.pid);
    if (entry === undefined || entry.unasked) return this.#meet(record);
    if (record.sinceBoot > entry.seenAt) entry.threads++;
    if (entry.ppid !== record.ppid) this.#reparent(entry, record);
    return entry;
  }

  #exec(record: RecordReader): Entry | undefined {
    let entry = this.#entries.get(record.pid);
    if (entry !== undefined && !sameStart(entry, startOf(record))) {
      this.#unlist(entry); // its end and this one's fork were lost
      entry = undefined;
    }
    if (entry === undefined) {
      const parent = this.#parentFor(record);
      entry = this.#make(record);
      if (entry === undefined) return undefined;
      if (parent !== undefined) entry.inherit(parent);
      entry.moveTo(parent);
    } else if (entry.ppid !== record.ppid || entry.parent === undefined) this.#reparent(entry, record);
    const { cgroups, cgroup } = entry;
    learnFromExec(entry, record, this.#parts.bootTime());
    entry.unasked = false;
    if (cgroups !== entry.cgroups || cgroup !== entry.cgroup) this.#settleContainer(entry, entry.parent);
    this.#revise(entry);
    return entry;
  }

  #exit(record: RecordReader): Entry | undefined {
    const entry = this.#entries.get(record.pid);
    // an end that is older than the start is a former holder's of the pid; of an unknown process nothing needs to go
    if (entry === undefined || record.sinceBoot < entry.startBoot) return undefined;
    if (entry.ppid !== record.ppid) this.#reparent(entry, record);
    const last = wasLastThread(record);
    const counted = record.sinceBoot > entry.seenAt;
    if (counted && entry.threads > 0) entry.threads--;
    if (last ?? entry.threads === 0) {
      this.settle();
      if (entry.alive) this.#lastEnded[this.#endedCount++ % this.#lastEnded.length] = entry.pid;
      entry.alive = false;
      this.#orphan(entry, this.#entries.get(reaperOf(record)));
      if (counted && entry.threads > 0) this.#linger(entry);
      else {
        entry.threads = 0;
        this.#ended = entry;
      }
    }
    return entry;
  }

  /** Threads that end at once each see that none is left: the process stays for the records of the others' ends. */
  #linger(entry: Entry): void {
    if (this.#lingering !== entry && this.#lingering?.alive === false) this.#unlist(this.#lingering);
    this.#lingering = entry;
  }

  /** Gives the children to who the kernel says adopts them; if that is not known, their next records will tell. */
  #orphan(entry: Entry, reaper: Entry | undefined): void {
    if (reaper === undefined || reaper === entry) return;
    for (let child = entry.firstChild; child !== undefined; child = entry.firstChild) {
      child.ppid = reaper.pid;
      this.#move(child, reaper);
    }
  }

  /** The first record of a process that neither the scan nor a fork brought: /proc may know it. */
  #meet(record: RecordReader): Entry | undefined {
    const known = this.#entries.get(record.pid);
    const asked = this.#mayAsk(record);
    const facts = asked ? this.#find(record.pid, record) : undefined;
    const parent = this.#parentFor(record);
    let entry = known;
    if (facts !== undefined) {
      if (entry === undefined) entry = this.#make(record);
      entry?.learn(facts);
    } else if (entry === undefined) {
      entry = this.#make(record);
      if (parent !== undefined && entry !== undefined) entry.container = parent.container;
    }
    if (entry === undefined) return undefined;
    entry.unasked = !asked && this.#parts.finder !== undefined;
    entry.ppid = record.ppid;
    this.#move(entry, parent);
    if (facts === undefined) return entry;
    if (entry.pidnsStartTime === 0n && parent !== undefined) entry.pidnsStart = parent.pidnsStart;
    this.#settleContainer(entry, undefined);
    this.#revise(entry);
    return entry;
  }

  /** The parent that the record's header names. */
  #parentFor(record: RecordReader): Entry | undefined {
    const ppid = record.ppid;
    if (ppid === 0 || ppid === record.pid) return undefined;
    const known = this.#entries.get(ppid);
    // who has just ended may be in /proc still, but no record will end that entry
    if (known !== undefined || this.#hasJustEnded(ppid) || !this.#mayAsk(record)) return known;
    const facts = this.#find(ppid, record);
    if (facts === undefined || this.#isFull(record)) return undefined;
    const parent = this.#list(Entry.of(facts));
    parent.moveTo(this.#entries.get(parent.ppid));
    this.#settleContainer(parent, undefined);
    return parent;
  }

  /**
   * An entry for a parent that nothing is known of: it has just made a child, so a record of its end will come, and
   * with it who adopts that child.
   */
  #assumeParent(record: RecordReader): Entry | undefined {
    if (record.ppid === 0 || this.#hasJustEnded(record.ppid) || this.#isFull(record)) return undefined;
    const parent = new Entry(record.ppid);
    parent.seenAt = record.sinceBoot;
    parent.unasked = this.#parts.finder !== undefined && this.#questions >= QUESTIONS_PER_SPAN;
    return this.#list(parent);
  }

  #reparent(entry: Entry, record: RecordReader): void {
    const ppid = record.ppid;
    if (ppid === entry.ppid) {
      // a kernel thread's child, or a parent that came to be known later; not worth a question to /proc each time
      if (ppid !== 0) this.#move(entry, this.#entries.get(ppid));
      return;
    }
    // children are told of a new parent some time after the old one's record of its end
    if (this.#hasJustEnded(ppid)) return;
    entry.ppid = ppid;
    const parent = this.#parentFor(record);
    if (parent !== undefined || ppid === 0 || entry.parent?.alive !== true) this.#move(entry, parent);
  }

  #hasJustEnded(pid: number): boolean {
    return pid !== 0 && this.#lastEnded.includes(pid) && this.#entries.get(pid)?.alive !== true;
  }

  /** A new entry with what the header tells, if there is room. */
  #make(record: RecordReader): Entry | undefined {
    if (this.#isFull(record)) {
      this.#refused++;
      return undefined;
    }
    const entry = new Entry(record.pid);
    entry.ppid = record.ppid;
    entry.uid = record.uid;
    entry.gid = record.gid;
    entry.seenAt = record.sinceBoot;
    return this.#list(entry);
  }

  #list(entry: Entry): Entry {
    const former = this.#entries.get(entry.pid);
    if (former !== undefined) this.#unlist(former);
    this.#entries.set(entry.pid, entry);
    this.#revise(entry);
    return entry;
  }

  /** Hangs an entry that rules may have seen under another parent. */
  #move(entry: Entry, parent: Entry | undefined): void {
    if (entry.parent === parent) return;
    this.#lineage++;
    entry.moveTo(parent);
  }

  /** Something that is known of the entry itself has changed. */
  #revise(entry: Entry): void {
    entry.revision = ++this.#revisions;
    if (entry.firstChild !== undefined) this.#lineage++;
    this.#parts.revised?.(entry);
  }

  #unlist(entry: Entry): void {
    if (this.#entries.get(entry.pid) === entry) this.#entries.delete(entry.pid);
    entry.unlist();
  }

  /** Whether there is no room, even after a look for entries whose process ended unheard. */
  #isFull(record: RecordReader): boolean {
    if (this.#entries.size < this.#limit) return false;
    this.settle();
    const finder = this.#parts.finder;
    if (finder === undefined || !this.#mayAsk(record)) return this.#entries.size >= this.#limit;
    for (let i = 0; i < SWEEP; i++) {
      this.#sweeper ??= this.#entries.values();
      const next = this.#sweeper.next();
      if (next.done) {
        this.#sweeper = undefined;
        break;
      }
      if (!finder.exists(next.value.pid)) this.#unlist(next.value);
    }
    return this.#entries.size >= this.#limit;
  }

  /** Whether /proc may be asked now; takes one question from what this span of time allows. */
  #mayAsk(record: RecordReader): boolean {
    if (this.#parts.finder === undefined) return false;
    const span = record.timeHigh * 4 + (record.timeLow >>> 30);
    if (span !== this.#span) {
      this.#span = span;
      this.#questions = 0;
    }
    return this.#questions++ < QUESTIONS_PER_SPAN;
  }

  /** What /proc knows of the process, unless its pid has gone to one that started after the record. */
  #find(pid: number, record: RecordReader): ProcessFacts | undefined {
    const facts = this.#parts.finder?.find(pid);
    return facts === undefined || facts.startBoot > record.sinceBoot ? undefined : facts;
  }

  #settleContainer(entry: Entry, parent: Entry | undefined): void {
    entry.container = parent !== undefined && parent.cgroups === entry.cgroups && parent.cgroup === entry.cgroup
      ? parent.container
      : this.#parts.containerOf(entry.cgroups, entry.cgroup);
  }
}

/** Whether an entry and a record that gives this start speak of the same process; if one doesn't know, they do. */
function sameStart(entry: Entry, start: number | undefined): boolean {
  return start === undefined || entry.startBoot === 0 || Math.abs(start - entry.startBoot) < TICK_NS;
}
