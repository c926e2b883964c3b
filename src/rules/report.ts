// SPDX-License-Identifier: Apache-2.0

import type { Code, Diagnostic, ItemContext, Position } from "./diagnostic.ts";
import type { RuleSet } from "./ruleset.ts";

/** Columns of a source line that are shown. */
const WIDTH = 160;

/** What each code is about, in few words; Falco has such a text beside each code too. */
const CODE_TEXTS: Readonly<Record<Code, string>> = {
  LOAD_ERR_FILE_READ: "File can't be read",
  LOAD_ERR_YAML_PARSE: "File is not YAML",
  LOAD_ERR_YAML_VALIDATE: "File doesn't have the structure of a rules file",
  LOAD_ERR_COMPILE_CONDITION: "Condition can't be compiled",
  LOAD_ERR_COMPILE_OUTPUT: "Output can't be compiled",
  LOAD_ERR_VALIDATE: "Rule, macro, list or exception is not valid",
  LOAD_ERR_EXTENSION: "Extension item is not valid",
  LOAD_UNKNOWN_SOURCE: "Event source is unknown",
  LOAD_UNSAFE_NA_CHECK: "Comparison with <NA> is unsafe",
  LOAD_NO_EVTTYPE: "Condition doesn't restrict the event type",
  LOAD_UNKNOWN_FILTER: "Condition or output has an unknown field or event type",
  LOAD_UNUSED_MACRO: "Macro is not used",
  LOAD_UNUSED_LIST: "List is not used",
  LOAD_UNKNOWN_ITEM: "Item is unknown",
  LOAD_DEPRECATED_ITEM: "Item is deprecated",
  LOAD_WARNING_EXTENSION: "Extension item has a warning",
  LOAD_APPEND_NO_VALUES: "Append or override has no values",
  LOAD_EXCEPTION_NAME_NOT_UNIQUE: "Several exceptions have the same name",
  LOAD_INVALID_MACRO_NAME: "Macro's name is not valid",
  LOAD_INVALID_LIST_NAME: "List's name is not valid",
  LOAD_COMPILE_CONDITION: "Condition has a warning",
  LOAD_UNKNOWN_KEY: "Key is unknown",
  LANNER_NOT_A_LIST: "Value looks like the name of a list",
  LANNER_NEVER_ALERTS: "Rule can never alert",
};

/** Text from a rules file made safe to print: what could move a terminal's cursor or change its colours is replaced. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\uff01-\uff60]/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Blanks as wide as `text` is on a terminal; tabs stay, for their width depends on where they are. */
function blanksFor(text: string): string {
  return [...text].map((character) => {
    if (character === "\t" || NO_WIDTH.test(character)) return character === "\t" ? character : "";
    return WIDE.test(character) ? "  " : " ";
  }).join("");
}

/** The part of the source line around the column, and below it a caret at the column. */
function excerpt({ snippet, position }: Diagnostic): [string, string] {
  const at = Math.min(position.column - 1, snippet.length);
  const start = Math.max(0, Math.min(at - WIDTH / 2, snippet.length - WIDTH));
  const end = Math.min(snippet.length, start + WIDTH);
  const before = (start > 0 ? "..." : "") + snippet.slice(start, at);
  const line = before + snippet.slice(at, end) + (end < snippet.length ? "..." : "");
  return [printable(line), blanksFor(printable(before)) + "^"];
}

/** The parts that people are told of. */
const ITEMS: readonly ItemContext["type"][] = [
  "rule",
  "macro",
  "list",
  "exception",
  "required_engine_version",
  "required plugin versions",
];

/** `item` and what it is within, the largest first, without the file. */
function partsOf(item: ItemContext | undefined): ItemContext[] {
  const parts: ItemContext[] = [];
  for (let part = item; part !== undefined && part.type !== "file"; part = part.within) parts.unshift(part);
  return parts;
}

