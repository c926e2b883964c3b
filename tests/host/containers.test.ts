// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { HOST_CONTAINER } from "../../src/host/container.ts";
import { Containers, identify, type Identity } from "../../src/host/containers.ts";

const A = "0123456789abcdef".repeat(4);
const B = "fedcba9876543210".repeat(4);
const POD = "2f1c5b8e-9d6a-4c31-8a57-0d2b6c1e4f90";
const POD_UNIT = POD.replaceAll("-", "_");

/** Type, id, and the paths that lead to it. */
const LAYOUTS: [Identity["type"], string, string[]][] = [
  ["docker", A, [
    `/docker/${A}`,
    `/system.slice/docker-${A}.scope`,
    `/system.slice/docker-${A}.scope/init`,
    `/system.slice/docker-${A}.scope/init.scope`,
    `/docker/${A}/system.slice/nginx.service`,
    `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${A}.scope`,
    `/kubepods.slice/kubepods-pod${POD_UNIT}.slice/docker-${A}.scope`,
    `/actions_job/${A}`,
    `/ecs/0123456789abcdef0123456789abcdef/${A}`,
    `/docker/${B}/docker/${A}`,
    `/lxc.payload.build/docker/${A}`,
  ]],
  ["podman", A, [
    `/machine.slice/libpod-${A}.scope`,
    `/machine.slice/libpod-${A}.scope/container`,
    `/machine.slice/libpod-${A}.scope/container/init.scope`,
    `/machine.slice/machine-libpod_pod_${B}.slice/libpod-${A}.scope/container`,
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${A}.scope/container`,
    `/user.slice/user-1000.slice/user@1000.service/user.slice/podman-4711.scope/${A}`,
    `/libpod_parent/libpod-${A}`,
    `/libpod_parent/${B}/libpod-${A}`,
    `/system.slice/web.service/libpod-payload-${A}`,
  ]],
  ["containerd", A, [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UNIT}.slice/cri-containerd-${A}.scope`,
    `/kubepods.slice/kubepods-pod${POD_UNIT}.slice/cri-containerd-${A}.scope/init.scope`,
    `/system.slice/containerd.service/kubepods-besteffort-pod${POD_UNIT}.slice:cri-containerd:${A}`,
    `/system.slice/docker-${B}.scope/kubelet.slice/kubelet-kubepods-pod${POD_UNIT}.slice/cri-containerd-${A}.scope`,
    `/system.slice/nerdctl-${A}.scope`,
    `/default/${A}`,
    `/k8s.io/${A}`,
  ]],
  ["containerd", "web-1.test", ["/default/web-1.test"]],
  ["cri", A, [
    `/kubepods/besteffort/pod${POD}/${A}`,
    `/kubepods/burstable/pod0123456789abcdef0123456789abcdef/${A}`,
    `/kubepods/pod${POD}/${A}`,
    `/kubepods/pod${POD}/${A}/system.slice/x.service`,
  ]],
  ["cri-o", A, [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_UNIT}.slice/crio-${A}.scope`,
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_UNIT}.slice/crio-${A}.scope/container`,
    `/kubepods/besteffort/pod${POD}/crio-${A}`,
  ]],
  ["lxc", "web", [
    "/lxc.payload.web",
    "/lxc.payload.web/system.slice/nginx.service",
    "/lxc.payload/web",
    "/lxc/web",
    "/lxc/web/init.scope",
    "/user.slice/user-1000.slice/session-1.scope/lxc.payload.web",
    "/lxc.payload.outer/lxc.payload.web/init.scope",
  ]],
  ["lxc", "101", ["/lxc/101/ns", "/lxc/101/ns/system.slice/ssh.service", "/lxc/101"]],
  ["libvirt-lxc", "web", [
    "/machine/web.libvirt-lxc",
    "/libvirt/lxc/web",
    "/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope",
    "/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope/libvirt",
    "/machine.slice/machine-lxc\\x2dweb.scope",
  ]],
  ["libvirt-lxc", "web-1", ["/machine.slice/machine-lxc\\x2d4711\\x2dweb\\x2d1.scope"]],
  ["systemd-nspawn", "web", [
    "/machine.slice/systemd-nspawn@web.service/payload",
    "/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service",
    "/machine.slice/systemd-nspawn@web.service/init.scope",
    "/machine.slice/machine-web.scope/payload",
  ]],
  ["systemd-nspawn", "web-1", ["/machine.slice/machine-web\\x2d1.scope/payload/init.scope"]],
];

