// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import type { ContainerFacts, Labels, Mount } from "./container.ts";
import type { Identity } from "./containers.ts";
import { namedImage, withoutAlgorithm } from "./image.ts";
import { keptLabels, LIST_LIMIT, parseJson, part, Text } from "./json.ts";
import { labelsIn, withoutOwn } from "./oci.ts";
import { withPod } from "./pod.ts";
import { digestOf, listed, locate } from "./storage.ts";

const Volumes = z.array(z.object({ container_path: Text, host_path: Text, readonly: part(z.boolean()) }));

/**
 * A container of CRI-O, by the annotations `io.kubernetes.cri-o.*` of its bundle and its sandbox's.
 * @param root prefix of the host's file system
 */
export function findInCrio(identity: Identity, root: string): ContainerFacts | undefined {
  const stored = locate(identity, root);
  const bundle = stored?.bundle;
  if (stored === undefined || bundle === undefined) return undefined;
  const note = (name: string) => bundle.annotations.get(`io.kubernetes.cri-o.${name}`) || undefined;
  const { fullId } = identity;
  const sandboxId = note("SandboxID");
  if (sandboxId === undefined) return undefined;
  const sandbox = sandboxId === fullId ? stored : locate({ type: "cri-o", fullId: sandboxId }, root);
  const sandboxNotes = sandbox?.bundle?.annotations;
  const imageId = withoutAlgorithm(note("ImageRef") ?? note("Image")) ?? listed(fullId, stored)?.imageId;
  const image = [note("ImageName"), note("SomeNameOfTheImage"), note("Image")].map(namedImage)
    .find((named) => named.image !== undefined);
  return {
    ...bundle.facts,
    type: "cri-o",
    name: bundle.annotations.get("io.kubernetes.container.name") ?? note("KubeName"),
    ...image,
    imageId: imageId !== undefined && /^[0-9a-f]{64}$/.test(imageId) ? imageId : undefined,
    imageDigest: digestOf(imageId, stored) ?? image?.imageDigest,
    mounts: volumes(note("Volumes")) ?? withoutOwn(bundle.binds, fullId, sandboxId),
    ...withPod(sandbox?.bundle, {
      labels: keptLabels(withNames(labelsIn(note("Labels")), bundle.annotations)),
      sandboxId,
      podLabels: keptLabels(labelsIn(sandboxNotes?.get("io.kubernetes.cri-o.Labels"))),
      ip: sandboxNotes?.get("io.kubernetes.cri-o.IP.0"),
      cniJson: sandboxNotes?.get("io.kubernetes.cri-o.CNIResult"),
    }),
  };
}

/** The mounts that the kubelet asked for. */
function volumes(annotation: BinaryString | undefined): readonly Mount[] | undefined {
  return parseJson(annotation, Volumes)?.slice(0, LIST_LIMIT).map(({ container_path, host_path, readonly }) => ({
    source: host_path,
    destination: container_path,
    mode: "",
    rdwr: readonly !== true,
    propagation: "",
  }));
}

/** Labels with the kubelet's names, which CRI-O has as annotations too. */
function withNames(labels: Labels | undefined, annotations: Labels): Labels {
  const all = new Map(labels);
  for (const [name, value] of annotations) {
    if (/^io\.kubernetes\.(container|pod)\.[a-z]+$/.test(name)) all.set(name, value);
  }
  return all;
}
