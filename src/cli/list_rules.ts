// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import type { Config } from "../config/schema.ts";
import { outputOf } from "../engine/append.ts";
import { buildEngine } from "../engine/build.ts";
import type { CompiledRule } from "../engine/engine.ts";
import type { EventSet } from "../engine/eventset.ts";
import { EVENT_TYPES } from "../events/table.ts";
import { decodeBytes } from "../events/text.ts";
import type { ArgumentList, Expr, FieldRef, ListLiteral, Literal, Operand } from "../rules/ast.ts";
import { printCompiled, printCondition } from "../rules/print.ts";
import { severity } from "../rules/priority.ts";
import { formatDiagnostic } from "../rules/report.ts";
import type { List, Macro, Rule, RuleSet } from "../rules/ruleset.ts";
import type { Requirement } from "../rules/versions.ts";
import { CommandError, EXIT } from "./errors.ts";
import { byName } from "./filter.ts";
import { eventNames } from "./list_events.ts";
import { loadAndBuild, type Loaded } from "./rules.ts";
import { say } from "./say.ts";
import { type CommonOptions, configOf, engineOptions, rulePaths } from "./settings.ts";
import { plain } from "./table.ts";

/** A rule and what it compiled to; undefined for one that is left out because of `skip-if-unknown-filter`. */
interface Described {
  readonly name: string;
  readonly rule: Rule;
  readonly compiled: CompiledRule | undefined;
  /** Its output with what the configuration appends to it. */
  readonly output: string;
}

/**
 * `lanner list rules [FILTER]`. Returns the exit code.
 * @throws CommandError when a rule is wrong.
 */
export function listRulesCommand(filter: string | undefined, json: boolean, options: CommonOptions): number {
  const config = configOf(options);
  const loaded = loadAndBuild(rulePaths(options, config), engineOptions(config), config.rules);
  for (const nothing of loaded.unselected) say(`lanner: ${nothing}`);
  const described = byName(describe(loaded, config), filter, "rule");
  if (json) process.stdout.write(`${JSON.stringify(asJson(described, loaded.rules), undefined, 2)}\n`);
  else process.stdout.write(described.map(asText).join("\n"));
  return EXIT.ok;
}

/** Every rule, those that don't run too. */
function describe({ rules, catalogue, diagnostics }: Loaded, config: Config): Described[] {
  const runs = (rule: Rule) => rule.enabled && severity(rule.priority) <= severity(config.priority);
  const all = { ...rules, rules: rules.rules.map((rule) => ({ ...rule, enabled: true })) };
  const options = engineOptions(config);
  const { engine } = buildEngine(all, catalogue, { ...options, minimumPriority: "Debug" });
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  if (engine === undefined || errors.length > 0) {
    for (const error of errors) say(formatDiagnostic(error));
    throw new CommandError("the rules can't be loaded: mend them and try again");
  }
  const compiled = new Map(engine.rules.map((each) => [each.rule.name, each]));
  return rules.rules.map((rule) => ({
    name: rule.name,
    rule: { ...rule, enabled: runs(rule) },
    compiled: compiled.get(rule.name),
    output: outputOf(rule, options.appendOutput ?? []).text,
  }));
}

function asText({ rule, compiled }: Described): string {
  const { fields } = readBy(rule.condition);
  const lines = [
    ["priority", rule.priority],
    ["enabled", rule.enabled ? "yes" : "no"],
    ["tags", rule.tags.join(", ")],
    ["source", rule.source],
    [
      "events",
      compiled === undefined ? "none: the rule is left out, for it names unknown fields" : eventsText(compiled),
    ],
    ["condition", printCondition(rule.condition)],
    ["output", rule.output],
    ["fields", sorted(fields).join(", ")],
    ["macros", rule.macros.join(", ")],
    ["lists", rule.lists.join(", ")],
    ["except", rule.exceptions.map(({ name, fields }) => `${name} (${fields.join(", ")})`).join(", ")],
  ] as const;
  return [
    `${plain(rule.name)}\n`,
    ...lines.flatMap(([key, value]) => value === "" ? [] : [`  ${key.padEnd(9)}  ${plain(value)}\n`]),
  ].join("");
}

function eventsText({ events }: CompiledRule): string {
  if (!events.inverted) return [...events.names].sort().join(" ");
  return eventNames(({ name }) => !events.names.has(name));
}

function namesOf({ inverted, names }: EventSet): string[] {
  const all = EVENT_TYPES.map(({ name }) => name);
  return (inverted ? all.filter((name) => !names.has(name)) : [...names]).sort();
}

