// SPDX-License-Identifier: Apache-2.0

import type { ContainerFacts, ContainerType } from "./container.ts";
import { findInContainerd } from "./containerd.ts";
import type { Identity } from "./containers.ts";
import { findInCrio } from "./crio.ts";
import { findInDocker } from "./docker.ts";
import { findInPodman } from "./podman.ts";
import type { ProxmoxFiles } from "./proxmox.ts";
import { findSystem } from "./systems.ts";

type Finder = (identity: Identity, root: string, proxmox: ProxmoxFiles | undefined) => ContainerFacts | undefined;

/** Who may know a container, the likeliest first: a bare hash (`docker`) is any engine's that makes such cgroups. */
const FINDERS: Readonly<Record<Exclude<ContainerType, "host">, readonly Finder[]>> = {
  docker: [findInDocker, findInContainerd, findInPodman],
  podman: [findInPodman],
  containerd: [findInContainerd],
  "cri-o": [findInCrio],
  cri: [findInContainerd, findInCrio, findInDocker],
  lxc: [findSystem],
  "libvirt-lxc": [findSystem],
  "systemd-nspawn": [findSystem],
};

/**
 * What the container's runtime left on disk, without asking any of them: none needs to run, none is kept waiting.
 * Undefined when there is nothing (yet). Reads some files, each bounded in size: at most some ms.
 * @param root prefix of the host's file system
 * @param proxmox what is known of /etc/pve; undefined before it was read
 */
export function findOnDisk(
  identity: Identity,
  root: string,
  proxmox: ProxmoxFiles | undefined,
): ContainerFacts | undefined {
  if (identity.type === "host") return undefined;
  for (const find of FINDERS[identity.type]) {
    const facts = find(identity, root, proxmox);
    if (facts !== undefined) return facts;
  }
  return undefined;
}
