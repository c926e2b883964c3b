// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildAlert } from "../../src/alerts/build.ts";
import { buildEngine } from "../../src/engine/build.ts";
import { withStaticFields } from "../../src/engine/staticfield.ts";
import { CATALOGUE, FakeEvent, ruleOf, ruleSetOf } from "../support/engine.ts";

const catalogue = withStaticFields(CATALOGUE, new Map([["site", "Zürich"]]));

function build(condition: string, output: string) {
  const rules = ruleSetOf([ruleOf({ ...ruleOf(condition), output })]);
  return buildEngine(rules, catalogue, { matching: "first", minimumPriority: "Debug" });
}

test("a static field can be compared and printed", () => {
  const { engine } = build("static.site = Zürich and fd.num = 1", "at %static.site");
  const event = new FakeEvent({ "fd.num": 1 });
  const found = engine?.evaluate(event);
  assert.ok(found);
  const alert = buildAlert(event, found.rule, found.template);
  assert.equal(alert.message, "at Zürich");
  assert.deepEqual([...alert.fields], [["static.site", "Zürich"]]);
  assert.equal(build("static.site = Bern", "x").engine?.evaluate(event), undefined);
});

test("an unknown static field, or one with an argument, is an error", () => {
  const { diagnostics } = build("static.sit = Bern", "x");
  assert.match(diagnostics[0]!.hint ?? "", /static\.site/);
  assert.match(build("static.site[1] = Bern", "x").diagnostics[0]!.message, /takes no argument/);
});
