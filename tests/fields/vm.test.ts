// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Value } from "../../src/fields/field.ts";
import { GuestTable } from "../../src/host/guests.ts";
import type { Process } from "../../src/host/process.ts";
import { chain, eventOf, processOf, typeCode, valueOf } from "./support.ts";

const QEMU = processOf({ pid: 700, exepath: "/usr/bin/kvm", args: "-id\0" + "101\0-name\0db\0-hda\0/dev/pve/d0\0" });

/** The guests of a host that runs this one QEMU. */
function guests(): GuestTable {
  const table = new GuestTable({ realPath: (path) => path === "/dev/pve/d0" ? "/dev/dm-3" : undefined });
  table.learn(QEMU);
  return table;
}

describe("vm.*", () => {
  const cases: [string, Process | null, Record<string, Value | undefined>][] = [
    ["of a guest's QEMU", QEMU, { "vm.id": "101", "vm.name": "db", "vm.type": "proxmox", "vm.is_qemu": true }],
    ["of what it started", processOf({ parent: QEMU }), { "vm.id": "101", "vm.name": "db", "vm.is_qemu": false }],
    ["of another process", chain("systemd", "sh"), { "vm.id": undefined, "vm.type": undefined, "vm.is_qemu": false }],
    ["of an unknown process", null, { "vm.id": undefined, "vm.name": undefined, "vm.is_qemu": undefined }],
  ];
  for (const [title, process, fields] of cases) {
    test(title, () => {
      const event = eventOf("openat", {}, { process, guests: guests() });
      for (const [field, value] of Object.entries(fields)) assert.equal(valueOf(field, event), value, field);
    });
  }

  const disks: [string, Record<string, string | number>, string | undefined][] = [
    ["as it is named", { name: "/dev/pve/d0" }, "101"],
    ["by another way to the name", { name: "/dev/../dev//pve/d0" }, "101"],
    ["under its true name", { name: "/dev/dm-3" }, "101"],
    ["through a link", { name: "/tmp/x", fd_path: "/dev/dm-3", fd_type: typeCode("f") }, "101"],
    ["another file", { name: "/dev/pve/d1", fd_path: "/dev/dm-4", fd_type: typeCode("f") }, undefined],
  ];
  for (const [title, params, id] of disks) {
    test(`disk_of ${title}: ${id ?? "missing"}`, () => {
      const event = eventOf("openat", { fd: 3, dirfd: -100, ...params }, { guests: guests() });
      assert.equal(valueOf("vm.disk_of", event), id);
    });
  }

  test("disk_of is missing on an event without a file, and where there is no guest", () => {
    assert.equal(valueOf("vm.disk_of", eventOf("setuid", {}, { guests: guests() })), undefined);
    assert.equal(valueOf("vm.disk_of", eventOf("openat", { name: "/dev/pve/d0" })), undefined);
  });
});
