// SPDX-License-Identifier: Apache-2.0

/** `evt.*`: the event itself. Arguments are in evt_arg.ts, times in evt_time.ts. */
import { FLAG_COMPAT, FLAG_IO_URING, FLAG_TRUNCATED } from "../events/record.ts";
import { PPM_O_CREAT, PPM_O_F_CREATED, PPM_O_RDONLY, PPM_O_TMPFILE, PPM_O_WRONLY } from "../events/symbols.ts";
import { errnoName } from "../events/symbols_linux.ts";
import type { EventType } from "../events/types.ts";
import { type CatalogueField, eventField, field, fieldWithArgument, numberSource, type Traits } from "./define.ts";
import { isKnown, locateName, typeChar } from "./descriptor.ts";
import type { Event } from "./event.ts";
import { FieldError, type Value } from "./field.ts";
import { layout } from "./layout.ts";
import { allParamsText } from "./param_text.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";
import { Socket } from "./socket.ts";

const EXECUTABLE_BITS = 0o111;

/** The system call's result; undefined for events that are none. */
export function result(event: Event): number | undefined {
  const { result: index } = layout(event.type);
  return index >= 0 && event.record.hasNumber(index) ? event.record.number(index) : undefined;
}

const isSyscall = (type: EventType) => layout(type).result >= 0;
const isRead = (type: EventType) => type.category === "io_read";
const isWrite = (type: EventType) => type.category === "io_write";
const isMemory = (type: EventType) => type.category === "memory";
const isIo = (type: EventType) => isRead(type) || isWrite(type);

/** Word of `evt.category`; for input and output it is what the descriptor is. */
function category(event: Event, socket: Socket): string {
  const { type } = event;
  if (!type.category.startsWith("io_")) return type.category;
  if (!isKnown(event)) return "unknown";
  const char = typeChar(event, socket);
  if ("fd".includes(char)) return "file";
  if ("46".includes(char)) return "net";
  return "upesi".includes(char) ? "ipc" : "unknown";
}

function openFlags(event: Event): number {
  const { openedPath, flags } = layout(event.type);
  return openedPath >= 0 && flags >= 0 ? event.record.lowOr(flags, 0) : 0;
}

function openFlag(name: string, doc: string, flag: number): CatalogueField {
  return field(name, "BOOL", doc, () => ({
    get: (event) => (openFlags(event) & flag) !== 0,
    source: (type) => {
      const { openedPath, flags } = layout(type);
      return { present: "true", value: openedPath >= 0 && flags >= 0 ? `(low(${flags}) & ${flag}) !== 0` : "false" };
    },
  }));
}

function opensExecutable(event: Event): boolean {
  const { openedPath, mode } = layout(event.type);
  if (openedPath < 0 || !event.record.hasNumber(mode)) return false;
  const creates = event.type.name === "creat" || (openFlags(event) & (PPM_O_CREAT | PPM_O_TMPFILE)) !== 0;
  return creates && (event.record.low(mode) & EXECUTABLE_BITS) !== 0;
}

function opensNew(event: Event): boolean {
  const flags = openFlags(event);
  return (flags & PPM_O_F_CREATED) !== 0 || (flags & PPM_O_TMPFILE) !== 0 && (result(event) ?? -1) >= 0;
}

/** Which of Falco's error counters a failed event belongs to: by its descriptor, or by its type without one. */
function counter(event: Event, socket: Socket): "file" | "net" | "other" {
  const { type } = event;
  if (isKnown(event)) {
    const char = typeChar(event, socket);
    return "fd".includes(char) ? "file" : "46u".includes(char) ? "net" : "other";
  }
  if (layout(type).openedPath >= 0) return "file";
  return type.name === "connect" || type.name.startsWith("accept") ? "net" : "other";
}

function failed(event: Event): number | undefined {
  const value = result(event);
  return value === undefined ? undefined : value < 0 ? 1 : 0;
}

function errorCount(of: "file" | "net" | "other"): CatalogueField {
  const doc = `1 when an event about ${of === "other" ? "anything else" : `a ${of} descriptor`} failed, else 0.`;
  return field(`evt.count.error.${of}`, "UINT32", doc, () => {
    const socket = new Socket();
    return { get: (event) => counter(event, socket) === of ? failed(event) : undefined, presentOn: isSyscall };
  });
}

