// SPDX-License-Identifier: Apache-2.0

/**
 * Fields of Falco's that have no value here, or Falco's constant one: rules that name them load and mean what they mean
 * in Falco where it does not know the value either. Left out of listings.
 */
import type { ValueType } from "../events/types.ts";
import { type CatalogueField, eventField, fieldWithArgument, type Traits } from "./define.ts";

const UNAVAILABLE = { unavailable: true } as const;
const DOC = "Not known here: always missing.";

function missing(
  type: ValueType,
  names: string,
  traits: Traits = {},
  argument: "none" | "optional" | "required" = "none",
): CatalogueField[] {
  return names.split(" ").map((name) =>
    fieldWithArgument(name, type, DOC, argument, () => ({ get: () => undefined, presentOn: () => false }), {
      ...UNAVAILABLE,
      ...traits,
    })
  );
}

const KIND = (kind: string) => ["name", "id", "labels"].map((what) => `k8s.${kind}.${what}`).join(" ");

/** Every such field. */
export const UNAVAILABLE_FIELDS: readonly CatalogueField[] = [
  ...missing("CHARBUF", "evt.pluginname evt.plugininfo evt.asynctype"),
  eventField("evt.is_wait", "BOOL", "Always false.", () => false, UNAVAILABLE),
  ...missing("UINT64", "evt.latency.quantized evt.buflen.file evt.buflen.file.in evt.buflen.file.out"),
  ...missing("UINT32", "evt.count.procinfo evt.count.threadinfo"),
  ...missing("CHARBUF", "evt.infra.docker.name evt.infra.docker.container.id evt.infra.docker.container.name"),
  ...missing("CHARBUF", "evt.infra.docker.container.image"),
  ...missing("UINT64", "evt.around", { filterOnly: true, noRhs: true, noTransformer: true }, "required"),
  ...missing("DOUBLE", "thread.cpu thread.cpu.user thread.cpu.system"),
  ...missing("RELTIME", "thread.exectime thread.totexectime"),
  ...missing("UINT64", "util.cnt"),
  ...missing("CHARBUF", "fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports"),
  ...missing("CHARBUF", "container.healthcheck container.liveness_probe container.readiness_probe"),
  ...missing("BOOL", "proc.is_container_healthcheck proc.is_container_liveness_probe"),
  ...missing("BOOL", "proc.is_container_readiness_probe"),
  ...missing("CHARBUF", ["rc", "svc", "rs", "deployment"].map(KIND).join(" ")),
  ...missing("CHARBUF", "k8s.ns.id k8s.ns.labels"),
  ...missing("CHARBUF", "k8s.rc.label k8s.svc.label k8s.ns.label", {}, "required"),
  ...missing("CHARBUF", "k8s.rs.label k8s.deployment.label", {}, "required"),
];
