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

/** A place in a rules file; line and column count from 1, offset from 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** The item (or key of an item) that a diagnostic is about: `rule 'Shell in container'`. */
export interface ItemContext {
  readonly type:
    | "rule"
    | "macro"
    | "list"
    | "exception"
    | "required_engine_version"
    | "required_plugin_versions"
    | "file";
  readonly name: string;
  /** Where the item starts, when that is not what the diagnostic points at. */
  readonly position?: Position;
}

/** One finding about a rules file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: ErrorCode | WarningCode;
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
  code: ErrorCode | WarningCode,
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
    code: ErrorCode | WarningCode,
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
