// SPDX-License-Identifier: Apache-2.0

/**
 * What the author of a condition that doesn't parse probably meant. Each function looks at what stands at the cursor;
 * undefined where there is nothing better to say than the message itself.
 */

import { type Operand, TRANSFORMERS } from "./ast.ts";
import type { Lexer } from "./lexer.ts";
import { didYouMean, nearest } from "./nearest.ts";

/** The characters at the cursor up to the next blank or parenthesis, at most a few dozen. */
function wordAt(lexer: Lexer): string {
  return /^[^\s()]*/.exec(lexer.text.slice(lexer.index, lexer.index + 40))![0];
}

function next(lexer: Lexer): string {
  return lexer.text[lexer.index] ?? "";
}

/** Connectives of other languages. */
function connective(word: string): string | undefined {
  if (word.startsWith("&&") || word === "&" || word === "AND" || word === "And") return "write 'and'";
  if (word.startsWith("||") || word === "|" || word === "OR" || word === "Or") return "write 'or'";
  if (word === "NOT" || word === "Not" || word === "!") return "write 'not'";
  return undefined;
}

/** A quote at the cursor that is never closed. */
function openQuote(lexer: Lexer): string | undefined {
  const quote = next(lexer);
  if ((quote !== '"' && quote !== "'") || lexer.closingQuote() !== undefined) return undefined;
  return `the ${quote} here is never closed; a ${quote} after a backslash doesn't close it, write \\x5c for a backslash ` +
    "at the end of a string";
}

/** After a complete expression, where only `and`, `or` or the end may follow. */
export function afterExpression(lexer: Lexer, spellings: readonly string[]): string | undefined {
  const word = wordAt(lexer);
  const { token } = lexer;
  const character = next(lexer);
  if (character === "") return "remove the NUL byte";
  if (character === ")") return "this ')' closes nothing";
  if (character === ",") return "several values need 'in' and parentheses: proc.name in (a, b)";
  if (character === ".") return "each part of a field's name starts with a letter, as in proc.name";
  if (token === ")") {
    if (/^(and|or)\b/.test(word)) return "put a blank between 'or' and the '(' after it";
    return connective(word) ?? "join two checks with 'and' or 'or'";
  }
  if (character === "(") return beforeParenthesis(lexer);
  if (token === "and" || token === "or") {
    return `'${token}' has nothing to its left; only a part that is appended may start with it`;
  }
  if (connective(token) !== undefined || connective(word) !== undefined) return connective(word) ?? connective(token);
  if (spellings.includes(word) || /^[=!<>]/.test(word)) {
    return `a field's name has a dot, as in proc.name; '${lexer.tokenInMessage}' is read as a value or a macro`;
  }
  if (character === "[") return `'${lexer.tokenInMessage}' is read as a complete value; quote it if '[' belongs to it`;
  return openQuote(lexer) ?? "join two checks with 'and' or 'or'; quote a value that has blanks";
}

/** Where a "(" follows something that takes none. */
function beforeParenthesis(lexer: Lexer): string {
  const { token } = lexer;
  if (token === "val" && !lexer.afterBlank()) return "val() may only stand on the right of an operator";
  if (TRANSFORMERS.some((name) => name === token)) return `write '${token}(' without a blank`;
  const name = lexer.tokenInMessage;
  return didYouMean(token, TRANSFORMERS) ?? `'${name}' is read as a complete value; quote it if '(' belongs to it`;
}

/** After `and` or `or`. */
export function afterConnective(lexer: Lexer, word: "and" | "or"): string {
  const rest = wordAt(lexer);
  return rest === ""
    ? `'${word}' needs something to its right`
    : `'${word}${rest}' is read as '${word}' and '${rest}'; put a blank between them, or a connective before them`;
}

/** Where a ")" was expected, for the "(" at `open`. */
export function unclosed(lexer: Lexer, open: number): string | undefined {
  const at = `the '(' at character ${open + 1} of the condition is never closed`;
  return lexer.index >= lexer.text.length ? at : connective(wordAt(lexer)) ?? openQuote(lexer) ??
    (next(lexer) === "," ? "several values need 'in' and parentheses: proc.name in (a, b)" : undefined) ??
    `join two checks with 'and' or 'or'; or ${at}`;
}

