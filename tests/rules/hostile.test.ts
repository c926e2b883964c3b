// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadRules } from "../../src/rules/loader.ts";
import { formatDiagnostic } from "../../src/rules/report.ts";
import type { RuleSet } from "../../src/rules/ruleset.ts";

const rule = (condition: string, name = "r") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: info\n`;
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join("");

/** What a hostile file gives: the message of its first problem, or how many rules it loads as. */
const files: { readonly name: string; readonly content: () => string; readonly gives: RegExp | number }[] = [
  {
    name: "a condition of 10,000 terms",
    content: () => rule(many(9_999, (i) => `a.b = ${i} or `) + "c.d = e"),
    gives: 1,
  },
  {
    name: "a list of 100,000 items",
    content: () => `- list: l\n  items: [${many(100_000, (i) => `x${i}, `)}y]\n${rule("a.b in (l)")}`,
    gives: 1,
  },
  {
    name: "a condition nested 1000 deep",
    content: () => rule("(".repeat(1000) + "a.b = c" + ")".repeat(1000)),
    gives: 1,
  },
  {
    name: "a condition nested 100,000 deep",
    content: () => rule("(".repeat(100_000)),
    gives: /^exceeded max depth limit of 1000$/,
  },
  { name: "a condition of 10 MB", content: () => rule(many(1_000_000, () => "a.b=c or ") + "a.b=c"), gives: 1 },
  {
    name: "5000 ordinary rules",
    content: () =>
      "- macro: m\n  condition: a.b = c\n- list: l\n  items: [x, y]\n" +
      many(5000, (i) => rule(`m and not e.f in (l) and g.h contains "w${i}"`, `Rule ${i}`) + "  tags: [a, b]\n"),
    gives: 5000,
  },
  { name: "10 MB of one word", content: () => "x".repeat(1e7), gives: /^Rules content is not yaml$/ },
  { name: "10 MB of brackets", content: () => "[".repeat(1e7), gives: /^collections nest more than 100 deep$/ },
  { name: "10 MB of closing brackets", content: () => "}{][".repeat(2.5e6), gives: /^Unexpected flow-map-end token/ },
  { name: "10 MB of an open string", content: () => `- list: "${"x".repeat(1e7)}`, gives: /^Missing closing "quote$/ },
  { name: "10 MB of dashes", content: () => "- ".repeat(5e6), gives: /^collections nest more than 100 deep$/ },
  {
    name: "aliases of aliases",
    content: () =>
      "- list: l\n  items: &a0 [x, x]\n" + many(40, (i) => `- list: l${i}\n  items: &a${i + 1} [*a${i}, *a${i}]\n`),
    gives: /^aliases expand to more than 1000000 values$/,
  },
  {
    name: "an alias of itself",
    content: () => "- &a\n  list: l\n  items: [*a]\n",
    gives: /^the alias \*a is inside its own anchor$/,
  },
  {
    name: "aliases nested deep",
    content: () => "- list: l\n  items: &a0 [x]\n" + many(200, (i) => `- list: l${i}\n  items: &a${i + 1} [*a${i}]\n`),
    gives: /^aliases nest more than 100 deep$/,
  },
  {
    name: "macros that double",
    content: () =>
      `- macro: m0\n  condition: a.b = c\n${many(50, (i) => `- macro: m${i + 1}\n  condition: m${i} and m${i}\n`)}${
        rule("m50")
      }`,
    gives: /^with its macros written out the condition has more than 200000 checks$/,
  },
  {
    name: "a chain of 5000 macros",
    content: () =>
      `- macro: m0\n  condition: a.b = c\n${many(5000, (i) => `- macro: m${i + 1}\n  condition: not m${i}\n`)}${
        rule("m5000")
      }`,
    gives: /^exceeded max depth limit: macros nest too deep$/,
  },
  {
    name: "a chain of 5000 macros that are defined again",
    content: () =>
      many(5001, (i) => `- macro: m${i}\n  condition: a.b = c\n`) + many(5000, (i) =>
        `- macro: m${i}\n  condition: m${i + 1}\n`) +
      rule("m0"),
    gives: /^exceeded max depth limit: macros nest too deep$/,
  },
  {
    name: "lists that double",
    content: () =>
      `${many(50, (i) => `- list: l${i}\n  items: [l${i + 1}, l${i + 1}]\n`)}- list: l50\n  items: [x]\n${
        rule("a.b in (l0)")
      }`,
    gives: /^list 'l50' makes the conditions longer than \d+ characters$/,
  },
  {
    name: "empty lists that double",
    content: () =>
      `${many(50, (i) => `- list: l${i}\n  items: [l${i + 1}, l${i + 1}]\n`)}- list: l50\n  items: []\n${
        rule("a.b in (l0)")
      }`,
    gives: /^list 'l\d+' makes the conditions longer than \d+ characters$/,
  },
  {
    name: "a chain of 5000 lists",
    content: () =>
      `${many(5000, (i) => `- list: l${i}\n  items: [l${i + 1}]\n`)}- list: l5000\n  items: [x]\n${
        rule("a.b in (l0)")
      }`,
    gives: /^lists name each other more than 1000 deep$/,
  },
  {
    name: "a condition of 20,000 lists",
    content: () =>
      many(20_000, (i) => `- list: l${i}\n  items: [x]\n`) + rule(`a.b in (${many(20_000, (i) => `l${i}, `)}y)`),
    gives: 1,
  },
  {
    name: "20,000 undefined macros",
    content: () => many(20_000, (i) => `- macro: m${i}\n  condition: nope${i}\n`),
    gives: /^Undefined macro 'nope0'/,
  },
  {
    name: "20,000 appends to one rule",
    content: () => rule("a.b = c") + many(20_000, () => "- {rule: r, append: true, condition: or a.b = d}\n"),
    gives: 1,
  },
  {
    name: "names that JavaScript knows",
    content: () =>
      `- list: __proto__\n  items: [constructor]\n${
        rule("a.b in (__proto__, toString)", "constructor")
      }  __proto__: x\n  toString: y\n`,
    gives: 1,
  },
];

describe("a hostile file is loaded or refused in bounded time", () => {
  for (const { name, content, gives } of files) {
    test(name, { timeout: 60_000 }, () => {
      const text = content();
      const start = performance.now();
      const set: RuleSet = loadRules([{ name: "a.yaml", content: text }]);
      assert.ok(performance.now() - start < 60_000);
      const error = set.diagnostics.find((diagnostic) => diagnostic.severity === "error");
      if (typeof gives === "number") {
        assert.equal(error, undefined);
        assert.equal(set.rules.length, gives);
      } else {
        assert.match(error?.message ?? "", gives);
        assert.ok(formatDiagnostic(error!).length < 5000);
      }
      assert.ok(set.diagnostics.length <= 10_001);
    });
  }
});
