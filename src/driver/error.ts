// SPDX-License-Identifier: Apache-2.0

import type { Obstacle } from "../doctor/facts.ts";
import { sentence } from "../doctor/obstacle.ts";

/** No driver, or no file for one; the message is one line: what, where, what to do next. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  /** The message without what to do next. */
  readonly reason: string;
  /** What to do next, when the message says so. */
  readonly next: string | undefined;

  constructor(why: Obstacle | string) {
    super(typeof why === "string" ? why : sentence(why));
    this.reason = typeof why === "string" ? why : why.cause;
    this.next = typeof why === "string" ? undefined : why.next;
  }
}
