// SPDX-License-Identifier: Apache-2.0

/** The native contract, under whichever runtime runs the tests. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import type { Sensor, Shim } from "../../src/native/contract.ts";
import { embeddedFile } from "../../src/native/embedded.ts";
import { loadShim } from "../../src/native/load.ts";
import { LOSS_COUNTERS } from "../../src/native/shim.ts";
import { smallProbe, unable } from "./small.ts";

const RING = 4096;
/** An 8-byte frame header and the 40 bytes of struct ln_record. */
const FRAME = 48;

const reportSchema = z.strictObject({
  driver: z.literal("ebpf"),
  attach: z.enum(["fexit", "perf", "tp_btf", "raw_tp"]),
  error: z.strictObject({ what: z.string(), errno: z.number(), message: z.string() }).nullable(),
  programs: z.array(
    z.strictObject({
      name: z.string(),
      loaded: z.boolean(),
      attached: z.boolean(),
      verified: z.number(),
      log: z.string(),
    }),
  ),
});

function reportOf(sensor: Sensor): z.infer<typeof reportSchema> {
  return reportSchema.parse(JSON.parse(sensor.report()));
}

function program(sensor: Sensor, name: string): z.infer<typeof reportSchema>["programs"][number] {
  const found = reportOf(sensor).programs.find((p) => p.name === name);
  assert.ok(found, `${name} is in the report`);
  return found;
}

/** A name of four bytes for a program that only this process runs: others on this machine give no records. */
const NAME = process.pid.toString(36).padStart(4, "_").slice(-4);
const folder = mkdtempSync(join(tmpdir(), "lanner-"));
symlinkSync("/bin/true", join(folder, NAME));
process.on("exit", () => rmSync(folder, { recursive: true }));

/** The name as small.bpf.c takes it. */
const WANT = Buffer.from(NAME).readUInt32LE();

/** Causes one record of the small probe. */
function exec(): void {
  execFileSync(join(folder, NAME));
}

/** The counters of the records that can be read, which are then given back. */
function drain(sensor: Sensor, start = 0, max = RING): number[] {
  const words = new Uint32Array(sensor.ring);
  const counters: number[] = [];
  const bytes = sensor.peek(max);
  for (let at = start; at < start + bytes; at += FRAME) counters.push(words[(at + 16) / 4]!);
  sensor.consume(bytes);
  return counters;
}

