// SPDX-License-Identifier: Apache-2.0

/** What is said where nothing can be seen of io_uring. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

const RULES = `- rule: Known file opened
  desc: for the tests
  condition: evt.type = openat and fd.name endswith /looked-for
  output: "%fd.name"
  priority: Notice
`;

const SAID = /^lanner: io_uring events: not on this kernel.*$/gm;

test(
  "on a kernel without io_uring's types one line says that its events are missing, and all others come",
  { skip: cannotRunLive() },
  async () => {
    const workshop = new Workshop();
    try {
      const rules = workshop.write("rules.yaml", RULES);
      // this kernel's own types, but for the request's, which has another name
      const types = readFileSync("/sys/kernel/btf/vmlinux", "latin1").replace("\0io_kiocb\0", "\0no_kiocb\0");
      const btf = workshop.file("btf");
      writeFileSync(btf, types, "latin1");
      const args = ["run", "--json", "-r", rules];
      for (const { more, lines } of [{ more: ["--btf", btf], lines: 1 }, { more: [], lines: 0 }]) {
        const sensor = await RunningSensor.start([...args, ...more]);
        writeFileSync(workshop.file("looked-for"), "");
        await sensor.alert("Known file opened");
        assert.equal(await sensor.stop(), 0);
        const before = sensor.stderr.split("armed")[0]!;
        assert.equal([...before.matchAll(SAID)].length, lines, before);
        // version, driver, rules, events: nothing else is said
        assert.equal(before.trim().split("\n").length, 4 + lines, before);
      }
    } finally {
      workshop.dispose();
    }
  },
);
