// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ProxmoxReader } from "../../src/host/proxmox.ts";

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lanner-pve-"));
  try {
    for (const name of ["lxc", "qemu-server"]) mkdirSync(join(directory, name));
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("Proxmox's files", () => {
  test("are there when the reader is ready, those that are wanted", () =>
    withDirectory(async (directory) => {
      writeFileSync(join(directory, "lxc/101.conf"), "hostname: shop\n");
      writeFileSync(join(directory, "lxc/101.conf.tmp"), "x");
      writeFileSync(join(directory, "qemu-server/102.conf"), "name: d\xff\n", "latin1");
      writeFileSync(join(directory, "storage.cfg"), "dir: local\n");
      const reader = new ProxmoxReader(directory);
      assert.equal(reader.files, undefined);
      await reader.ready;
      assert.deepEqual([...reader.files!], [
        ["lxc/101.conf", "hostname: shop\n"],
        ["qemu-server/102.conf", "name: d\xff\n"],
        ["storage.cfg", "dir: local\n"],
      ]);
    }));

  test("are none where there is no Proxmox", async () => {
    const reader = new ProxmoxReader("/nonexistent");
    await reader.ready;
    assert.deepEqual(reader.files, new Map());
  });

  test("keep nobody waiting when reading them hangs", () =>
    withDirectory(async (directory) => {
      const hanging = join(directory, "storage.cfg");
      execFileSync("mkfifo", [hanging]); // opening it waits for a writer
      const reader = new ProxmoxReader(directory);
      const start = performance.now();
      await reader.ready;
      assert.ok(performance.now() - start < 5000);
      assert.deepEqual(reader.files, new Map());
      execFileSync("sh", ["-c", `: > ${hanging}`]); // lets the reader go
    }));
});
