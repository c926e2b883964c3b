// SPDX-License-Identifier: Apache-2.0

/** The lines that a sensor leaves behind. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Judge } from "../../src/cli/judge.ts";
import { summaryLines } from "../../src/cli/summary.ts";

const judge: Pick<Judge, "events" | "alerts" | "malformed"> = { events: 90, alerts: [], malformed: 0 };

describe("the summary", () => {
  test("calls that passed unseen are no lost events, and have a line of their own", () => {
    const lines = summaryLines(judge as Judge, { kernel: new Map(), malformed: 0, skipped: 7 }, []);
    assert.deepEqual(lines.slice(2), ["lost events: none", "system calls that passed unseen, wanted or not: 7"]);
  });
  test("nor is what the filter had no room for", () => {
    const full = new Map([["exec: filter table full", 2], ["process: filter table full", 1]]);
    const lines = summaryLines(judge as Judge, { kernel: new Map(), malformed: 0, full }, []);
    assert.deepEqual(lines.slice(2), [
      "lost events: none",
      "passed unfiltered, not lost: 2 exec: filter table full, 1 process: filter table full",
    ]);
  });
  test("without such, there is no such line", () => {
    const lines = summaryLines(
      judge as Judge,
      { kernel: new Map([["exec: preempted", 10]]), malformed: 0, skipped: 0 },
      [],
    );
    assert.deepEqual(lines.slice(2), ["lost events: 10 (10.00 %): 10 exec: preempted"]);
  });
});
