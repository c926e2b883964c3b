// SPDX-License-Identifier: Apache-2.0

import type { BufferText } from "../events/render.ts";
import type { ValueType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Value } from "../fields/field.ts";

/** A field of an output, ready to be read. */
export interface TemplateField {
  /** The expression as written, without `%`; keys `output_fields`. */
  readonly text: string;
  readonly type: ValueType;
  readonly list: boolean;
  /** Something was made of the field: then it is in the message only. */
  readonly transformed: boolean;
  /** The value, or undefined when it is missing. */
  get(event: Event, bufferText: BufferText): Value | undefined;
  /** The value for `output_fields` where that differs. */
  json?(event: Event): Value | undefined;
}

/** Text between fields, or a field; `width` is the number of bytes it is padded or cut to, 0 for as long as it is. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "field"; readonly field: TemplateField; readonly width: number };

/** A field that JSON alerts have beside those of the output: a field as it is, or a text of its own. */
export type ExtraField =
  | { readonly kind: "field"; readonly key: string; readonly field: TemplateField }
  | { readonly kind: "text"; readonly key: string; readonly parts: readonly TemplatePart[] };

/** An output format, parsed. */
export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly extra: readonly ExtraField[];
}

/** Tells which field stands at a place of a format, if any. */
export type FindField = (
  format: string,
  index: number,
) => { readonly field: TemplateField; readonly end: number } | undefined;

/** An output format that cannot be used; `index` is the place in it. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";

  constructor(
    message: string,
    readonly index: number,
    readonly hint: string,
    /** The field that does not exist, if that is what is wrong: `skip-if-unknown-filter` forgives it. */
    readonly unknown: string | undefined = undefined,
  ) {
    super(message);
  }
}

/** Widths beyond this are a mistake, and would let a rules file ask for gigabytes. */
const MAX_WIDTH = 65536;

/**
 * Parses an output format: compat/rules-format.md §2.
 * @throws TemplateError for a `%` with no field behind it, and for an empty format.
 */
export function parseTemplate(format: string, find: FindField): { readonly parts: readonly TemplatePart[] } {
  if (format === "") throw new TemplateError("empty formatting token", 0, "write what the alert shall say");
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent !== at) parts.push({ kind: "text", text: format.slice(at, percent < 0 ? undefined : percent) });
    if (percent < 0) break;
    const digits = /^[0-9]{0,10}/.exec(format.slice(percent + 1, percent + 11))![0];
    const start = percent + 1 + digits.length;
    if (start === format.length) {
      throw new TemplateError(
        `invalid formatting syntax: formatting cannot end with a ${digits === "" ? "%" : "number"}`,
        percent,
        "remove the %: it always begins a field",
      );
    }
    const width = Number(digits);
    if (width > MAX_WIDTH) {
      throw new TemplateError(`width ${digits} is too large`, percent + 1, `use at most ${MAX_WIDTH}`);
    }
    const found = find(format, start);
    if (found === undefined) {
      const word = /^[^\s%]*/.exec(format.slice(start, start + 80))![0];
      throw new TemplateError(
        word === "" ? "no field follows the %" : `unknown filter: ${word}`,
        percent,
        "`%` always begins a field; `lanner list fields` shows every field that outputs can show",
        word,
      );
    }
    parts.push({ kind: "field", field: found.field, width });
    at = found.end;
  }
  return { parts };
}

/**
 * An extra field: with `raw`, `format` is one field, whose value keeps its type; else it becomes a text.
 * @throws TemplateError for a format that cannot be used.
 */
export function parseExtraField(key: string, format: string, raw: boolean, find: FindField): ExtraField {
  const { parts } = parseTemplate(format, find);
  const [only] = parts;
  if (!raw) return { kind: "text", key, parts };
  if (only?.kind !== "field" || parts.length !== 1) {
    throw new TemplateError(`extra field '${key}' is not a field`, 0, "give a field's name, or a key and a format");
  }
  return { kind: "field", key, field: only.field };
}
