// SPDX-License-Identifier: Apache-2.0

import { type Obstacle, sentence } from "../doctor/obstacle.ts";

/** No driver, or no file for one; the message is one line: what, where, what to do next. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  /** The message without what to do next. */
  readonly reason: string;

  constructor(why: Obstacle | string) {
    super(typeof why === "string" ? why : sentence(why));
    this.reason = typeof why === "string" ? why : why.cause;
  }
}
