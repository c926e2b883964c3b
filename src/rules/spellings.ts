// SPDX-License-Identifier: Apache-2.0

/** How operators and transformers are written (language.md §1, §2, §5). */

import {
  type LIST_OPERATORS,
  type NUMBER_OPERATORS,
  STRING_OPERATORS,
  type TransformerName,
  TRANSFORMERS,
} from "./ast.ts";

/** Operators that take a number, in the order in which Falco tries them: `<=` before its prefix `<`. */
export const NUMBER_SPELLINGS = ["<=", "<", ">=", ">"] as const satisfies readonly (typeof NUMBER_OPERATORS)[number][];
/** Operators that take a string and need no blank behind them. */
export const STRING_SYMBOLS = ["==", "=", "!="] as const;
/** Operators that take a string and need a blank behind them. */
export const STRING_WORDS = STRING_OPERATORS.filter((operator) => operator !== "=" && operator !== "!=");
/** Operators that take a list; `in` is tried after the word that it begins. */
export const LIST_SPELLINGS = [
  "intersects",
  "in",
  "pmatch",
] as const satisfies readonly (typeof LIST_OPERATORS)[number][];

/** Every operator as it may be written in a condition or in an exception's `comps` (language.md §2). */
export const OPERATOR_SPELLINGS: readonly string[] = [
  "exists",
  ...NUMBER_SPELLINGS,
  ...STRING_SYMBOLS,
  ...STRING_WORDS,
  ...LIST_SPELLINGS,
];

/** Transformers that may stand on the left; `val` may not. */
export const LEFT_TRANSFORMERS = TRANSFORMERS.filter((name) => name !== "val");

/** How many arguments a transformer takes: [least, most]. */
export const ARITY: Readonly<Record<TransformerName, readonly [number, number]>> = {
  val: [1, 1],
  toupper: [1, 1],
  tolower: [1, 1],
  b64: [1, 1],
  basename: [1, 1],
  len: [1, 1],
  join: [2, 2],
  concat: [2, Infinity],
  getopt: [2, 2],
};
