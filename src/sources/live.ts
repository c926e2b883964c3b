// SPDX-License-Identifier: Apache-2.0

import { RecordMemory } from "../events/record.ts";
import type { Host } from "../host/host.ts";
import type { Sensor } from "../native/contract.ts";
import { walkFrames } from "./frames.ts";
import type { Losses, OnRecord, Source } from "./source.ts";

/** The kernel's classes of events, in the order of `enum ln_class` in native/wire.h. */
const CLASSES = ["exec", "process", "open", "network", "other"] as const;

/** Why an event was lost, or what else is counted, in the order of `enum ln_reason` in native/wire.h. */
const REASONS = [
  "ring full",
  "scratch busy",
  "fault",
  "too long",
  "preempted",
  "skipped",
  "filter table full",
] as const;

/** Longest stretch of work in one turn of the event loop, in ms: signals and outputs wait no longer than this. */
const DRAIN_MS = 10;

/** Bytes taken from the ring between two looks at the clock: some 200 records, of which each may be an alert. */
const BATCH_BYTES = 32 * 1024;

/** Pause between two looks at the ring while events keep coming, in ms; waking up for each would tax the workload. */
const POLL_MS = 10;

/** The kernel of this machine, through an attached probe. */
export class LiveSource implements Source {
  readonly host: Host;
  readonly #sensor: Sensor;
  readonly #memory: RecordMemory;
  #position = 0;
  #stopped = false;
  #closed = false;
  /** Bytes consumed so far, and what is called after how many. */
  #consumed = 0;
  #mark: { readonly at: number; readonly action: () => void } | undefined;
  #finalLosses: Losses | undefined;
  /** Calls that were skipped before anybody was told that they are watched. */
  readonly #skippedBefore: number = 0;
  /** Wakes `run` from its pause. */
  #resume: (() => void) | undefined;

  /** Takes over `sensor`, which must be attached and seeded; `close` closes it. */
  constructor(sensor: Sensor, host: Host) {
    this.#sensor = sensor;
    this.host = host;
    this.#memory = new RecordMemory(sensor.ring);
    this.#skippedBefore = this.losses().skipped ?? 0;
  }

  async run(onRecord: OnRecord): Promise<void> {
    // Neither a thread-safe callback nor a signal handler keeps a process alive (findings: Bun); a timer does.
    const alive = setInterval(() => {}, 60_000);
    this.#sensor.startWaiting(() => this.#resume?.());
    try {
      let idle = 0;
      while (!this.#stopped) {
        const worked = this.#drain(onRecord);
        if (worked === "more") {
          await othersTurn();
        } else if (worked === "some" || idle < 2) {
          idle = worked === "some" ? 0 : idle + 1;
          await this.#pause(POLL_MS);
        } else {
          idle = 0;
          await this.#pause(undefined);
        }
      }
      // what is there now and no more: under load there is no end to what comes
      const end = this.#consumed + this.#sensor.pending();
      while (this.#consumed < end && this.#drain(onRecord, end) === "more") await othersTurn();
    } finally {
      this.#sensor.stopWaiting();
      clearInterval(alive);
    }
  }

  /** Calls `action` between the records that are in the buffer now and those that come later. */
  whenRead(action: () => void): void {
    this.#mark = { at: this.#consumed + this.#sensor.pending(), action };
    this.#resume?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#resume?.();
  }

  losses(): Losses {
    if (this.#finalLosses) return this.#finalLosses;
    const kernel = new Map<string, number>();
    const full = new Map<string, number>();
    let skipped = 0;
    this.#sensor.losses().forEach((count, i) => {
      if (count === 0) return;
      const reason = REASONS[i % REASONS.length];
      if (reason === "skipped") skipped += count;
      else {
        const counted = reason === "filter table full" ? full : kernel;
        counted.set(`${CLASSES[Math.floor(i / REASONS.length)] ?? "other"}: ${reason}`, count);
      }
    });
    return { kernel, malformed: 0, skipped: skipped - this.#skippedBefore, full };
  }

  close(): void {
    if (this.#closed) return;
    this.#finalLosses = this.losses();
    this.#closed = true;
    this.#sensor.close();
  }

  /** Reads what is there, for at most DRAIN_MS and until `last` bytes have been consumed, which is at a frame's end. */
  #drain(onRecord: OnRecord, last = Infinity): "none" | "some" | "more" {
    const end = performance.now() + DRAIN_MS;
    let any = false;
    while (this.#consumed < last) {
      const bytes = this.#sensor.peek(Math.min(this.#batch(), last - this.#consumed));
      if (bytes === 0) break;
      any = true;
      walkFrames(this.#memory, this.#position, this.#position + bytes, onRecord);
      this.#sensor.consume(bytes);
      this.#position = (this.#position + bytes) % this.#sensor.ringBytes;
      this.#consumed += bytes;
      if (performance.now() >= end) return "more";
    }
    return any ? "some" : "none";
  }

  /** Bytes to be read at once: not over the mark, which is at a frame's end. */
  #batch(): number {
    if (this.#mark === undefined) return BATCH_BYTES;
    const { at, action } = this.#mark;
    if (this.#consumed < at) return Math.min(BATCH_BYTES, at - this.#consumed);
    this.#mark = undefined;
    action();
    return BATCH_BYTES;
  }

  /** Waits `ms`, or until there is something to read when undefined; `stop` ends it at once. */
  #pause(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#resume?.(), ms);
      this.#resume = () => {
        this.#resume = undefined;
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#resume();
      else if (ms === undefined) this.#sensor.arm();
    });
  }
}

/** Lets signals, timers and outputs have a turn of the event loop. */
function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
