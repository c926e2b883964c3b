// SPDX-License-Identifier: Apache-2.0

import process from "node:process";

/** Prints one line of the sensor's own to stderr: stdout is for alerts alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
