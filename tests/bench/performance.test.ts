// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { curveOf } from "../../bench/curve.ts";
import type { Row, SavedOf, SavedRun } from "../../bench/saved.ts";
import { figuresOf } from "../../scripts/performance_figures.ts";
import { performancePage, withFigures } from "../../scripts/performance_page.ts";

const ORIGIN = {
  date: "2026-01-02T03:04:05Z",
  commit: "abc1234",
  command: "scripts/bench --save system",
  machine: { cpu: "some CPU", cpus: 2, arch: "x64", kernel: "6.18.0" },
  loadavg: [1, 2] as [number, number],
};

function row(load: string, values: Partial<Row> = {}): Row {
  return {
    ...{ load, title: load, sensor: "lanner", perCpu: undefined, perTime: undefined, opsPerSecond: 1, cpuShare: 0 },
    ...{ cpuPerMillionCalls: undefined, cpuPerMillionRecords: undefined, recordsPerThousandCalls: undefined },
    ...{ lost: 0, rssMB: 70, pssMB: 70, nsPerRun: undefined, startMs: 1000 },
    ...values,
  };
}

function system(...rows: Row[]): SavedOf<"system"> {
  return { kind: "system", ...ORIGIN, rules: "stable", effort: { laps: 1, seconds: 1, warm: 1 }, rows };
}

function churn(rssMB: (i: number) => number): SavedOf<"churn"> {
  const samples = Array.from({ length: 61 }, (_, i) => ({ s: 10 * i, started: i, rssMB: rssMB(i), pssMB: 1 }));
  return { kind: "churn", ...ORIGIN, rate: 1, samples, memory: { "the ring": 16 } };
}

function vm(fexit: number): SavedOf<"vm"> {
  const rows = [{ load: "getppid", title: "getppid", ratios: { sys_exit: 0.8, fexit } }];
  return { kind: "vm", ...ORIGIN, guest: "6.1.0", rows };
}

/** The figure whose name begins so. */
function figure(start: string, runs: Record<string, SavedRun>) {
  const found = figuresOf(new Map(Object.entries(runs))).find(({ what }) => what.startsWith(start));
  assert.ok(found, start);
  return found;
}

describe("a figure of the performance table", () => {
  const cases:
    readonly (readonly [start: string, reached: Record<string, SavedRun>, missed: Record<string, SavedRun>])[] = [
      ["open+close loop", { system: system(row("open", { perCpu: 0.85 })) }, {
        system: system(row("open", { perCpu: 0.95 }), row("open2", { perCpu: 0.849 })),
      }],
      ["a call that no rule names", { vm: vm(0.97) }, { vm: vm(0.969) }],
      ["the sensor's CPU-s per million", { system: system(row("open", { cpuPerMillionCalls: 0.02 })) }, {
        system: system(row("open", { cpuPerMillionCalls: 0.021 })),
      }],
      ["records to user space", { system: system(row("open", { recordsPerThousandCalls: 2.5 })) }, {
        system: system(row("open", { recordsPerThousandCalls: 2.6 })),
      }],
      ["CPU-s per million records", { system: system(row("named", { cpuPerMillionRecords: 0.3 })) }, {
        system: system(row("named", { cpuPerMillionRecords: 0.1 }), row("connect", { cpuPerMillionRecords: 0.31 })),
      }],
      ["fork+exec", { system: system(row("exec1000", { cpuShare: 0.02, opsPerSecond: 1000 })) }, {
        system: system(row("exec1000", { cpuShare: 0.021, opsPerSecond: 1000 })),
      }],
      ["events lost", { drops: system(row("open2"), row("named2")) }, { drops: system(row("open2", { lost: 1 })) }],
      ["the sensor's CPU on an idle", { system: system(row("idle", { cpuShare: 0.003 })) }, {
        system: system(row("idle", { cpuShare: 0.0031 })),
      }],
      ["most RSS", { churn: churn((i) => i < 5 ? 99 : 75) }, { churn: churn((i) => i === 30 ? 76 : 70) }],
      ["growth of", { churn: churn((i) => i < 20 ? 2 * i : 60) }, { churn: churn((i) => i / 5) }],
      ["start to", { system: system(row("open", { startMs: 1500 })) }, {
        system: system(row("open"), row("idle", { startMs: 1501 })),
      }],
    ];
  for (const [start, reached, missed] of cases) {
    test(`'${start}…' is reached at its limit, missed behind it by the worst value, and not measured without a run`, () => {
      assert.equal(figure(start, reached).isReached, true);
      assert.equal(figure(start, missed).isReached, false);
      const { isReached, measured } = figure(start, {});
      assert.deepEqual([isReached, measured], [undefined, ""]);
    });
  }

  test("is in the cases above, each of them", () => {
    const names = figuresOf(new Map()).map(({ what }) => what);
    for (const name of names) assert.ok(cases.some(([start]) => name.startsWith(start)), name);
  });

  test("is not measured by a load that could not keep its pace", () => {
    const run = system(row("exec1000", { cpuShare: 0.001, opsPerSecond: 500 }));
    assert.equal(figure("fork+exec", { system: run }).isReached, undefined);
  });

  test("does not count another sensor's rows", () => {
    const run = system(row("open", { perCpu: 0.9 }), row("open", { perCpu: 0.5, sensor: "falco" }));
    assert.equal(figure("open+close loop", { system: run }).isReached, true);
  });
});

describe("the performance page", () => {
  const runs = new Map<string, SavedRun>([["system", system(row("open", { perCpu: 0.5 }))], [
    "churn",
    churn(() => 70),
  ]]);

  test("has each run with its command, commit, kernel and load average", () => {
    const page = performancePage(runs);
    for (const text of ["    scripts/bench --save system", "commit abc1234", "kernel 6.18.0", "load average 1.0–2.0"]) {
      assert.equal(page.split(text).length, 1 + runs.size, text);
    }
    assert.match(page, /0\.50 \| \*\*missed\*\* \|/);
  });

  test("leaves the README as it is around its table", () => {
    const marks = "<!-- Generated from bench/results/*.json by `deno task generate`. Do not edit. -->\n" +
      "<!-- deno-fmt-ignore-start -->\nold\n<!-- deno-fmt-ignore-end -->";
    const text = withFigures(`before\n${marks}\nafter\n`, runs);
    assert.match(text, /^before\n<!--[^]*\| figure \|[^]*\n {4}scripts\/bench --save system\n[^]*-->\nafter\n$/);
    assert.ok(!text.includes("old"));
    assert.equal(withFigures(text, runs), text);
    assert.throws(() => withFigures("no marks", runs), /marks/);
  });
});

describe("a curve of memory", () => {
  const samples = (count: number, rssMB: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => ({ s: 10 * i, rssMB: rssMB(i) }));
  test("that saws up and down is flat", () => {
    assert.equal(curveOf(samples(121, (i) => 70 + i % 8)).isFlat, true);
  });
  test("that creeps is not, and its slope is what it creeps by", () => {
    const { isFlat, slopeMBPerHour } = curveOf(samples(121, (i) => 70 + i / 10));
    assert.equal(isFlat, false);
    assert.ok(Math.abs(slopeMBPerHour - 36) < 0.01, `${slopeMBPerHour}`);
  });
  test("of less than five minutes is neither", () => {
    assert.equal(curveOf(samples(29, () => 70)).isFlat, undefined);
  });
});
