// SPDX-License-Identifier: Apache-2.0

import { LIST_OPERATORS, MODIFIERS, STRING_OPERATORS } from "./ast.ts";
import type { Diagnostics, ItemPlace, Located } from "./diagnostic.ts";
import { quoteItem } from "./lists.ts";
import { didYouMean } from "./nearest.ts";
import type { Exception, SourceText } from "./ruleset.ts";
import { OPERATOR_SPELLINGS } from "./spellings.ts";
import { TextBuilder } from "./text.ts";

/** A scalar or a list of such, as `fields`, `comps` and `values` are written. */
export type ExceptionEntry = SourceText | readonly ExceptionEntry[];

/** An exception of a rule as collected so far. */
export interface ExceptionDefinition {
  readonly name: string;
  readonly place: ItemPlace;
  /** A field, or a list of fields that are compared together; undefined when only values are appended. */
  readonly fields: ExceptionEntry | undefined;
  /** An operator, or one per field; filled in by `completeException`. */
  readonly comps: ExceptionEntry | undefined;
  readonly values: ExceptionEntry[];
}

const isList = (entry: ExceptionEntry): entry is readonly ExceptionEntry[] => Array.isArray(entry);

/** An operator without the blanks around and the surplus ones inside. */
function normalise(comp: string): string {
  return comp.trim().replace(/\s+/g, " ");
}

/** `=` or `contains anyof`: what `comps` may name for one of several fields. */
function isComparison(comp: string): boolean {
  return OPERATOR_SPELLINGS.includes(comp) || hasModifier(comp);
}

function hasModifier(comp: string): boolean {
  const [operator, modifier, ...rest] = comp.split(" ");
  return rest.length === 0 && MODIFIERS.some((word) => word === modifier) &&
    (operator === "==" || STRING_OPERATORS.some((word) => word === operator));
}

/** True for operators whose right side is a list. */
function takesList(comp: string): boolean {
  return LIST_OPERATORS.some((word) => word === comp) || hasModifier(comp);
}

/**
 * The exception with its `comps` filled in, checked as Falco checks a definition (rules-format.md §1.3); undefined
 * after reporting what is wrong. `isField` tells a field's name (with its argument) from any other text.
 */
export function completeException(
  exception: ExceptionDefinition,
  diagnostics: Diagnostics,
  isField: (name: string) => boolean,
): ExceptionDefinition | undefined {
  const { fields, comps } = exception;
  const fail = (message: string, hint?: string, text: Located = exception.place.text) => {
    const index = text === exception.place.text ? exception.place.index : 0;
    diagnostics.add("LOAD_ERR_VALIDATE", message, text, index, exception.place.item, hint);
    return undefined;
  };
  if (fields === undefined) return fail("Rule exception item must have fields property with a list of fields");
  if (!isList(fields)) {
    if (comps !== undefined && isList(comps)) {
      return fail("Fields and comps must both be strings", "write both as lists, or both as single values");
    }
    const comp = comps === undefined ? "in" : normalise(comps.value);
    if (!takesList(comp)) {
      return fail(
        "When fields is a single value, comps must be one of (in, pmatch, intersects)",
        "write 'fields: [field]', 'comps: [operator]' and each value as a list for other operators",
        comps,
      );
    }
    if (!isField(fields.value)) return fail(`'${fields.value}' is not a supported filter field`, undefined, fields);
    return { ...exception, comps: located(comp, comps ?? fields) };
  }
  if (comps !== undefined && (!isList(comps) || comps.length !== fields.length)) {
    return fail(
      "Fields and comps lists must have equal length",
      `there are ${fields.length} fields and ${isList(comps) ? `${comps.length} comps` : "a single comp, not a list"}`,
    );
  }
  const operators: SourceText[] = [];
  for (const [index, field] of fields.entries()) {
    const comp = comps?.[index];
    if (isList(field) || (comp !== undefined && isList(comp))) {
      return fail("Fields and comps must be lists of strings");
    }
    const operator = normalise(comp?.value ?? "=");
    if (!isComparison(operator)) {
      return fail(
        `'${operator}' is not a supported comparison operator`,
        didYouMean(operator, OPERATOR_SPELLINGS),
        comp,
      );
    }
    if (!isField(field.value)) return fail(`'${field.value}' is not a supported filter field`, undefined, field);
    operators.push(located(operator, comp ?? field));
  }
  return { ...exception, comps: operators };
}

