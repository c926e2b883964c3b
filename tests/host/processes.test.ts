// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_CODE } from "../../src/events/table.ts";
import type { ProcessFacts } from "../../src/host/entry.ts";
import { memoryOf } from "../support/records.ts";
import {
  apply,
  BOOT,
  exec,
  exit,
  facts,
  finderOf,
  fork,
  newTable,
  open,
  play,
  recordOf,
  type Step,
  treeOf,
} from "./scenario.ts";

interface Scenario {
  name: string;
  seeds?: ProcessFacts[];
  steps: Step[];
  tree: string[];
}

const thread = (at: number, pid: number, ppid: number, tid: number) => fork(at, pid, ppid, { tid });

const SCENARIOS: Scenario[] = [
  {
    name: "a child bears what its fork tells until it executes something",
    steps: [fork(2, 10, 1), exec(3, 10, 1, "sh", 2), fork(4, 11, 10, { params: { comm: "sh", exe: "sh" } })],
    tree: ["1 init", "10 sh init", "11 sh sh init"],
  },
  {
    name: "a failed exec changes nothing",
    steps: [fork(2, 10, 1), exec(3, 10, 1, "nope", 2, { params: { res: -2 } })],
    tree: ["1 init", "10 forked init"],
  },
  {
    name: "vfork, fork and clone3 make children like clone",
    steps: ["vfork", "fork", "clone3"].map((type, i) => fork(2, 10 + i, 1, { type })),
    tree: ["1 init", "10 forked init", "11 forked init", "12 forked init"],
  },
  {
    name: "execveat executes like execve",
    steps: [fork(2, 10, 1), exec(3, 10, 1, "memfd", 2, { type: "execveat" })],
    tree: ["1 init", "10 memfd init"],
  },
  {
    name: "an ended process is gone",
    steps: [fork(2, 10, 1), exit(3, 10, 1)],
    tree: ["1 init"],
  },
  {
    name: "a pid used again is another process, with nothing of the former",
    steps: [
      fork(2, 10, 1),
      exec(3, 10, 1, "old", 2, { params: { args: new TextEncoder().encode("-x\0") } }),
      exit(4, 10, 1),
      fork(5, 10, 1),
    ],
    tree: ["1 init", "10 forked init"],
  },
  {
    name:
      "a pid used again after a lost exit is another process, and the children of the former keep their name for it",
    steps: [fork(2, 10, 1), exec(2, 10, 1, "old", 2), fork(3, 11, 10), fork(5, 10, 1), exec(6, 10, 1, "new", 5)],
    tree: ["1 init", "10 new init", "11 forked old init"],
  },
  {
    name: "an exec that tells of another start is another process whose fork was lost",
    steps: [fork(2, 10, 1), thread(2.5, 10, 1, 12), exec(9, 10, 1, "new", 8)],
    tree: ["1 init", "10 new init"],
  },
  {
    name: "threads are counted and have no entry of their own",
    steps: [fork(2, 10, 1), thread(3, 10, 1, 11), thread(3, 10, 1, 12), exit(4, 10, 1, 0, 0, 11)],
    tree: ["1 init", "10 forked init x2"],
  },
  {
    name: "a process lives on when its first thread ends",
    steps: [fork(2, 10, 1), thread(3, 10, 1, 11), exit(4, 10, 1, 0, 0, 10), open(5, 10, 1, { tid: 11 })],
    tree: ["1 init", "10 forked init"],
  },
  {
    name: "and ends with its last",
    steps: [fork(2, 10, 1), thread(3, 10, 1, 11), exit(4, 10, 1, 0, 0, 10), exit(5, 10, 1, 1, 1, 11)],
    tree: ["1 init"],
  },
  {
    name: "exec by a thread ends all others and keeps the process",
    steps: [
      fork(2, 10, 1),
      thread(3, 10, 1, 11),
      thread(3, 10, 1, 12),
      exit(4, 10, 1, 0, 0, 12),
      exit(4, 10, 1, 0, 0, 10),
      exec(4, 10, 1, "threaded", 2, { params: { old_tid: 11 } }),
    ],
    tree: ["1 init", "10 threaded init"],
  },
  {
    name: "orphans go to the process that the kernel names",
    seeds: [facts(5, 1, "manager", 0.5, 1)],
    steps: [fork(2, 10, 5), fork(3, 11, 10), fork(3, 12, 10), fork(4, 13, 11), exit(5, 10, 5, 5)],
    tree: [
      "1 init",
      "5 manager init",
      "11 forked manager init",
      "12 forked manager init",
      "13 forked forked manager init",
    ],
  },
  {
    name: "orphans whose new parent is not told keep the dead one until a record tells",
    steps: [
      fork(2, 10, 1),
      exec(2, 10, 1, "dead", 2),
      fork(3, 11, 10),
      fork(3, 12, 10),
      exit(5, 10, 1, 0),
      open(6, 11, 1),
    ],
    tree: ["1 init", "11 forked init", "12 forked dead init"],
  },
  {
    name: "a child's record that still names the parent which has just ended does not undo its adoption",
    steps: [fork(2, 10, 1), fork(3, 11, 10), exit(4, 10, 1, 1), exec(4.1, 11, 10, "late", 3), open(4.2, 11, 10)],
    tree: ["1 init", "11 late init"],
  },
  {
    name: "a record of a child under another parent moves it",
    seeds: [facts(5, 1, "manager", 0.5, 1)],
    steps: [fork(2, 10, 1), open(3, 10, 5)],
    tree: ["1 init", "5 manager init", "10 forked manager init"],
  },
  {
    name: "a parent that ends before the child does leaves a tree without holes",
    steps: [fork(2, 10, 1), fork(3, 11, 10), fork(4, 12, 11), exit(5, 11, 10, 1), exit(6, 10, 1, 1), exit(7, 12, 1, 1)],
    tree: ["1 init"],
  },
  {
    name: "an exit of a thread that was counted after the process had ended is no new process",
    steps: [fork(2, 10, 1), exit(3, 10, 1), exit(3, 10, 1, 0, 0, 11)],
    tree: ["1 init"],
  },
  {
    name: "a process whose fork was lost is known by its exec",
    steps: [exec(3, 10, 1, "late", 2)],
    tree: ["1 init", "10 late init"],
  },
  {
    name: "a process of which nothing is known but a header has Falco's mark for a name",
    steps: [open(3, 10, 1)],
    tree: ["1 init", "10 <NA> init"],
  },
  {
    name: "scan race: a fork that the scan already saw does not undo the exec after it",
    seeds: [facts(10, 1, "sh", 5.004, 9)],
    steps: [fork(5.004, 10, 1)],
    tree: ["1 init", "10 sh init"],
  },
  {
    name: "scan race: execs that the scan already saw end where the scan was",
    seeds: [facts(10, 1, "third", 5, 9)],
    steps: [fork(5, 10, 1), exec(6, 10, 1, "second", 5), exec(7, 10, 1, "third", 5)],
    tree: ["1 init", "10 third init"],
  },
  {
    name: "scan race: threads that the scan already counted are not counted again",
    seeds: [facts(10, 1, "threads", 5, 9, { threads: 3 })],
    steps: [
      thread(6, 10, 1, 11),
      thread(6, 10, 1, 12),
      thread(6, 10, 1, 13),
      exit(7, 10, 1, 0, 0, 11),
      thread(10, 10, 1, 14),
    ],
    tree: ["1 init", "10 threads init x4"],
  },
  {
    name: "scan race: the end of a pid's former holder does not end the one that the scan saw",
    seeds: [facts(10, 1, "new", 7, 9)],
    steps: [exit(6, 10, 1), open(10, 10, 1)],
    tree: ["1 init", "10 new init"],
  },
  {
    name: "scan race: former holders of a pid come and go, and the last one is there at the end",
    seeds: [facts(10, 1, "new", 7, 9)],
    steps: [fork(5, 10, 1), exec(5.5, 10, 1, "old", 5), exit(6, 10, 1), fork(7, 10, 1), exec(7.5, 10, 1, "new", 7)],
    tree: ["1 init", "10 new init"],
  },
  {
    name: "scan race: a process that the scan still saw is ended by its record",
    seeds: [facts(10, 1, "short", 5, 9)],
    steps: [exit(8.5, 10, 1)],
    tree: ["1 init"],
  },
  {
    name: "scan race: a parent that ended before it was scanned hands on its child all the same",
    steps: [fork(2, 11, 10), exit(3, 10, 1, 1)],
    tree: ["1 init", "11 forked init"],
  },
  {
    name: "scan race: a parent that made a child and ended during the scan hands it on",
    seeds: [facts(11, 10, "child", 6, 9)],
    steps: [fork(5, 10, 1), fork(6, 11, 10), exit(7, 10, 1, 1)],
    tree: ["1 init", "11 child init"],
  },
  {
    name: "a kernel thread is no process, but a program that the kernel starts is",
    steps: [
      { type: "clone", at: 2, pid: 10, ppid: 2, params: { comm: "kworker/0:1" } },
      { type: "clone", at: 2, pid: 11, ppid: 2, params: { comm: "kworker/0:2" } },
      exec(3, 11, 2, "modprobe", 2),
    ],
    tree: ["1 init", "11 modprobe"],
  },
  {
    name: "seeds that name each other as parents make no circle",
    seeds: [facts(10, 11, "a", 5, 9), facts(11, 10, "b", 5, 9)],
    steps: [open(10, 10, 11), open(11, 11, 10)],
    tree: ["1 init", "10 a b", "11 b"],
  },
];

