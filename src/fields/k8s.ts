// SPDX-License-Identifier: Apache-2.0

/** `k8s.*`: the pod that a container is of, by the labels that the kubelet gave it. Missing outside of pods. */
import type { ContainerFacts } from "../host/container.ts";
import { labelField, labelsText } from "./container.ts";
import { type CatalogueField, processField } from "./define.ts";

function podField(name: string, doc: string, of: (facts: ContainerFacts) => string | undefined): CatalogueField {
  return processField(name, "CHARBUF", doc, (process) => of(process.container.facts));
}

function fromLabel(name: string, doc: string, label: string): CatalogueField {
  return podField(name, doc, ({ labels }) => labels?.get(label));
}

/** Fields of the class, in Falco's order. */
export const K8S_FIELDS: readonly CatalogueField[] = [
  fromLabel("k8s.pod.name", "Name of the pod.", "io.kubernetes.pod.name"),
  fromLabel("k8s.ns.name", "Namespace of the pod.", "io.kubernetes.pod.namespace"),
  fromLabel("k8s.pod.id", "UID of the pod; k8s.pod.uid says the same.", "io.kubernetes.pod.uid"),
  fromLabel("k8s.pod.uid", "UID of the pod.", "io.kubernetes.pod.uid"),
  podField("k8s.pod.sandbox_id", "Id of the pod's sandbox, 12 characters.", ({ sandboxId }) => sandboxId?.slice(0, 12)),
  podField("k8s.pod.full_sandbox_id", "Whole id of the pod's sandbox.", ({ sandboxId }) => sandboxId),
  labelField("k8s.pod.label", "One label of the pod, by its name.", ({ podLabels }) => podLabels),
  podField("k8s.pod.labels", "All labels of the pod as name:value, joined by commas.", (facts) => {
    return labelsText(facts.podLabels);
  }),
  podField("k8s.pod.ip", "IPv4 address of the pod.", (facts) => facts.sandboxId && facts.ip),
  podField("k8s.pod.cni.json", "What the network plugin answered for the pod, as JSON.", (facts) => {
    return facts.sandboxId && facts.cniJson;
  }),
];
