// SPDX-License-Identifier: Apache-2.0

/** What the doctor points at with a `!`: a recorded kernel with one fact changed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { checksOf } from "../../src/doctor/checks.ts";
import { Facts } from "../../src/doctor/facts.ts";

const good = Facts.parse(JSON.parse(readFileSync(new URL("kernels/6.1.json", import.meta.url), "utf8")).facts);

test("a kernel that has everything gives no cause to look", () => {
  assert.deepEqual(checksOf(good).filter(({ note }) => note !== undefined), []);
});

test("a user namespace's capabilities are not told as if they counted", () => {
  const checks = checksOf({ ...good, host: { ...good.host, hostUsers: false } });
  assert.equal(checks.find(({ item }) => item === "privileges")?.text, "uid 0 of a user namespace");
});

describe("what somebody should look at is pointed at, with what it costs", () => {
  const file = { origin: "/x/lanner.ko", signed: false };
  const cut = (path: string) => ({ cause: `${path} was cut off`, next: "copy it again" });
  const cases: readonly [
    item: string,
    facts: Omit<Partial<Facts>, "host"> & { host?: Partial<Facts["host"]> },
    note: RegExp,
  ][] = [
    [
      "privileges",
      { host: { capabilities: "0" } },
      /run does not start.*device can't be opened|no module can be loaded/,
    ],
    ["privileges", { host: { hostUsers: false } }, /^its capabilities count for nothing in the kernel: run does not/],
    ["pid namespace", { host: { hostPids: false } }, /give it the host's \(--pid=host\)$/],
    ["lockdown", { host: { lockdown: "integrity" } }, /^modules must be signed$/],
    ["lockdown", { host: { lockdown: "confidentiality" } }, /^eBPF may not read kernel memory/],
    ["module signatures", { host: { modules: { supported: true, disabled: false, signed: true } } }, /must be signed/],
    ["BTF", { host: { btf: null } }, /^eBPF needs it: --btf FILE/],
    ["BTF", { btfFile: { path: "/x.btf", given: true, problem: cut("/x.btf") } }, /^\/x\.btf was cut off$/],
    ["preemption", { features: { ...good.features, steady: 16, perf: 1 } }, /^events are lost where tasks preempt/],
    ["ring buffer", { features: { ...good.features, ring: 22 } }, /^eBPF needs it$/],
    [
      "kernel module",
      { module: { ...good.module, files: [{ ...file, problem: cut(file.origin) }] } },
      /^\/x\/lanner\.ko was cut off$/,
    ],
    ["cgroups", { host: { cgroups: "none" } }, /^containers are not told apart$/],
    ["clock", { host: { clockSource: "hpet" } }, /^reading it is slow/],
  ];
  for (const [item, { host, ...others }, note] of cases) {
    test(`${item}: ${note.source}`, () => {
      const checks = checksOf({ ...good, ...others, host: { ...good.host, ...host } });
      assert.match(checks.find((check) => check.item === item)?.note ?? "", note);
    });
  }
});
