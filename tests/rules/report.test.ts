// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeDiagnostic } from "../../src/rules/diagnostic.ts";
import { loadRules } from "../../src/rules/loader.ts";
import { formatDiagnostic, formatVerdict, loadResults } from "../../src/rules/report.ts";

const load = (content: string, name = "rules.yaml") => loadRules([{ name, content }]);
const broken = "- rule: Shell\n  desc: d\n  condition: >\n    evt.type = execve\n    and proc.nam lke sh\n" +
  "  output: o\n  priority: info\n";

describe("a diagnostic for people", () => {
  test("has its place, the line with a caret, and what to do", () => {
    const lines = formatDiagnostic(load(broken).diagnostics[0]!).split("\n");
    assert.match(
      lines[0]!,
      /^rules\.yaml:5:18: error: rule 'Shell': expected a valid check operator.* \[LOAD_ERR_COMPILE_CONDITION\]$/,
    );
    assert.deepEqual(lines.slice(1), [
      "      and proc.nam lke sh",
      "                   ^",
      "  hint: write an operator, as in proc.name = cat",
    ]);
  });

  test("of a warning says so", () => {
    const text = formatDiagnostic(load("- list: l\n  items: []\n").diagnostics[0]!);
    assert.match(
      text,
      /^rules\.yaml:1:3: warning: list 'l': List not referred to .* \[LOAD_UNUSED_LIST\]\n {2}- list: l\n {4}\^\n/,
    );
  });

  test("keeps tabs before the caret", () => {
    const [, line, caret] = formatDiagnostic(load("- list: l\n  items:\t\t[a, [b]]\n").diagnostics[0]!).split("\n");
    assert.deepEqual([line, caret], ["    items:\t\t[a, [b]]", "          \t\t    ^"]);
  });

  test("puts the caret where a terminal puts the character, whatever stands before it", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["caf\u00e9", "    "],
      ["cafe\u0301", "    "],
      ["\u65e5\u672c", "    "],
      ["\u{1f985}", "  "],
      ["\u043e\u043a", "  "],
    ];
    for (const [name, blanks] of cases) {
      const content = `- {macro: m, condition: 'a.b = ${name} x'}\n`;
      const [, , caret] = formatDiagnostic(load(content).diagnostics[0]!).split("\n");
      assert.equal(caret, `${" ".repeat(2 + content.indexOf(name))}${blanks} ^`, name);
    }
  });

  test("points into the text that an alias stands for, and names the item that has the alias", () => {
    const set = load("- macro: m\n  condition: &c >\n    a.b = c\n    nad x.y = z\n- {macro: n, condition: *c}\n");
    const errors = set.diagnostics.filter(({ severity }) => severity === "error").map(formatDiagnostic);
    assert.deepEqual(errors.map((text) => text.split(": ")[0]), ["rules.yaml:4:5", "rules.yaml:4:5"]);
    assert.deepEqual(errors.map((text) => text.split(": ")[2]), ["macro 'm'", "macro 'n'"]);
    for (const text of errors) assert.match(text, /\n {6}nad x\.y = z\n {6}\^\n/);
  });

  test("shows a part of a line that is long", () => {
    const condition = `${"a.b = c or ".repeat(50_000)}x.y lke z${" or a.b = c".repeat(50_000)}`;
    const [, line, caret] = formatDiagnostic(
      load(`- {rule: r, desc: d, output: o, priority: info, condition: ${condition}}`).diagnostics[0]!,
    ).split("\n");
    assert.ok(line!.length < 200);
    assert.equal(line!.slice(caret!.length - 1, caret!.length + 4), "lke z");
  });

  test("can't move the cursor of a terminal or change its colours", () => {
    const set = load(
      '- rule: "a\\e[31mb"\n  desc: "\x9b2J"\n  condition: a.b \x1b[2Jlke\n  output: o\n  priority: info\n',
      "x\x1b]0;t\x07.yaml",
    );
    for (const diagnostic of set.diagnostics) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(formatDiagnostic(diagnostic), /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
    assert.equal(set.diagnostics.length, 1);
  });

  test("is as good when the engine makes it", () => {
    const [rule] = load("- rule: r\n  desc: d\n  condition: proc.nmae = x\n  output: o\n  priority: info\n").rules;
    const diagnostic = makeDiagnostic(
      "LOAD_ERR_COMPILE_CONDITION",
      "filter_check called with nonexistent field proc.nmae",
      rule!.conditionText,
      rule!.condition.span.start,
      { type: "rule", name: rule!.name },
      "did you mean 'proc.name'?",
    );
    assert.equal(
      formatDiagnostic(diagnostic),
      "rules.yaml:3:14: error: rule 'r': filter_check called with nonexistent field proc.nmae " +
        "[LOAD_ERR_COMPILE_CONDITION]\n    condition: proc.nmae = x\n               ^\n  hint: did you mean 'proc.name'?",
    );
  });
});

