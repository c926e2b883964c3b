// SPDX-License-Identifier: Apache-2.0

import { readdirSync } from "node:fs";
import { z } from "zod";
import { type BinaryString, encodeText } from "../events/text.ts";
import { type Bucket, readBolt } from "./bolt.ts";
import type { ContainerFacts, Labels } from "./container.ts";
import type { Identity } from "./containers.ts";
import { namedImage, withoutAlgorithm } from "./image.ts";
import { keptLabels, LIST_LIMIT, part, readJson, Text } from "./json.ts";
import { type Bundle, readBundle, withoutOwn } from "./oci.ts";
import { withPod } from "./pod.ts";

/** Where containerds keep what runs (state) and what they know (root): its own, and those that distributions bring. */
const INSTALLATIONS: readonly (readonly [state: string, root: string])[] = [
  ["/run/containerd", "/var/lib/containerd"],
  ["/run/k3s/containerd", "/var/lib/rancher/k3s/agent/containerd"],
  ["/run/k3s/containerd", "/var/lib/rancher/rke2/agent/containerd"],
  ["/run/k0s/containerd", "/var/lib/k0s/containerd"],
  ["/var/snap/microk8s/common/run/containerd", "/var/snap/microk8s/common/var/lib/containerd"],
  ["/run/host-containerd", "/var/lib/host-containerd"],
  ["/run/docker/containerd/daemon", "/var/lib/docker/containerd/daemon"],
];

/** Namespaces of one installation that are looked into. */
const NAMESPACE_LIMIT = 32;

const CniResult = z.object({
  result: z.object({ ips: part(z.array(z.object({ address: Text }))) }).loose(),
});

/** Where a container of containerd's is. */
interface Task {
  readonly namespace: string;
  /** Directory of its installation's database. */
  readonly root: string;
  readonly bundle: Bundle;
}

/** What containerd's database has of a container. */
interface Metadata {
  readonly image: BinaryString | undefined;
  readonly labels: Labels;
  readonly imageDigest: BinaryString | undefined;
}

/**
 * A container of containerd, by its bundle, containerd's database and, if the kubelet made it, the pod's sandbox.
 * Docker's, which run under containerd too, have more to tell elsewhere: src/host/docker.ts.
 * @param root prefix of the host's file system
 */
export function findInContainerd({ fullId }: Identity, root: string): ContainerFacts | undefined {
  const task = taskOf(fullId, root);
  if (task === undefined) return undefined;
  const note = (name: string) => task.bundle.annotations.get(name) || undefined;
  const imageName = note("io.kubernetes.cri.image-name");
  const sandboxId = note("io.kubernetes.cri.sandbox-id");
  const metadata = metadataOf(fullId, task, imageName);
  const sandbox = sandboxId === undefined || sandboxId === fullId ? task : taskOf(sandboxId, root);
  const imageId = withoutAlgorithm(metadata?.image);
  const image = namedImage(imageName ?? metadata?.image);
  const cni = networkResult(sandboxId ?? fullId, root);
  const facts: ContainerFacts = {
    ...task.bundle.facts,
    type: "containerd",
    name: note("io.kubernetes.cri.container-name") ?? note("io.kubernetes.cri.sandbox-name") ??
      metadata?.labels.get("nerdctl/name") ?? note("nerdctl/name") ?? fullId.slice(0, 12),
    ...image,
    imageId: imageId !== undefined && /^[0-9a-f]{64}$/.test(imageId) ? imageId : undefined,
    imageDigest: metadata?.imageDigest ?? image.imageDigest,
    mounts: withoutOwn(task.bundle.binds, fullId, sandboxId),
  };
  if (sandboxId === undefined) {
    return { ...facts, labels: keptLabels(metadata?.labels), ip: cni.ip, cniJson: cni.json };
  }
  const podLabels = sandbox && metadataOf(sandboxId, sandbox, undefined)?.labels;
  return {
    ...facts,
    ...withPod(sandbox?.bundle, {
      labels: keptLabels(new Map([...(metadata?.labels ?? []), ...podNames(task.bundle.annotations)])),
      sandboxId,
      podLabels: keptLabels(podLabels),
      ip: cni.ip,
      cniJson: cni.json,
    }),
  };
}

/** The kubelet's names for the pod and the container, which the bundle has under containerd's. */
function podNames(annotations: Labels): [BinaryString, BinaryString][] {
  const pairs: [string, string][] = [
    ["io.kubernetes.cri.container-name", "io.kubernetes.container.name"],
    ["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"],
    ["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"],
    ["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"],
  ];
  return pairs.flatMap(([from, to]) => {
    const value = annotations.get(from);
    return value === undefined || value === "" ? [] : [[to, value]];
  });
}

function taskOf(fullId: string, prefix: string): Task | undefined {
  for (const [state, root] of INSTALLATIONS) {
    const tasks = `${state}/io.containerd.runtime.v2.task`;
    for (const namespace of list(prefix + tasks).slice(0, NAMESPACE_LIMIT)) {
      const bundle = readBundle(prefix, `${tasks}/${namespace}/${fullId}`);
      if (bundle !== undefined) return { namespace, root: prefix + root, bundle };
    }
  }
  return undefined;
}

function metadataOf(fullId: string, task: Task, imageName: BinaryString | undefined): Metadata | undefined {
  return readBolt(`${task.root}/io.containerd.metadata.v1.bolt/meta.db`, (root) => {
    const namespace = root.bucket("v1", task.namespace);
    const container = namespace?.bucket("containers", fullId);
    if (container === undefined) return undefined;
    const image = container.value("image");
    return {
      image,
      labels: new Map(container.bucket("labels")?.entries(LIST_LIMIT)),
      imageDigest: digestIn(namespace!, imageName) ?? digestIn(namespace!, image),
    };
  });
}

function digestIn(namespace: Bucket, image: BinaryString | undefined): BinaryString | undefined {
  return image === undefined ? undefined : namespace.bucket("images", image, "target")?.value("digest");
}

/** What the network plugins said when they connected a sandbox; libcni keeps it as long as that lasts. */
function networkResult(id: string, root: string): { ip?: BinaryString; json?: BinaryString } {
  const directory = `${root}/var/lib/cni/results`;
  // NETWORK-ID-INTERFACE
  const file = list(directory).find((name) => name.includes(`-${id}-`) && !name.endsWith("-lo"));
  const cached = file === undefined ? undefined : readJson(`${directory}/${file}`, CniResult);
  if (cached === undefined) return {};
  const address = cached.result.ips?.find(({ address }) => /^[0-9.]+\//.test(address))?.address;
  const json = encodeText(JSON.stringify(cached.result));
  return address === undefined ? { json } : { json, ip: address.slice(0, address.indexOf("/")) };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
