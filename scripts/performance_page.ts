// SPDX-License-Identifier: Apache-2.0

/** docs/performance.md and the table of the README, as the runs kept in bench/results have it. */
import { curveOf } from "../bench/curve.ts";
import type { SavedOf, SavedRun } from "../bench/saved.ts";
import { tableOf } from "../bench/system/table.ts";
import { markdownTable } from "../src/cli/table.ts";
import { figuresOf, type Runs } from "./performance_figures.ts";

const VERDICTS = new Map([[true, "reached"], [false, "**missed**"], [undefined, "not measured"]]);

/** What was to be reached and what was. */
export function figuresTable(runs: Runs): string {
  const rows = figuresOf(runs).map(({ what, falco, target, measured, isReached }) => [
    ...[what, falco, target, measured, VERDICTS.get(isReached)!],
  ]);
  return markdownTable(["figure", "Falco 0.44", "to reach", "Lanner", ""], rows);
}

const fixed = (value: number | undefined, places: number) => value === undefined ? "–" : value.toFixed(places);

/** How a run was made. */
function originOf({ command, date, commit, machine, loadavg }: SavedRun): string {
  const { cpu, cpus, arch, kernel } = machine;
  return `    ${command}

${date.slice(0, 10)}, commit ${commit}; ${cpus} CPUs (${cpu}, ${arch}), kernel ${kernel}; load average ` +
    `${fixed(loadavg[0], 1)}–${fixed(loadavg[1], 1)}, the loads' own included.\n`;
}

function systemSection({ effort, rows }: SavedOf<"system">): string {
  return `Laps of ${effort.seconds} s, alone and beside the sensor in turns, ${effort.laps} each (medians); the sensor, started
anew for each, had the load for ${effort.warm} s before it. In one more lap the kernel counts what its programs take.\n
${tableOf(rows)}\n`;
}

function churnSection({ rate, samples, memory }: SavedOf<"churn">): string {
  const { mostMB, growthMB, slopeMBPerHour, isFlat } = curveOf(samples);
  const last = samples.at(-1)!;
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const shown = samples.filter((_, i) => i % tenth === 0 || i === samples.length - 1);
  const cells = shown.map(({ s, started, rssMB, pssMB }) => [s, started, fixed(rssMB, 1), fixed(pssMB, 1)].map(String));
  const verdict = isFlat === undefined ? "too short a run to call it flat or not" : isFlat ? "flat" : "**it grows**";
  return `${last.started} processes in ${last.s} s, ${rate} asked for a second, each under a name of its own. RSS was
${fixed(samples[0]!.rssMB, 0)} MB just after the start; once the first third was over, ${
    fixed(mostMB, 0)
  } MB at most; in the last third ` +
    `${fixed(growthMB, 1)} MB more than\nin the second (${
      fixed(slopeMBPerHour, 1)
    } MB an hour by least squares): ${verdict}.\n
${markdownTable(["s", "processes started", "RSS MB", "PSS MB"], cells)}
What the resident set was at the end, by \`/proc/PID/smaps\`:\n
${
      markdownTable(
        ["MB", "what"],
        Object.entries(memory).sort(([, a], [, b]) => b - a).map(([kind, mb]) => [fixed(mb, 1), kind]),
      )
    }`;
}

function vmSection({ guest, rows }: SavedOf<"vm">): string {
  const ways = [...new Set(rows.flatMap(({ ratios }) => Object.keys(ratios)))];
  const cells = rows.map(({ title, ratios }) => [title, ...ways.map((way) => fixed(ratios[way], 3))]);
  return `Kernel ${guest} in QEMU, whose clock goes on by instructions: work beside the sensor ÷ alone, for the same number
of instructions of the load, by the way its programs are attached. Caches and mispredictions are not in it.\n
${markdownTable(["load", ...ways], cells)}`;
}