/**
 * A diagnostic for people: `file:line:column: error: message [CODE]`, the source line with a caret, and what to do.
 * No newline at the end.
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { position, severity, message, code, hint, item } = diagnostic;
  const where = partsOf(item).filter(({ type }) => ITEMS.includes(type)).map(({ type, name }) =>
    `${type}${name && ` '${name}'`}: `
  );
  const lines = [
    `${position.file}:${position.line}:${position.column}: ${severity}: ${where.join("")}${message} [${code}]`,
  ];
  if (diagnostic.snippet.trim() !== "") lines.push(...excerpt(diagnostic).map((line) => `  ${line}`));
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.map((line) => line.startsWith("  ") ? line : printable(line)).join("\n");
}

/** `rules.yaml: Ok`, `Ok, with warnings` or `Invalid`: Falco's verdict about one file of the set. */
export function formatVerdict(file: string, diagnostics: readonly Diagnostic[]): string {
  const own = diagnostics.filter((diagnostic) => diagnostic.position.file === file);
  if (own.some((diagnostic) => diagnostic.severity === "error")) return `${file}: Invalid`;
  return `${file}: Ok${own.length > 0 ? ", with warnings" : ""}`;
}

/** A location of Falco's load result; lines and columns count from 0. */
export interface ResultLocation {
  readonly item_type: string;
  readonly item_name: string;
  readonly position: { readonly name: string; readonly line: number; readonly column: number; readonly offset: number };
}

/** An error or warning of Falco's load result, with the hint as an extra key. */
export interface ResultEntry {
  readonly code: Code;
  readonly codedesc: string;
  readonly message: string;
  readonly context: { readonly locations: readonly ResultLocation[]; readonly snippet: string };
  readonly hint?: string;
}

/** Falco's load result of one file. */
export interface LoadResult {
  readonly name: string;
  readonly successful: boolean;
  readonly schema_valid: boolean;
  readonly schema_warnings: readonly string[];
  readonly errors: readonly ResultEntry[];
  readonly warnings: readonly ResultEntry[];
  /** Warnings that Falco does not have. */
  readonly lanner_warnings: readonly ResultEntry[];
}

/** What `falco -V --json` prints: one load result per file, in the order of loading (rules-format.md §1.5). */
export function loadResults(
  set: Pick<RuleSet, "files" | "diagnostics">,
): { readonly falco_load_results: readonly LoadResult[] } {
  const names = new Set(set.files);
  for (const { position } of set.diagnostics) names.add(position.file);
  return { falco_load_results: [...names].map((name) => loadResult(name, set.diagnostics)) };
}

const SCHEMA_CODES: readonly string[] = ["LOAD_ERR_YAML_VALIDATE", "LOAD_UNKNOWN_KEY", "LOAD_UNKNOWN_ITEM"];

function loadResult(name: string, diagnostics: readonly Diagnostic[]): LoadResult {
  const own = diagnostics.filter((diagnostic) => diagnostic.position.file === name);
  const errors = own.filter((diagnostic) => diagnostic.severity === "error");
  const warnings = own.filter((diagnostic) => diagnostic.severity === "warning");
  const schema = own.filter((diagnostic) => SCHEMA_CODES.includes(diagnostic.code));
  return {
    name,
    successful: errors.length === 0,
    schema_valid: schema.length === 0,
    schema_warnings: schema.map((diagnostic) => diagnostic.message),
    errors: errors.map(resultEntry),
    warnings: warnings.filter(({ code }) => !code.startsWith("LANNER_")).map(resultEntry),
    lanner_warnings: warnings.filter(({ code }) => code.startsWith("LANNER_")).map(resultEntry),
  };
}

function resultEntry(diagnostic: Diagnostic): ResultEntry {
  const { code, message, hint, position, item } = diagnostic;
  const locations = [
    location("rules content", "", { ...position, line: 1, column: 1, offset: 0 }),
    ...partsOf(item).map((part) => location(part.type, part.name, part.position ?? position)),
  ];
  return {
    code,
    codedesc: CODE_TEXTS[code],
    message,
    context: { locations, snippet: excerpt(diagnostic).map((line) => `${line}\n`).join("") },
    ...(hint === undefined ? {} : { hint }),
  };
}

function location(type: string, name: string, { file, line, column, offset }: Position): ResultLocation {
  return {
    item_type: type,
    item_name: name,
    position: { name: file, line: line - 1, column: column - 1, offset },
  };
}
