// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { loadRules } from "../../src/rules/loader.ts";
import { printCondition } from "../../src/rules/print.ts";
import type { RuleSet } from "../../src/rules/ruleset.ts";

const cases = z.array(z.strictObject({
  name: z.string(),
  files: z.array(z.string()),
  rules: z.record(z.string(), z.string()),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  problems: z.array(z.string()),
})).parse(parse(readFileSync(new URL("loader_cases.yaml", import.meta.url), "utf8")));

function load(...files: string[]): RuleSet {
  return loadRules(files.map((content, index) => ({ name: "abcdef"[index] + ".yaml", content })));
}

/** `line:column CODE message -- hint`, as in the table. */
function problems(set: RuleSet): string[] {
  return set.diagnostics.map(({ position, code, message, hint }) => {
    const file = position.file === "a.yaml" ? "" : `${position.file}:`;
    const short = message.replace(/: one of 'exists'.*/, "");
    return `${file}${position.line}:${position.column} ${code} ${short}${hint === undefined ? "" : ` -- ${hint}`}`;
  });
}

const rule = (condition: string, name = "r") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: info\n`;

describe("loading", () => {
  for (const { name, files, rules, properties, problems: expected } of cases) {
    test(name, () => {
      const set = load(...files);
      assert.deepEqual(problems(set), expected);
      assert.deepEqual(
        set.rules.map((rule) => [rule.name, printCondition(rule.condition)]),
        Object.entries(rules),
      );
      for (const [rule, wanted] of Object.entries(properties ?? {})) {
        const found = set.rules.find((other) => other.name === rule);
        for (const [key, value] of Object.entries(wanted)) {
          assert.deepEqual(found?.[key as keyof typeof found], value, `${rule}.${key}`);
        }
      }
    });
  }
});

describe("a rule set", () => {
  test("shares the tree of a macro between all that use it", () => {
    const { rules, macros } = load(
      `- macro: m\n  condition: a.b = c\n- macro: n\n  condition: not m\n${rule("m and n")}${
        rule("x.y = z or m", "s")
      }`,
    );
    const [r, s] = rules.map((rule) => rule.condition);
    assert.ok(r?.kind === "and" && s?.kind === "or");
    assert.equal(r.children[0], macros[0]!.condition);
    assert.equal(s.children[1], macros[0]!.condition);
    assert.ok(r.children[1]?.kind === "not");
    assert.equal(r.children[1].child, macros[0]!.condition);
  });

  test("names the macros and lists that each rule uses, through macros too", () => {
    const { rules } = load(
      "- list: k\n  items: [x]\n- list: l\n  items: [y]\n- macro: m\n  condition: a.b in (l)\n" +
        `- macro: n\n  condition: m and c.d = e\n${rule("c.d in (k) and n")}`,
    );
    assert.deepEqual(rules[0]!.macros, ["n", "m"]);
    assert.deepEqual(rules[0]!.lists, ["k", "l"]);
  });

  test("finds the text of a node, in a rule and in a macro", () => {
    const set = load(`- macro: m\n  condition: a.b = c\n${rule("m and x.y = z")}`);
    const condition = set.rules[0]!.condition;
    assert.ok(condition.kind === "and");
    const [inMacro, inRule] = condition.children;
    const place = (node: { span: { start: number; end: number } }) => {
      const { line, column } = set.textOf(node)!.position(node.span.start);
      return `${line}:${column}`;
    };
    assert.equal(place(inMacro!), "2:14");
    assert.equal(place(inRule!), "5:20");
    assert.equal(place(condition), "5:14");
    assert.ok(inRule?.kind === "check" && inRule.right?.kind === "literal");
    assert.equal(place(inRule.right), "5:26");
    assert.equal(set.textOf({ span: { start: 0, end: 1 } }), undefined);
  });

  test("says for which sources rules are run, and which fields exceptions may name", () => {
    const content = `${rule("a.b = c")}  source: other\n  exceptions: [{name: e, fields: a.b}]\n`;
    const set = loadRules([{ name: "a.yaml", content }], {
      sources: ["syscall", "other"],
      isField: (name) => name === "x.y",
    });
    assert.deepEqual(set.diagnostics.map((diagnostic) => diagnostic.message), [
      "'a.b' is not a supported filter field",
    ]);
    assert.deepEqual(set.rules.map((rule) => rule.source), ["other"]);
  });

  test("is satisfied with the plugins it is told of", () => {
    const content = "- required_plugin_versions: [{name: json, version: 0.7.0}]";
    assert.equal(
      loadRules([{ name: "a", content }], { plugins: [{ name: "json", version: "0.7.1" }] }).diagnostics.length,
      0,
    );
    assert.equal(
      loadRules([{ name: "a", content }], { plugins: [{ name: "json", version: "1.7.1" }] }).diagnostics.length,
      1,
    );
  });
});

describe("bytes", () => {
  const bytes = (...parts: (string | number)[]) =>
    Uint8Array.from(parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : [part]));

  test("a file may start with a byte order mark", () => {
    const set = loadRules([{ name: "a.yaml", content: bytes(0xef, 0xbb, 0xbf, rule("a.b == ä")) }]);
    assert.deepEqual(set.diagnostics, []);
    assert.equal(printCondition(set.rules[0]!.condition), "a.b = ä");
  });

  test("what is not UTF-8 is an error at its place", () => {
    const set = loadRules([{ name: "a.yaml", content: bytes("- list: l\n  items: [a, ", 0xe4, "]\n") }]);
    assert.deepEqual(problems(set), ["2:14 LOAD_ERR_YAML_PARSE the file is not valid UTF-8 -- save it as UTF-8"]);
  });

  test("a NUL is an error at its place", () => {
    const set = loadRules([{ name: "a.yaml", content: "- list: l\n  items: [a, \0]\n" }]);
    assert.deepEqual(problems(set), [
      "2:14 LOAD_ERR_YAML_PARSE the file contains a NUL byte -- is this a rules file? save it as UTF-8 text",
    ]);
  });

  test("the other files are loaded all the same", () => {
    const set = loadRules([{ name: "a", content: bytes(0xff) }, { name: "b", content: rule("a.b = c") }]);
    assert.equal(set.diagnostics.length, 1);
    assert.deepEqual(set.rules.map((rule) => rule.name), ["r"]);
  });

  test("lines may end with CR LF", () => {
    const set = load(`- macro: m\r\n  condition: >\r\n    a.b = c\r\n    and x.y lik z\r\n`);
    const [problem] = set.diagnostics;
    assert.deepEqual([problem!.position.line, problem!.position.column, problem!.snippet], [
      4,
      13,
      "    and x.y lik z",
    ]);
  });
});

const official = new URL("../../../shared/compat/falco_rules.yaml", import.meta.url);
const falcoRules = existsSync(official) ? readFileSync(official) : undefined;

describe("Falco's official stable rules", { skip: falcoRules === undefined && "../shared is absent" }, () => {
  test("load without any problem", () => {
    const set = loadRules([{ name: "falco_rules.yaml", content: falcoRules! }]);
    assert.deepEqual(problems(set), []);
    assert.deepEqual([set.rules.length, set.macros.length, set.lists.length], [25, 87, 49]);
  });

  test("are read again from their canonical text", () => {
    for (const { condition } of loadRules([{ name: "falco_rules.yaml", content: falcoRules! }]).rules) {
      const again = load(rule(JSON.stringify(printCondition(condition))));
      assert.deepEqual(problems(again), []);
      assert.equal(printCondition(again.rules[0]!.condition), printCondition(condition));
    }
  });
});
