// SPDX-License-Identifier: Apache-2.0

import { isoTime, localTime, nanoseconds } from "../events/render_time.ts";
import type { Alert, FieldValue } from "./alert.ts";

/** How alerts become lines: Falco's keys of the same names (compat/rules-format.md §2, §4). */
export interface FormatOptions {
  /** One JSON object a line instead of text: `json_output`. */
  readonly json: boolean;
  /** UTC date and time instead of the local time of day: `time_format_iso_8601`. */
  readonly isoTime: boolean;
  /** `json_include_output_property` and its kin. */
  readonly includeOutput: boolean;
  readonly includeTags: boolean;
  readonly includeFields: boolean;
  readonly includeMessage: boolean;
  /** Byte buffers in base64 instead of text with dots: `buffer_format_base64`. */
  readonly base64: boolean;
}

/** Falco's defaults. */
export const DEFAULT_FORMAT: FormatOptions = {
  json: false,
  isoTime: false,
  includeOutput: true,
  includeTags: true,
  includeFields: true,
  includeMessage: false,
  base64: false,
};

/** The alert as one line, without its newline. */
export function formatAlert(alert: Alert, options: FormatOptions): string {
  return options.json ? formatJson(alert, options) : formatText(alert, options);
}

function outputOf({ time, priority, message }: Alert, { isoTime: iso }: FormatOptions): string {
  const when = iso ? isoTime(time) : `${localTime(time)}.${nanoseconds(time)}`;
  return `${when}: ${priority} ${message}`;
}

/** The text line: escaped like a JSON string, so that no file name can forge a line of its own. */
function formatText(alert: Alert, options: FormatOptions): string {
  return JSON.stringify(outputOf(alert, options)).slice(1, -1);
}

/** The JSON object, its keys in alphabetical order. */
function formatJson(alert: Alert, options: FormatOptions): string {
  const fields = new Map(alert.fields);
  fields.set(options.isoTime ? "evt.time.iso8601" : "evt.time", alert.time);
  return object([
    ["hostname", json(alert.hostname)],
    ...(options.includeMessage ? [["message", json(alert.message)] as const] : []),
    ...(options.includeOutput ? [["output", json(outputOf(alert, options))] as const] : []),
    ...(options.includeFields ? [["output_fields", fieldsObject(fields)] as const] : []),
    ["priority", json(alert.priority)],
    ["rule", json(alert.rule)],
    ["source", json(alert.source)],
    ...(options.includeTags ? [["tags", json(alert.tags)] as const] : []),
    ["time", json(isoTime(alert.time).replace("+0000", "Z"))],
  ]);
}

function fieldsObject(fields: ReadonlyMap<string, FieldValue>): string {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return object(sorted.map(([key, value]) => [key, json(value)] as const));
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
}

/** JSON of a value; unlike JSON.stringify it takes bigint, as the number it is. */
function json(value: FieldValue): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  return JSON.stringify(value);
}
