// SPDX-License-Identifier: Apache-2.0

/**
 * Range [start, end) of indexes into the condition's JavaScript string (UTF-16 units, not bytes), for diagnostics;
 * `SourceText.position` maps an index to its place in the file.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Operators that compare with one value; all of them take a modifier. */
export const STRING_OPERATORS = [
  "=",
  "!=",
  "glob",
  "iglob",
  "contains",
  "icontains",
  "bcontains",
  "startswith",
  "bstartswith",
  "endswith",
  "regex",
] as const;
export const NUMBER_OPERATORS = ["<", "<=", ">", ">="] as const;
export const LIST_OPERATORS = ["in", "intersects", "pmatch"] as const;
export const MODIFIERS = ["oneof", "anyof", "allof"] as const;
export const TRANSFORMERS = [
  "val",
  "toupper",
  "tolower",
  "b64",
  "basename",
  "len",
  "join",
  "concat",
  "getopt",
] as const;

/** A comparison as the AST names it: `==` is `=`. */
export type Operator =
  | "exists"
  | (typeof STRING_OPERATORS)[number]
  | (typeof NUMBER_OPERATORS)[number]
  | (typeof LIST_OPERATORS)[number];
export type Modifier = (typeof MODIFIERS)[number];
export type TransformerName = (typeof TRANSFORMERS)[number];

/**
 * A literal. `value` is its bytes as a binary string (src/events/text.ts), escapes resolved. Numbers are literals too:
 * what a literal means depends on the field's type, so it stays text until the engine compiles it.
 */
export interface Literal {
  readonly kind: "literal";
  readonly value: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** `proc.aname[2]`: name and what stands in the brackets, unquoted, as a binary string. */
export interface FieldRef {
  readonly kind: "field";
  readonly name: string;
  readonly argument: string | undefined;
  readonly span: Span;
}

/** `(a, b)` as a transformer's argument. */
export interface ArgumentList {
  readonly kind: "arguments";
  readonly items: readonly (FieldRef | TransformerCall | Literal)[];
  readonly span: Span;
}

/** `tolower(proc.name)`, `getopt(…)[c]`; `val(f)` on the right-hand side only. */
export interface TransformerCall {
  readonly kind: "transformer";
  readonly name: TransformerName;
  readonly args: readonly (FieldRef | TransformerCall | Literal | ArgumentList)[];
  /** What stands in brackets behind the call. */
  readonly argument: string | undefined;
  readonly span: Span;
}

/** What is on the left of an operator. */
export type Operand = FieldRef | TransformerCall;

/** `("a", b)` on the right of an operator; `in name` with a bare name is the list of that one value. */
export interface ListLiteral {
  readonly kind: "list";
  readonly items: readonly Literal[];
  readonly span: Span;
}

/** `left op right`; `exists` has no right. */
export interface Check {
  readonly kind: "check";
  readonly left: Operand;
  readonly operator: Operator;
  readonly operatorSpan: Span;
  readonly modifier: Modifier | undefined;
  /** A transformer call here is a comparison with another field (`val(…)`) or a computed value. */
  readonly right: Literal | ListLiteral | TransformerCall | undefined;
  readonly span: Span;
}

/** An identifier as operand: a reference to a macro. Gone once macros are resolved. */
export interface MacroRef {
  readonly kind: "macro";
  readonly name: string;
  readonly span: Span;
}

/** n-ary, at least two children, flattened per level as Falco's parser does. */
export interface And {
  readonly kind: "and";
  readonly children: readonly Expr[];
  readonly span: Span;
}
export interface Or {
  readonly kind: "or";
  readonly children: readonly Expr[];
  readonly span: Span;
}
export interface Not {
  readonly kind: "not";
  readonly child: Expr;
  readonly span: Span;
}

/**
 * A condition. Where a macro was resolved, the same node object stands in every place that named the macro, so shared
 * sub-conditions are recognised by identity.
 */
export type Expr = And | Or | Not | Check | MacroRef;
