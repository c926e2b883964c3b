// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { encodeText } from "../../src/events/text.ts";
import type { Expr } from "../../src/rules/ast.ts";
import { ConditionError, isFieldText } from "../../src/rules/lexer.ts";
import { MAX_NESTING, parseCondition } from "../../src/rules/parser.ts";
import { printCompiled, printCondition } from "../../src/rules/print.ts";
import { withoutSpans } from "../support/rules.ts";

function table<T>(name: string, shape: z.ZodType<T>): T[] {
  return z.array(shape).parse(parse(readFileSync(new URL(name, import.meta.url), "utf8")));
}

const accepted = table("accepted_conditions.yaml", z.strictObject({ text: z.string(), as: z.string().optional() }));
const rejected = table(
  "rejected_conditions.yaml",
  z.strictObject({ text: z.string(), at: z.number(), message: z.string(), hint: z.string().optional() }),
);

function refusal(text: string): ConditionError {
  try {
    parseCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) return error;
    throw error;
  }
  assert.fail(`${JSON.stringify(text)} is accepted`);
}

function first(text: string): Expr & { kind: "check" } {
  const expr = parseCondition(text);
  assert.equal(expr.kind, "check");
  return expr as Expr & { kind: "check" };
}

describe("conditions that Falco accepts", () => {
  for (const { text, as } of accepted) {
    test(`${JSON.stringify(text)} is read`, () => assert.equal(printCondition(parseCondition(text)), as ?? text));
  }

  test("their canonical text is read as the same tree", () => {
    for (const { text } of accepted) {
      const expr = parseCondition(text);
      assert.deepEqual(withoutSpans(parseCondition(printCondition(expr))), withoutSpans(expr), text);
    }
  });
});

describe("conditions that Falco refuses", () => {
  for (const { text, at, message, hint } of rejected) {
    test(`${JSON.stringify(text)} is refused at ${at}`, () => {
      const error = refusal(text);
      assert.ok(error.message.startsWith(message), `${error.message} starts with ${message}`);
      assert.equal(error.index, at);
      assert.equal(error.hint, hint);
    });
  }
});

describe("the tree", () => {
  test("spans index the condition's text", () => {
    const text = ' not proc.aname[2] = "ä b" and\n fd.num in (1, "2") or tolower(proc.name) exists';
    const expr = parseCondition(text);
    const cut = (node: { span: { start: number; end: number } }) => text.slice(node.span.start, node.span.end);
    assert.ok(expr.kind === "or");
    const [both, exists] = expr.children;
    assert.ok(both?.kind === "and" && exists?.kind === "check");
    const [negated, isIn] = both.children;
    assert.ok(negated?.kind === "not" && negated.child.kind === "check" && isIn?.kind === "check");
    assert.equal(cut(expr), text.trim());
    assert.equal(cut(both), 'not proc.aname[2] = "ä b" and\n fd.num in (1, "2")');
    assert.equal(cut(negated), 'not proc.aname[2] = "ä b"');
    assert.equal(cut(negated.child), 'proc.aname[2] = "ä b"');
    assert.equal(cut(negated.child.left), "proc.aname[2]");
    assert.equal(cut({ span: negated.child.operatorSpan }), "=");
    assert.ok(negated.child.right?.kind === "literal" && isIn.right?.kind === "list");
    assert.equal(cut(negated.child.right), '"ä b"');
    assert.equal(cut(isIn.right), '(1, "2")');
    assert.deepEqual(isIn.right.items.map(cut), ["1", '"2"']);
    assert.equal(cut(exists), "tolower(proc.name) exists");
    assert.equal(cut(exists.left), "tolower(proc.name)");
  });

  test("literals are bytes", () => {
    const value = (text: string) => {
      const { right } = first(text);
      assert.ok(right?.kind === "literal");
      return right.value;
    };
    assert.equal(value("proc.name = ä"), "\xc3\xa4");
    assert.equal(value('proc.name = "ä\\n"'), "\xc3\xa4\n");
    assert.equal(value('proc.name = "\\xe4"'), "\xe4");
    assert.equal(value('proc.name = "日"'), encodeText("日"));
    assert.equal(value('proc.name = "\\x00"'), "\0");
    assert.equal(value("proc.name = a\\n"), "a\\n");
  });

  test("a field's argument is bytes too, without its quotes", () => {
    const { left } = first('proc.env["Ä\\x01"] exists');
    assert.deepEqual(left.kind === "field" && [left.name, left.argument], ["proc.env", "\xc3\x84\x01"]);
  });

  test("== is =", () => assert.equal(first("proc.name == a").operator, "="));

  test("a bare name after in is the list of that value", () => {
    const { right } = first("proc.name in lst");
    assert.ok(right?.kind === "list");
    assert.deepEqual(right.items.map((item) => [item.value, item.quoted]), [["lst", false]]);
  });

  test("and and or are flat within a level and not across parentheses", () => {
    const flat = parseCondition("a and b and c");
    assert.ok(flat.kind === "and" && flat.children.length === 3);
    const nested = parseCondition("a and (b and c)");
    assert.ok(nested.kind === "and" && nested.children.length === 2);
  });
});

