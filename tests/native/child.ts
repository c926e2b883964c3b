// SPDX-License-Identifier: Apache-2.0

/**
 * A process of its own for process.test.ts: attaches the probe in the file named first, prints its report and the ids
 * of its programs, and lives until its standard input ends.
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { embeddedFile } from "../../src/native/embedded.ts";
import { loadShim } from "../../src/native/load.ts";

const sensor = loadShim(embeddedFile("native/shim.so")).open(readFileSync(process.argv[2]!), 4096, process.pid, 0);
const attached = sensor.attach();
const programs = readdirSync("/proc/self/fdinfo").flatMap((fd) => {
  try {
    return [...readFileSync(`/proc/self/fdinfo/${fd}`, "latin1").matchAll(/^prog_id:\t(\d+)$/gm)].map((m) => m[1]);
  } catch {
    return []; // the directory's own descriptor is closed by now
  }
});
process.stdout.write(JSON.stringify({ attached, report: JSON.parse(sensor.report()), programs }) + "\n");
process.stdin.resume();
process.stdin.on("end", () => sensor.close());