describe("the process tree", () => {
  for (const { name, seeds, steps, tree } of SCENARIOS) {
    test(name, () => assert.deepEqual(treeOf(play(newTable(undefined, undefined, seeds), ...steps)), tree));
  }
});

describe("a process", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("has what exec's record tells", () => {
    const params = {
      args: bytes("-c\0id"), // cut in the middle of an argument: no NUL at the end
      env: bytes("A=1\0B=2\0"),
      cgroups: bytes("cpu=/a\0memory=/b\0"),
      cgroup: "/c",
      workdir: "/srv",
      trusted_exepath: "/tmp/x (deleted)",
      loginuid: -1,
      tty: 34816,
      flags: 5,
      sid: 7,
      pgid: 8,
      vpgid: 9,
      vpid: 3,
      vtid: 4,
      fdlimit: 1024,
      vm_size: 5,
      vm_rss: 6,
      vm_swap: 7,
      pgft_maj: 8,
      pgft_min: 9,
      exe_ino: 2n ** 63n + 1n,
      exe_ino_ctime: 111n,
      exe_ino_mtime: 222n,
      cap_inheritable: 1n,
      cap_permitted: 2n ** 40n,
      cap_effective: 3n,
      pidns_init_start_ts: 500n,
    };
    const table = play(newTable(), fork(2, 10, 1), exec(3, 10, 1, "sh", 2, { uid: 33, gid: 34, params }));
    const entry = table.get(10)!;
    const { container, parent, alive } = entry;
    const known = entry.facts();
    assert.equal(container.type, "host");
    assert.equal(parent?.pid, 1);
    assert.equal(alive, true);
    const expected: Record<string, unknown> = {
      ...{
        pid: 10,
        ppid: 1,
        comm: "sh",
        exe: "sh",
        args: "-c\0id\0",
        exepath: "/tmp/x",
        env: "A=1\0B=2\0",
        cwd: "/srv",
      },
      ...{
        uid: 33,
        gid: 34,
        loginuid: 4294967295,
        sid: 7,
        pgid: 8,
        vpgid: 9,
        vpid: 3,
        vtid: 4,
        tty: 34816,
        exeFlags: 5,
      },
      ...{ exeIno: 2n ** 63n + 1n, exeInoCtime: 111n, exeInoMtime: 222n },
      ...{
        capInheritable: 1n,
        capPermitted: 2n ** 40n,
        capEffective: 3n,
        fdlimit: 1024,
        vmSize: 5,
        vmRss: 6,
        vmSwap: 7,
      },
      ...{ majorFaults: 8, minorFaults: 9, cgroups: "cpu=/a\0memory=/b\0", cgroup: "/c", threads: 1 },
      ...{ startTime: BOOT + 2_000_000_000n, execTime: BOOT + 3_000_000_000n, pidnsStartTime: BOOT + 500n },
    };
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual((known as unknown as Record<string, unknown>)[key], value, key);
    }
  });

  test("inherits at its fork what the record does not tell, and its exec replaces that", () => {
    const params = { env: bytes("SECRET=1\0"), loginuid: 1000, tty: 5, flags: 4, workdir: "/home", cap_effective: 7n };
    const table = play(
      newTable(),
      fork(2, 10, 1),
      exec(3, 10, 1, "sh", 2, { params }),
      fork(4, 11, 10, { params: { comm: "sh" } }),
    );
    const child = table.get(11)!;
    const { env, loginuid, tty, exeFlags, cwd, capEffective, exepath, execTime } = child;
    assert.deepEqual({ env, loginuid, tty, exeFlags, cwd, capEffective, exepath, execTime }, {
      ...{ env: "SECRET=1\0", loginuid: 1000, tty: 5, exeFlags: 4, cwd: "/home", capEffective: 7n, exepath: "/bin/sh" },
      execTime: BOOT + 3_000_000_000n,
    });
    play(table, exec(5, 11, 10, "id", 4));
    assert.equal(table.get(11)!.env, "", "an exec without an environment has none");
    assert.equal(table.get(11)!.exeFlags, 0);
    assert.equal(table.get(11)!.cwd, "/home", "exec does not change the directory");
    assert.equal(table.get(11), child, "exec keeps the object");
  });

  test("made with CLONE_PARENT inherits from its maker and hangs under its maker's parent", () => {
    const table = play(
      newTable(),
      fork(2, 10, 1),
      exec(3, 10, 1, "sh", 2),
      fork(4, 11, 10),
      exec(5, 11, 10, "maker", 4),
      fork(6, 12, 10, { params: { maker: 11 } }),
    );
    assert.equal(table.get(12)!.exepath, "/bin/maker");
    assert.equal(table.get(12)!.parent, table.get(10));
  });

  test("is in the container of its cgroup from its fork on, and leaves it with its cgroup", () => {
    const id = "0123456789abcdef".repeat(4);
    const cgroups = bytes(`cpu=/docker/${id}\0`);
    const table = play(newTable(), fork(2, 10, 1, { params: { cgroups } }), fork(3, 11, 10, { params: { cgroups } }));
    assert.equal(table.get(10)!.container.id, id.slice(0, 12));
    assert.equal(table.get(11)!.container, table.get(10)!.container, "one object a container");
    play(table, exec(4, 11, 10, "sh", 3, { params: { cgroups: bytes("cpu=/user.slice\0") } }));
    assert.equal(table.get(11)!.container.type, "host");
  });

  test("that was moved to a container's cgroup before the scan stays there when its older exec arrives", () => {
    const cgroups = `cpu=/docker/${"ab".repeat(32)}\0`;
    const table = newTable(undefined, undefined, [facts(10, 1, "app", 5, 9, { cgroups, cwd: "/in" })]);
    play(table, exec(6, 10, 1, "app", 5, { params: { cgroups: bytes("cpu=/\0"), workdir: "/out" } }));
    assert.equal(table.get(10)!.container.type, "docker");
    assert.equal(table.get(10)!.cwd, "/in");
  });

  test("gets the exact start when the fork that the scan was ahead of arrives", () => {
    const table = newTable(undefined, undefined, [facts(10, 1, "sh", 5.004, 9)]);
    assert.equal(table.get(10)!.startTime, BOOT + 5_000_000_000n);
    play(table, fork(5.004, 10, 1));
    assert.equal(table.get(10)!.startTime, BOOT + 5_004_000_000n);
  });

  test("is still there for the rules at its end, dead, and its parent with it", () => {
    const table = play(newTable(), fork(2, 10, 1), exec(3, 10, 1, "sh", 2), fork(4, 11, 10));
    const ended = apply(table, exit(5, 11, 10));
    assert.equal(ended?.alive, false);
    assert.equal(ended?.parent?.comm, "sh");
    assert.equal(table.get(11), ended);
    table.settle();
    assert.equal(table.get(11), undefined);
  });

  test("is still there for the end of a thread that ends at once with the last, then gone", () => {
    const table = play(newTable(), fork(2, 10, 1), exec(3, 10, 1, "sh", 2), thread(4, 10, 1, 11), fork(4, 12, 10));
    const ended = apply(table, exit(5, 10, 1, 1, 1, 10));
    assert.equal(ended?.alive, false);
    table.settle();
    assert.equal(apply(table, exit(5, 10, 1, 1, 1, 11)), ended);
    assert.equal(ended?.parent, table.get(1));
    assert.equal(table.get(12)?.parent, table.get(1), "a child is not given back");
    table.settle();
    assert.equal(table.get(10), undefined);
  });

  test("whose other threads' ends were lost is gone when the same befalls another", () => {
    const dying = (pid: number) => [fork(2, pid, 1), thread(3, pid, 1, pid + 1), exit(4, pid, 1, 1, 1, pid)];
    const table = play(newTable(), ...dying(10), ...dying(20));
    assert.equal(table.get(10), undefined);
    play(table, fork(5, 20, 1));
    assert.equal(table.get(20)?.alive, true, "its pid was used again");
    play(table, ...dying(30));
    assert.equal(table.get(20)?.alive, true);
  });

  test("is what apply returns, for its threads too", () => {
    const table = newTable();
    const forked = apply(table, fork(2, 10, 1));
    assert.equal(forked, table.get(10));
    assert.equal(apply(table, fork(3, 10, 1, { tid: 11 })), forked);
    assert.equal(apply(table, exec(4, 10, 1, "sh", 2)), forked);
    assert.equal(apply(table, open(5, 10, 1, { tid: 11 })), forked);
    assert.equal(apply(table, exit(6, 99, 1)), undefined, "an unknown process has ended");
  });
});

