// SPDX-License-Identifier: Apache-2.0

import { type Diagnostics, type ItemPlace, where } from "./diagnostic.ts";
import { completeException, type ExceptionDefinition } from "./exceptions.ts";
import { didYouMean } from "./nearest.ts";
import type { Priority } from "./priority.ts";
import type { SourceText } from "./ruleset.ts";

/** What lists, macros and rules have in common. */
interface Definition {
  readonly name: string;
  place: ItemPlace;
  /** Place among all items, kept when the item is defined again. */
  index: number;
  /** Place of its last change: a macro sees only macros whose index is lower. */
  visibility: number;
}

/** A list as collected so far. */
export interface ListDefinition extends Definition {
  items: string[];
}

/** A macro as collected so far; the parts of its condition are to be joined with blanks. */
export interface MacroDefinition extends Definition {
  condition: SourceText[];
}

/** A rule as collected so far. */
export interface RuleDefinition extends Definition {
  condition: SourceText[];
  output: SourceText[];
  description: string;
  priority: Priority;
  source: string;
  /** Nothing provides events of its source: the rule is kept for later items that name it, but not compiled. */
  unknownSource: boolean;
  tags: Set<string>;
  enabled: boolean;
  warnEventTypes: boolean;
  skipIfUnknownFilter: boolean;
  exceptions: ExceptionDefinition[];
}

/** What an append or override changes of a rule. */
export interface RulePatch {
  readonly name: string;
  readonly place: ItemPlace;
  readonly source?: string | undefined;
  readonly condition?: SourceText | undefined;
  readonly output?: SourceText | undefined;
  readonly description?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly warnEventTypes?: boolean | undefined;
  readonly skipIfUnknownFilter?: boolean | undefined;
  readonly exceptions?: readonly ExceptionDefinition[] | undefined;
}

/** An item as it was read, before it has its place among the others. */
export type New<T extends Definition> = Omit<T, "index" | "visibility">;

/**
 * The definitions of all files so far, by Falco's rules for defining again, appending and overriding
 * (rules-format.md §1.2). Maps keep the order of first definition.
 */
export class Collector {
  readonly lists = new Map<string, ListDefinition>();
  readonly macros = new Map<string, MacroDefinition>();
  readonly rules = new Map<string, RuleDefinition>();
  /** Names of items that had errors: what is said about references to them would only follow from these. */
  readonly broken = { list: new Set<string>(), macro: new Set<string>(), rule: new Set<string>() };
  /** Rules and macros that were defined or changed; who reads it may clear it. */
  readonly changed = new Set<RuleDefinition | MacroDefinition>();
  private counter = 0;

  /**
   * @param sources the event sources whose rules are run
   * @param isField tells the fields that an exception may name
   */
  constructor(
    private readonly diagnostics: Diagnostics,
    private readonly sources: readonly string[],
    private readonly isField: (name: string) => boolean,
  ) {}

  defineList(list: New<ListDefinition>): void {
    this.define(this.lists, list);
  }

  appendList(list: New<ListDefinition>): void {
    const previous = this.previous(
      "list",
      this.lists,
      list,
      "List uses 'append' or 'override.items: append' but no list by that name already exists",
    );
    if (previous === undefined) return;
    for (const item of list.items) previous.items.push(item);
    previous.visibility = this.counter++;
  }

  defineMacro(macro: New<MacroDefinition>): void {
    this.changed.add(this.define(this.macros, macro));
  }

  appendMacro(macro: New<MacroDefinition>): void {
    const previous = this.previous(
      "macro",
      this.macros,
      macro,
      "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists",
    );
    if (previous === undefined) return;
    previous.condition.push(...macro.condition);
    previous.visibility = this.counter++;
    this.changed.add(previous);
  }

  /** Defines a rule, or defines it again, which keeps its place among the rules. */
  defineRule(rule: Omit<New<RuleDefinition>, "unknownSource">): void {
    const previous = this.rules.get(rule.name);
    if (previous !== undefined && !this.sameSource(previous, rule.source, rule.place)) return;
    const unknownSource = !this.sources.includes(rule.source);
    if (unknownSource) {
      this.report(
        "LOAD_UNKNOWN_SOURCE",
        `Unknown source ${rule.source}, skipping`,
        rule.place,
        didYouMean(rule.source, this.sources) ?? `rules of these sources are run: ${this.sources.join(", ")}`,
      );
    }
    const exceptions = this.complete(rule.exceptions, unknownSource);
    const defined = this.define(this.rules, { ...rule, exceptions, unknownSource });
    if (previous !== undefined) this.changed.delete(previous);
    if (!unknownSource) this.changed.add(defined);
  }

