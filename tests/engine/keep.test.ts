// SPDX-License-Identifier: Apache-2.0

/** Outcomes that are kept for a process: over the real fields and the real process table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import { interpret } from "../../src/engine/interpreter.ts";
import { EventStream } from "../../src/engine/stream.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { type Container, HOST_CONTAINER } from "../../src/host/container.ts";
import { GuestTable } from "../../src/host/guests.ts";
import type { Host } from "../../src/host/host.ts";
import { ProcessTable } from "../../src/host/processes.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { buildRecord, memoryOf } from "../support/records.ts";
import { seeded } from "../support/rules.ts";

const BOX_CGROUP = "/box";
const BOX: Container = { type: "podman", id: "b", fullId: "box", facts: {} };

function makeHost(): Host & { readonly processes: ProcessTable } {
  return {
    hostname: "falcon",
    bootTime: 0n,
    processes: new ProcessTable({
      bootTime: () => 0n,
      containerOf: (_, cgroup) => cgroup === BOX_CGROUP ? BOX : HOST_CONTAINER,
    }),
    names: { user: () => undefined, group: () => undefined },
    guests: new GuestTable(),
  };
}

const PIDS = Array.from({ length: 40 }, (_, i) => 100 + i);
const NAMES = ["sh", "bash", "nginx", "java", "python3", "cat"];
const ARGUMENTS = ["", "-c\0id\0", "--flag\0", "run\0/tmp/x\0"];

/** Checks that the process alone decides or it and its ancestors, and some that they do not. */
const CHECKS = [
  "proc.name in (sh, bash)",
  "proc.name startswith ng",
  "proc.cmdline contains '-c id'",
  "proc.cmdline = cat",
  "proc.args endswith x",
  "proc.args contains flag",
  "proc.exe pmatch (/usr)",
  "proc.exeline contains run",
  "proc.cmdnargs > 1",
  "proc.is_exe_writable = true",
  "proc.pname in (sh, bash)",
  "proc.pcmdline contains flag",
  "proc.aname[2] = java",
  "proc.aname[3] startswith ng",
  "proc.aname = python3",
  "proc.aexe in (cat, sh)",
  "proc.acmdline[2] endswith x",
  "container.id = host",
  "proc.ppid > 100",
  "fd.name startswith /etc",
  "evt.num > 50",
];

/** Records of some processes that fork, become other programs, end, and open files meanwhile. */
function randomRecords(random: () => number, count: number): Uint8Array[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  let ts = 1_000_000_000n;
  const start = new Map<number, number>();
  const parents = new Map(PIDS.map((pid, i) => [pid, i === 0 ? 1 : PIDS[(i - 1) >> 1]!]));
  return Array.from({ length: count }, () => {
    const pid = pick(PIDS);
    if (below(60) === 0) parents.set(pid, pick([1, ...PIDS.filter((other) => other < pid)]));
    const header = { ts: ts += 1000n, pid, ppid: parents.get(pid)! };
    const comm = pick(NAMES);
    const cgroup = pick(["/", BOX_CGROUP]);
    const begun = start.get(pid) ?? Number(ts);
    start.set(pid, begun);
    const program = {
      exe: comm,
      comm,
      args: new TextEncoder().encode(pick(ARGUMENTS)),
      start_ts: begun,
      vm_size: 1,
      cgroup,
    };
    switch (below(12)) {
      case 0:
        return buildRecord("clone", { res: 0, ...program, flags: 0 }, header);
      case 1:
      case 2:
        return buildRecord("execve", { res: 0, ...program, flags: below(2), filename: `/usr/bin/${comm}` }, header);
      case 3:
        start.delete(pid);
        return buildRecord("procexit", { status: 0, last: 1 }, header);
      default:
        return buildRecord("openat", { fd: 3, dirfd: -100, name: pick(["/etc/x", "/tmp/x"]), flags: 1 }, header);
    }
  });
}

