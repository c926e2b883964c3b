// SPDX-License-Identifier: Apache-2.0

import type { Priority } from "../rules/priority.ts";

/** One alert on its way out: the finished line without its newline, and what an output may need of the alert. */
export interface Line {
  readonly text: string;
  readonly priority: Priority;
}

/**
 * A place where alerts go. Implementations only deliver; queueing, bounds and counting are the queue's
 * (src/outputs/queue.ts), which calls `write` for one line at a time and waits for it.
 */
export interface Output {
  /** `stdout`, `syslog`, `file`: for messages and counters. */
  readonly name: string;
  /**
   * Makes sure that lines can be delivered, before the sensor arms.
   * @throws OutputError with one line that says what, where and what to do.
   */
  open(): Promise<void>;
  /** Delivers one line. Rejects with OutputError when it could not; the next call tries anew. */
  write(line: Line): Promise<void>;
  /** Opens the destination anew (SIGUSR1, after log rotation). */
  reopen(): Promise<void>;
  /** Releases what is held. Idempotent. */
  close(): Promise<void>;
}

/** An output that cannot be opened or written. The message is one line for people. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}
