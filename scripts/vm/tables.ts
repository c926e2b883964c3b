// SPDX-License-Identifier: Apache-2.0

/** Writes the filter's tables of rule files, for what tests the drivers without the sensor: tables.ts OUT RULES... */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { loadAndBuild } from "../../src/cli/rules.ts";
import { planOf } from "../../src/engine/plan.ts";
import { tablesOf } from "../../src/engine/plan_tables.ts";

const [out, ...files] = process.argv.slice(2);
const { engine, diagnostics } = loadAndBuild(files, { matching: "all", minimumPriority: "Debug", staticFields: {} });
if (out === undefined || engine === undefined) {
  process.stderr.write(`tables: ${diagnostics.map(({ message }) => message).join("\n") || "tables.ts OUT RULES..."}\n`);
  process.exit(2);
}
// a guest of these tests has no guests of its own
writeFileSync(out, tablesOf(planOf(engine.rules, { disks: { paths: [], inodes: [] } })).bytes);
