// SPDX-License-Identifier: Apache-2.0

import type { Expr, MacroRef } from "./ast.ts";
import type { Collector, RuleDefinition } from "./collector.ts";
import { type Diagnostics, expressionIn, type ItemPlace, partOf, where } from "./diagnostic.ts";
import { describeException, foldExceptions } from "./exceptions.ts";
import { ConditionError } from "./lexer.ts";
import { ExpansionError, ListExpander, type ListText } from "./lists.ts";
import { type MacroProblem, MacroResolver, type MacroSource, MAX_CHECKS, references } from "./macros.ts";
import { parseCondition } from "./parser.ts";
import type { List, Macro, Rule, SourceText } from "./ruleset.ts";
import { joinTexts, TextBuilder } from "./text.ts";
import { warnAboutCondition, warnAboutOutput } from "./warnings.ts";

/** A condition with its lists replaced and parsed; macros are references still. */
interface Parsed {
  readonly text: SourceText;
  readonly condition: Expr | undefined;
  readonly lists: ReadonlySet<string>;
  /** The text without its lists. */
  readonly written: string;
}

/** The definitions ready for the engine, and what each condition's spans refer to. */
export interface Compiled {
  readonly rules: readonly Rule[];
  readonly macros: readonly Macro[];
  readonly lists: readonly List[];
  /** Roots of conditions with the text that their spans index, macros first. */
  readonly texts: readonly { readonly condition: Expr; readonly text: SourceText }[];
}

const CONTAINER_INFO = "%container.info";

/**
 * Turns what was collected into conditions: lists into text, text into trees, macros into trees (language.md §6,
 * rules-format.md §1.6). Every problem is reported; items that have one are left out.
 */
export class Compiler {
  private readonly parsedMacros = new Map<string, Parsed>();
  private readonly usedLists = new Set<string>();
  private readonly usedMacros = new Set<string>();
  private readonly resolver: MacroResolver;
  private readonly expander: ListExpander;
  /** Names of rules and macros that refer to a macro themselves, by its name. */
  private readonly referrers = new Map<string, Set<string>>();

  /**
   * @param complete false when parts of a file could not be read: what is missing may stand there
   */
  constructor(
    private readonly collector: Collector,
    private readonly diagnostics: Diagnostics,
    private readonly complete: boolean,
  ) {
    this.expander = new ListExpander(this.listTexts());
    const sources = new Map<string, MacroSource>();
    for (const macro of collector.macros.values()) {
      const parsed = this.parse(joinTexts(macro.condition), macro.place);
      this.parsedMacros.set(macro.name, parsed);
      if (parsed.condition !== undefined) this.noteReferences(parsed.condition, `macro '${macro.name}'`, macro.name);
      sources.set(macro.name, { ...macro, condition: parsed.condition });
    }
    this.resolver = new MacroResolver(sources);
  }

  compile(): Compiled {
    const rules = [...this.collector.rules.values()].filter((rule) => !rule.unknownSource);
    const parsed = rules.map((rule) => this.parseRule(rule));
    const macros = this.compileMacros();
    const texts = macros.map(({ condition, conditionText }) => ({ condition, text: conditionText }));
    const compiled: Rule[] = [];
    rules.forEach((rule, index) => {
      const done = this.compileRule(rule, parsed[index]!);
      if (done === undefined) return;
      compiled.push(done);
      texts.push({ condition: done.condition, text: done.conditionText });
    });
    if (this.diagnostics.errors === 0) this.warnUnused();
    return {
      rules: compiled,
      macros,
      lists: [...this.collector.lists.values()].map(({ name, items, place }) => ({
        name,
        items,
        position: place.text.position(place.index),
      })),
      texts,
    };
  }

  /** Lists as they are put into conditions: an item that names a visible list is that list's items, one level deep. */
  private listTexts(): ListText[] {
    const { lists } = this.collector;
    let budget = 10_000_000;
    return [...lists.values()].map((list, order) => ({
      name: list.name,
      order,
      items: list.items.flatMap((item) => {
        const inner = lists.get(item);
        if (inner === undefined || inner.index >= list.visibility) return [item];
        this.usedLists.add(inner.name);
        budget -= inner.items.length;
        if (budget > 0) return inner.items;
        this.fail("LOAD_ERR_VALIDATE", `lists have too many items together`, list.place, `'${item}' is used too often`);
        return [];
      }),
    }));
  }

