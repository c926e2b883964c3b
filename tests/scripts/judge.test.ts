// SPDX-License-Identifier: Apache-2.0

/** The kernel matrix's judgement: whatever is amiss in what a guest left is a problem of that kernel. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { judge } from "../../scripts/vm/matrix/judge.ts";

type Fields = Record<string, unknown>;

interface Seen {
  readonly rule: string;
  readonly output_fields: Fields;
}

/** A record of the storm: thread 0's first is of the letter a, 40 times. */
const STORM: Seen = {
  rule: "Storm",
  output_fields: { "evt.type": "openat", "fd.name": `/tmp/storm/0/0/${"a".repeat(40)}` },
};

const read = (fields: Fields = {}): Seen => ({
  rule: "Credential file read",
  output_fields: { "evt.time": 1, "fd.name": "/etc/shadow", "proc.pid": 71, ...fields },
});

const EXPECTED = "Credential file read | fd.name=/etc/shadow proc.pid=PID";

const LOG = ["driver: eBPF through tp_btf (x)", "verified: open: 9000 instructions", "armed", "lost events: none"];

/** What the sensors of a guest left, by name. */
type Left = Readonly<Record<string, { readonly seen?: readonly Seen[]; readonly log?: readonly string[] }>>;

/** The problems of a guest, whose expected file has one line and whose storm has one record. */
function problemsOf(sensors: Left, { guest = "auto ended with 0\n", expected = [EXPECTED] } = {}): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "lanner-judge-"));
  try {
    for (const [name, { seen = [read(), STORM], log = LOG }] of Object.entries(sensors)) {
      writeFileSync(join(folder, `${name}.jsonl`), seen.map((alert) => `${JSON.stringify(alert)}\n`).join(""));
      writeFileSync(join(folder, `${name}.log`), log.map((line) => `${line}\n`).join(""));
    }
    writeFileSync(join(folder, "armed"), Object.keys(sensors).map((name) => `${name} 8.5 20\n`).join(""));
    writeFileSync(join(folder, "guest.log"), guest);
    const about = { kernel: "6.1", arch: "amd64", commit: "abc" };
    return judge(folder, about, Object.keys(sensors), { expected, storm: 1 }).problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the sensor alerts when it lost something. */
const DROPS: Seen = { rule: "Falco internal: syscall event drop", output_fields: { n_drops: 3 } };

describe("a kernel of the matrix", () => {
  test("is as expected when every sensor saw the same and all of it, at other times", () => {
    assert.deepEqual(problemsOf({ auto: {}, module: { seen: [STORM, read({ "evt.time": 2 })] } }), []);
  });

  const cases: readonly [string, Left, RegExp][] = [
    ["an alert is missing", { auto: { seen: [STORM] } }, /^auto: missing: Credential file read \| fd\.name=/],
    ["an alert is there twice", { auto: { seen: [read(), read(), STORM] } }, /^auto: unexpected: Credential file read/],
    ["a field is another than expected", { auto: { seen: [read({ "fd.name": "/etc/shado" }), STORM] } }, /unexpected/],
    ["a record of the storm is missing", { auto: { seen: [read()] } }, /^auto: 0 of 1 of the storm's records$/],
    [
      "a record of the storm has another's bytes",
      {
        auto: {
          seen: [read(), STORM, {
            ...STORM,
            output_fields: { ...STORM.output_fields, "fd.name": `/tmp/storm/0/0/${"a".repeat(39)}b` },
          }],
        },
      },
      /^auto: 1 corrupt records$/,
    ],
    [
      "events were lost",
      { auto: { log: [...LOG.slice(0, 3), "lost events: 3 openat (ring full)"] } },
      /^auto: lost 3 /,
    ],
    ["a sensor does not say what it lost", { auto: { log: LOG.slice(0, 3) } }, /^auto: lost \(it did not say\)$/],
    [
      "the kernel refused a program",
      { auto: { log: [...LOG, "warning: the kernel refused program fill_open: why"] } },
      /^auto: the kernel refused fill_open$/,
    ],
    [
      "calls passed unseen",
      { auto: { log: [...LOG, "system calls that passed unseen, wanted or not: 1"] } },
      /^auto: lost none; system calls that passed unseen, wanted or not: 1$/,
    ],
    [
      "what goes through an io_uring can't be seen",
      { auto: { log: [...LOG, "lanner: io_uring events: not on this kernel: why"] } },
      /^auto: the kernel refused io_uring events$/,
    ],
    [
      "eBPF does not say what the verifier walked",
      { auto: { log: LOG.filter((line) => !line.startsWith("verified")) } },
      /^auto: no word on the verifier's work$/,
    ],
    [
      "the verifier walks more than half of what it may",
      { auto: { log: [...LOG, "verified: walk: 500001 instructions"] } },
      /^auto: the verifier walks 500001 instructions of walk, over 500000$/,
    ],
    [
      "a sensor never watched",
      { auto: { log: ["lanner: no driver runs here"] } },
      /^auto: lanner: no driver runs here$/,
    ],
    [
      "a field differs between the drivers",
      { auto: {}, module: { seen: [read({ "proc.pid": 72 }), STORM] } },
      /module/,
    ],
  ];
  for (const [name, left, problem] of cases) {
    test(`fails when ${name}`, () => {
      const problems = problemsOf(left);
      assert.ok(problems.some((line) => problem.test(line)), problems.join("\n"));
    });
  }

  test("fails once for what was lost, not for the alert on it, too", () => {
    const log = [...LOG.slice(0, 3), "lost events: 3 openat (preempted)"];
    assert.deepEqual(problemsOf({ auto: { seen: [read(), DROPS, STORM], log } }), ["auto: lost 3 openat (preempted)"]);
  });

  test("fails with what the guest itself complained of", () => {
    assert.deepEqual(problemsOf({ auto: {} }, { guest: "auto ended with 0\nthe module stays: 1 users\n" }), [
      "guest: the module stays: 1 users",
    ]);
  });

  test("leaves it open whether a name of who is killed is known still, but not who that is", () => {
    const kill = (args: string) => ({ seen: [read({ "evt.type": "kill", "evt.args": args }), STORM] });
    const expected = [`Credential file read | fd.name=/etc/shadow proc.pid=PID evt.type=kill evt.args=res=0 pid=N`];
    const problems = problemsOf({ auto: kill("res=0 pid=286"), module: kill("res=0 pid=286(acts)") }, { expected });
    assert.deepEqual(problems.filter((line) => line.startsWith("auto/module")), []);
    const others = problemsOf({ auto: kill("res=0 pid=286"), module: kill("res=0 pid=287") }, { expected });
    assert.equal(others.filter((line) => line.startsWith("auto/module")).length, 1);
  });

  test("asks fexit for no events that it can't see, and asks others for them", () => {
    const call = (type: string): Seen => ({
      rule: "Call of an act",
      output_fields: {
        "evt.type": type,
        "evt.res": "SUCCESS",
        "fd.type": null,
        "proc.name": "calls",
        "proc.cmdline": "c",
      },
    });
    const line = "Call of an act | evt.type=setsid evt.res=SUCCESS fd.type=null proc.name=calls proc.cmdline=c";
    const all = { seen: [read(), STORM, call("setsid")] };
    const expected = [EXPECTED, line];
    assert.deepEqual(problemsOf({ auto: all, fexit: {} }, { expected }), []);
    assert.ok(problemsOf({ auto: all, module: {} }, { expected }).includes(`module: missing: ${line}`));
  });
});
