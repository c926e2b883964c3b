// SPDX-License-Identifier: Apache-2.0

/** What the kernel does with the sensor of a process that dies or may do nothing. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { smallProbe, unable } from "./small.ts";

const printed = z.object({
  attached: z.number(),
  report: z.object({ error: z.object({ errno: z.number() }).nullable() }),
  programs: z.array(z.string()),
});

const EPERM = 1;

describe("a process with a sensor", { skip: unable }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lanner-"));
    writeFileSync(join(folder, "small.bpf.o"), smallProbe());
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Starts child.ts, behind `wrapper` if any, and waits for what it prints. */
  async function start(wrapper: readonly string[] = []): Promise<[ChildProcess, z.infer<typeof printed>]> {
    const run = "Deno" in globalThis ? ["run", "-A"] : [];
    const child = fileURLToPath(new URL("child.ts", import.meta.url));
    const argv = [...wrapper, process.execPath, ...run, child, join(folder, "small.bpf.o")];
    const started = spawn(argv[0]!, argv.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    const output = await new Promise<string>((resolve) => {
      let text = "";
      started.stdout.setEncoding("utf8");
      started.stdout.on("data", (chunk: string) => {
        text += chunk;
        if (text.endsWith("\n")) resolve(text);
      });
      started.on("close", () => resolve(text));
    });
    return [started, printed.parse(JSON.parse(output))];
  }

  const hasBpftool = spawnSync("bpftool", ["version"]).status === 0;
  const isLoaded = (id: string) => spawnSync("bpftool", ["prog", "show", "id", id]).status === 0;

  test("leaves nothing in the kernel when it is killed", { skip: hasBpftool ? false : "needs bpftool" }, async () => {
    const [child, { attached, programs }] = await start();
    assert.equal(attached, 0);
    assert.ok(programs.length > 0);
    assert.ok(programs.every(isLoaded));
    const gone = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGKILL");
    await gone;
    for (let i = 0; i < 100 && programs.some(isLoaded); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(programs.filter(isLoaded), []);
  });

  for (const bounding of ["-all", "-perfmon,-sys_admin"]) {
    test(`is refused without its capabilities (${bounding}), with nothing left in the kernel`, async () => {
      const [child, { attached, report, programs }] = await start(["setpriv", `--bounding-set=${bounding}`]);
      child.stdin?.end();
      assert.equal(attached, -EPERM);
      assert.equal(report.error?.errno, EPERM);
      assert.deepEqual(programs, []);
    });
  }
});
