// SPDX-License-Identifier: Apache-2.0

/** A container in a snapshot or in a recording: all that is known of it as JSON. */
import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import type { Accounts } from "./accounts.ts";
import type { Container, ContainerFacts } from "./container.ts";

/** Users in JSON: id, name, home directory and shell; recordings of before have the first two. */
export const StoredUsers = z.array(z.tuple([z.number(), z.string()]).rest(z.string())).transform((rows) =>
  new Map(rows.map(([id, name, home = "", shell = ""]) => [id, { name, home, shell }]))
);

/** Groups in JSON: id and name. */
export const StoredGroups = z.array(z.tuple([z.number(), z.string()])).transform((rows) => new Map(rows));

/** What JSON has of users and groups. */
export function writeAccounts({ users, groups }: Accounts): {
  readonly users: z.input<typeof StoredUsers>;
  readonly groups: z.input<typeof StoredGroups>;
} {
  return { users: [...users].map(([id, { name, home, shell }]) => [id, name, home, shell]), groups: [...groups] };
}

const Labels = z.array(z.tuple([z.string(), z.string()])).transform((pairs) => new Map(pairs));

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
  labels: Labels.optional(),
  ip: z.string().optional(),
  cniJson: z.string().optional(),
  sandboxId: z.string().optional(),
  podLabels: Labels.optional(),
});

/** A container as it is stored. */
export const StoredContainer = z.object({
  type: z.string(),
  fullId: z.string(),
  facts: StoredFacts,
  users: StoredUsers.optional(),
  groups: StoredGroups.optional(),
});

/** A container that was stored. */
export type ReadContainer = z.output<typeof StoredContainer>;

/** What JSON has of a container; `accounts` are its own users and groups, if known. */
export function writeContainer(
  { type, fullId, facts }: Container,
  accounts: Accounts | undefined,
): z.input<typeof StoredContainer> {
  const { labels, podLabels, mounts, accountFiles: _, ...rest } = facts;
  const known = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    type,
    fullId,
    facts: {
      ...(Object.fromEntries(known) as z.input<typeof StoredFacts>),
      ...(labels && { labels: [...labels] }),
      ...(podLabels && { podLabels: [...podLabels] }),
      ...(mounts && { mounts: [...mounts] }),
    },
    ...(accounts && writeAccounts(accounts)),
  };
}

/** The facts of containers that were stored, found by what their cgroups say. */
export class StoredContainers {
  readonly #byId = new Map<string, ContainerFacts>();

  /** Takes one in, over what was known of it. */
  learn({ type, fullId, facts }: ReadContainer): void {
    this.#byId.set(keyOf(type, fullId), facts);
    // its cgroup may say another type than its runtime does; a hash is nobody else's
    if (fullId.length === 64) this.#byId.set(fullId, facts);
  }

  find(type: string, fullId: BinaryString): ContainerFacts | undefined {
    return this.#byId.get(keyOf(type, fullId)) ?? this.#byId.get(fullId);
  }
}

function keyOf(type: string, fullId: BinaryString): string {
  return `${type} ${fullId}`;
}
