// SPDX-License-Identifier: Apache-2.0

import { hostname } from "node:os";
import process from "node:process";
import { encodeText } from "../events/text.ts";
import { BootClock } from "./clock.ts";
import { Containers } from "./containers.ts";
import { ProcDescriptors } from "./descriptors.ts";
import { inodeOf, readStart, realPath } from "./files.ts";
import { GuestTable } from "./guests.ts";
import type { Host } from "./host.ts";
import { definedGuests } from "./hypervisors.ts";
import { ProcessTable } from "./processes.ts";
import { Procfs } from "./procfs.ts";
import { ProxmoxReader } from "./proxmox.ts";
import { type RuntimeSocket, RuntimeSockets } from "./runtime_sockets.ts";
import { findOnDisk } from "./runtimes.ts";
import type { AddressNames } from "./resolver.ts";
import { FileNames, type NameTable } from "./users.ts";

/** Libvirt gives a QEMU some 10 KiB of arguments, more with many disks. */
const COMMAND_LINE_BYTES = 256 << 10;

/** A host whose facts can be listed, for a snapshot. */
export interface KnownHost extends Host {
  readonly processes: ProcessTable;
  readonly names: NameTable;
  readonly guests: GuestTable;
  /** Resolves, soon, when what is not read at once has been read. Absent where all is known. */
  readonly ready?: Promise<void>;
  /** Reads environments from now on, and now those of the processes that are known. Absent where there are none. */
  readEnvironments?(): void;
}

/** What differs from the ordinary. */
export interface LiveHostOptions {
  /** Prefix of the host's file system where it is not at `/`; by default HOST_ROOT, as in Falco. */
  readonly root?: string;
  /** Whether the plan asks for environments. */
  readonly withEnv?: boolean;
  /** Names of hosts that rules speak of. */
  readonly addressNames?: AddressNames;
  /** Where runtimes are asked about containers of which the disk tells too little; by default nobody is. */
  readonly sockets?: readonly RuntimeSocket[];
  /** Takes a line about what is amiss with one of them. */
  readonly tell?: (line: string) => void;
  /** Processes kept at most. */
  readonly processLimit?: number;
}

/**
 * The host that we run on, with the processes that it has now. To be made after the driver began to collect records
 * and before the first is read, so that a process is either in /proc now or in a record. Processes are known under
 * the ids of the /proc that is read: it must be of the host's first pid namespace, as records are.
 *
 * The name is FALCO_HOSTNAME if that is set, as in Falco.
 *
 * @throws Error when there is no /proc.
 */
export function liveHost(options: LiveHostOptions = {}): KnownHost {
  const root = options.root ?? process.env["HOST_ROOT"] ?? "";
  const clock = new BootClock();
  const proxmox = new ProxmoxReader(`${root}/etc/pve`);
  const sockets = options.sockets?.map((socket) => ({ ...socket, path: root + socket.path })) ?? [];
  const runtimes = sockets.length === 0 ? undefined : new RuntimeSockets(sockets, options.tell);
  const containers = new Containers(
    (identity) => findOnDisk(identity, root, proxmox.files),
    runtimes && ((identity) => runtimes.ask(identity)),
  );
  const procfs = new Procfs(clock, `${root}/proc`, options.withEnv ?? false);
  const guests = new GuestTable({
    defined: () => definedGuests(root, proxmox.files ?? new Map()),
    commandLine: (pid) => readStart(`${root}/proc/${pid}/cmdline`, COMMAND_LINE_BYTES),
    inode: (path) => inodeOf(root + path),
    realPath: (path) => realPath(root + path)?.slice(root.length),
  });
  const names = new FileNames(root);
  const processes = new ProcessTable({
    bootTime: () => clock.bootTime,
    containerOf: (cgroups, cgroup) => containers.of(cgroups, cgroup),
    revised: (entry) => {
      guests.learn(entry);
      names.learn(entry);
    },
    finder: procfs,
    limit: options.processLimit,
  });
  processes.seed(procfs.findAll());
  return {
    hostname: encodeText(process.env["FALCO_HOSTNAME"] || hostname()),
    get bootTime() {
      return clock.bootTime;
    },
    processes,
    names,
    guests,
    ready: proxmox.ready,
    descriptors: new ProcDescriptors(`${root}/proc`),
    readEnvironments() {
      procfs.withEnv = true;
      for (const entry of processes.values()) {
        if (!entry.alive || entry.env !== "") continue;
        const env = procfs.find(entry.pid)?.env ?? "";
        if (env !== "") entry.learn({ ...entry.facts(), env });
      }
    },
    ...(options.addressNames === undefined ? {} : { addressNames: options.addressNames }),
  };
}
