// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";

const EVENTS = 1_000_000;

/** What a runtime needs for itself meanwhile; 8 bytes for each event would be as much. */
const NOISE_BYTES = 8 * EVENTS;

/** An exec's directory and arguments are laid down for the rules to compare, which takes Deno 224 bytes each time. */
const EXEC_BYTES = 512 * EVENTS;

test("an event that matches nothing allocates nothing, but for an exec's texts", () => {
  const child = new URL("./allocation_child.ts", import.meta.url).pathname;
  // a young generation in which a million events' garbage has room, so that none is collected before it is counted
  const flags = "--v8-flags=--expose-gc,--min-semi-space-size=256,--max-semi-space-size=256";
  const args = ["run", "-A", "--no-check", flags, child, String(EVENTS)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const bytes = JSON.parse(stdout) as Record<string, number>;
  assert.ok(bytes["control"]! > 2 * NOISE_BYTES, `the measure is blind: ${stdout}`);
  for (const [type, allocated] of Object.entries(bytes)) {
    if (type === "control") continue;
    const most = type.endsWith(" execve") ? EXEC_BYTES : NOISE_BYTES;
    assert.ok(allocated < most, `${type}: ${allocated / EVENTS} bytes an event`);
  }
});
