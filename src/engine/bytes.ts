// SPDX-License-Identifier: Apache-2.0

/**
 * Comparisons of bytes in place: what string operators do to a value that lies in a record, without making a string.
 * Every one is linear in the value, whatever the bytes are.
 */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import type { Slice } from "../fields/field.ts";

/** A test of bytes in memory. */
export type BytesTest = (at: Slice) => boolean;

function bytesOf(text: BinaryString): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Same bytes. The end is looked at first: paths share their beginnings. */
export function equalsBytes(text: BinaryString): BytesTest {
  const wanted = bytesOf(text);
  const length = wanted.length;
  return ({ u8, offset, length: actual }) => {
    if (actual !== length) return false;
    for (let i = length - 1; i >= 0; i--) if (u8[offset + i] !== wanted[i]) return false;
    return true;
  };
}

/** Begins with these bytes. */
export function startsWithBytes(text: BinaryString): BytesTest {
  const wanted = bytesOf(text);
  const length = wanted.length;
  return ({ u8, offset, length: actual }) => {
    if (actual < length) return false;
    for (let i = 0; i < length; i++) if (u8[offset + i] !== wanted[i]) return false;
    return true;
  };
}

/** Ends with these bytes. */
export function endsWithBytes(text: BinaryString): BytesTest {
  const wanted = bytesOf(text);
  const length = wanted.length;
  return ({ u8, offset, length: actual }) => {
    if (actual < length) return false;
    const start = offset + actual - length;
    for (let i = length - 1; i >= 0; i--) if (u8[start + i] !== wanted[i]) return false;
    return true;
  };
}

const SAME = new Uint8Array(256).map((_, byte) => byte);
/** ASCII upper case to lower case, other bytes to themselves: the C locale's folding, which Falco runs in. */
export const LOWER: Uint8Array = SAME.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/**
 * Has these bytes somewhere, with ASCII letters alike when `fold`. Knuth-Morris-Pratt, because an attacker chooses the
 * value: a naive search can be made to take its length times the literal's.
 */
export function containsBytes(text: BinaryString, fold = false): BytesTest {
  const table = fold ? LOWER : SAME;
  const wanted = bytesOf(text).map((byte) => table[byte]!);
  const length = wanted.length;
  if (length === 0) return () => true;
  const fallback = new Uint8Array(length); // literals have at most 255 bytes
  for (let i = 1, matched = 0; i < length; i++) {
    while (matched > 0 && wanted[i] !== wanted[matched]) matched = fallback[matched - 1]!;
    if (wanted[i] === wanted[matched]) matched++;
    fallback[i] = matched;
  }
  const first = wanted[0]!;
  return ({ u8, offset, length: actual }) => {
    const end = offset + actual;
    const last = end - length; // no match starts behind it
    let at = offset;
    while (at <= last) {
      if (table[u8[at]!] !== first) {
        at++;
        continue;
      }
      at++;
      let matched = 1;
      while (matched > 0) {
        if (matched === length) return true;
        if (at === end) return false;
        if (table[u8[at]!] === wanted[matched]) {
          matched++;
          at++;
        } else matched = fallback[matched - 1]!;
      }
    }
    return false;
  };
}

/** Up to this many texts of one length are compared one by one; more are looked up by hash. */
const FEW = 4;

function hash(u8: Uint8Array, offset: number, length: number): number {
  let h = 0;
  for (let i = offset; i < offset + length; i++) h = (Math.imul(h, 31) + u8[i]!) | 0;
  return h ^ (h >>> 15);
}

/** Is one of these texts. */
export function memberBytes(texts: Iterable<BinaryString>): BytesTest {
  const index = indexBytes([...new Set(texts)]);
  return (at) => index(at) >= 0;
}

/** Which of these distinct texts the bytes are, as an index; -1 for none. By length, then by comparing or hashing. */
export function indexBytes(texts: readonly BinaryString[]): (at: Slice) => number {
  const byLength = new Map<number, number[]>();
  texts.forEach((text, i) => {
    const same = byLength.get(text.length);
    if (same) same.push(i);
    else byLength.set(text.length, [i]);
  });
  const longest = [...byLength.keys()].reduce((a, b) => Math.max(a, b), -1);
  const lookups: (((at: Slice) => number) | undefined)[] = new Array(longest + 1).fill(undefined);
  for (const [length, same] of byLength) {
    lookups[length] = same.length <= FEW ? oneByOne(same, texts) : hashed(same, texts);
  }
  return (at) => {
    const lookup = at.length <= longest ? lookups[at.length] : undefined;
    return lookup === undefined ? -1 : lookup(at);
  };
}

function oneByOne(indexes: readonly number[], texts: readonly BinaryString[]): (at: Slice) => number {
  const tests = indexes.map((index) => equalsBytes(texts[index]!));
  return (at) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(at)) return indexes[i]!;
    return -1;
  };
}

/** An open-addressed table over texts of one length, laid one after another: a long list costs little memory. */
function hashed(indexes: readonly number[], texts: readonly BinaryString[]): (at: Slice) => number {
  const length = texts[indexes[0]!]!.length;
  const data = new Uint8Array(indexes.length * length);
  let size = 16;
  while (size < indexes.length * 2) size *= 2;
  const mask = size - 1;
  const table = new Int32Array(size); // number of the text plus 1; 0 for an empty place
  for (let i = 0; i < indexes.length; i++) {
    data.set(bytesOf(texts[indexes[i]!]!), i * length);
    let place = hash(data, i * length, length) & mask;
    while (table[place] !== 0) place = (place + 1) & mask;
    table[place] = i + 1;
  }
  return ({ u8, offset }) => {
    for (let place = hash(u8, offset, length) & mask;; place = (place + 1) & mask) {
      const number = table[place]! - 1;
      if (number < 0) return -1;
      const start = number * length;
      let i = length - 1;
      while (i >= 0 && u8[offset + i] === data[start + i]) i--;
      if (i < 0) return indexes[number]!;
    }
  };
}

/** A test of bytes as a test of binary strings. The memory it copies into is kept and grows with the longest value. */
export function onStrings(test: BytesTest): (value: BinaryString) => boolean {
  let buffer = Buffer.alloc(64);
  const at: Slice = { u8: buffer, offset: 0, length: 0 };
  return (value) => {
    if (value.length > buffer.length) {
      buffer = Buffer.alloc(value.length * 2);
      at.u8 = buffer;
    }
    at.length = buffer.write(value, 0, "latin1");
    return test(at);
  };
}
