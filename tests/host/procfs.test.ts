// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Procfs } from "../../src/host/procfs.ts";

const BOOT = 1_700_000_000_000_000_000n;
const CLOCK = { bootTime: BOOT, now: () => 42_000_000_000 };

/** What a test's process has other than the ordinary; null: no such file. */
interface Files {
  comm?: string;
  state?: string;
  ppid?: number;
  start?: number;
  threads?: number;
  flags?: number;
  tgid?: number;
  nspid?: string;
  uid?: string;
  gid?: string;
  caps?: string;
  cmdline?: string | null;
  environ?: string;
  exe?: string | null;
  cwd?: string;
  cgroup?: string;
  loginuid?: string;
  limits?: string;
  pidns?: string;
}

/** Writes /proc/PID as the kernel shows it (proc(5)). */
function writeProcess(root: string, pid: number, files: Files = {}): void {
  const { comm = "app", state = "S", ppid = 1, start = 500, threads = 1, tgid = pid, nspid = `${pid}` } = files;
  const at = join(root, `${pid}`);
  mkdirSync(join(at, "ns"), { recursive: true });
  const write = (name: string, text: string | null) =>
    text === null ? undefined : writeFileSync(join(at, name), text, "latin1");
  const link = (name: string, target: string | null) =>
    target === null ? undefined : symlinkSync(target, join(at, name));
  const zeros = Array(30).fill(0).join(" ");
  write(
    "stat",
    `${pid} (${comm}) ${state} ${ppid} 7 6 34816 9 ${
      files.flags ?? 4194304
    } 20 0 3 0 0 0 0 0 20 0 ${threads} 0 ${start} ${zeros}\n`,
  );
  write(
    "status",
    `Name:\t${comm.replaceAll("\n", "\\n")}\nState:\t${state} (x)\nTgid:\t${tgid}\nPid:\t${pid}\nPPid:\t${ppid}\n` +
      `Uid:\t${files.uid ?? "1 2 3 4"}\nGid:\t${
        files.gid ?? "5 6 7 8"
      }\nNStgid:\t${nspid}\nNSpid:\t${nspid}\nNSpgid:\t7\n` +
      `VmSize:\t  100 kB\nVmRSS:\t 50 kB\nVmSwap:\t 3 kB\nThreads:\t${threads}\n` +
      `CapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t${files.caps ?? "0000000000000000"}\n`,
  );
  write("cmdline", files.cmdline === undefined ? "app\0-x\0" : files.cmdline);
  write("environ", files.environ ?? "A=1\0");
  write("loginuid", files.loginuid ?? "1000");
  write("cgroup", files.cgroup ?? "0::/system.slice/app.service\n");
  write(
    "limits",
    files.limits ?? "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024    4096    files     \n",
  );
  link("exe", files.exe === undefined ? "/nowhere/app" : files.exe);
  link("cwd", files.cwd ?? "/srv");
  link("ns/pid", files.pidns ?? "pid:[4026531836]");
}

