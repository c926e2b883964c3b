// SPDX-License-Identifier: Apache-2.0

/** What a sensor says of itself through its outputs, as Falco does: compat/rules-format.md §2.3. */
import { isoTime, localTime, nanoseconds } from "../events/render_time.ts";
import type { Priority } from "../rules/priority.ts";

/** A message of the sensor's own. */
export interface InternalAlert {
  /** Falco's name for this kind of message. */
  readonly rule: string;
  readonly priority: Priority;
  readonly message: string;
  /** In the order of their keys when printed. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Where and when it is said. */
export interface InternalOrigin {
  readonly hostname: string;
  /** ns since the epoch */
  readonly time: bigint;
}

/** The line of an internal alert, without its newline: whatever keys other alerts are told to have. */
export function formatInternal(alert: InternalAlert, { hostname, time }: InternalOrigin, json: boolean): string {
  const { rule, priority, message } = alert;
  const fields = Object.entries(alert.fields).sort(([a], [b]) => a < b ? -1 : 1);
  if (!json) {
    const values = fields.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ");
    return `${localTime(time)}.${nanoseconds(time)}: ${priority} ${message} (${values})`;
  }
  return JSON.stringify({
    hostname,
    output: message,
    output_fields: Object.fromEntries(fields),
    priority,
    rule,
    source: "internal",
    time: isoTime(time).replace("+0000", "Z"),
  });
}
