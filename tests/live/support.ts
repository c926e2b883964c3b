// SPDX-License-Identifier: Apache-2.0

/** What the live tests share: the running sensor, suspicious acts, a real container. Everything made is removed. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The built binary. */
export const BINARY = join(ROOT, "dist/lanner");

/** Why live tests cannot run here, for `skip`; false when they can. */
export function cannotRunLive(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
  if (!existsSync(BINARY)) return "needs dist/lanner: run scripts/build";
  return false;
}

/** One alert as `--json` prints it. */
export interface JsonAlert {
  readonly hostname: string;
  readonly output: string;
  readonly output_fields: Readonly<Record<string, unknown>>;
  readonly priority: string;
  readonly rule: string;
  readonly source: string;
  readonly tags: readonly string[];
  readonly time: string;
}

/** How a sensor is started: the binary, or the source under Deno. */
export type Form = "binary" | "deno";

function commandOf(form: Form): string[] {
  return form === "binary" ? [BINARY] : ["deno", "run", "-A", join(ROOT, "src/main.ts")];
}

/** A running sensor. `start` resolves once it is armed. */
export class RunningSensor {
  /** Everything that came on stdout, line by line. */
  readonly lines: string[] = [];
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #listeners: (() => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    let rest = "";
    child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      this.lines.push(...parts);
      this.#changed();
    });
    child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      this.stderr += chunk;
      this.#changed();
    });
    this.#ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
    this.#ended.then(() => this.#changed());
  }

  /**
   * Starts `lanner ARGUMENTS` in `form` and waits until it has said that it is `ready`; throws with its stderr when it
   * ends instead. `within` is a command that execs the one behind it.
   */
  static async start(
    args: readonly string[],
    form: Form = "binary",
    ready = /^armed/m,
    within: readonly string[] = [],
  ): Promise<RunningSensor> {
    const [program, ...rest] = [...within, ...commandOf(form), ...args];
    const child = spawn(program!, rest, { stdio: ["ignore", "pipe", "pipe"] });
    const sensor = new RunningSensor(child);
    await sensor.#until(() => ready.test(sensor.stderr) || child.exitCode !== null, 20_000, "the sensor to be ready");
    if (child.exitCode !== null) throw new Error(`lanner ended with ${child.exitCode}: ${sensor.stderr}`);
    return sensor;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The alerts so far; only with `--json`. */
  get alerts(): JsonAlert[] {
    return this.lines.map((line) => JSON.parse(line) as JsonAlert);
  }

  /** The first alert of `rule` for which `accept` holds, waiting up to five seconds for it. */
  async alert(rule: string, accept: (alert: JsonAlert) => boolean = () => true): Promise<JsonAlert> {
    const find = () => this.alerts.find((alert) => alert.rule === rule && accept(alert));
    try {
      await this.#until(() => find() !== undefined, 5_000, `an alert of "${rule}"`);
    } catch (error) {
      throw new Error(`${(error as Error).message}; alerts so far: ${this.lines.join("\n")}`);
    }
    return find()!;
  }

  /** The first line that `accept` takes, waiting up to five seconds for it; `what` it is. */
  async line(what: string, accept: (line: string) => boolean): Promise<string> {
    await this.#until(() => this.lines.some(accept), 5_000, what);
    return this.lines.find(accept)!;
  }

  /** By process.kill: Deno's ChildProcess.kill reports the signal as the cause of every end after it. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Ends it with SIGTERM and waits; returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) this.signal("SIGTERM");
    return await this.ended();
  }

  /** Waits for its end by itself. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  #changed(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  async #until(condition: () => boolean, ms: number, what: string): Promise<void> {
    const end = Date.now() + ms;
    while (!condition()) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`waited ${ms} ms for ${what}; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

/** Runs lanner to its end. */
export function runLanner(
  args: readonly string[],
  form: Form = "binary",
): { code: number | null; stdout: string; stderr: string } {
  const [program, ...rest] = commandOf(form);
  const done = spawnSync(program!, [...rest, ...args], { encoding: "utf8", timeout: 60_000 });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** A folder of the test's own, removed by `dispose`. Not below /tmp/… paths that rules name. */
export class Workshop {
  readonly path: string;
  readonly #acts: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "lanner-live-"));
    this.#acts = join(this.path, "acts");
    const source = join(ROOT, "tests/live/acts.c");
    execFileSync("gcc", ["-Wall", "-Wextra", "-Werror", "-O2", "-static", "-o", this.#acts, source]);
  }

  /** Path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }

  /** Performs an act of acts.c, under the name `as` if given; returns what it printed. */
  act(args: readonly string[], as?: string): string {
    let program = this.#acts;
    if (as !== undefined) {
      program = this.file(as);
      if (!existsSync(program)) copyFileSync(this.#acts, program);
    }
    return execFileSync(program, [...args], { encoding: "utf8" });
  }

  /**
   * Runs a shell command in a mount namespace of its own where each of `hidden` is an empty file system, so that acts
   * on /etc or /var/log touch nothing of this machine.
   */
  privately(hidden: readonly string[], command: string): string {
    const mounts = hidden.map((path) => `mkdir -p ${path}; mount -t tmpfs tmpfs ${path}`).join("; ");
    return execFileSync("unshare", ["-m", "sh", "-c", `set -e; ${mounts}; ${command}`], { encoding: "utf8" });
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Podman with storage of its own and an image made of a busybox; findings.md says why each option is there. */
export class Podman {
  readonly #base: string;
  readonly repository = "localhost/lanner-test";
  readonly tag = "1.0";
  readonly image = `${this.repository}:${this.tag}`;

  /** Why containers cannot be run here, for `skip`; false when they can. */
  static unavailable(): string | false {
    for (const program of ["podman", "busybox"]) {
      if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) return `needs ${program}`;
    }
    return false;
  }

  /** @param programs static programs that the image has in /bin besides */
  constructor(programs: readonly string[] = []) {
    this.#base = mkdtempSync(join(tmpdir(), "lanner-podman-"));
    const root = join(this.#base, "image");
    for (const dir of ["bin", "tmp", "etc", "proc", "sys", "dev"]) mkdirSync(join(root, dir), { recursive: true });
    copyFileSync("/bin/busybox", join(root, "bin/busybox"));
    for (const name of execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n")) {
      if (name !== "busybox") symlinkSync("busybox", join(root, "bin", name));
    }
    for (const program of programs) copyFileSync(program, join(root, "bin", basename(program)));
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\ngrocer:x:1234:1234::/srv:/bin/false\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\ngrocers:x:1234:\n");
    writeFileSync(join(root, "etc/shadow"), "root:*:19000:0:99999:7:::\n");
    execFileSync("tar", ["-C", root, "-cf", join(this.#base, "image.tar"), "."]);
    this.#podman(["import", join(this.#base, "image.tar"), this.image]);
  }

  /** Runs a shell command in a fresh container called `name`; `options` go to `podman run`. */
  run(name: string, options: readonly string[], command: string): string {
    return this.#podman([
      "run",
      "--rm",
      "--name",
      name,
      "--ulimit",
      "nofile=1024:1024",
      "--ulimit",
      "nproc=1000:1000",
      "--network=none",
      ...options,
      this.image,
      "/bin/sh",
      "-c",
      command,
    ]);
  }

  /** Has Podman answer on a unix socket until the function that this resolves to is called. */
  async serve(socket: string): Promise<() => Promise<void>> {
    const [program, args] = this.#command(["system", "service", "--time=0", `unix://${socket}`]);
    const child = spawn(program, args, { stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const stop = () => (child.exitCode === null && process.kill(child.pid!, "SIGTERM"), ended);
    for (let tries = 0; !existsSync(socket); tries++) {
      if (child.exitCode !== null) throw new Error(`podman system service ended with ${child.exitCode}`);
      if (tries === 100) await stop().then(() => assert.fail("podman system service made no socket"));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return stop;
  }

  dispose(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }

  #podman(args: readonly string[]): string {
    const [program, all] = this.#command(args);
    return execFileSync(program, all, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  #command(args: readonly string[]): [program: string, args: string[]] {
    const own = ["--root", join(this.#base, "store"), "--runroot", join(this.#base, "run")];
    // podman takes a mounted unified hierarchy beside v1 for cgroup v2 and then fails
    const script = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec podman "$@"';
    return ["unshare", ["-m", "sh", "-c", script, "sh", ...own, "--tmpdir", join(this.#base, "tmp"), ...args]];
  }
}