/** A BOOL that the event's type alone decides. */
function typeFlag(name: string, doc: string, is: (type: EventType) => boolean): CatalogueField {
  return eventField(name, "BOOL", doc, ({ type }) => is(type));
}

/** Bytes that were read or written, for events that did, on descriptors whose `fd.typechar` is one of `chars`. */
function bufferLength(name: string, doc: string, is: (type: EventType) => boolean, chars?: string): CatalogueField {
  return field(name, "UINT64", doc, () => {
    const socket = new Socket();
    return {
      get: (event) => {
        if (!is(event.type) || !isKnown(event)) return undefined;
        const value = chars === undefined || chars.includes(typeChar(event, socket)) ? result(event) : undefined;
        return value !== undefined && value >= 0 ? value : undefined;
      },
      presentOn: is,
    };
  });
}

/** `fd.typechar` of sockets. */
const SOCKETS = "46u";

/** `evt.buflen` of one direction, or of sockets; there are no events about reading and writing files. */
function bufferLengths(): CatalogueField[] {
  const directions = [["in", isRead, "read"], ["out", isWrite, "written"]] as const;
  return [
    ...directions.map(([word, is, done]) => bufferLength(`evt.buflen.${word}`, `Bytes ${done}.`, is)),
    bufferLength("evt.buflen.net", "Bytes received or sent by a socket.", isIo, SOCKETS),
    ...directions.map(([word, is, done]) =>
      bufferLength(`evt.buflen.net.${word}`, `Bytes ${done} through a socket.`, is, SOCKETS)
    ),
  ];
}

function dataBytes({ type, record }: Event): string | undefined {
  const { data } = layout(type);
  return data >= 0 && type.params[data]!.type === "BYTEBUF" && record.len(data) > 0 ? record.bytes(data) : undefined;
}

const carriesData = (type: EventType) => {
  const { data } = layout(type);
  return data >= 0 && type.params[data]!.type === "BYTEBUF";
};

function allArguments(name: string, doc: string): CatalogueField {
  return field(name, "CHARBUF", doc, () => ({ get: (event) => allParamsText(event), output: allParamsText }));
}

const DEPRECATED: Traits = { deprecated: true, unavailable: true };

