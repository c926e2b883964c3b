// SPDX-License-Identifier: Apache-2.0

/** That `run` and `doctor` come to the same driver, in the same words, on the same host with the same options. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Facts, type HostFacts } from "../../src/doctor/facts.ts";
import { type DriverName, verdictOf } from "../../src/doctor/verdict.ts";
import { DriverError } from "../../src/driver/error.ts";
import { examine } from "../../src/driver/examine.ts";
import { openFirst } from "../../src/driver/open.ts";
import type { Sensor, Shim } from "../../src/native/contract.ts";
import { moduleFile } from "./support.ts";

const recorded = readFileSync(new URL("../doctor/kernels/6.1.json", import.meta.url), "utf8");
const HOST = Facts.parse(JSON.parse(recorded).facts).host;

const folder = mkdtempSync(join(tmpdir(), "lanner-decision-"));
after(() => rmSync(folder, { recursive: true }));
const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

const module = moduleFile(HOST.release);
const FIT = write("fit.ko", module);
const CUT = write("cut.ko", module.subarray(0, module.length - 9));
const NO_BTF = write("text.btf", "this is no BTF, however long it may be");

/** A driver that the kernel takes, or refuses with an errno. */
function sensor(driver: "ebpf" | "module", errno: number): Sensor {
  const error = errno === 0 ? null : { what: "the kernel did not take the probe", errno, message: "" };
  const attach = driver === "ebpf" ? "tp_btf" : "tracepoint";
  const none = () => 0;
  return {
    report: () => JSON.stringify({ driver, attach, error, programs: [] }),
    attach: none,
    ring: new ArrayBuffer(0),
    ringBytes: 0,
    peek: none,
    pending: none,
    consume: none,
    startWaiting: none,
    arm: none,
    stopWaiting: none,
    setFilter: none,
    seed: none,
    change: none,
    losses: () => [],
    close: none,
  };
}

/** A kernel that takes every module, and says this errno to the probe. */
function kernel(errno: number): Shim {
  return {
    open: () => sensor("ebpf", errno),
    openModule: () => sensor("module", 0),
    insertModule: () => 0,
    removeModule: () => 0,
    tryFeature: () => 0,
    unload: () => {},
  };
}

interface Decision {
  readonly driver: DriverName | null;
  readonly line: string;
}

type Given = Parameters<typeof examine>[1];

function doctors(shim: Shim, host: HostFacts, given: Given): Decision {
  const { driver, summary } = verdictOf(examine(shim, given, host));
  return { driver, line: summary };
}

async function runs(shim: Shim, host: HostFacts, given: Given): Promise<Decision> {
  try {
    const { kind, verdict } = await openFirst(shim, host, { driver: "auto", ...given, ringBytes: 4096, want: 0 });
    return { driver: kind, line: verdict };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return { driver: null, line: error.message.replace(/^no driver runs here\. /, "") };
  }
}

const without = (...numbers: number[]): string =>
  numbers.reduce((set, number) => set & ~(1n << BigInt(number)), BigInt(`0x${HOST.capabilities}`)).toString(16);

describe("doctor says what run does", () => {
  const NOT_BTF = /^\S+text\.btf is not BTF: take the BTF of exactly this kernel release, or leave it out$/;
  const cases: readonly [
    name: string,
    host: Partial<HostFacts>,
    given: Given,
    driver: DriverName | null,
    line: RegExp,
  ][] = [
    ["with everything", {}, {}, "ebpf", /^eBPF through tp_btf/],
    ["with a module that goes second", {}, { module: FIT }, "ebpf", /^eBPF through tp_btf/],
    ["with a bad --module that is not needed", {}, { module: CUT }, "ebpf", /^eBPF through tp_btf/],
    ["without BTF, with a module", { btf: null }, { module: FIT }, "module", /^kernel module, from \S+fit\.ko, for/],
    [
      "without BTF, with nothing",
      { btf: null },
      {},
      null,
      /^eBPF: .* has no BTF .*; kernel module: there is no module/,
    ],
    [
      "without BTF, with a bad --module",
      { btf: null },
      { module: CUT },
      null,
      /; kernel module: \S+cut\.ko was cut off: copy the right file here, or build one \(lanner driver build/,
    ],
    ["with a bad --btf beside a usable module", { btf: null }, { btf: NO_BTF, module: FIT }, null, NOT_BTF],
    ["with a bad --btf beside the kernel's own", {}, { btf: NO_BTF }, null, NOT_BTF],
    [
      "with a --btf that is not there",
      { btf: null },
      { btf: join(folder, "none"), module: FIT },
      null,
      /none can't be read \(no such file or directory\): put a file there that can be, or leave it out$/,
    ],
    [
      "without CAP_SYS_PTRACE",
      { capabilities: without(19) },
      {},
      null,
      /^CAP_SYS_PTRACE is missing although this is root: give the container or service CAP_SYS_PTRACE with CAP_BPF/,
    ],
    [
      "without CAP_SYS_PTRACE, with a module",
      { capabilities: without(19), btf: null, uid: 1000 },
      { module: FIT },
      null,
      /^CAP_SYS_PTRACE is missing: run as root$/,
    ],
    ["without CAP_BPF", { capabilities: without(21, 39) }, {}, null, /^CAP_BPF is missing although this is root/],
    ["without CAP_SYS_ADMIN", { capabilities: without(21) }, {}, "ebpf", /^eBPF through tp_btf/],
    [
      "without CAP_SYS_ADMIN, with a module alone",
      { capabilities: without(21), btf: null },
      { module: FIT },
      null,
      /; kernel module: the module's device wants CAP_SYS_ADMIN, which is missing: run as root$/,
    ],
    [
      "as a user namespace's root",
      { hostUsers: false },
      { module: FIT },
      null,
      /^this is a user namespace, whose root may load .*: run as the host's root \(a rootful container\)$/,
    ],
    [
      "with an unsigned module where signatures are wanted",
      { btf: null, lockdown: "integrity" },
      { module: FIT },
      null,
      /kernel module: .*takes only signed modules \(lockdown=integrity\) and \S+fit\.ko is not signed: sign it/,
    ],
  ];
  for (const [name, changes, given, driver, line] of cases) {
    test(name, async () => {
      const host = { ...HOST, ...changes };
      const shim = kernel(host.btf === null ? constants.errno.EINVAL : 0);
      const decision = doctors(shim, host, given);
      assert.equal(decision.driver, driver, decision.line);
      assert.match(decision.line, line);
      assert.deepEqual(await runs(shim, host, given), decision);
    });
  }
});
