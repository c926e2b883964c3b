// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import type { Container, ContainerFacts } from "./container.ts";
import { Containers, type Identity } from "./containers.ts";
import type { ProcessFacts } from "./entry.ts";
import { GuestTable } from "./guests.ts";
import type { KnownHost } from "./live.ts";
import { ProcessTable } from "./processes.ts";
import { FixedNames } from "./users.ts";

/** 64 bits in JSON, which has no bigint. */
const Big = z.string().regex(/^-?\d{1,20}$/).transform(BigInt);

const Names = z.array(z.tuple([z.number(), z.string()]));

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

const LabelPairs = z.array(z.tuple([z.string(), z.string()]));

const StoredFacts = z.object({
  type: z.enum(["docker", "podman", "cri", "containerd", "cri-o", "lxc", "libvirt-lxc", "systemd-nspawn"]).optional(),
  name: z.string().optional(),
  image: z.string().optional(),
  imageId: z.string().optional(),
  imageRepository: z.string().optional(),
  imageTag: z.string().optional(),
  imageDigest: z.string().optional(),
  privileged: z.boolean().optional(),
  hostPid: z.boolean().optional(),
  hostNetwork: z.boolean().optional(),
  hostIpc: z.boolean().optional(),
  mounts: z.array(z.object({
    source: z.string(),
    destination: z.string(),
    mode: z.string(),
    rdwr: z.boolean(),
    propagation: z.string(),
  })).optional(),
  labels: LabelPairs.optional(),
  ip: z.string().optional(),
  cniJson: z.string().optional(),
  sandboxId: z.string().optional(),
  podLabels: LabelPairs.optional(),
});

const KnownContainer = z.object({ type: z.string(), fullId: z.string(), facts: StoredFacts });

const KnownGuest = z.object({
  type: z.enum(["libvirt", "proxmox", "qemu"]),
  id: z.string(),
  name: z.string().optional(),
  disks: z.array(z.string()),
});

const Snapshot = z.object({
  hostname: z.string(),
  bootTime: Big,
  users: Names,
  groups: Names,
  containers: z.array(KnownContainer),
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
    users: [...host.names.users],
    groups: [...host.names.groups],
    containers: [...containers].map(({ type, fullId, facts }) => ({ type, fullId, facts: writeContainer(facts) })),
    guests: host.guests.list().map(({ type, id, name, disks }) => ({
      ...{ type, id, disks: [...disks] },
      ...(name === undefined ? {} : { name }),
    })),
    processes,
  };
}

/**
 * The host that a snapshot was taken of. Asks nothing of the machine it runs on.
 * @param stored a HostSnapshot, as it comes out of JSON
 * @throws z.ZodError when it is none.
 */
export function hostFromSnapshot(stored: unknown): KnownHost {
  const { hostname, bootTime, users, groups, containers: known, guests: defined, processes: facts } = Snapshot.parse(
    stored,
  );
  const byId = new Map<string, ContainerFacts>();
  for (const { type, fullId, facts } of known) {
    const container = readContainer(facts);
    byId.set(keyOf(type, fullId), container);
    // its cgroup may say another type than its runtime does; a hash is nobody else's
    if (fullId.length === 64) byId.set(fullId, container);
  }
  const find = ({ type, fullId }: Identity) => byId.get(keyOf(type, fullId)) ?? byId.get(fullId);
  const containers = new Containers(find);
  const guests = new GuestTable({ defined: () => defined.map((guest) => ({ ...guest, name: guest.name })) });
  const processes = new ProcessTable({
    bootTime: () => bootTime,
    containerOf: (cgroups, cgroup) => containers.of(cgroups, cgroup),
    revised: (entry) => guests.learn(entry),
  });
  processes.seed(facts.map(readFacts));
  return { hostname, bootTime, processes, names: new FixedNames(new Map(users), new Map(groups)), guests };
}

function keyOf(type: string, fullId: BinaryString): string {
  return `${type} ${fullId}`;
}

function writeContainer({ labels, podLabels, ...facts }: ContainerFacts): z.input<typeof StoredFacts> {
  const stored = {
    ...facts,
    labels: labels && [...labels],
    podLabels: podLabels && [...podLabels],
  };
  return StoredFacts.parse(stored); // and drops what is undefined
}

function readContainer({ labels, podLabels, ...facts }: z.output<typeof StoredFacts>): ContainerFacts {
  return { ...facts, labels: labels && new Map(labels), podLabels: podLabels && new Map(podLabels) };
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
