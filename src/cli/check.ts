// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { dispatchOf } from "../engine/dispatch.ts";
import type { Engine } from "../engine/engine.ts";
import type { Diagnostic } from "../rules/diagnostic.ts";
import { formatDiagnostic, formatVerdict, loadResults } from "../rules/report.ts";
import type { Rule } from "../rules/ruleset.ts";
import { EXIT } from "./errors.ts";
import { loadAndBuild, type Loaded } from "./rules.ts";
import { say } from "./say.ts";
import { configOf, engineOptions, type RuleOptions } from "./settings.ts";
import { plain } from "./table.ts";

/** Something about a rule that is no mistake of its author; Falco has no code for it. */
interface Note {
  readonly rule: Rule;
  readonly message: string;
}

/** `lanner check FILE|DIR…`: says what is wrong with rules. Exit code 1 when anything is. */
export function checkCommand(paths: readonly string[], json: boolean, options: RuleOptions): number {
  const config = configOf(options);
  const loaded = loadAndBuild(paths, engineOptions(config), config.rules);
  for (const nothing of loaded.unselected) say(`lanner: ${nothing}`);
  const notes = loaded.engine === undefined ? [] : rulesWithoutData(loaded.engine);
  process.stdout.write(json ? `${JSON.stringify(asJson(loaded, notes))}\n` : asText(loaded, notes));
  return loaded.engine === undefined ? EXIT.failed : EXIT.ok;
}

/** Rules that load as in Falco but that no event can match here, for want of a field's value. */
function rulesWithoutData({ rules }: Engine): Note[] {
  const reachable = new Set<number>();
  const dispatch = dispatchOf(rules.map(({ rule, ...rest }) => ({ condition: rule.condition, ...rest })));
  for (const candidates of dispatch.values()) for (const { rule } of candidates) reachable.add(rule);
  return rules.flatMap(({ rule, checks }, index) => {
    if (reachable.has(index)) return [];
    const fields = [...checks.values()].flatMap(({ left, right }) => [left.field, right?.field]);
    const missing = new Set(fields.flatMap((field) => field?.field.unavailable ? [field.text] : []));
    if (missing.size === 0) return []; // its author was warned
    return [{
      rule,
      message: `can never alert here: it reads ${[...missing].join(", ")}, for which Lanner has no value`,
    }];
  });
}

function counts({ rules, diagnostics }: Loaded, notes: readonly Note[]) {
  const count = (severity: Diagnostic["severity"]) => diagnostics.filter((each) => each.severity === severity).length;
  return {
    files: rules.files.length,
    rules: rules.rules.length,
    macros: rules.macros.length,
    lists: rules.lists.length,
    errors: count("error"),
    warnings: count("warning"),
    notes: notes.length,
  };
}

/** Falco's load results; what Falco does not have is in keys of its own. */
function asJson(loaded: Loaded, notes: readonly Note[]) {
  const { falco_load_results } = loadResults({ files: loaded.rules.files, diagnostics: loaded.diagnostics });
  return {
    falco_load_results: falco_load_results.map((result) => ({
      ...result,
      notes: notes.filter(({ rule }) => rule.position.file === result.name).map(({ rule, message }) => ({
        rule: rule.name,
        message,
      })),
    })),
    summary: counts(loaded, notes),
  };
}

function asText(loaded: Loaded, notes: readonly Note[]): string {
  const { files } = loaded.rules;
  const lines = loaded.diagnostics.map(formatDiagnostic);
  for (const { rule, message } of notes) {
    const { file, line, column } = rule.position;
    lines.push(plain(`${file}:${line}:${column}: note: rule '${rule.name}': ${message}`));
  }
  if (files.length > 1) lines.push(...files.map((file) => plain(formatVerdict(file, loaded.diagnostics))));
  const { rules, macros, lists, errors, warnings, notes: noted } = counts(loaded, notes);
  const verdict = loaded.engine === undefined ? "Invalid" : "Ok";
  const found = [plural(errors, "error"), plural(warnings, "warning"), ...(noted > 0 ? [plural(noted, "note")] : [])];
  lines.push(
    `${plural(rules, "rule")}, ${plural(macros, "macro")}, ${plural(lists, "list")}: ${verdict} (${found.join(", ")})`,
  );
  return lines.map((line) => `${line}\n`).join("");
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
