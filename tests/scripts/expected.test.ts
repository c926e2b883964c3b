// SPDX-License-Identifier: Apache-2.0

/** What the kernel matrix expects (tests/vm/matrix/expected.*.txt) has something of every event. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { EVENT_TYPES } from "../../src/events/table.ts";

/** Calls that arm64 has only newer forms of (native/shim/fillers.c). */
const NOT_ON_ARM64 = [
  ...["chmod", "chown", "creat", "dup2", "fork", "lchown", "link", "mkdir", "open", "pipe", "rename", "rmdir"],
  ...["symlink", "umount", "unlink", "vfork"],
];

const CASES = [
  { arch: "amd64", lacks: [] },
  { arch: "arm64", lacks: NOT_ON_ARM64 },
];

describe("the expected alerts of the kernel matrix", () => {
  for (const { arch, lacks } of CASES) {
    test(`have one of every event that ${arch} has`, () => {
      const text = readFileSync(new URL(`../vm/matrix/expected.${arch}.txt`, import.meta.url), "utf8");
      const missing = EVENT_TYPES.map(({ name }) => name).filter((name) => !text.includes(` evt.type=${name} `));
      assert.deepEqual(missing.toSorted(), lacks.toSorted());
    });
  }
});
