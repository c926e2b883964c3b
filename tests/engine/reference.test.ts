// SPDX-License-Identifier: Apache-2.0

/** What Falco's official rules use, by the reference's count of it: every field with every operator, every event. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import { parseServices } from "../../src/engine/services.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { loadRules } from "../../src/rules/loader.ts";

const reference = (name: string) => new URL(`../../../shared/compat/${name}`, import.meta.url);
const skip = existsSync(reference("fields.md")) ? false : "../shared/compat is not here";

/** A right-hand side for each type that the tables name. */
const VALUES: Readonly<Record<string, string>> = {
  BOOL: "true",
  IPADDR: "10.0.0.1",
  IPNET: "10.0.0.0/8",
  CHARBUF: "x",
  STRING: "x",
  BYTEBUF: "x",
};

function rightOf(operator: string, type: string): string {
  const value = VALUES[type] ?? "1";
  if (operator === "exists") return "";
  if (operator === "pmatch") return "(/etc, usr/*)";
  if (operator.startsWith("bc") || operator.startsWith("bs")) return "7f454c46";
  return operator === "in" || operator === "intersects" ? `(${value}, ${value})` : value;
}

/** The errors of a rules file with one rule. */
function errorsOf(condition: string, output: string): string[] {
  const content = JSON.stringify([{ rule: "r", desc: "d", condition, output, priority: "INFO" }]);
  const rules = loadRules([{ name: "r.yaml", content }]);
  const { diagnostics } = buildEngine(rules, FIELD_CATALOGUE, {
    matching: "first",
    minimumPriority: "Debug",
    services: parseServices(""),
  });
  return [...rules.diagnostics, ...diagnostics].flatMap((found) => found.severity === "error" ? [found.message] : []);
}

test("every field that the official rules use loads with each of the operators that they use on it", { skip }, () => {
  const text = readFileSync(reference("fields.md"), "utf8");
  const used = text.slice(text.indexOf("## 1."), text.indexOf("## 2."));
  let conditions = 0;
  for (const [line] of used.matchAll(/^\| `.*$/gm)) {
    const cells = line.split("|").map((cell) => cell.trim());
    const field = cells[1]!.slice(1, -1);
    const type = cells[2]!.split(" ")[0]!;
    const output = cells[6] === "0" ? "x" : `%${field}`;
    for (const [, operator] of cells[8]!.matchAll(/(\S+):\d+/g)) {
      const right = field === "evt.type" ? "(open)" : rightOf(operator!, type);
      const left = field === "evt.type" && operator === "=" ? "evt.type = open or evt.type in" : `${field} ${operator}`;
      assert.deepEqual(errorsOf(`${left} ${right}`, output), [], `${field} ${operator}`);
      conditions++;
    }
    assert.deepEqual(errorsOf("evt.type = open", output), [], output);
  }
  assert.ok(conditions > 120, String(conditions));
});

test(
  "every event that the official rules use is known, with the parameters that the reference gives it",
  { skip },
  () => {
    const text = readFileSync(reference("events.md"), "utf8");
    const counted = /rules name 41 event types \(rule counts in brackets: ([^)]*)\)/.exec(text)![1]!;
    const types = counted.split(", ").map((each) => each.split(" ")[0]!);
    assert.equal(types.length, 41);
    for (const type of types) assert.deepEqual(errorsOf(`evt.type = ${type}`, "x"), [], type);
    const section = text.slice(text.indexOf("## 2."), text.indexOf("### 2.1"));
    let parameters = 0;
    for (const [, name] of section.matchAll(/^\| \d+ \| (\w+) \| [A-Z]/gm)) {
      assert.deepEqual(errorsOf(`evt.arg.${name} exists or evt.rawarg.${name} exists`, `%evt.arg.${name}`), [], name);
      parameters++;
    }
    assert.ok(parameters > 120, String(parameters));
  },
);
