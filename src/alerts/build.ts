// SPDX-License-Identifier: Apache-2.0

import { formatAddress } from "../events/render_address.ts";
import { printable } from "../events/render.ts";
import { type BinaryString, decodeBytes, encodeText } from "../events/text.ts";
import type { ValueType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Value } from "../fields/field.ts";
import type { Rule } from "../rules/ruleset.ts";
import type { Alert, FieldValue } from "./alert.ts";
import type { Template } from "./template.ts";

/** What a missing value prints as. */
const MISSING = "<NA>";

/** A value as outputs print it, as bytes. */
export function valueText(value: Value, type: ValueType): BinaryString {
  if (Array.isArray(value)) return `(${value.map((item) => valueText(item, type)).join(",")})`;
  if (typeof value === "string") {
    if (type === "IPADDR") return formatAddress(value);
    if (type === "IPNET") return "<IPNET>";
    return type === "BYTEBUF" ? printable(value) : value;
  }
  if (typeof value === "number" && type === "DOUBLE") return value.toFixed(1);
  return String(value);
}

/** Types whose numbers are text in JSON too: they stand for names. */
const NAMED: readonly ValueType[] = ["FLAGS8", "FLAGS16", "FLAGS32", "ENUMFLAGS8", "ENUMFLAGS16", "ENUMFLAGS32"];

/** A value as `output_fields` has it: compat/rules-format.md §2.2. */
export function valueJson(value: Value, type: ValueType): FieldValue {
  if (Array.isArray(value)) return value.map((item) => valueJson(item, type));
  if (typeof value === "string" || NAMED.includes(type)) return decodeBytes(valueText(value, type));
  return value as FieldValue;
}

/** Pads with spaces, or cuts, to a number of bytes. */
function fit(text: BinaryString, width: number): BinaryString {
  return width === 0 ? text : text.padEnd(width).slice(0, width);
}

/** The alert of a rule that matched, read from the event while it stands. */
export function buildAlert(event: Event, rule: Rule, template: Template): Alert {
  let message = "";
  const fields = new Map<string, FieldValue>();
  for (const part of template.parts) {
    if (part.kind === "text") message += encodeText(part.text);
    else {
      const { field, width } = part;
      const value = field.get(event);
      message += fit(value === undefined ? MISSING : valueText(value, field.type), width);
      if (field.transformed) continue;
      const exact = field.json === undefined ? value : field.json(event);
      fields.set(field.text, exact === undefined ? null : valueJson(exact, field.type));
    }
  }
  return {
    rule: rule.name,
    priority: rule.priority,
    source: rule.source,
    tags: rule.tags,
    hostname: event.host.hostname,
    time: event.host.bootTime + event.record.time,
    message: decodeBytes(message),
    fields,
  };
}
