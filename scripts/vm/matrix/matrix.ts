// SPDX-License-Identifier: Apache-2.0

/** scripts/vm-matrix: boots kernels, has the sensor watch fixed acts in each, and judges what it said. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { EVENT_TYPES } from "../../../src/events/table.ts";
import { expectedText, judge, type Result } from "./judge.ts";
import { ALL, labelOf, SHORT, type Target, triesFexit, UNSEEN } from "./kernels.ts";
import { fileNameOf, keepResult, lastResult, writePage } from "./results.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HERE = join(ROOT, "tests/vm/matrix");
/** What the guests left: their sensors' words and the kernels' consoles. */
const REMAINS = join(ROOT, "build/matrix");

/** Threads of the storm, and turns of each; every tenth turn gives two records. */
const STORM = [4, 200] as const;
const STORM_RECORDS = STORM[0] * (STORM[1] + STORM[1] / 10); // of acts.sh

/** Lines of the expected file that the short form does not bring about. */
const IN_LONG_FORM =
  /^Call of an act .*(?:evt\.type=(?!execve )|proc\.name=(?:calls|calls32|false) )|cmdline=(?:calls |COMM one )|=\/share\/calls/;

/** Seconds for a guest: emulated, on a machine that others use too. */
const SECONDS = 1500;

const USAGE = `usage: scripts/vm-matrix [OPTION]... [KERNEL]...
  KERNEL...   of scripts/vm/matrix/kernels.ts, arm64's as arm64:KERNEL; without, a short form of
              ${SHORT.map((t) => t.kernel).join(" ")}, which keeps no results
  --all       every kernel of the list
  --resume    kernels that passed with the same binary and acts are not booted again
  --page      only writes docs/support.md anew from the results that are kept
  --accept    writes the expected file of the architecture from the (one) kernel's alerts
`;

/** A zig target's name by the distribution's name of the architecture. */
const ZIG = { amd64: "x86_64-linux-musl", arm64: "aarch64-linux-musl" } as const;