const HOST_PATHS = [
  "",
  "/",
  "/init.scope",
  "/system.slice/sshd.service",
  "/system.slice/x.service/y",
  "/system.slice/system-getty.slice/getty@tty1.service",
  "/user.slice/user-1000.slice/session-3.scope",
  "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope",
  "/process_api/6c9cd781e600d69fc01be3b2e64f1837",
  "/default",
  "/default/x.service",
  "/default/a/b",
  "/system.slice/default/a",
  "/lxc",
  "/lxc.monitor.web",
  "/lxc.monitor/101",
  "/lxc.pivot",
  "/system.slice/lxc-net.service",
  "/docker",
  "/system.slice/docker.service",
  `/system.slice/docker-${A.slice(1)}.scope`,
  `/system.slice/docker-${A.toUpperCase()}.scope`,
  `/docker/${A}0`,
  "/libpod_parent/conmon",
  `/libpod_parent/${A}/conmon`,
  `/machine.slice/libpod-conmon-${A}.scope`,
  `/machine.slice/machine-libpod_pod_${A}.slice`,
  "/user.slice/user-1000.slice/user@1000.service/user.slice/podman-4711.scope",
  `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_UNIT}.slice/crio-conmon-${A}.scope`,
  `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UNIT}.slice`,
  `/kubepods/besteffort/pod${POD}`,
  "/machine.slice/machine-qemu\\x2d1\\x2dguest.scope",
  "/machine.slice/machine-qemu\\x2d1\\x2dguest.scope/libvirt/vcpu0",
  "/qemu.slice/100.scope",
  "/machine.slice/machine-web.scope",
  "/machine.slice/systemd-nspawn@web.service",
  "/machine.slice/systemd-nspawn@web.service/supervisor",
  "/lxc/",
  "/lxc.payload.",
  "/machine/.libvirt-lxc",
];

describe("a cgroup path", () => {
  for (const [type, fullId, paths] of LAYOUTS) {
    for (const path of paths) {
      const short = path.replaceAll(A, "A…").replaceAll(B, "B…");
      test(`${short} is of a ${type} container`, () => {
        const found = identify(path);
        assert.deepEqual([found?.type, found?.fullId], [type, fullId]);
      });
    }
  }
  for (const path of HOST_PATHS) {
    test(`${path.replaceAll(A, "A…") || "(empty)"} is of no container`, () => assert.equal(identify(path), undefined));
  }
});

