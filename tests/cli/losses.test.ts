// SPDX-License-Identifier: Apache-2.0

/** When and how the loss of events is told. */
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { formatInternal } from "../../src/alerts/internal.ts";
import { LossWatch } from "../../src/cli/losses.ts";
import { loadConfig } from "../../src/config/load.ts";

function watch(overrides: readonly string[] = [], isProbe = true): LossWatch {
  const { config } = loadConfig(undefined, overrides.map((text) => `syscall_event_drops.${text}`));
  return new LossWatch(config.syscall_event_drops, isProbe, 0);
}

const lost = (count: number, name = "open: ring full") => new Map([[name, count]]);

describe("a loss of events", () => {
  test("is told with Falco's name and fields, and how many of a hundred they are", () => {
    const told = watch().check({
      seen: 90,
      lost: new Map([
        ["open: ring full", 5],
        ["exec: ring full", 1],
        ["process: scratch busy", 1],
        ["other: fault", 2],
        [
          "other: too long",
          1,
        ],
      ]),
    }, 1)!;
    assert.deepEqual(told.alert, {
      rule: "Falco internal: syscall event drop",
      priority: "Debug",
      message: "Falco internal: syscall event drop. 10 events dropped since the last report (10.00 %).",
      fields: {
        n_evts: "100",
        n_drops: "10",
        n_drops_perc: "10.00",
        n_drops_buffer_total: "6",
        n_drops_buffer_execve_exit: "1",
        n_drops_buffer_clone_fork_exit: "0",
        n_drops_buffer_open_exit: "5",
        n_drops_buffer_connect_exit: "0",
        n_drops_buffer_other_interest_exit: "0",
        n_drops_scratch_map: "1",
        n_drops_page_faults: "2",
        n_drops_bug: "1",
        ebpf_enabled: "1",
      },
    });
    assert.equal(
      told.log,
      "lanner: lost 10 of 100 events (10.00 %): 5 open: ring full, 1 exec: ring full, 1 process: scratch busy, " +
        "2 other: fault, 1 other: too long",
    );
    assert.equal(told.exit, false);
  });

  test("is not told of when there is none, or no more of it", () => {
    const losses = watch(["rate=1000"]);
    assert.equal(losses.check({ seen: 1000, lost: new Map() }, 1), undefined);
    assert.notEqual(losses.check({ seen: 1000, lost: lost(1) }, 2), undefined);
    assert.equal(losses.check({ seen: 2000, lost: lost(1) }, 3), undefined);
  });

  test("is told at once, then as often as the rate allows, and nothing is left out", () => {
    const losses = watch(["rate=0.125"]);
    const told: [number, string][] = [];
    for (let second = 1; second <= 25; second++) {
      const report = losses.check({ seen: second * 10, lost: lost(second) }, second);
      if (report !== undefined) told.push([second, String(report.alert!.fields["n_drops"])]);
    }
    assert.deepEqual(told, [[1, "1"], [9, "8"], [17, "8"], [25, "8"]]);
    assert.equal(losses.check({ seen: 260, lost: lost(29) }, 26, true)!.alert!.fields["n_drops"], "4", "at the end");
  });

  test("may come in a burst", () => {
    const losses = watch(["rate=0.001", "max_burst=2"]);
    const told = [1, 2, 3].map((n) => losses.check({ seen: 0, lost: lost(n) }, n) !== undefined);
    assert.deepEqual(told, [true, true, false]);
  });

  test("is borne up to the threshold", () => {
    const losses = watch(["threshold=0.1", "rate=100"]);
    assert.equal(losses.check({ seen: 90, lost: lost(10) }, 1), undefined);
    assert.equal(losses.check({ seen: 179, lost: lost(21) }, 2)!.alert!.fields["n_drops"], "11");
  });

  const actions: readonly (readonly [string, log: boolean, alert: boolean, exit: boolean])[] = [
    ["actions=[ignore]", false, false, false],
    ["actions=[log]", true, false, false],
    ["actions=[alert]", false, true, false],
    ["actions=[log, exit]", true, false, true],
  ];
  for (const [option, log, alert, exit] of actions) {
    test(`${option} does that`, () => {
      const told = watch([option]).check({ seen: 0, lost: lost(1) }, 1)!;
      assert.deepEqual([told.log !== undefined, told.alert !== undefined, told.exit], [log, alert, exit]);
    });
  }

  test("says which driver it was", () => {
    assert.equal(watch([], false).check({ seen: 0, lost: lost(1) }, 1)!.alert!.fields["ebpf_enabled"], "0");
  });

  for (const wrong of ["actions=[shout]", "actions=[ignore, log]", "threshold=2", "rate=often"]) {
    test(`${wrong} is refused`, () => assert.throws(() => watch([wrong]), { name: "ConfigError" }));
  }
});

describe("an internal alert", () => {
  const alert = { rule: "R", priority: "Debug", message: "m", fields: { b: "2", a: 'x "y"' } } as const;
  const origin = { hostname: "h", time: 1_700_000_000_123_456_789n };

  test("is a line with its fields in JSON", () => {
    assert.match(formatInternal(alert, origin, false), /^\d\d:\d\d:20\.123456789: Debug m \(a="x \\"y\\"" b="2"\)$/);
  });

  test("is an object with Falco's keys, of the source internal", () => {
    assert.equal(
      formatInternal(alert, origin, true),
      '{"hostname":"h","output":"m","output_fields":{"a":"x \\"y\\"","b":"2"},"priority":"Debug","rule":"R",' +
        '"source":"internal","time":"2023-11-14T22:13:20.123456789Z"}',
    );
  });
});
