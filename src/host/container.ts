// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";

/** Container engines as `container.type` names them; `host` is no container. */
export type ContainerType =
  | "docker"
  | "podman"
  | "cri"
  | "containerd"
  | "cri-o"
  | "lxc"
  | "libvirt-lxc"
  | "systemd-nspawn"
  | "host";

/** A directory or file of the host in a container, as `docker inspect` tells of it. */
export interface Mount {
  /** Path on the host. */
  readonly source: BinaryString;
  /** Path in the container. */
  readonly destination: BinaryString;
  /** Docker's mode (`z`, `ro`); empty where the runtime has none. */
  readonly mode: BinaryString;
  /** May be written. */
  readonly rdwr: boolean;
  /** Mount propagation: `rprivate`, `rslave`, …; empty when nothing says. */
  readonly propagation: BinaryString;
}

/** Labels by name. */
export type Labels = ReadonlyMap<BinaryString, BinaryString>;

/** Paths on the host, with its prefix, of which the first that exists is the container's passwd or group. */
export interface AccountFiles {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** What a runtime has left on disk about a container, or tells when asked; undefined is what it has not. */
export interface ContainerFacts {
  /** The engine, where the cgroup's path left it open. */
  readonly type?: ContainerType | undefined;
  readonly name?: BinaryString | undefined;
  /** The image's name as it was asked for: `docker.io/library/nginx:1.25`. */
  readonly image?: BinaryString | undefined;
  /** Hash of the image's configuration, without `sha256:`. */
  readonly imageId?: BinaryString | undefined;
  readonly imageRepository?: BinaryString | undefined;
  /** Empty for an image without one. */
  readonly imageTag?: BinaryString | undefined;
  /** `sha256:` and the hash of the image's manifest. */
  readonly imageDigest?: BinaryString | undefined;
  readonly privileged?: boolean | undefined;
  /** Shares the host's namespace. */
  readonly hostPid?: boolean | undefined;
  readonly hostNetwork?: boolean | undefined;
  readonly hostIpc?: boolean | undefined;
  readonly mounts?: readonly Mount[] | undefined;
  /** With Kubernetes' own, from which `k8s.*` follows. */
  readonly labels?: Labels | undefined;
  readonly ip?: BinaryString | undefined;
  /** The network plugin's result, JSON as text. */
  readonly cniJson?: BinaryString | undefined;
  /** Of the pod that it is in: whole id of its sandbox, and what that has. */
  readonly sandboxId?: BinaryString | undefined;
  readonly podLabels?: Labels | undefined;
  /** Where its users are found when none of its processes can be asked. Not for rules, not in recordings. */
  readonly accountFiles?: AccountFiles | undefined;
}

/** A container that a process is in. One object for each, as long as it is remembered. */
export interface Container {
  readonly type: ContainerType;
  /** Falco's short id (12 characters of a hash, or the engine's name); `host` for none. */
  readonly id: BinaryString;
  /** The whole id; `host` for none. */
  readonly fullId: BinaryString;
  /** Looked up when the container is first seen, and some times again as long as nothing is found. */
  readonly facts: ContainerFacts;
}

/** The entry of every process that is in no container. Falco's values: name `host`, other text present but empty. */
export const HOST_CONTAINER: Container = {
  type: "host",
  id: "host",
  fullId: "host",
  facts: {
    name: "host",
    image: "",
    imageId: "",
    imageRepository: "",
    imageTag: "",
    imageDigest: "",
    privileged: false,
    hostPid: false,
    hostNetwork: false,
    hostIpc: false,
    mounts: [],
    labels: new Map(),
    ip: "",
    cniJson: "",
  },
};
