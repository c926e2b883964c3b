// SPDX-License-Identifier: Apache-2.0

/** The filter's model on what this kernel really sent: the alerts of a recording are the same with it and without. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { loadAndBuild } from "../../src/cli/rules.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { knownOf, passesFilter } from "../../src/engine/filter_model.ts";
import { type Plan, planOf } from "../../src/engine/plan.ts";
import { EventStream } from "../../src/engine/stream.ts";
import { RecordReader } from "../../src/events/record.ts";
import { hostFromSnapshot } from "../../src/host/snapshot.ts";
import { openRecording } from "../../src/sources/recording.ts";
import { BINARY, cannotRunLive, ROOT } from "./support.ts";

const OFFICIAL = join(ROOT, "../shared/compat/falco_rules.yaml");

/** Rules that match much of what any machine does. */
const BUSY = [
  "evt.type in (open, openat) and fd.name startswith /etc/ and evt.is_open_read = true",
  "evt.type in (open, openat) and fd.directory = /proc/self",
  "evt.type = openat and evt.failed = true and not fd.name startswith /usr/lib",
  "evt.type in (unlink, unlinkat) and not evt.arg.name startswith /proc and container.id = host",
  "evt.type in (connect, socket, dup2) and user.uid = 0",
  "evt.type in (execve, execveat) and evt.rawres < 0",
];

/** What a small script does: files read, made, renamed and removed, programs run and not found. */
const ACTS = `
for i in 1 2 3 4 5; do
  cat /etc/hosts /etc/passwd /nowhere >/dev/null; head -c1 /proc/self/status >/dev/null
  cd /etc; cat hostname ./hosts ../etc/shadow >/dev/null; cd "$1"
  echo x >a; mv a b; ln b c; ln -s /etc/shadow d; rm b c d; mkdir e; rmdir e; no-such-program
done`;

async function record(file: string, folder: string): Promise<void> {
  const sensor = spawn(BINARY, ["record", "-w", file, "--for", "8s"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(sensor, "exit");
  let said = "";
  sensor.stderr.setEncoding("utf8");
  await new Promise<void>((resolve) => {
    sensor.stderr.on("data", (text: string) => {
      said += text;
      if (said.includes("recording to")) resolve();
    });
    sensor.on("exit", () => resolve());
  });
  await once(spawn("sh", ["-c", ACTS, "sh", folder], { stdio: "ignore" }), "exit");
  process.kill(sensor.pid!, "SIGINT"); // Deno's ChildProcess.kill reports the signal as the cause of every end
  const [code] = await ended;
  assert.equal(code, 0, said);
}

/** Alerts of a recording, and how many records were judged. */
async function judge(file: string, engine: Engine, plan?: Plan): Promise<{ alerts: string[]; judged: number }> {
  const source = await openRecording(file, hostFromSnapshot);
  const alerts: string[] = [];
  let judged = 0;
  const stream = new EventStream(source.host, (event) => {
    judged++;
    engine.evaluateAll(event, ({ rule }) => alerts.push(`${event.record.time} ${event.record.tid} ${rule.name}`));
  });
  await source.run((memory, base, limit) => {
    const reader = new RecordReader(memory);
    reader.moveTo(base);
    const process = source.host.processes.get(reader.pid);
    if (plan === undefined || passesFilter(plan, reader, knownOf(process))) {
      stream.take(memory, base, limit);
    }
  });
  source.close();
  return { alerts, judged };
}

describe("alerts of a recording are the same with the filter", { skip: cannotRunLive() }, () => {
  test("for rules that match much, and for the official ones", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lanner-plan-"));
    try {
      const recording = join(folder, "recording");
      await record(recording, folder);
      const rules = join(folder, "busy.yaml");
      const rule = (condition: string, i: number) => ({
        rule: `busy ${i}`,
        desc: "what any machine does",
        condition,
        output: "x",
        priority: "NOTICE",
      });
      writeFileSync(rules, JSON.stringify(BUSY.map(rule)));
      for (const file of [rules, ...(existsSync(OFFICIAL) ? [OFFICIAL] : [])]) {
        const { engine, diagnostics } = loadAndBuild([file], {
          matching: "all",
          minimumPriority: "Debug",
          staticFields: {},
        });
        assert.ok(engine, diagnostics.map(({ message }) => message).join("\n"));
        const whole = await judge(recording, engine);
        const filtered = await judge(recording, engine, planOf(engine.rules));
        assert.deepEqual(filtered.alerts, whole.alerts);
        assert.ok(filtered.judged < whole.judged, "nothing was dropped");
        if (file === rules) assert.ok(whole.alerts.length > 20, `${whole.alerts.length} alerts`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
