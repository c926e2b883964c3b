// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import process from "node:process";
import { buildEngine, type EngineOptions } from "../engine/build.ts";
import type { Engine } from "../engine/engine.ts";
import { FIELD_CATALOGUE } from "../fields/catalogue.ts";
import { embeddedFile, embeddedNames } from "../native/embedded.ts";
import type { Diagnostic } from "../rules/diagnostic.ts";
import { readRuleFiles } from "../rules/files.ts";
import { loadRules, type RuleFile } from "../rules/loader.ts";
import { formatDiagnostic } from "../rules/report.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import { type SelectionStep, selectRules } from "../rules/selection.ts";
import { CommandError } from "./errors.ts";

/** Rules that were loaded and compiled. */
export interface Loaded {
  readonly rules: RuleSet;
  /** Undefined when something is wrong with the rules. */
  readonly engine: Engine | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the fields that conditions and outputs read. */
  readonly fields: ReadonlySet<string>;
  /** Where they are from, for people. */
  readonly origin: string;
}

/** The shipped rules, as they lie in the executable. */
export function shippedRules(): RuleFile[] {
  return embeddedNames("rules").filter((name) => /\.ya?ml$/.test(name)).map((name) => ({
    name,
    content: Buffer.from(embeddedFile(name)),
  }));
}

/**
 * Loads and compiles the rules at `paths`, or the shipped ones when there are none; `selection` switches some of them
 * on or off.
 */
export function loadAndBuild(
  paths: readonly string[],
  options: EngineOptions,
  selection: readonly SelectionStep[] = [],
): Loaded {
  const { files, diagnostics: unread } = paths.length > 0
    ? readRuleFiles(paths)
    : { files: shippedRules(), diagnostics: [] };
  const all = loadRules(files);
  const rules = { ...all, rules: selectRules(all.rules, selection) };
  const fields = new Set<string>();
  const catalogue = {
    names: FIELD_CATALOGUE.names,
    resolve: (name: string, argument: string | undefined) => {
      const bound = FIELD_CATALOGUE.resolve(name, argument);
      if (bound !== undefined) fields.add(bound.field.name);
      return bound;
    },
  };
  const built = buildEngine(rules, catalogue, options);
  const diagnostics = [...unread, ...rules.diagnostics, ...built.diagnostics];
  const wrong = diagnostics.some(({ severity }) => severity === "error");
  return {
    rules,
    engine: wrong ? undefined : built.engine,
    diagnostics,
    fields,
    origin: paths.length > 0 ? rules.files.join(", ") : "the shipped catalogue",
  };
}

/**
 * The engine for a command that runs rules; warnings and errors go to stderr.
 * @throws CommandError when a rule is wrong: a sensor never starts with half its rules.
 */
export function engineOrFail(
  paths: readonly string[],
  options: EngineOptions,
  selection: readonly SelectionStep[],
): Loaded & { readonly engine: Engine } {
  const loaded = loadAndBuild(paths, options, selection);
  for (const diagnostic of loaded.diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  const { engine } = loaded;
  if (engine === undefined) {
    const errors = loaded.diagnostics.filter(({ severity }) => severity === "error").length;
    throw new CommandError(
      `the rules have ${errors === 1 ? "an error" : `${errors} errors`}: nothing was started; mend them and try again`,
    );
  }
  return { ...loaded, engine };
}
