// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";
import type { Container } from "./container.ts";

/**
 * What is known of one process (a thread group). Made by a fork record, by the scan of /proc at start, or from the
 * first event of a process that neither brought; changed by exec. Threads have no entry of their own: what rules can
 * ask of a thread is in the record's header or shared by its process.
 *
 * Text is a binary string (see src/events/text.ts). Times are ns since the epoch.
 */
export interface Process {
  readonly pid: number;
  /**
   * Differs between any two processes, and between one process before and after an exec or whatever else changed what
   * is known of it alone (its place in the tree, container and counters do not count). 0: not kept.
   */
  readonly revision: number;
  /** Parent in the tree, also after it exited if nothing adopted this one yet; undefined for the tree's roots. */
  parent: Process | undefined;
  /** Parent's process id as the kernel last told it. */
  ppid: number;
  /** Task name as of fork or exec, at most 15 bytes: `proc.name`. */
  comm: BinaryString;
  /** argv[0]. */
  exe: BinaryString;
  /** argv[1..], each followed by a NUL. */
  args: BinaryString;
  /** Path of the executable's file, without a " (deleted)" suffix. */
  exepath: BinaryString;
  /** `NAME=value` entries, each followed by a NUL; empty unless the plan collects environments. */
  env: BinaryString;
  /** Current directory as last told, without trailing slash (`/` for the root); undefined when not known. */
  cwd: BinaryString | undefined;
  /** Effective ids as of the last lifecycle record; an event's own ids are in its record's header. */
  uid: number;
  gid: number;
  /** Audit login id; 4294967295 when not set. */
  loginuid: number;
  sid: number;
  pgid: number;
  /** Ids in the innermost pid namespace; -1 when not known. */
  vpid: number;
  vtid: number;
  vpgid: number;
  /** Controlling terminal's device number; 0 for none. */
  tty: number;
  /** Bits of execve's `flags` parameter: 1 writable, 2 overlay upper layer, 4 memfd, 8 lower layer. */
  exeFlags: number;
  exeIno: bigint;
  exeInoCtime: bigint;
  exeInoMtime: bigint;
  capInheritable: bigint;
  capPermitted: bigint;
  capEffective: bigint;
  fdlimit: number;
  vmSize: number;
  vmRss: number;
  vmSwap: number;
  majorFaults: number;
  minorFaults: number;
  /** Start of the process (its fork, not its exec). */
  startTime: bigint;
  /**
   * The same in ns since boot, 0 when not known: tells two holders of one pid apart. /proc gives it to 10 ms, the
   * kernel's records exactly.
   */
  startBoot: number;
  /** Last exec; 0n when none was seen. */
  execTime: bigint;
  /** Start of its pid namespace's init. */
  pidnsStartTime: bigint;
  /** cgroup paths as `subsystem=path` entries, each followed by a NUL, as in execve's `cgroups`. */
  cgroups: BinaryString;
  container: Container;
  /** Living threads, the leader included. */
  threads: number;
  /** False once its last thread has exited; entries of dead processes go after the event that said so. */
  alive: boolean;
}
