// SPDX-License-Identifier: Apache-2.0

/** Rules are taken from their files again while events go on. */
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotRunLive, type JsonAlert, RunningSensor, Workshop } from "./support.ts";

/** One rule for files, and more that make the plans differ. */
function rules(name: string, prefix: string, further = ""): string {
  return `- rule: ${name}
  desc: for the tests
  condition: evt.type in (open, openat) and fd.name startswith ${prefix}
  output: "%fd.name"
  priority: Notice
${further}`;
}

const FURTHER = `- rule: Further calls
  desc: for the tests
  condition: >
    (evt.type in (connect, chmod, mkdir, unlink) and fd.name startswith /nowhere/at/all)
    or (evt.type in (rename, symlink) and evt.arg.oldpath startswith /nowhere)
  output: "%proc.env[PATH] %proc.cwd"
  priority: Notice
`;

async function within(work: (workshop: Workshop) => Promise<void>): Promise<void> {
  const workshop = new Workshop();
  try {
    await work(workshop);
  } finally {
    workshop.dispose();
  }
}

/** Waits until the sensor's stderr has matched `pattern` `times` times. */
async function said(sensor: RunningSensor, pattern: RegExp, times = 1): Promise<void> {
  const count = () => [...sensor.stderr.matchAll(new RegExp(pattern, "gm"))].length;
  for (let i = 0; i < 200 && count() < times; i++) await sleep(50);
  assert.ok(count() >= times, sensor.stderr);
}

const numberOf = ({ output_fields }: JsonAlert) => Number(/(\d{6})$/.exec(String(output_fields["fd.name"]))?.[1]);

describe("rules are reloaded", { skip: cannotRunLive() }, () => {
  test("but not from a pipe, which gives them once: then they stay as they were", () =>
    within(async (workshop) => {
      const file = workshop.write("rules.yaml", rules("Piped", workshop.file("n")));
      const shell = ["bash", "-c", 'exec "$@" -r <(cat "$0")', file];
      const sensor = await RunningSensor.start(["run", "--json"], "binary", /^armed/m, shell);
      sensor.signal("SIGHUP");
      await said(sensor, /^lanner: not reloaded, the rules stay as they were: .*nothing came through this pipe/);
      workshop.write("n1", "");
      await sensor.alert("Piped", ({ output }) => output.endsWith(workshop.file("n1")));
      assert.equal(await sensor.stop(), 0);
    }));

  test(
    "under load without losing or doubling an event that both name",
    { timeout: 120_000 },
    () =>
      within(async (workshop) => {
        const prefix = workshop.file("n");
        const file = workshop.write("rules.yaml", rules("Old", prefix));
        const sensor = await RunningSensor.start([
          ...["run", "-r", file, "--json", "-o", "watch_config_files=false", "-o", "outputs_queue.capacity=1000000"],
        ]);
        const total = 20_000;
        const actor = spawn(workshop.file("acts"), ["opens", prefix, "0", String(total), "20"], { stdio: "inherit" });
        const ended = once(actor, "exit");
        let reloads = 0;
        while (actor.exitCode === null) {
          const next = reloads % 2 === 0 ? rules("New", prefix, FURTHER) : rules("Old", prefix);
          renameSync(workshop.write("next.yaml", next), file);
          sensor.signal("SIGHUP");
          reloads++;
          await Promise.race([said(sensor, /^reloaded: \d rules?/, reloads), ended]);
        }
        assert.equal((await ended)[0], 0);
        await said(sensor, /^reloaded: /, reloads);
        assert.equal(await sensor.stop(), 0);
        const seen = new Map<number, number>();
        for (const alert of sensor.alerts) {
          if (alert.source !== "syscall") continue;
          const number = numberOf(alert);
          seen.set(number, (seen.get(number) ?? 0) + 1);
        }
        assert.match(sensor.stderr, /^lost events: (none|\d+ \([\d.]+ %\): \d+ \w+: (fault|preempted)$)/m);
        const wrong = Array.from({ length: total }, (_, i) => i).filter((i) => seen.get(i) !== 1);
        assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${total} in ${reloads} reloads`);
        assert.ok(reloads >= 2, `${reloads} reloads`);
        const by = new Set(sensor.alerts.map(({ rule }) => rule));
        assert.ok(by.has("Old") && by.has("New"));
      }),
  );

  test("and what only the new ones name is seen, though no call of its kind was watched before", () =>
    within(async (workshop) => {
      const file = workshop.write("rules.yaml", rules("Old", workshop.file("n")));
      const sensor = await RunningSensor.start(["run", "-r", file, "--json", "-o", "watch_config_files=false"]);
      workshop.write(
        "rules.yaml",
        `- rule: Directory made
  desc: for the tests
  condition: evt.type = mkdir and evt.arg.path startswith ${workshop.path}
  output: "%evt.arg.path %proc.env[LANNER_TEST]"
  priority: Notice
`,
      );
      sensor.signal("SIGHUP");
      await said(sensor, /^reloaded: 1 rule, .*rules\.yaml; \d+ events attached$/);
      workshop.act(["opens", workshop.file("n"), "0", "1", "0"]);
      const made = spawn("mkdir", [workshop.file("made")], {
        env: { PATH: process.env["PATH"]!, LANNER_TEST: "here" },
      });
      await once(made, "exit");
      const alert = await sensor.alert("Directory made");
      assert.equal(alert.output_fields["proc.env[LANNER_TEST]"], "here");
      assert.equal(await sensor.stop(), 0);
      assert.deepEqual(sensor.alerts.filter(({ rule }) => rule === "Old"), []);
    }));

  test("but with a mistake in them the old ones stay, which one line and an alert say", () =>
    within(async (workshop) => {
      const prefix = workshop.file("n");
      const file = workshop.write("rules.yaml", rules("Old", prefix));
      const sensor = await RunningSensor.start(["run", "-r", file, "--json", "-o", "watch_config_files=false"]);
      workshop.write("rules.yaml", rules("New", prefix).replace("fd.name", "fd.nmae"));
      const before = sensor.stderr.length;
      sensor.signal("SIGHUP");
      const failure = await sensor.alert("Falco internal: hot restart failure");
      assert.equal(failure.priority, "Critical");
      const lines = sensor.stderr.slice(before).trimEnd().split("\n");
      assert.equal(lines.length, 1, sensor.stderr);
      assert.match(lines[0]!, /^lanner: not reloaded, the rules stay as they were: .*rules\.yaml:3:\d+: .*fd\.nmae/);
      workshop.act(["opens", prefix, "7", "8", "0"]);
      assert.equal(numberOf(await sensor.alert("Old")), 7);
      assert.equal(await sensor.stop(), 0);
    }));

  test("by themselves when a file has changed", () =>
    within(async (workshop) => {
      const prefix = workshop.file("n");
      const file = workshop.write("rules.yaml", rules("Old", prefix));
      const sensor = await RunningSensor.start(["run", "-r", file, "--json"]);
      renameSync(workshop.write("next.yaml", rules("New", prefix)), file);
      await said(sensor, /^reloaded: /);
      workshop.act(["opens", prefix, "7", "8", "0"]);
      await sensor.alert("New");
      await sleep(2500);
      assert.equal(await sensor.stop(), 0);
      assert.equal(sensor.stderr.match(/^reloaded: /gm)?.length, 1, "once for one change");
    }));
});
