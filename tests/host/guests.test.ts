// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { realPath } from "../../src/host/files.ts";
import { type DefinedGuest, type GuestParts, GuestTable } from "../../src/host/guests.ts";
import { definedGuests, fromLibvirt } from "../../src/host/hypervisors.ts";
import type { Process } from "../../src/host/process.ts";
import { isQemu, readArguments } from "../../src/host/qemu.ts";
import { processOf } from "../fields/support.ts";
import { onDisk } from "./disk.ts";

const UUID = "6f0b8b1e-5c1d-4a3e-9a27-3b1f0c2d4e5f";

/** Arguments as libvirt writes them, with disks as block nodes. */
const LIBVIRT = [
  ...["-name", "guest=web,,1,debug-threads=on", "-S"],
  "-object",
  '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-3-web/master-key.aes"}',
  ...["-machine", "pc-q35-7.2,usb=off,vmport=off,dump-guest-core=off", "-accel", "kvm", "-m", "2048", "-uuid", UUID],
  ...["-no-user-config", "-nodefaults", "-chardev", "socket,id=charmonitor,fd=34,server=on,wait=off", "-no-shutdown"],
  "-blockdev",
  '{"driver":"file","filename":"/var/lib/libvirt/images/web.qcow2","node-name":"libvirt-2-storage","auto-read-only":true}',
  "-blockdev",
  '{"node-name":"libvirt-2-format","read-only":false,"driver":"qcow2","file":"libvirt-2-storage","backing":null}',
  "-blockdev",
  '{"driver":"file","filename":"/srv/iso/debian.iso","node-name":"libvirt-1-storage","auto-read-only":true}',
  ...["-blockdev", '{"node-name":"libvirt-1-format","read-only":true,"driver":"raw","file":"libvirt-1-storage"}'],
  ...["-device", '{"driver":"virtio-blk-pci","drive":"libvirt-2-format","id":"virtio-disk0"}'],
];

const PROXMOX = [
  ...["-id", "101", "-name", "db,debug-threads=on", "-no-shutdown", "-daemonize"],
  ...["-smbios", `type=1,uuid=${UUID}`, "-nodefaults", "-boot", "menu=on"],
  ...["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/pve-edk2-firmware/OVMF_CODE.fd"],
  ...["-drive", "file=/var/lib/vz/template/iso/a.iso,if=none,id=drive-ide2,media=cdrom,aio=io_uring"],
  ...["-drive", "file=/dev/pve/vm-101-disk-0,if=none,id=drive-scsi0,format=raw,cache=none"],
  "-blockdev",
  '{"driver":"throttle","file":{"driver":"raw","file":{"driver":"host_device","filename":"/dev/pve/vm-101-disk-1"}},"node-name":"drive-scsi1"}',
];

