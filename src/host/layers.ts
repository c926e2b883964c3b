// SPDX-License-Identifier: Apache-2.0

/** Where the host has a container's files: its own layer, then those of its image, which outlast it. */
import type { BinaryString } from "../events/text.ts";
import type { AccountFiles, Mount } from "./container.ts";
import { readStart } from "./files.ts";

/** Overlayfs takes no more layers than this. */
const LAYER_LIMIT = 500;

/** A list of that many layers' names. */
const LIST_LIMIT_BYTES = 32 << 10;

/**
 * The directories that make up a root file system, topmost first. Podman, CRI-O and Docker keep an overlay's parts beside
 * the place where they mount it: `ID/merged`, `ID/diff`, and in `ID/lower` the others by names relative to ID's parent.
 */
function layersOf(rootfs: string): readonly string[] {
  const [, store, id] = /^(.*)\/([^/]+)\/merged$/.exec(rootfs) ?? [];
  const lower = store === undefined ? undefined : readStart(`${store}/${id}/lower`, LIST_LIMIT_BYTES);
  if (lower === undefined) return [rootfs];
  const names = lower.trim().split(":").slice(0, LAYER_LIMIT).filter((name) => name !== "");
  return [`${store}/${id}/diff`, ...names.map((name) => `${store}/${name}`)];
}

/**
 * Where passwd and group of a container may lie, the first that exists being the one.
 * @param root prefix of the host's file system
 * @param rootfs where its root file system is mounted, with that prefix
 * @param binds what is mounted into it
 */
export function accountFiles(root: string, rootfs: string, binds: readonly Mount[]): AccountFiles {
  const layers = layersOf(rootfs);
  const places = (path: BinaryString) => {
    const bind = binds.find(({ destination }) => destination === path);
    return bind === undefined ? layers.map((layer) => layer + path) : [root + bind.source];
  };
  return { users: places("/etc/passwd"), groups: places("/etc/group") };
}
