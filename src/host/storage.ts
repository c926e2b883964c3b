// SPDX-License-Identifier: Apache-2.0

/** containers/storage: where Podman and CRI-O keep containers and images. */
import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import type { ContainerFacts } from "./container.ts";
import type { Identity } from "./containers.ts";
import { namedImage } from "./image.ts";
import { parseJson, part, readJson, Text, USER_LIMIT_BYTES } from "./json.ts";
import { type Bundle, readBundle, runningBundle } from "./oci.ts";

/** Lists longer than this are not read: some thousand containers have a list of this size. */
const LIST_LIMIT_BYTES = 8 << 20;
const USER_LIST_LIMIT_BYTES = 1 << 20;

/** Where root's storage is unless storage.conf moves it: what stays over a reboot, and what doesn't. */
const GRAPH_ROOT = "/var/lib/containers/storage";
const RUN_ROOT = "/run/containers/storage";
const DRIVERS = ["overlay", "vfs", "btrfs", "zfs"];

const ContainerList = z.array(z.object({ id: z.string(), names: part(z.array(Text)), metadata: part(Text) }));
const Metadata = z.object({ name: part(Text), "image-name": part(Text), "image-id": part(Text) });
const ImageList = z.array(z.object({ id: z.string(), digest: part(Text) }));

/** A container's place in a storage. */
export interface Stored {
  /** Directories with the host's prefix. */
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly driver: string;
  readonly bundle: Bundle | undefined;
  /** It is an ordinary user's storage: what is in it is that user's word. */
  readonly isUsers: boolean;
}

/** Where a container is stored: in root's storage, or where the one that runs has its bundle. */
export function locate(identity: Identity, root: string): Stored | undefined {
  const { fullId } = identity;
  const places = DRIVERS.flatMap((driver) =>
    [RUN_ROOT, GRAPH_ROOT].map((place) => `${place}/${driver}-containers/${fullId}/userdata`)
  );
  for (const place of places) {
    const bundle = readBundle(root, place);
    if (bundle !== undefined) return placed(place, bundle, identity, root, false);
  }
  const running = runningBundle(identity, root);
  if (running === undefined) return undefined;
  const isUsers = identity.uid !== undefined && identity.uid !== 0;
  return placed(running, readBundle(root, running, isUsers ? USER_LIMIT_BYTES : undefined), identity, root, isUsers);
}

function placed(
  directory: string,
  bundle: Bundle | undefined,
  { fullId }: Identity,
  root: string,
  isUsers: boolean,
): Stored | undefined {
  const tail = `-containers/${fullId}/userdata`;
  const split = (path: string) =>
    path.includes(tail) ? /^(.*)\/([a-z]+)$/.exec(path.slice(0, path.indexOf(tail))) : null;
  const here = split(directory);
  if (here === null) return undefined;
  const driver = here[2]!;
  if (here[1] === RUN_ROOT) return { graphRoot: root + GRAPH_ROOT, runRoot: root + RUN_ROOT, driver, bundle, isUsers };
  const graphRoot = here[1]!;
  // what it mounts from elsewhere by the same name lies in the other root: /etc/hosts, /run/.containerenv
  const other = bundle?.binds.map(({ source }) => split(source)?.[1]).find((at) =>
    at !== undefined && at !== graphRoot
  );
  return { graphRoot: root + graphRoot, runRoot: root + (other ?? RUN_ROOT), driver, bundle, isUsers };
}

/** Root's storage, for a container that has no bundle yet. */
export function rootStorages(root: string): Stored[] {
  const places = { graphRoot: root + GRAPH_ROOT, runRoot: root + RUN_ROOT, bundle: undefined, isUsers: false };
  return DRIVERS.map((driver) => ({ ...places, driver }));
}

/** Name and image of a container by the storage's list; the engine adds it there before it starts it. */
export function listed(id: string, { graphRoot, runRoot, driver, isUsers }: Stored): ContainerFacts | undefined {
  const limit = isUsers ? USER_LIST_LIMIT_BYTES : LIST_LIMIT_BYTES;
  const lists = [
    `${graphRoot}/${driver}-containers/containers.json`,
    `${runRoot}/${driver}-containers/volatile-containers.json`,
  ];
  for (const path of lists) {
    const entry = readJson(path, ContainerList, limit)?.find((entry) => entry.id === id);
    if (entry === undefined) continue;
    const metadata = parseJson(entry.metadata, Metadata);
    const imageId = metadata?.["image-id"] || undefined;
    return {
      name: metadata?.name ?? entry.names?.[0],
      imageId,
      ...namedImage(metadata?.["image-name"]),
    };
  }
  return undefined;
}

/** Digest of the manifest of an image in the storage. */
export function digestOf(imageId: BinaryString | undefined, { graphRoot, driver, isUsers }: Stored) {
  if (imageId === undefined) return undefined;
  const limit = isUsers ? USER_LIST_LIMIT_BYTES : LIST_LIMIT_BYTES;
  const images = readJson(`${graphRoot}/${driver}-images/images.json`, ImageList, limit);
  return images?.find(({ id }) => id === imageId)?.digest;
}
