// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import { type BinaryString, encodeText } from "../events/text.ts";
import type { ContainerFacts } from "./container.ts";
import type { Identity } from "./containers.ts";
import { readStart } from "./files.ts";
import { namedImage, withoutAlgorithm } from "./image.ts";
import { keptLabels, LIST_LIMIT, parseJson, part, readJson, Text, TextMap, USER_LIMIT_BYTES } from "./json.ts";

/** Where Docker's data is unless daemon.json moves it, and where its snap has it. */
const DATA_ROOTS = ["/var/lib/docker", "/var/snap/docker/common/var-lib-docker"];

/** Storage drivers: their images are listed apart from each other. */
const DRIVERS = ["overlay2", "overlayfs", "btrfs", "zfs", "vfs", "fuse-overlayfs"];

/** Size up to which daemon.json and passwd are read. */
const CONFIG_LIMIT_BYTES = 1 << 20;

const Daemon = z.object({ "data-root": part(Text), graph: part(Text) });

const MountPoint = z.object({
  Source: part(Text),
  Destination: Text,
  RW: part(z.boolean()),
  Mode: part(Text),
  Relabel: part(Text),
  Propagation: part(Text),
});
/** What a container's file and the API's answer about it have in common. */
export const CommonConfig = z.object({
  Name: part(Text),
  Image: part(Text),
  Config: part(z.object({ Image: part(Text), Labels: part(TextMap) })),
  NetworkSettings: part(z.object({
    Networks: part(z.record(z.string(), z.object({ IPAddress: part(Text) }))),
  })),
});
const Config = CommonConfig.extend({ ID: z.string(), MountPoints: part(z.record(z.string(), z.unknown())) });
/** How a container was to be run. */
export const HostConfig = z.object({
  Privileged: part(z.boolean()),
  PidMode: part(z.string()),
  NetworkMode: part(z.string()),
  IpcMode: part(z.string()),
});
/** For each repository its references (`name:tag`, `name@digest`) and the image that each stands for. */
const Repositories = z.object({ Repositories: z.record(z.string(), z.record(z.string(), z.string())) });

/**
 * A container of Docker, by its configuration under the data root, which dockerd writes before it starts it.
 * @param root prefix of the host's file system
 */
export function findInDocker(identity: Identity, root: string): ContainerFacts | undefined {
  const { fullId } = identity;
  for (const [dataRoot, limit] of dataRoots(identity, root)) {
    const config = readJson(`${dataRoot}/containers/${fullId}/config.v2.json`, Config, limit);
    if (config?.ID !== fullId) continue;
    const host = readJson(`${dataRoot}/containers/${fullId}/hostconfig.json`, HostConfig, limit);
    return {
      type: "docker",
      ...factsIn(config, host, Object.values(config.MountPoints ?? {})),
      ...imageOf(dataRoot, config.Image, config.Config?.Image, limit),
    };
  }
  return undefined;
}

/** What Docker's configuration of a container says by itself. */
export function factsIn(
  { Name, Image, Config, NetworkSettings }: z.output<typeof CommonConfig>,
  host: z.output<typeof HostConfig> | undefined,
  mountPoints: readonly unknown[],
): ContainerFacts {
  const networks = Object.values(NetworkSettings?.Networks ?? {});
  return {
    name: Name?.replace(/^\//, ""),
    image: Config?.Image,
    imageId: withoutAlgorithm(Image),
    privileged: host && host.Privileged === true,
    hostPid: host && host.PidMode === "host",
    hostNetwork: host && host.NetworkMode === "host",
    hostIpc: host && host.IpcMode === "host",
    mounts: mountsOf(mountPoints),
    labels: keptLabels(Config?.Labels ?? new Map()),
    ip: networks.map(({ IPAddress }) => IPAddress).find((address) => address !== undefined && address !== ""),
  };
}

/** Data roots with the size up to which files in them are read. */
function dataRoots({ uid }: Identity, root: string): [string, number | undefined][] {
  const daemon = parseJson(readStart(`${root}/etc/docker/daemon.json`, CONFIG_LIMIT_BYTES), Daemon);
  const configured = daemon?.["data-root"] ?? daemon?.graph;
  const roots = configured === undefined ? DATA_ROOTS : [configured, ...DATA_ROOTS];
  const all: [string, number | undefined][] = roots.map((path) => [root + path, undefined]);
  const home = uid === undefined || uid === 0 ? undefined : homeOf(uid, root);
  if (home !== undefined) all.push([`${root}${home}/.local/share/docker`, USER_LIMIT_BYTES]);
  return all;
}

/** The home directory that passwd has for a user. */
function homeOf(uid: number, root: string): BinaryString | undefined {
  const lines = readStart(`${root}/etc/passwd`, CONFIG_LIMIT_BYTES)?.split("\n") ?? [];
  const home = lines.map((line) => line.split(":")).find((columns) => columns[2] === String(uid))?.[5];
  return home?.startsWith("/") ? home : undefined;
}

/** Repository, tag and digest of an image by what it is called now, as `docker inspect` tells them. */
function imageOf(
  dataRoot: string,
  id: BinaryString | undefined,
  name: BinaryString | undefined,
  limit: number | undefined,
): Pick<ContainerFacts, "imageRepository" | "imageTag" | "imageDigest"> {
  const { imageRepository, imageTag, imageDigest } = namedImage(name);
  for (const driver of DRIVERS) {
    const known = readJson(`${dataRoot}/image/${driver}/repositories.json`, Repositories, limit)?.Repositories;
    if (known === undefined) continue;
    const references = Object.values(known).flatMap(Object.entries).filter(([, image]) => image === id)
      .map(([reference]) => encodeText(reference));
    // several names for one image: the one that was asked for, else the first
    const of = (reference: string) => namedImage(reference);
    const ofThis = references.filter((reference) => of(reference).imageRepository === imageRepository);
    const mine = (ofThis.length > 0 ? ofThis : references).map(of);
    const first = mine[0];
    if (first === undefined) continue;
    const tagged = mine.filter(({ imageTag }) => imageTag !== "");
    return {
      imageRepository: first.imageRepository,
      imageTag: (tagged.find((candidate) => candidate.imageTag === imageTag) ?? tagged[0])?.imageTag ?? imageTag,
      imageDigest: mine.find(({ imageDigest }) => imageDigest !== undefined)?.imageDigest ?? imageDigest,
    };
  }
  return { imageRepository, imageTag, imageDigest };
}

function mountsOf(points: readonly unknown[]): ContainerFacts["mounts"] {
  return points.slice(0, LIST_LIMIT).flatMap((point) => {
    const { data } = MountPoint.safeParse(point);
    if (data === undefined) return [];
    const { Source = "", Destination, RW, Propagation = "" } = data;
    const mode = data.Mode ?? data.Relabel ?? "";
    return [{ source: Source, destination: Destination, mode, rdwr: RW === true, propagation: Propagation }];
  });
}
