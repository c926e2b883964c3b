// SPDX-License-Identifier: Apache-2.0

import type { Check } from "./checks.ts";
import { DRIVER_NAMES, type Verdict } from "./verdict.ts";

/** The report for people; ends in a newline. A line with `!` wants a look. */
export function doctorText(verdict: Verdict, checks: readonly Check[], events: number): string {
  const { driver, summary, unused, missing } = verdict;
  const lines = [
    `driver: ${driver === null ? "none" : summary}`,
    ...unused.map((each) => `not the ${DRIVER_NAMES[each.driver]}: ${each.reason}`),
    `missing events: ${missing.length === 0 ? "none" : missing.length === events ? "all" : missing.join(", ")}`,
    "",
  ];
  const width = Math.max(...checks.map(({ item }) => item.length));
  for (const { item, text, note } of checks) {
    lines.push(
      `${note === undefined ? " " : "!"} ${item.padEnd(width)}  ${text}${note === undefined ? "" : `: ${note}`}`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}
