// SPDX-License-Identifier: Apache-2.0

/**
 * The descriptor that an event is about, as the record tells of it. What Falco keeps in a table of descriptors
 * ("fdinfo") is here the record's own `fd_type` and its kin; where they are absent, as on a failed call, Falco has no
 * fdinfo either and falls back on the event's arguments.
 */
import { Buffer } from "node:buffer";
import { AF_INET6, AF_UNIX, tupleText } from "../events/render_address.ts";
import { rawText } from "../events/render.ts";
import type { BinaryString } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import type { Event } from "./event.ts";
import { layAbsolute, locateAbsolute, locateArgument, locateText, pointAt } from "./event_path.ts";
import type { Slice, Source } from "./field.ts";
import { layout } from "./layout.ts";
import { emptySlice, type PathJoiner, sliceText } from "./path.ts";
import { family, Socket } from "./socket.ts";
import type { TextBuffer } from "./text_buffer.ts";

const EMPTY = new Uint8Array(0);

/** Whether `fd.*` can have a value on this type. */
export function hasDescriptor(type: EventType): boolean {
  return layout(type).fd >= 0;
}

/** Whether the descriptor of such an event can be a socket. */
export function canBeSocket(type: EventType): boolean {
  const { fd, tuple } = layout(type);
  return fd >= 0 && (tuple >= 0 || type.category === "net" || type.category === "io_other" || type.name === "fchmod");
}

/** Whether the record tells what is behind the descriptor. */
export function isKnown(event: Event): boolean {
  const { fdType } = layout(event.type);
  return fdType >= 0 && event.record.hasNumber(fdType);
}

/** Falco's words for the characters of `fd.typechar`; what is not here is the text `<NA>`. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["f", "file"],
  ["d", "directory"],
  ["4", "ipv4"],
  ["6", "ipv6"],
  ["u", "unix"],
  ["p", "pipe"],
  ["e", "event"],
  ["s", "signalfd"],
  ["l", "eventpoll"],
  ["i", "inotify"],
  ["t", "timerfd"],
  ["n", "netlink"],
  ["b", "bpf"],
  ["r", "io_uring"],
  ["m", "memfd"],
  ["P", "pidfd"],
]);

/** Falco's guess of the type where nothing is known of the descriptor. */
function guessedType(type: EventType): string {
  switch (type.name) {
    case "openat":
    case "openat2":
    case "creat":
      return "f";
    case "socket":
    case "accept":
    case "accept4":
      return "4";
    default:
      return "o"; // also for open and connect
  }
}

/** O_DIRECTORY in Falco's numbering of open flags. */
const O_DIRECTORY = 1024;

/**
 * `fd.typechar`, for an event that has a descriptor. What was opened by path is a file, whatever it is, unless the
 * caller asked for a directory: so Falco has it, which goes by the arguments, and rules say `fd.typechar='f'`. A socket
 * that is IPv4 on both ends is `4`, whatever it was made as.
 */
export function typeChar(event: Event, socket: Socket): string {
  const { record, type } = event;
  const { openedPath, flags, fdType } = layout(type);
  const code = fdType < 0 ? 0 : record.lowOr(fdType, 0);
  if (code === 0) return guessedType(type);
  if (openedPath >= 0) return flags >= 0 && (record.lowOr(flags, 0) & O_DIRECTORY) !== 0 ? "d" : "f";
  const char = String.fromCharCode(code);
  return char === "6" && family(event) === AF_INET6 && socket.read(event) && socket.version === 4 ? "4" : char;
}

/** `fd.type`, for an event whose descriptor is known. */
export function descriptorType(event: Event, socket: Socket): string {
  const char = typeChar(event, socket);
  // Falco has the same character for unix sockets and userfaultfd
  return char === "u" && family(event) !== AF_UNIX ? "userfaultfd" : TYPE_NAMES.get(char) ?? "<NA>";
}