  /** `append: true`, or the appending half of an override. */
  appendRule(patch: RulePatch): void {
    const previous = this.previous(
      "rule",
      this.rules,
      patch,
      "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
    );
    if (previous === undefined || !this.sameSource(previous, patch.source, patch.place)) return;
    const { condition, output, description, tags, exceptions } = patch;
    if ([condition, output, description, tags, exceptions].every((value) => value === undefined)) {
      return this.report("LOAD_ERR_VALIDATE", "Appended rule must have exceptions or condition property", patch.place);
    }
    if (condition !== undefined) previous.condition.push(condition);
    if (output !== undefined) previous.output.push(output);
    if (description !== undefined) previous.description += ` ${description}`;
    for (const tag of tags ?? []) previous.tags.add(tag);
    for (const exception of exceptions ?? []) this.appendException(previous, exception);
    previous.visibility = this.counter++;
    this.changed.add(previous);
  }

  /** The replacing half of an override. */
  replaceInRule(patch: RulePatch): void {
    const previous = this.previous(
      "rule",
      this.rules,
      patch,
      "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists",
    );
    if (previous === undefined || !this.sameSource(previous, patch.source, patch.place)) return;
    if (patch.condition !== undefined) previous.condition = [patch.condition];
    this.changed.add(previous);
    if (patch.output !== undefined) previous.output = [patch.output];
    previous.description = patch.description ?? previous.description;
    previous.priority = patch.priority ?? previous.priority;
    if (patch.tags !== undefined) previous.tags = new Set(patch.tags);
    previous.enabled = patch.enabled ?? previous.enabled;
    previous.warnEventTypes = patch.warnEventTypes ?? previous.warnEventTypes;
    previous.skipIfUnknownFilter = patch.skipIfUnknownFilter ?? previous.skipIfUnknownFilter;
    if (patch.exceptions !== undefined) {
      previous.exceptions = this.complete(patch.exceptions, previous.unknownSource);
    }
    previous.visibility = this.counter++;
  }

  /** A rule item with nothing but `enabled`. */
  switchRule(name: string, enabled: boolean, place: ItemPlace): void {
    const previous = this.previous(
      "rule",
      this.rules,
      { name, place },
      "Rule has 'enabled' key but no rule by that name already exists",
    );
    if (previous !== undefined) previous.enabled = enabled;
  }

  private define<T extends Definition>(map: Map<string, T>, item: New<T>): T {
    const at = this.counter++;
    const index = map.get(item.name)?.index ?? at;
    const definition = { ...item, index, visibility: at } as T;
    map.set(item.name, definition);
    return definition;
  }

  private previous<T extends Definition>(
    kind: "list" | "macro" | "rule",
    map: Map<string, T>,
    item: { readonly name: string; readonly place: ItemPlace },
    message: string,
  ): T | undefined {
    const previous = map.get(item.name);
    if (previous === undefined && !this.broken[kind].has(item.name)) {
      this.report(
        "LOAD_ERR_VALIDATE",
        message,
        item.place,
        this.diagnostics.didYouMean(item.name, map.keys()) ??
          `define ${kind} '${item.name}' before this item, or in an earlier file`,
      );
    }
    return previous;
  }

  private sameSource(previous: RuleDefinition, source: string | undefined, place: ItemPlace): boolean {
    if (source === undefined || source === previous.source) return true;
    this.report(
      "LOAD_ERR_VALIDATE",
      "Rule has been re-defined with a different source",
      place,
      `its source is '${previous.source}', given at ${where(previous.place)}; use another rule name`,
    );
    return false;
  }

  private appendException(rule: RuleDefinition, exception: ExceptionDefinition): void {
    const previous = rule.exceptions.find((other) => other.name === exception.name);
    const fail = (message: string, hint?: string) => this.report("LOAD_ERR_VALIDATE", message, exception.place, hint);
    if (previous === undefined) {
      if (exception.fields === undefined) {
        fail(
          "Rule exception must have fields property with a list of fields",
          didYouMean(exception.name, rule.exceptions.map((other) => other.name)),
        );
      } else if (exception.values.length === 0) {
        fail("Rule exception must have values property with a list of values");
      } else rule.exceptions.push(...this.complete([exception], rule.unknownSource));
      return;
    }
    const remove = "its fields and comps are already given; leave only 'name' and 'values'";
    if (exception.fields !== undefined) {
      fail("Can not append exception fields to existing exception, only values", remove);
    } else if (exception.comps !== undefined) {
      fail("Can not append exception comps to existing exception, only values", remove);
    } else for (const value of exception.values) previous.values.push(value);
  }

  /** The exceptions that are well-formed; the fields of an unknown source are unknown too. */
  private complete(exceptions: readonly ExceptionDefinition[], unknownSource: boolean): ExceptionDefinition[] {
    const isField = unknownSource ? () => true : this.isField;
    return exceptions.flatMap((exception) => completeException(exception, this.diagnostics, isField) ?? []);
  }

  private report(code: "LOAD_ERR_VALIDATE" | "LOAD_UNKNOWN_SOURCE", message: string, place: ItemPlace, hint?: string) {
    this.diagnostics.add(code, message, place.text, place.index, place.item, hint);
  }
}
