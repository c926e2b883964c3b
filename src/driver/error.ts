// SPDX-License-Identifier: Apache-2.0

/** No driver, or no file for one; the message is one line: what, where, what to do next. */
export class DriverError extends Error {
  override readonly name = "DriverError";
}
