// SPDX-License-Identifier: Apache-2.0

/**
 * Fields that speak of other descriptors of the process than the event's own: `fd.types`, its standard streams, how many
 * there are. The event's own is in the record; the others are what the process has when a rule asks, a moment later:
 * Lanner keeps no table of descriptors. Missing when the process has ended by then, and in a replay.
 */
import type { Descriptor } from "../host/descriptors.ts";
import { type CatalogueField, eventField, field, fieldWithArgument } from "./define.ts";
import { descriptorName, descriptorType, isKnown } from "./descriptor.ts";
import type { Event } from "./event.ts";
import { FieldError } from "./field.ts";
import { layout } from "./layout.ts";
import { PathJoiner } from "./path.ts";
import { Socket } from "./socket.ts";

/** What is behind a descriptor of the event's process. */
type Reader = (event: Event, fd: number) => Descriptor | undefined;

function reader(): Reader {
  const socket = new Socket();
  const joiner = new PathJoiner();
  return (event, fd) => {
    const { process, host, record, type } = event;
    const { fd: index } = layout(type);
    if (index >= 0 && isKnown(event) && record.hasNumber(index) && record.number(index) === fd) {
      return { type: descriptorType(event, socket), name: descriptorName(event, socket, joiner) };
    }
    return process && host.descriptors?.of(process.pid, fd);
  };
}

function stream(name: string, fd: number): CatalogueField[] {
  const one = (part: "type" | "name", doc: string) =>
    field(`proc.${name}.${part}`, "CHARBUF", doc, () => {
      const read = reader();
      return { get: (event) => read(event, fd)?.[part], costly: true };
    });
  return [
    one("type", `Kind of the process's ${name} as fd.type has it: file, pipe, unix, ipv4, …; as of now.`),
    one("name", `Name of the process's ${name} as fd.name has it; as of now.`),
  ];
}

function count({ process, host }: Event): number | undefined {
  return process && host.descriptors?.list(process.pid)?.length;
}

/** Fields of fd's and proc's classes. */
export const FD_PROCESS_FIELDS: readonly CatalogueField[] = [
  fieldWithArgument(
    "fd.types",
    "CHARBUF",
    "List of the kinds of the process's descriptors, each once; fd.types[N] is the kind of descriptor N; as of now.",
    "optional",
    (argument) => {
      if (argument !== undefined && !/^\d{1,9}$/.test(argument)) {
        throw new FieldError(`fd.types takes a descriptor's number, not ${argument}`);
      }
      const read = reader();
      const fd = Number(argument);
      return {
        list: true,
        costly: true,
        get: (event) => {
          const numbers = argument !== undefined
            ? [fd]
            : event.process && event.host.descriptors?.list(event.process.pid);
          const types = new Set(numbers?.flatMap((number) => read(event, number)?.type ?? []));
          return types.size === 0 ? undefined : [...types];
        },
      };
    },
    { noRhs: true },
  ),
  ...stream("stdin", 0),
  ...stream("stdout", 1),
  ...stream("stderr", 2),
  eventField("proc.fdopencount", "UINT64", "How many descriptors the process has; as of now.", count),
  eventField(
    "proc.fdusage",
    "DOUBLE",
    "Percentage of the descriptors that the process may have; as of now.",
    (event) => {
      const open = count(event);
      const limit = event.process?.fdlimit ?? 0;
      return open === undefined || limit <= 0 ? undefined : open * 100 / limit;
    },
  ),
];
