// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readWhole } from "../../src/files/read.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-read-"));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** A FIFO into which a shell's command writes. */
function fifo(name: string, command?: string): string {
  execFileSync("mkfifo", [at(name)]);
  if (command !== undefined) spawn("sh", ["-c", `(${command}) >"$0"`, at(name)], { stdio: "ignore" }).unref();
  return at(name);
}

describe("a file is read whole", () => {
  test("to its last byte, whatever the bytes are", () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
    writeFileSync(at("bytes"), bytes);
    assert.deepEqual(Uint8Array.from(readWhole(at("bytes"), { limit: 200_000, pipes: false })), bytes);
  });
  test("when it is empty", () => {
    writeFileSync(at("empty"), "");
    assert.equal(readWhole(at("empty"), { limit: 1, pipes: true }).length, 0);
  });
  test("when its size is not told, as in /proc", () => {
    assert.match(readWhole("/proc/self/status", { limit: 1 << 20, pipes: false }).toString(), /^Name:/);
  });
  test("when it is a pipe whose writer takes its time", () => {
    const path = fifo("slow", "echo one; sleep 0.7; echo two");
    assert.equal(readWhole(path, { limit: 100, pipes: true }).toString(), "one\ntwo\n");
  });
});

describe("what is no file to be read is refused, and nothing waits for it", () => {
  const cases: readonly [name: string, path: () => string, pipes: boolean, reason: string][] = [
    ["none", () => at("none"), true, "no such file or directory"],
    ["a directory", () => folder, true, "it is a directory"],
    ["a device without end", () => "/dev/zero", true, "it is not a regular file or a pipe"],
    ["a pipe where none may be", () => fifo("unwanted"), false, "it is not a regular file"],
    [
      "a pipe without a writer",
      () => fifo("nobody"),
      true,
      "nothing came through this pipe (it can be read only once)",
    ],
    ["a pipe without end", () => fifo("endless", "yes"), true, "it is larger than 1 MiB"],
    [
      "a circle of links",
      () => {
        symlinkSync(at("loop"), at("loop"));
        return at("loop");
      },
      true,
      "too many symbolic links, perhaps in a circle",
    ],
    ["a part of the path that is a file", () => "/proc/self/status/x", true, "a part of the path is not a directory"],
    ["a name that is too long", () => at("x".repeat(300)), true, "the name is too long"],
  ];
  for (const [name, path, pipes, reason] of cases) {
    test(name, () => {
      const start = performance.now();
      assert.throws(() => readWhole(path(), { limit: 1 << 20, pipes }), { name: "FileError", message: reason });
      assert.ok(performance.now() - start < 8000);
    });
  }
});