/** `typeChar` in generated code, for what opens files. */
export function openedTypeSource(type: EventType): Source | undefined {
  const { openedPath, fdType } = layout(type);
  if (openedPath < 0) return undefined;
  const opened = `${wantsDirectory(type)} ? 2 : 1`;
  return { present: "true", value: `low(${fdType}) === 0 ? 0 : ${opened}`, texts: [guessedType(type), "f", "d"] };
}

function wantsDirectory(type: EventType): string {
  const { flags } = layout(type);
  return flags < 0 ? "false" : `(low(${flags}) & ${O_DIRECTORY}) !== 0`;
}

/** `fd.directory` as a part of `fd.name` in generated code, for what opens files. */
export function openedDirectorySource(type: EventType): Source | undefined {
  const { openedPath, fdType } = layout(type);
  if (openedPath < 0) return undefined;
  return {
    present: guessedType(type) === "f" ? "true" : `!has(${fdType}) || low(${fdType}) !== 0`,
    value: `low(${fdType}) !== 0 && ${wantsDirectory(type)}`,
  };
}

/** `fd.filename`, likewise. */
export function openedFilenameSource(type: EventType): Source | undefined {
  const { openedPath, fdType } = layout(type);
  if (openedPath < 0) return undefined;
  const unknown = guessedType(type) === "f" ? "true" : "false";
  return {
    present: `has(${fdType}) && (low(${fdType}) === 0 ? ${unknown} : !(${wantsDirectory(type)}))`,
    value: "false",
  };
}

/** Name of a socket, empty before it has one; unix sockets `hex->hex path`. */
function socketName(event: Event, socket: Socket): string {
  if (socket.read(event)) return socket.name;
  if (family(event) !== AF_UNIX) return "";
  const { record } = event;
  const { tuple, fdTuple } = layout(event.type);
  const index = tuple >= 0 && record.len(tuple) > 0 ? tuple : fdTuple;
  return tupleText(record.memory.u8, record.offset(index), record.len(index));
}

/**
 * Points `into` at `fd.name`: the path of an opened file as it was passed, made absolute by its text alone, or where that
 * can't be had its true path; the true path of any other file; a socket's ends; else empty. False on events without descriptor.
 */
export function locateName(event: Event, socket: Socket, joiner: PathJoiner, into: Slice): boolean {
  const { type, record } = event;
  const where = layout(type);
  if (where.fd < 0) return false;
  const known = isKnown(event);
  if (where.openedPath >= 0) {
    // memory that could not be read any more when the call returned: the file's own path says more than Falco's <NA>
    if (record.len(where.openedPath) === 0 && where.fdPath >= 0 && locateText(event, where.fdPath, into)) return true;
    // Falco leaves an absolute path of a failed open and creat as it was passed
    if (known || type.name.startsWith("openat")) locateAbsolute(event, where.openedPath, joiner, into);
    else locateArgument(event, where.openedPath, joiner, into);
    return true;
  }
  if (known) {
    if (where.fdPath >= 0 && record.len(where.fdPath) > 0) return locateText(event, where.fdPath, into);
    pointAt(Buffer.from(socketName(event, socket), "latin1"), into);
    return true;
  }
  const fallback = type.name === "connect" || type.name.startsWith("accept");
  pointAt(fallback ? Buffer.from(rawText(record, type, where.tuple), "latin1") : EMPTY, into);
  return true;
}

/** `fd.name` as text, for an event that has a descriptor. */
export function descriptorName(event: Event, socket: Socket, joiner: PathJoiner): BinaryString {
  const slice = emptySlice();
  locateName(event, socket, joiner, slice);
  return sliceText(slice);
}

/** Lays down what `locateName` finds where that is the plain path of an opened file; false where it is not. */
export function layName(event: Event, into: TextBuffer): boolean {
  const { openedPath } = layout(event.type);
  return openedPath >= 0 && layAbsolute(event, openedPath, into);
}
