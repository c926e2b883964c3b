// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { OutputError } from "../../src/outputs/output.ts";
import { StdoutOutput } from "../../src/outputs/stdout.ts";
import { type Destination, eventually, line, outputContract } from "./contract.ts";

/** A named pipe in place of descriptor 1. */
class Pipe implements Destination {
  readonly #dir = mkdtempSync(join(tmpdir(), "lanner-stdout-"));
  readonly #path = join(this.#dir, "pipe");
  readonly #writer: number;
  #reader: number;
  #bytes = Buffer.alloc(0);
  readonly output: StdoutOutput;

  constructor(writerFlags = 0) {
    execFileSync("mkfifo", [this.#path]);
    this.#reader = this.#openReader();
    this.#writer = openSync(this.#path, constants.O_WRONLY | writerFlags);
    this.output = new StdoutOutput(this.#writer);
  }

  #openReader(): number {
    return openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  received(): string[] {
    const chunk = Buffer.alloc(65536);
    for (;;) {
      try {
        const count = readSync(this.#reader, chunk, 0, chunk.length, null);
        if (count === 0) break;
        this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, count)]);
      } catch {
        break; // EAGAIN: nothing there
      }
    }
    return this.#bytes.toString("utf8").split("\n").slice(0, -1);
  }

  breakIt(): Promise<void> {
    closeSync(this.#reader);
    return Promise.resolve();
  }

  repair(): Promise<void> {
    this.#reader = this.#openReader();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    closeSync(this.#reader);
    closeSync(this.#writer);
    rmSync(this.#dir, { recursive: true });
    return Promise.resolve();
  }
}

// read concurrently: a pipe holds less than a long line
function pump(pipe: Pipe): Pipe {
  const timer = setInterval(() => pipe.received(), 2);
  const dispose = pipe.dispose.bind(pipe);
  pipe.dispose = () => {
    clearInterval(timer);
    return dispose();
  };
  return pipe;
}

outputContract("a blocking pipe", () => Promise.resolve(pump(new Pipe())));
outputContract("a non-blocking pipe", () => Promise.resolve(pump(new Pipe(constants.O_NONBLOCK))));

describe("stdout", () => {
  const stalled = [["blocking", 0], ["non-blocking", constants.O_NONBLOCK]] as const;
  for (const [kind, flags] of stalled) {
    test(`a reader that stands still holds up the line, not the event loop (${kind} pipe)`, async () => {
      const pipe = new Pipe(flags);
      await pipe.output.open();
      const text = "y".repeat(300_000);
      let done = false;
      const writing = pipe.output.write(line(text)).then(() => done = true);
      const start = performance.now();
      for (let i = 0; i < 10; i++) await sleep(10);
      assert.ok(performance.now() - start < 2000, "timers ran meanwhile");
      assert.equal(done, false);
      await eventually("the line arrives", () => pipe.received().length === 1);
      await writing;
      assert.deepEqual(pipe.received(), [text]);
      await pipe.output.close();
      await pipe.dispose();
    });
  }

  test("a closed descriptor is an error before arming", async () => {
    const fd = openSync("/dev/null", "w");
    closeSync(fd);
    await assert.rejects(new StdoutOutput(fd).open(), (error) => {
      assert.ok(error instanceof OutputError);
      assert.match(error.message, /^stdout: it is closed; /);
      return true;
    });
  });

  test("a reader that goes away does not end the process", async () => {
    const dir = mkdtempSync(join(tmpdir(), "lanner-stdout-"));
    const module = fileURLToPath(new URL("../../src/outputs/stdout.ts", import.meta.url));
    const script = join(dir, "child.mjs");
    writeFileSync(
      script,
      `import { StdoutOutput } from ${JSON.stringify(module)};
       const output = new StdoutOutput();
       await output.open();
       await output.write({ text: "first", priority: "Error" });
       await new Promise((resolve) => process.stdin.once("data", resolve));
       try { await output.write({ text: "second", priority: "Error" }); console.error("written"); }
       catch (error) { console.error(error.name + ": " + error.message); }
       process.exit(7);`,
    );
    const args = "Deno" in globalThis ? ["run", "-A", script] : [script];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Uint8Array) => errors += Buffer.from(chunk).toString());
    const first = await new Promise<string>((resolve) => child.stdout.once("data", (c) => resolve(String(c))));
    assert.equal(first, "first\n");
    child.stdout.destroy();
    child.stdin.write("go\n");
    const code = await new Promise((resolve) => child.once("close", resolve));
    rmSync(dir, { recursive: true });
    assert.equal(errors.trim(), "OutputError: stdout: the reader has gone");
    assert.equal(code, 7);
  });
});
