// SPDX-License-Identifier: Apache-2.0

import { RecordMemory, RecordReader } from "../events/record.ts";
import { EVENT_BY_CODE, EVENT_TYPES } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Host } from "../host/host.ts";
import type { Process } from "../host/process.ts";

/**
 * One stream of records on its way through host state and rules: checks each record, lets the process tree take it in,
 * and shows it to `judge` as an event. It is itself the event, moved from record to record, so that nothing is
 * allocated for one.
 */
export class EventStream implements Event {
  readonly host: Host;
  readonly record: RecordReader;
  type: EventType = EVENT_TYPES[0]!;
  process: Process | undefined = undefined;
  num = 0;
  firstTime = 0n;
  /** Records that were not well-formed or of a type that the table does not have. */
  malformed = 0;
  readonly #judge: (event: Event) => void;

  constructor(host: Host, judge: (event: Event) => void) {
    this.host = host;
    this.record = new RecordReader(new RecordMemory(new ArrayBuffer(0)));
    this.#judge = judge;
  }

  /** Takes the record at byte `base` of `memory`, to which `limit` bytes belong. An OnRecord once bound. */
  take(memory: RecordMemory, base: number, limit: number): void {
    const { record } = this;
    record.memory = memory;
    record.moveTo(base);
    if (!record.isWellFormed(limit)) {
      this.malformed++;
      return;
    }
    const type = EVENT_BY_CODE[record.type];
    if (type === undefined) {
      this.malformed++;
      return;
    }
    this.type = type;
    if (this.num++ === 0) this.firstTime = record.time;
    this.process = this.host.processes.apply(record);
    this.#judge(this);
    this.host.processes.settle();
  }
}
