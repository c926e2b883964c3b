// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { z } from "zod";
import type { ContainerFacts, Identity } from "./containers.ts";
import { readStart } from "./files.ts";
import { encodeText } from "../events/text.ts";

/** A list of containers longer than this is not read: some thousand containers have a list of this size. */
const LIMIT_BYTES = 8 << 20;

/** Lists of containers/storage: what stays over a reboot, and what doesn't (`podman run --rm`). */
const LISTS = [
  "/var/lib/containers/storage/overlay-containers/containers.json",
  "/run/containers/storage/overlay-containers/volatile-containers.json",
  "/var/lib/containers/storage/vfs-containers/containers.json",
  "/run/containers/storage/vfs-containers/volatile-containers.json",
];

const List = z.array(
  z.object({ id: z.string(), names: z.array(z.string()).nullish(), metadata: z.string().nullish() }),
);
const Metadata = z.object({ name: z.string().optional(), "image-name": z.string().optional() });

/**
 * Name and image of a container of Podman as root, from containers/storage's list, where Podman writes them before the
 * container starts. CRI-O keeps its containers there too. Undefined for what is not there.
 * @param root prefix of the host's file system
 */
export function findInStorage(identity: Identity, root = ""): ContainerFacts | undefined {
  if (identity.type !== "podman" && identity.type !== "cri-o") return undefined;
  for (const path of LISTS) {
    const text = readStart(root + path, LIMIT_BYTES);
    if (text === undefined || !text.includes(identity.fullId)) continue;
    const entry = parse(text, List)?.find(({ id }) => id === identity.fullId);
    if (entry === undefined) continue;
    const metadata = parse(encodeText(entry.metadata ?? ""), Metadata);
    const name = metadata?.name ?? entry.names?.[0];
    return { name: name === undefined ? undefined : encodeText(name), ...splitImage(metadata?.["image-name"]) };
  }
  return undefined;
}

/** The value that JSON bytes hold, undefined when it is not of this form: cut, being written, of another version. */
function parse<T>(bytes: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes, "latin1").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** `registry:port/path/name:tag@digest` in repository and tag. */
export function splitImage(image: string | undefined): Pick<ContainerFacts, "imageRepository" | "imageTag"> {
  if (image === undefined || image === "") return { imageRepository: undefined, imageTag: undefined };
  const [reference = ""] = image.split("@", 1);
  const colon = reference.lastIndexOf(":");
  const tagged = colon > reference.lastIndexOf("/");
  return {
    imageRepository: encodeText(tagged ? reference.slice(0, colon) : reference),
    imageTag: encodeText(tagged ? reference.slice(colon + 1) : ""),
  };
}
