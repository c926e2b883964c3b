// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { BootClock } from "../../src/host/clock.ts";
import { liveHost } from "../../src/host/live.ts";
import type { Process } from "../../src/host/process.ts";

describe("this host", () => {
  test("has this process and its ancestors as /proc has them", () => {
    const host = liveHost();
    let entry: Process | undefined = host.processes.get(process.pid);
    assert.ok(entry, "this process is in the table");
    let steps = 0;
    for (; entry !== undefined; entry = entry.parent) {
      const status: string = readFileSync(`/proc/${entry.pid}/status`, "latin1");
      assert.equal(entry.comm, readFileSync(`/proc/${entry.pid}/comm`, "latin1").slice(0, -1));
      assert.equal(entry.ppid, Number(/^PPid:\s+(\d+)/m.exec(status)![1]));
      assert.equal(entry.uid, Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)![1]));
      steps++;
    }
    assert.ok(steps > 1, "it has a parent");
    const own = host.processes.get(process.pid)!;
    assert.equal(own.cwd, process.cwd());
    assert.equal(own.exepath, process.execPath);
    const age = Number(BigInt(Date.now()) * 1_000_000n - own.startTime) / 1e9;
    assert.ok(age > 0 && age < 600, `it started ${age} s ago`);
  });

  test("has init at the root of its tree, and no kernel threads", () => {
    const host = liveHost();
    assert.equal(host.processes.get(1)?.parent, undefined);
    for (const entry of host.processes.values()) assert.ok(entry.exe !== "" || entry.exepath !== "", `${entry.pid}`);
  });

  test("has the names of its files and of the machine", () => {
    const host = liveHost();
    assert.deepEqual([host.names.user(0)?.name, host.names.user(0)?.home], ["root", "/root"]);
    assert.equal(host.names.group(0), "root");
    assert.equal(host.hostname, hostname());
  });

  test("is called what FALCO_HOSTNAME says", () => {
    process.env["FALCO_HOSTNAME"] = "node-7";
    try {
      assert.equal(liveHost().hostname, "node-7");
    } finally {
      delete process.env["FALCO_HOSTNAME"];
    }
  });

  test("has a boot time that agrees with the kernel's clocks to 5 ms", (t) => {
    const timers = "/proc/timer_list";
    let text = "";
    try {
      if (existsSync(timers)) text = readFileSync(timers, "latin1");
    } catch {
      // root may look, others not
    }
    const offsets = /clock 1:[^]*?\.offset:\s+(\d+)[^]*?clock 2:[^]*?\.offset:\s+(\d+)/.exec(text);
    if (offsets === null) return t.skip("no readable /proc/timer_list to compare with");
    const clock = new BootClock();
    const error = Number(clock.bootTime - (BigInt(offsets[1]!) - BigInt(offsets[2]!)));
    assert.ok(Math.abs(error) < 5_000_000, `off by ${error} ns`);
    const uptime = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
    const ahead = clock.now() / 1e9 - uptime;
    assert.ok(Math.abs(ahead) < 1, `the boot clock is ${ahead} s ahead`);
  });
});
