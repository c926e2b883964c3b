// SPDX-License-Identifier: Apache-2.0

import { type BinaryString, decodeBytes, encodeText } from "../events/text.ts";
import type { ArgumentList, Expr, FieldRef, ListLiteral, Literal, TransformerCall } from "./ast.ts";
import { isBareFieldArgument } from "./lexer.ts";

/**
 * The canonical text of a condition: one blank between tokens, `and`/`or` always in parentheses, strings quoted as
 * they were. parseCondition(printCondition(expr)) is expr but for its spans.
 */
export function printCondition(expr: Expr): string {
  switch (expr.kind) {
    case "and":
    case "or":
      return `(${expr.children.map(printCondition).join(` ${expr.kind} `)})`;
    case "not":
      // `not not x` would be read as x.
      return expr.child.kind === "not" ? `not (${printCondition(expr.child)})` : `not ${printCondition(expr.child)}`;
    case "macro":
      return expr.name === "not" ? "(not)" : expr.name;
    case "check": {
      const parts = [printValue(expr.left), expr.operator];
      if (expr.modifier !== undefined) parts.push(expr.modifier);
      if (expr.right !== undefined) parts.push(printValue(expr.right));
      return parts.join(" ");
    }
  }
}

function printValue(value: FieldRef | TransformerCall | Literal | ListLiteral | ArgumentList): string {
  switch (value.kind) {
    case "field":
      return value.name + printArgument(value.argument);
    case "transformer":
      return `${value.name}(${value.args.map(printValue).join(", ")})${printArgument(value.argument)}`;
    case "list":
    case "arguments":
      return `(${value.items.map(printValue).join(", ")})`;
    case "literal":
      return value.quoted ? quote(value.value) : decodeBytes(value.value);
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
