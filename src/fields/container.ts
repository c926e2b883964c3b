// SPDX-License-Identifier: Apache-2.0

/**
 * `container.*`: what Falco's container plugin knows. On the host every text is there and empty, but for id, name and
 * type, which are `host`; a container of which no facts were found has its id and type only. None is kept until the
 * next exec: a runtime moves a process into its container's cgroup between fork and exec.
 */
import type { Container } from "../host/container.ts";
import { type CatalogueField, eventField, processField } from "./define.ts";
import type { Value } from "./field.ts";
import { epochTime } from "./evt_time.ts";

function containerField(
  name: string,
  doc: string,
  of: (container: Container) => Value | undefined,
): CatalogueField {
  return processField(name, "CHARBUF", doc, (process) => of(process.container));
}

/** Repository and tag as one would pull them. */
function image({ imageRepository, imageTag }: Container): string | undefined {
  return imageRepository === undefined || imageTag === undefined || imageTag === ""
    ? imageRepository
    : `${imageRepository}:${imageTag}`;
}

/** Fields of the class, in Falco's order. */
export const CONTAINER_FIELDS: readonly CatalogueField[] = [
  containerField("container.id", "Id of the container, 12 characters of a hash; host for none.", ({ id }) => id),
  containerField("container.full_id", "Whole id of the container; host for none.", ({ fullId }) => fullId),
  containerField("container.name", "Name of the container; host for none.", (container) => container.name),
  containerField("container.image", "Image of the container.", image),
  containerField(
    "container.type",
    "Engine that runs the container: docker, podman, cri, containerd, lxc, …; host for none.",
    ({ type }) => type,
  ),
  containerField("container.image.repository", "Repository of the image.", (container) => container.imageRepository),
  containerField("container.image.tag", "Tag of the image.", (container) => container.imageTag),
  processField(
    "container.start_ts",
    "ABSTIME",
    "Start of the pid namespace's first process, ns since the epoch; also on the host.",
    ({ pidnsStartTime }) => pidnsStartTime === 0n ? undefined : pidnsStartTime,
  ),
  eventField("container.duration", "RELTIME", "Nanoseconds since container.start_ts.", (event) => {
    const start = event.process?.pidnsStartTime ?? 0n;
    return start === 0n ? undefined : epochTime(event) - start;
  }),
];
