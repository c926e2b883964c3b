// SPDX-License-Identifier: Apache-2.0

/**
 * `container.*`: what Falco's container plugin knows. On the host every text is there and empty, but for id, name and
 * type, which are `host`; of a container that left no facts on disk, and of which no engine tells, only id and type are
 * there. All but the id may come to be known while its processes run.
 */
import type { ValueType } from "../events/types.ts";
import type { ContainerFacts, Labels, Mount } from "../host/container.ts";
import { type CatalogueField, eventField, execField, fieldWithArgument, processField } from "./define.ts";
import { epochTime } from "./evt_time.ts";
import { FieldError, type Value } from "./field.ts";
import { regexSearch } from "./regex.ts";

function fact(
  name: string,
  type: ValueType,
  doc: string,
  of: (facts: ContainerFacts) => Value | undefined,
): CatalogueField {
  return processField(name, type, doc, (process) => of(process.container.facts));
}

/** The image as it was asked for, else what one would pull. */
function image({ image, imageRepository, imageTag }: ContainerFacts): string | undefined {
  return image ?? (imageTag ? `${imageRepository}:${imageTag}` : imageRepository);
}

function mountText({ source, destination, mode, rdwr, propagation }: Mount): string {
  return `${source}:${destination}:${mode}:${rdwr}:${propagation}`;
}

/**
 * A field of one mount, which the argument selects: by its index, or as the first whose `key` a regular expression is
 * found in.
 */
function mountField(
  name: string,
  doc: string,
  key: (mount: Mount) => string,
  of: (mount: Mount) => string,
): CatalogueField {
  return fieldWithArgument(`container.mount${name}`, "CHARBUF", doc, "required", (argument = "") => {
    const index = /^(0|[1-9]\d*)$/.test(argument) ? Number(argument) : undefined;
    const found = index === undefined ? regexSearch(argument) : undefined;
    return {
      get: ({ process }) => {
        const mounts = process?.container.facts.mounts;
        const mount = index === undefined ? mounts?.find((mount) => found!(key(mount))) : mounts?.[index];
        return mount && of(mount);
      },
    };
  });
}

const bySource = ({ source }: Mount) => source;
const byDestination = ({ destination }: Mount) => destination;

/** One label of those that `of` gives. */
export function labelField(name: string, doc: string, of: (facts: ContainerFacts) => Labels | undefined) {
  return fieldWithArgument(name, "CHARBUF", doc, "required", (label = "") => {
    if (label === "") throw new FieldError(`field ${name} takes a label's name`);
    return { get: ({ process }) => process && of(process.container.facts)?.get(label) };
  });
}

/** Labels as Falco writes them. */
export function labelsText(labels: Iterable<readonly [string, string]> | undefined): string | undefined {
  return labels && [...labels].map(([name, value]) => `${name}:${value}`).join(", ");
}

const isInternal = (name: string) => name.startsWith("annotation.") || name.startsWith("io.kubernetes.");

/** Fields of the class, in Falco's order. */
export const CONTAINER_FIELDS: readonly CatalogueField[] = [
  execField("container.id", "CHARBUF", "Id of the container, 12 characters of a hash; host for none.", (process) => {
    return process.container.id;
  }),
  execField("container.full_id", "CHARBUF", "Whole id of the container; host for none.", (process) => {
    return process.container.fullId;
  }),
  fact("container.name", "CHARBUF", "Name of the container; host for none.", ({ name }) => name),
  fact("container.image", "CHARBUF", "Image of the container, as it was asked for.", image),
  fact("container.image.id", "CHARBUF", "Id of the image: the hash of its configuration.", ({ imageId }) => imageId),
  processField(
    "container.type",
    "CHARBUF",
    "Engine that runs the container: docker, podman, cri, containerd, cri-o, lxc, …; host for none.",
    ({ container }) => container.type,
  ),
  fact(
    "container.privileged",
    "BOOL",
    "The container is privileged: no system call filter, no masked paths, all capabilities. Of LXC: root in it is root.",
    ({ privileged }) => privileged,
  ),
  fact("container.mounts", "CHARBUF", "All mounts as source:dest:mode:rdwr:propagation, joined by commas.", (facts) => {
    return facts.mounts?.map(mountText).join(",");
  }),
  mountField(
    "",
    "One mount, by index or the first with a source in which a regular expression is found.",
    bySource,
    mountText,
  ),
  mountField(
    ".source",
    "Source of one mount, by index or the first with a destination in which a regular expression is found.",
    byDestination,
    bySource,
  ),
  mountField(
    ".dest",
    "Destination of one mount, by index or the first with a source in which a regular expression is found.",
    bySource,
    byDestination,
  ),
  mountField(".mode", "Mode of one mount, chosen as container.mount chooses.", bySource, ({ mode }) => mode),
  mountField(
    ".rdwr",
    "Whether one mount, chosen as container.mount chooses, may be written: true or false.",
    bySource,
    ({ rdwr }) => String(rdwr),
  ),
  mountField(
    ".propagation",
    "Propagation of one mount, chosen as container.mount chooses.",
    bySource,
    ({ propagation }) => propagation,
  ),
  fact("container.image.repository", "CHARBUF", "Repository of the image.", (facts) => facts.imageRepository),
  fact("container.image.tag", "CHARBUF", "Tag of the image.", ({ imageTag }) => imageTag),
  fact("container.image.digest", "CHARBUF", "Digest of the image's manifest.", ({ imageDigest }) => imageDigest),
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
  fact("container.ip", "CHARBUF", "IPv4 address of the container.", ({ ip }) => ip),
  fact("container.cni.json", "CHARBUF", "What the network plugin answered, as JSON.", ({ cniJson }) => cniJson),
  fact("container.host_pid", "BOOL", "The container shares the host's pid namespace.", ({ hostPid }) => hostPid),
  fact("container.host_network", "BOOL", "The container shares the host's network namespace.", (facts) => {
    return facts.hostNetwork;
  }),
  fact("container.host_ipc", "BOOL", "The container shares the host's IPC namespace.", ({ hostIpc }) => hostIpc),
  labelField("container.label", "One label of the container, by its name.", ({ labels }) => labels),
  fact(
    "container.labels",
    "CHARBUF",
    "All labels as name:value, joined by commas, but for Kubernetes' own.",
    (facts) => {
      return labelsText(facts.labels && [...facts.labels].filter(([name]) => !isInternal(name)));
    },
  ),
];