function fail(message: string): never {
  process.stderr.write(`vm-matrix: ${message}\n`);
  process.exit(2);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The binary under test. */
function binaryOf({ arch, musl }: Target): string {
  return join(ROOT, arch === "amd64" ? "dist/lanner" : `dist/lanner-aarch64-linux-${musl ? "musl" : "gnu"}`);
}

/** The folder that the guest finds as /share, but for the module: made once for a binary. */
function stage(target: Target, folder: string, short: boolean): void {
  const { arch, musl } = target;
  mkdirSync(folder, { recursive: true });
  cpSync(binaryOf(target), join(folder, "lanner"));
  cpSync(join(ROOT, "rules/lanner_rules.yaml"), join(folder, "lanner_rules.yaml"));
  for (const name of ["guest.sh", "acts.sh"]) cpSync(join(HERE, name), join(folder, name));
  // in the short form only what the shipped rules name is watched
  const types = short ? ["execve"] : EVENT_TYPES.map(({ name }) => name);
  const rules = readFileSync(join(HERE, "rules.yaml"), "utf8");
  const write = (name: string, watched: readonly string[]) =>
    writeFileSync(join(folder, `${name}.yaml`), rules.replace(/items: \[\].*/, `items: [${watched.join(", ")}]`));
  write("matrix", types);
  for (const [name, unseen] of Object.entries(UNSEEN)) write(name, types.filter((type) => !unseen.includes(type)));
  const compiler = ["zig", "cc", "-target", ZIG[arch], "-static", "-w"];
  const compile = (name: string, from: string) =>
    run(compiler[0]!, [...compiler.slice(1), "-O2", "-D_GNU_SOURCE", "-pthread", "-o", join(folder, name), from]);
  compile("acts", join(ROOT, "tests/live/acts.c"));
  compile("storm", join(HERE, "storm.c"));
  if (!short) run("tests/live/calls/build", [join(folder, "calls"), ...compiler]);
  // the guest has no userland but a static one
  if (musl) cpSync(run("scripts/musl-root", ["aarch64"]).trim(), join(folder, "root"), { recursive: true });
  else if (arch === "arm64") run("scripts/vm/vm-run", ["-A", arch, "unpack", "libc6", join(folder, "root")]);
}

/** Names and options of the sensors that watch a guest's acts beside each other. */
function sensorsOf(target: Target): [string, string][] {
  const { btf, module } = target;
  const sensors: [string, string][] = [["auto", ""]]; // which takes sys_exit or perf, where it takes eBPF
  if (btf && triesFexit(target)) sensors.push(["fexit", "--driver ebpf --attach fexit"]);
  if (btf && module) sensors.push(["module", "--driver module"]);
  return sensors;
}

/** The commit under test; documents and the results themselves make it no other. */
function commitUnderTest(): string {
  const changed = run("git", [
    "status",
    "--porcelain",
    "--",
    ".",
    ":!docs",
    ":!*.md",
    ":!tests/vm/matrix/results",
    ":!tests/vm/long",
  ]);
  return `${run("git", ["rev-parse", "--short", "HEAD"]).trim()}${changed === "" ? "" : "-dirty"}`;
}

/** What a result depends on beside the kernel: files, and folders without what is below them. */
const SOURCES = [
  ...["tests/vm/matrix", "tests/live/calls", "tests/live/calls/ia32", "tests/live/acts.c"],
  ...["scripts/vm/matrix/judge.ts", "scripts/vm/matrix/kernels.ts", "scripts/vm/small.config"],
  ...["scripts/vm/btf.config", "scripts/vm/debug.config"],
];

function fingerprint(binary: string): string {
  const hash = createHash("sha256").update(readFileSync(binary));
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const files = statSync(path).isFile() ? [path] : readdirSync(path).sort().map((name) => join(path, name));
    for (const file of files) if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

interface Plan {
  /** The shipped rules' acts only. */
  readonly short: boolean;
  readonly commit: string;
  readonly accept: boolean;
  /** The folders that guests are given, by the binary in them. */
  readonly shares: Map<string, string>;
  readonly tmp: string;
}

function boot(target: Target, { short, commit, accept, shares, tmp }: Plan): Result {
  const { kernel, arch } = target;
  const label = labelOf(target);
  const binary = binaryOf(target);
  let share = shares.get(binary);
  if (share === undefined) {
    share = join(tmp, String(shares.size));
    stage(target, share, short);
    shares.set(binary, share);
  }
  const image = target.make === undefined
    ? kernel
    : run("scripts/vm/vm-mkkernel", target.make.length > 1 ? target.make : [...target.make, kernel]).trim().split("\n")
      .at(-1)!;
  rmSync(join(share, "lanner.ko"), { force: true });
  if (target.module) run("scripts/vm/build-module", ["-A", arch, image, share]);
  const sensors = sensorsOf(target);
  writeFileSync(join(share, "sensors"), sensors.map(([name, options]) => `${name} ${options}\n`).join(""));
  const out = join(REMAINS, fileNameOf(target));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const seconds = target.seconds ?? SECONDS;
  const done = spawnSync("scripts/vm/vm-run", [
    ...["-S", "-c", "2", "-m", "2048", "-t", String(seconds), "-A", arch, "-o", out, "-l", join(out, "console")],
    ...(target.hideBtf ? ["-B"] : []),
    ...[image, share, `sh guest.sh ${seconds / 4}`],
  ], { cwd: ROOT, encoding: "utf8" });
  const expectedFile = join(HERE, `expected.${arch}.txt`);
  const names = sensors.map(([name]) => name);
  if (accept) writeFileSync(expectedFile, expectedText(out, names[0]!));
  if (!existsSync(expectedFile)) fail(`${expectedFile} is not there: make it with --accept, and read it`);
  const lacks = (line: string) => target.lacks?.some((call) => line.includes(` evt.type=${call} `));
  const expected = readFileSync(expectedFile, "utf8").trimEnd().split("\n")
    .filter((line) => !short || !IN_LONG_FORM.test(line))
    .map((line) => lacks(line) ? line.replace(/ evt\.res=\w+/, " evt.res=ENOSYS") : line);
  const result = judge(out, { kernel: label, arch, commit }, names, { expected, storm: STORM_RECORDS });
  const auto = result.sensors[0]!.verdict;
  const problems = [
    ...(done.status === 0
      ? []
      : [`the guest: exit code ${done.status}: ${done.stderr.trim().split("\n").slice(-6).join(" | ")}`]),
    ...(/^kernel module/.test(auto) === target.btf ? [`auto chose ${auto}`] : []),
    ...result.problems,
  ];
  return { ...result, problems };
}

function print({ kernel, release, sensors, differences, problems }: Result): void {
  process.stdout.write(`${problems.length === 0 ? "ok     " : "FAILED "} ${kernel} (${release})\n`);
  for (const { name, armed, alerts, storm, instructions, verdict } of sensors) {
    const most = Object.entries(instructions).sort(([, a], [, b]) => b - a);
    const walked = most.length === 0 ? "" : `; verifier: ${most.map(([program, n]) => `${program} ${n}`).join(", ")}`;
    process.stdout.write(
      `        ${name}: ${verdict}; armed after ${armed?.toFixed(1) ?? "never"} s; ${alerts} alerts, storm ${
        storm.join("/")
      }${walked}\n`,
    );
  }
  if (sensors.length > 1) process.stdout.write(`        ${differences.length} differences between the drivers\n`);
  for (const line of problems.slice(0, 40)) process.stdout.write(`        ! ${line.slice(0, 2000)}\n`);
}

/** A result that an earlier run left for the same binary and acts. */
function earlier(target: Target, mark: string): Result | undefined {
  const result = lastResult(target);
  return result?.fingerprint === mark && result.problems.length === 0 ? result : undefined;
}

function main(args: readonly string[]): number {
  const flags = new Set(args.filter((arg) => arg.startsWith("-")));
  const names = args.filter((arg) => !arg.startsWith("-"));
  for (const flag of flags) {
    if (!["--all", "--resume", "--accept", "--page"].includes(flag)) fail(`unknown option ${flag}\n${USAGE}`);
  }
  if (flags.has("--page")) {
    writePage();
    return 0;
  }
  const all = flags.has("--all");
  const accept = flags.has("--accept");
  if ((accept && names.length !== 1) || (all && names.length > 0)) fail(USAGE);
  const targets = all
    ? ALL
    : names.length === 0
    ? SHORT
    : names.map((name) =>
      ALL.find((target) => labelOf(target) === name) ??
        fail(`no kernel ${name}; there are ${ALL.map(labelOf).join(" ")}`)
    );
  const short = !all && names.length === 0;
  const commit = commitUnderTest();
  const plan: Plan = { short, commit, accept, shares: new Map(), tmp: mkdtempSync(join(tmpdir(), "lanner-matrix-")) };
  const results: Result[] = [];
  const marks = new Map<string, string>();
  try {
    for (const target of targets) {
      const binary = binaryOf(target);
      const mark = marks.get(binary) ?? fingerprint(binary);
      marks.set(binary, mark);
      let result = flags.has("--resume") ? earlier(target, mark) : undefined;
      if (result === undefined) {
        try {
          result = boot(target, plan);
        } catch (error) {
          const { stderr, message } = error as Error & { stderr?: string };
          const why = (stderr ?? "").trim().split("\n").slice(-4).join(" | ") || message;
          result = {
            kernel: labelOf(target),
            arch: target.arch,
            commit,
            release: "",
            sensors: [],
            differences: [],
            problems: [why],
          };
        }
        if (!short && !accept) keepResult(target, { ...result, fingerprint: mark });
      }
      results.push(result);
      print(result);
    }
  } finally {
    rmSync(plan.tmp, { recursive: true, force: true });
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  process.stdout.write(`${results.length - failed} kernels as expected, ${failed} not\n`);
  return failed === 0 ? 0 : 1;
}

process.exit(main(process.argv.slice(2)));