/** What this process holds of the kernel's BPF objects: kinds of anonymous files. */
function bpfFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.includes("bpf") ? [target] : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the shim", { skip: unable }, () => {
  let shim: Shim;
  let good: Uint8Array;
  before(() => {
    shim = loadShim(embeddedFile("native/shim.so"));
    good = smallProbe();
  });
  after(() => shim?.unload());

  function open(probe: Uint8Array = good): Sensor {
    return shim.open(probe, RING, process.pid, WANT);
  }

  test("shows nothing before it is attached and every event after", () => {
    const sensor = open();
    try {
      exec();
      assert.equal(sensor.peek(RING), 0);
      assert.equal(sensor.attach(), 0);
      exec();
      exec();
      const words = new Uint32Array(sensor.ring);
      assert.equal(sensor.ring.byteLength, 2 * RING);
      assert.equal(sensor.peek(RING), 2 * FRAME);
      assert.equal(words[0], FRAME - 8, "a frame begins with the record's length");
      assert.deepEqual([words[9], words[10]], [WANT, process.pid], "want and self_pid reach the probe");
      assert.deepEqual(drain(sensor), [0, 1]);
      assert.equal(sensor.peek(RING), 0);
    } finally {
      sensor.close();
    }
  });

  test("peeks at no more than was asked for, but at one frame at least", () => {
    const sensor = open();
    try {
      sensor.attach();
      for (let i = 0; i < 3; i++) exec();
      assert.equal(sensor.peek(1), FRAME);
      assert.equal(sensor.peek(FRAME * 2 + 1), FRAME * 2);
      assert.equal(sensor.peek(RING), FRAME * 3);
    } finally {
      sensor.close();
    }
  });

  test("reads on across the end of the ring", () => {
    const sensor = open();
    try {
      sensor.attach();
      const counters: number[] = [];
      for (let i = 0, at = 0; i < 120; i++) {
        exec();
        counters.push(...drain(sensor, at));
        at = (at + FRAME) % RING;
      }
      assert.deepEqual(counters, Array.from({ length: 120 }, (_, i) => i));
    } finally {
      sensor.close();
    }
  });

  test("loads no filler that is not asked for, and leaves system calls alone when none is", () => {
    const cases: [string[], [string, boolean][]][] = [
      [["openat", "connect"], [["fill_openat", true], ["sys_exit", true]]],
      [["open", "openat2"], [["sys_exit", false]]],
      [[], [["sys_exit", false]]],
    ];
    for (const [calls, expected] of cases) {
      const sensor = shim.open(good, RING, process.pid, WANT, calls);
      try {
        assert.equal(sensor.attach(), 0);
        const programs = reportOf(sensor).programs.filter(({ name }) => !name.startsWith("sched_"));
        assert.deepEqual(programs.map(({ name, attached }) => [name, attached]).toSorted(), expected, calls.join());
        exec();
        assert.deepEqual(drain(sensor), [0], "programs' beginnings come in any case");
      } finally {
        sensor.close();
      }
    }
  });

  test("counts what did not fit into the ring, by class and reason", () => {
    const sensor = open();
    try {
      sensor.attach();
      assert.deepEqual(sensor.losses(), new Array(LOSS_COUNTERS).fill(0));
      for (let i = 0; i < 100; i++) exec();
      const fit = sensor.peek(RING) / FRAME;
      assert.equal(sensor.losses()[0], 100 - fit);
    } finally {
      sensor.close();
    }
  });

  test("wakes once for each time it was armed", async () => {
    const sensor = open();
    const alive = setInterval(() => {}, 1000);
    try {
      let wakes = 0;
      sensor.attach();
      sensor.startWaiting(() => wakes++);
      exec();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(wakes, 0, "not armed");
      sensor.arm();
      await until(() => wakes > 0);
      assert.equal(wakes, 1, "there was something to read already");
      drain(sensor);
      sensor.arm();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(wakes, 1, "nothing to read");
      exec();
      exec();
      await until(() => wakes > 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(wakes, 2);
      sensor.stopWaiting();
    } finally {
      clearInterval(alive);
      sensor.close();
    }
  });

  test("stops waiting at once, and wakes nobody after that", async () => {
    const sensor = open();
    let wakes = 0;
    sensor.attach();
    sensor.startWaiting(() => wakes++);
    sensor.arm();
    const start = performance.now();
    sensor.stopWaiting();
    assert.ok(performance.now() - start < 200, "did not wait for an event");
    exec();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(wakes, 0);
    sensor.close();
  });

  test("can be closed while it waits", async () => {
    const sensor = open();
    sensor.attach();
    sensor.startWaiting(() => assert.fail("woken after close"));
    sensor.arm();
    exec();
    sensor.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test("leaves nothing in the kernel when closed, and can be closed again", () => {
    const before = bpfFiles();
    const sensor = open();
    sensor.attach();
    assert.ok(bpfFiles().length > before.length);
    sensor.close();
    sensor.close();
    assert.deepEqual(bpfFiles(), before);
    assert.equal(sensor.peek(RING), 0);
    assert.deepEqual(sensor.losses(), []);
    assert.throws(() => sensor.report(), /closed/);
  });

  test("several sensors run side by side", () => {
    const [one, two] = [open(), open()];
    try {
      one.attach();
      exec();
      two.attach();
      exec();
      assert.deepEqual(drain(one), [0, 1]);
      assert.deepEqual(drain(two), [0]);
    } finally {
      one.close();
      two.close();
    }
  });

  test("reports the programs, but none for a system call that this architecture lacks", () => {
    const sensor = open();
    try {
      const loaded = ["fill_openat", "sched_exec", "sys_exit"];
      const report = reportOf(sensor);
      assert.equal(report.error, null);
      assert.equal(report.attach, "tp_btf");
      assert.deepEqual(report.programs.map((p) => p.name).sort(), loaded);
      assert.ok(report.programs.every((p) => p.loaded && !p.attached));
      sensor.attach();
      assert.ok(reportOf(sensor).programs.every((p) => p.loaded && p.attached));
    } finally {
      sensor.close();
    }
  });

  test("a program that the verifier refuses costs only itself and keeps the verifier's words", () => {
    const sensor = open(smallProbe("BROKEN_PROGRAM"));
    try {
      assert.equal(sensor.attach(), 0);
      assert.equal(reportOf(sensor).attach, "tp_btf");
      for (const name of ["sched_fork", "fill_connect"]) {
        const refused = program(sensor, name);
        assert.deepEqual([refused.loaded, refused.attached], [false, false]);
        assert.match(refused.log, /map_value_or_null/);
      }
      assert.ok(program(sensor, "fill_openat").attached);
      exec();
      assert.deepEqual(drain(sensor), [0]);
    } finally {
      sensor.close();
    }
  });

  test("falls back to raw_tp where a tp_btf program can't be had", () => {
    const sensor = open(smallProbe("MISSING_TRACEPOINT"));
    try {
      assert.equal(sensor.attach(), 0);
      assert.equal(reportOf(sensor).attach, "raw_tp");
      assert.equal(program(sensor, "sched_exit").attached, false);
      assert.notEqual(program(sensor, "sched_exit").log, "");
      assert.ok(program(sensor, "sched_exec").attached);
      exec();
      assert.deepEqual(drain(sensor), [0]);
    } finally {
      sensor.close();
    }
  });

  test("asked for fexit, goes that way or says why it can't, and goes no other", () => {
    const refused = -shim.tryFeature("fexit");
    const sensor = shim.open(good, RING, process.pid, WANT, [], "fexit");
    try {
      const { attach, error } = reportOf(sensor);
      if (refused === 0) {
        assert.deepEqual({ attach, error }, { attach: "fexit", error: null });
        assert.equal(sensor.attach(), 0);
      } else {
        assert.deepEqual(error, { what: "this kernel takes no fexit programs", errno: refused, message: "" });
        assert.ok(sensor.attach() < 0);
      }
    } finally {
      sensor.close();
    }
  });

  const unusable: readonly [string, () => Uint8Array, RegExp][] = [
    ["no bytes", () => new Uint8Array(0), /can't be read/],
    ["bytes that are no ELF file", () => new TextEncoder().encode("not a probe".repeat(50)), /can't be read/],
    ["half a probe", () => good.slice(0, good.length >> 1), /can't be read/],
    ["a probe without one of the maps", () => smallProbe("WITHOUT_FILLERS"), /not of this version/],
  ];
  for (const [name, probe, what] of unusable) {
    test(`reports ${name} as an error, and attaches nothing`, () => {
      const before = bpfFiles();
      const sensor = open(probe());
      try {
        assert.match(reportOf(sensor).error?.what ?? "", what);
        assert.ok(sensor.attach() < 0);
        assert.equal(sensor.ring.byteLength, 0);
        assert.equal(sensor.peek(RING), 0);
        assert.deepEqual(sensor.losses(), []);
        assert.deepEqual(bpfFiles(), before);
      } finally {
        sensor.close();
      }
    });
  }
});

describe("the shim's file", { skip: unable }, () => {
  test("needs no C library newer than glibc 2.17", () => {
    const text = new TextDecoder("latin1").decode(embeddedFile("native/shim.so"));
    const minors = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
    assert.ok(minors.length > 0);
    assert.ok(Math.max(...minors) <= 17, `needs GLIBC_2.${Math.max(...minors)}`);
  });
});
