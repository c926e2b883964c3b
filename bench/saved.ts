// SPDX-License-Identifier: Apache-2.0

/** The runs kept in bench/results: what each tells of itself, and what docs/performance.md reads of it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release } from "node:os";
import process from "node:process";
import { z } from "zod";

const RESULTS = new URL("./results/", import.meta.url);

/** Where and how a run was made. */
const origin = {
  date: z.string(),
  commit: z.string(),
  /** As it was typed. */
  command: z.string(),
  machine: z.object({ cpu: z.string(), cpus: z.number(), arch: z.string(), kernel: z.string() }),
  /** Least and most load average of the machine meanwhile, the loads' own included. */
  loadavg: z.tuple([z.number(), z.number()]),
};

const number = z.number().nullish().transform((value) => value ?? undefined);

/** One line of the system's table: a load beside a sensor. */
const Row = z.object({
  load: z.string(),
  title: z.string(),
  sensor: z.string(),
  /** Work beside the sensor as a part of that alone, for the same CPU-seconds of the load, and for the same time. */
  perCpu: number,
  perTime: number,
  opsPerSecond: z.number(),
  /** Part of one CPU that the sensor takes. */
  cpuShare: z.number(),
  /** CPU-seconds of the sensor for a million system calls of the load (where they are known, else of the machine). */
  cpuPerMillionCalls: number,
  cpuPerMillionRecords: number,
  recordsPerThousandCalls: number,
  lost: number,
  rssMB: z.number(),
  pssMB: z.number(),
  nsPerRun: number,
  startMs: z.number(),
});

/** A load in a virtual machine: its price by way of attaching, as a part of that alone. */
const GuestRow = z.object({ load: z.string(), title: z.string(), ratios: z.record(z.string(), z.number()) });

const Saved = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("system"),
    ...origin,
    rules: z.string(),
    effort: z.object({ laps: z.number(), seconds: z.number(), warm: z.number() }),
    rows: z.array(Row),
  }),
  z.object({
    kind: z.literal("churn"),
    ...origin,
    /** Processes started a second. */
    rate: z.number(),
    samples: z.array(z.object({ s: z.number(), rssMB: z.number(), pssMB: z.number(), started: z.number() })),
    /** MB of the resident set at the end, by what it is. */
    memory: z.record(z.string(), z.number()),
  }),
  z.object({
    kind: z.literal("vm"),
    ...origin,
    /** `uname -r` in the guest. */
    guest: z.string(),
    rows: z.array(GuestRow),
  }),
  z.object({
    kind: z.literal("engine"),
    ...origin,
    runtimes: z.array(z.string()),
    results: z.record(
      z.string(),
      z.object({ events: z.number(), matches: z.number(), medians: z.record(z.string(), z.number()) }),
    ),
    memory: z.record(z.string(), z.object({ growthMB: z.number(), rssMB: z.number() })).optional(),
  }),
  z.object({
    kind: z.literal("soak"),
    ...origin,
    seconds: z.number(),
    records: z.number(),
    looks: z.object({ compared: z.number(), missing: z.number(), wrong: z.number(), stale: z.number() }),
    containers: z.object({ made: z.number(), named: z.number() }),
    samples: z.array(z.object({ "sensor MB": z.number() })),
  }),
]);

/** A run, as it is kept. */
export type SavedRun = z.infer<typeof Saved>;

/** A run of one kind. */
export type SavedOf<K extends SavedRun["kind"]> = Extract<SavedRun, { kind: K }>;

/** What a load of the system's table cost beside a sensor. */
export type Row = z.infer<typeof Row>;

/** All that are kept, by the names of their files; in the order of these. */
export function savedRuns(folder = RESULTS): ReadonlyMap<string, SavedRun> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json")).sort();
  return new Map(files.map((file) => {
    const parsed = Saved.safeParse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    if (!parsed.success) throw new Error(`bench/results/${file}: ${z.prettifyError(parsed.error)}`);
    return [file.slice(0, -".json".length), parsed.data];
  }));
}

/** Load averages so far. */
export class Busy {
  #seen: number[] = [];

  constructor() {
    this.look();
  }

  look(): void {
    this.#seen.push(loadavg()[0]!);
  }

  get range(): [least: number, most: number] {
    this.look();
    return [Math.min(...this.#seen), Math.max(...this.#seen)];
  }
}

/** Keeps a run in bench/results/NAME.json. The command is what scripts/bench says in BENCH_COMMAND. */
export function saveRun(kind: SavedRun["kind"], name: string, busy: Busy, result: Record<string, unknown>): void {
  const cwd = new URL("..", import.meta.url);
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8", cwd }).trim();
  const command = process.env["BENCH_COMMAND"];
  if (command === undefined) throw new Error("a run is only kept when scripts/bench started it");
  const machine = { cpu: cpus()[0]?.model ?? "?", cpus: cpus().length, arch: arch(), kernel: release() };
  const run = { kind, date: new Date().toISOString(), commit, command, machine, loadavg: busy.range, ...result };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(run, undefined, 2)}\n`);
  console.error(`bench: kept in bench/results/${name}.json; \`scripts/bench page\` brings it into the pages`);
}
