// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FIELDS, resolveField } from "../../src/fields/catalogue.ts";
import { FieldError, type Value } from "../../src/fields/field.ts";
import type { ContainerFacts } from "../../src/host/container.ts";
import type { Process } from "../../src/host/process.ts";
import { BOOT, eventOf, processOf, valueOf } from "./support.ts";

type Fields = Record<string, Value | undefined>;

const ID = "0123456789abcdef".repeat(4);
const SANDBOX = "fedcba9876543210".repeat(4);

function check(process: Process, fields: Fields, ts = 1_000_000_000n): void {
  const event = eventOf("open", {}, { process, header: { ts } });
  for (const [field, value] of Object.entries(fields)) assert.deepEqual(valueOf(field, event), value, field);
}

function inContainer(facts: ContainerFacts): Process {
  return processOf({ container: { type: "containerd", id: ID.slice(0, 12), fullId: ID, facts } });
}

test("on the host every text is there, and empty but for id, name and type", () => {
  check(processOf({ pidnsStartTime: BOOT }), {
    "container.id": "host",
    "container.full_id": "host",
    "container.name": "host",
    "container.type": "host",
    "container.image": "",
    "container.image.id": "",
    "container.image.repository": "",
    "container.image.tag": "",
    "container.image.digest": "",
    "container.privileged": false,
    "container.host_pid": false,
    "container.host_network": false,
    "container.host_ipc": false,
    "container.mounts": "",
    "container.labels": "",
    "container.ip": "",
    "container.cni.json": "",
    "container.start_ts": BOOT,
    "container.duration": 1000n,
    "container.mount[0]": undefined,
    "container.mount.dest[/etc]": undefined,
    "container.label[app]": undefined,
    "k8s.ns.name": undefined,
    "k8s.pod.labels": undefined,
    "k8s.pod.ip": undefined,
  }, 1000n);
});

test("of a container that left nothing on disk there are id and type only", () => {
  check(inContainer({}), {
    "container.id": ID.slice(0, 12),
    "container.full_id": ID,
    "container.type": "containerd",
  });
  const event = eventOf("open", {}, { process: inContainer({}) });
  for (const field of FIELDS) {
    if (!/^(container|k8s)\./.test(field.name) || /\.(id|full_id|type)$/.test(field.name)) continue;
    const argument = field.argument === "required" ? "0" : undefined;
    assert.equal(field.bind(argument).get(event), undefined, field.name);
  }
});

const POD: ContainerFacts = {
  name: "web",
  image: "docker.io/library/nginx:1.27",
  imageId: "1".repeat(64),
  imageRepository: "docker.io/library/nginx",
  imageTag: "1.27",
  imageDigest: `sha256:${"2".repeat(64)}`,
  privileged: true,
  hostPid: true,
  hostNetwork: false,
  hostIpc: false,
  mounts: [
    { source: "/var/lib/kubelet/pods/1/volumes/x", destination: "/data", mode: "", rdwr: false, propagation: "rslave" },
    { source: "/proc", destination: "/host/proc", mode: "z", rdwr: true, propagation: "rprivate" },
  ],
  labels: new Map([
    ["app", "shop"],
    ["io.kubernetes.pod.name", "web-1"],
    ["io.kubernetes.pod.namespace", "front"],
    ["io.kubernetes.pod.uid", "2f1c5b8e"],
    ["annotation.x", "y"],
    ["tier", "a, b"],
  ]),
  ip: "10.42.0.5",
  cniJson: '{"ips":[]}',
  sandboxId: SANDBOX,
  podLabels: new Map([["app", "shop"], ["pod-template-hash", "77"]]),
};

