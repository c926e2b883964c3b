// SPDX-License-Identifier: Apache-2.0

/** The doctor on this very kernel: it says what `run` then does, and leaves nothing behind. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Facts } from "../../src/doctor/facts.ts";
import { btfFile } from "../driver/support.ts";
import { BINARY, cannotRunLive, RunningSensor } from "./support.ts";

const doctor = (...args: string[]) => spawnSync(BINARY, ["doctor", ...args], { encoding: "utf8" });

/** Programs in the kernel that only the doctor loads. */
const tried = () => execFileSync("bpftool", ["prog", "show"], { encoding: "utf8" }).match(/\blanner_try\b/g) ?? [];

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

  test("leaves no program in the kernel", () => {
    doctor();
    assert.deepEqual(tried(), []);
  });

  test("without privileges names what is missing, and ends with 1", () => {
    const { status, stdout } = spawnSync("setpriv", ["--bounding-set=-all", BINARY, "doctor"], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stdout, /^driver: none$/m);
    assert.match(stdout, /^not the eBPF probe: CAP_BPF is missing although this is root: give it to the container or/m);
    assert.match(stdout, /^missing events: all$/m);
    assert.match(stdout, /^! privileges +uid 0 without CAP_SYS_MODULE, CAP_SYS_PTRACE, .*: .*run does not start/m);
  });

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

  test("of this very kernel serves as well as the kernel", async () => {
    const right = await RunningSensor.start(["run", "--btf", "/sys/kernel/btf/vmlinux"]);
    assert.equal(await right.stop(), 0);
    assert.match(
      right.stderr,
      /^driver: eBPF through \S+ \(kernel \S+ has a ring buffer; BTF from \/sys\/kernel\/btf\/vmlinux\)$/m,
    );
  });
});