describe("a QEMU's arguments", () => {
  const cases: [string, string[], object | undefined][] = [
    ["libvirt's", LIBVIRT, {
      ...{ name: "web,1", uuid: UUID, vmid: undefined, isLibvirts: true },
      disks: ["/var/lib/libvirt/images/web.qcow2"],
    }],
    ["Proxmox's", PROXMOX, {
      ...{ name: "db", uuid: undefined, vmid: "101", isLibvirts: false },
      disks: ["/dev/pve/vm-101-disk-0", "/dev/pve/vm-101-disk-1"],
    }],
    ["a person's", ["-enable-kvm", "-m", "1G", "-hda", "a.img", "--drive", "file=b,,c.img", "disk.qcow2"], {
      ...{ name: undefined, uuid: undefined, vmid: undefined, isLibvirts: false },
      disks: ["a.img", "b,c.img", "disk.qcow2"],
    }],
    ["nodes in pairs", ["-blockdev", "driver=raw,node-name=a,file.driver=file,file.filename=/x"], {
      ...{ name: undefined, uuid: undefined, vmid: undefined, isLibvirts: false },
      disks: ["/x"],
    }],
    ["a question for the version", ["-version"], undefined],
    ["a question for what it can do", ["-S", "-no-user-config", "-M", "none,accel=kvm:tcg", "-daemonize"], undefined],
    ["nodes in a circle", ["-blockdev", '{"node-name":"a","file":"a"}'], {
      ...{ name: undefined, uuid: undefined, vmid: undefined, isLibvirts: false },
      disks: [],
    }],
    ["a cut node", ["-name", "x", "-blockdev", '{"driver":"file","filena'], {
      ...{ name: "x", uuid: undefined, vmid: undefined, isLibvirts: false },
      disks: [],
    }],
  ];
  for (const [title, args, expected] of cases) {
    test(`${title} are read`, () => assert.deepEqual(readArguments(args), expected));
  }

  const programs: [string, boolean][] = [
    ["/usr/bin/qemu-system-x86_64", true],
    ["/usr/bin/qemu-system-x86", true],
    ["/usr/libexec/qemu-kvm", true],
    ["/usr/bin/kvm", true],
    ["/usr/bin/qemu-img", false],
    ["/usr/bin/qemu-x86_64-static", false],
    ["", false],
  ];
  for (const [path, expected] of programs) {
    test(`${path || "nothing"} is ${expected ? "a" : "no"} QEMU`, () => assert.equal(isQemu(path), expected));
  }
});

function qemu(args: readonly string[], facts: Partial<Process> = {}): Process {
  const text = args.map((arg) => `${arg}\0`).join("");
  return processOf({ pid: 700, comm: "qemu-system-x86", exepath: "/usr/bin/qemu-system-x86_64", args: text, ...facts });
}

function below(parent: Process | undefined, facts: Partial<Process> = {}): Process {
  return processOf({ pid: 701, parent, ...facts });
}

/** A table that was told of these processes. */
function tableOf(processes: readonly Process[], parts: GuestParts = {}): GuestTable {
  const table = new GuestTable(parts);
  for (const process of processes) table.learn(process);
  return table;
}

const SCOPE = "cpu=/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d1.scope/libvirt/vcpu0\0";

describe("a process's guest", () => {
  test("is that of its QEMU, and of whatever that started", () => {
    const vm = qemu(LIBVIRT);
    const table = tableOf([vm]);
    const guest = { type: "libvirt", id: UUID, name: "web,1" };
    assert.deepEqual(table.of(vm), guest);
    assert.deepEqual(table.of(below(below(vm))), guest);
    assert.deepEqual([table.isQemu(vm), table.isQemu(below(vm))], [true, false]);
  });

  const cases: [string, Process, object | undefined][] = [
    ["Proxmox's, by number", qemu(PROXMOX), { type: "proxmox", id: "101", name: "db" }],
    ["one without anything, by process", qemu(["a.img"]), { type: "qemu", id: "700", name: undefined }],
    ["a named one", qemu(["-name", "x"]), { type: "qemu", id: "x", name: "x" }],
    ["one with a UUID", qemu(["-name", "x", "-uuid", UUID]), { type: "qemu", id: UUID, name: "x" }],
    ["none of a QEMU that was asked for help", qemu(["-help"]), undefined],
    ["none of others", processOf(), undefined],
    ["that of libvirt's unit, by the short name", below(undefined, { cgroups: SCOPE }), {
      ...{ type: "libvirt", id: "web-1", name: "web-1" },
    }],
    ["that of Proxmox's unit", below(undefined, { cgroups: "cpu=/qemu.slice/101.scope\0" }), {
      ...{ type: "proxmox", id: "101", name: undefined },
    }],
    ["none of a unit that is named after QEMU", below(undefined, { cgroups: "cpu=/qemu.slice\0" }), undefined],
  ];
  for (const [title, process, expected] of cases) {
    test(`is ${title}`, () => assert.deepEqual(tableOf([process]).of(process), expected));
  }

  test("is that of the QEMU in the same unit, wherever the process came from", () => {
    const table = tableOf([qemu(LIBVIRT, { cgroups: SCOPE })]);
    assert.equal(table.of(below(undefined, { cgroups: SCOPE }))!.id, UUID);
  });

  test("is that of the definition with the unit's name", () => {
    const defined: DefinedGuest[] = [{ type: "libvirt", id: UUID, name: "web-1", disks: [] }];
    assert.equal(tableOf([], { defined: () => defined }).of(below(undefined, { cgroups: SCOPE }))!.id, UUID);
  });

  test("follows an exec: what QEMU was is not what it became", () => {
    const process = { ...qemu(PROXMOX), revision: 1 };
    const table = tableOf([process]);
    assert.equal(table.of(process)!.id, "101");
    Object.assign(process, { revision: 2, exepath: "/bin/sh", args: "" });
    assert.equal(table.of(process), undefined);
  });
});

