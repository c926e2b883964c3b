// SPDX-License-Identifier: Apache-2.0

/** No field is listed that never has a value. tests/live/fields.test.ts asks the same of real events. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { EVENT_TYPES } from "../../src/events/table.ts";
import type { EventType } from "../../src/events/types.ts";
import type { Event } from "../../src/fields/event.ts";
import type { Descriptors } from "../../src/host/descriptors.ts";
import { GuestTable } from "../../src/host/guests.ts";
import type { ParamValue } from "../support/records.ts";
import { anyValue, isOfType, LISTED } from "./presence.ts";
import { chain, eventOf, processOf, typeCode } from "./support.ts";

const GUEST_CGROUP = "cpu=/machine.slice/machine-qemu\\x2d1\\x2dweb.scope\0";

/** A process of which there is everything to know: in a pod, below a guest's QEMU. */
const PROCESS = processOf({
  parent: { ...chain("systemd", "bash", "app"), startTime: 600n, startBoot: 600, env: "A=b\0" },
  args: "-x\0",
  env: "PATH=/bin\0app=1\0",
  exeFlags: 15,
  exeIno: 7n,
  exeInoCtime: 500n,
  exeInoMtime: 400n,
  capInheritable: 1n,
  capPermitted: 1n,
  capEffective: 1n,
  startTime: 700n,
  startBoot: 700,
  execTime: 800n,
  pidnsStartTime: 100n,
  vmSize: 4,
  vmRss: 4,
  cgroups: GUEST_CGROUP,
  container: {
    type: "cri",
    id: "a".repeat(12),
    fullId: "a".repeat(64),
    facts: {
      name: "web",
      image: "nginx:1",
      imageId: "b".repeat(64),
      imageRepository: "nginx",
      imageTag: "1",
      imageDigest: `sha256:${"c".repeat(64)}`,
      privileged: false,
      hostPid: false,
      hostNetwork: false,
      hostIpc: false,
      mounts: [{ source: "/a", destination: "/b", mode: "z", rdwr: true, propagation: "rprivate" }],
      labels: new Map([
        ["app", "shop"],
        ["io.kubernetes.pod.name", "web-0"],
        ["io.kubernetes.pod.namespace", "shop"],
        ["io.kubernetes.pod.uid", "1-2"],
      ]),
      ip: "10.0.0.1",
      cniJson: "{}",
      sandboxId: "d".repeat(64),
      podLabels: new Map([["app", "shop"]]),
    },
  },
});

const DESCRIPTORS: Descriptors = { of: () => ({ type: "file", name: "/x" }), list: () => [0, 1] };

/** A connection from 10.0.0.5:40000 to 10.0.0.6:443 as records have it. */
const TUPLE = Buffer.from([2, 10, 0, 0, 5, 0x40, 0x9c, 10, 0, 0, 6, 0xbb, 1]);

const TEXTS = new Set(["CHARBUF", "FSPATH", "FSRELPATH"]);

/** A value for every parameter, so that nothing is missing for want of it. */
function everything({ params }: EventType, kind: string): Record<string, ParamValue> {
  return Object.fromEntries(params.map(({ name, type }, i): [string, ParamValue] => {
    if (i === 0) return [name, 0]; // the result: well
    if (type === "SOCKTUPLE") return [name, TUPLE];
    if (type === "BYTEBUF" || type === "SOCKADDR") return [name, new Uint8Array([65])];
    if (TEXTS.has(type)) return [name, name.includes("dir") || name.startsWith("fd_") ? "/dir/disk.img" : "disk.img"];
    return [name, name === "fd_type" ? typeCode(kind) : name === "fd_proto" ? 6 : name === "fd_role" ? 1 : 3];
  }));
}

function events(): Event[] {
  const guests = new GuestTable({
    defined: () => [{ type: "libvirt", id: "7", name: "web", disks: ["/dir/disk.img"] }],
  });
  const addressNames = { namesOf: () => ["example.org"] };
  const parts = { process: PROCESS, descriptors: DESCRIPTORS, guests, addressNames, header: { uid: 33, gid: 33 } };
  return EVENT_TYPES.flatMap((type) => ["f", "4"].map((kind) => eventOf(type.name, everything(type, kind), parts)));
}

describe("every listed field has a value on some event", () => {
  const all = events();
  for (const field of LISTED) {
    test(field.text, () => {
      const values = all.map((event) => anyValue(field, event)).filter((value) => value !== undefined);
      assert.notEqual(values.length, 0);
      for (const value of values) assert.ok(isOfType(value, field), `${String(value)} is no ${field.type}`);
    });
  }
});
