// SPDX-License-Identifier: Apache-2.0

/** The doctor on facts that it gathered on real kernels (scripts/vm/doctor): same facts, same verdict, same words. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { z } from "zod";
import { checksOf } from "../../src/doctor/checks.ts";
import { Facts } from "../../src/doctor/facts.ts";
import { doctorText } from "../../src/doctor/text.ts";
import { verdictOf } from "../../src/doctor/verdict.ts";
import { EVENT_TYPES } from "../../src/events/table.ts";

const FOLDER = new URL("kernels/", import.meta.url);
const Recorded = z.strictObject({
  verdict: z.looseObject({ driver: z.string().nullable() }),
  checks: z.unknown(),
  facts: Facts,
});

const names = readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));

/** Which driver each must come to; what else it says is in the golden files. */
const DRIVERS: Readonly<Record<string, string | null>> = {
  "5.10": "ebpf",
  "6.1": "ebpf",
  "6.12-lockdown": "ebpf",
  "7.2-rt": "ebpf",
  "7.3": "ebpf",
  "6.1-arm64": "ebpf",
  "6.1-module": "module",
  "6.1-nobtf": "module",
  "5.10-neither": null,
  "6.1-lockdown": null,
};

test("the documentation shows the recorded report", () => {
  const page = readFileSync(new URL("../../docs/kernels.md", import.meta.url), "utf8");
  const report = readFileSync(new URL("5.10.txt", FOLDER), "utf8").trimEnd();
  const shown = report.split("\n").map((line) => line === "" ? "" : `    ${line}`).join("\n");
  assert.ok(page.includes(`    # lanner doctor\n${shown}\n`));
});

describe("on a recorded kernel", () => {
  test("there are as many as are expected", () => {
    assert.deepEqual(names.toSorted(), Object.keys(DRIVERS).toSorted());
  });
  for (const name of names) {
    const read = (ending: string) => readFileSync(new URL(`${name}${ending}`, FOLDER), "utf8");
    test(`${name}: the facts give the recorded verdict and the recorded report`, () => {
      const { verdict, checks, facts } = Recorded.parse(JSON.parse(read(".json")));
      assert.equal(verdictOf(facts).driver, DRIVERS[name]);
      // without a driver everything is missing: more, as events are added
      const all = EVENT_TYPES.map(({ name }) => name).sort();
      const expected = verdict.driver === null ? { ...verdict, missing: all } : verdict;
      assert.deepEqual(verdictOf(facts), expected);
      assert.deepEqual(JSON.parse(JSON.stringify(checksOf(facts))), checks);
      assert.equal(doctorText(verdictOf(facts), checksOf(facts), EVENT_TYPES.length), read(".txt"));
    });
    test(`${name}: every line of the report says what, and no line is an errno alone`, () => {
      for (const line of read(".txt").split("\n").slice(0, -1)) {
        assert.doesNotMatch(line, /errno -?\d+/i);
        assert.doesNotMatch(line, /undefined|null|NaN/);
      }
    });
  }
});

test("the same kernel tells a user namespace's root that it is one, not of filters and limits", () => {
  const recorded = Recorded.parse(JSON.parse(readFileSync(new URL("6.1.json", FOLDER), "utf8"))).facts;
  const refused = { what: "the kernel did not take the probe", errno: 1, message: "" };
  const facts = {
    ...recorded,
    host: { ...recorded.host, hostUsers: false, lockedMemory: 65536 },
    probe: { ...recorded.probe, error: refused, running: [] },
  };
  const report = doctorText(verdictOf(facts), checksOf(facts), EVENT_TYPES.length).split("\n");
  const why = "this is a user namespace, whose root may load neither eBPF nor modules: " +
    "run as the host's root (a rootful container)";
  assert.deepEqual(report.slice(0, 4), [
    "driver: none",
    `not the eBPF probe: ${why}`,
    `not the kernel module: ${why}`,
    "missing events: all",
  ]);
  assert.equal(
    report.find((line) => line.includes("privileges")),
    "! privileges             uid 0 of a user namespace: its capabilities count for nothing in the kernel: " +
      "run does not start but as the host's root",
  );
});
