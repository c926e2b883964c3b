// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../src/engine/interpreter.ts";
import type { Value } from "../../src/fields/field.ts";
import { build, FakeEvent, ruleOf } from "../support/engine.ts";
import { EVALUATIONS } from "./evaluations.ts";

describe("a compiled condition and the interpreter agree with the language", () => {
  for (const [group, values, cases] of EVALUATIONS) {
    test(group, () => {
      for (const [condition, expected] of cases) {
        const rule = ruleOf(condition);
        const { engine, diagnostics } = build([rule]);
        assert.ok(engine, `${condition}: ${diagnostics[0]?.message}`);
        const event = new FakeEvent(values as Record<string, Value>);
        assert.equal(engine.evaluate(event) !== undefined, expected, `compiled: ${condition}`);
        assert.equal(interpret(rule.condition, engine.rules[0]!.checks, event), expected, `interpreted: ${condition}`);
      }
    });
  }
});