/** Falco's description of rules (compat/rules-format.md §7), as far as its keys mean something here. */
function asJson(described: readonly Described[], { macros, lists, diagnostics, requirements }: RuleSet) {
  const unused = (what: "MACRO" | "LIST") =>
    new Set(diagnostics.flatMap(({ code, item }) => code === `LOAD_UNUSED_${what}` && item ? [item.name] : []));
  const unusedMacros = unused("MACRO");
  const unusedLists = unused("LIST");
  const listNames = new Set(lists.map(({ name }) => name));
  const plugin = ({ name, text }: Requirement) => ({ name, version: text });
  return {
    required_engine_version: requirements.engine.join("."),
    required_plugin_versions: requirements.plugins.map(([first, ...alternatives]) => ({
      ...(first === undefined ? {} : plugin(first)),
      alternatives: alternatives.map(plugin),
    })),
    rules: described.map(ruleJson),
    macros: macros.map((macro) => macroJson(macro, !unusedMacros.has(macro.name))),
    lists: lists.map((list) => listJson(list, !unusedLists.has(list.name), listNames)),
  };
}

function ruleJson({ rule, compiled, output }: Described) {
  const { fields, operators } = readBy(rule.condition);
  const outputs = (compiled?.template.parts ?? []).flatMap((part) => part.kind === "field" ? [part.field.text] : []);
  const extra = compiled?.template.extra ?? [];
  return {
    info: {
      name: rule.name,
      condition: rule.written,
      description: rule.description,
      output: rule.output,
      enabled: rule.enabled,
      source: rule.source,
      priority: rule.priority,
      tags: rule.tags,
    },
    details: {
      macros: rule.macros,
      lists: rule.lists,
      operators: sorted(operators),
      filter_fields: sorted(fields),
      output_fields: sorted(outputs),
      exception_names: rule.exceptions.map(({ name }) => name),
      exception_fields: sorted(rule.exceptions.flatMap((exception) => exception.fields)),
      exception_operators: sorted(rule.exceptions.flatMap((exception) => exception.operators)),
      events: compiled === undefined ? [] : namesOf(compiled.events),
      condition_compiled: printCompiled(rule.condition),
      output_compiled: output,
      plugins: pluginsOf([...fields, ...outputs]),
      extra_output_raw_fields: extra.flatMap((each) => each.kind === "field" ? [each.key] : []),
      extra_output_formatted_fields: extra.flatMap((each) => each.kind === "text" ? [each.key] : []),
    },
  };
}

/** Falco's plugins that fields are of; here they are built in. */
function pluginsOf(fields: Iterable<string>): string[] {
  return [...fields].some((field) => /^(container|k8s)\./.test(field)) ? ["container"] : [];
}

/** Each once, in alphabetical order. */
function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function macroJson({ name, written, condition, macros, lists }: Macro, used: boolean) {
  const { fields, operators } = readBy(condition);
  return {
    info: { name, condition: written },
    details: {
      used,
      macros,
      lists,
      operators: sorted(operators),
      filter_fields: sorted(fields),
      condition_compiled: printCompiled(condition),
      plugins: pluginsOf(fields),
    },
  };
}

function listJson({ name, items }: List, used: boolean, listNames: ReadonlySet<string>) {
  return {
    info: { name, items },
    details: {
      used,
      lists: items.filter((item) => listNames.has(item)),
    },
  };
}

type ValueNode = Operand | ArgumentList | ListLiteral | Literal;

/** What a condition reads, and how it compares. */
function readBy(expr: Expr): { readonly fields: ReadonlySet<string>; readonly operators: ReadonlySet<string> } {
  const fields = new Set<string>();
  const operators = new Set<string>();
  const seen = new Set<Expr>(); // a macro's tree stands in many places
  const value = (part: ValueNode): void => {
    if (part.kind === "field") fields.add(fieldText(part));
    else if (part.kind === "transformer") part.args.forEach(value);
    else if (part.kind === "arguments") part.items.forEach(value);
  };
  const visit = (node: Expr): void => {
    if (seen.has(node)) return;
    seen.add(node);
    switch (node.kind) {
      case "and":
      case "or":
        return node.children.forEach(visit);
      case "not":
        return visit(node.child);
      case "check":
        operators.add(node.modifier === undefined ? node.operator : `${node.operator} ${node.modifier}`);
        value(node.left);
        if (node.right !== undefined) value(node.right);
        return;
      case "macro":
        return;
    }
  };
  visit(expr);
  return { fields, operators };
}

function fieldText({ name, argument }: FieldRef): string {
  return argument === undefined ? name : `${name}[${decodeBytes(argument)}]`;
}
