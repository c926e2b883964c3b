// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("../../scripts/bench", import.meta.url));

test("the command that is kept with a run gives a shell the words that were typed", () => {
  const tools = mkdtempSync(join(tmpdir(), "lanner-bench-"));
  try {
    mkdirSync(join(tools, "tools/bin"), { recursive: true });
    // in the place of what measures
    writeFileSync(join(tools, "tools/bin/bun"), '#!/bin/sh\nprintf %s "$BENCH_COMMAND"\n', { mode: 0o755 });
    const words = ["engine", "--no-recording", "--lanner=-o ring_size_mb=8", "it's", "", '$HOME "x" \\', "5m", "a;b"];
    const command = execFileSync(BENCH, words, {
      encoding: "utf8",
      env: { ...process.env, LANNER_CACHE: tools },
    });
    assert.match(command, /^scripts\/bench engine --no-recording '--lanner=-o ring_size_mb=8' /);
    const typed = execFileSync("bash", ["-c", `set -- ${command}; printf '%s\\0' "$@"`], { encoding: "utf8" });
    assert.deepEqual(typed.split("\0").slice(0, -1), ["scripts/bench", ...words]);
  } finally {
    rmSync(tools, { recursive: true });
  }
});
