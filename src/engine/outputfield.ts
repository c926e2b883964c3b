// SPDX-License-Identifier: Apache-2.0

import type { TemplateField } from "../alerts/template.ts";
import { ConditionError } from "../rules/lexer.ts";
import { parseCondition } from "../rules/parser.ts";
import { FieldError } from "../fields/field.ts";
import { decodeBytes, encodeText } from "../events/text.ts";
import type { Catalogue } from "./catalogue.ts";
import { BindError, bindOperand } from "./operand.ts";

const FIELD = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/y;
const ARGUMENT = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\][\s"']+))\]/y;
const TRANSFORMER = /[a-z][a-z0-9]*\(/y;

/** A field or transformer call that was found at some place in an output, and where it ends. */
export interface FoundField {
  readonly field: TemplateField;
  readonly end: number;
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/**
 * The field that stands at `index` of an output: the longest text that is one, so that `%proc.namefoo` is proc.name
 * and then `foo` (compat/rules-format.md §2). Undefined when there is none.
 */
export function findOutputField(text: string, index: number, catalogue: Catalogue): FoundField | undefined {
  return findTransformed(text, index, catalogue) ?? findPlain(text, index, catalogue);
}

function findPlain(text: string, index: number, catalogue: Catalogue): FoundField | undefined {
  const name = matchAt(FIELD, text, index)?.[0];
  if (name === undefined) return undefined;
  const argument = matchAt(ARGUMENT, text, index + name.length);
  if (argument !== null) {
    const field = resolve(name, argument[1] ?? argument[2] ?? argument[3], catalogue);
    if (field !== undefined) return { field, end: index + name.length + argument[0].length };
  }
  for (let length = name.length; length > 0; length--) {
    const field = resolve(name.slice(0, length), undefined, catalogue);
    if (field !== undefined) return { field, end: index + length };
  }
  return undefined;
}

function resolve(name: string, argument: string | undefined, catalogue: Catalogue): TemplateField | undefined {
  try {
    const field = catalogue.resolve(name, argument === undefined ? undefined : encodeText(argument));
    if (field === undefined || field.field.filterOnly) return undefined;
    const { text, type, list } = field;
    return {
      text: decodeBytes(text),
      type,
      list,
      transformed: false,
      get: (event, bufferText) => field.output === undefined ? field.get(event) : field.output(event, bufferText),
      ...(field.json === undefined ? {} : { json: (event) => field.json?.(event) }),
    };
  } catch (error) {
    if (error instanceof FieldError) return undefined;
    throw error;
  }
}

/** Index behind the parenthesis that closes the one at `open`, minding quotes; undefined when there is none. */
function closing(text: string, open: number): number | undefined {
  let depth = 0;
  let quote = "";
  for (let i = open; i < text.length; i++) {
    const char = text[i]!;
    if (quote !== "") {
      if (char === quote && text[i - 1] !== "\\") quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return i + 1;
  }
  return undefined;
}

function findTransformed(text: string, index: number, catalogue: Catalogue): FoundField | undefined {
  const name = matchAt(TRANSFORMER, text, index)?.[0];
  if (name === undefined) return undefined;
  const end = closing(text, index + name.length - 1);
  if (end === undefined) return undefined;
  const argument = matchAt(ARGUMENT, text, end)?.[0] ?? "";
  for (const length of argument === "" ? [0] : [argument.length, 0]) {
    const field = bindCall(text.slice(index, end + length), catalogue);
    if (field !== undefined) return { field, end: end + length };
  }
  return undefined;
}

function bindCall(call: string, catalogue: Catalogue): TemplateField | undefined {
  try {
    const expr = parseCondition(`${call} exists`);
    if (expr.kind !== "check" || expr.left.kind !== "transformer" || expr.left.name === "val") return undefined;
    const operand = bindOperand(expr.left, catalogue);
    return {
      text: call,
      type: operand.type,
      list: operand.list,
      transformed: true,
      get: (event) => operand.get(event),
    };
  } catch (error) {
    if (error instanceof BindError || error instanceof ConditionError) return undefined;
    throw error;
  }
}
