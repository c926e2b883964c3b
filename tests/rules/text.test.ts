// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadRules } from "../../src/rules/loader.ts";
import type { SourceText } from "../../src/rules/ruleset.ts";
import { joinTexts, TextBuilder, trimText } from "../../src/rules/text.ts";

/** The description-free way to a scalar's text: the output of the only rule, as written under `output:`. */
function outputOf(written: string): { text: SourceText; file: string } {
  const file = `- rule: r\n  desc: d\n  condition: a.b = c\n  priority: info\n  output: ${written}\n  tags: []\n`;
  const set = loadRules([{ name: "a.yaml", content: file }]);
  assert.deepEqual(set.diagnostics, []);
  return { text: set.rules[0]!.outputText, file };
}

const scalars: { readonly style: string; readonly written: string; readonly value: string }[] = [
  { style: "plain", written: "abc def", value: "abc def" },
  { style: "plain over lines", written: "abc\n    def\n\n    ghi", value: "abc def\nghi" },
  { style: "single quotes", written: "'it''s a b'", value: "it's a b" },
  { style: "single quotes over lines", written: "'ab\n    cd\n\n    ef''g'", value: "ab cd\nef'g" },
  { style: "double quotes", written: '"abc def"', value: "abc def" },
  { style: "double quotes with escapes", written: '"a\\"b\\\\c\\x41d\\u00e4e\\U0001F600f"', value: 'a"b\\cAdäe😀f' },
  { style: "double quotes over lines", written: '"ab\n    cd \\\n    ef"', value: "ab cd ef" },
  { style: "folded block", written: ">\n    ab\n    cd\n\n    ef", value: "ab cd\nef" },
  { style: "folded block with chomping and comment", written: ">- # note\n    ab\n    cd", value: "ab cd" },
  { style: "folded block with deeper lines", written: ">\n    ab\n      cd\n    ef", value: "ab\n  cd\nef" },
  { style: "literal block", written: "|\n    ab\n      cd\n    ef", value: "ab\n  cd\nef" },
  { style: "literal block with indentation indicator", written: "|2\n    ab\n     cd", value: "ab\n cd" },
];

describe("a scalar's characters know their places", () => {
  for (const { style, written, value } of scalars) {
    test(style, () => {
      const { text, file } = outputOf(written);
      assert.equal(text.value, value);
      let last = -1;
      for (let index = 0; index < value.length; index++) {
        const { offset, line, column } = text.position(index);
        assert.ok(offset >= last, `places ascend at ${index}`);
        last = offset;
        const before = file.slice(0, offset);
        assert.equal(line, before.split("\n").length);
        assert.equal(column, offset - before.lastIndexOf("\n"));
        if (/[a-z]/.test(value[index]!)) assert.equal(file[offset], value[index], `character ${index}`);
        assert.equal(text.snippet(index), file.split("\n")[line - 1]);
      }
    });
  }
});

describe("texts put together", () => {
  const { text: abc } = outputOf("abc");
  const { text: def } = outputOf('"d\\\\ef"');
  const column = (text: SourceText, index: number) => text.position(index).column;

  test("keep the places of what was added, and give insertions one", () => {
    const text = new TextBuilder().insert("(", abc, 1).add(abc).insert(" x ", def, 0).add(def, 1, 3).build();
    assert.equal(text.value, "(abc x \\e");
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => column(text, index)),
      [12, 11, 12, 13, 12, 12, 12, 13, 15],
    );
    assert.equal(text.snippet(8), '  output: "d\\\\ef"');
  });

  test("joinTexts puts a blank between", () => {
    assert.equal(joinTexts([abc, def, abc]).value, "abc d\\ef abc");
    assert.equal(joinTexts([abc]), abc);
  });

  test("trimText moves the start", () => {
    const text = trimText(new TextBuilder().insert("  ", abc, 0).add(abc).insert("\n", abc, 2).build());
    assert.equal(text.value, "abc");
    assert.equal(column(text, 1), 12);
  });
});

test("an error in what a list put into a condition is at the list's name", () => {
  const content = "- list: l\n  items: [a, b c(, d]\n- rule: r\n  desc: d\n  output: o\n  priority: info\n" +
    "  condition: >\n    a.b = c\n    and x.y in (l,  k)\n    and z\n- {list: m, items: ['x)']}\n" +
    "- {macro: z, condition: a.b in (m}\n";
  const places = loadRules([{ name: "a.yaml", content: content.replace("b c(", "'b\"'") }]).diagnostics
    .map(({ position, snippet }) => [position.line, position.column, snippet]);
  assert.deepEqual(places, [[9, 17, "    and x.y in (l,  k)"]]);
});
