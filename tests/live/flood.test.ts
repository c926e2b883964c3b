// SPDX-License-Identifier: Apache-2.0

/** Signals and timers are served while more events come than can be read. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

const RULES = `- rule: Numbered file opened
  desc: for the tests
  condition: evt.type in (open, openat) and fd.name startswith PREFIX
  output: "%fd.name %proc.cmdline %proc.aname[2] %user.name %container.name"
  priority: Notice
`;

/** What a signal may take, in ms: a turn of the reader is 10, the rest is for a machine that does much else. */
const SERVED_MS = 5_000;

/** What the end may take: what is in the ring is judged first, then alerts are delivered for at most 2 s. */
const ENDED_MS = 15_000;

/** More opens than anybody makes meanwhile. */
const ENDLESS = String(1e9);

async function within(ms: number, what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    assert.ok(performance.now() < end, `${what}: not within ${ms} ms`);
    await sleep(10);
  }
}

test(
  "while two processes make alerts without end, a reload, SIGTERM and --for are served",
  { skip: cannotRunLive(), timeout: 120_000 },
  async () => {
    const workshop = new Workshop();
    const prefix = workshop.file("n");
    const rules = workshop.write("rules.yaml", RULES.replaceAll("PREFIX", prefix));
    const args = [
      ...["run", "-r", rules, "-o", "stdout_output.enabled=false", "-o", "watch_config_files=false"],
      ...["-o", "file_output.enabled=true", "-o", "file_output.filename=/dev/null", "-o", "ring_size_mb=4"],
    ];
    const actors: ChildProcess[] = [];
    const ends = async (sensor: RunningSensor, what: string) => {
      let code: number | null | undefined;
      sensor.ended().then((value) => code = value);
      await within(ENDED_MS, what, () => code !== undefined);
      assert.equal(code, 0, sensor.stderr);
      assert.deepEqual(
        actors.map(({ exitCode, signalCode }) => exitCode ?? signalCode),
        [null, null],
        "the flood goes on",
      );
      // it was a flood
      assert.ok(Number(/^events: (\d+) seen$/m.exec(sensor.stderr)?.[1]) > 10_000, sensor.stderr);
    };
    try {
      const sensor = await RunningSensor.start(args);
      for (let i = 0; i < 2; i++) actors.push(spawn(workshop.file("acts"), ["opens", prefix, "0", ENDLESS, "0"]));
      await sleep(1000);
      sensor.signal("SIGHUP");
      await within(SERVED_MS, "the reload", () => /^reloaded: /m.test(sensor.stderr));
      sensor.signal("SIGTERM");
      await ends(sensor, "the end by SIGTERM");
      await ends(await RunningSensor.start([...args, "--for", "2s"]), "the end by --for");
    } finally {
      for (const actor of actors) {
        actor.kill("SIGKILL");
        if (actor.exitCode === null && actor.signalCode === null) await once(actor, "exit");
      }
      workshop.dispose();
    }
  },
);
