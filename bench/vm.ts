// SPDX-License-Identifier: Apache-2.0

/**
 * What each way of attaching costs the loads, in a virtual machine with a stock kernel. Emulation makes times
 * meaningless, so QEMU lets the guest's clock go on by instructions: a CPU-second of the guest is a fixed number of
 * them. Started by `scripts/bench --vm KERNEL`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable } from "../src/cli/table.ts";
import { Busy, saveRun } from "./saved.ts";
import { STABLE } from "./system/lanner.ts";
import { compileLoad } from "./system/loads.ts";
import type { Work } from "./system/measure.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** 2^3 ns of the guest's time for each instruction: 125 million a second. */
const ICOUNT = "-icount shift=3,sleep=off";

const TITLES: Readonly<Record<string, string>> = {
  getppid: "getppid, which no rule names",
  open: "open+close, no rule wants it",
  connect: "socket+connect+close",
  exec: "fork+exec",
};

const { values } = parseArgs({
  options: {
    vm: { type: "string" },
    ways: { type: "string", default: "sys_exit,fexit,module" },
    rules: { type: "string", default: STABLE },
    laps: { type: "string", default: "1" },
    seconds: { type: "string", default: "0.5" },
    save: { type: "boolean" },
  },
});
const kernel = values.vm;
if (kernel === undefined) throw new Error("--vm needs a kernel");
const ways = values.ways.split(",");

/** What the guest finds as /share. */
function stage(share: string, kernel: string): void {
  mkdirSync(share, { recursive: true });
  cpSync(`${ROOT}dist/lanner`, join(share, "lanner"));
  cpSync(values.rules, join(share, "rules.yaml"));
  cpSync(`${ROOT}bench/vm/guest.sh`, join(share, "guest.sh"));
  compileLoad(share, ROOT);
  if (ways.includes("module")) execFileSync(`${ROOT}scripts/vm/build-module`, [kernel, share], { stdio: "inherit" });
}

/** A guest's output. */
function boot(kernel: string): string {
  const folder = mkdtempSync(join(tmpdir(), "lanner-vm-"));
  try {
    const share = join(folder, "share");
    stage(share, kernel);
    const guest = ["sh", "guest.sh", values.laps, values.seconds, "alone", ...ways, "alone"];
    const { status, stdout, stderr } = spawnSync(
      `${ROOT}scripts/vm/vm-run`,
      ["-t", "3000", "-Q", ICOUNT, kernel, share, ...guest],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`the guest failed with ${status}: ${stdout}${stderr}`);
    return stdout.replaceAll("\r", "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const busy = new Busy();
const [guest, ...lines] = boot(kernel).trim().split("\n");
/** By way, by load. */
const laps: Record<string, Record<string, Work[]>> = {};
const lost: string[] = [];
for (const line of lines) {
  const result = /^(\w+) (\w+) (\{.*\})$/.exec(line);
  if (result === null) lost.push(line);
  else ((laps[result[1]!] ??= {})[result[2]!] ??= []).push(JSON.parse(result[3]!) as Work);
}
const perCpu = (way: string, load: string) => {
  const all = laps[way]?.[load] ?? [];
  return all.reduce((sum, { ops }) => sum + ops, 0) / all.reduce((sum, { cpu }) => sum + cpu, 0);
};
const rows = Object.entries(TITLES).map(([load, title]) => ({
  load,
  title,
  ratios: Object.fromEntries(ways.map((way) => [way, perCpu(way, load) / perCpu("alone", load)])),
}));
const cells = rows.map(({ title, ratios }) => [title, ...ways.map((way) => ratios[way]!.toFixed(3))]);
console.log(markdownTable(["load", ...ways], cells));
console.log(`${guest}: work ÷ alone, for the same number of instructions of the load; ${lost.join("; ")}`);
if (values.save) saveRun("vm", "vm", busy, { guest, rows, laps, lost });