describe("a guest's disk", () => {
  test("is known by the QEMU's arguments, in full where the record cut them", () => {
    const all = ["qemu-system-x86_64", ...LIBVIRT, "-hda", "data/late.img"].map((arg) => `${arg}\0`).join("");
    const vm = qemu(LIBVIRT, { cwd: "/srv" });
    const table = tableOf([vm], { commandLine: (pid) => pid === vm.pid ? all : undefined });
    assert.equal(table.diskOf("/srv/data/late.img")?.id, UUID);
    assert.equal(table.diskOf("/var/lib/libvirt/images/web.qcow2")?.id, UUID);
    assert.equal(table.diskOf("/srv/iso/debian.iso"), undefined);
    const other = tableOf([vm], { commandLine: () => "sh\0-hda\0/etc/shadow\0" });
    assert.equal(other.diskOf("/etc/shadow"), undefined, "the pid is another's by now");
  });

  test("is one as long as its QEMU runs, and when one was started a moment ago", () => {
    const vm = qemu(PROXMOX);
    const table = tableOf([]);
    assert.equal(table.hasDisks, false);
    table.learn(vm);
    assert.equal(table.diskOf("/dev/pve/vm-101-disk-0")?.id, "101");
    vm.alive = false;
    table.learn(qemu(["-hda", "/b"], { pid: 9 }));
    assert.equal(table.diskOf("/dev/pve/vm-101-disk-0"), undefined);
    assert.equal(table.diskOf("/b")?.id, "9");
  });

  const strangers: [string, Partial<Process>, boolean][] = [
    ["root", { uid: 0 }, true],
    ["a user", { uid: 1000 }, false],
    ["a user in libvirt's unit", { uid: 64055, cgroups: SCOPE }, true],
    ["a user in a unit of that name in their own slice", {
      ...{ uid: 1000, cgroups: SCOPE.replace("/machine.slice", "/user.slice/user-1000.slice/x") },
    }, false],
    ["root in a container", {
      ...{ uid: 0, container: { type: "docker", id: "x", fullId: "x", facts: {} } },
    }, false],
  ];
  for (const [who, facts, counts] of strangers) {
    test(`${counts ? "may" : "may not"} be named by a QEMU of ${who}`, () => {
      const table = tableOf([qemu(["-hda", "/etc/passwd"], facts)]);
      assert.equal(table.diskOf("/etc/passwd") !== undefined, counts);
    });
  }

  test("is not known of a QEMU too many, until one has ended", () => {
    const disk = (pid: number) => `/vm/${pid}.img`;
    const all = Array.from({ length: 8193 }, (_, i) => qemu(["-hda", disk(i)], { pid: i }));
    const table = tableOf(all);
    assert.deepEqual([table.diskOf(disk(8191))?.id, table.diskOf(disk(8192))], ["8191", undefined]);
    all[7]!.alive = false;
    table.learn(all[8192]!);
    assert.deepEqual([table.diskOf(disk(8192))?.id, table.diskOf(disk(7))], ["8192", undefined]);
  });

  test("is one of so many at most", () => {
    const drives = (pid: number) => Array.from({ length: 100 }, (_, i) => ["-drive", `file=/vm/${pid}/${i}`]).flat();
    const table = tableOf(Array.from({ length: 700 }, (_, pid) => qemu(drives(pid), { pid })));
    assert.equal(table.diskFiles()?.paths.length, 65536);
    assert.equal(table.diskOf("/vm/0/0")?.id, "0");
  });

  test("is known under its true name too", () => {
    onDisk({}, (root) => {
      mkdirSync(join(root, "pve"));
      writeFileSync(join(root, "dm-3"), "");
      symlinkSync("../dm-3", join(root, "pve/vm-101-disk-0"));
      const table = tableOf([qemu(["-id", "101", "-hda", join(root, "pve/vm-101-disk-0")])], { realPath });
      assert.equal(table.diskOf(join(root, "dm-3"))?.id, "101");
      assert.equal(table.diskOf(join(root, "pve/vm-101-disk-0"))?.id, "101");
    });
  });
});

