// SPDX-License-Identifier: Apache-2.0

/** `fd.*`: the descriptor that an event makes or works on. Addresses and ports are in fd_net.ts. */
import { Buffer } from "node:buffer";
import { AF_INET, AF_INET6, AF_UNIX } from "../events/render_address.ts";
import {
  PPM_FD_LOWER_LAYER,
  PPM_FD_LOWER_LAYER_CREAT,
  PPM_FD_UPPER_LAYER,
  PPM_FD_UPPER_LAYER_CREAT,
} from "../events/symbols.ts";
import type { BinaryString } from "../events/text.ts";
import type { EventType, ValueType } from "../events/types.ts";
import { type CatalogueField, field, numberSource, type Reader } from "./define.ts";
import {
  canBeSocket,
  descriptorType,
  hasDescriptor,
  isKnown,
  layName,
  locateName,
  openedDirectorySource,
  openedFilenameSource,
  openedTypeSource,
  typeChar,
} from "./descriptor.ts";
import type { Event } from "./event.ts";
import { locateText, pointAt } from "./event_path.ts";
import type { Slice, Source, Value } from "./field.ts";
import { layout } from "./layout.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";
import { completed, family, l4proto, Socket } from "./socket.ts";
import { TextBuffer } from "./text_buffer.ts";

const SLASH = 0x2f;
const EMPTY = Buffer.alloc(0);

/** What locating a descriptor's texts needs: one set for each binding. */
class Namer {
  readonly socket = new Socket();
  readonly joiner = new PathJoiner();
  readonly #slice = emptySlice();

  name(event: Event, into: Slice): boolean {
    return locateName(event, this.socket, this.joiner, into);
  }

  type(event: Event): string {
    return typeChar(event, this.socket);
  }