  private parse(source: SourceText, place: ItemPlace): Parsed {
    const fail = (message: string, at: SourceText, index: number, hint: string | undefined) =>
      this.diagnostics.add("LOAD_ERR_COMPILE_CONDITION", message, at, index, expressionIn(place.item), hint);
    const lists = new Set<string>();
    let text = source;
    try {
      text = this.expander.expand(source, lists);
      for (const list of lists) this.usedLists.add(list);
      return { text, condition: parseCondition(text.value), lists, written: source.value };
    } catch (error) {
      if (error instanceof ExpansionError) {
        fail(error.message, source, error.index, "use smaller lists, or use them in fewer conditions");
      } else if (error instanceof ConditionError) {
        fail(error.message, text, error.index, error.hint);
      } else throw error;
      return { text, condition: undefined, lists, written: source.value };
    }
  }

  private parseRule(rule: RuleDefinition): Parsed {
    const text = foldExceptions(joinTexts(rule.condition), rule.exceptions, this.diagnostics);
    const parsed = this.parse(text, rule.place);
    if (parsed.condition !== undefined) this.noteReferences(parsed.condition, `'${rule.name}'`);
    return parsed;
  }

  private compileMacros(): Macro[] {
    const macros: Macro[] = [];
    for (const macro of this.collector.macros.values()) {
      const parsed = this.parsedMacros.get(macro.name)!;
      const resolved = this.resolver.macro(macro.name);
      if (isProblems(resolved)) {
        for (const problem of firstOfEach(resolved)) this.reportMacro(problem, parsed, macro.place, macro.name);
        continue;
      }
      for (const name of resolved.macros) this.usedMacros.add(name);
      this.warn(parsed, macro.place);
      macros.push({
        name: macro.name,
        written: parsed.written,
        condition: resolved.condition,
        conditionText: parsed.text,
        macros: resolved.macros,
        lists: [...parsed.lists],
        position: macro.place.text.position(macro.place.index),
      });
    }
    return macros;
  }

  private compileRule(rule: RuleDefinition, parsed: Parsed): Rule | undefined {
    const outputText = this.outputText(rule);
    warnAboutOutput(outputText, partOf(rule.place.item, "rule output"), this.diagnostics);
    if (parsed.condition === undefined) return undefined;
    const resolved = this.resolver.rule(parsed.condition);
    if (isProblems(resolved)) {
      for (const problem of firstOfEach(resolved)) this.reportMacro(problem, parsed, rule.place);
      return undefined;
    }
    this.warn(parsed, rule.place);
    const lists = new Set(parsed.lists);
    const macros = this.resolver.withUsed(resolved.macros);
    for (const name of macros) {
      this.usedMacros.add(name);
      for (const list of this.parsedMacros.get(name)!.lists) lists.add(list);
    }
    return {
      name: rule.name,
      description: rule.description,
      written: joinTexts(rule.condition).value,
      condition: resolved.condition,
      conditionText: parsed.text,
      output: outputText.value,
      outputText,
      priority: rule.priority,
      source: rule.source,
      tags: [...rule.tags].sort(),
      enabled: rule.enabled,
      warnEventTypes: rule.warnEventTypes,
      skipIfUnknownFilter: rule.skipIfUnknownFilter,
      macros,
      lists: [...lists],
      exceptions: rule.exceptions.map(describeException),
      position: rule.place.text.position(rule.place.index),
    };
  }

  private warn({ condition, text, written }: Parsed, { item }: ItemPlace): void {
    if (condition === undefined) return;
    warnAboutCondition(condition, text, written, item, this.collector.lists, this.diagnostics);
  }

  /** The rule's output without `%container.info`, which Falco still takes and prints as nothing. */
  private outputText(rule: RuleDefinition): SourceText {
    const text = joinTexts(rule.output);
    if (!text.value.includes(CONTAINER_INFO)) return text;
    const builder = new TextBuilder();
    let from = 0;
    for (let at = text.value.indexOf(CONTAINER_INFO); at >= 0; at = text.value.indexOf(CONTAINER_INFO, from)) {
      builder.add(text, from, at);
      from = at + CONTAINER_INFO.length;
    }
    const { item } = rule.place;
    this.diagnostics.add(
      "LOAD_DEPRECATED_ITEM",
      `${CONTAINER_INFO} is deprecated and no more useful, and will be dropped by Falco 1.0.0. ` +
        "The container plugin will automatically add required fields to the output message.",
      text,
      text.value.indexOf(CONTAINER_INFO),
      item,
      `remove ${CONTAINER_INFO} from the output`,
    );
    return builder.add(text, from).build();
  }

