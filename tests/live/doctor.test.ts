// SPDX-License-Identifier: Apache-2.0

/** The doctor on this very kernel: it says what `run` then does, and leaves nothing behind. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Facts } from "../../src/doctor/facts.ts";
import { btfFile, moduleFile, packedByXz } from "../driver/support.ts";
import { isInKernel, type KernelObject, objectsOf } from "./kernel_objects.ts";
import { BINARY, cannotRunLive, RunningSensor } from "./support.ts";

const doctor = (...args: string[]) => spawnSync(BINARY, ["doctor", ...args], { encoding: "utf8" });

/** Runs `lanner doctor`, or `run`, as the last words of a shell's command in a mount namespace of its own. */
function within(script: string, ...args: string[]) {
  const wrapped = ["-m", "sh", "-ec", `${script || ":"}; exec "$@"`, "sh", ...args];
  return spawnSync("unshare", wrapped, { encoding: "utf8", timeout: 30_000 });
}

/** What `doctor` and `run` decide there, which must be the same. Returns the reason for which nothing runs. */
function refusal(
  script: string,
  options: readonly string[],
  binary = BINARY,
  as: readonly string[] = [],
): string {
  const run = within(script, ...as, binary, "run", "--for", "1s", ...options);
  const report = within(script, ...as, binary, "doctor", "--json", ...options);
  const { driver, summary } = JSON.parse(report.stdout).verdict;
  assert.equal(driver, null, summary);
  assert.deepEqual([report.status, run.status], [1, 1], run.stderr);
  assert.equal(run.stderr.split("\n").slice(1).join("\n").replace("no driver runs here. ", ""), `lanner: ${summary}\n`);
  return summary;
}

/** Hides the kernel's own BTF. */
const NO_BTF = "mount -t tmpfs none /sys/kernel/btf";

