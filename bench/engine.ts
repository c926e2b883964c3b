// SPDX-License-Identifier: Apache-2.0

/**
 * How fast rules judge events: compiled as the sensor runs them, by walking their trees, and written by hand in C
 * (bench/engine.c), over the same events. Each way runs in a process of its own; they take turns, so that what else the
 * machine does meets them all. Started by `scripts/bench engine`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { parseArgs } from "node:util";
import type { RuleSet } from "../src/rules/ruleset.ts";
import type { Growth, Lap } from "./contestant.ts";
import { literalsHeader } from "./literals.ts";
import { median } from "./median.ts";
import { loadEngine } from "./rules.ts";
import { Busy, saveRun } from "./saved.ts";
import { openStream, streamFile } from "./stream.ts";

const BUILD = new URL("../build/bench/", import.meta.url);

/** What is to be reached: times C, times the interpreter, MB of growth. */
const TARGETS = { c: 0.6, interpreter: 5, growthMB: 5 };

/** The runtimes that the sensor's source runs under: each is a column. */
const RUNTIMES = ["bun", "deno"] as const;

type Runtime = typeof RUNTIMES[number];

/** What starts a contestant under a runtime. */
function command(runtime: Runtime, args: readonly string[]): [string, string[]] {
  const path = new URL("./contestant.ts", import.meta.url).pathname;
  return [runtime, [...(runtime === "bun" ? [] : ["run", "-A", "--no-check"]), path, ...args]];
}

function versionOf(runtime: Runtime): string {
  return `${runtime} ${/\d+\.\d+\.\d+/.exec(run(runtime, ["--version"]))?.[0] ?? "?"}`;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  return stdout;
}

/** Compiles bench/engine.c with the words of these rules. */
function compileC(rules: RuleSet): string {
  writeFileSync(new URL("literals.h", BUILD), literalsHeader(rules));
  const program = new URL("engine", BUILD).pathname;
  const include = [new URL("./engine/", import.meta.url), BUILD].flatMap(({ pathname }) => ["-I", pathname]);
  const source = new URL("./engine.c", import.meta.url).pathname;
  run("cc", ["-O2", "-Wall", "-Wextra", "-Wno-unused-variable", ...include, source, "-o", program]);
  return program;
}

/** A running contestant. */
class Contestant {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly rates: number[] = [];
  matches = "";

  constructor(readonly name: string, [program, args]: [string, string[]]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#reader = createInterface(this.#child.stdout!);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async lap(seconds: number): Promise<Lap> {
    this.#child.stdin!.write(`${seconds}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended before its time`);
    return JSON.parse(value) as Lap;
  }

  close(): void {
    this.#child.stdin!.end();
    this.#reader.close();
  }
}

interface Result {
  readonly events: number;
  readonly matches: number;
  /** Events per second of CPU time, lap by lap. */
  readonly rates: Readonly<Record<string, readonly number[]>>;
  readonly medians: Readonly<Record<string, number>>;
}

async function measure(source: string, c: string | undefined, seconds: number, repeats: number): Promise<Result> {
  const stream = await openStream(source);
  const events = stream.offsets.length;
  const file = new URL("stream.bin", BUILD).pathname;
  writeFileSync(file, streamFile(stream));
  const contestants = RUNTIMES.flatMap((runtime) =>
    ["compiled", "interpreter", "pipeline"].map((kind) =>
      new Contestant(`${runtime} ${kind}`, command(runtime, [kind, source]))
    )
  );
  if (c !== undefined) contestants.push(new Contestant("c", [c, [file]]));
  try {
    for (const contestant of contestants) await contestant.lap(2 * seconds); // warm-up
    let expected: string | undefined;
    for (let i = 0; i < repeats; i++) {
      for (const contestant of contestants) {
        const { ns, matches } = await contestant.lap(seconds);
        contestant.rates.push(events / ns * 1e9);
        if (contestant.name.endsWith("pipeline")) continue; // its process tree goes on from round to round
        contestant.matches = matches.join();
        expected ??= contestant.matches;
        if (contestant.matches === expected) continue;
        throw new Error(`${source}: ${contestant.name} matched ${contestant.matches}, not ${expected}`);
      }
    }
    const each = <T>(of: (contestant: Contestant) => T) =>
      Object.fromEntries(contestants.map((contestant) => [contestant.name, of(contestant)]));
    return {
      events,
      matches: (expected ?? "").split(",").reduce((sum, count) => sum + Number(count), 0),
      rates: each(({ rates }) => rates),
      medians: each(({ rates }) => median(rates)),
    };
  } finally {
    for (const contestant of contestants) contestant.close();
  }
}

