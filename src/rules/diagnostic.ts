// SPDX-License-Identifier: Apache-2.0

import { didYouMean } from "./nearest.ts";

/** Falco's load errors (compat/rules-format.md §1.5). */
export type ErrorCode =
  | "LOAD_ERR_FILE_READ"
  | "LOAD_ERR_YAML_PARSE"
  | "LOAD_ERR_YAML_VALIDATE"
  | "LOAD_ERR_COMPILE_CONDITION"
  | "LOAD_ERR_COMPILE_OUTPUT"
  | "LOAD_ERR_VALIDATE"
  | "LOAD_ERR_EXTENSION";

/** Falco's load warnings. */
export type WarningCode =
  | "LOAD_UNKNOWN_SOURCE"
  | "LOAD_UNSAFE_NA_CHECK"
  | "LOAD_NO_EVTTYPE"
  | "LOAD_UNKNOWN_FILTER"
  | "LOAD_UNUSED_MACRO"
  | "LOAD_UNUSED_LIST"
  | "LOAD_UNKNOWN_ITEM"
  | "LOAD_DEPRECATED_ITEM"
  | "LOAD_WARNING_EXTENSION"
  | "LOAD_APPEND_NO_VALUES"
  | "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
  | "LOAD_INVALID_MACRO_NAME"
  | "LOAD_INVALID_LIST_NAME"
  | "LOAD_COMPILE_CONDITION"
  | "LOAD_UNKNOWN_KEY";

/** What Falco does not warn of: a value that was probably to be a list's name, and a rule that can't alert. */
export type OwnWarningCode = "LANNER_NOT_A_LIST" | "LANNER_NEVER_ALERTS";

/** What kind of finding a diagnostic is. */
export type Code = ErrorCode | WarningCode | OwnWarningCode;

/** A place in a rules file; line and column count from 1, offset from 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/**
 * A part of a rules file that a diagnostic is about, by Falco's name for such parts: `rule 'Shell in container'`, and
 * within it `rule condition`.
 */
export interface ItemContext {
  readonly type:
    | "file"
    | "rules content item"
    | "required_engine_version"
    | "required plugin versions"
    | "required plugin versions entry"
    | "required plugin versions alternative"
    | "list"
    | "list item"
    | "macro"
    | "macro condition"
    | "rule"
    | "rule condition"
    | "rule output"
    | "rule priority"
    | "condition expression"
    | "exceptions"
    | "exception"
    | "exception values"
    | "exception value"
    | "overrides"
    | "value for";
  /** Of a rule, macro, list, exception or plugin its name; of a value its key; else empty. */
  readonly name: string;
  /** Where it starts, when that is not what the diagnostic points at. */
  readonly position?: Position;
  /** The next larger part; the file itself goes without saying. */
  readonly within?: ItemContext;
}

/** A part of `within`. */
export function partOf(
  within: ItemContext | undefined,
  type: ItemContext["type"],
  name = "",
  position?: Position,
): ItemContext {
  return {
    type,
    name,
    ...(position === undefined ? {} : { position }),
    ...(within === undefined || within.type === "file" ? {} : { within }),
  };
}

/** The condition of a rule or macro, for what is said about all of it. */
export function conditionOf(item: ItemContext): ItemContext {
  return partOf(item, item.type === "macro" ? "macro condition" : "rule condition");
}

/** A place in the condition of a rule or macro. */
export function expressionIn(item: ItemContext): ItemContext {
  return partOf(conditionOf(item), "condition expression");
}

/** One finding about a rules file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: Code;
  /** What is wrong, one line. */
  readonly message: string;
  /** What to do about it, one line; beyond Falco. */
  readonly hint?: string;
  readonly position: Position;
  readonly item?: ItemContext;
  /** The source line at `position`, without its newline. */
  readonly snippet: string;
}

/** What knows the places of a text's characters; a SourceText is one. */
export interface Located {
  position(index: number): Position;
  snippet(index: number): string;
}

/** Where an item stands, for what is said about it as a whole. */
export interface ItemPlace {
  readonly text: Located;
  readonly index: number;
  readonly item: ItemContext;
}

/** `file:line` of an item, for hints. */
export function where(place: ItemPlace): string {
  const { file, line } = place.text.position(place.index);
  return `${file}:${line}`;
}

/** The diagnostic that says `message` about the character at `index` of `text`. */
export function makeDiagnostic(
  code: Code,
  message: string,
  text: Located,
  index: number,
  item?: ItemContext,
  hint?: string,
): Diagnostic {
  return {
    severity: code.startsWith("LOAD_ERR_") ? "error" : "warning",
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    position: text.position(index),
    ...(item === undefined ? {} : { item }),
    snippet: text.snippet(index),
  };
}

/** A file of nothing but mistakes is reported up to here. */
const MAX_DIAGNOSTICS = 10_000;

/** Names that are compared with all known ones for a hint; a hostile file has thousands of both. */
const MAX_COMPARED = 50;

/** Collects the findings of a load, in the order in which they are made. */
export class Diagnostics {
  readonly all: Diagnostic[] = [];

  /** How many errors there are. */
  errors = 0;

  private compared = 0;

  /** What `name` was probably meant to be, while there are few mistakes. */
  didYouMean(name: string, candidates: Iterable<string>): string | undefined {
    return ++this.compared > MAX_COMPARED ? undefined : didYouMean(name, candidates);
  }

  /** Adds the diagnostic that makeDiagnostic makes of the same arguments. */
  add(
    code: Code,
    message: string,
    text: Located,
    index: number,
    item?: ItemContext,
    hint?: string,
  ): void {
    if (code.startsWith("LOAD_ERR_")) this.errors++;
    if (this.all.length < MAX_DIAGNOSTICS) {
      this.all.push(makeDiagnostic(code, message, text, index, item, hint));
    } else if (this.all.length === MAX_DIAGNOSTICS) {
      this.all.push(
        makeDiagnostic(code, "more problems than can be listed", text, index, item, "correct those above first"),
      );
    }
  }
}
