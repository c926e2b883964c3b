// SPDX-License-Identifier: Apache-2.0

/** Laps: a load alone and beside each sensor, in turns, so that what else the machine does meets all of them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { writeFileSync } from "node:fs";
import type { Load } from "./loads.ts";
import { type Cost, RunningSensor, type SensorSpec } from "./sensor.ts";

/** What a load says of itself. */
export interface Work {
  readonly ops: number;
  readonly seconds: number;
  /** CPU-seconds of the load. */
  readonly cpu: number;
}

/** One lap beside a sensor, or alone. */
export interface Lap {
  readonly work: Work;
  readonly cost?: Cost;
}

/** All laps of one load. */
export interface Measured {
  readonly load: string;
  readonly title: string;
  /** By the sensor's name; `alone` without one. */
  readonly laps: Readonly<Record<string, readonly Lap[]>>;
  /** Beside each sensor once more, with the kernel counting what its programs take. */
  readonly counted: Readonly<Record<string, Lap>>;
  /** Load average of the machine before and after. */
  readonly loadavg: readonly [number, number];
}

/** How long and how often. */
export interface Effort {
  readonly seconds: number;
  readonly laps: number;
  /** Seconds of the load before a lap beside a sensor, for its code to be compiled. */
  readonly warm: number;
}

/** Runs a load for some seconds; throws when it fails. */
export async function work(load: Pick<Load, "name" | "command">, seconds: number): Promise<Work> {
  const [program, ...args] = load.command(seconds);
  const child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "", problem = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => out += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => problem += text);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${load.name} failed: ${problem}`);
  return JSON.parse(out) as Work;
}

async function lap(load: Load, { seconds, warm }: Effort, spec: SensorSpec | undefined): Promise<Lap> {
  if (spec === undefined) return { work: await work(load, seconds) };
  const sensor = await RunningSensor.start(spec);
  const before = warm === 0 ? 0 : (await work(load, warm)).ops;
  sensor.begin();
  const done = await work(load, seconds);
  const cost = await sensor.end();
  if (cost.records === undefined || done.ops === 0) return { work: done, cost };
  // it counts from its start on: the load made as many for each thing it did before
  return { work: done, cost: { ...cost, records: Math.round(cost.records * done.ops / (before + done.ops)) } };
}

function count(on: boolean): void {
  writeFileSync("/proc/sys/kernel/bpf_stats_enabled", on ? "1" : "0");
}

/** Measures one load. */
export async function measure(load: Load, sensors: readonly SensorSpec[], effort: Effort): Promise<Measured> {
  const before = loadavg()[0]!;
  const laps: Record<string, Lap[]> = { alone: [] };
  for (let i = 0; i < effort.laps; i++) {
    if (load.pace === undefined) laps["alone"]!.push(await lap(load, effort, undefined));
    for (const sensor of sensors) (laps[sensor.name] ??= []).push(await lap(load, effort, sensor));
  }
  const counted: Record<string, Lap> = {};
  count(true);
  try {
    for (const sensor of sensors) counted[sensor.name] = await lap(load, effort, sensor);
  } finally {
    count(false);
  }
  return { load: load.name, title: load.title, laps, counted, loadavg: [before, loadavg()[0]!] };
}
