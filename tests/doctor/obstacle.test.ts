// SPDX-License-Identifier: Apache-2.0

/** Every way in which a driver can fail, and what is then said: a recorded kernel with one fact changed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { describe, test } from "node:test";
import { Facts } from "../../src/doctor/facts.ts";
import { attachObstacle, deviceObstacle, errnoText, moduleRefusal, sentence } from "../../src/doctor/obstacle.ts";
import { verdictOf } from "../../src/doctor/verdict.ts";

const recorded = readFileSync(new URL("kernels/6.1.json", import.meta.url), "utf8");
const good = Facts.parse(JSON.parse(recorded).facts);
const { ENOSYS, EPERM, ENOMEM, EINVAL, ENOENT } = constants.errno;

const ALL = "000001ffffffffff";
const without = (...numbers: number[]): string =>
  numbers.reduce((set, number) => set & ~(1n << BigInt(number)), BigInt(`0x${ALL}`)).toString(16);

type Host = Partial<Facts["host"]>;

/** A host where the probe fails so. */
function failing(errno: number, host: Host = {}, features: Partial<Facts["features"]> = {}): Facts {
  return {
    ...good,
    host: { ...good.host, ...host },
    features: { ...good.features, ...features },
    probe: { ...good.probe, error: { what: "the kernel did not take the probe", errno, message: "" }, running: [] },
  };
}

describe("why there is no eBPF", () => {
  const cases: readonly [name: string, facts: Facts, reason: RegExp][] = [
    [
      "no bpf(2)",
      failing(ENOSYS, {}, { bpf: ENOSYS }),
      /^kernel 6\.1\S+ was built without bpf\(2\) \(CONFIG_BPF_SYSCALL\)/,
    ],
    ["no CAP_BPF", failing(EPERM, { capabilities: without(21, 39), uid: 1000 }), /^CAP_BPF is missing: run as root$/],
    [
      "root without CAP_BPF",
      failing(EPERM, { capabilities: without(21, 39) }),
      /^CAP_BPF is missing although this is root/,
    ],
    ["root without CAP_PERFMON", failing(EPERM, { capabilities: without(21, 38) }), /^CAP_PERFMON is missing although/],
    [
      "lockdown",
      failing(EPERM, { lockdown: "confidentiality" }),
      /^kernel lockdown forbids eBPF to read kernel memory: boot without/,
    ],
    [
      "lockdown, as the verifier says it",
      failing(EINVAL, { lockdown: "confidentiality" }),
      /^kernel lockdown forbids eBPF to read kernel memory: boot without/,
    ],
    [
      "lockdown and no BTF",
      failing(EINVAL, { lockdown: "confidentiality", btf: null }),
      /^kernel lockdown forbids eBPF to read kernel memory: boot without/,
    ],
    [
      "a seccomp filter",
      failing(EPERM, { seccomp: true }),
      /^something forbids bpf\(2\): look at this process's seccomp filter, security modules/,
    ],
    ["the limit of locked memory", failing(EPERM, { lockedMemory: 65536 }), /ulimit -l is 64 KiB: make it unlimited/],
    ["no BTF", failing(EINVAL, { btf: null }), /^kernel 6\.1\.\S+ has no BTF .*: name a file of its BTF with --btf/],
    [
      "no ring buffer",
      failing(EINVAL, {}, { ring: EINVAL }),
      /has no BPF ring buffer \(Linux 5\.8\): use the kernel module$/,
    ],
    ["no memory", failing(ENOMEM), /^memory is short: choose a smaller ring buffer/],
    [
      "something else",
      failing(EINVAL),
      /^the kernel did not take the probe, this kernel does not know it \(EINVAL\): use the/,
    ],
  ];
  for (const [name, facts, reason] of cases) {
    test(name, () => {
      const unused = verdictOf(facts).unused.find(({ driver }) => driver === "ebpf");
      assert.match(unused?.reason ?? "", reason);
    });
  }
  test("a BTF file that can't be used", () => {
    const facts = {
      ...failing(EINVAL, { btf: null }),
      btfFile: { path: "/x.btf", given: false, problem: { cause: "/x.btf was cut off", next: "copy it again" } },
    };
    assert.equal(
      verdictOf(facts).unused[0]?.reason,
      "/x.btf was cut off: copy it again",
    );
  });
});