  private reportMacro(problem: MacroProblem, parsed: Parsed, place: ItemPlace, within?: string): void {
    const { ref } = problem;
    const needed = within === undefined ? "" : this.neededBy(within);
    const add = (code: "LOAD_ERR_VALIDATE" | "LOAD_ERR_COMPILE_CONDITION", message: string, hint: string | undefined) =>
      this.diagnostics.add(
        code,
        message,
        parsed.text,
        ref.span.start,
        partOf(place.item, "condition expression"),
        [hint, needed].filter((part) => part).join("; ") || undefined,
      );
    switch (problem.kind) {
      case "loop":
        return add("LOAD_ERR_VALIDATE", `reference loop in macro '${ref.name}'`, "a macro can't use itself");
      case "size":
        return add(
          "LOAD_ERR_COMPILE_CONDITION",
          `with its macros written out the condition has more than ${MAX_CHECKS} checks`,
          "use fewer or smaller macros",
        );
      case "depth":
        return add(
          "LOAD_ERR_COMPILE_CONDITION",
          "exceeded max depth limit: macros nest too deep",
          "flatten the macros",
        );
      case "undefined":
        if (!this.complete || this.collector.broken.macro.has(ref.name)) return;
        return add(
          "LOAD_ERR_VALIDATE",
          `Undefined macro '${ref.name}' used in filter.`,
          this.undefinedHint(ref, parsed, place),
        );
    }
  }

  private undefinedHint({ name }: MacroRef, { lists, written }: Parsed, place: ItemPlace): string | undefined {
    const later = this.collector.macros.get(name);
    if (later !== undefined) {
      const user = `${place.item.type} '${place.item.name}'`;
      return name === place.item.name
        ? "a macro can't use itself"
        : `macro '${name}' is defined later, at ${where(later.place)}; move it before ${user}`;
    }
    const list = written.includes(name)
      ? undefined
      : [...lists].find((list) => this.collector.lists.get(list)?.items.includes(name));
    if (list !== undefined) return `'${list}' is a list; compare a field with it: proc.name in (${list})`;
    return this.diagnostics.didYouMean(name, this.collector.macros.keys()) ??
      "define it, or if it is a field, write its whole name with a dot";
  }

  private noteReferences(condition: Expr, user: string, macro?: string): void {
    for (const { name } of references(condition)) {
      const users = this.referrers.get(name) ?? new Set();
      users.add(macro === undefined ? user : `\0${macro}`);
      this.referrers.set(name, users);
    }
  }

  /** `needed by rule 'a', 'b'`: the rules that use a macro, through others too. */
  private neededBy(macro: string): string {
    const rules: string[] = [];
    const seen = new Set([macro]);
    const pending = [macro];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      for (const user of this.referrers.get(name) ?? []) {
        if (seen.has(user)) continue;
        seen.add(user);
        if (user.startsWith("\0")) pending.push(user.slice(1));
        else rules.push(user);
      }
    }
    if (rules.length === 0) return "";
    const more = rules.length > 3 ? ` and ${rules.length - 3} more` : "";
    return `needed by ${rules.length === 1 ? "rule" : "rules"} ${rules.slice(0, 3).join(", ")}${more}`;
  }

  private warnUnused(): void {
    for (const [name, { place }] of this.collector.macros) {
      if (this.usedMacros.has(name)) continue;
      const message = "Macro not referred to by any other rule/macro";
      this.fail("LOAD_UNUSED_MACRO", message, place, `no rule uses '${name}'; remove it, or use it`);
    }
    for (const [name, { place }] of this.collector.lists) {
      if (this.usedLists.has(name)) continue;
      const message = "List not referred to by any other rule/macro";
      this.fail("LOAD_UNUSED_LIST", message, place, `'${name}' is never used; remove it, or use it`);
    }
  }

  private fail(
    code: "LOAD_UNUSED_MACRO" | "LOAD_UNUSED_LIST" | "LOAD_ERR_VALIDATE",
    message: string,
    place: ItemPlace,
    hint: string,
  ): void {
    this.diagnostics.add(code, message, place.text, place.index, place.item, hint);
  }
}

function isProblems<T>(result: T | readonly MacroProblem[]): result is readonly MacroProblem[] {
  return Array.isArray(result);
}

/** One problem per kind and name. */
function firstOfEach(problems: readonly MacroProblem[]): MacroProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ kind, ref }) => {
    const key = `${kind} ${kind === "undefined" ? ref.name : ""}`;
    return !seen.has(key) && seen.add(key);
  });
}