  /** Lays the name down. */
  lay(event: Event, into: TextBuffer): boolean {
    if (layName(event, into)) return true;
    if (!this.name(event, this.#slice)) return false;
    into.copy(this.#slice);
    return true;
  }

  /** The text before the last slash; directories are their own. */
  directory(event: Event, name: TextBuffer, into: Slice): boolean {
    const type = isKnown(event) ? this.type(event) : "f";
    if (type === "d") return name.whole(into);
    return type === "f" && name.beforeSlash(into);
  }

  /** The text after the last slash, for files that were opened. */
  filename(event: Event, name: TextBuffer, into: Slice): boolean {
    return isKnown(event) && this.type(event) === "f" && name.behindSlash(into);
  }
}

/** A part of fd.name. */
function partOfName(
  which: "directory" | "filename",
  source: (type: EventType) => Source | undefined,
): Reader {
  const namer = new Namer();
  const name = new TextBuffer();
  const narrow = (event: Event, whole: TextBuffer, into: Slice) => namer[which](event, whole, into);
  return {
    ...located((event, into) => namer.lay(event, name) && narrow(event, name, into)),
    part: { of: "fd.name", atStart: which === "directory", narrow, source },
  };
}

/** A text field that is located in the record or in the binding's scratch memory. */
function located(locate: (event: Event, into: Slice) => boolean): Reader {
  const slice = emptySlice();
  return {
    locate,
    get: (event) => locate(event, slice) ? sliceText(slice) : undefined,
    presentOn: hasDescriptor,
  };
}

/** A field that needs the descriptor to be known. */
function known(
  name: string,
  type: ValueType,
  doc: string,
  make: () => (event: Event) => Value | undefined,
): CatalogueField {
  return field(name, type, doc, () => {
    const get = make();
    return { get: (event) => isKnown(event) ? get(event) : undefined, presentOn: hasDescriptor };
  });
}

/** The path as passed, with repeated slashes collapsed; made in `scratch` only when there are any. */
function locateRaw(event: Event, scratch: Uint8Array, into: Slice): boolean {
  const where = layout(event.type);
  if (where.fd < 0) return false;
  if (where.openedPath < 0) {
    if (!isKnown(event) || !locateText(event, where.fdPath, into)) pointAt(EMPTY, into);
    return true;
  }
  if (!locateText(event, where.openedPath, into)) {
    pointAt(EMPTY, into);
    return true;
  }
  const { u8, offset, length } = into;
  let to = 0;
  while (to < length && !(u8[offset + to] === SLASH && to > 0 && u8[offset + to - 1] === SLASH)) to++;
  if (to === length || length > scratch.length) return true;
  scratch.set(u8.subarray(offset, offset + to));
  for (let i = to + 1; i < length; i++) {
    const c = u8[offset + i]!;
    if (c !== SLASH || u8[offset + i - 1] !== SLASH) scratch[to++] = c;
  }
  into.u8 = scratch;
  into.offset = 0;
  into.length = to;
  return true;
}

/** A number parameter, by the first index that has one. */
function firstNumber(event: Event, a: number, b: number): number | undefined {
  const { record } = event;
  if (a >= 0 && record.hasNumber(a)) return record.number(a);
  if (b >= 0 && record.hasNumber(b)) return record.number(b);
  return undefined;
}

/** Device number in the kernel's user-space encoding: minor bits 0-7, major 8-19, rest of the minor 20-31. */
function device(event: Event): number | undefined {
  const where = layout(event.type);
  return firstNumber(event, where.fdDev, where.dev);
}

function containerPrefix(event: Event): string {
  const container = event.process?.container;
  return container === undefined || container.type === "host" ? "" : container.id;
}

function layerBit(event: Event, flag: number, creatFlag: number): boolean {
  const { record } = event;
  const { openedPath, flags, creatFlags } = layout(event.type);
  if (openedPath < 0) return false;
  if (creatFlags >= 0) return record.hasNumber(creatFlags) && (record.low(creatFlags) & creatFlag) !== 0;
  return record.hasNumber(flags) && (record.low(flags) & flag) !== 0;
}

/** Falco's protocol name; the text `<NA>` where it has none, which is also so before a socket has a role. */
function protocolName(event: Event, socket: Socket): BinaryString {
  const name = l4proto(event);
  if (name === undefined) return "<NA>";
  if (name === "raw") return name;
  return socket.read(event) && socket.role !== "none" ? name : "<NA>";
}

/**
 * First connection of a stream socket, or a datagram to or from another peer than the last one's of a socket that is not
 * connected, which the kernel remembers.
 */
function nameChanged(event: Event, socket: Socket): boolean {
  const { type, record } = event;
  if (!completed(event)) return false;
  if (type.name === "connect") return socket.read(event);
  const { newPeer } = layout(type);
  return newPeer >= 0 && record.lowOr(newPeer, 0) === 1 && socket.read(event);
}

/** Fields of the class, in Falco's order. */
export const FD_FIELDS: readonly CatalogueField[] = [
  field(
    "fd.num",
    "INT64",
    "Number of the descriptor: the argument, or the result of a call that makes one (a negative error when it failed).",
    () => ({
      get: ({ type, record }) => {
        const { fd } = layout(type);
        return fd >= 0 && record.hasNumber(fd) ? record.number(fd) : undefined;
      },
      source: (type) => numberSource(layout(type).fd),
      presentOn: hasDescriptor,
    }),
  ),
  known("fd.type", "CHARBUF", "Kind of the descriptor as a word: file, directory, ipv4, ipv6, unix, pipe, ….", () => {
    const socket = new Socket();
    return (event) => descriptorType(event, socket);
  }),
  field(
    "fd.typechar",
    "CHARBUF",
    "Kind of the descriptor as one character; a guess by the event's type where the call failed.",
    () => {
      const namer = new Namer();
      return {
        get: (event) => hasDescriptor(event.type) ? namer.type(event) : undefined,
        source: openedTypeSource,
        presentOn: hasDescriptor,
      };
    },
  ),
  field(
    "fd.name",
    "CHARBUF",
    "Name of the descriptor: a file's path as it was passed, made absolute and normalised by its text alone; " +
      "a socket's ends as client->server. fd.realpath has the path that was really opened.",
    () => {
      const namer = new Namer();
      return {
        ...located((event, into) => namer.name(event, into)),
        lay: layName,
      };
    },
  ),
  field("fd.directory", "CHARBUF", "The directory part of a file's fd.name; a directory's own name.", () => {
    return partOfName("directory", openedDirectorySource);
  }),
  field("fd.filename", "CHARBUF", "The last component of a file's fd.name.", () => {
    return partOfName("filename", openedFilenameSource);
  }),
  known(
    "fd.l4proto",
    "CHARBUF",
    "Protocol of a socket: tcp, udp, icmp or raw; the text <NA> for anything else.",
    () => {
      const socket = new Socket();
      return (event) => protocolName(event, socket);
    },
  ),
  known("fd.sockfamily", "CHARBUF", "Family of a socket: ip or unix.", () => (event) => {
    const number = family(event);
    return number === AF_UNIX ? "unix" : number === AF_INET || number === AF_INET6 ? "ip" : undefined;
  }),
  known("fd.is_server", "BOOL", "The process is the server of this socket, or the server is on this host.", () => {
    const socket = new Socket();
    return (event) =>
      socket.read(event) && (socket.role === "server" || socket.role === "client" &&
          socket.address("local") === socket.address("remote"));
  }),
  field("fd.uid", "CHARBUF", "Thread id and descriptor number, one behind the other.", () => ({
    get: ({ type, record }) => {
      const { fd } = layout(type);
      return fd >= 0 && record.hasNumber(fd) ? `${record.tid}${record.number(fd)}` : undefined;
    },
    presentOn: hasDescriptor,
  })),
  field("fd.containername", "CHARBUF", "Container id (empty on the host), a colon and fd.name.", () => {
    const namer = new Namer();
    const slice = emptySlice();
    return {
      get: (event) => namer.name(event, slice) ? `${containerPrefix(event)}:${sliceText(slice)}` : undefined,
      presentOn: hasDescriptor,
    };
  }),
  field("fd.containerdirectory", "CHARBUF", "Container id (empty on the host), a colon and fd.directory.", () => {
    const namer = new Namer();
    const name = new TextBuffer();
    const slice = emptySlice();
    return {
      get: (event) =>
        namer.lay(event, name) && namer.directory(event, name, slice)
          ? `${containerPrefix(event)}:${sliceText(slice)}`
          : undefined,
      presentOn: hasDescriptor,
    };
  }),
  known("fd.connected", "BOOL", "Both ends of the socket are known.", () => {
    const socket = new Socket();
    return (event) => socket.read(event) && socket.connected;
  }),
  known("fd.name_changed", "BOOL", "This event gave the socket another name: a connection, or a new UDP peer.", () => {
    const socket = new Socket();
    return (event) => canBeSocket(event.type) && nameChanged(event, socket);
  }),
  known("fd.dev", "INT32", "Number of the device that the file is on.", () => device),
  known("fd.dev.major", "INT32", "Major number of that device.", () => (event) => {
    const number = device(event);
    return number === undefined ? undefined : (number >>> 8) & 0xfff;
  }),
  known("fd.dev.minor", "INT32", "Minor number of that device.", () => (event) => {
    const number = device(event);
    return number === undefined ? undefined : (number & 0xff) | ((number >>> 12) & 0xfff00);
  }),
  known("fd.ino", "INT64", "Inode number of the file.", () => (event) => {
    const { record, type } = event;
    const where = layout(type);
    const index = where.fdIno >= 0 && record.hasNumber(where.fdIno) ? where.fdIno : where.ino;
    return index >= 0 && record.hasNumber(index) ? record.big(index) : undefined;
  }),
  field("fd.nameraw", "CHARBUF", "The path as it was passed, but for repeated slashes.", () => {
    const scratch = new Uint8Array(4096);
    return {
      ...located((event, into) => locateRaw(event, scratch, into)),
      within: (type) => layout(type).openedPath,
    };
  }),
  known("fd.is_upper_layer", "BOOL", "The opened file lies in an overlayfs upper layer.", () => (event) => {
    return layerBit(event, PPM_FD_UPPER_LAYER, PPM_FD_UPPER_LAYER_CREAT);
  }),
  known("fd.is_lower_layer", "BOOL", "The opened file lies in an overlayfs lower layer.", () => (event) => {
    return layerBit(event, PPM_FD_LOWER_LAYER, PPM_FD_LOWER_LAYER_CREAT);
  }),
  field(
    "fd.realpath",
    "CHARBUF",
    "Path of the file behind the descriptor as the kernel knows it: symlinks followed, in its mount namespace.",
    () =>
      located((event, into) => {
        const { fdPath } = layout(event.type);
        return fdPath >= 0 && locateText(event, fdPath, into);
      }),
    { own: true },
  ),
];
