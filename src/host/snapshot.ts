// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import type { Container } from "./container.ts";
import { Containers } from "./containers.ts";
import type { ProcessFacts } from "./entry.ts";
import { GuestTable } from "./guests.ts";
import type { KnownHost } from "./live.ts";
import { ProcessTable } from "./processes.ts";
import {
  type ReadContainer,
  StoredContainer,
  StoredContainers,
  StoredGroups,
  StoredUsers,
  writeAccounts,
  writeContainer,
} from "./snapshot_container.ts";
import { FixedNames } from "./users.ts";

/** 64 bits in JSON, which has no bigint. */
const Big = z.string().regex(/^-?\d{1,20}$/).transform(BigInt);

const Facts = z.object({
  pid: z.number().int().positive(),
  ppid: z.number(),
  comm: z.string(),
  exe: z.string(),
  args: z.string(),
  exepath: z.string(),
  env: z.string(),
  cwd: z.string().optional(),
  uid: z.number(),
  gid: z.number(),
  loginuid: z.number(),
  sid: z.number(),
  pgid: z.number(),
  vpid: z.number(),
  vtid: z.number(),
  vpgid: z.number(),
  tty: z.number(),
  exeFlags: z.number(),
  exeIno: Big,
  exeInoCtime: Big,
  exeInoMtime: Big,
  capInheritable: Big,
  capPermitted: Big,
  capEffective: Big,
  fdlimit: z.number(),
  vmSize: z.number(),
  vmRss: z.number(),
  vmSwap: z.number(),
  majorFaults: z.number(),
  minorFaults: z.number(),
  startTime: Big,
  execTime: Big,
  pidnsStartTime: Big,
  cgroups: z.string(),
  cgroup: z.string(),
  threads: z.number(),
  startBoot: z.number(),
  seenAt: z.number(),
});

const KnownGuest = z.object({
  type: z.enum(["libvirt", "proxmox", "qemu"]),
  id: z.string(),
  name: z.string().optional(),
  disks: z.array(z.string()),
});

const Snapshot = z.object({
  hostname: z.string(),
  bootTime: Big,
  users: StoredUsers,
  groups: StoredGroups,
  containers: z.array(StoredContainer),
  guests: z.array(KnownGuest).default([]),
  processes: z.array(Facts),
});

/**
 * A host at one moment as JSON: what a recording needs besides its records so that they are judged elsewhere, later
 * and without privileges as they would have been there.
 */
export type HostSnapshot = z.input<typeof Snapshot>;

/** What a host knows now. */
export function snapshot(host: KnownHost): HostSnapshot {
  const containers = new Set<Container>();
  const processes = [];
  for (const entry of host.processes.values()) {
    if (entry.container.type !== "host") containers.add(entry.container);
    processes.push(writeFacts(entry.facts()));
  }
  return {
    hostname: host.hostname,
    bootTime: String(host.bootTime),
    ...writeAccounts(host.names),
    containers: [...containers].map((container) => writeContainer(container, host.names.ofContainer(container))),
    guests: host.guests.list().map(({ type, id, name, disks }) => ({
      ...{ type, id, disks: [...disks] },
      ...(name === undefined ? {} : { name }),
    })),
    processes,
  };
}

/** The host that a recording was made on, which may learn of containers while the recording is read. */
export interface RecordedHost extends KnownHost {
  /**
   * Takes in what the recording says of a container that came later.
   * @param stored as `writeContainer` made it, as it comes out of JSON
   * @throws z.ZodError when it is none.
   */
  learnContainer(stored: unknown): void;
}

/**
 * The host that a snapshot was taken of. Asks nothing of the machine it runs on.
 * @param stored a HostSnapshot, as it comes out of JSON
 * @throws z.ZodError when it is none.
 */
export function hostFromSnapshot(stored: unknown): RecordedHost {
  const { hostname, bootTime, guests: defined, processes: facts, containers: known, ...accounts } = Snapshot.parse(
    stored,
  );
  const names = new FixedNames(accounts);
  const found = new StoredContainers();
  const containers = new Containers(({ type, fullId }) => found.find(type, fullId));
  const learn = (container: ReadContainer) => {
    const { fullId, users, groups } = container;
    found.learn(container);
    if (users !== undefined && groups !== undefined) names.learnContainer(fullId, { users, groups });
  };
  known.forEach(learn);
  const guests = new GuestTable({ defined: () => defined.map((guest) => ({ ...guest, name: guest.name })) });
  const processes = new ProcessTable({
    bootTime: () => bootTime,
    containerOf: (cgroups, cgroup) => containers.of(cgroups, cgroup),
    revised: (entry) => guests.learn(entry),
  });
  processes.seed(facts.map(readFacts));
  return {
    ...{ hostname, bootTime, processes, names, guests },
    learnContainer: (stored) => {
      const container = StoredContainer.parse(stored);
      learn(container);
      containers.askAgain(container.fullId);
    },
  };
}

function writeFacts({ cwd, ...facts }: ProcessFacts): z.input<typeof Facts> {
  const { exeIno, exeInoCtime, exeInoMtime, capInheritable, capPermitted, capEffective, ...rest } = facts;
  const { startTime, execTime, pidnsStartTime } = facts;
  return {
    ...rest,
    ...(cwd === undefined ? {} : { cwd }),
    exeIno: String(exeIno),
    exeInoCtime: String(exeInoCtime),
    exeInoMtime: String(exeInoMtime),
    capInheritable: String(capInheritable),
    capPermitted: String(capPermitted),
    capEffective: String(capEffective),
    startTime: String(startTime),
    execTime: String(execTime),
    pidnsStartTime: String(pidnsStartTime),
  };
}

function readFacts(facts: z.output<typeof Facts>): ProcessFacts {
  return { ...facts, cwd: facts.cwd };
}