function engineSection({ runtimes, results, memory }: SavedOf<"engine">): string {
  const sources = Object.entries(results);
  const names = [...new Set(sources.flatMap(([, { medians }]) => Object.keys(medians)))];
  const rows = names.map((name) => [
    name === "c" ? "C, by hand" : name,
    ...sources.map(([, { medians }]) => medians[name] === undefined ? "–" : fixed(medians[name]! / 1e6, 2)),
  ]);
  const head = sources.map(([source, { events, matches }]) => `${source}: ${events} events, ${matches} matches`);
  const growth = Object.entries(memory ?? {}).map(([name, { growthMB }]) => `${name} ${fixed(growthMB, 1)} MB`);
  return `Millions of events judged per second of CPU time, by ${runtimes.join(" and ")}.\n
${markdownTable(["", ...head], rows)}${
    growth.length === 0 ? "" : `\nGrowth of memory over ten million events: ${growth.join(", ")}.\n`
  }`;
}

function soakSection({ seconds, records, looks, containers, samples }: SavedOf<"soak">): string {
  const { compared, missing, wrong, stale } = looks;
  const most = Math.max(...samples.map((sample) => sample["sensor MB"]));
  return `In ${seconds} s and ${records} records of short lives, exec storms, threads that exec, orphans and pids used
again: of ${compared} comparisons of the process tree with /proc, ${missing} processes were missing, ${wrong} wrong and
${stale} stale. Of ${containers.made} containers ${containers.named} had their name in their first record. RSS of the
sensor with the shipped rules beside it: ${fixed(most, 0)} MB at most.\n`;
}

const TITLES: Readonly<Record<SavedRun["kind"], string>> = {
  system: "Loads alone and beside the sensor",
  vm: "Ways to attach",
  churn: "Memory while processes churn",
  engine: "The rules' engine",
  soak: "The process tree under load",
};

/** Names of runs, as their sections follow each other; others come after them. */
const ORDER = ["system", "drops", "vm", "churn", "engine", "soak"];

function titleOf(run: SavedRun): string {
  return run.kind === "system" ? `${TITLES.system}, rules: ${run.rules}` : TITLES[run.kind];
}

function sectionOf(run: SavedRun): string {
  switch (run.kind) {
    case "system":
      return systemSection(run);
    case "vm":
      return vmSection(run);
    case "churn":
      return churnSection(run);
    case "engine":
      return engineSection(run);
    case "soak":
      return soakSection(run);
  }
}

/** The text of docs/performance.md. */
export function performancePage(runs: Runs): string {
  const place = (name: string) => ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
  const inOrder = [...runs].sort(([a], [b]) => place(a) - place(b));
  return `<!-- deno-fmt-ignore-file -->

<!-- Generated from bench/results/*.json by \`deno task generate\` (scripts/performance_page.ts). Do not edit. -->

# What the sensor costs

\`scripts/bench\` measures it; runs kept with \`--save\` are in \`bench/results\`, and every figure here is computed from
them. Ratios are within one run, load alone and beside the sensor in turns. With Falco's stable rules unless it says
otherwise. CPU-s of the sensor are of all its threads; the price of its programs in the kernel is the load's. What else
the machine did meanwhile was the sensor's work, too: its CPU and records are those of the load alone only where the load
average is the load's own.

## What was to be reached

Falco's figures are of 0.44 on the same kind of machine when it was quiet. Where a figure is measured several times, the
worst decides.

${figuresTable(runs)}${
    inOrder.map(([, run]) => `\n## ${titleOf(run)}\n\n${originOf(run)}\n${sectionOf(run)}`).join("")
  }`;
}

const BEGIN = `<!-- Generated from bench/results/*.json by \`deno task generate\`. Do not edit. -->
<!-- deno-fmt-ignore-start -->`;
const END = "<!-- deno-fmt-ignore-end -->";

/** The README with its table anew. */
export function withFigures(readme: string, runs: Runs): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the README has lost the marks around its figures");
  const commands = [...runs.values()].map(({ command }) => `    ${command}\n`).join("");
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${figuresTable(runs)}\n${commands}\n${readme.slice(end)}`;
}