test("a file's verdict is Falco's", () => {
  assert.equal(formatVerdict("a", load(broken, "a").diagnostics), "a: Invalid");
  assert.equal(formatVerdict("a", load("- list: l\n  items: []\n", "a").diagnostics), "a: Ok, with warnings");
  assert.equal(formatVerdict("a", load("", "a").diagnostics), "a: Ok");
});

describe("Falco's load result", () => {
  test("of a file with an error and a warning", () => {
    const { falco_load_results: [result, ...others] } = loadResults(load(`${broken}- {foo: bar}\n`));
    assert.deepEqual(others, []);
    assert.deepEqual(Object.keys(result!), [
      "name",
      "successful",
      "schema_valid",
      "schema_warnings",
      "errors",
      "warnings",
      "lanner_warnings",
    ]);
    assert.deepEqual([result!.name, result!.successful, result!.schema_valid], ["rules.yaml", false, false]);
    const [error] = result!.errors;
    assert.equal(error!.code, "LOAD_ERR_COMPILE_CONDITION");
    assert.ok(error!.codedesc.length > 0 && error!.message.startsWith("expected a valid check operator"));
    assert.deepEqual(error!.context, {
      locations: [
        { item_type: "rules content", item_name: "", position: { name: "rules.yaml", line: 0, column: 0, offset: 0 } },
        { item_type: "rule", item_name: "Shell", position: { name: "rules.yaml", line: 0, column: 2, offset: 2 } },
        {
          item_type: "rule condition",
          item_name: "",
          position: { name: "rules.yaml", line: 4, column: 17, offset: broken.indexOf("lke") },
        },
        {
          item_type: "condition expression",
          item_name: "",
          position: { name: "rules.yaml", line: 4, column: 17, offset: broken.indexOf("lke") },
        },
      ],
      snippet: "    and proc.nam lke sh\n                 ^\n",
    });
    assert.deepEqual(result!.warnings.map((warning) => warning.code), ["LOAD_UNKNOWN_ITEM"]);
  });

  test("has what Falco does not warn of apart", () => {
    const content =
      "- {rule: r, desc: d, output: o, priority: info, condition: evt.type = open and proc.name in my_shells}";
    const { falco_load_results: [result] } = loadResults(load(content));
    assert.deepEqual([result!.successful, result!.warnings], [true, []]);
    assert.deepEqual(result!.lanner_warnings.map(({ code }) => code), ["LANNER_NOT_A_LIST"]);
  });

  test("of several files, each with its own", () => {
    const set = loadRules([{ name: "a", content: broken }, { name: "b", content: "- list: l\n" }, {
      name: "c",
      content: "",
    }]);
    assert.deepEqual(
      loadResults(set).falco_load_results.map((result) => [result.name, result.successful, result.errors.length]),
      [["a", false, 1], ["b", false, 1], ["c", true, 0]],
    );
  });
});

