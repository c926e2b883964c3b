// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Container } from "../../src/host/container.ts";
import { readAccounts } from "../../src/host/accounts.ts";
import { ContainerUsers } from "../../src/host/container_users.ts";
import { readBundle } from "../../src/host/oci.ts";
import { FileNames } from "../../src/host/users.ts";
import { processOf } from "../fields/support.ts";
import { bind, onDisk, spec } from "./disk.ts";

const BOX: Container = { type: "podman", id: "b", fullId: "box", facts: {} };

/** A host's root with a procfs: process 50 is in a container's root. */
class Root {
  readonly path = mkdtempSync(join(tmpdir(), "lanner-container-users-"));
  readonly box = join(this.path, "box");
  readonly process = processOf({ pid: 50, container: { ...BOX } });
  now = 1000;
  readonly names = new FileNames(this.path, () => this.now);

  constructor() {
    for (const dir of ["etc", "proc/50", "box/etc"]) mkdirSync(join(this.path, dir), { recursive: true });
    writeFileSync(join(this.path, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/zsh\n");
    writeFileSync(join(this.path, "etc/group"), "staff:x:1000:\n");
    this.#enter(this.box);
  }

  user(uid: number): string | undefined {
    return this.names.user(uid, this.process)?.name;
  }

  passwd(text: string): void {
    writeFileSync(join(this.box, "etc/passwd"), text);
  }

  /** Process 50 has this root now. */
  #enter(root: string): void {
    rmSync(join(this.path, "proc/50/root"), { force: true });
    symlinkSync(root, join(this.path, "proc/50/root"));
  }

  leave(): void {
    this.#enter(this.path);
  }

  move(): void {
    this.#enter(this.box);
  }

  end(): void {
    rmSync(join(this.path, "proc/50"), { recursive: true });
  }
}

function withRoot(body: (root: Root) => void): () => void {
  return () => {
    const root = new Root();
    try {
      body(root);
    } finally {
      rmSync(root.path, { recursive: true });
    }
  };
}

describe("a container's users and groups", () => {
  test(
    "are its own files', not the host's",
    withRoot((root) => {
      root.passwd("grocer:x:1000:5::/srv:/bin/false\n");
      writeFileSync(join(root.box, "etc/group"), "grocers:x:1000:\n");
      assert.deepEqual(root.names.user(1000, root.process), { name: "grocer", home: "/srv", shell: "/bin/false" });
      assert.equal(root.names.group(1000, root.process), "grocers");
      assert.equal(root.names.user(1000)?.name, "ada");
      assert.equal(root.names.user(1000, processOf())?.name, "ada");
    }),
  );

  test(
    "are none without files: nobody's name is borrowed from the host",
    withRoot((root) => {
      assert.equal(root.user(1000), undefined);
      assert.equal(root.names.group(1000, root.process), undefined);
    }),
  );

  test(
    "are read while the container lives, for when it has ended",
    withRoot((root) => {
      root.passwd("grocer:x:1000:5::/srv:/bin/false\n");
      root.names.learn(root.process);
      root.end();
      assert.equal(root.user(1000), "grocer");
      assert.equal(
        root.names.user(1000, processOf({ pid: 50, container: { ...BOX } })),
        undefined,
        "another container",
      );
    }),
  );

  test(
    "of a runtime's helper that is still in the host's root are the host's, until it moves",
    withRoot((root) => {
      root.passwd("grocer:x:1000:5::/srv:/bin/false\n");
      root.leave();
      root.names.learn(root.process);
      assert.equal(root.user(1000), "ada");
      root.move();
      assert.equal(root.user(1000), "grocer");
    }),
  );

  test(
    "of one that was removed before anybody looked are those that its helper's bundle led to",
    withRoot((root) => {
      const users = join(root.path, "image-passwd");
      writeFileSync(users, "grocer:x:1000:5::/srv:/bin/false\n");
      const container = { ...BOX, facts: { accountFiles: { users: [users], groups: [] } } };
      root.leave();
      root.names.learn(processOf({ pid: 50, container }));
      rmSync(users);
      root.end();
      assert.equal(root.names.user(1000, processOf({ pid: 51, container }))?.name, "grocer");
    }),
  );

  test(
    "are read again when an id is not among them, once a second at most",
    withRoot((root) => {
      assert.equal(root.user(1000), undefined);
      root.passwd("late:x:1000:5:::\n");
      root.now += 900;
      assert.equal(root.user(1000), undefined);
      root.now += 200;
      assert.equal(root.user(1000), "late");
      root.passwd("other:x:1000:5:::\n");
      root.now += 5000;
      assert.equal(root.user(1000), "late", "what is known is not asked for again");
    }),
  );

  const changes: readonly (readonly [string, (root: Root) => void])[] = [
    ["ended", (root) => root.end()],
    ["went into another root", (root) => root.leave()],
  ];
  for (const [what, change] of changes) {
    test(
      `are not what was read while the process ${what}`,
      withRoot((root) => {
        root.passwd("grocer:x:1000:5::/srv:/bin/false\n");
        const host = { users: new Map(), groups: new Map() };
        const users = new ContainerUsers(root.path, () => root.now, (files) => {
          const found = readAccounts(files);
          change(root);
          return found;
        });
        users.learn(root.process);
        assert.equal(users.known(root.process.container), undefined);
        assert.equal(users.of(root.process, host, "users", 1000).users.size, 0);
      }),
    );
  }

  const image = "var/lib/store";
  const layouts: readonly (readonly [string, string, object[], Record<string, string>, string | undefined])[] = [
    ["a layer of its image", "/var/lib/store/own/merged", [], {
      [`${image}/own/lower`]: "l/A:l/B",
      [`${image}/l/B/etc/passwd`]: "lower:x:7:7:::\n",
    }, "lower"],
    ["the topmost that has it", "/var/lib/store/own/merged", [], {
      [`${image}/own/lower`]: "l/A:l/B",
      [`${image}/l/A/etc/passwd`]: "upper:x:7:7:::\n",
      [`${image}/l/B/etc/passwd`]: "lower:x:7:7:::\n",
    }, "upper"],
    ["its own layer", "/var/lib/store/own/merged", [], {
      [`${image}/own/lower`]: "l/A",
      [`${image}/own/diff/etc/passwd`]: "changed:x:7:7:::\n",
      [`${image}/l/A/etc/passwd`]: "lower:x:7:7:::\n",
    }, "changed"],
    ["what the runtime mounts there", "/var/lib/store/own/merged", [bind("/var/lib/made", "/etc/passwd")], {
      [`${image}/own/lower`]: "l/A",
      ["var/lib/made"]: "made:x:7:7:::\n",
      [`${image}/l/A/etc/passwd`]: "lower:x:7:7:::\n",
    }, "made"],
    ["a root beside the bundle", "rootfs", [], { "run/bundle/rootfs/etc/passwd": "beside:x:7:7:::\n" }, "beside"],
    ["nowhere", "/var/lib/store/own/merged", [], { [`${image}/own/lower`]: "" }, undefined],
  ];
  for (const [where, rootfs, mounts, files, expected] of layouts) {
    test(`of one that has ended unseen are found in ${where}`, () => {
      onDisk({ "run/bundle/config.json": spec({ root: rootfs, mounts }), ...files }, (root) => {
        const { facts } = readBundle(root, "/run/bundle")!;
        const gone = processOf({ pid: 50, container: { ...BOX, facts } });
        assert.equal(new FileNames(root).user(7, gone)?.name, expected);
      });
    });
  }

  const traps: readonly (readonly [string, (path: string) => void])[] = [
    ["a symlink", (path) => symlinkSync("/etc/passwd", path)],
    ["a FIFO", (path) => execFileSync("mkfifo", [path])],
    ["a directory", (path) => mkdirSync(path)],
  ];
  for (const [name, make] of traps) {
    test(
      `are none where ${name} is in the file's place`,
      withRoot((root) => {
        make(join(root.box, "etc/passwd"));
        assert.equal(root.user(0), undefined);
      }),
    );
  }
});
