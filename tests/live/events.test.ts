// SPDX-License-Identifier: Apache-2.0

/**
 * Every event type from real system calls: a row of tests/live/events/ is the act that makes them and what must come
 * back, parameter by parameter. Adding an event is adding a row, and its act to tests/live/calls/.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { EVENT_TYPES } from "../../src/events/table.ts";
import { fieldText, type KeptEvent, ownParams, Stage } from "./calls.ts";
import type { Expected, Text } from "./events/row.ts";
import { ACTS, ROWS } from "./events/rows.ts";
import { cannotRunLive } from "./support.ts";

const skip = cannotRunLive();

function assertText(actual: string, expected: Text, what: string): void {
  if (expected instanceof RegExp) assert.match(actual, expected, what);
  else assert.equal(actual, String(expected), what);
}

function assertOwn(event: KeptEvent, expected: Readonly<Record<string, Text>>, what: string): void {
  const actual = ownParams(event);
  assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted(), `${what}: own parameters`);
  for (const [name, text] of Object.entries(expected)) assertText(actual[name]!, text, `${what}: ${name}`);
}

function assertEvent(event: KeptEvent, { args, own = {}, fields = {} }: Expected, what: string): void {
  assertText(fieldText(event, "evt.args"), args, `${what}: evt.args`);
  assertOwn(event, own, what);
  for (const [name, text] of Object.entries(fields)) assertText(fieldText(event, name), text, `${what}: ${name}`);
}

for (const attach of ["auto", "perf"] as const) {
  describe(`events as the live kernel tells them, --attach ${attach}`, { skip }, () => {
    let stage: Stage;
    before(async () => {
      stage = await Stage.open(undefined, attach);
      for (const act of ACTS) stage.perform(act);
      await stage.collect();
    });
    after(() => stage?.dispose());

    for (const { type, act = type, expect } of ROWS) {
      test(act === type ? type : `${type} (${act})`, () => {
        const { facts, events, code, stderr } = stage.act(act);
        assert.equal(code, 0, stderr);
        const expected = expect(facts);
        const found = events.filter((event) => event.type.name === type);
        const seen = found.map((event) => `${event.record.pid} ${fieldText(event, "evt.args")}`).join("\n");
        assert.equal(found.length, expected.length, `number of records:\n${seen}`);
        found.forEach((event, i) => assertEvent(event, expected[i]!, `${type} ${i}`));
      });
    }

    test("every event type of the table has a row", () => {
      const shown = new Set(ROWS.map(({ type }) => type));
      assert.deepEqual(EVENT_TYPES.map(({ name }) => name).filter((name) => !shown.has(name)), []);
    });

    // a fault loses an argument that the machine paged out, not the record
    test("nothing was lost", () => {
      assert.deepEqual([...stage.losses].filter(([name]) => !name.endsWith(": fault")), []);
    });
  });
}
