// SPDX-License-Identifier: Apache-2.0

/** What the sensor costs a machine, beside another one if asked for. Started by `scripts/bench`. */
import { cpus, release } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Busy, type Row, saveRun } from "./saved.ts";
import { loads } from "./system/loads.ts";
import { measure, type Measured } from "./system/measure.ts";
import { lannerSpec } from "./system/lanner.ts";
import { endWithSensors, type SensorSpec } from "./system/sensor.ts";
import { rowsOf, tableOf } from "./system/table.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function sensorsOf(values: { rules: string; lanner: string[]; peer: string[] }): SensorSpec[] {
  return [
    lannerSpec(values.rules, values.lanner.flatMap((text) => text.split(" ").filter(Boolean))),
    ...values.peer.map((command, i) => ({
      name: `${basename(command.split(" ")[0]!)} (peer${values.peer.length > 1 ? ` ${i + 1}` : ""})`,
      command: ["sh", "-c", `exec ${command}`],
    })),
  ];
}

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "stable" },
    loads: { type: "string" },
    laps: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    warm: { type: "string", default: "2" },
    lanner: { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    save: { type: "string" },
  },
});
const effort = { laps: Number(values.laps), seconds: Number(values.seconds), warm: Number(values.warm) };
const sensors = sensorsOf(values);
endWithSensors();
const all = loads(`${ROOT}build/bench/loads`, ROOT);
const chosen = values.loads?.split(",");
const unknown = chosen?.find((name) => !all.some((load) => load.name === name));
if (unknown !== undefined) throw new Error(`no load '${unknown}'; there are ${all.map(({ name }) => name).join(", ")}`);
const busy = new Busy();
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
  busy.look();
  rows.push(...rowsOf(measured.at(-1)!, load));
}
console.log(tableOf(rows));
const [least, most] = busy.range.map((load) => load.toFixed(1));
console.log(
  `\n${cpus().length} CPUs (${cpus()[0]?.model}), kernel ${release()}, rules: ${values.rules}; ` +
    `medians of ${effort.laps} laps of ${effort.seconds} s; load average ${least}-${most}`,
);
if (values.save !== undefined) saveRun("system", values.save, busy, { rules: values.rules, effort, rows, measured });