describe("what is kept for a process is true of it", () => {
  for (let seed = 1; seed <= 20; seed++) {
    test(`through random forks, execs and ends, seed ${seed}`, () => {
      const random = seeded(seed);
      const pick = () => CHECKS[Math.floor(random() * CHECKS.length)]!;
      const condition = () => `(${pick()} ${random() < 0.5 ? "and" : "or"} not ${pick()}) or (${pick()} and ${pick()})`;
      const rules = Array.from({ length: 6 }, (_, i) => ruleOf(condition(), `rule ${i}`));
      const { engine } = buildEngine(ruleSetOf(rules), FIELD_CATALOGUE, { matching: "all", minimumPriority: "Debug" });
      assert.ok(engine);
      let matches = 0;
      const stream = new EventStream(makeHost(), (event) => {
        const expected = engine.rules.filter(({ rule, checks }) => interpret(rule.condition, checks, event));
        const found: string[] = [];
        engine.evaluateAll(event, ({ rule }) => found.push(rule.name));
        assert.deepEqual(found, expected.map(({ rule }) => rule.name));
        matches += found.length;
      });
      for (const record of randomRecords(random, 1500)) {
        const { memory } = memoryOf(record);
        stream.take(memory, 0, record.length);
      }
      assert.equal(stream.malformed, 0);
      assert.ok(matches > 0, "conditions of which none ever holds show nothing");
    });
  }

  test("and asked behind what remembers when it was asked", () => {
    const rule = ruleOf("proc.name in (sh, bash) and evt.deltatime >= 5000 and proc.args contains flag");
    const build = () => buildEngine(ruleSetOf([rule]), FIELD_CATALOGUE, { matching: "all", minimumPriority: "Debug" });
    const [compiled, plain] = [build().engine!, build().engine!];
    let matches = 0;
    const stream = new EventStream(makeHost(), (event) => {
      const expected = plain.rules.some(({ rule, checks }) => interpret(rule.condition, checks, event));
      assert.equal(compiled.evaluate(event) !== undefined, expected);
      if (expected) matches++;
    });
    for (const record of randomRecords(seeded(1), 3000)) stream.take(memoryOf(record).memory, 0, record.length);
    assert.ok(matches > 0);
  });

  test("it is asked once for a revision, and anew after the next exec", () => {
    let reads = 0;
    const catalogue = {
      names: FIELD_CATALOGUE.names,
      resolve(name: string, argument: string | undefined) {
        const field = FIELD_CATALOGUE.resolve(name, argument);
        if (field === undefined) return undefined;
        const { get, lay } = field;
        return {
          ...field,
          get: (event: Parameters<typeof get>[0]) => (reads++, get(event)),
          ...(lay && { lay: (...[event, into]: Parameters<typeof lay>) => (reads++, lay(event, into)) }),
        };
      },
    };
    const rule = ruleOf("proc.cmdline contains '-c id'");
    const { engine } = buildEngine(ruleSetOf([rule]), catalogue, { matching: "first", minimumPriority: "Debug" });
    const found: boolean[] = [];
    const stream = new EventStream(makeHost(), (event) => found.push(engine?.evaluate(event) !== undefined));
    const take = (record: Uint8Array) => stream.take(memoryOf(record).memory, 0, record.length);
    const exec = (args: string) => {
      const program = { exe: "sh", comm: "sh", args: new TextEncoder().encode(args) };
      return buildRecord("execve", { res: 0, ...program, flags: 0 }, { pid: 7, ppid: 1 });
    };
    const open = buildRecord("openat", { fd: 3, dirfd: -100, name: "/x", flags: 1 }, { pid: 7, ppid: 1 });
    for (const record of [exec("-c\0id\0"), open, open, open]) take(record);
    assert.deepEqual([found.splice(0), reads], [[true, true, true, true], 1]);
    for (const record of [exec("-c\0ls\0"), open, open]) take(record);
    assert.deepEqual([found, reads], [[false, false, false], 2]);
  });
});
