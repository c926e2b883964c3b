// SPDX-License-Identifier: Apache-2.0

/** Parameters as text: what src/events/render.ts has, and what needs the host for it. compat/fields.md §3. */
import { type BufferText, rawText, resolvedText } from "../events/render.ts";
import { AT_FDCWD } from "../events/symbols.ts";
import { errnoName } from "../events/symbols_linux.ts";
import type { BinaryString } from "../events/text.ts";
import type { Host } from "../host/host.ts";
import type { Process } from "../host/process.ts";
import { isKnown, locateName, typeChar } from "./descriptor.ts";
import type { Event } from "./event.ts";
import { isAbsolute, locateArgument, locateText } from "./event_path.ts";
import { layout } from "./layout.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";
import { l4proto, Socket } from "./socket.ts";

/** What no id is: (uid_t) -1. */
const NO_ID = 0xffffffff;

/** Falco's user name for an id, as `of` knows it: 0 is root even without an entry; `<NA>` when unknown. */
export function userName({ names }: Host, uid: number, of: Process | undefined): BinaryString {
  return names.user(uid, of)?.name ?? (uid === 0 ? "root" : "<NA>");
}

/** Falco's group name for an id; as `userName`. */
export function groupName({ names }: Host, gid: number, of: Process | undefined): BinaryString {
  return names.group(gid, of) ?? (gid === 0 ? "root" : "<NA>");
}

/** Descriptor parameters of dup, dup2 and dup3 and of pipes: they all mean the file that the record tells of. */
const SAME_FILE: ReadonlySet<string> = new Set(["oldfd", "newfd", "fd1"]);

/** `<` type, protocol `>` name of the descriptor that the record tells of. */
function descriptorText(event: Event): string {
  const socket = new Socket();
  const slice = emptySlice();
  const char = typeChar(event, socket);
  const proto = char === "4" || char === "6" ? l4proto(event) : undefined;
  locateName(event, socket, new PathJoiner(), slice);
  return `<${char}${proto?.[0] ?? ""}>${sliceText(slice)}`;
}

function resolvedFd(event: Event, index: number): string {
  const { record, type } = event;
  const fd = record.number(index);
  if (fd === AT_FDCWD) return "AT_FDCWD";
  if (fd < 0) return errnoName(fd);
  const where = layout(type);
  const same = SAME_FILE.has(type.params[index]!.name);
  if (index === where.fd || same) return isKnown(event) ? descriptorText(event) : "";
  // a directory that a path was relative to: the record has its path
  const path = type.params.findIndex((param) => param.dirfd === index);
  const directory = path < 0 ? -1 : where.directory[path]!;
  return directory >= 0 && record.len(directory) > 1 ? `<d>${record.text(directory)}` : "";
}

function resolvedPath(event: Event, index: number): string {
  const slice = emptySlice();
  if (!locateText(event, index, slice) || slice.length === 0 || isAbsolute(slice)) return "";
  locateArgument(event, index, new PathJoiner(), slice);
  return sliceText(slice);
}

/** Resolved text of a parameter; empty when there is none. */
function resolvedParam(event: Event, index: number): string {
  const { record, type, host } = event;
  if (record.len(index) === 0) return "";
  const param = type.params[index]!;
  switch (param.type) {
    case "FSPATH":
    case "FSRELPATH":
      return resolvedPath(event, index);
    case "FD":
      return record.hasNumber(index) ? resolvedFd(event, index) : "";
    case "PID":
      return record.hasNumber(index) ? host.processes.get(record.number(index))?.comm ?? "" : "";
    case "UID":
    case "GID": {
      if (!record.hasNumber(index)) return "";
      const id = record.low(index) >>> 0;
      if (id === NO_ID) return "<NONE>";
      return param.type === "UID" ? userName(host, id, event.process) : groupName(host, id, event.process);
    }
    default:
      return resolvedText(record, type, index);
  }
}

/** `evt.arg`: the resolved text, or the raw one where there is none. */
export function paramText(event: Event, index: number, bufferText?: BufferText): string {
  return resolvedParam(event, index) || rawText(event.record, event.type, index, bufferText);
}

/** `evt.args`: every parameter of Falco's as `name=raw(resolved)`, joined by spaces. */
export function allParamsText(event: Event, bufferText?: BufferText): string {
  const { record, type } = event;
  const parts: string[] = [];
  type.params.forEach((param, i) => {
    if (param.own) return;
    const resolved = resolvedParam(event, i);
    parts.push(`${param.name}=${rawText(record, type, i, bufferText)}${resolved === "" ? "" : `(${resolved})`}`);
  });
  return parts.join(" ");
}