describe("what /proc is asked for", () => {
  test("a process that no record brought, once", () => {
    const finder = finderOf(facts(10, 1, "lost", 2, 3));
    const table = play(newTable(finder), open(3, 10, 1), open(3, 10, 1), open(3, 10, 1));
    assert.deepEqual(treeOf(table), ["1 init", "10 lost init"]);
    assert.deepEqual(finder.asked, [10]);
  });

  test("a process that is gone again, once", () => {
    const finder = finderOf();
    const table = play(newTable(finder), open(3, 10, 1, { uid: 5, gid: 6 }), open(3, 10, 1));
    assert.deepEqual(treeOf(table), ["1 init", "10 <NA> init"]);
    assert.deepEqual([table.get(10)!.uid, table.get(10)!.gid], [5, 6]);
    assert.deepEqual(finder.asked, [10]);
  });

  test("a parent that no record brought", () => {
    const table = play(newTable(finderOf(facts(9, 1, "unseen", 1, 3))), fork(4, 10, 9));
    assert.deepEqual(treeOf(table), ["1 init", "9 unseen init", "10 forked unseen init"]);
  });

  test("nothing of a parent that has just ended, though /proc has it still", () => {
    const finder = finderOf(facts(10, 1, "dying", 2, 3));
    const table = play(newTable(finder), fork(2, 10, 1), fork(3, 11, 10), exit(4, 10, 1, 1), open(4.1, 11, 10));
    assert.deepEqual(treeOf(table), ["1 init", "11 forked init"]);
    assert.deepEqual(finder.asked, []);
  });

  test("nothing of a process that only ends", () => {
    const finder = finderOf();
    play(newTable(finder), exit(3, 10, 1));
    assert.deepEqual(finder.asked, []);
  });

  test("an answer of a process that started after the record is another's", () => {
    const table = play(newTable(finderOf(facts(10, 1, "successor", 5, 6))), open(3, 10, 1));
    assert.deepEqual(treeOf(table), ["1 init", "10 <NA> init"]);
  });

  test("not more than 1000 processes in a second; the others are asked for later", () => {
    const unseen = Array.from({ length: 1500 }, (_, i) => facts(100 + i, 1, "unseen", 0.5, 2));
    const finder = finderOf(...unseen);
    const table = play(newTable(finder), ...unseen.map(({ pid }) => open(3, pid, 1)));
    assert.equal(finder.asked.length, 1000);
    assert.equal(table.get(1599)!.comm, "<NA>");
    play(table, open(6, 1599, 1));
    assert.equal(table.get(1599)!.comm, "unseen");
  });
});

