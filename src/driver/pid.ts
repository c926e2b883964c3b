// SPDX-License-Identifier: Apache-2.0

import { readlinkSync } from "node:fs";
import process from "node:process";

/** The host's PID namespace: PROC_PID_INIT_INO of linux/proc_ns.h (since Linux 3.8). */
export const HOST_PIDS = "pid:[4026531836]";

/** Whether this process has a PID namespace of its own, in which other processes can't be looked up. */
export function hasOwnPids(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") !== HOST_PIDS;
  } catch {
    return false; // without a /proc there are other complaints
  }
}

/**
 * This process's id as the kernel's records have it, for leaving its own events out; 0, which is nobody's, in a PID
 * namespace of its own, where it can't be known.
 */
export function ownPid(): number {
  return hasOwnPids() ? 0 : process.pid;
}
