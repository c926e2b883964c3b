// SPDX-License-Identifier: Apache-2.0

import { type BinaryString, decodeBytes, encodeText } from "../events/text.ts";
import type { ArgumentList, Expr, FieldRef, ListLiteral, Literal, TransformerCall } from "./ast.ts";
import { isBareFieldArgument } from "./lexer.ts";

/** How a value is written. */
type PrintLiteral = (literal: Literal) => string;

/**
 * The canonical text of a condition: one blank between tokens, `and`/`or` always in parentheses, strings quoted as
 * they were. parseCondition(printCondition(expr)) is expr but for its spans.
 */
export function printCondition(expr: Expr): string {
  return print(expr, (literal) => literal.quoted ? quote(literal.value) : decodeBytes(literal.value));
}

/**
 * The text that Falco shows of a compiled condition, which tools compare (compat/rules-format.md §7): as the canonical
 * one, but strings are quoted where a blank, quote, backslash or control character is in them, and only there. It can't
 * always be parsed again.
 */
export function printCompiled(expr: Expr): string {
  return print(expr, ({ value }) => /[ "'\\\b\f\n\r\t]|^$/.test(value) ? quote(value) : decodeBytes(value));
}

function print(expr: Expr, printLiteral: PrintLiteral): string {
  switch (expr.kind) {
    case "and":
    case "or":
      return `(${expr.children.map((child) => print(child, printLiteral)).join(` ${expr.kind} `)})`;
    case "not": {
      const child = print(expr.child, printLiteral);
      // `not not x` would be read as x.
      return expr.child.kind === "not" ? `not (${child})` : `not ${child}`;
    }
    case "macro":
      return expr.name === "not" ? "(not)" : expr.name;
    case "check": {
      const parts = [printValue(expr.left, printLiteral), expr.operator];
      if (expr.modifier !== undefined) parts.push(expr.modifier);
      if (expr.right !== undefined) parts.push(printValue(expr.right, printLiteral));
      return parts.join(" ");
    }
  }
}

function printValue(
  value: FieldRef | TransformerCall | Literal | ListLiteral | ArgumentList,
  printLiteral: PrintLiteral,
): string {
  const all = (values: readonly Parameters<typeof printValue>[0][]) =>
    values.map((each) => printValue(each, printLiteral)).join(", ");
  switch (value.kind) {
    case "field":
      return value.name + printArgument(value.argument);
    case "transformer":
      return `${value.name}(${all(value.args)})${printArgument(value.argument)}`;
    case "list":
    case "arguments":
      return `(${all(value.items)})`;
    case "literal":
      return printLiteral(value);
  }
}

function printArgument(argument: BinaryString | undefined): string {
  if (argument === undefined) return "";
  const text = decodeBytes(argument);
  return `[${isBareFieldArgument(text) && encodeText(text) === argument ? text : quote(argument)}]`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

/**
 * The bytes in double quotes. Bytes that are not UTF-8 and control characters are `\xHH`, and so is a backslash at the
 * end: any other spelling of it would keep the closing quote from closing (language.md §3).
 */
function quote(bytes: BinaryString): string {
  const text = decodeBytes(bytes);
  const faithful = encodeText(text) === bytes;
  // deno-lint-ignore no-control-regex
  const special = faithful ? /["\\\x00-\x1f\x7f]/g : /["\\\x00-\x1f\x7f-\xff]/g;
  const escaped = (faithful ? text : bytes).replace(
    special,
    (character) => ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped.endsWith("\\\\") ? escaped.slice(0, -2) + "\\x5c" : escaped}"`;
}
