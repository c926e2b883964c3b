// SPDX-License-Identifier: Apache-2.0

/** The paths that an event's parameters name, made absolute as Falco does. All of them point at bytes, none copies. */
import { Buffer } from "node:buffer";
import { AT_FDCWD } from "../events/symbols.ts";
import type { Event } from "./event.ts";
import type { Slice } from "./field.ts";
import { layout } from "./layout.ts";
import { isNormal, type PathJoiner } from "./path.ts";
import { layJoined, layNormal } from "./path_layer.ts";
import type { TextBuffer } from "./text_buffer.ts";

const SLASH = 0x2f;

/** A path of this length is too long for Falco to join even to nothing. */
const LONGEST_KEPT = 1023;

/** What Falco prints for a parameter that is not there. */
const NOT_AVAILABLE = Buffer.from("<NA>", "latin1");

/** Points `into` at fixed text. */
export function pointAt(text: Uint8Array, into: Slice): void {
  into.u8 = text;
  into.offset = 0;
  into.length = text.length;
}

/** Points `into` at text parameter `index` as it is, without its NUL; false when it is not there. */
export function locateText(event: Event, index: number, into: Slice): boolean {
  const { record } = event;
  const length = record.len(index);
  if (length === 0) return false;
  into.u8 = record.memory.u8;
  into.offset = record.offset(index);
  into.length = length - 1;
  return true;
}

/** Whether the text at `slice` starts with a slash. */
export function isAbsolute(slice: Slice): boolean {
  return slice.length > 0 && slice.u8[slice.offset] === SLASH;
}

/** Begins with the current directory, as far as it is known (`./` otherwise, as Falco's). */
export function beginWorkingDirectory(event: Event, joiner: PathJoiner): void {
  const { record, process } = event;
  const { workdir } = layout(event.type);
  const length = workdir < 0 ? 0 : record.len(workdir);
  if (length > 1) joiner.begin(record.memory.u8, record.offset(workdir), length - 1);
  else joiner.beginText(process?.cwd ?? ".");
  joiner.endDirectory();
}

/**
 * Begins with the directory that path parameter `index` was relative to: what the kernel said, else the current
 * directory. With `strict`, a directory descriptor of which nothing is known gives Falco's `<UNKNOWN>` instead.
 */
function beginDirectory(event: Event, index: number, joiner: PathJoiner, strict: boolean): void {
  const { record, type } = event;
  const directory = layout(type).directory[index]!;
  const length = directory < 0 ? 0 : record.len(directory);
  if (length > 1) {
    joiner.begin(record.memory.u8, record.offset(directory), length - 1);
    joiner.endDirectory();
    return;
  }
  const dirfd = type.params[index]!.dirfd;
  if (strict && dirfd !== undefined && record.hasNumber(dirfd) && record.low(dirfd) !== AT_FDCWD) {
    joiner.beginText("<UNKNOWN>");
  } else beginWorkingDirectory(event, joiner);
}

/**
 * Path parameter `index` as `evt.arg` has it: a relative one joined to its directory, any other as it was passed.
 * A parameter that is not there gives `<NA>`.
 */
export function locateArgument(event: Event, index: number, joiner: PathJoiner, into: Slice): void {
  if (!locateText(event, index, into)) return pointAt(NOT_AVAILABLE, into);
  if (into.length === 0 || isAbsolute(into)) return;
  beginDirectory(event, index, joiner, false);
  joiner.join(into.u8, into.offset, into.length, into);
}

/**
 * Lays down what `locateAbsolute` finds where there is nothing to resolve in it; false where there may be, or where the
 * record does not name the directory that it is relative to.
 */
export function layAbsolute({ record, type }: Event, index: number, into: TextBuffer): boolean {
  const length = record.len(index) - 1;
  if (length <= 0 || length >= LONGEST_KEPT) return false;
  const { i32, u8 } = record.memory;
  const offset = record.offset(index);
  if (u8[offset] === SLASH) return layNormal(into, i32, offset >> 2, length);
  const directory = layout(type).directory[index]!;
  const directoryLength = directory < 0 ? 0 : record.len(directory) - 1;
  if (directoryLength <= 0) return false;
  return layJoined(into, i32, record.offset(directory) >> 2, directoryLength, offset >> 2, length);
}

/**
 * Path parameter `index` in full: joined to its directory and normalised, as Falco names an opened file. An absolute
 * one is joined too, to a directory `.` that only counts for the length limit.
 */
export function locateAbsolute(event: Event, index: number, joiner: PathJoiner, into: Slice): void {
  if (!locateText(event, index, into)) pointAt(NOT_AVAILABLE, into);
  if (into.length < LONGEST_KEPT && isNormal(into.u8, into.offset, into.length)) return;
  if (isAbsolute(into)) joiner.beginText(".");
  else beginDirectory(event, index, joiner, true);
  joiner.join(into.u8, into.offset, into.length, into);
}
