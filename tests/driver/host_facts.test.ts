// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { HostFacts } from "../../src/doctor/facts.ts";
import { hostFacts } from "../../src/driver/host_facts.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-host-"));
after(() => rmSync(folder, { recursive: true }));

/** The facts of a host that has these files only. */
function factsOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  links: Readonly<Record<string, string>> = {},
): HostFacts {
  const root = mkdtempSync(join(folder, "root-"));
  const place = (path: string) => {
    mkdirSync(dirname(root + path), { recursive: true });
    return root + path;
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(place(path), text);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, place(path));
  return HostFacts.parse(hostFacts(root));
}

const mounts = (...lines: string[]) => ({ "/proc/self/mountinfo": lines.join("\n") + "\n" });
const ROOT = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw";
const V1 = "30 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu";
const V2 = "31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const EFI = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

test("of this host fit the schema, whatever it is", () => {
  assert.equal(HostFacts.parse(hostFacts()).release, release());
});

describe("each fact is read from where the kernel tells it", () => {
  const cases: readonly [name: string, files: Record<string, string | Uint8Array>, expected: Partial<HostFacts>][] = [
    ["nothing can be read", {}, {
      ...{ capabilities: "0", seccomp: false, hostPids: null, lockdown: null, secureBoot: null, btf: null },
      ...{ securityModules: null, cgroups: "none", runtimes: [], clockSource: null, lockedMemory: null },
      modules: { supported: false, disabled: false, signed: false },
      mounts: { rootReadOnly: false, tmpNoexec: false, hidepid: null, procSys: false },
    }],
    ["capabilities and seccomp", { "/proc/self/status": "Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t2\n" }, {
      capabilities: "000001ffffffffff",
      seccomp: true,
    }],
    ["a limit of locked memory", {
      "/proc/self/limits": "Max locked memory         65536                65536                bytes\n",
    }, { lockedMemory: 65536 }],
    ["no limit of locked memory", {
      "/proc/self/limits": "Max locked memory         unlimited            unlimited            bytes\n",
    }, { lockedMemory: null }],
    ["lockdown", { "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" }, { lockdown: "integrity" }],
    ["security modules", { "/sys/kernel/security/lsm": "capability,yama,bpf\n" }, {
      securityModules: ["capability", "yama", "bpf"],
    }],
    ["Secure Boot on", { [EFI]: Buffer.from([6, 0, 0, 0, 1]) }, { secureBoot: true }],
    ["Secure Boot off", { [EFI]: Buffer.from([6, 0, 0, 0, 0]) }, { secureBoot: false }],
    ["signatures enforced, modules off", {
      "/proc/modules": "",
      "/proc/sys/kernel/modules_disabled": "1\n",
      "/sys/module/module/parameters/sig_enforce": "Y\n",
    }, { modules: { supported: true, disabled: true, signed: true } }],
    ["BTF", { "/sys/kernel/btf/vmlinux": "12345" }, { btf: 5 }],
    ["cgroup v1", mounts(ROOT, V1), { cgroups: "v1" }],
    ["cgroup v2", mounts(ROOT, V2), { cgroups: "v2" }],
    ["both cgroups", mounts(ROOT, V1, V2), { cgroups: "hybrid" }],
    ["a clock", { "/sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n" }, {
      clockSource: "hpet",
    }],
    ["runtimes, but not a package's empty folder", {
      "/run/containerd/containerd.sock": "",
      "/etc/pve/storage.cfg": "x",
    }, {
      runtimes: ["containerd", "proxmox"],
    }],
    [
      "a read-only root and a noexec /tmp",
      mounts(
        "22 1 8:1 / / ro,relatime - ext4 /dev/sda1 rw",
        "23 22 0:30 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw",
      ),
      { mounts: { rootReadOnly: true, tmpNoexec: true, hidepid: null, procSys: false } },
    ],
    ["hidden processes and /proc/sys", {
      ...mounts(ROOT, "24 22 0:5 / /proc rw,nosuid - proc proc rw,hidepid=invisible"),
      "/proc/sys/kernel/ostype": "Linux\n",
    }, { mounts: { rootReadOnly: false, tmpNoexec: false, hidepid: "invisible", procSys: true } }],
    ["hidepid=0 hides nothing", mounts("24 22 0:5 / /proc rw - proc proc rw,hidepid=0"), {
      mounts: { rootReadOnly: false, tmpNoexec: false, hidepid: null, procSys: false },
    }],
  ];
  for (const [name, files, expected] of cases) {
    test(name, () => {
      const facts = factsOf(files);
      const keys = Object.keys(expected) as (keyof HostFacts)[];
      assert.deepEqual(Object.fromEntries(keys.map((key) => [key, facts[key]])), expected);
    });
  }
  test("the pid namespace", () => {
    assert.equal(factsOf({}, { "/proc/self/ns/pid": "pid:[4026531836]" }).hostPids, true);
    assert.equal(factsOf({}, { "/proc/self/ns/pid": "pid:[4026532999]" }).hostPids, false);
  });
  test("the user namespace", () => {
    assert.equal(factsOf({}, { "/proc/self/ns/user": "user:[4026531837]" }).hostUsers, true);
    assert.equal(factsOf({}, { "/proc/self/ns/user": "user:[4026532999]" }).hostUsers, false);
    assert.equal(factsOf({}).hostUsers, null);
  });
});