describe("a finding is in the parts of the file that Falco names", () => {
  const rule = (rest: string) => `- {rule: r, desc: d, condition: a.b = c, output: o, priority: info, ${rest}}`;
  const cases: readonly (readonly [string, string, string])[] = [
    ["a: b: c", "LOAD_ERR_YAML_PARSE", "value for"],
    ["just text", "LOAD_ERR_YAML_VALIDATE", ""],
    ["- text", "LOAD_ERR_YAML_VALIDATE", "rules content item"],
    ["- {foo: bar}", "LOAD_UNKNOWN_ITEM", "rules content item"],
    ["- {required_engine_version: x}", "LOAD_ERR_YAML_VALIDATE", "required_engine_version"],
    [
      "- {required_engine_version: ''}",
      "LOAD_ERR_YAML_VALIDATE",
      "required_engine_version, value for 'required_engine_version'",
    ],
    ["- {required_engine_version: 99}", "LOAD_ERR_VALIDATE", "required_engine_version"],
    ["- {required_plugin_versions: x}", "LOAD_ERR_YAML_VALIDATE", "required plugin versions"],
    [
      "- {required_plugin_versions: [x]}",
      "LOAD_ERR_YAML_VALIDATE",
      "required plugin versions, required plugin versions entry",
    ],
    [
      "- {required_plugin_versions: [{name: p}]}",
      "LOAD_ERR_YAML_VALIDATE",
      "required plugin versions, required plugin versions entry 'p'",
    ],
    [
      "- {required_plugin_versions: [{name: p, version: x}]}",
      "LOAD_ERR_VALIDATE",
      "required plugin versions, required plugin versions entry 'p'",
    ],
    [
      "- {required_plugin_versions: [{name: p, version: 1.0.0, alternatives: [{name: q}]}]}",
      "LOAD_ERR_YAML_VALIDATE",
      "required plugin versions, required plugin versions entry 'p', required plugin versions alternative 'q'",
    ],
    ["- {list: l}", "LOAD_ERR_YAML_VALIDATE", "list 'l'"],
    ["- {list: l, items: x}", "LOAD_ERR_YAML_VALIDATE", "list 'l', value for 'items'"],
    ["- {list: l, items: }", "LOAD_ERR_YAML_VALIDATE", "list 'l', value for 'items'"],
    ["- {list: l, items: [a, [b]]}", "LOAD_ERR_YAML_VALIDATE", "list 'l', value for 'items', list item"],
    ["- {list: l, items: [a], append: maybe}", "LOAD_ERR_YAML_VALIDATE", "list 'l', value for 'append'"],
    [
      "- {list: l, items: [a], override: {items: drop}}",
      "LOAD_ERR_YAML_VALIDATE",
      "list 'l', overrides, value for 'items'",
    ],
    ["- {list: l, items: [a], override: {x: append}}", "LOAD_ERR_YAML_VALIDATE", "list 'l', overrides, overrides 'x'"],
    ["- {list: l, items: [a], override: {items: append}}", "LOAD_ERR_VALIDATE", "list 'l'"],
    ["- {macro: m}", "LOAD_ERR_YAML_VALIDATE", "macro 'm'"],
    ["- {macro: m, condition: }", "LOAD_ERR_YAML_VALIDATE", "macro 'm'"],
    ["- {macro: m, condition: ''}", "LOAD_ERR_YAML_VALIDATE", "macro 'm', value for 'condition'"],
    ["- {macro: m, condition: a b}", "LOAD_ERR_COMPILE_CONDITION", "macro 'm', macro condition, condition expression"],
    ["- {macro: m, condition: n}", "LOAD_ERR_VALIDATE", "macro 'm', condition expression"],
    ["- {macro: m, condition: m}", "LOAD_ERR_VALIDATE", "macro 'm', condition expression"],
    ["- {rule: r}", "LOAD_ERR_YAML_VALIDATE", "rule 'r'"],
    ["- {rule: r, enabled: true}", "LOAD_ERR_VALIDATE", "rule 'r'"],
    ["- {rule: r, desc: d}", "LOAD_ERR_YAML_VALIDATE", "rule 'r'"],
    [rule("priority: x").replace("priority: info, ", ""), "LOAD_ERR_YAML_VALIDATE", "rule 'r', rule priority"],
    [
      rule("priority: x").replace("a.b = c", "n").replace("priority: x", "tags: []"),
      "LOAD_ERR_VALIDATE",
      "rule 'r', condition expression",
    ],
    [rule("tags: [[x]]"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', value for 'tags', list item"],
    [rule("enabled: x"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', value for 'enabled'"],
    [rule("exceptions: x"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', exceptions"],
    [rule("exceptions: [x]"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', exception"],
    [rule("exceptions: [{fields: a.b}]"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', exception"],
    [rule("exceptions: [{name: e}]"), "LOAD_ERR_YAML_VALIDATE", "rule 'r', exception 'e'"],
    [rule("exceptions: [{name: e, fields: }]"), "LOAD_ERR_VALIDATE", "rule 'r', exception 'e'"],
    [
      rule("exceptions: [{name: e, fields: ''}]"),
      "LOAD_ERR_YAML_VALIDATE",
      "rule 'r', exception 'e', value for 'fields'",
    ],
    [
      rule("exceptions: [{name: e, fields: a.b, values: x}]"),
      "LOAD_ERR_YAML_VALIDATE",
      "rule 'r', exception 'e', exception values",
    ],
    [
      rule("exceptions: [{name: e, fields: a.b, values: ['']}]"),
      "LOAD_ERR_YAML_VALIDATE",
      "rule 'r', exception 'e', exception values, exception value",
    ],
    [rule("exceptions: [{name: e, fields: a.b, comps: like}]"), "LOAD_ERR_VALIDATE", "rule 'r', exception 'e'"],
    [rule("exceptions: [{name: e, fields: [a.b], values: [x]}]"), "LOAD_ERR_VALIDATE", "rule 'r', exception 'e'"],
    [`${rule("tags: []")}\n- {rule: r, desc: x, override: {output: append}}`, "LOAD_ERR_YAML_VALIDATE", "rule 'r'"],
    [
      `${rule("tags: []")}\n- {rule: r, desc: x, output: y, override: {output: append}}`,
      "LOAD_ERR_YAML_VALIDATE",
      "rule 'r', overrides 'desc'",
    ],
    [`${rule("tags: []").replace("a.b = c", "evt.dir = x")}`, "LOAD_DEPRECATED_ITEM", "rule 'r', rule condition"],
    [`${rule("tags: []").replace("output: o", 'output: "%evt.dir"')}`, "LOAD_DEPRECATED_ITEM", "rule 'r', rule output"],
  ];
  for (const [content, code, parts] of cases) {
    test(content, () => {
      const [result] = loadResults(load(content)).falco_load_results;
      const entry = [...result!.errors, ...result!.warnings].find((each) => each.code === code);
      const [first, ...rest] = entry!.context.locations;
      assert.equal(first!.item_type, "rules content");
      assert.equal(
        rest.map(({ item_type, item_name }) => `${item_type}${item_name && ` '${item_name}'`}`).join(", "),
        parts,
      );
    });
  }
});
