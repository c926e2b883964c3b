// SPDX-License-Identifier: Apache-2.0

import type { Check, Expr, ListLiteral } from "./ast.ts";
import { conditionOf, type Diagnostics, expressionIn, type ItemContext } from "./diagnostic.ts";
import type { SourceText } from "./ruleset.ts";

/** Fields that Falco keeps only for old rules (rules-format.md §1.5), and what to do about each. */
const DEPRECATED_FIELDS: ReadonlyMap<string, string> = new Map([
  ["evt.dir", "only exit events exist: 'evt.dir = <' is always true and 'evt.dir = >' never; remove the check"],
  ...["evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"].map((field) =>
    [field, "it has no value since enter events are gone; remove it"] as const
  ),
]);

/** Fields of audit events, whose absence rules used to test by comparing with `<NA>`. */
const NA_FIELDS = /^(?:jevt|ka)\./;

/** A list of more values than this was not meant to name a list. */
const MAX_NAMED = 16;

/**
 * Warnings that the condition's own text gives cause for; macros in it are theirs to be warned about. `written` is the
 * condition before lists were put into it, `lists` are the names of all lists.
 */
export function warnAboutCondition(
  condition: Expr,
  text: SourceText,
  written: string,
  item: ItemContext,
  lists: ReadonlyMap<string, unknown>,
  diagnostics: Diagnostics,
): void {
  const warned = new Set<string>();
  for (const check of checks(condition)) {
    const { left, right } = check;
    if (right?.kind === "list") warnAboutNames(right, text, written, item, lists, diagnostics);
    if (left.kind !== "field") continue;
    const advice = DEPRECATED_FIELDS.get(left.name);
    if (advice !== undefined && !warned.has(left.name)) {
      warned.add(left.name);
      const message = `usage of deprecated field '${left.name}' has been detected in the rule condition`;
      diagnostics.add("LOAD_DEPRECATED_ITEM", message, text, left.span.start, conditionOf(item), advice);
    }
    const values = right?.kind === "list" ? right.items : right?.kind === "literal" ? [right] : [];
    const absent = NA_FIELDS.test(left.name) ? values.find((value) => value.value === "<NA>") : undefined;
    if (absent !== undefined) {
      const message = "comparing a field value with <NA> is unsafe and can lead to unpredictable behavior";
      const advice = `write '${left.name} exists' or 'not ${left.name} exists'`;
      diagnostics.add("LOAD_UNSAFE_NA_CHECK", message, text, absent.span.start, conditionOf(item), advice);
    }
  }
}

/** A bare name where a list stands is a value, which may not be what was meant. */
function warnAboutNames(
  list: ListLiteral,
  text: SourceText,
  written: string,
  item: ItemContext,
  lists: ReadonlyMap<string, unknown>,
  diagnostics: Diagnostics,
): void {
  for (const { value, quoted, span } of list.items) {
    if (quoted) continue;
    const warn = (message: string, hint: string) =>
      diagnostics.add("LANNER_NOT_A_LIST", message, text, span.start, expressionIn(item), hint);
    if (lists.has(value)) {
      warn(
        `list '${value}' is not put in here: its name is compared as a value`,
        "a list that is named by a list that is named by a list is put in only if it is defined after them",
      );
      continue;
    }
    const alone = span.start === list.span.start;
    if (list.items.length > MAX_NAMED || (!alone && !value.includes("_")) || !written.includes(value)) continue;
    const near = diagnostics.didYouMean(value, lists.keys());
    if (!alone && near === undefined) continue;
    warn(
      `'${value}' is compared as a value: there is no list of that name`,
      near ?? `write (${value}) if the value is meant`,
    );
  }
}

/** Warnings that a rule's output gives cause for. As in Falco any text that contains a deprecated field's name counts. */
export function warnAboutOutput(output: SourceText, item: ItemContext, diagnostics: Diagnostics): void {
  for (const [field, advice] of DEPRECATED_FIELDS) {
    const at = output.value.indexOf(field);
    if (at < 0) continue;
    const message = `usage of deprecated field '${field}' has been detected in the rule output`;
    diagnostics.add("LOAD_DEPRECATED_ITEM", message, output, at, item, advice);
  }
}

function* checks(condition: Expr): Generator<Check> {
  const pending: Expr[] = [condition];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    if (expr.kind === "check") yield expr;
    else if (expr.kind === "not") pending.push(expr.child);
    else if (expr.kind !== "macro") {
      for (let i = expr.children.length - 1; i >= 0; i--) pending.push(expr.children[i]!);
    }
  }
}
