// SPDX-License-Identifier: Apache-2.0

/** What the sensor costs a machine, beside another one if asked for. Started by `scripts/bench`. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loads } from "./system/loads.ts";
import { measure, type Measured } from "./system/measure.ts";
import type { SensorSpec } from "./system/sensor.ts";
import { type Row, rowsOf, tableOf } from "./system/table.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STABLE = `${ROOT}../shared/compat/falco_rules.yaml`;

/** The arguments that choose the rules. */
function rulesOf(choice: string): string[] {
  switch (choice) {
    case "shipped":
      return [];
    case "stable":
      return ["-r", STABLE];
    case "all":
      return ["-r", STABLE, "-r", `${ROOT}rules`];
    default:
      return ["-r", choice];
  }
}

function sensorsOf(values: { rules: string; lanner: string[]; peer: string[] }): SensorSpec[] {
  if (["stable", "all"].includes(values.rules) && !existsSync(STABLE)) {
    throw new Error("Falco's stable rules are not here: give --rules shipped, or a file");
  }
  const options = values.lanner.flatMap((text) => text.split(" ").filter(Boolean));
  return [
    { name: "lanner", command: [`${ROOT}dist/lanner`, "run", ...rulesOf(values.rules), ...options], ready: /^armed$/m },
    ...values.peer.map((command) => ({
      name: command.split(/[ /]/).filter((word) => /^[a-z][\w-]*$/.test(word)).at(0) ?? "peer",
      command: ["sh", "-c", `exec ${command}`],
    })),
  ];
}

function save(name: string, result: Record<string, unknown>): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8", cwd: ROOT }).trim();
  const machine = { cpu: cpus()[0]?.model, cpus: cpus().length, arch: arch(), kernel: release() };
  const folder = `${ROOT}bench/results`;
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify({ date: new Date().toISOString(), commit, machine, ...result }, null, 1);
  writeFileSync(`${folder}/${name}.json`, `${text}\n`);
  console.error(`bench: saved bench/results/${name}.json`);
}

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "stable" },
    loads: { type: "string" },
    laps: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    lanner: { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    save: { type: "string" },
  },
});
const effort = { laps: Number(values.laps), seconds: Number(values.seconds) };
const sensors = sensorsOf(values);
const all = loads(`${ROOT}build/bench/loads`, ROOT);
const chosen = values.loads?.split(",");
const unknown = chosen?.find((name) => !all.some((load) => load.name === name));
if (unknown !== undefined) throw new Error(`no load '${unknown}'; there are ${all.map(({ name }) => name).join(", ")}`);
const measured: Measured[] = [];
const rows: Row[] = [];
for (const load of all) {
  if (chosen?.includes(load.name) === false) continue;
  if (load.missing !== undefined) {
    console.error(`bench: ${load.name} is left out: ${load.missing}`);
    continue;
  }
  console.error(`bench: ${load.title}`);
  measured.push(await measure(load, sensors, effort));
  rows.push(...rowsOf(measured.at(-1)!, load));
}
const busy = measured.flatMap(({ loadavg }) => loadavg);
console.log(tableOf(rows));
console.log(
  `\n${cpus().length} CPUs (${
    cpus()[0]?.model
  }), kernel ${release()}, rules: ${values.rules}; medians of ${effort.laps} ` +
    `laps of ${effort.seconds} s; load average ${Math.min(...busy).toFixed(1)}-${Math.max(...busy).toFixed(1)}`,
);
if (values.save !== undefined) save(values.save, { rules: values.rules, effort, rows, measured });