describe("the table's size", () => {
  test("stays what lives while 100,000 processes come and go", () => {
    const table = newTable();
    const { memory, offsets } = memoryOf(...[fork(2, 0, 1), exec(2, 0, 1, "sh", 2), exit(2, 0, 1)].map(recordOf));
    const reader = new RecordReader(memory);
    const again = (which: number, ms: number, pid: number) => {
      reader.moveTo(offsets[which]!);
      const at = BigInt(ms) * 1_000_000n;
      memory.buffer.writeBigUInt64LE(at, reader.base + 8);
      memory.buffer.writeUInt32LE(pid, reader.base + 16);
      memory.buffer.writeUInt32LE(pid, reader.base + 20);
      const start = EVENT_BY_CODE[reader.type]!.index.get("start_ts");
      if (start !== undefined) memory.buffer.writeBigUInt64LE(at, reader.offset(start));
      table.apply(reader);
    };
    let greatest = 0;
    for (let i = 0; i < 100_000; i++) {
      const pid = 2 + (i % 5000);
      again(0, 2000 + i, pid);
      table.settle();
      if (i % 3 === 0) again(1, 2000 + i, pid);
      greatest = Math.max(greatest, table.size);
      if (i >= 50) again(2, 2000 + i, 2 + ((i - 50) % 5000));
      table.settle();
    }
    assert.equal(greatest, 52);
    assert.equal(table.size, 51);
    let children = 0;
    for (const entry of table.values()) if (entry.parent === table.get(1)) children++;
    assert.equal(children, 50);
  });

  test("does not grow by a process that forks itself on and on", () => {
    const table = newTable();
    for (let i = 0; i < 10_000; i++) {
      const pid = 10 + (i % 1000);
      const parent = i === 0 ? 1 : 10 + ((i - 1) % 1000);
      play(table, fork(2 + i, pid, parent));
      if (i > 0) play(table, exit(2.5 + i, parent, 1, 0), open(2.6 + i, pid, 1));
    }
    assert.deepEqual(treeOf(table), ["1 init", "1009 forked init"]);
  });

  test("stays under the limit: what finds no room is refused and counted", () => {
    const table = newTable(undefined, 3);
    assert.equal(apply(play(table, fork(2, 10, 1), fork(2, 11, 1)), fork(2, 12, 1)), undefined);
    assert.equal(apply(table, open(3, 13, 1)), undefined);
    assert.equal(table.refused, 2);
    assert.equal(table.size, 3);
    play(table, exit(4, 10, 1), fork(5, 12, 1));
    assert.deepEqual(treeOf(table), ["1 init", "11 forked init", "12 forked init"]);
  });

  test("at the limit, entries go whose process /proc does not have: their end was lost", () => {
    const table = newTable(finderOf(facts(1, 0, "init", 0, 1), facts(11, 1, "alive", 2, 3)), 3);
    play(table, fork(2, 10, 1), fork(2, 11, 1), fork(3, 12, 1));
    assert.deepEqual(treeOf(table), ["1 init", "11 forked init", "12 forked init"]);
    assert.equal(table.refused, 0);
  });
});
