// SPDX-License-Identifier: Apache-2.0

import type { ContainerFacts } from "./container.ts";
import type { Bundle } from "./oci.ts";

/** Falco's limit on a network plugin's result. */
const CNI_LIMIT = 4096;

/** Facts that a pod's containers have from its sandbox. */
type PodFacts = Pick<ContainerFacts, "labels" | "sandboxId" | "podLabels" | "ip" | "cniJson">;

/**
 * The facts with the namespaces that the sandbox shares with the host: its containers join the sandbox's by path, which
 * alone says nothing of whose they are.
 */
export function withPod(sandbox: Bundle | undefined, facts: PodFacts): ContainerFacts {
  const shared = sandbox?.facts;
  return {
    ...facts,
    ...(shared && { hostPid: shared.hostPid, hostNetwork: shared.hostNetwork, hostIpc: shared.hostIpc }),
    cniJson: facts.cniJson?.slice(0, CNI_LIMIT),
  };
}
