// SPDX-License-Identifier: Apache-2.0

/**
 * The process tree and containers under a load that is made to confuse them (bench/soak/load.c), for minutes: is the
 * tree still /proc's, does every container have its name, does memory stay bounded? Beside it runs the built sensor, of
 * which the memory is shown too. Started by `scripts/bench soak`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openDriver } from "../src/cli/driver.ts";
import { parseDuration } from "../src/cli/duration.ts";
import { EventStream } from "../src/engine/stream.ts";
import { BootClock } from "../src/host/clock.ts";
import { Procfs } from "../src/host/procfs.ts";
import { Busy, saveRun } from "./saved.ts";
import { type Look, look, threadCounts } from "./soak/tree.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SECOND = 1000;

/** Of the load's containers: marks their ids. */
const OWN_ID = /^50a4([0-9a-f]{8})a{52}$/;

/** A host's file system whose Docker is ours; all else is the machine's. */
function hostRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "lanner-soak-"));
  for (const name of ["etc", "proc", "run", "tmp"]) symlinkSync(`/${name}`, join(root, name));
  mkdirSync(join(root, "var/lib/docker/containers"), { recursive: true });
  return root;
}

/** A directory for containers' cgroups in a hierarchy that records tell of. */
function cgroupDirectory(): string {
  const base = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((path) => existsSync(join(path, "cgroup.procs")));
  if (base === undefined) throw new Error("no cgroup hierarchy is mounted below /sys/fs/cgroup");
  const directory = join(base, `lanner-soak-${process.pid}`);
  mkdirSync(directory);
  return directory;
}

function residentMB(pid: number): number {
  const kB = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Math.round(Number(kB ?? 0) / 102.4) / 10;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`${text} is no duration: 30s, 5m, 1h`);
  return ms;
}

const { values: options } = parseArgs({
  options: {
    for: { type: "string", default: "5m" },
    every: { type: "string", default: "10s" },
    save: { type: "boolean" },
  },
});
const until = Date.now() + duration(options.for);
const every = duration(options.every);

const root = hostRoot();
process.env["HOST_ROOT"] = root;
const cgroups = cgroupDirectory();
const program = join(root, "load");
execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-pthread", "-o", program, join(ROOT, "bench/soak/load.c")]);

const driver = openDriver({
  ...{ ringBytes: 64 << 20, events: [], wantEnv: false, wantWorkdir: true, wantData: false, verbose: false },
});
const { host, source } = driver;
const procfs = new Procfs(new BootClock());
const binary = spawn(join(ROOT, "dist/lanner"), ["run", "--json"], { stdio: ["ignore", "ignore", "ignore"] });

/** The load's containers to whether the first record in it knew its name. */
const named = new Map<string, boolean>();
/** Other containers to their names. */
const others = new Map<string, string>();
let reused = 0;
const stream = new EventStream(host, ({ process: of }) => {
  if (of === undefined || of.container.type === "host") return;
  const { fullId, facts } = of.container;
  const number = OWN_ID.exec(fullId)?.[1];
  if (number === undefined) others.set(fullId, facts.name ?? "");
  else if (!named.has(fullId)) named.set(fullId, facts.name === `soak-${Number.parseInt(number, 16)}`);
});
const running = source.run((memory, base, limit) => stream.take(memory, base, limit));
running.catch((error: unknown) => {
  console.error(error);
  process.exit(1); // the load ends with us
});

const load: ChildProcess[] = [
  ["brief"],
  ["storm"],
  ["threads"],
  ["orphans"],
  ["reuse"],
  ...["0", "1000000", "2000000", "3000000"].map((first) => [
    ...["containers", cgroups, join(root, "var/lib/docker/containers"), first],
  ]),
].map((args) => spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] }));
load[4]!.stdout!.on("data", (chunk: Uint8Array) => reused += chunk.length);

async function takeLook(): Promise<Look> {
  const before = procfs.findAll();
  const threads = threadCounts(host.processes);
  return await new Promise((resolve) =>
    source.whenRead(() => resolve(look(before, threads, host.processes, procfs, process.pid)))
  );
}

const busy = new Busy();
const sum = { looks: 0, compared: 0, missing: 0, wrong: 0, stale: 0 };
const samples: Record<string, number>[] = [];
const columns = [
  "s",
  "records",
  "tree",
  "/proc",
  "missing",
  "wrong",
  "stale",
  "containers",
  "MB",
  "heap MB",
  "sensor MB",
];
console.log(columns.map((name) => name.padStart(10)).join(""));
const started = Date.now();

let podman: ChildProcess | undefined;
while (Date.now() < until) {
  await sleep(Math.max(0, Math.min(every, until - Date.now())));
  podman ??= spawn(process.execPath, [join(ROOT, "bench/soak/podman.ts"), "soak-real-"], { stdio: "inherit" });
  const { examples, ...found } = await takeLook();
  sum.looks++;
  sum.compared += found.compared;
  sum.missing += found.missing;
  sum.wrong += found.wrong;
  sum.stale += found.stale;
  for (const example of examples) console.log(`    ${example}`);
  const sample = {
    s: Math.round((Date.now() - started) / SECOND),
    records: stream.num,
    tree: host.processes.size,
    "/proc": found.compared,
    missing: found.missing,
    wrong: found.wrong,
    stale: found.stale,
    containers: named.size,
    MB: residentMB(process.pid),
    "heap MB": Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
    "sensor MB": residentMB(binary.pid!),
  };
  samples.push(sample);
  busy.look();
  console.log(Object.values(sample).map((value) => String(value).padStart(10)).join(""));
}
for (const child of load) child.kill("SIGKILL");
if (podman !== undefined && podman.exitCode === null) await new Promise((resolve) => podman!.once("exit", resolve));
await sleep(6 * SECOND); // what stays has ended, and its records are read
const { examples, ...last } = await takeLook();
source.stop();
await running;
binary.kill("SIGTERM");
await new Promise((resolve) => binary.once("exit", resolve));

const result = {
  seconds: Math.round((Date.now() - started) / SECOND),
  records: stream.num,
  malformed: stream.malformed,
  lost: Object.fromEntries(source.losses().kernel),
  looks: sum,
  atTheEnd: { ...last, tree: host.processes.size },
  pidsReused: reused,
  containers: {
    made: named.size,
    named: [...named.values()].filter((isNamed) => isNamed).length,
    others: [...others.values()].sort(),
  },
  samples,
};
source.close();
driver.unload();
for (const name of readdirSync(cgroups, { withFileTypes: true })) {
  if (name.isDirectory()) rmdirSync(join(cgroups, name.name));
}
rmdirSync(cgroups);
rmSync(root, { recursive: true });
for (const example of examples) console.log(`    ${example}`);
const { samples: _, ...shown } = result;
console.log(JSON.stringify(shown, undefined, 2));
if (options.save) saveRun("soak", "soak", busy, result);
const isWell = sum.missing + sum.wrong + sum.stale + last.missing + last.wrong + last.stale === 0;
process.exitCode = isWell && result.containers.named === result.containers.made ? 0 : 1;