/** What the exception compares, for listings. */
export function describeException({ name, fields, comps }: ExceptionDefinition): Exception {
  const texts = (entry: ExceptionEntry | undefined): string[] =>
    entry === undefined ? [] : isList(entry) ? entry.flatMap(texts) : [entry.value];
  return { name, fields: texts(fields), operators: texts(comps) };
}

/** `value` with the place of `text`'s start. */
function located(value: string, text: SourceText): SourceText {
  return value === text.value ? text : new TextBuilder().insert(value, text, 0).build();
}

/**
 * The condition with its exceptions, as text: `(condition) and not (…)`. Falco joins text and escapes nothing, so a
 * value may bring syntax and names of lists with it. Reports values that don't fit their fields and leaves them out.
 */
export function foldExceptions(
  condition: SourceText,
  exceptions: readonly ExceptionDefinition[],
  diagnostics: Diagnostics,
): SourceText {
  if (exceptions.length === 0) return condition;
  const builder = new TextBuilder();
  builder.insert("(", condition, 0).add(condition).insert(")", condition, Math.max(0, condition.value.length - 1));
  for (const exception of exceptions) {
    const { fields, comps, place } = exception;
    if (fields === undefined || comps === undefined) continue;
    const fail = (message: string, hint: string) =>
      diagnostics.add("LOAD_ERR_VALIDATE", message, place.text, place.index, place.item, hint);
    if (isList(fields)) foldTuples(builder, exception, fields, isList(comps) ? comps : [comps], fail);
    else foldSingle(builder, exception, fields, isList(comps) ? comps[0] : comps, fail);
  }
  return builder.build();
}

type Fail = (message: string, hint: string) => void;

/** `(field in (a, b))` */
function foldSingle(
  builder: TextBuilder,
  exception: ExceptionDefinition,
  field: SourceText,
  comp: ExceptionEntry | undefined,
  fail: Fail,
): void {
  const values = exception.values.filter((value): value is SourceText => !isList(value));
  if (values.length < exception.values.length) {
    fail(
      "Expected values array to contain a list of strings",
      `'fields' is the single field ${field.value}; write its values as single values, or 'fields' as a list`,
    );
  }
  if (values.length === 0 || comp === undefined || isList(comp)) return;
  builder.insert(" and not (", field, 0).add(field).insert(" ", field, 0).add(comp).insert(" (", comp, 0);
  values.forEach((value, index) => {
    if (index > 0) builder.insert(", ", value, 0);
    addValue(builder, value, quoteItem(value.value));
  });
  builder.insert("))", field, 0);
}

/** `((f1 = a and f2 in (b)) or (…))` */
function foldTuples(
  builder: TextBuilder,
  exception: ExceptionDefinition,
  fields: readonly ExceptionEntry[],
  comps: readonly ExceptionEntry[],
  fail: Fail,
): void {
  let started = false;
  for (const values of exception.values) {
    if (!isList(values) || values.length !== fields.length) {
      fail(
        "Fields and values lists must have equal length",
        `each value is a list of ${fields.length}, one per field; one here has ${
          isList(values) ? values.length : "no list"
        }`,
      );
      continue;
    }
    const at = exception.place;
    builder.insert(started ? " or (" : " and not ((", at.text, at.index);
    started = true;
    fields.forEach((field, index) => {
      const comp = comps[index];
      const value = values[index];
      if (isList(field) || comp === undefined || isList(comp) || value === undefined) return;
      if (index > 0) builder.insert(" and ", field, 0);
      builder.insert(" ", field, 0).add(field).insert(" ", field, 0).add(comp).insert(" ", comp, 0);
      if (isList(value)) addList(builder, value, comp);
      else if (takesList(comp.value)) {
        addValue(builder, value, value.value.startsWith("(") ? value.value : `(${value.value})`);
      } else addValue(builder, value, quoteItem(value.value));
    });
    builder.insert(")", at.text, at.index);
  }
  if (started) builder.insert(")", exception.place.text, exception.place.index);
}

/** `(a, b)`; a list inside it has no text in Falco either. */
function addList(builder: TextBuilder, values: readonly ExceptionEntry[], at: SourceText): void {
  builder.insert("(", at, 0);
  values.forEach((value, index) => {
    if (index > 0) builder.insert(", ", at, 0);
    if (!isList(value)) addValue(builder, value, quoteItem(value.value));
  });
  builder.insert(")", at, 0);
}

/** Adds `written`, which is `value` perhaps with something around it. */
function addValue(builder: TextBuilder, value: SourceText, written: string): void {
  const before = written.indexOf(value.value);
  builder.insert(written.slice(0, before), value, 0).add(value);
  builder.insert(written.slice(before + value.value.length), value, Math.max(0, value.value.length - 1));
}
