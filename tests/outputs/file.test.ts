// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FileOutput } from "../../src/outputs/file.ts";
import { OutputError } from "../../src/outputs/output.ts";
import { type Destination, line, outputContract } from "./contract.ts";

function inTemporary<T>(body: (dir: string) => Promise<T>): () => Promise<T> {
  return async () => {
    const dir = mkdtempSync(join(tmpdir(), "lanner-file-"));
    try {
      return await body(dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
}

function destination(keepAlive: boolean): Destination {
  const dir = mkdtempSync(join(tmpdir(), "lanner-file-"));
  const path = join(dir, "log", "alerts");
  mkdirSync(join(dir, "log"));
  const output = new FileOutput({ filename: path, keepAlive });
  return {
    output,
    received: () => existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [],
    breakIt: async () => {
      renameSync(join(dir, "log"), join(dir, "away"));
      await output.reopen().catch(() => {}); // what keep_alive holds open would go on working
    },
    repair: () => {
      renameSync(join(dir, "away"), join(dir, "log"));
      return Promise.resolve();
    },
    dispose: () => {
      rmSync(dir, { recursive: true });
      return Promise.resolve();
    },
  };
}

outputContract("a file", () => Promise.resolve(destination(false)));
outputContract("a file kept open", () => Promise.resolve(destination(true)));

async function rejection(promise: Promise<void>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof OutputError, String(error));
    return error.message;
  }
  assert.fail("no error");
}

describe("the file output", () => {
  test(
    "creates the file for its owner only and appends to one that exists",
    inTemporary(async (dir) => {
      const path = join(dir, "alerts");
      for (const text of ["one", "two"]) {
        const output = new FileOutput({ filename: path });
        await output.open();
        await output.write(line(text));
        await output.close();
      }
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
    }),
  );

  const unopenable: readonly (readonly [what: string, path: string, message: RegExp])[] = [
    ["a missing directory", "none/alerts", /^file .*\/none\/alerts: the directory .*\/none does not exist; create it/],
    ["a directory", ".", /^file .*: it is a directory$/],
    ["a file as a directory", "plain/alerts", /: a part of the path is not a directory$/],
    ["a pipe nobody reads", "pipe", /: nobody reads from it$/],
  ];
  for (const [what, name, message] of unopenable) {
    test(
      `open refuses ${what}`,
      inTemporary(async (dir) => {
        writeFileSync(join(dir, "plain"), "");
        execFileSync("mkfifo", [join(dir, "pipe")]);
        assert.match(await rejection(new FileOutput({ filename: join(dir, name) }).open()), message);
      }),
    );
  }

  for (const keepAlive of [false, true]) {
    test(
      `after a rename lines go to ${keepAlive ? "the old file until reopen" : "a new file at once"}`,
      inTemporary(async (dir) => {
        const path = join(dir, "alerts");
        const output = new FileOutput({ filename: path, keepAlive });
        await output.open();
        await output.write(line("1"));
        renameSync(path, `${path}.1`);
        await output.write(line("2"));
        await output.reopen();
        await output.write(line("3"));
        await output.close();
        assert.equal(readFileSync(`${path}.1`, "utf8"), keepAlive ? "1\n2\n" : "1\n");
        assert.equal(readFileSync(path, "utf8"), keepAlive ? "3\n" : "2\n3\n");
      }),
    );
  }

  test(
    "a line that a crash has cut does not swallow the next one",
    inTemporary(async (dir) => {
      const path = join(dir, "alerts");
      writeFileSync(path, "whole\nhal");
      const output = new FileOutput({ filename: path, keepAlive: true });
      await output.open();
      await output.write(line("next"));
      await output.write(line("last"));
      await output.close();
      assert.equal(readFileSync(path, "utf8"), "whole\nhal\nnext\nlast\n");
    }),
  );

  test("a full disk rejects, and lines are whole again when there is room", async (context) => {
    const dir = mkdtempSync(join(tmpdir(), "lanner-full-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", dir]).status === 0;
    if (!mounted) {
      rmSync(dir, { recursive: true });
      return context.skip("mounting a tmpfs needs root");
    }
    try {
      const path = join(dir, "alerts");
      writeFileSync(join(dir, "ballast"), "b".repeat(4096));
      const output = new FileOutput({ filename: path, keepAlive: true });
      await output.open();
      await output.write(line("first"));
      const long = "z".repeat(6000);
      assert.match(await rejection(output.write(line(long))), /^file .*: no space left on the device$/);
      rmSync(join(dir, "ballast"));
      await output.write(line("second"));
      await output.close();
      const lines = readFileSync(path, "utf8").split("\n");
      assert.equal(lines[0], "first");
      assert.deepEqual(lines.slice(-2), ["second", ""]);
    } finally {
      spawnSync("umount", [dir]);
      rmSync(dir, { recursive: true });
    }
  });
});
