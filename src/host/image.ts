// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";
import type { ContainerFacts } from "./container.ts";

/** An image's hash without its algorithm. */
export function withoutAlgorithm(hash: BinaryString | undefined): BinaryString | undefined {
  return hash?.startsWith("sha256:") ? hash.slice(7) : hash;
}

/** What an image's name, `registry:port/path/name:tag@digest`, says by itself; nothing for none and for a bare hash. */
export function namedImage(
  image: BinaryString | undefined,
): Pick<ContainerFacts, "image" | "imageRepository" | "imageTag" | "imageDigest"> {
  if (image === undefined || image === "" || /^(sha256:)?[0-9a-f]{64}$/.test(image)) return {};
  const [reference = "", digest] = image.split("@", 2);
  const colon = reference.lastIndexOf(":");
  const tagged = colon > reference.lastIndexOf("/");
  return {
    image,
    imageRepository: tagged ? reference.slice(0, colon) : reference,
    imageTag: tagged ? reference.slice(colon + 1) : "",
    imageDigest: digest,
  };
}