/** Runs with an empty directory for a procfs. */
function withProc(body: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "lanner-proc-"));
  try {
    body(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Facts of process 10 written so. */
function read(files: Files, withEnv = false) {
  let facts: ReturnType<Procfs["find"]>;
  withProc((root) => {
    writeProcess(root, 10, files);
    facts = new Procfs(CLOCK, root, withEnv).find(10);
  });
  return facts;
}

describe("a process in /proc", () => {
  const pauses: [string, number[], number][] = [
    ["is dated when it was read", [1000, 1100], 1000],
    ["is read again when the sensor was interrupted meanwhile", [1000, 9e6, 1e7, 1e7 + 100], 1e7],
    ["is not read for ever where it always is", [1e6, 1e7, 2e7, 3e7, 4e7, 5e7, 6e7], 6e7],
  ];
  for (const [name, times, seenAt] of pauses) {
    test(name, () =>
      withProc((root) => {
        writeProcess(root, 10);
        const left = [...times];
        const clock = { bootTime: 0n, now: () => left.shift()! };
        assert.equal(new Procfs(clock, root).find(10)?.seenAt, seenAt);
        assert.deepEqual(left, []);
      }));
  }

  test("gives every fact that /proc has", () => {
    assert.deepEqual(read({}, true), {
      ...{
        pid: 10,
        ppid: 1,
        comm: "app",
        exe: "app",
        args: "-x\0",
        exepath: "/nowhere/app",
        env: "A=1\0",
        cwd: "/srv",
      },
      ...{ uid: 2, gid: 6, loginuid: 1000, sid: 6, pgid: 7, vpid: 10, vtid: 10, vpgid: 7, tty: 34816 },
      ...{ exeFlags: 0, exeIno: 0n, exeInoCtime: 0n, exeInoMtime: 0n },
      ...{ capInheritable: 1n, capPermitted: 0x1ffffffffffn, capEffective: 0n },
      ...{ fdlimit: 1024, vmSize: 100, vmRss: 50, vmSwap: 3, minorFaults: 20, majorFaults: 3 },
      ...{ startTime: BOOT + 5_000_000_000n, execTime: 0n, pidnsStartTime: BOOT, threads: 1 },
      ...{ startBoot: 5_000_000_000, seenAt: 42_000_000_000, cgroup: "/system.slice/app.service" },
      cgroups: ["cpuset", "cpu", "cpuacct", "io", "memory"].map((name) => `${name}=/system.slice/app.service\0`).join(
        "",
      ),
    });
  });

  const cases: [string, Files, Record<string, unknown>][] = [
    ["a name with spaces, parentheses and a line that looks like a state", { comm: "a) R 1 (b\nc" }, {
      ...{ comm: "a) R 1 (b\nc", ppid: 1, startBoot: 5_000_000_000 },
    }],
    ["arguments with newlines and empty ones", { cmdline: "a\nb\0\0c d\0" }, { exe: "a\nb", args: "\0c d\0" }],
    ["no arguments", { cmdline: "sh\0" }, { exe: "sh", args: "" }],
    ["an empty argv[0]", { cmdline: "\0" }, { exe: "", args: "" }],
    ["a title in place of its arguments", { cmdline: "nginx: master" }, { exe: "nginx: master", args: "" }],
    ["bytes that are not UTF-8", { cmdline: "\xff\0\xfe\0" }, { exe: "\xff", args: "\xfe\0" }],
    ["no arguments at all but a program", { cmdline: "" }, { exe: "", args: "", exepath: "/nowhere/app" }],
    ["a program that is gone", { exe: "/tmp/x (deleted)" }, { exepath: "/tmp/x" }],
    ["a program in memory", { exe: "/memfd:x (deleted)" }, { exepath: "/memfd:x", exeFlags: 4 }],
    ["a directory that is gone", { cwd: "/tmp/d (deleted)" }, { cwd: "/tmp/d" }],
    ["no login", { loginuid: "4294967295\n" }, { loginuid: 4294967295 }],
    ["no audit in the kernel", { loginuid: "" }, { loginuid: 4294967295 }],
    ["no limit of files", { limits: "Max open files            unlimited  unlimited  files\n" }, { fdlimit: -1 }],
    ["an environment that nobody asked for", { environ: "A=1\0" }, { env: "" }],
    ["v1 cgroups, some of them together, one with a colon", {
      cgroup: "12:cpu,cpuacct:/a:b\n11:blkio:/c\n10:memory:/d\n1:name=systemd:/e\n",
    }, { cgroups: "cpu=/a:b\0cpuacct=/a:b\0io=/c\0memory=/d\0", cgroup: "/e" }],
    ["hybrid cgroups", { cgroup: "2:memory:/m\n1:name=systemd:/s\n0::/u\n" }, {
      ...{ cgroups: "cpuset=/u\0cpu=/u\0cpuacct=/u\0io=/u\0memory=/m\0", cgroup: "/u" },
    }],
    ["a pid namespace of its own", { nspid: "10 1" }, { vpid: 1, vtid: 1, pidnsStartTime: BOOT + 5_000_000_000n }],
  ];
  for (const [name, files, expected] of cases) {
    test(`may have ${name}`, () => {
      const facts = read(files) as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(facts[key], value, key);
    });
  }

  test("has its arguments cut at 4096 bytes", () => {
    const { exe, args } = read({ cmdline: "app\0" + "y".repeat(100_000) + "\0" })!;
    assert.equal(exe, "app");
    assert.equal(args, "y".repeat(4092) + "\0");
  });

  test("has the inode of its program, and whether it can write to it", () =>
    withProc((root) => {
      const program = join(root, "program");
      writeFileSync(program, "", { mode: 0o755 });
      const { ino, mtimeNs, ctimeNs, uid } = statSync(program, { bigint: true });
      const flags = (files: Files, pid: number) => {
        writeProcess(root, pid, { exe: program, ...files });
        return new Procfs(CLOCK, root).find(pid)!;
      };
      const owner = flags({ uid: `0 ${uid} 0 0` }, 10);
      assert.deepEqual([owner.exeIno, owner.exeInoMtime, owner.exeInoCtime], [ino, mtimeNs, ctimeNs]);
      assert.equal(owner.exeFlags, 1);
      assert.equal(flags({ uid: "0 54321 0 0", gid: "0 54321 0 0" }, 11).exeFlags, 0);
      assert.equal(flags({ uid: "0 54321 0 0", gid: "0 54321 0 0", caps: "0000000000000002" }, 12).exeFlags, 1);
    }));

  const none: [string, Files][] = [
    ["a kernel thread", { cmdline: "", exe: null, flags: 0x208040 }],
    ["a kernel thread that calls itself something", { flags: 0x208040 }],
    ["a zombie", { cmdline: "", exe: null, state: "Z" }],
    ["a thread that is not its process's first", { tgid: 9 }],
  ];
  for (const [name, files] of none) test(`is not ${name}`, () => assert.equal(read(files), undefined));

  test("whose first thread has ended is read by another", () =>
    withProc((root) => {
      writeProcess(root, 10, { cmdline: "", exe: null, state: "Z", threads: 2 });
      mkdirSync(join(root, "10/task/11"), { recursive: true });
      writeFileSync(join(root, "10/task/11/cmdline"), "app\0-y\0");
      symlinkSync("/bin/app", join(root, "10/task/11/exe"));
      symlinkSync("/data", join(root, "10/task/11/cwd"));
      writeFileSync(join(root, "10/task/11/cgroup"), "0::/app\n");
      const { exe, args, exepath, cwd, cgroup } = new Procfs(CLOCK, root).find(10)!;
      assert.deepEqual({ exe, args, exepath, cwd, cgroup }, {
        ...{ exe: "app", args: "-y\0", exepath: "/bin/app", cwd: "/data", cgroup: "/app" },
      });
    }));
});

describe("a scan of /proc", () => {
  test("finds every process and passes over what vanishes, is half there, or is none", () =>
    withProc((root) => {
      writeProcess(root, 10);
      writeProcess(root, 20, { cmdline: "", exe: null });
      writeProcess(root, 30);
      rmSync(join(root, "30/status"));
      mkdirSync(join(root, "40"));
      writeProcess(root, 50);
      writeFileSync(join(root, "50/stat"), "50 (cut");
      writeFileSync(join(root, "uptime"), "1 1");
      mkdirSync(join(root, "self"));
      assert.deepEqual(new Procfs(CLOCK, root).findAll().map(({ pid }) => pid), [10]);
    }));

  test("gives processes of an inner pid namespace the start of its init", () =>
    withProc((root) => {
      writeProcess(root, 10, { nspid: "10 1", start: 700, pidns: "pid:[1]" });
      writeProcess(root, 11, { nspid: "11 5", start: 800, pidns: "pid:[1]" });
      writeProcess(root, 12, { nspid: "12 5", start: 800, pidns: "pid:[2]" });
      writeProcess(root, 13);
      const starts = new Map(new Procfs(CLOCK, root).findAll().map((facts) => [facts.pid, facts.pidnsStartTime]));
      assert.deepEqual(
        [10, 11, 12, 13].map((pid) => starts.get(pid)),
        [BOOT + 7_000_000_000n, BOOT + 7_000_000_000n, 0n, BOOT],
      );
    }));

  test("knows which pids are in use", () =>
    withProc((root) => {
      writeProcess(root, 10);
      const procfs = new Procfs(CLOCK, root);
      assert.deepEqual([procfs.exists(10), procfs.exists(11)], [true, false]);
    }));
});
