// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import type { BinaryString } from "../events/text.ts";
import type { User } from "./accounts.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Guests } from "./guests.ts";
import type { Process } from "./process.ts";
import type { AddressNames } from "./resolver.ts";

/** Users and groups by id, from passwd and group: the host's, or those of the container that a process is in. */
export interface Names {
  /** The user, or undefined when the id has no entry. */
  user(uid: number, of?: Process): User | undefined;
  /** The group's name, or undefined when the id has no entry. */
  group(gid: number, of?: Process): BinaryString | undefined;
}

/** The process tree. */
export interface Processes {
  /** Living (or just exited) process by id. */
  get(pid: number): Process | undefined;
  /** Number of entries. */
  readonly size: number;
  /** Another whenever some process that was there before has another parent, or one with children has changed. */
  readonly lineage: number;
  /**
   * Takes a record in before rules see it: lifecycle records change the tree, any other corrects the parent and looks
   * up a process that the tree does not know. Returns the process that the record speaks of, undefined when nothing is
   * known of it.
   */
  apply(record: RecordReader): Process | undefined;
  /** After the rules saw the record: entries of processes that are gone are dropped. */
  settle(): void;
}

/** What outlives one event: the facts about this host that fields read. */
export interface Host {
  readonly hostname: string;
  /** CLOCK_REALTIME minus CLOCK_BOOTTIME in ns: added to a record's time it gives ns since the epoch. */
  readonly bootTime: bigint;
  readonly processes: Processes;
  readonly names: Names;
  /** Absent where nothing is resolved. */
  readonly addressNames?: AddressNames;
  readonly guests: Guests;
  /** Absent when a recording is replayed. */
  readonly descriptors?: Descriptors;
}
