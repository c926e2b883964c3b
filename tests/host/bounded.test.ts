// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";

const LIVES = 6_000;

/** A tenth of the 1 KB and more that each of the further lives would leave if only its texts were kept. */
const KEPT_BYTES = 2 * LIVES * 100;

test("what is kept does not grow with the processes, programs and containers that come, ends told or lost", () => {
  const child = new URL("./bounded_child.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", "--v8-flags=--expose-gc", child, String(LIVES)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const [told, lost] = JSON.parse(stdout) as { kept: number; processes: number; refused: number }[];
  for (const { kept } of [told!, lost!]) assert.ok(kept < KEPT_BYTES, stdout);
  assert.deepEqual([told!.processes, told!.refused], [1, 0]);
  assert.equal(lost!.processes, 5_000);
  assert.ok(lost!.refused > 2 * LIVES);
});
