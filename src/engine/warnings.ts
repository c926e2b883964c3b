// SPDX-License-Identifier: Apache-2.0

/**
 * What the condition compiler finds suspicious in a check that is legal: compat/language.md §8. Deprecated fields and
 * unsafe comparisons are the loader's (src/rules/warnings.ts).
 */
import { decodeBytes } from "../events/text.ts";
import { FieldError } from "../fields/field.ts";
import { type Check, type Literal, type Span, TRANSFORMERS } from "../rules/ast.ts";
import type { WarningCode } from "../rules/diagnostic.ts";
import type { Catalogue } from "./catalogue.ts";

/** One suspicion. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly hint: string;
  readonly span: Span;
}

const BLANKS = /[ \t\n\v\f\r]/g;

/** The warnings that a check deserves. */
export function warningsOf({ operator, right }: Check, catalogue: Catalogue): Warning[] {
  const literals = right?.kind === "literal" ? [right] : right?.kind === "list" ? right.items : [];
  return literals.flatMap((literal) => [
    ...(operator === "regex" ? simpleRegex(literal) : []),
    ...misusedField(literal, catalogue),
    ...misusedTransformer(literal),
  ]);
}

/**
 * As in Falco, a pattern is simple when nothing in it is special but an anchor at either end and one `.*` (or `.+`,
 * `.?`) at the start or the end.
 */
function simpleRegex({ value, span }: Literal): Warning[] {
  const last = value.length - 1;
  for (let at = 0; at <= last; at++) {
    if ((at === 0 && value[at] === "^") || (at === last && value[at] === "$")) continue;
    const outer = (at === 0 && last > 0) || at === last - 1;
    if (outer && value[at] === "." && "+*?".includes(value[at + 1]!)) at++;
    else if (".+*?^$()[]{}|\\".includes(value[at]!)) return [];
  }
  return [{
    code: "LOAD_COMPILE_CONDITION",
    message: `regex check with '${decodeBytes(value)}' may be optimized with simpler operators such as ` +
      "'=', 'contains', 'startswith', 'endswith'",
    hint: "regex matches the whole value, at a higher cost than these operators",
    span,
  }];
}

function misusedField({ value, span }: Literal, catalogue: Catalogue): Warning[] {
  const match = /^([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+)(?:\[([^\]]*)\])?$/.exec(value.replace(BLANKS, ""));
  if (match === null) return [];
  try {
    if (catalogue.resolve(match[1]!, match[2]) === undefined) return [];
  } catch (error) {
    if (error instanceof FieldError) return [];
    throw error;
  }
  return [{
    code: "LOAD_COMPILE_CONDITION",
    message: `'${value}' may be a valid field misused as a const string value`,
    hint: `to compare with the field's value, write val(${value})`,
    span,
  }];
}

function misusedTransformer({ value, span }: Literal): Warning[] {
  const name = /^([a-z0-9]+)\(.*\)$/s.exec(value.replace(BLANKS, ""))?.[1];
  if (name === undefined || !TRANSFORMERS.some((transformer) => transformer === name)) return [];
  return [{
    code: "LOAD_COMPILE_CONDITION",
    message: `'${decodeBytes(value)}' may be a valid field transformer misused as a const string value`,
    hint: "remove the quotes to compare with the transformed value",
    span,
  }];
}
