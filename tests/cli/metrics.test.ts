// SPDX-License-Identifier: Apache-2.0

/** What a sensor tells of itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatInternal } from "../../src/alerts/internal.ts";
import { type Counts, Metrics, snapshotAlert, usageNow } from "../../src/cli/metrics.ts";
import { loadConfig } from "../../src/config/load.ts";

const SECOND = 1_000_000_000n;
const START = 1_700_000_000n * SECOND;

function metrics(...overrides: string[]): Metrics {
  const all = ["enabled=true", "output_rule=true", ...overrides].map((text) => `metrics.${text}`);
  const { config } = loadConfig(undefined, all);
  return new Metrics(config.metrics, { hostname: "h", engine: "ebpf", started: START, booted: START - SECOND });
}

const counts = (seen: number, lost: number, rest: Partial<Counts> = {}): Counts => ({
  ...{ seen, lost: new Map([["open: ring full", lost]]), alerts: [["A rule, of mine!", 2]] as const },
  ...{ full: new Map(), undelivered: 0, processes: 7, refused: 0, ...rest },
});

const USAGE = { cpu: 2, rss: 2048, vsz: 4096, pss: 1024 };

describe("a snapshot of the sensor's counters", () => {
  test("has Falco's keys, and rates of the time since the one before", () => {
    const told = metrics();
    told.fields(counts(100, 0), USAGE, START + 10n * SECOND);
    const full = new Map([["exec: filter table full", 3]]);
    const fields = told.fields(counts(150, 50, { full }), USAGE, START + 20n * SECOND);
    const expected = {
      "evt.hostname": "h",
      "evt.source": "syscall",
      "evt.time": START + 20n * SECOND,
      "falco.duration_sec": 20,
      "falco.evts_rate_sec": 5,
      "falco.num_evts": 150,
      "falco.num_evts_prev": 100,
      "falco.start_ts": START,
      "falco.host_boot_ts": START - SECOND,
      "falco.rules.matches_total": 2,
      "falco.rules.A_rule_of_mine": 2,
      "falco.cpu_usage_perc": 10,
      "falco.memory_rss_mb": 2,
      "falco.memory_vsz_mb": 4,
      "falco.memory_pss_mb": 1,
      "falco.n_threads": 7,
      "scap.engine_name": "modern_bpf",
      "scap.n_evts": 200,
      "scap.n_evts_prev": 100,
      "scap.n_drops": 50,
      "scap.n_drops_perc": 25,
      "scap.n_drops_buffer_total": 50,
      "scap.n_drops_buffer_open_exit": 50,
      "scap.evts_rate_sec": 10,
      "scap.evts_drop_rate_sec": 5,
      "lanner.lost.open.ring_full": 50,
      "lanner.passed.exec.filter_table_full": 3,
    };
    for (const [key, value] of Object.entries(expected)) assert.equal(fields[key], value, key);
    assert.ok(!("scap.n_drops_prev" in fields), "what is zero is left out");
  });

  test("has zeros where they are asked for", () => {
    assert.equal(metrics("include_empty_values=true").fields(counts(0, 0), USAGE, START)["scap.n_drops"], 0);
  });

  const intervals: [text: string, ms: number][] = [
    ["1h30m", 5_400_000],
    ["1y1w1d", 31_557_600_000 + 604_800_000 + 86_400_000],
    ["100ms", 100],
    ["30m1h", 0],
    ["10", 0],
  ];
  for (const [text, ms] of intervals) {
    test(`comes each ${ms} ms for an interval of ${text}`, () => {
      assert.equal(loadConfig(undefined, [`metrics.interval=${text}`]).config.metrics.interval, ms);
    });
  }

  const groups: [option: string, key: string][] = [
    ["rules_counters_enabled=false", "falco.rules.matches_total"],
    ["resource_utilization_enabled=false", "falco.cpu_usage_perc"],
    ["state_counters_enabled=false", "falco.n_threads"],
    ["kernel_event_counters_enabled=false", "scap.n_evts"],
    ["convert_memory_to_mb=false", "falco.memory_rss_mb"],
  ];
  for (const [option, key] of groups) {
    test(`is without ${key} with ${option}`, () => {
      assert.ok(!(key in metrics(option).fields(counts(9, 9), USAGE, START + SECOND)));
      assert.ok(key in metrics().fields(counts(9, 9), USAGE, START + SECOND));
    });
  }

  test("is an alert whose times are whole numbers", () => {
    const alert = snapshotAlert(metrics().fields(counts(1, 0), USAGE, START));
    const line = formatInternal(alert, { hostname: "h", time: START }, true);
    assert.match(line, /"falco\.start_ts":1700000000000000000[,}]/);
    const { rule, priority, source } = JSON.parse(line);
    assert.deepEqual([rule, priority, source], ["Falco internal: metrics snapshot", "Informational", "internal"]);
    assert.match(formatInternal(alert, { hostname: "h", time: START }, false), / falco\.start_ts=1700000000000000000 /);
  });

  test("knows what the process uses", () => {
    const { cpu, rss, vsz, pss } = usageNow();
    assert.ok(cpu > 0 && rss > 1000 && vsz >= rss && pss > 0, String([cpu, rss, vsz, pss]));
  });
});