describe("hostile conditions", () => {
  const nest = (open: string, depth: number) => open.repeat(depth) + "proc.name = a" + ")".repeat(depth);

  test(`${MAX_NESTING} parentheses nest`, () => {
    assert.equal(printCondition(parseCondition(nest("(", MAX_NESTING))), "proc.name = a");
    const text = nest("(not ", MAX_NESTING);
    assert.deepEqual(
      withoutSpans(parseCondition(printCondition(parseCondition(text)))),
      withoutSpans(parseCondition(text)),
    );
  });

  for (const open of ["(", "(not ", "not(", "(a and (b or ", "(a or not("]) {
    test(`'${open}' without end is refused and no stack overflows`, () => {
      assert.match(refusal(nest(open, 200_000)).message, /^exceeded max depth limit of 1000$/);
    });
  }

  test("transformers without end are refused", () => {
    assert.match(refusal("tolower(".repeat(100_000)).message, /^exceeded max depth limit of 1000$/);
    assert.match(refusal("a.b = " + "concat(".repeat(100_000)).message, /^exceeded max depth limit of 1000$/);
  });

  test("100,000 not are read", () =>
    assert.equal(printCondition(parseCondition("not ".repeat(100_001) + "a")), "not a"));

  test("100,000 terms and 100,000 list items are read", () => {
    const terms = parseCondition(Array.from({ length: 100_000 }, (_, i) => `a.b = ${i}`).join(" or "));
    assert.ok(terms.kind === "or" && terms.children.length === 100_000);
    const { right } = first(`a.b in (${Array.from({ length: 100_000 }, (_, i) => `"x${i}"`).join(",")})`);
    assert.ok(right?.kind === "list" && right.items.length === 100_000);
  });

  for (
    const text of ["a".repeat(5e6), `a.b = ${"x".repeat(5e6)}`, `a.b = "${"\\".repeat(5e6)}`, `"${'\\"'.repeat(2e6)}`]
  ) {
    test(`five million characters (${text.slice(0, 8)}…) take linear time`, () => {
      const start = performance.now();
      try {
        parseCondition(text);
      } catch (error) {
        assert.ok(error instanceof ConditionError);
        assert.ok(error.message.length < 500);
      }
      assert.ok(performance.now() - start < 5000);
    });
  }
});

test("what is written as a field is told from what is not", () => {
  for (const text of ["proc.name", "proc.aname[2]", "evt.arg[a.b]", 'proc.env["a b"]']) {
    assert.ok(isFieldText(text), text);
  }
  for (const text of ["proc", "proc.", "proc.name ", "proc.aname[", "proc.aname[2]x", "proc.name=a", ""]) {
    assert.ok(!isFieldText(text), text);
  }
});

describe("a compiled condition is shown as Falco shows it: strings are quoted where they need it", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['proc.name = "cat"', "proc.name = cat"],
    ["proc.name = 'a b'", 'proc.name = "a b"'],
    ["proc.name in ('a', \"b c\", d)", 'proc.name in (a, "b c", d)'],
    ["proc.name in ('(systemd)', 'a,b', 'c=d')", "proc.name in ((systemd), a,b, c=d)"],
    ["proc.name = 'it\\'s'", 'proc.name = "it\'s"'],
    ["proc.name = 'say \"x\"'", 'proc.name = "say \\"x\\""'],
    ["proc.name regex 'a\\\\.b'", 'proc.name regex "a\\\\.b"'],
    ["proc.name contains a\\b", 'proc.name contains "a\\\\b"'],
    ['proc.name = "a\\tb\\n"', 'proc.name = "a\\tb\\n"'],
    ["proc.args = ''", 'proc.args = ""'],
    ["a.b = 'c' and (x.y = z or not u.v exists)", "(a.b = c and (x.y = z or not u.v exists))"],
    ["tolower(a.b[c]) = val(d.e)", "tolower(a.b[c]) = val(d.e)"],
  ];
  for (const [text, shown] of cases) {
    test(text, () => assert.equal(printCompiled(parseCondition(text)), shown));
  }
});
