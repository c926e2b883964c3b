// SPDX-License-Identifier: Apache-2.0

/** OCI bundles: the `config.json` that every runtime of application containers writes before it makes one. */
import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import type { ContainerFacts, Labels, Mount } from "./container.ts";
import type { Identity } from "./containers.ts";
import { accountFiles } from "./layers.ts";
import { LIST_LIMIT, parseJson, part, readJson, Text, TextMap, USER_LIMIT_BYTES } from "./json.ts";

const OciMount = z.object({ destination: Text, type: part(Text), source: part(Text), options: part(z.array(Text)) });

const Spec = z.object({
  root: part(z.object({ path: Text })),
  annotations: part(TextMap),
  mounts: part(z.array(z.unknown())),
  process: part(z.object({ capabilities: part(z.object({ bounding: part(z.array(z.string())) })) })),
  linux: part(z.object({
    namespaces: part(z.array(z.object({ type: z.string() }))),
    maskedPaths: part(z.array(z.string())),
    readonlyPaths: part(z.array(z.string())),
    seccomp: part(z.object({})),
  })),
});

/** What a bundle tells by itself. */
export interface Bundle {
  readonly annotations: Labels;
  readonly facts:
    & Required<Pick<ContainerFacts, "privileged" | "hostPid" | "hostNetwork" | "hostIpc" | "mounts">>
    & Pick<ContainerFacts, "accountFiles">;
  /** All bind mounts, with the runtime's own files (which are not in `facts`). */
  readonly binds: readonly Mount[];
}

/**
 * The bundle in a directory below `root`, the prefix of the host's file system; undefined when there is none. Its `privileged` is what the kernel will enforce, whatever it
 * was asked for with: all of SYS_ADMIN, no system call filter, nothing masked.
 */
export function readBundle(root: string, directory: string, limit?: number): Bundle | undefined {
  const spec = readJson(`${root}${directory}/config.json`, Spec, limit);
  if (spec === undefined) return undefined;
  const { linux } = spec;
  const binds: Mount[] = [];
  for (const mount of (spec.mounts ?? []).slice(0, LIST_LIMIT)) {
    const { data } = OciMount.safeParse(mount);
    const options = data?.options ?? [];
    if (data?.source?.startsWith("/") !== true) continue;
    if (data.type !== "bind" && !options.includes("bind") && !options.includes("rbind")) continue;
    binds.push({
      source: data.source,
      destination: data.destination,
      mode: "",
      rdwr: !options.includes("ro") && !options.includes("rro"),
      propagation: options.find((option) => /^r?(private|shared|slave|unbindable)$/.test(option)) ?? "",
    });
  }
  const shares = (namespace: string) => linux?.namespaces?.every(({ type }) => type !== namespace);
  const free = linux?.seccomp === undefined && !linux?.maskedPaths?.length && !linux?.readonlyPaths?.length;
  const path = spec.root?.path;
  const rootfs = path === undefined ? undefined : root + (path.startsWith("/") ? path : `${directory}/${path}`);
  return {
    annotations: spec.annotations ?? new Map(),
    facts: {
      ...(rootfs === undefined ? {} : { accountFiles: accountFiles(root, rootfs, binds) }),
      privileged: linux && free && spec.process?.capabilities?.bounding?.includes("CAP_SYS_ADMIN") === true,
      hostPid: shares("pid"),
      hostNetwork: shares("network"),
      hostIpc: shares("ipc"),
      mounts: binds,
    },
    binds,
  };
}

/** The mounts without what the runtime itself made for these ids: /etc/hosts, /etc/resolv.conf, /dev/shm, …. */
export function withoutOwn(binds: readonly Mount[], ...ids: (BinaryString | undefined)[]): readonly Mount[] {
  return binds.filter(({ source }) => !ids.some((id) => id !== undefined && source.includes(`/${id}/`)));
}

const CrunStatus = z.object({ bundle: Text });
const RuncState = z.object({ config: z.object({ labels: z.array(Text) }) });

/**
 * Where the bundle of a container lies by what runc or crun keep in /run as long as it runs, wherever the engine above
 * has its storage. The directory of a rootless engine's user is asked last: it is that user's word.
 * @param root prefix of the host's file system
 */
export function runningBundle({ fullId, uid }: Identity, root: string): string | undefined {
  const isUsers = uid !== undefined && uid !== 0;
  return bundleIn(`${root}/run`, fullId) ??
    (isUsers ? bundleIn(`${root}/run/user/${uid}`, fullId, USER_LIMIT_BYTES) : undefined);
}

function bundleIn(run: string, fullId: string, limit?: number): string | undefined {
  const status = readJson(`${run}/crun/${fullId}/status`, CrunStatus, limit);
  if (status !== undefined) return status.bundle;
  const state = readJson(`${run}/runc/${fullId}/state.json`, RuncState, limit);
  return state?.config.labels.find((label) => label.startsWith("bundle="))?.slice(7);
}

/** The labels that an annotation holds as JSON. */
export function labelsIn(annotation: BinaryString | undefined): Labels | undefined {
  return parseJson(annotation, TextMap);
}
