// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import type { EventType } from "../events/types.ts";
import type { Host } from "../host/host.ts";
import type { Process } from "../host/process.ts";

/**
 * The event that rules look at: a record seen through its type, and the process it speaks of. One instance is reused
 * for every event of a stream, so nothing may keep it; fields read from it while it stands.
 */
export interface Event {
  readonly type: EventType;
  readonly record: RecordReader;
  /** Undefined when nothing is known of the process: every `proc.*` field is then missing. */
  readonly process: Process | undefined;
  readonly host: Host;
  /** Counts events from 1: `evt.num`. */
  readonly num: number;
  /** Time of the stream's first event, ns since boot. */
  readonly firstTime: bigint;
}
