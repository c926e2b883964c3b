// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import process from "node:process";
import { ConditionError } from "../../src/rules/lexer.ts";
import { loadRules } from "../../src/rules/loader.ts";
import { parseCondition } from "../../src/rules/parser.ts";
import { printCondition } from "../../src/rules/print.ts";
import { formatDiagnostic, loadResults } from "../../src/rules/report.ts";
import { seeded, withoutSpans } from "../support/rules.ts";

const SEED = Number(process.env.LANNER_FUZZ_SEED ?? 20_260_101);
const CASES = Number(process.env.LANNER_FUZZ_CASES ?? 3000);

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const WORDS = [
  "and",
  "or",
  "not",
  "not(",
  "(",
  ")",
  " ",
  "  ",
  "\n",
  "\t",
  ",",
  "=",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "intersects",
  "pmatch",
  "exists",
  "contains",
  "glob",
  "regex",
  "startswith",
  "oneof",
  "anyof",
  "allof",
  "val(",
  "tolower(",
  "concat(",
  "join(",
  "getopt(",
  "len(",
  "proc.name",
  "fd.num",
  "proc.aname[2]",
  'proc.env["x y"]',
  "macro",
  "a",
  "/etc/x*",
  "-1",
  "1.5",
  "0x1f",
  '"',
  "'",
  '"a b"',
  "'c'",
  '"\\x41"',
  '"\\',
  "\\",
  "[",
  "]",
  "ä",
  "\0",
  "\v",
  "#",
  "<NA>",
];

function randomCondition(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() * 14) }, () => pick(random, WORDS) + pick(random, ["", " ", " "]))
    .join("");
}

/** A condition that is well-formed, with every construct of the grammar. */
function wellFormed(random: Random, depth: number): string {
  const field = () =>
    pick(random, [
      "proc.name",
      "fd.num",
      "proc.aname[2]",
      'proc.env["a b"]',
      "tolower(proc.name)",
      'concat(a.b, "x", 1)',
      "len(b64(a.b))",
    ]);
  const text = () =>
    pick(random, [
      "a",
      "/x/*",
      '"b c"',
      "'d'",
      '""',
      "oneof",
      "and",
      '"\\x00\\xff\\n"',
      "'\"'",
      '"é\\\\\\"x"',
      "日",
      '"\\x5c"',
      "1",
    ]);
  const list = () => pick(random, ["()", `(${text()})`, `(${text()}, ${text()},${text()})`, "lst"]);
  if (depth === 0 || random() < 0.3) {
    switch (Math.floor(random() * 6)) {
      case 0:
        return `${field()} exists`;
      case 1:
        return `${field()} ${pick(random, ["<", "<=", ">", ">="])} ${
          pick(random, ["1", "-2.5", "0xA", "1e+3", "val(a.b)"])
        }`;
      case 2:
        return `${field()} ${pick(random, ["in", "intersects", "pmatch"])} ${pick(random, [list(), "val(a.b[c])"])}`;
      case 3:
        return `${field()} ${pick(random, ["=", "!=", "contains", "glob"])} ${
          pick(random, ["oneof", "anyof", "allof"])
        } ${list()}`;
      case 4:
        return pick(random, ["macro", "not_a_macro", "orb", "exists"]);
      default:
        return `${field()} ${pick(random, ["=", "==", "!=", "icontains", "regex", "bcontains"])} ${
          pick(random, [text(), "tolower(a.b)"])
        }`;
    }
  }
  const inner = () => wellFormed(random, depth - 1);
  switch (Math.floor(random() * 4)) {
    case 0:
      return `not (${inner()})`;
    case 1:
      return `not not not(${inner()})`;
    case 2:
      return `(${inner()}) and (${inner()}) and ${wellFormed(random, 0)}`;
    default:
      return `(${inner()}) or ${wellFormed(random, 0)} or (${inner()})`;
  }
}

/** `text` with a few of its characters removed, doubled, replaced or moved. */
function mutated(random: Random, text: string, alphabet: readonly string[]): string {
  let result = text;
  for (let i = Math.floor(random() * 5); i >= 0; i--) {
    const at = Math.floor(random() * (result.length + 1));
    const to = at + Math.floor(random() * 6);
    result = result.slice(0, at) +
      pick(random, ["", pick(random, alphabet), result.slice(at, to).repeat(2), result.slice(at, to)]) +
      result.slice(to);
  }
  return result;
}

