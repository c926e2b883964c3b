// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { buildEngine, type EngineOptions } from "../engine/build.ts";
import type { Catalogue } from "../engine/catalogue.ts";
import type { Dispatch } from "../engine/dispatch.ts";
import type { Engine } from "../engine/engine.ts";
import { withStaticFields } from "../engine/staticfield.ts";
import { encodeText } from "../events/text.ts";
import { FIELD_CATALOGUE } from "../fields/catalogue.ts";
import { type BoundField, FieldError } from "../fields/field.ts";
import { embeddedFile, embeddedNames } from "../native/embedded.ts";
import type { Diagnostic } from "../rules/diagnostic.ts";
import { readRuleFiles } from "../rules/files.ts";
import { loadRules, type RuleFile } from "../rules/loader.ts";
import { didYouMean } from "../rules/nearest.ts";
import { isFieldText } from "../rules/lexer.ts";
import { formatDiagnostic } from "../rules/report.ts";
import type { Rule, RuleSet } from "../rules/ruleset.ts";
import { type SelectionStep, selectRules } from "../rules/selection.ts";
import { CommandError } from "./errors.ts";
import { say } from "./say.ts";

/** How rules are compiled and run. */
export interface BuildOptions extends EngineOptions {
  /** Falco's `static_fields`: texts that outputs and conditions may name as `static.KEY`. */
  readonly staticFields: Readonly<Record<string, string>>;
}

/** Rules that were loaded and compiled. */
export interface Loaded {
  readonly rules: RuleSet;
  /** Undefined when something is wrong with the rules. */
  readonly engine: Engine | undefined;
  /** The engine's conditions by event type. */
  readonly dispatch: Dispatch;
  readonly diagnostics: readonly Diagnostic[];
  /** What the selection names and no rule has, for people. */
  readonly unselected: readonly string[];
  /** What they were compiled against. */
  readonly catalogue: Catalogue;
  /** The fields that conditions and outputs read: their names, and how they are written with an argument. */
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
  options: BuildOptions,
  selection: readonly SelectionStep[] = [],
): Loaded {
  const { files, diagnostics: unread } = paths.length > 0
    ? readRuleFiles(paths)
    : { files: shippedRules(), diagnostics: [] };
  const catalogue = new UsedFields(withStaticFields(FIELD_CATALOGUE, new Map(Object.entries(options.staticFields))));
  const all = loadRules(files, { isField: (text) => isField(text, catalogue) });
  const rules = { ...all, rules: selectRules(all.rules, selection) };
  const built = buildEngine(rules, catalogue, options);
  const diagnostics = [...unread, ...rules.diagnostics, ...built.diagnostics];
  const wrong = diagnostics.some(({ severity }) => severity === "error");
  return {
    rules,
    engine: wrong ? undefined : built.engine,
    dispatch: built.dispatch,
    diagnostics,
    unselected: unselected(all.rules, selection),
    catalogue,
    fields: catalogue.used,
    origin: paths.length > 0 ? rules.files.join(", ") : "the shipped catalogue",
  };
}

/** A catalogue that remembers which of its fields were asked for. */
class UsedFields implements Catalogue {
  readonly used = new Set<string>();

  constructor(readonly catalogue: Catalogue) {}

  get names(): readonly string[] {
    return this.catalogue.names;
  }

  resolve(name: string, argument: string | undefined): BoundField | undefined {
    const bound = this.catalogue.resolve(name, argument);
    if (bound !== undefined) this.used.add(bound.field.name).add(bound.text);
    return bound;
  }
}

/** Whether an exception may compare `text`: a field, with its argument, that conditions can read. */
function isField(text: string, { catalogue }: UsedFields): boolean {
  const [, name, quoted, bare] = /^([\w.]+)(?:\[(?:"(.*)"|(.*))\])?$/s.exec(text) ?? [];
  if (name === undefined || !isFieldText(text)) return false;
  try {
    const argument = quoted ?? bare;
    const bound = catalogue.resolve(name, argument === undefined ? undefined : encodeText(argument));
    return bound !== undefined && !bound.field.printOnly;
  } catch (error) {
    if (error instanceof FieldError) return false;
    throw error;
  }
}

/** Steps that are about no rule at all: most likely a name or tag is mistyped. */
function unselected(rules: readonly Rule[], selection: readonly SelectionStep[]): string[] {
  const off = rules.map((rule) => ({ ...rule, enabled: false }));
  return selection.flatMap((step) => {
    const target = "enable" in step ? step.enable : step.disable;
    if (selectRules(off, [{ enable: target }]).some(({ enabled }) => enabled)) return [];
    const [word, known] = "tag" in target
      ? [target.tag, new Set(rules.flatMap(({ tags }) => tags))]
      : [target.rule, rules.map(({ name }) => name)];
    if (word === "*") return [];
    const hint = didYouMean(word, known);
    return `${"enable" in step ? "enable" : "disable"}: no rule ${"tag" in target ? "has the tag" : "is named"} ` +
      `'${word}'${hint === undefined ? "" : `; ${hint}`}`;
  });
}

/** What was loaded, and from where, in one line. */
export function rulesLine({ rules, origin }: Loaded): string {
  const count = (list: readonly unknown[], name: string) => `${list.length} ${name}${list.length === 1 ? "" : "s"}`;
  const { rules: all, macros, lists } = rules;
  return `${count(all, "rule")}, ${count(macros, "macro")}, ${count(lists, "list")} from ${origin}`;
}

/**
 * The engine for a command that runs rules; warnings and errors go to stderr.
 * @throws CommandError when a rule is wrong: a sensor never starts with half its rules.
 */
export function engineOrFail(...given: Parameters<typeof loadAndBuild>): Loaded & { readonly engine: Engine } {
  const loaded = loadAndBuild(...given);
  for (const diagnostic of loaded.diagnostics) say(formatDiagnostic(diagnostic));
  for (const nothing of loaded.unselected) say(`lanner: ${nothing}`);
  const { engine } = loaded;
  if (engine === undefined) {
    const count = errorsOf(loaded).length;
    throw new CommandError(
      `the rules have ${count === 1 ? "an error" : `${count} errors`}: nothing was started; mend them and try again`,
    );
  }
  return { ...loaded, engine };
}

/**
 * The same for a command that runs already.
 * @throws CommandError with the first error's place when a rule is wrong; no warning is printed then.
 */
export function engineOrError(...given: Parameters<typeof loadAndBuild>): Loaded & { readonly engine: Engine } {
  const loaded = loadAndBuild(...given);
  const { engine } = loaded;
  if (engine === undefined) {
    const [first, ...others] = errorsOf(loaded);
    const { file, line, column } = first!.position;
    const more = others.length === 0 ? "" : ` (and ${others.length} more; lanner check shows them)`;
    throw new CommandError(`${file}:${line}:${column}: ${first!.message.replace(/\s*\n\s*/g, " ")}${more}`);
  }
  for (const diagnostic of loaded.diagnostics) say(formatDiagnostic(diagnostic));
  for (const nothing of loaded.unselected) say(`lanner: ${nothing}`);
  return { ...loaded, engine };
}

function errorsOf({ diagnostics }: Loaded): readonly Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity === "error");
}