function report(source: string, { events, matches, rates, medians }: Result): void {
  console.log(`${/^\d+$/.test(source) ? "synthetic" : source}: ${events} events, ${matches} matches`);
  for (const [name, all] of Object.entries(rates)) {
    const laps = all.map((rate) => (rate / 1e6).toFixed(2)).join(" ");
    console.log(`  ${name.padEnd(16)} ${(medians[name]! / 1e6).toFixed(2).padStart(6)}   (${laps})`);
  }
  if (medians["c"] === undefined) console.log("  no C: it is written for Falco's stable file, which is not here");
  for (const runtime of RUNTIMES) {
    for (const [name, target] of [["c", TARGETS.c], [`${runtime} interpreter`, TARGETS.interpreter]] as const) {
      const rate = medians[name];
      if (rate === undefined) continue;
      const ratio = medians[`${runtime} compiled`]! / rate;
      const verdict = ratio < target ? ": MISSED" : "";
      console.log(`  ${runtime} compiled / ${name} = ${ratio.toFixed(2)} (to reach: ${target}${verdict})`);
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      recording: { type: "string" },
      events: { type: "string", default: "200000" },
      seconds: { type: "string", default: "1" },
      repeats: { type: "string", default: "7" },
      "no-memory": { type: "boolean", default: false },
      save: { type: "boolean", default: false },
    },
  });
  const busy = new Busy();
  mkdirSync(BUILD, { recursive: true });
  const { rules, engine, official } = loadEngine();
  const c = official ? compileC(rules) : undefined;
  const runtimes = RUNTIMES.map(versionOf);
  console.log(`${runtimes.join(", ")}; ${engine.rules.length} rules of ${rules.files.join(", ")}`);
  console.log("million events per second of CPU time: median (each lap)");
  const results: Record<string, Result> = {};
  for (const source of [...(values.recording === undefined ? [] : [values.recording]), values.events]) {
    const result = await measure(source, c, Number(values.seconds), Number(values.repeats));
    report(source, result);
    busy.look();
    results[source === values.events ? "synthetic" : "recording"] = result;
  }
  if (values["no-memory"]) {
    if (values.save) saveRun("engine", "engine", busy, { runtimes, rules: rules.files, results });
    return;
  }
  const growth = (runtime: Runtime, kind: string) =>
    JSON.parse(run(...command(runtime, [kind, "100000", "memory"]))) as Growth;
  const memory = Object.fromEntries(
    RUNTIMES.flatMap((runtime) =>
      ["compiled", "pipeline"].map((kind) => [`${runtime} ${kind}`, growth(runtime, kind)] as const)
    ),
  );
  for (const [name, { events, growthMB, rssMB }] of Object.entries(memory)) {
    const verdict = growthMB < TARGETS.growthMB ? "" : ": MISSED";
    console.log(
      `memory, ${name}: +${growthMB.toFixed(1)} MB over ${events / 1e6} million events ` +
        `(to stay under: ${TARGETS.growthMB}${verdict}), ${rssMB.toFixed(0)} MB in all`,
    );
  }
  if (values.save) saveRun("engine", "engine", busy, { runtimes, rules: rules.files, results, memory });
}

await main();
