// SPDX-License-Identifier: Apache-2.0

/** What the kernel takes for the host's is never a container's to user space (native/sense/mark.h). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { identify } from "../../src/host/containers.ts";
import { seeded } from "../support/rules.ts";

const HASH = "0123456789abcdef".repeat(4);

/** Parts of which paths are made: marks of engines, and what looks like them. */
const PARTS = [
  ...[HASH, HASH.slice(1), `${HASH}.scope`, `docker-${HASH}.scope`, `libpod-${HASH}.scope`, `crio-${HASH}`],
  ...[`cri-containerd-${HASH}.scope`, `kubepods-burstable.slice:cri-containerd:${HASH}`, "docker", "k8s.io", "default"],
  ...["defaults", "lxc", "lxc.payload", "lxc.payload.web", "lxc.monitor.web", "lxcfs.service", "libvirt", "web"],
  ...["web.libvirt-lxc", "machine-web.scope", "machine-lxc\\x2d7\\x2dweb.scope", "machine.slice", "payload"],
  ...["machine-qemu\\x2d1\\x2dweb.scope", "systemd-nspawn@web.service", "systemd-nspawn.service", "supervisor"],
  ...["system.slice", "user.slice", "user-1000.slice", "podman-7.scope", "init.scope", "redis", "a", "libpod_parent"],
  ...[`pod${HASH.slice(0, 36)}`, "x".repeat(63), "x".repeat(64), "x".repeat(200), "-lxc", "nginx.service", "lx", "l"],
];

const folder = mkdtempSync(join(tmpdir(), "lanner-mark-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** For each name, whether the kernel takes it for a mark. */
function marks(names: readonly string[]): ReadonlyMap<string, boolean> {
  const program = join(folder, "mark");
  execFileSync("gcc", [
    ...["-O2", "-Wall", "-Wextra", "-Werror", "-I", fileURLToPath(new URL("../../native", import.meta.url))],
    ...["-o", program, fileURLToPath(new URL("mark.c", import.meta.url))],
  ]);
  const lines = execFileSync(program, { input: names.map((name) => `${name}\n`).join(""), encoding: "utf8" });
  const found = lines.trim().split("\n");
  assert.equal(found.length, names.length);
  return new Map(names.map((name, i) => [name, found[i] === "1"]));
}

describe("a cgroup's path", () => {
  const marked = marks(PARTS);

  test("in which user space finds a container has a name in it that the kernel knows for a mark", () => {
    const random = seeded(99);
    let containers = 0, unmarked = 0;
    for (let i = 0; i < 20_000; i++) {
      const parts = Array.from(
        { length: 1 + Math.floor(random() * 4) },
        () => PARTS[Math.floor(random() * PARTS.length)]!,
      );
      const path = parts.map((part) => `/${part}`).join("");
      const seen = parts.some((part) => marked.get(part));
      if (identify(path) !== undefined) {
        containers++;
        assert.ok(seen, path);
      } else if (!seen) unmarked++;
    }
    assert.ok(containers > 1000 && unmarked > 1000, `${containers} containers, ${unmarked} of the host`);
  });

  test("that is a service's or a session's is the host's", () => {
    const usual = ["system.slice", "nginx.service", "user.slice", "user-1000.slice", "init.scope", "machine.slice"];
    assert.deepEqual(usual.filter((name) => marked.get(name)), []);
  });
});