describe("why there is no module", () => {
  const file = { origin: "/x/lanner.ko", problem: null, signed: false };
  const other = {
    cause: "/x/lanner.ko is for kernel 5.4, not 6.1",
    next: "copy the right file here, or build one (lanner driver build)",
  };
  const ready = { loaded: false, given: false, files: [file], headers: null, missingTools: [] };
  const build = { loaded: false, given: false, files: [], headers: "/usr/src/h", missingTools: [] };
  const none = { ...build, headers: null };
  const cases: readonly [name: string, host: Host, module: Facts["module"], summary: RegExp | null][] = [
    ["a file is there", {}, ready, null],
    ["one can be built", {}, build, null],
    ["one is loaded, though loading is off", { modules: { supported: true, disabled: true, signed: false } }, {
      ...none,
      loaded: true,
    }, null],
    [
      "no headers",
      {},
      none,
      /there is no module for kernel 6\.1\S+, and none can be built here without the kernel's headers: install linux-headers-6\.1/,
    ],
    [
      "no compiler",
      {},
      { ...build, missingTools: ["gcc", "ld"] },
      /and none can be built here without gcc, ld: install gcc and make, or build it on another/,
    ],
    [
      "another release's",
      {},
      { ...none, files: [{ ...file, problem: other }] },
      /\/x\/lanner\.ko is for kernel 5\.4, not 6\.1, and none can be built here without the kernel's headers: copy the right file here, or build one \(lanner driver build\), or install linux-headers-6\.1/,
    ],
    ["another release's, beside headers", {}, { ...build, files: [{ ...file, problem: other }] }, null],
    [
      "another release's that was asked for, beside headers",
      {},
      { ...build, given: true, files: [{ ...file, problem: other }] },
      /^\/x\/lanner\.ko is for kernel 5\.4, not 6\.1: copy the right file here/,
    ],
    [
      "an unsigned one that was asked for",
      { lockdown: "integrity" },
      { ...ready, given: true },
      /takes only signed modules \(lockdown=integrity\) and \/x\/lanner\.ko is not signed: sign it/,
    ],
    ["the one that was asked for", {}, { ...ready, given: true }, null],
    [
      "no CAP_SYS_ADMIN",
      { capabilities: without(21) },
      ready,
      /^the module's device wants CAP_SYS_ADMIN, which is missing: run as root$/,
    ],
    [
      "no modules",
      { modules: { supported: false, disabled: false, signed: false } },
      ready,
      /takes no modules \(CONFIG_MODULES\)/,
    ],
    [
      "modules switched off",
      { modules: { supported: true, disabled: true, signed: false } },
      ready,
      /switched off until the next boot \(kernel\.modules_disabled=1\): have/,
    ],
    [
      "no CAP_SYS_MODULE",
      { capabilities: without(16) },
      ready,
      /CAP_SYS_MODULE is missing: load the module as root of the host/,
    ],
    [
      "signatures wanted",
      { modules: { supported: true, disabled: false, signed: true } },
      ready,
      /takes only signed modules \(module\.sig_enforce\) and \/x\/lanner\.ko is not signed: sign it with a key that the kernel trusts \(mokutil/,
    ],
    [
      "lockdown and Secure Boot",
      { lockdown: "integrity", secureBoot: true },
      ready,
      /\(lockdown=integrity, Secure Boot\) and/,
    ],
    [
      "signatures wanted, a signed file",
      { lockdown: "integrity" },
      { ...ready, files: [{ ...file, signed: true }] },
      null,
    ],
    [
      "signatures wanted, only building",
      { lockdown: "integrity" },
      build,
      /takes only signed modules \(lockdown=integrity\) and there is none for it: build one and sign it with a key/,
    ],
  ];
  for (const [name, host, module, reason] of cases) {
    test(name, () => {
      const { driver, summary, unused, missing } = verdictOf({ ...failing(EINVAL, { btf: null, ...host }), module });
      if (reason === null) {
        assert.equal(driver, "module");
        assert.match(summary, /^kernel module, .*, for kernel 6\.1\S+ \(kernel 6\.1\S+ has no BTF/);
      } else {
        assert.equal(driver, null);
        assert.match(unused.find(({ driver }) => driver === "module")?.reason ?? "", reason);
        assert.ok(missing.includes("execve"));
      }
    });
  }
});

test("events of refused programs are missing by name", () => {
  const refused = [{ name: "fill_openat2", log: "" }, { name: "sched_exec", log: "" }, { name: "walk_path", log: "" }];
  assert.deepEqual(verdictOf({ ...good, probe: { ...good.probe, refused } }).missing, ["exec", "openat2"]);
  const rings = [{ name: "io_complete", log: "" }, { name: "io_submit_req", log: "" }];
  assert.deepEqual(verdictOf({ ...good, probe: { ...good.probe, refused: rings } }).missing, [
    "everything through io_uring",
  ]);
});

describe("why --attach fexit can't be had", () => {
  const refused = "this kernel takes no fexit programs";
  const cases: readonly [name: string, errno: number, features: Partial<Facts["features"]>, line: RegExp][] = [
    [
      "fexit alone is forbidden",
      EPERM,
      { fexit: EPERM },
      /^--attach fexit: .*, not permitted \(EPERM\)\): choose --attach/,
    ],
    [
      "one call can't be told",
      ENOENT,
      {},
      /^--attach fexit: .* \(kernel 6\.1\S+, .*ENOENT.*\): choose --attach sys_exit/,
    ],
    ["no eBPF at all", EPERM, { bpf: EPERM, fexit: EPERM }, /^something forbids bpf\(2\): look at/],
    ["no ring buffer", EINVAL, { ring: EINVAL }, /has no BPF ring buffer/],
    ["memory is short", ENOMEM, {}, /^memory is short: choose a smaller ring buffer/],
  ];
  for (const [name, errno, features, line] of cases) {
    test(name, () => {
      const error = { what: refused, errno, message: "" };
      const obstacle = attachObstacle(good.host, "fexit", {
        error,
        features: { ...good.features, ...features },
        btfFile: false,
      });
      assert.match(sentence(obstacle), line);
    });
  }
});

describe("what the kernel refuses is said in words, with what to do", () => {
  for (let errno = 1; errno < 134; errno++) {
    assert.doesNotMatch(sentence(moduleRefusal(good.host, errno, "x.ko")), /^\S+$|errno/);
    assert.match(sentence(moduleRefusal(good.host, errno, "x.ko")), /: /);
    assert.match(sentence(deviceObstacle(errno)), /: /);
    assert.match(errnoText(errno), /^[a-z].* \(.+\)$/);
  }
  test("one that does not fit, one that needs what is not there", () => {
    assert.match(sentence(moduleRefusal(good.host, 8, "x.ko")), /^x\.ko does not fit kernel 6\.1/);
    assert.match(sentence(moduleRefusal(good.host, ENOENT, "x.ko")), /^x\.ko needs functions that kernel 6\.1/);
  });
  test("one without a trusted signature", () => {
    for (const errno of [1, 74, 126, 129]) {
      assert.match(sentence(moduleRefusal(good.host, errno, "x.ko")), /^the kernel does not trust x\.ko/);
    }
  });
  test("an error that only Linux knows", () => assert.equal(errnoText(524), "not supported (ENOTSUPP)"));
});
