// SPDX-License-Identifier: Apache-2.0

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

/** What is known of one container. */
export interface Container {
  readonly type: ContainerType;
  /** Falco's short id (12 characters of a hash, or the engine's name); `host` for none. */
  readonly id: string;
  /** The whole id; `host` for none. */
  readonly fullId: string;
  /** Facts that a runtime left on disk; undefined when none were found. */
  readonly name: string | undefined;
  readonly imageRepository: string | undefined;
  readonly imageTag: string | undefined;
}

/** The entry of every process that is in no container. Falco's values: name `host`, image strings present but empty. */
export const HOST_CONTAINER: Container = {
  type: "host",
  id: "host",
  fullId: "host",
  name: "host",
  imageRepository: "",
  imageTag: "",
};