test("what a runtime left on disk is there", () => {
  check(inContainer(POD), {
    "container.name": "web",
    "container.image": "docker.io/library/nginx:1.27",
    "container.image.id": "1".repeat(64),
    "container.image.repository": "docker.io/library/nginx",
    "container.image.tag": "1.27",
    "container.image.digest": `sha256:${"2".repeat(64)}`,
    "container.privileged": true,
    "container.host_pid": true,
    "container.host_network": false,
    "container.host_ipc": false,
    "container.ip": "10.42.0.5",
    "container.cni.json": '{"ips":[]}',
    "container.label[app]": "shop",
    "container.label[io.kubernetes.pod.uid]": "2f1c5b8e",
    "container.label[nothing]": undefined,
    "container.labels": "app:shop, tier:a, b",
    "k8s.pod.name": "web-1",
    "k8s.ns.name": "front",
    "k8s.pod.id": "2f1c5b8e",
    "k8s.pod.uid": "2f1c5b8e",
    "k8s.pod.sandbox_id": SANDBOX.slice(0, 12),
    "k8s.pod.full_sandbox_id": SANDBOX,
    "k8s.pod.label[pod-template-hash]": "77",
    "k8s.pod.labels": "app:shop, pod-template-hash:77",
    "k8s.pod.ip": "10.42.0.5",
    "k8s.pod.cni.json": '{"ips":[]}',
  });
});

test("a container's image without a name of its own is what one would pull", () => {
  check(inContainer({ imageRepository: "nginx", imageTag: "1" }), { "container.image": "nginx:1" });
  check(inContainer({ imageRepository: "nginx", imageTag: "" }), { "container.image": "nginx" });
});

test("outside of a pod there is no pod", () => {
  check(inContainer({ ip: "172.17.0.2", cniJson: "{}", labels: new Map() }), {
    "container.ip": "172.17.0.2",
    "container.labels": "",
    "k8s.pod.ip": undefined,
    "k8s.pod.cni.json": undefined,
    "k8s.pod.name": undefined,
  });
});

describe("a mount", () => {
  const KUBELET = "/var/lib/kubelet/pods/1/volumes/x";
  const cases: [expression: string, value: string | undefined][] = [
    ["container.mounts", `${KUBELET}:/data::false:rslave,/proc:/host/proc:z:true:rprivate`],
    ["container.mount[0]", `${KUBELET}:/data::false:rslave`],
    ["container.mount[1]", "/proc:/host/proc:z:true:rprivate"],
    ["container.mount[2]", undefined],
    ["container.mount[99999999999999999999]", undefined],
    ["container.mount[01]", undefined], // no index: a name in which it is to be found
    ["container.mount.source[1]", "/proc"],
    ["container.mount.dest[1]", "/host/proc"],
    ["container.mount.dest[/proc]", "/host/proc"],
    ["container.mount.dest[^/pro]", "/host/proc"],
    ["container.mount.dest[/proc*]", "/host/proc"],
    ["container.mount.dest[/]", "/data"], // found anywhere, as in Falco
    ["container.mount.dest[^/data$]", undefined], // a source is asked for
    ["container.mount.source[^/data$]", KUBELET], // a destination is
    ["container.mount.source[^/proc$]", undefined],
    ["container.mount.mode[/proc]", "z"],
    ["container.mount.mode[kubelet]", ""],
    ["container.mount.rdwr[/proc]", "true"],
    ["container.mount.rdwr[kubelet]", "false"],
    ["container.mount.propagation[^/(sys|proc)$]", "rprivate"],
  ];
  for (const [expression, value] of cases) {
    test(`${expression} is ${value ?? "missing"}`, () => check(inContainer(POD), { [expression]: value }));
  }

  test("is not chosen by what is no regular expression", () => {
    assert.throws(() => resolveField("container.mount", "(a"), FieldError);
  });

  test("is found in linear time, whatever the expression", () => {
    const source = `/${"a".repeat(4000)}`;
    const process = inContainer({ mounts: [{ source, destination: "/b", mode: "", rdwr: true, propagation: "" }] });
    const start = performance.now();
    check(process, { "container.mount.dest[(a+)+b]": undefined });
    assert.ok(performance.now() - start < 2000);
  });
});