describe("lanner doctor", { skip: cannotRunLive() }, () => {
  test("names the driver that run then uses, in the same words", async () => {
    const { status, stdout, stderr } = doctor();
    assert.equal(status, 0, stderr);
    const sensor = await RunningSensor.start(["run"]);
    await sensor.stop();
    assert.equal(stdout.split("\n")[0], sensor.stderr.split("\n").find((line) => line.startsWith("driver: ")));
    assert.match(stdout, /^missing events: none$/m);
    assert.match(stdout, new RegExp(`^  kernel +${release().replaceAll(".", "\\.")}, `, "m"));
  });

  test("prints every fact as JSON, from which the verdict follows", () => {
    const { status, stdout } = doctor("--json");
    assert.equal(status, 0);
    const { verdict, facts } = JSON.parse(stdout);
    const { host, features, probe } = Facts.parse(facts);
    assert.equal(host.release, release());
    assert.ok(host.btf !== null && host.btf > 1e6);
    assert.deepEqual([features.bpf, features.ring, features.raw_tp], [0, 0, 0]);
    assert.ok(probe.running.includes("fill_openat"), probe.running.join());
    assert.equal(verdict.driver, "ebpf");
    assert.deepEqual(verdict.missing, []);
  });

  test("leaves no program, map or link in the kernel", async () => {
    const child = spawn(BINARY, ["doctor"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const held = new Set<KernelObject>();
    while (child.exitCode === null && child.signalCode === null) {
      for (const object of objectsOf(child.pid!)) held.add(object);
      await setTimeout(5);
    }
    await ended;
    // links are there too shortly to be seen by all means; one that stayed would keep its program
    for (const kind of ["prog", "map"]) {
      assert.ok([...held].some((object) => object.startsWith(kind)), `it had a ${kind}: ${[...held].join()}`);
    }
    let left = [...held];
    // the kernel frees them when no CPU runs them any more
    for (let i = 0; i < 20 && left.length > 0; i++) {
      await setTimeout(500);
      left = left.filter(isInKernel);
    }
    assert.deepEqual(left, []);
  });

  test("without privileges names what is missing, and ends with 1", () => {
    const { status, stdout } = spawnSync("setpriv", ["--bounding-set=-all", BINARY, "doctor"], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stdout, /^driver: none$/m);
    assert.match(stdout, /^not the eBPF probe: CAP_BPF is missing although this is root: give the container or/m);
    assert.match(stdout, /^missing events: all$/m);
    assert.match(stdout, /^! privileges +uid 0 without CAP_SYS_MODULE, CAP_SYS_PTRACE, .*: .*run does not start/m);
  });

  const poor: readonly (readonly [command: string, option: string, ...others: string[]])[] = [
    ["setpriv", "--bounding-set=-sys_ptrace"],
    ["setpriv", "--reuid=65534", "--clear-groups"],
    ["unshare", "-U"],
    ["unshare", "-Ur"],
  ];
  for (const command of poor) {
    test(`says as run does what ${command.join(" ")} lacks`, () => {
      const reason = refusal("", [], BINARY, command);
      const lacking = command[1].startsWith("-U")
        ? /^this is a user namespace, .*: run as the host's root/
        : /^CAP_\w+ is missing.*: (run as root|give the container or service CAP_SYS_PTRACE with CAP_BPF.*)$/;
      assert.match(reason, lacking);
    });
  }

  test("says what is wrong with a BTF file", () => {
    const { status, stdout } = doctor("--btf", "/etc/hostname");
    assert.match(stdout, /^! BTF .*: \/etc\/hostname is not BTF$/m);
    assert.match(stdout, /^not the eBPF probe: \/etc\/hostname is not BTF: take the BTF of exactly this kernel/m);
    assert.equal(status, 1);
  });
});

describe("a BTF file", { skip: cannotRunLive() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lanner-btf-"));
  after(() => rmSync(folder, { recursive: true }));
  const wrong: readonly [name: string, bytes: () => Uint8Array, problem: RegExp][] = [
    ["text", () => Buffer.from("no BTF is as short as this is"), /is not BTF/],
    ["cut off", () => readFileSync("/sys/kernel/btf/vmlinux").subarray(0, 1_000_000), /was cut off/],
    [
      "another kernel's",
      () => btfFile("do_exit", "of_no_kernel"),
      /is another kernel's \(\d of its 2 functions are not in this one, such as of_no_kernel\)/,
    ],
  ];
  for (const [name, bytes, problem] of wrong) {
    test(`that is ${name} stops run in one line`, () => {
      const path = join(folder, "given.btf");
      writeFileSync(path, bytes());
      const { status, stderr } = spawnSync(BINARY, ["run", "--btf", path, "--for", "1s"], { encoding: "utf8" });
      const complaint = stderr.split("\n").slice(1).join("\n");
      assert.equal(status, 1);
      assert.match(complaint, problem);
      assert.match(complaint, /^lanner: .*\.btf .*: take the BTF of exactly this kernel release, or leave it out\n$/);
    });
  }

  test("that can't be compared with the running kernel is refused, with what to do", () => {
    const reason = refusal("mount --bind /dev/null /proc/kallsyms", ["--btf", "/sys/kernel/btf/vmlinux"]);
    assert.match(
      reason,
      /vmlinux can't be checked: \/proc\/kallsyms can't be read or is empty: give lanner the host's/,
    );
  });

  test("that is a FIFO, or a circle of links, keeps nobody waiting", () => {
    const fifo = join(folder, "fifo"), loop = join(folder, "loop");
    execFileSync("mkfifo", [fifo]);
    symlinkSync(loop, loop);
    assert.match(refusal("", ["--btf", fifo]), /fifo can't be read \(it is not a regular file\): put a file there/);
    assert.match(refusal("", ["--btf", loop]), /loop can't be read \(too many symbolic links.*\): put a file there/);
  });

  test("of this very kernel serves as well as the kernel", async () => {
    const right = await RunningSensor.start(["run", "--btf", "/sys/kernel/btf/vmlinux"]);
    assert.equal(await right.stop(), 0);
    assert.match(
      right.stderr,
      /^driver: eBPF through \S+ \(kernel \S+ has a ring buffer; BTF from \/sys\/kernel\/btf\/vmlinux\)$/m,
    );
  });
});

describe("files beside the executable", { skip: cannotRunLive() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "lanner-beside-"));
  after(() => rmSync(folder, { recursive: true }));
  const beside = join(folder, "lanner");
  before(() => {
    mkdirSync(join(folder, "btf"));
    copyFileSync(BINARY, beside);
    writeFileSync(join(folder, "btf", `${release()}.btf.xz`), packedByXz(readFileSync("/sys/kernel/btf/vmlinux")));
    writeFileSync(join(folder, `lanner-${release()}.ko.xz`), packedByXz(moduleFile(release())));
  });

  test("BTF by xz serves a kernel without its own", () => {
    const from = `BTF from ${folder}/btf/${release()}.btf.xz)`;
    const { stdout, status } = within(NO_BTF, beside, "doctor");
    const run = within(NO_BTF, beside, "run", "--for", "1s");
    const line = stdout.split("\n", 1)[0]!;
    assert.ok(line.startsWith("driver: eBPF through ") && line.endsWith(from), stdout);
    assert.deepEqual([status, run.status], [0, 0], run.stderr);
    assert.ok(run.stderr.split("\n").includes(line), run.stderr);
  });

  test("BTF by xz where there is no xz says to unpack it elsewhere", () => {
    const noXz =
      `${NO_BTF}; mkdir -p ${folder}/empty; mount -t tmpfs none ${folder}/empty; export PATH=${folder}/empty`;
    assert.match(
      refusal(noXz, [], beside),
      /btf\.xz is compressed by xz, and there is no xz command here: unpack it elsewhere \(unxz\), or compress/,
    );
  });

  test("a module by xz is found, and a FIFO in a bundle's place keeps nobody waiting", () => {
    const fifo = join(folder, "lanner-modules");
    execFileSync("mkfifo", [fifo]);
    const { stdout } = spawnSync(beside, ["driver", "status", "--json"], { encoding: "utf8", timeout: 30_000 });
    const { files } = JSON.parse(stdout);
    const [module, bundle] = files.filter(({ origin }: { origin: string }) => origin.startsWith(folder));
    assert.deepEqual(module, { origin: join(folder, `lanner-${release()}.ko.xz`), problem: null, signed: false });
    assert.equal(bundle.problem.cause, `${fifo} can't be read (it is not a regular file)`);
  });

  test("a bad --btf beside a usable module stops run, and doctor says so", () => {
    const bad = join(folder, "text.btf");
    writeFileSync(bad, "this is no BTF, however long it may be");
    assert.match(refusal("", ["--btf", bad], beside), /text\.btf is not BTF: take the BTF of exactly this kernel/);
    assert.match(refusal(NO_BTF, ["--btf", bad], beside), /text\.btf is not BTF: take the BTF of exactly this kernel/);
  });

  test("a bad --module where nothing else runs is refused by both", () => {
    const cut = join(folder, "cut.ko");
    writeFileSync(cut, moduleFile(release()).subarray(0, 200));
    assert.match(refusal(NO_BTF, ["--module", cut]), /^eBPF: .*; kernel module: .*: /);
  });
});
