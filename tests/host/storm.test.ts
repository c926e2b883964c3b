// SPDX-License-Identifier: Apache-2.0

/** The tree against /proc's after real processes came and went: needs root, and the probe that scripts/build makes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventStream } from "../../src/engine/stream.ts";
import { BootClock } from "../../src/host/clock.ts";
import { liveHost } from "../../src/host/live.ts";
import { Procfs } from "../../src/host/procfs.ts";
import { embeddedFile } from "../../src/native/embedded.ts";
import { loadShim } from "../../src/native/load.ts";
import { LiveSource } from "../../src/sources/live.ts";

const built = existsSync(new URL("../../build/native/probe.bpf.o", import.meta.url));
const skip = !built ? "build/native/ is missing: run scripts/build" : process.getuid?.() !== 0 ? "needs root" : false;

/** Makes short-lived children, orphans, sessions and chains of exec; what stays sleeps for $1 seconds. */
const STORM = `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  ( /bin/true & /bin/true & wait )
  ( setsid sleep $1 & )
  ( ( sleep $1 & ) & )
  ( cd /; exec sh -c 'exec sleep '$1 ) &
  ( /bin/true; sleep $1; : ) &
done
wait
`;

describe("the live process tree", () => {
  test("is /proc's after a storm of forks, execs and orphans that began before the scan", { skip }, async () => {
    const mark = `30.${process.pid}`;
    const storms = [spawn("/bin/sh", ["-c", STORM, "storm", mark], { stdio: "ignore" })];
    const sensor = loadShim(embeddedFile("native/shim.so")).open(
      embeddedFile("native/probe.bpf.o"),
      32 << 20,
      process.pid,
      0,
    );
    assert.equal(sensor.attach(), 0);
    const host = liveHost();
    const source = new LiveSource(sensor, host);
    const types = new Set<string>();
    const stream = new EventStream(host, (event) => types.add(event.type.name));
    const running = source.run((memory, base, limit) => stream.take(memory, base, limit));
    const procfs = new Procfs(new BootClock());
    const marked = () => procfs.findAll().filter(({ args }) => args.includes(mark));
    try {
      storms.push(spawn("/bin/sh", ["-c", STORM, "storm", mark], { stdio: "ignore" }));
      for (let i = 0; i < 100 && marked().filter(({ comm }) => comm === "sleep").length < 240; i++) await sleep(100);
      await sleep(300); // records and adoptions that are under way
      const truth = marked();
      assert.ok(truth.length >= 240, `${truth.length} processes stayed`);
      source.stop();
      await running;
      assert.deepEqual(source.losses().kernel, new Map());
      assert.ok(types.has("execve") && types.has("procexit"), [...types].join());
      for (const facts of truth) {
        const { pid, ppid, comm, exe, args, exepath, cwd, uid, sid, pgid, vpid, threads, cgroups } = facts;
        const entry = host.processes.get(pid);
        assert.ok(entry, `${pid} ${comm} ${args} is missing`);
        assert.deepEqual(
          Object.fromEntries(Object.entries(entry.facts()).filter(([key]) => COMPARED.has(key))),
          { pid, ppid, comm, exe, args, exepath, cwd, uid, sid, pgid, vpid, threads, cgroups },
        );
        assert.equal(entry.parent?.pid, host.processes.get(ppid)?.pid, `parent of ${pid}`);
        const late = entry.startBoot - facts.startBoot;
        assert.ok(late >= 0 && late < 1e7, `start of ${pid}: ${late} ns later than /proc says to 10 ms`);
      }
      const living = new Set(procfs.findAll().map(({ pid }) => pid));
      const ghosts = [...host.processes.values()].filter(({ pid, args }) => args.includes(mark) && !living.has(pid));
      assert.deepEqual(ghosts.map(({ pid, comm }) => `${pid} ${comm}`), []);
    } finally {
      source.stop();
      await running;
      source.close();
      for (const storm of storms) storm.kill("SIGKILL");
      for (const { pid } of marked()) process.kill(pid, "SIGKILL");
    }
  });
});

const COMPARED: ReadonlySet<string> = new Set(
  ["pid", "ppid", "comm", "exe", "args", "exepath", "cwd", "uid", "sid", "pgid", "vpid", "threads", "cgroups"],
);
