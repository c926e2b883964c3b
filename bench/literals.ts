// SPDX-License-Identifier: Apache-2.0

/**
 * The words that rules compare with, as a C header: bench/engine.c says by hand what the rules ask, and takes from
 * here with which values, so that both sides search the same lists and no rules file's text is kept in this repository.
 */
import { Buffer } from "node:buffer";
import type { Check, Expr } from "../src/rules/ast.ts";
import type { RuleSet } from "../src/rules/ruleset.ts";

/** Checks of a condition in the order in which they are written; one that stands twice comes once. */
function checksOf(condition: Expr): Check[] {
  const found = new Set<Check>();
  const visit = (node: Expr): void => {
    if (node.kind === "check") found.add(node);
    else if (node.kind === "not") visit(node.child);
    else if (node.kind === "and" || node.kind === "or") node.children.forEach(visit);
  };
  visit(condition);
  return [...found];
}

/** A name as C takes it. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, "_").toLowerCase();
}

function quoted(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  const plain = (byte: number) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
  return `"${
    [...bytes].map((b) => plain(b) ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, "0")}`).join("")
  }"`;
}

/**
 * The header: rules as `RULE_NAME` in their order, and for check N of a macro (or rule) `MACRO_N`: a string where it
 * compares with one value, a `struct set` where with a list. Checks of the macros that a macro uses are theirs.
 */
export function literalsHeader(rules: RuleSet): string {
  const lines = rules.rules.map(({ name }, i) => `#define RULE_${identifier(name).toUpperCase()} ${i}`);
  lines.push(`#define RULES ${rules.rules.length}`);
  const sets: string[] = [];
  for (const { name, condition, conditionText } of [...rules.macros, ...rules.rules]) {
    const own = checksOf(condition).filter((check) => rules.textOf(check) === conditionText);
    own.forEach(({ right, operator, left }, i) => {
      const label = `${identifier(name)}_${i}`;
      if (right?.kind === "literal") {
        lines.push(`#define ${label} ${quoted(right.value)} /* ${left.name} ${operator} */`);
      }
      if (right?.kind === "list") {
        const items = right.items.map(({ value }) => `WORD(${quoted(value)})`);
        lines.push(`SET(${[label, ...items].join(", ")}) /* ${left.name} */`);
        sets.push(`&${label}`);
      }
    });
  }
  lines.push(`static struct set *const sets[] = { ${sets.join(", ")} };`);
  return lines.join("\n") + "\n";
}
