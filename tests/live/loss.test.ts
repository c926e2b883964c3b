// SPDX-License-Identifier: Apache-2.0

/** What is lost is told: the reader is held up with a small ring on purpose. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

const RULES = `- rule: Numbered file opened
  desc: for the tests
  condition: evt.type in (open, openat) and fd.name startswith PREFIX
  output: "%fd.name"
  priority: Notice
- rule: Program started
  desc: for the tests
  condition: evt.type in (execve, execveat) and evt.rawres = 0 and proc.args startswith "opens PREFIX"
  output: "%proc.args"
  priority: Notice
`;

/** Small, but an eighth of it holds what else the machine may start meanwhile. */
const RING_MB = 4;

/** More than the ring has room for. */
const OPENS = 40_000;
const PROGRAMS = 20;

test(
  "a full ring loses opens and no program's start, and an alert and the summary say how many of which",
  { skip: cannotRunLive() },
  async () => {
    const workshop = new Workshop();
    try {
      const prefix = workshop.file("n");
      const rules = workshop.write("rules.yaml", RULES.replaceAll("PREFIX", prefix));
      const sensor = await RunningSensor.start([
        "run",
        "-r",
        rules,
        "--json",
        ...["-o", `ring_size_mb=${RING_MB}`, "-o", `outputs_queue.capacity=${2 * OPENS}`],
      ]);
      sensor.signal("SIGSTOP");
      try {
        workshop.act(["opens", prefix, "0", String(OPENS), "0"]);
        for (let i = 0; i < PROGRAMS; i++) workshop.act(["opens", prefix, String(OPENS), String(OPENS), "0"]);
      } finally {
        sensor.signal("SIGCONT");
      }
      const loss = await sensor.alert("Falco internal: syscall event drop");
      await sleep(500);
      assert.equal(await sensor.stop(), 0);
      const { alerts } = sensor;
      const opened = alerts.filter(({ rule }) => rule === "Numbered file opened").length;
      assert.equal(alerts.filter(({ rule }) => rule === "Program started").length, 1 + PROGRAMS);
      assert.ok(opened < OPENS, `${opened}`);
      assert.deepEqual([loss.source, loss.priority], ["internal", "Debug"]);
      const count = (name: string) => Number(loss.output_fields[name]);
      // another program's opens below this prefix there are none of; a test beside this one may have lost others
      assert.ok(count("n_drops_buffer_open_exit") >= OPENS - opened, JSON.stringify(loss));
      assert.equal(count("n_drops_buffer_execve_exit"), 0);
      assert.equal(count("n_drops_buffer_clone_fork_exit"), 0);
      assert.ok(count("n_evts") >= count("n_drops") && count("n_drops_perc") > 10 && count("n_drops_perc") < 100);
      assert.match(sensor.stderr, /^lanner: lost \d+ of \d+ events \(\d\d\.\d\d %\): .*\d+ open: ring full/m);
      assert.match(sensor.stderr, /^lost events: \d+ \(\d\d\.\d\d %\): .*\d+ open: ring full/m);
    } finally {
      workshop.dispose();
    }
  },
);
