// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseGroups, parseUsers } from "../../src/host/accounts.ts";
import { FileNames } from "../../src/host/users.ts";

/** Runs with a directory that has an etc. */
function withRoot(body: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "lanner-users-"));
  try {
    mkdirSync(join(root, "etc"));
    body(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("names in passwd and group", () => {
  const cases: [string, string, [number, string][]][] = [
    ["users", "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/x\n", [[0, "root"], [33, "www"]]],
    ["groups, and no newline at the end", "adm:x:4:a,b\nusers:x:100:", [[4, "adm"], [100, "users"]]],
    ["the first of two names for an id", "root:x:0:0:::\ntoor:x:0:0:::\n", [[0, "root"]]],
    ["the largest id, but none larger", "a:x:4294967295:\nb:x:4294967296:\nc:x:99999999999:\n", [[4294967295, "a"]]],
    ["nothing in what is not a line of the file", "\n:\nx\nx:y\n:x:5:\na:x::\nb:x:-1:\nc:x:0x5:\nd:x:1 :\n", []],
    ["no comments and no NIS", "#a:x:5:\n+:x:6:\n-b:x:7:\n+@net:x:8:\nc:x:9:\n", [[9, "c"]]],
    ["nothing in an empty file", "", []],
    ["bytes that are not UTF-8", "\xff\xfe:x:7:\n", [[7, "\xff\xfe"]]],
  ];
  for (const [name, text, expected] of cases) {
    test(name, () => {
      assert.deepEqual([...parseGroups(text)], expected);
      assert.deepEqual([...parseUsers(text)].map(([id, { name }]) => [id, name]), expected);
    });
  }

  test("come with home directory and shell where the line has them", () => {
    const users = parseUsers("root:x:0:0:root:/root:/bin/sh\nshort:x:5:\n");
    assert.deepEqual(users.get(0), { name: "root", home: "/root", shell: "/bin/sh" });
    assert.deepEqual(users.get(5), { name: "short", home: "", shell: "" });
  });
});

describe("names of a host", () => {
  test("are those of its files", () =>
    withRoot((root) => {
      writeFileSync(join(root, "etc/passwd"), "web:x:33:33::/:/x\n");
      writeFileSync(join(root, "etc/group"), "web-group:x:33:\n");
      const names = new FileNames(root);
      assert.equal(names.user(33)?.name, "web");
      assert.equal(names.group(33), "web-group");
      assert.equal(names.user(34)?.name, undefined);
    }));

  test("follow changes after a second, not before", () =>
    withRoot((root) => {
      const passwd = join(root, "etc/passwd");
      writeFileSync(passwd, "old:x:33:33::/:/x\n");
      let now = 1000;
      const names = new FileNames(root, () => now);
      assert.equal(names.user(33)?.name, "old");
      writeFileSync(`${passwd}+`, "new:x:33:33::/:/x\n");
      renameSync(`${passwd}+`, passwd);
      now += 900;
      assert.equal(names.user(33)?.name, "old");
      now += 200;
      assert.equal(names.user(33)?.name, "new");
      rmSync(passwd);
      now += 1100;
      assert.equal(names.user(33)?.name, undefined);
    }));

  test("follow changes though the clock is set back", () =>
    withRoot((root) => {
      let now = 1_000_000;
      const names = new FileNames(root, () => now);
      assert.equal(names.user(5)?.name, undefined);
      writeFileSync(join(root, "etc/passwd"), "late:x:5:5::/:/x\n");
      now = 10;
      assert.equal(names.user(5)?.name, "late");
    }));

  test("are none without files", () => withRoot((root) => assert.equal(new FileNames(root).group(0), undefined)));

  test("are none where a directory is in the file's place", () =>
    withRoot((root) => {
      mkdirSync(join(root, "etc/passwd"));
      assert.equal(new FileNames(root).user(0), undefined);
    }));
});
