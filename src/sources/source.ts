// SPDX-License-Identifier: Apache-2.0

import type { RecordMemory } from "../events/record.ts";
import type { Host } from "../host/host.ts";

/** Takes one record: it starts at byte `base` of `memory`, and `limit` bytes of memory belong to it. */
export type OnRecord = (memory: RecordMemory, base: number, limit: number) => void;

/** What a source lost or could not read, by class and reason as native/wire.h names them. */
export interface Losses {
  /** Events lost in the kernel: `${class}.${reason}` to count; only non-zero entries. */
  readonly kernel: ReadonlyMap<string, number>;
  /** Records that were not well-formed. */
  readonly malformed: number;
  /** System calls that the kernel kept from the probe, wanted or not: no more events than that are missing unseen. */
  readonly skipped?: number;
  /**
   * How often the filter could not keep what it asks of a process or a socket, by class as `${class}: ${reason}`; only
   * non-zero entries. Nothing is lost: such events pass without being asked.
   */
  readonly full?: ReadonlyMap<string, number>;
}

/** Where records come from: the live kernel or a recorded file. */
export interface Source {
  /** The host that the records are of. For a recording: as it was stored. */
  readonly host: Host;
  /**
   * Hands every record to `onRecord`, in order, until the source ends (a recording) or `stop` is called; then
   * resolves. Rejects when the source fails for good.
   */
  run(onRecord: OnRecord): Promise<void>;
  /** Ends `run` soon, after what is already in the buffer. Idempotent. */
  stop(): void;
  losses(): Losses;
  /** Releases everything; nothing is left in the kernel. Idempotent. */
  close(): void;
}
