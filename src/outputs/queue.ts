// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import type { Line, Output } from "./output.ts";

/** Bounds of a queue; times in ms. */
export interface QueueLimits {
  /** Lines that may wait. */
  readonly lines: number;
  /** UTF-8 bytes that may wait. */
  readonly bytes: number;
  /** A write that takes longer is reported, and waited for on. */
  readonly slowAfter: number;
  /** A line that fails is tried again for this long, then counted as dropped. */
  readonly retryFor: number;
  /** First and longest pause between tries; it doubles. */
  readonly retryPause: readonly [first: number, longest: number];
  /** Each kind of problem is reported once in this time, with the number of times it went unreported. */
  readonly reportEvery: number;
}

/** 2 s is Falco's output_timeout (compat/rules-format.md §3). */
const QUEUE_LIMITS: QueueLimits = {
  lines: 10_000,
  bytes: 16 * 1024 * 1024,
  slowAfter: 2000,
  retryFor: 10_000,
  retryPause: [50, 1000],
  reportEvery: 10_000,
};

/** What became of the lines that were pushed: all of them are in one of the first three, always. */
export interface QueueCounters {
  readonly waiting: number;
  readonly delivered: number;
  /** Lost: no room in the queue, given up after retries, or still waiting when the time to drain was over. */
  readonly dropped: number;
  /** Writes that failed, those that a retry made good included. */
  readonly errors: number;
}

/**
 * Stands between event processing and one output: takes lines without ever waiting and hands them on one by one. A
 * slow or failing output costs memory up to the bounds, then lines; each lost one is counted and reported.
 */
export class OutputQueue {
  readonly #output: Output;
  readonly #limits: QueueLimits;
  readonly #onProblem: (message: string) => void;
  readonly #reports = new Map<string, { at: number; suppressed: number }>();
  readonly #ending = new AbortController();
  #lines: Line[] = [];
  /** Index in #lines of the first one that waits. */
  #head = 0;
  #bytes = 0;
  #working: Promise<void> | undefined;
  #reopen = false;
  #draining: Promise<void> | undefined;
  #delivered = 0;
  #dropped = 0;
  #errors = 0;

  /**
   * @param output opened already; the queue closes it after draining
   * @param onProblem is told, in one line, what goes wrong; rate-limited
   */
  constructor(output: Output, onProblem: (message: string) => void, limits: Partial<QueueLimits> = {}) {
    this.#output = output;
    this.#onProblem = onProblem;
    this.#limits = { ...QUEUE_LIMITS, ...limits };
  }

  get counters(): QueueCounters {
    return {
      waiting: this.#lines.length - this.#head,
      delivered: this.#delivered,
      dropped: this.#dropped,
      errors: this.#errors,
    };
  }

  /** Takes a line in, or counts it as dropped when there is no room or the queue drains already. Never waits. */
  push(line: Line): void {
    const bytes = Buffer.byteLength(line.text);
    const waiting = this.#lines.length - this.#head;
    if (this.#draining || waiting >= this.#limits.lines || this.#bytes + bytes > this.#limits.bytes) {
      this.#dropped++;
      this.#report("full", this.#draining ? "alert dropped: shutting down" : "alert dropped: its queue is full");
      return;
    }
    this.#bytes += bytes;
    this.#lines.push(line);
    this.#start();
  }

  /** Has the output opened anew before its next line. */
  reopen(): void {
    this.#reopen = true;
    this.#start();
  }

  /**
   * Takes no more lines, delivers those that wait and closes the output, all within `ms`; lines left then are counted
   * as dropped. Never rejects. Called again, waits for the same end.
   */
  drain(ms: number): Promise<void> {
    return this.#draining ??= this.#end(ms);
  }

  async #end(ms: number): Promise<void> {
    const timeUp = sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
    await Promise.race([this.#working, timeUp]);
    const left = this.#lines.length - this.#head;
    this.#dropped += left;
    this.#lines = [];
    this.#head = 0;
    if (left > 0) this.#tell(`${left} alert${left === 1 ? "" : "s"} not delivered within ${ms} ms`);
    // a write that hangs holds up closing as well
    await Promise.race([this.#output.close(), timeUp]);
    this.#ending.abort();
  }

  #start(): void {
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    while (this.#reopen || this.#head < this.#lines.length) {
      if (this.#reopen) await this.#reopenNow();
      const line = this.#lines[this.#head];
      if (line === undefined) continue;
      const delivered = await this.#deliver(line);
      if (this.#lines[this.#head] !== line) break; // counted by #end meanwhile
      this.#remove(line);
      if (delivered) this.#delivered++;
      else this.#dropped++;
    }
    // here and not in a `finally` of the promise: a push in between would start nobody
    this.#working = undefined;
  }

  async #reopenNow(): Promise<void> {
    this.#reopen = false;
    try {
      await this.#output.reopen();
    } catch (error) {
      this.#failed(error);
    }
  }

  #remove(line: Line): void {
    this.#bytes -= Buffer.byteLength(line.text);
    this.#head++;
    if (this.#head === this.#lines.length || this.#head >= 1024) {
      this.#lines.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Tries until the line is out, or for `retryFor`. */
  async #deliver(line: Line): Promise<boolean> {
    const giveUp = performance.now() + this.#limits.retryFor;
    let [pause] = this.#limits.retryPause;
    for (;;) {
      try {
        await this.#write(line);
        return true;
      } catch (error) {
        this.#failed(error);
      }
      if (performance.now() + pause > giveUp) {
        this.#report("lost", `alert dropped: not delivered within ${this.#limits.retryFor} ms`);
        return false;
      }
      await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => {});
      if (this.#ending.signal.aborted) return false;
      pause = Math.min(pause * 2, this.#limits.retryPause[1]);
    }
  }

  async #write(line: Line): Promise<void> {
    const { slowAfter } = this.#limits;
    const timer = setTimeout(() => {
      this.#report("slow", `takes longer than ${slowAfter} ms for one alert; alerts wait`);
    }, slowAfter);
    try {
      await this.#output.write(line);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(error: unknown): void {
    this.#errors++;
    this.#report("error", error instanceof Error ? error.message : String(error));
  }

  /** Tells of a problem unless one of its kind was told of a moment ago. */
  #report(kind: string, message: string): void {
    const now = performance.now();
    const last = this.#reports.get(kind);
    if (last && now - last.at < this.#limits.reportEvery) {
      last.suppressed++;
      return;
    }
    const before = last && last.suppressed > 0 ? ` (and ${last.suppressed} more times since the last report)` : "";
    this.#reports.set(kind, { at: now, suppressed: 0 });
    this.#tell(message + before);
  }

  #tell(message: string): void {
    this.#onProblem(`output ${this.#output.name}: ${message}`);
  }
}
