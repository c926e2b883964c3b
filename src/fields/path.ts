// SPDX-License-Identifier: Apache-2.0

/**
 * Joining paths as Falco does (compat/events.md §5.1): by their text alone, symlinks not looked at. Rules written for
 * Falco rely on exactly this form.
 */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import type { Slice } from "./field.ts";

/** Falco's limit for directory, path and NUL together. */
export const PATH_MAX_BYTES = 1024;

const TOO_LONG = Buffer.from("/DIR_TOO_LONG/FILENAME_TOO_LONG", "latin1");

const SLASH = 0x2f;
const DOT = 0x2e;

/** Whether joining would leave these bytes as they are: absolute, no `//`, `.` or `..` component, no slash at the end. */
export function isNormal(u8: Uint8Array, offset: number, length: number): boolean {
  if (length === 0 || u8[offset] !== SLASH) return false;
  if (length === 1) return true;
  const end = offset + length;
  if (u8[end - 1] === SLASH) return false;
  for (let i = offset + 1; i < end; i++) {
    if (u8[i - 1] !== SLASH) continue;
    if (u8[i] === SLASH) return false;
    if (u8[i] !== DOT) continue;
    if (i + 1 === end || u8[i + 1] === SLASH) return false;
    if (u8[i + 1] === DOT && (i + 2 === end || u8[i + 2] === SLASH)) return false;
  }
  return true;
}

/** Builds joined paths in memory of its own, which the next `join` overwrites. */
export class PathJoiner {
  readonly #bytes: Uint8Array = new Uint8Array(PATH_MAX_BYTES);
  #length = 0;

  /** Starts with the directory as it is: nothing is normalised in it, and no slash added. */
  begin(directory: Uint8Array, offset: number, length: number): void {
    this.#length = 0;
    this.#append(directory, offset, length);
  }

  /** Like `begin`, with a directory that is held as text. */
  beginText(directory: BinaryString): void {
    this.#length = directory.length;
    const room = Math.min(directory.length, PATH_MAX_BYTES);
    for (let i = 0; i < room; i++) this.#bytes[i] = directory.charCodeAt(i);
  }

  /** Ends the directory with a slash unless it has one or is empty. */
  endDirectory(): void {
    if (this.#length === 0) return;
    if (this.#length <= PATH_MAX_BYTES && this.#bytes[this.#length - 1] === SLASH) return;
    if (this.#length < PATH_MAX_BYTES) this.#bytes[this.#length] = SLASH;
    this.#length++;
  }

  #append(from: Uint8Array, offset: number, length: number): void {
    const room = Math.min(length, PATH_MAX_BYTES - this.#length); // join() refuses what does not fit
    for (let i = 0; i < room; i++) this.#bytes[this.#length + i] = from[offset + i]!;
    this.#length += length;
  }

  /**
   * Follows `path` from the directory begun with and points `into` at the result: repeated slashes, `.` and `..`
   * are resolved, a slash at the end dropped. An absolute path stands for itself.
   */
  join(path: Uint8Array, offset: number, length: number, into: Slice): void {
    if (this.#length + length + 1 > PATH_MAX_BYTES) {
      into.u8 = TOO_LONG;
      into.offset = 0;
      into.length = TOO_LONG.length;
      return;
    }
    const out = this.#bytes;
    const base = length > 0 && path[offset] === SLASH ? 0 : this.#length;
    const end = offset + length;
    let to = base;
    for (let i = offset; i < end;) {
      const c = path[i]!;
      if (c === DOT && (to === 0 || out[to - 1] === SLASH)) {
        const next = i + 1 < end ? path[i + 1] : 0;
        if (next === SLASH || i + 1 === end) {
          i += 2;
          continue;
        }
        if (next === DOT && (i + 2 === end || path[i + 2] === SLASH)) {
          if (to > 1) {
            to--;
            while (to > 0 && out[to - 1] !== SLASH) to--;
          }
          i += 3;
          continue;
        }
      } else if (c === SLASH && ((to > 0 && out[to - 1] === SLASH) || (to === 0 && base > 0))) {
        i++;
        continue;
      }
      out[to++] = c;
      i++;
    }
    if (to > 1 && out[to - 1] === SLASH) to--;
    into.u8 = out;
    into.offset = 0;
    into.length = to;
  }
}

/** A slice that points nowhere yet, for a reader to own. */
export function emptySlice(): Slice {
  return { u8: TOO_LONG, offset: 0, length: 0 };
}

/** The bytes of a slice as a binary string. */
export function sliceText(slice: Slice): string {
  return Buffer.from(slice.u8.buffer, slice.u8.byteOffset + slice.offset, slice.length).toString("latin1");
}