/** Fields of the class, in Falco's order. */
export const EVT_FIELDS: readonly CatalogueField[] = [
  eventField("evt.num", "UINT64", "Number of the event, counted from 1.", (event) => event.num),
  eventField("evt.source", "CHARBUF", "Source of the event: syscall.", () => "syscall"),
  eventField("evt.is_async", "BOOL", "False: no event here is asynchronous.", () => false),
  eventField("evt.hostname", "CHARBUF", "Name of the host.", (event) => event.host.hostname),
  eventField("evt.dir", "CHARBUF", "Direction of the event, always <.", () => "<", DEPRECATED),
  eventField("evt.type", "CHARBUF", "Name of the event, mostly the system call's.", ({ type }) => type.name),
  fieldWithArgument("evt.type.is", "UINT32", "1 when the event is of the type named, else 0.", "required", (name) => {
    if (!/^[a-z][a-z0-9_]*$/i.test(name ?? "")) throw new FieldError("evt.type.is takes an event's name");
    return { get: ({ type }) => type.name === name ? 1 : 0 };
  }, { dotted: true }),
  field("syscall.type", "CHARBUF", "Name of the system call; missing for other events.", () => ({
    get: ({ type }) => isSyscall(type) ? type.name : undefined,
    presentOn: isSyscall,
  })),
  field("evt.category", "CHARBUF", "What the event is about: file, net, ipc, process, user, other or unknown.", () => {
    const socket = new Socket();
    return { get: (event) => category(event, socket) };
  }),
  eventField("evt.cpu", "INT16", "Number of the CPU that it happened on.", ({ record }) => record.cpu),
  allArguments("evt.args", "All arguments as name=value, with names for numbers in brackets."),
  allArguments("evt.info", "The same as evt.args."),
  field("evt.buffer", "BYTEBUF", "First bytes of the data that was sent or received.", () => ({
    get: dataBytes,
    presentOn: carriesData,
  })),
  bufferLength("evt.buflen", "Bytes read or written.", (type) => type.category.startsWith("io_")),
  ...bufferLengths(),
  field("evt.res", "CHARBUF", "SUCCESS, or the name of the error.", () => ({
    get: (event) => {
      const value = result(event);
      return value === undefined ? undefined : value >= 0 ? "SUCCESS" : errnoName(value) || String(value);
    },
    presentOn: isSyscall,
  })),
  field("evt.rawres", "INT64", "Result of the system call: negative for an error.", () => ({
    get: result,
    source: (type) => numberSource(layout(type).result),
    presentOn: isSyscall,
  })),
  field("evt.failed", "BOOL", "The system call failed.", () => ({
    get: (event) => {
      const value = failed(event);
      return value === undefined ? undefined : value === 1;
    },
    presentOn: isSyscall,
  })),
  typeFlag("evt.is_io", "The event reads from or writes to a descriptor.", isIo),
  typeFlag("evt.is_io_read", "The event reads from a descriptor.", isRead),
  typeFlag("evt.is_io_write", "The event writes to a descriptor.", isWrite),
  field("evt.io_dir", "CHARBUF", "read or write, for events that do.", () => ({
    get: ({ type }) => isWrite(type) ? "write" : isRead(type) ? "read" : undefined,
    presentOn: isIo,
  })),
  field("evt.is_syslog", "BOOL", "The event writes to /dev/log.", () => {
    const socket = new Socket();
    const joiner = new PathJoiner();
    const slice = emptySlice();
    return {
      get: (event) =>
        isWrite(event.type) && isKnown(event) && locateName(event, socket, joiner, slice) &&
        sliceText(slice).includes("/dev/log"),
    };
  }),
  eventField("evt.count", "UINT32", "Always 1.", () => 1),
  field("evt.count.error", "UINT32", "1 when the system call failed, else 0.", () => ({
    get: failed,
    presentOn: isSyscall,
  })),
  errorCount("file"),
  errorCount("net"),
  field("evt.count.error.memory", "UINT32", "1 when an event about memory failed, else 0.", () => ({
    get: (event) => isMemory(event.type) ? failed(event) : undefined,
    presentOn: isMemory,
  })),
  errorCount("other"),
  field("evt.count.exit", "UINT32", "1 for the exit of a system call.", () => ({
    get: ({ type }) => isSyscall(type) ? 1 : undefined,
    presentOn: isSyscall,
  })),
  openFlag("evt.is_open_read", "A file was to be opened for reading.", PPM_O_RDONLY),
  openFlag("evt.is_open_write", "A file was to be opened for writing.", PPM_O_WRONLY),
  eventField("evt.is_open_exec", "BOOL", "A file was to be created as an executable.", opensExecutable),
  eventField("evt.is_open_create", "BOOL", "A file was created by opening it.", opensNew),
  eventField(
    "evt.is_compat",
    "BOOL",
    "The system call was a 32-bit one.",
    ({ record }) => (record.flags & FLAG_COMPAT) !== 0,
    { own: true },
  ),
  eventField(
    "evt.is_io_uring",
    "BOOL",
    "It was done through an io_uring, not by the system call that the event is named for.",
    ({ record }) => (record.flags & FLAG_IO_URING) !== 0,
    { own: true },
  ),
  eventField(
    "evt.is_truncated",
    "BOOL",
    "A parameter was too long for the record and was cut.",
    ({ record }) => (record.flags & FLAG_TRUNCATED) !== 0,
    { own: true },
  ),
  ...[
    ["evt.latency", 0n],
    ["evt.latency.s", 0n],
    ["evt.latency.ns", 0n],
    ["evt.wait_latency", 0n],
  ].map(([name, value]) => eventField(name as string, "RELTIME", "Always 0.", () => value as Value, DEPRECATED)),
  eventField("evt.latency.human", "CHARBUF", "Always 0ns.", () => "0ns", DEPRECATED),
];