describe("containers", () => {
  test("go by the first 12 characters of a hash and by a whole name", () => {
    const containers = new Containers();
    const hash = containers.of("", `/docker/${A}`);
    assert.deepEqual([hash.type, hash.id, hash.fullId, hash.facts], ["docker", A.slice(0, 12), A, {}]);
    const name = "a-rather-long-name";
    const system = containers.of("", `/lxc/${name}`);
    assert.deepEqual([system.type, system.id, system.fullId], ["lxc", name, name]);
  });

  const cases: [string, string, string, string][] = [
    ["v1, the engine in every hierarchy", `cpuset=/docker/${A}\0memory=/docker/${A}\0`, "/", A],
    ["v1, one hierarchy with a plain path", `cpuset=/\0memory=/docker/${A}\0`, "/", A],
    ["hybrid, only systemd's hierarchy has it", "cpuset=/\0cpu=/\0", `/machine.slice/libpod-${A}.scope/container`, A],
    ["v2", `cpuset=/system.slice/docker-${A}.scope\0`, `/system.slice/docker-${A}.scope`, A],
    ["this machine's own", "memory=/process_api/6c9cd781e600d69fc01be3b2e64f1837\0", "/", "host"],
    ["nothing", "", "", "host"],
  ];
  for (const [name, cgroups, cgroup, fullId] of cases) {
    test(`are found in cgroups: ${name}`, () => assert.equal(new Containers().of(cgroups, cgroup).fullId, fullId));
  }

  test("are one object each, asked about once, also under several cgroups", () => {
    const asked: Identity[] = [];
    const containers = new Containers((identity) => {
      asked.push(identity);
      return { name: "web", imageRepository: "nginx", imageTag: "1" };
    });
    const first = containers.of("", `/docker/${A}`);
    assert.equal(containers.of("", `/docker/${A}`), first);
    assert.equal(containers.of("", `/docker/${A}/init.scope`), first);
    assert.equal(first.facts.name, "web");
    assert.deepEqual(asked, [{ type: "docker", fullId: A }]);
    assert.equal(containers.of("", "/user.slice"), HOST_CONTAINER);
  });

  test("have the engine that their facts name, where the cgroup left it open", () => {
    const containers = new Containers(() => ({ type: "cri-o" }));
    assert.equal(containers.of("", `/kubepods/pod${POD}/${A}`).type, "cri-o");
  });

  test("of which nothing is found yet are asked about again, a bounded number of times", async () => {
    let questions = 0;
    const found = { name: "late", image: "nginx" };
    const containers = new Containers(() => ++questions < 3 ? undefined : found);
    const container = containers.of("", `/docker/${A}`);
    assert.deepEqual([questions, container.facts], [1, {}]);
    for (let i = 0; i < 100 && container.facts.name === undefined; i++) await pause(10);
    assert.deepEqual([questions, container.facts], [3, found]);
    assert.equal(container.facts, containers.of("", `/docker/${A}/x`).facts);
    assert.equal(questions, 3);
  });

  test("of which a half-written file told no name are asked about again, and keep what was known", async () => {
    const answers = [{ image: "nginx", privileged: true }, undefined, { name: "late", privileged: undefined }];
    const container = new Containers(() => answers.shift()).of("", `/docker/${A}`);
    for (let i = 0; i < 100 && container.facts.name === undefined; i++) await pause(10);
    assert.deepEqual(container.facts, { image: "nginx", privileged: true, name: "late" });
  });

  test("that are made of no image are asked about until they have a name", async () => {
    let questions = 0;
    const containers = new Containers(() => (questions++, { name: "101" }));
    const container = containers.of("", "/lxc/101");
    await pause(50);
    assert.deepEqual([container.facts, questions], [{ name: "101" }, 1]);
  });

  test("are remembered up to a number, then all forgotten, and asked about anew when they come again", () => {
    const [fits, tooMany] = [2000, 5000];
    let questions = 0;
    const containers = new Containers(() => (questions++, {}));
    const id = (i: number) => i.toString(16).padStart(64, "0");
    const see = (count: number) => {
      for (let i = 0; i < count; i++) assert.equal(containers.of("", `/docker/${id(i)}`).fullId, id(i));
    };
    see(fits);
    see(fits);
    assert.equal(questions, fits);
    see(tooMany);
    questions = 0;
    see(fits);
    assert.ok(questions > 0, "none was forgotten");
    // many cgroups of one container are one container
    questions = 0;
    for (let i = 0; i < tooMany; i++) containers.of("", `/docker/${id(0)}/${i}`);
    assert.ok(questions <= 1, `${questions} questions`);
  });

  test("that stay unknown cost no question for each time a rule asks", () => {
    let questions = 0;
    const containers = new Containers(() => {
      questions++;
      return undefined;
    });
    const container = containers.of("", `/docker/${A}`);
    for (let i = 0; i < 100_000; i++) assert.equal(container.facts.name, undefined);
    assert.ok(questions <= 8, `${questions} questions`);
  });

  test("of a user's slice are asked about with that user", () => {
    const asked: (number | undefined)[] = [];
    const containers = new Containers(({ uid }) => {
      asked.push(uid);
      return {};
    });
    containers.of("", `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${A}.scope/container`);
    containers.of("", `/machine.slice/libpod-${B}.scope/container`);
    assert.deepEqual(asked, [1000, undefined]);
  });

  test("are still told right after more cgroups than are remembered", () => {
    const containers = new Containers();
    for (let i = 0; i < 40_000; i++) containers.of("", `/lxc/c${i}`);
    assert.equal(containers.of("", "/lxc/c7").id, "c7");
    assert.equal(containers.of("", "/init.scope"), HOST_CONTAINER);
  });
});
