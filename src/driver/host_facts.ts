// SPDX-License-Identifier: Apache-2.0

/** Reading what /proc and /sys tell of a host, for src/doctor to judge. Needs no privileges; nothing is tried. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { release, version } from "node:os";
import process from "node:process";
import type { HostFacts } from "../doctor/facts.ts";
import { readLink, readStart } from "../host/files.ts";
import { machineName } from "./machine.ts";
import { HOST_PIDS } from "./pid.ts";

/** The host's user namespace: PROC_USER_INIT_INO of linux/proc_ns.h (since Linux 3.8). */
const HOST_USERS = "user:[4026531837]";

const LIMIT_BYTES = 1 << 20;

/** Where each runtime keeps what is there even when nothing runs. */
const RUNTIMES: readonly (readonly [name: string, ...paths: readonly string[]])[] = [
  ["docker", "/var/lib/docker", "/var/snap/docker", "/run/docker.sock"],
  ["containerd", "/run/containerd/containerd.sock", "/var/lib/containerd"],
  ["k3s", "/var/lib/rancher/k3s"],
  ["rke2", "/var/lib/rancher/rke2"],
  ["k0s", "/var/lib/k0s"],
  ["microk8s", "/var/snap/microk8s"],
  ["cri-o", "/run/crio/crio.sock", "/etc/crio"],
  ["podman", "/var/lib/containers/storage", "/run/podman"],
  ["lxc", "/var/lib/lxc"],
  ["systemd-nspawn", "/etc/systemd/nspawn", "/var/lib/machines"],
  ["libvirt", "/etc/libvirt/qemu", "/run/libvirt"],
  ["proxmox", "/etc/pve"],
];

/** A mount of /proc/self/mountinfo. */
interface Mount {
  readonly point: string;
  readonly type: string;
  /** Of the mount and of the file system. */
  readonly options: readonly string[];
}

/**
 * The facts of the running host.
 * @param root prefix of /proc, /sys and the rest, for tests
 */
export function hostFacts(root = ""): HostFacts {
  const read = (path: string) => readStart(root + path, LIMIT_BYTES)?.trim();
  const status = read("/proc/self/status") ?? "";
  const mounts = mountsIn(read("/proc/self/mountinfo") ?? "");
  const lockedMemory = /^Max locked memory\s+(\d+)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  const isIn = (kind: string, host: string) => {
    const namespace = readLink(`${root}/proc/self/ns/${kind}`);
    return namespace === undefined ? null : namespace === host;
  };
  return {
    release: release(),
    version: version(),
    machine: machineName(),
    uid: process.getuid?.() ?? 0,
    capabilities: /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0",
    hostUsers: isIn("user", HOST_USERS),
    seccomp: /^Seccomp:\s*[12]$/m.test(status),
    lockedMemory: lockedMemory === undefined ? null : Number(lockedMemory),
    hostPids: isIn("pid", HOST_PIDS),
    lockdown: lockdownIn(read("/sys/kernel/security/lockdown")),
    secureBoot: secureBoot(root),
    modules: {
      supported: existsSync(`${root}/proc/modules`),
      disabled: read("/proc/sys/kernel/modules_disabled") === "1",
      signed: read("/sys/module/module/parameters/sig_enforce") === "Y",
    },
    securityModules: read("/sys/kernel/security/lsm")?.split(",") ?? null,
    btf: sizeOf(`${root}/sys/kernel/btf/vmlinux`),
    cgroups: cgroupsIn(mounts),
    runtimes: RUNTIMES.filter(([, ...paths]) => paths.some((path) => isThere(root + path))).map(([name]) => name),
    mounts: {
      rootReadOnly: mountOf(mounts, "/")?.options.includes("ro") ?? false,
      tmpNoexec: mountOf(mounts, "/tmp")?.options.includes("noexec") ?? false,
      hidepid: hidepidIn(mounts),
      procSys: read("/proc/sys/kernel/ostype") !== undefined,
    },
    clockSource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? null,
  };
}

/** Folders count when something is in them: packages leave empty ones. */
function isThere(path: string): boolean {
  try {
    return statSync(path).isDirectory() ? readdirSync(path).length > 0 : true;
  } catch {
    return false;
  }
}

/** Null for a file that is not there or can't be read. */
function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
}

/** `none [integrity] confidentiality`. */
function lockdownIn(text: string | undefined): HostFacts["lockdown"] {
  const level = /\[(none|integrity|confidentiality)\]/.exec(text ?? "")?.[1];
  return level === undefined ? null : level as NonNullable<HostFacts["lockdown"]>;
}

/** The EFI variable: four bytes of attributes, then the value. */
function secureBoot(root: string): boolean | null {
  if (!existsSync(`${root}/sys/firmware/efi`)) return null;
  const name = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  return readStart(`${root}/sys/firmware/efi/efivars/${name}`, 5)?.charCodeAt(4) === 1;
}

function mountsIn(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line): Mount[] => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , , point, options] = left.split(" ");
    const [type, , superOptions] = right.split(" ");
    if (point === undefined || options === undefined || type === undefined) return [];
    return [{ point, type, options: [...options.split(","), ...(superOptions ?? "").split(",")] }];
  });
}

/** The mount that a path is on; the last of several on one point covers the others. */
function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.findLast(({ point }) => point === path) ?? (path === "/" ? undefined : mountOf(mounts, "/"));
}

function cgroupsIn(mounts: readonly Mount[]): HostFacts["cgroups"] {
  const v1 = mounts.some(({ type }) => type === "cgroup");
  const v2 = mounts.some(({ type }) => type === "cgroup2");
  if (v1) return v2 ? "hybrid" : "v1";
  return v2 ? "v2" : "none";
}

/** hidepid=0 and =off hide nothing. */
function hidepidIn(mounts: readonly Mount[]): string | null {
  const option = mountOf(mounts, "/proc")?.options.find((option) => option.startsWith("hidepid="))?.slice(8);
  return option === undefined || option === "0" || option === "off" ? null : option;
}
