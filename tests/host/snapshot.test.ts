// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerFacts } from "../../src/host/container.ts";
import { type DefinedGuest, GuestTable } from "../../src/host/guests.ts";
import { liveHost } from "../../src/host/live.ts";
import { hostFromSnapshot, snapshot } from "../../src/host/snapshot.ts";
import { writeContainer } from "../../src/host/snapshot_container.ts";
import { FixedNames } from "../../src/host/users.ts";
import { BOOT, exec, facts, fork, newTable, open, play, treeOf } from "./scenario.ts";

const A = "0123456789abcdef".repeat(4);

/** Every fact that there is. */
const FACTS: Required<Omit<ContainerFacts, "accountFiles">> = {
  type: "docker",
  name: "w\xc3\xa4b",
  image: "nginx:1",
  imageId: A,
  imageRepository: "nginx",
  imageTag: "1",
  imageDigest: `sha256:${A}`,
  privileged: true,
  hostPid: false,
  hostNetwork: true,
  hostIpc: false,
  mounts: [{ source: "/a", destination: "/b", mode: "z", rdwr: false, propagation: "rprivate" }],
  labels: new Map([["app", "shop"], ["__proto__", "x"]]),
  ip: "172.17.0.2",
  cniJson: "{}",
  sandboxId: A,
  podLabels: new Map([["tier", "front"]]),
};

const ROOT = { name: "root", home: "/root", shell: "/bin/bash" };
const WEB = { name: "w\xff", home: "/srv", shell: "" };

const GUESTS: readonly DefinedGuest[] = [
  { type: "libvirt", id: "6f0b8b1e", name: "w\xff", disks: ["/a.qcow2", "/dev/vg/a"] },
  { type: "qemu", id: "77", name: undefined, disks: ["/b.img"] },
];

/** A host with a process in a container, through JSON and back. */
function stored(): unknown {
  const cgroups = `cpu=/docker/${A}\0`;
  const processes = newTable(undefined, undefined, [facts(10, 1, "app\xff", 5, 9, { cgroups, exeIno: 2n ** 63n })]);
  const named = processes.get(10)!;
  named.container = { type: "docker", id: A.slice(0, 12), fullId: A, facts: FACTS };
  const guests = new GuestTable({ defined: () => GUESTS });
  const names = new FixedNames({ users: new Map([[0, ROOT], [33, WEB]]), groups: new Map([[4, "adm"]]) });
  names.learnContainer(A, { users: new Map([[7, WEB]]), groups: new Map([[8, "web"]]) });
  return JSON.parse(JSON.stringify(snapshot({ hostname: "h", bootTime: BOOT, processes, names, guests })));
}

describe("a host from a snapshot", () => {
  test("has what the host had", () => {
    const host = hostFromSnapshot(stored());
    assert.equal(host.hostname, "h");
    assert.equal(host.bootTime, BOOT);
    assert.deepEqual([host.names.user(33), host.names.group(4), host.names.user(5)], [WEB, "adm", undefined]);
    const contained = host.processes.get(10)!;
    assert.deepEqual([host.names.user(7, contained), host.names.group(8, contained)], [WEB, "web"]);
    assert.deepEqual([host.names.user(7), host.names.user(33, contained)], [undefined, undefined]);
    assert.deepEqual(host.guests.list(), GUESTS);
    assert.deepEqual(treeOf(host.processes), ["1 init", "10 app\xff init"]);
    const { exeIno, startTime, cwd, container } = host.processes.get(10)!;
    assert.deepEqual({ exeIno, startTime, cwd }, {
      exeIno: 2n ** 63n,
      startTime: BOOT + 5_000_000_000n,
      cwd: undefined,
    });
    const { type, id, fullId, facts } = container;
    assert.deepEqual({ type, id, fullId, facts }, { type: "docker", id: A.slice(0, 12), fullId: A, facts: FACTS });
  });

  test("goes on from there: a new process in a known container has its name", () => {
    const { processes } = hostFromSnapshot(stored());
    const cgroups = new TextEncoder().encode(`cpu=/docker/${A}\0memory=/docker/${A}/x\0`);
    play(processes, fork(12, 11, 10), exec(13, 11, 10, "sh", 12, { params: { cgroups } }), open(14, 12, 11));
    assert.equal(processes.get(11)!.container.facts.name, FACTS.name);
    assert.equal(processes.get(12)!.comm, "<NA>", "nobody is asked about what is not recorded");
  });

  test("learns of a container that came later, also when its first process came before", () => {
    const { processes, names, learnContainer } = hostFromSnapshot(stored());
    const B = A.replaceAll("0", "f");
    const cgroups = new TextEncoder().encode(`cpu=/docker/${B}\0`);
    play(processes, fork(12, 11, 10), exec(13, 11, 10, "sh", 12, { params: { cgroups } }));
    const late = processes.get(11)!;
    assert.deepEqual(late.container.facts, {});
    const accounts = { users: new Map([[7, WEB]]), groups: new Map([[8, "web"]]) };
    const container = { type: "docker", id: B.slice(0, 12), fullId: B, facts: FACTS } as const;
    learnContainer(JSON.parse(JSON.stringify(writeContainer(container, accounts))));
    assert.deepEqual(late.container.facts, FACTS);
    assert.deepEqual([names.user(7, late), names.group(8, late)], [WEB, "web"]);
    assert.throws(() => learnContainer({ type: "docker" }), { name: "ZodError" });
  });

  test("knows as well as the host what its scan was ahead of", () => {
    const { processes } = hostFromSnapshot(stored());
    play(processes, fork(5, 10, 1));
    assert.equal(processes.get(10)!.comm, "app\xff");
  });

  test("of a live host is that host", () => {
    const host = liveHost();
    const again = hostFromSnapshot(JSON.parse(JSON.stringify(snapshot(host))));
    assert.deepEqual(snapshot(again), snapshot(host));
    assert.ok(again.processes.size > 1);
  });

  const broken: [string, (snapshot: Record<string, unknown>) => unknown][] = [
    ["nothing", () => undefined],
    ["a boot time that is no number", (s) => ({ ...s, bootTime: "soon" })],
    ["processes that are none", (s) => ({ ...s, processes: [{ pid: 1 }] })],
    ["names in another form", (s) => ({ ...s, users: { 0: "root" } })],
  ];
  for (const [name, change] of broken) {
    test(`is refused when the snapshot has ${name}`, () => {
      assert.throws(() => hostFromSnapshot(change(stored() as Record<string, unknown>)), { name: "ZodError" });
    });
  }
});
