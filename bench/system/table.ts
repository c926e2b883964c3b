// SPDX-License-Identifier: Apache-2.0

/** The measured laps as one table. */
import { median } from "../median.ts";
import type { Row } from "../saved.ts";
import type { Load } from "./loads.ts";
import type { Lap, Measured } from "./measure.ts";

/** Fewer records or calls than this tell nothing of what one costs. */
const TOO_FEW = 10_000;

/** Part of its pace that a load must reach for its figures to be those of that pace. */
export const PACE_KEPT = 0.95;

/** The lines of one load. */
export function rowsOf({ load, title, laps, counted }: Measured, { calls, pace = 0 }: Load): Row[] {
  const alone = laps["alone"] ?? [];
  return Object.entries(laps).filter(([name]) => name !== "alone").map(([sensor, beside]): Row => {
    const costs = beside.map(({ cost }) => cost!);
    const rate = (by: (lap: Lap) => number) => median(beside.map(by)) / median(alone.map(by));
    const { work, cost } = counted[sensor]!;
    const ops = beside.reduce((sum, each) => sum + each.work.ops, 0) + work.ops;
    const all = [...costs, cost!];
    const sum = (of: (each: (typeof all)[number]) => number) => all.reduce((total, each) => total + of(each), 0);
    // of loads that are not ours only the lap in which the kernel counts tells the number of calls
    const known = calls === undefined ? { calls: cost!.runs, laps: [cost!] } : { calls: ops * calls, laps: all };
    const cpu = known.laps.reduce((total, each) => total + each.cpu, 0);
    const records = known.laps.reduce((total, each) => total + (each.records ?? 0), 0);
    const isLanner = cost!.records !== undefined;
    const allRecords = sum(({ records: each }) => each ?? 0);
    const opsPerSecond = median(beside.map(({ work: { ops: done, seconds } }) => done / seconds));
    const isSlow = opsPerSecond < PACE_KEPT * pace;
    return {
      load,
      title: isSlow ? `${title} (the machine reached ${opsPerSecond.toFixed(0)}/s)` : title,
      sensor,
      perCpu: alone.length === 0 ? undefined : rate(({ work: { ops: done, cpu: used } }) => done / used),
      perTime: alone.length === 0 ? undefined : rate(({ work: { ops: done, seconds } }) => done / seconds),
      opsPerSecond,
      cpuShare: median(beside.map(({ work: { seconds }, cost: each }) => each!.cpu / seconds)),
      cpuPerMillionCalls: known.calls < TOO_FEW ? undefined : cpu / known.calls * 1e6,
      cpuPerMillionRecords: allRecords < TOO_FEW ? undefined : sum((each) => each.cpu) / allRecords * 1e6,
      recordsPerThousandCalls: isLanner && known.calls >= TOO_FEW ? records / known.calls * 1e3 : undefined,
      lost: isLanner ? sum(({ lost }) => lost ?? 0) : undefined,
      rssMB: Math.max(...all.map(({ rssMB }) => rssMB)),
      pssMB: Math.max(...all.map(({ pssMB }) => pssMB)),
      nsPerRun: cost!.runs === 0 ? undefined : cost!.runNs / cost!.runs,
      startMs: median(costs.map(({ startMs }) => startMs)),
    };
  });
}

const digits = (value: number | undefined, places: number) =>
  value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(places);

const COLUMNS: readonly (readonly [title: string, of: (row: Row) => string])[] = [
  ["load", ({ title }) => title],
  ["sensor", ({ sensor }) => sensor],
  ["work per CPU-s ÷ alone", ({ perCpu }) => digits(perCpu, 2)],
  ["work per s ÷ alone", ({ perTime }) => digits(perTime, 2)],
  ["sensor's CPU %", ({ cpuShare }) => digits(cpuShare * 100, 2)],
  ["its CPU-s / M calls", ({ cpuPerMillionCalls }) => digits(cpuPerMillionCalls, 3)],
  ["its CPU-s / M records", ({ cpuPerMillionRecords }) => digits(cpuPerMillionRecords, 2)],
  ["records / 1000 calls", ({ recordsPerThousandCalls }) => digits(recordsPerThousandCalls, 2)],
  ["lost", ({ lost }) => lost === undefined ? "–" : String(lost)],
  ["RSS MB", ({ rssMB }) => digits(rssMB, 0)],
  ["PSS MB", ({ pssMB }) => digits(pssMB, 0)],
  ["ns / program run", ({ nsPerRun }) => digits(nsPerRun, 0)],
  ["armed after ms", ({ startMs }) => digits(startMs, 0)],
];

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, of]) => of(row)))];
  const widths = COLUMNS.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const text = (line: readonly string[]) =>
    `| ${line.map((cell, i) => i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => i < 2 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`).join(" | ")} |`;
  return [text(lines[0]!), rule, ...lines.slice(1).map(text)].join("\n");
}
