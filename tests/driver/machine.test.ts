// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { machineName } from "../../src/driver/machine.ts";

test("the machine is named as uname -m names it, whatever the runtime calls it", () => {
  assert.equal(machineName(), execFileSync("uname", ["-m"], { encoding: "utf8" }).trim());
  assert.equal(machineName("x64"), "x86_64");
  assert.equal(machineName("arm64"), "aarch64");
});