describe(`with random input (seed ${SEED}, ${CASES} cases each)`, () => {
  test("the parser reads a condition or says where it can't", { timeout: 600_000 }, () => {
    const random = seeded(SEED);
    let read = 0;
    for (let i = 0; i < CASES; i++) {
      const text = i % 2 === 0 ? randomCondition(random) : mutated(random, wellFormed(random, 3), WORDS);
      try {
        const expr = parseCondition(text);
        read++;
        assert.deepEqual(withoutSpans(parseCondition(printCondition(expr))), withoutSpans(expr), JSON.stringify(text));
      } catch (error) {
        if (!(error instanceof ConditionError)) {
          throw new Error(`not refused but broken: ${JSON.stringify(text)}`, { cause: error });
        }
        assert.ok(error.index >= 0 && error.index <= text.length, JSON.stringify(text));
      }
    }
    assert.ok(read > CASES / 20 && read < CASES, `${read} were read`);
  });

  test("parse(print(tree)) is the tree", { timeout: 600_000 }, () => {
    const random = seeded(SEED + 1);
    for (let i = 0; i < CASES; i++) {
      const text = wellFormed(random, 4);
      const expr = parseCondition(text);
      const printed = printCondition(expr);
      assert.deepEqual(withoutSpans(parseCondition(printed)), withoutSpans(expr), JSON.stringify(text));
      assert.equal(printCondition(parseCondition(printed)), printed);
    }
  });

  test("the loader loads a file or says what is wrong, at a place in it", { timeout: 600_000 }, () => {
    const random = seeded(SEED + 2);
    const base = (i: number) =>
      `- required_engine_version: 0.${
        i % 70
      }.0\n- list: lst\n  items: &i [a, "b c", 'd', lst2]\n- list: lst2\n  items: [x]\n` +
      `- macro: macro\n  condition: proc.name in (lst) or ${JSON.stringify(wellFormed(random, 1)).slice(1, -1)}\n` +
      `- rule: r\n  desc: >\n    some\n    text\n  condition: |\n    ${
        wellFormed(random, 2)
      }\n    and macro\n  output: "%proc.name"\n  priority: INFO\n  tags: [a, b]\n` +
      `  exceptions:\n  - name: e\n    fields: [proc.name, fd.num]\n    comps: [in, "="]\n    values:\n    - [[a, b], 1]\n` +
      `- rule: r\n  condition: or x.y = z\n  tags: *i\n  override: {condition: append, tags: replace}\n---\n- {rule: r, enabled: no}\n`;
    const alphabet = [
      ...WORDS,
      ": ",
      "- ",
      "\n",
      "\n  ",
      "&a ",
      "*a",
      "*i",
      "{",
      "}",
      "[",
      "]",
      "|",
      ">",
      "---\n",
      "? ",
      "!!x ",
      "%",
      "@",
      "null",
      "~",
      "append: true\n",
    ];
    for (let i = 0; i < CASES / 3; i++) {
      const content = mutated(random, base(i), alphabet);
      const note = `case ${i}: ${JSON.stringify(content)}`;
      try {
        const set = loadRules([{ name: "f.yaml", content }]);
        const lines = content.split("\n");
        for (const diagnostic of set.diagnostics) {
          const { line, column, offset } = diagnostic.position;
          assert.ok(line >= 1 && line <= lines.length && column >= 1, note);
          assert.ok(offset >= 0 && offset <= content.length, note);
          assert.equal(diagnostic.snippet, lines[line - 1]!.replace(/\r$/, ""), note);
          assert.doesNotMatch(formatDiagnostic(diagnostic), /\.ts:\d+/, note);
        }
        assert.equal(loadResults(set).falco_load_results.length, 1, note);
        for (const rule of set.rules) {
          const again = parseCondition(printCondition(rule.condition));
          assert.deepEqual(withoutSpans(again), withoutSpans(rule.condition), note);
        }
      } catch (error) {
        throw new Error(note, { cause: error });
      }
    }
  });

  test("the loader withstands random bytes", { timeout: 600_000 }, () => {
    const random = seeded(SEED + 3);
    for (let i = 0; i < CASES / 3; i++) {
      const content = Uint8Array.from(
        { length: Math.floor(random() * 300) },
        () => Math.floor(random() * (i % 2 === 0 ? 256 : 128)),
      );
      const set = loadRules([{ name: "f.yaml", content }]);
      assert.ok(set.diagnostics.every((diagnostic) => diagnostic.message !== ""));
    }
  });
});
