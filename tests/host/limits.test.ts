// SPDX-License-Identifier: Apache-2.0

/** What is read of others' files ends somewhere: docs/configuration.md tells where. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { z } from "zod";
import { readAccounts } from "../../src/host/accounts.ts";
import { keptLabels, parseJson, readJson, TextMap, USER_LIMIT_BYTES } from "../../src/host/json.ts";
import { ProxmoxReader } from "../../src/host/proxmox.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-limits-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("what is read has an end", () => {
  test("a container's users and groups: 128 KiB of each file", () => {
    const line = (id: number) => `${`u${id}`.padEnd(127 - 14 - String(id).length, "x")}:x:${id}:0::/h:/bin\n`;
    const path = file("passwd", Array.from({ length: 2000 }, (_, id) => line(id)).join(""));
    const { users, groups } = readAccounts({ users: [path], groups: [path] });
    for (const ids of [users, groups]) {
      assert.ok(ids.has(0) && ids.has(999));
      assert.ok(ids.size < 1300, `${ids.size}`);
    }
  });

  test("a container's configuration: 4 MiB, 64 KiB where a user wrote it", () => {
    const Any = z.object({ a: z.string() });
    const sized = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    for (const [limit, given] of [[4 << 20, undefined], [64 << 10, USER_LIMIT_BYTES]] as const) {
      assert.equal(readJson(file("fits.json", sized(limit)), Any, given)?.a.length, limit - 8);
      assert.equal(readJson(file("large.json", sized(limit + 1)), Any, given), undefined);
    }
  });

  test("a container's labels: 256, with values of 100 bytes", () => {
    const labels = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`label${i}`, "x".repeat(i % 2 ? 101 : 100)]),
    );
    const read = parseJson(JSON.stringify(labels), TextMap);
    assert.equal(read?.size, 256);
    assert.equal(keptLabels(read)?.size, 128);
  });

  test("Proxmox's definitions: 4,096 of each kind", async () => {
    const root = join(folder, "pve");
    mkdirSync(join(root, "lxc"), { recursive: true });
    for (let i = 0; i < 4200; i++) writeFileSync(join(root, `lxc/${i}.conf`), "");
    const reader = new ProxmoxReader(root);
    for (let i = 0; i < 200 && (await reader.ready, (reader.files?.size ?? 0) === 0); i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(reader.files?.size, 4096);
  });
});