const DOMAIN = `<!-- WARNING: DO NOT EDIT -->
<domain type='kvm'>
  <name>web &amp; co</name>
  <uuid>${UUID}</uuid>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/web&apos;s.qcow2' index='2'/>
      <backingStore type='file'><source file='/srv/base.qcow2'/></backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='block' device='disk'><source dev='/dev/vg/data'/><target dev='vdb'/></disk>
    <disk type='file' device='cdrom'><source file='/srv/a.iso'/><readonly/></disk>
    <interface type='bridge'><source bridge='br0' dev='eth0'/></interface>
  </devices>
</domain>`;

describe("definitions on disk", () => {
  const guest = {
    ...{ type: "libvirt", id: UUID, name: "web & co" },
    disks: ["/var/lib/libvirt/images/web's.qcow2", "/dev/vg/data"],
  };

  test("of libvirt are read, defined and running", () => {
    assert.deepEqual(fromLibvirt(DOMAIN), [guest]);
    assert.deepEqual(fromLibvirt(`<domstatus state='running'><name>x</name>${DOMAIN}</domstatus>`), [guest]);
    assert.deepEqual(fromLibvirt("<network><uuid></network>"), []);
    onDisk({ "etc/libvirt/qemu/web.xml": DOMAIN, "etc/libvirt/qemu/networks/default.xml": DOMAIN }, (root) => {
      assert.deepEqual(definedGuests(root, new Map()), [guest]);
    });
  });

  test("of Proxmox are read with the storages that their disks are in", () => {
    const conf = `#notes
name: db
scsi0: local-lvm:vm-101-disk-0,iothread=1,size=32G
scsi1: local:101/vm-101-disk-1.qcow2,size=1G
virtio2: tank:vm-101-disk-2
sata3: /dev/disk/by-id/ata-x
ide2: local:iso/debian.iso,media=cdrom
unused0: local-lvm:vm-101-disk-9
net0: virtio=AA:BB,bridge=vmbr0

[before]
name: old
scsi5: local-lvm:vm-101-disk-5
`;
    const storages = `dir: local
\tpath /var/lib/vz
\tcontent iso,images

lvmthin: local-lvm
\tthinpool data
\tvgname pve

zfspool: tank
\tpool rpool/data
`;
    const files = new Map([["qemu-server/101.conf", conf], ["lxc/102.conf", ""], ["storage.cfg", storages]]);
    assert.deepEqual(definedGuests("/nonexistent", files), [{
      ...{ type: "proxmox", id: "101", name: "db" },
      disks: [
        "/dev/pve/vm-101-disk-0",
        "/var/lib/vz/images/101/vm-101-disk-1.qcow2",
        "/dev/zvol/rpool/data/vm-101-disk-2",
        "/dev/disk/by-id/ata-x",
      ],
    }]);
  });

  test("need not be there", () => assert.deepEqual(definedGuests("/nonexistent", new Map()), []));
});
