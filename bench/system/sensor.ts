// SPDX-License-Identifier: Apache-2.0

/** A sensor under measurement: Lanner, or another program that is started beside the loads. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** What one lap cost a sensor. */
export interface Cost {
  /** CPU-seconds of all its threads and those of its children. */
  readonly cpu: number;
  readonly rssMB: number;
  readonly pssMB: number;
  /** Its programs in the kernel while the kernel counted: how often they ran, and ns in all. */
  readonly runs: number;
  readonly runNs: number;
  /** From its start until it was ready, and the CPU-seconds of that. */
  readonly startMs: number;
  readonly startCpu: number;
  /** Records that reached user space, and events lost; of Lanner alone. */
  readonly records?: number;
  readonly lost?: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // gone meanwhile
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A process and its descendants. */
function family(pid: number): number[] {
  const children = list(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number)
  );
  return [pid, ...children.flatMap(family)];
}

/** Of /proc/PID/stat's times: USER_HZ, which is 100 for every program. */
const TICKS_PER_SECOND = 100;

/** CPU-seconds of these processes, threads that have ended included; to 10 ms. */
function cpuOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const [user, system] = read(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ").slice(11, 13).map(Number);
    return (user ?? 0) + (system ?? 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

function memoryOf(pids: readonly number[], what: "Rss" | "Pss"): number {
  const kB = pids.map((pid) =>
    Number(new RegExp(`^${what}:\\s+(\\d+)`, "m").exec(read(`/proc/${pid}/smaps_rollup`))?.[1])
  );
  return kB.reduce((sum, each) => sum + (each || 0), 0) / 1024;
}

/** What a mapping of a process is, by its path and rights in /proc/PID/smaps. */
function kindOf(path: string, rights: string, executable: string): string {
  if (path === "anon_inode:bpf-map") return "the ring";
  if (path === executable) {
    return rights.includes("w") ? "the executable's data" : "the executable's pages, shared with every process of it";
  }
  return path === "" || path.startsWith("[") ? "JavaScript's heap and what is compiled" : "libraries";
}

function memoryByKind(pid: number): Record<string, number> {
  const executable = readlinkSync(`/proc/${pid}/exe`);
  const kinds: Record<string, number> = {};
  let kind = "";
  for (const line of read(`/proc/${pid}/smaps`).split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \d+ *(.*)$/.exec(line);
    if (mapping !== null) kind = kindOf(mapping[2]!, mapping[1]!, executable);
    const kB = /^Rss: +(\d+)/.exec(line)?.[1];
    if (kB !== undefined) kinds[kind] = (kinds[kind] ?? 0) + Number(kB) / 1024;
  }
  return kinds;
}

/** How often the BPF programs ran that these processes hold, and for how many ns: only counted on request. */
function programsOf(pids: readonly number[]): { runs: number; runNs: number } {
  const programs = new Map<string, readonly [runs: number, ns: number]>();
  for (const pid of pids) {
    for (const fd of list(`/proc/${pid}/fdinfo`)) {
      const text = read(`/proc/${pid}/fdinfo/${fd}`);
      const value = (key: string) => new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1];
      const id = value("prog_id");
      if (id !== undefined && value("run_cnt") !== undefined) {
        programs.set(id, [Number(value("run_cnt")), Number(value("run_time_ns"))]);
      }
    }
  }
  const all = [...programs.values()];
  return { runs: all.reduce((sum, [runs]) => sum + runs, 0), runNs: all.reduce((sum, [, ns]) => sum + ns, 0) };
}

/** How a sensor is started. */
export interface SensorSpec {
  readonly name: string;
  readonly command: readonly string[];
  /** What it says on stderr once it is ready; undefined: it is given some seconds. */
  readonly ready?: RegExp;
}

/** Seconds that a sensor has to begin when it does not say that it has. */
const PEER_SECONDS = 5;

/** Has a measurement that is broken off leave no sensor behind. To be called once. */
export function endWithSensors(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
}

/** A sensor that runs; measured from `begin` on. */
export class RunningSensor {
  #stderr = "";
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  #startMs = 0;
  #startCpu = 0;
  #cpu = 0;
  #runs = { runs: 0, runNs: 0 };

  private constructor({ command: [program, ...args] }: SensorSpec) {
    this.#child = spawn(program!, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => this.#stderr += text);
    const end = () => void this.#child.kill();
    process.on("exit", end);
    this.#child.on("exit", () => process.off("exit", end));
  }

  static async start(spec: SensorSpec): Promise<RunningSensor> {
    const sensor = new RunningSensor(spec);
    const ended = once(sensor.#child, "exit").then(() => {
      throw new Error(`${spec.name} ended: ${sensor.#stderr}`);
    });
    ended.catch(() => {});
    const ready = async () => {
      while (!spec.ready!.test(sensor.#stderr)) await sleep(1);
    };
    await Promise.race([ended, spec.ready === undefined ? sleep(PEER_SECONDS * 1000) : ready()]);
    sensor.#startMs = performance.now() - sensor.#startedAt;
    sensor.#startCpu = cpuOf(sensor.#family);
    await sleep(500); // what is left of starting is not the load's
    return sensor;
  }

  get #family(): number[] {
    return family(this.#child.pid!);
  }

  /** Its memory now. */
  memory(): { rssMB: number; pssMB: number } {
    const pids = this.#family;
    return { rssMB: memoryOf(pids, "Rss"), pssMB: memoryOf(pids, "Pss") };
  }

  /** MB of its resident set now, by what they are. */
  memoryByKind(): Record<string, number> {
    return memoryByKind(this.#child.pid!);
  }

  begin(): void {
    this.#cpu = cpuOf(this.#family);
    this.#runs = programsOf(this.#family);
  }

  /** Ends the sensor; what it cost since `begin`. */
  async end(): Promise<Cost> {
    const pids = this.#family;
    const { runs, runNs } = programsOf(pids);
    const cost = {
      cpu: cpuOf(pids) - this.#cpu,
      ...this.memory(),
      runs: runs - this.#runs.runs,
      runNs: runNs - this.#runs.runNs,
      startMs: this.#startMs,
      startCpu: this.#startCpu,
    };
    const ended = once(this.#child, "close");
    process.kill(this.#child.pid!, "SIGTERM");
    await ended;
    const records = /^events: (\d+) seen$/m.exec(this.#stderr)?.[1];
    const lost = /^lost events: (\d+)/m.exec(this.#stderr)?.[1];
    return records === undefined ? cost : { ...cost, records: Number(records), lost: Number(lost ?? 0) };
  }
}
