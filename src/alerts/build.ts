// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { formatAddress } from "../events/render_address.ts";
import { type BufferText, printable } from "../events/render.ts";
import { type BinaryString, decodeBytes, encodeText } from "../events/text.ts";
import type { ValueType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Value } from "../fields/field.ts";
import type { Rule } from "../rules/ruleset.ts";
import type { Alert, FieldValue } from "./alert.ts";
import { DEFAULT_FORMAT, type FormatOptions } from "./format.ts";
import type { Template, TemplateField, TemplatePart } from "./template.ts";

/** What a missing value prints as. */
const MISSING = "<NA>";

/** How byte buffers are printed: compat/rules-format.md §4, `buffer_format_base64`. */
type BufferOptions = Pick<FormatOptions, "base64">;

function bufferTextOf({ base64 }: BufferOptions): BufferText {
  return base64 ? (bytes) => Buffer.from(bytes, "latin1").toString("base64") : printable;
}

/** A value as outputs print it, as bytes. */
export function valueText(value: Value, type: ValueType, options: BufferOptions = DEFAULT_FORMAT): BinaryString {
  if (Array.isArray(value)) return `(${value.map((item) => valueText(item, type, options)).join(",")})`;
  if (typeof value === "string") {
    if (type === "IPADDR") return formatAddress(value);
    if (type === "IPNET") return "<IPNET>";
    if (type !== "BYTEBUF") return value;
    return bufferTextOf(options)(value);
  }
  if (typeof value === "number" && type === "DOUBLE") return value.toFixed(1);
  return String(value);
}

/** Types whose numbers are text in JSON too: they stand for several names at once. */
const NAMED: readonly ValueType[] = ["FLAGS8", "FLAGS16", "FLAGS32"];

/** A value as `output_fields` has it: compat/rules-format.md §2.2. */
export function valueJson(value: Value, type: ValueType, options: BufferOptions = DEFAULT_FORMAT): FieldValue {
  if (Array.isArray(value)) return value.map((item) => valueJson(item, type, options));
  if (typeof value === "string" || NAMED.includes(type)) return decodeBytes(valueText(value, type, options));
  return value as FieldValue;
}

/** Pads with spaces, or cuts, to a number of bytes. */
function fit(text: BinaryString, width: number): BinaryString {
  return width === 0 ? text : text.padEnd(width).slice(0, width);
}

/** The text that parts make of an event, as bytes. */
function render(event: Event, parts: readonly TemplatePart[], options: BufferOptions): BinaryString {
  let text = "";
  const bufferText = bufferTextOf(options);
  for (const part of parts) {
    if (part.kind === "text") text += encodeText(part.text);
    else {
      const value = part.field.get(event, bufferText);
      text += fit(value === undefined ? MISSING : valueText(value, part.field.type, options), part.width);
    }
  }
  return text;
}

function fieldJson(event: Event, { get, json, type }: TemplateField, options: BufferOptions): FieldValue {
  const value = json === undefined ? get(event, bufferTextOf(options)) : json(event);
  return value === undefined ? null : valueJson(value, type, options);
}

/** The alert of a rule that matched, read from the event while it stands. */
export function buildAlert(
  event: Event,
  rule: Rule,
  template: Template,
  options: BufferOptions = DEFAULT_FORMAT,
): Alert {
  const fields = new Map<string, FieldValue>();
  for (const part of template.parts) {
    if (part.kind === "field" && !part.field.transformed) {
      fields.set(part.field.text, fieldJson(event, part.field, options));
    }
  }
  for (const extra of template.extra) {
    fields.set(
      extra.key,
      extra.kind === "field"
        ? fieldJson(event, extra.field, options)
        : decodeBytes(render(event, extra.parts, options)),
    );
  }
  return {
    rule: rule.name,
    priority: rule.priority,
    source: rule.source,
    tags: rule.tags,
    hostname: event.host.hostname,
    time: event.host.bootTime + event.record.time,
    message: decodeBytes(render(event, template.parts, options)),
    fields,
  };
}
