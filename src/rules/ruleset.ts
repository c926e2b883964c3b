// SPDX-License-Identifier: Apache-2.0

import type { Expr, Span } from "./ast.ts";
import type { Diagnostic, Located, Position } from "./diagnostic.ts";
import type { Priority } from "./priority.ts";
import type { Requirement, Version } from "./versions.ts";

/** Text taken from a rules file that knows where each of its bytes came from. */
export interface SourceText extends Located {
  readonly value: string;
  /** The place in the file of the character at `index` of `value`; inserted text has the place of what it replaced. */
  position(index: number): Position;
  /** The source line that `position(index)` is in. */
  snippet(index: number): string;
}

/** A rule ready for the engine: lists substituted, macros resolved, exceptions folded into the condition. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  /** The condition as the files have it: appended parts joined, lists, macros and exceptions not put in. */
  readonly written: string;
  readonly condition: Expr;
  /** What `condition`'s spans refer to. A resolved macro's nodes have spans into the macro's own text: see `textOf`. */
  readonly conditionText: SourceText;
  readonly output: string;
  readonly outputText: SourceText;
  readonly priority: Priority;
  readonly source: string;
  /** Sorted, unique. */
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly warnEventTypes: boolean;
  readonly skipIfUnknownFilter: boolean;
  /** Macros and lists that the condition used, in first-use order. */
  readonly macros: readonly string[];
  readonly lists: readonly string[];
  readonly exceptions: readonly Exception[];
  readonly position: Position;
}

/** What an exception of a rule compares. It is part of the rule's condition; this is for listings. */
export interface Exception {
  readonly name: string;
  readonly fields: readonly string[];
  readonly operators: readonly string[];
}

/** A macro with its own condition, for diagnostics and listings. */
export interface Macro {
  readonly name: string;
  /** As of a rule. */
  readonly written: string;
  readonly condition: Expr;
  readonly conditionText: SourceText;
  /** Macros and lists that the condition used, in first-use order. */
  readonly macros: readonly string[];
  readonly lists: readonly string[];
  readonly position: Position;
}

/** A list, its items as written. */
export interface List {
  readonly name: string;
  readonly items: readonly string[];
  readonly position: Position;
}

/** Everything that was loaded, in definition order. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly macros: readonly Macro[];
  readonly lists: readonly List[];
  /** Files read, in order. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** What the files need of the program that loads them. */
  readonly requirements: {
    /** The highest `required_engine_version`; 0.0.0 when there is none. */
    readonly engine: Version;
    /** `required_plugin_versions`: of each, any one of the alternatives will do. */
    readonly plugins: readonly (readonly Requirement[])[];
  };
  /** The text that a node's span refers to: its macro's or its rule's. */
  textOf(node: { readonly span: Span }): SourceText | undefined;
}
