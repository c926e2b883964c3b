// SPDX-License-Identifier: Apache-2.0

/**
 * Does the sensor's memory stand still while processes come and go, each under a name and with an argument that none had
 * before? Started by `scripts/bench churn`.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseDuration } from "../src/cli/duration.ts";
import { curveOf } from "./curve.ts";
import { Busy, saveRun } from "./saved.ts";
import { lannerSpec } from "./system/lanner.ts";
import { compileLoad } from "./system/loads.ts";
import { work } from "./system/measure.ts";
import { endWithSensors, RunningSensor } from "./system/sensor.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values } = parseArgs({
  options: {
    for: { type: "string", default: "20m" },
    every: { type: "string", default: "10s" },
    rate: { type: "string", default: "200" },
    rules: { type: "string", default: "stable" },
    lanner: { type: "string", multiple: true, default: [] },
    save: { type: "boolean" },
  },
});

function secondsOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`${text} is no duration: 30s, 5m, 1h`);
  return ms / 1000;
}

const rate = Number(values.rate);
const [seconds, every] = [secondsOf(values.for), secondsOf(values.every)];
const program = compileLoad(`${ROOT}build/bench/loads`, ROOT);
const load = { name: "churn", command: (time: number) => [program, "churn", String(rate), String(time)] };
endWithSensors();
const sensor = await RunningSensor.start(
  lannerSpec(values.rules, values.lanner.flatMap((text) => text.split(" ").filter(Boolean))),
);
sensor.begin();
const busy = new Busy();
const begin = performance.now();
const samples: { s: number; started: number; rssMB: number; pssMB: number }[] = [];
let started = 0;
const add = () => {
  const { rssMB, pssMB } = sensor.memory();
  const s = Math.round((performance.now() - begin) / 1000);
  samples.push({ s, started, rssMB, pssMB });
  console.log([s, started, rssMB.toFixed(1), pssMB.toFixed(1)].map((cell) => String(cell).padStart(10)).join(""));
};
console.log(["s", "started", "RSS MB", "PSS MB"].map((name) => name.padStart(10)).join(""));
add();
while (samples.at(-1)!.s < seconds) {
  started += (await work(load, Math.min(every, seconds - samples.at(-1)!.s))).ops;
  add();
  busy.look();
}
const memory = sensor.memoryByKind();
const { cpu, records, lost } = await sensor.end();
for (const [kind, mb] of Object.entries(memory)) console.log(`${mb.toFixed(1).padStart(8)} MB  ${kind}`);
const { mostMB, growthMB, slopeMBPerHour, isFlat } = curveOf(samples);
const verdict = isFlat === undefined ? "too short to say whether it grows" : isFlat ? "flat" : "GROWS";
console.log(
  `RSS at most ${mostMB.toFixed(0)} MB after the first third; ${
    growthMB.toFixed(1)
  } MB more on average in the last than in the second, ` +
    `${slopeMBPerHour.toFixed(1)} MB an hour: ${verdict}; ` +
    `${(cpu / seconds * 100).toFixed(2)} % CPU, ${records} records, ${lost} lost`,
);
if (values.save) saveRun("churn", "churn", busy, { rules: values.rules, rate, samples, memory, cpu, records, lost });
