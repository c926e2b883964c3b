// SPDX-License-Identifier: Apache-2.0

/**
 * Laying paths of records down where they are compared, four bytes at a time: it is done for every file that is opened.
 * (`| 0` spares the engines a check for overflow.)
 * Each function returns false, with nothing meaningful laid down, where a path needs more than copying: PathJoiner does
 * that then. Texts of records start at a word.
 */
import { PATH_MAX_BYTES } from "./path.ts";
import type { TextBuffer } from "./text_buffer.ts";

const SLASH = 0x2f;
const SLASHES = 0x2f2f2f2f;

/** 0x80 in the last of a word's bytes before the path, as far as `follows` looks at it: a slash, or none. */
const AFTER_SLASH = 0x80;
const AFTER_NOTHING = 0;

/**
 * 0x80 in each of a word's bytes that is zero, and perhaps in one that is 1 above such a byte. With slashes made zero
 * that is a dot behind a slash, which ends the matter here anyway; with dots and slashes made zero no byte is 1.
 */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** The bytes of a text's last word that belong to the text, which has `length` bytes. */
function lastMask(length: number): number {
  return (-1 >>> (((4 - length) & 3) << 3)) | 0;
}

/** Place of the last of the bytes that `zeroBytes` marked in word `index`. */
function placeOf(index: number, marks: number): number {
  return (index << 2) + ((31 - Math.clz32(marks)) >> 3);
}

/**
 * Lays down an absolute path that joining surely leaves as it is: no slash followed by a slash or a dot, none at the
 * end. (Whether a dot belongs to the name of a hidden file is for `isNormal` to tell.)
 */
export function layNormal(text: TextBuffer, i32: Int32Array, at: number, length: number): boolean {
  const { words } = text;
  const last = (length - 1) >> 2;
  const mask = lastMask(length);
  let before = AFTER_NOTHING;
  let slashAt = 0;
  let slashMarks = 0;
  for (let i = 0; i <= last; i++) {
    const word = i === last ? i32[(at + i) | 0]! & mask : i32[(at + i) | 0]!;
    words[(i + 1) | 0] = word;
    const slashes = zeroBytes(word ^ SLASHES);
    const either = zeroBytes((word & 0xfefefefe) ^ 0x2e2e2e2e); // 0x2e is a dot, 0x2f a slash
    if ((((slashes << 8) | before) & either) !== 0) return false;
    before = slashes >>> 24;
    if (slashes !== 0) {
      slashAt = i;
      slashMarks = slashes;
    }
  }
  const slash = placeOf(slashAt, slashMarks);
  if (slash === length - 1 && length > 1) return false;
  text.finish(length, slash);
  return true;
}

/** Lays down a directory and behind it a relative path in which there is nothing to resolve. */
export function layJoined(
  text: TextBuffer,
  i32: Int32Array,
  directoryAt: number,
  directoryLength: number,
  at: number,
  length: number,
): boolean {
  const last = (length - 1) >> 2;
  const mask = lastMask(length);
  let before = AFTER_SLASH;
  let slashAt = -1;
  let slashMarks = 0;
  for (let i = 0; i <= last; i++) {
    const word = i === last ? i32[(at + i) | 0]! & mask : i32[(at + i) | 0]!;
    const slashes = zeroBytes(word ^ SLASHES);
    const either = zeroBytes((word & 0xfefefefe) ^ 0x2e2e2e2e);
    if ((((slashes << 8) | before) & either) !== 0) return false;
    before = slashes >>> 24;
    if (slashes !== 0) {
      slashAt = i;
      slashMarks = slashes;
    }
  }
  const slash = slashAt < 0 ? -1 : placeOf(slashAt, slashMarks);
  if (slash === length - 1) return false;

  const { words } = text;
  let to = directoryLength >> 2; // the word that the path's first byte goes to
  let shift = (directoryLength & 3) << 3; // and its place in it, in bits
  let head = shift === 0 ? 0 : i32[directoryAt + to]! & ((1 << shift) - 1);
  const end = directoryLength - 1;
  const hasSlash = ((i32[directoryAt + (end >> 2)]! >>> ((end & 3) << 3)) & 0xff) === SLASH;
  const base = hasSlash ? directoryLength : directoryLength + 1;
  if (base + length + 1 > PATH_MAX_BYTES) return false;
  for (let i = 0; i < to; i++) words[i + 1] = i32[directoryAt + i]!;
  if (!hasSlash) {
    head |= SLASH << shift;
    shift += 8;
    if (shift === 32) {
      words[++to] = head;
      head = 0;
      shift = 0;
    }
  }
  for (let i = 0; i <= last; i++) {
    const word = i === last ? i32[(at + i) | 0]! & mask : i32[(at + i) | 0]!;
    words[to + i + 1] = head | (word << shift);
    head = shift === 0 ? 0 : word >>> (32 - shift);
  }
  words[to + last + 2] = head;
  text.finish(base + length, slash < 0 ? base - 1 : base + slash);
  return true;
}
