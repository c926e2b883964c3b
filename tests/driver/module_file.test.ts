// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { MODULE_VERSION, moduleInfo } from "../../src/driver/module_file.ts";
import { moduleFile } from "./support.ts";

test("a module says its release, its machine and whether it is signed", () => {
  const machine = "aarch64";
  assert.deepEqual(moduleInfo(moduleFile("4.19.0-x", { machine })), { release: "4.19.0-x", machine, signed: false });
  assert.deepEqual(moduleInfo(moduleFile("6.1", { machine, signed: true })), { release: "6.1", machine, signed: true });
});

test("the version that is asked for is the one that modules are made with", () => {
  const number = (file: string, name: string) => {
    const text = readFileSync(new URL(`../../native/${file}`, import.meta.url), "utf8");
    return new RegExp(`^#define ${name}\\s+(\\d+)$`, "m").exec(text)?.[1];
  };
  const made = [["module/device.h", "LN_DEVICE_VERSION"], ["wire.h", "LN_WIRE_VERSION"], [
    "filter.h",
    "LN_FILTER_VERSION",
  ]];
  assert.equal(MODULE_VERSION, made.map(([file, name]) => number(file!, name!)).join("."));
});

describe("what is no module of ours says why", () => {
  const whole = moduleFile("6.1");
  const cases: readonly [name: string, bytes: Uint8Array, problem: string][] = [
    ["an empty file", new Uint8Array(), "is not a kernel module"],
    ["text", new TextEncoder().encode("#!/bin/sh\nexit 0\n"), "is not a kernel module"],
    [
      "a module for another kind of machine",
      moduleFile("6.1", { machine: "riscv64" }),
      "is not a kernel module for x86_64 or aarch64",
    ],
    ["another module", moduleFile("6.1", { name: "ext4" }), "is not lanner's kernel module"],
    ["one of another version of lanner", moduleFile("6.1", { version: "1" }), "is of another version of lanner"],
    ["one for a release that is a path", moduleFile("../6.1"), "does not say which kernel it is for"],
    ["the ELF header alone", whole.subarray(0, 64), "was cut off"],
  ];
  for (const [name, bytes, problem] of cases) test(name, () => assert.equal(moduleInfo(bytes), problem));

  test("one that was cut off, wherever that was", () => {
    for (let bytes = 4; bytes < whole.length; bytes++) {
      assert.equal(moduleInfo(whole.subarray(0, bytes)), "was cut off", `after ${bytes} bytes`);
    }
  });

  test("one with any byte changed is read without a fault", () => {
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0, 0x7f, 0xff]) {
        const damaged = Uint8Array.from(whole);
        damaged[at] = byte;
        const info = moduleInfo(damaged);
        assert.ok(typeof info === "string" || info.release !== undefined);
      }
    }
  });
});
