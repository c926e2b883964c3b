// SPDX-License-Identifier: Apache-2.0

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
