// SPDX-License-Identifier: Apache-2.0

/** What a sensor says of itself through its outputs, as Falco does: compat/rules-format.md §2.3. */
import { isoTime, localTime, nanoseconds } from "../events/render_time.ts";
import type { Priority } from "../rules/priority.ts";

/** A value in a message of the sensor's own. */
export type InternalValue = string | number | bigint;

/** A message of the sensor's own. */
export interface InternalAlert {
  /** Falco's name for this kind of message. */
  readonly rule: string;
  readonly priority: Priority;
  readonly message: string;
  /** In the order of their keys when printed. */
  readonly fields: Readonly<Record<string, InternalValue>>;
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
    const values = fields.map(([key, value]) => `${key}=${jsonOf(value)}`).join(" ");
    return `${localTime(time)}.${nanoseconds(time)}: ${priority} ${message} (${values})`;
  }
  const members = [
    ["hostname", JSON.stringify(hostname)],
    ["output", JSON.stringify(message)],
    ["output_fields", fieldsJson(Object.fromEntries(fields))],
    ["priority", JSON.stringify(priority)],
    ["rule", JSON.stringify(rule)],
    ["source", '"internal"'],
    ["time", JSON.stringify(isoTime(time).replace("+0000", "Z"))],
  ];
  return `{${members.map(([key, value]) => `"${key}":${value}`).join(",")}}`;
}

/** Times in ns are too many for a double. */
function jsonOf(value: InternalValue): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

/** Fields alone as a JSON object, as a file of snapshots has them. */
export function fieldsJson(fields: InternalAlert["fields"]): string {
  return `{${Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}:${jsonOf(value)}`).join(",")}}`;
}