/** Where a check, a macro or a "(" was expected. */
export function operand(lexer: Lexer): string | undefined {
  if (lexer.text.trim() === "") return "write a condition";
  if (lexer.index >= lexer.text.length) return `the condition ends after '${lexer.tokenInMessage}'`;
  const word = wordAt(lexer);
  if (word.startsWith("!")) return "write 'not'";
  if (next(lexer) === ")") return "these parentheses are empty, or an operand is missing before ')'";
  return connective(word) ?? openQuote(lexer) ?? "a check starts with a field, as in proc.name = cat";
}

/** Where an operator was expected. */
export function operator(lexer: Lexer, left: Operand, spellings: readonly string[]): string | undefined {
  const word = wordAt(lexer);
  if (word === "") {
    return left.kind === "field" ? `compare it, or write '${left.name} exists'` : "compare it with a value";
  }
  const digits = /^\.([0-9]+)/.exec(word);
  if (digits && left.kind === "field") return `write ${left.name}[${digits[1]}]`;
  if (word.startsWith("[")) return "an argument in brackets follows the field's name at once, without a blank";
  if (word.startsWith("=~") || word.startsWith("~")) return "write 'regex', 'glob' or 'contains'";
  if (/^(is|eq|equals)$/i.test(word)) return "write '='";
  if (/^(like|matches)$/i.test(word)) return "write 'glob' or 'regex'";
  if (word === "not") {
    return `'not' stands before the check: not ${left.kind === "field" ? left.name : left.name + "(…)"} …`;
  }
  const glued = spellings.find((spelling) => /^[a-z]/.test(spelling) && word.startsWith(spelling));
  if (glued !== undefined) return `put a blank after '${glued}'`;
  if (/^(and|or)$/.test(word)) return left.kind === "field" ? `write '${left.name} exists'` : undefined;
  const near = word.length > 2 ? nearest(word, spellings) : undefined;
  if (near !== undefined) return `did you mean '${near}'?`;
  return connective(word) ?? "write an operator, as in proc.name = cat";
}

/** Where `operator` wants a number. */
export function number(lexer: Lexer, operator: string): string | undefined {
  if (lexer.index >= lexer.text.length) return `'${operator}' needs a number to its right`;
  return `'${operator}' compares with a number such as 1024, or with a field in val(…)`;
}

/** Where a string was expected. */
export function value(lexer: Lexer): string | undefined {
  if (lexer.index >= lexer.text.length) return "write a value to the right of the operator";
  if (next(lexer) === "(") return "several values need 'in': proc.name in (a, b)";
  if (next(lexer) === "=" || next(lexer) === ",") return `quote a value that has a '${next(lexer)}'`;
  return openQuote(lexer);
}

/** Where a list was expected. */
export function list(lexer: Lexer): string | undefined {
  return openQuote(lexer) === undefined && lexer.index >= lexer.text.length
    ? "write a list of values: (a, b)"
    : "write the values in parentheses: (a, b)";
}

/** Inside the list that opened at `open`. */
export function listItem(lexer: Lexer, open: number): string | undefined {
  if (next(lexer) === ")") return "remove the ',' before ')'";
  if (next(lexer) === ",") return "a value is missing before ','";
  if (next(lexer) === "(") return "lists don't nest; quote a value that has a '('";
  if (next(lexer) === "=") return "quote a value that has a '='";
  if (lexer.index >= lexer.text.length) return `the '(' at character ${open + 1} of the condition is never closed`;
  return openQuote(lexer) ?? "separate values with ',' and quote those that have blanks";
}

/** Where a transformer's argument was expected. */
export function transformerArgument(lexer: Lexer): string | undefined {
  if (lexer.text.startsWith("val(", lexer.index)) return "val() may only stand directly on the right of an operator";
  if (next(lexer) === ")" || next(lexer) === "") return "an argument is missing";
  return openQuote(lexer) ?? 'quote a string: concat(proc.name, "-", proc.exe)';
}

/** Where a transformer's ")" was expected; it takes at most `most` arguments. */
export function transformerEnd(lexer: Lexer, name: string, most: number): string | undefined {
  return next(lexer) === "," ? `'${name}' takes ${most === 1 ? "one argument" : `${most} arguments`}` : undefined;
}
