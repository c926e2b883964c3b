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
          item_type: "condition expression",
          item_name: "",
          position: { name: "rules.yaml", line: 4, column: 17, offset: broken.indexOf("lke") },
        },
      ],
      snippet: "    and proc.nam lke sh\n                 ^\n",
    });
    assert.deepEqual(result!.warnings.map((warning) => warning.code), ["LOAD_UNKNOWN_ITEM"]);
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
