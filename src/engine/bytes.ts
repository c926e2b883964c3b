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

/** ASCII upper case to lower case, other bytes to themselves: the C locale's folding, which Falco runs in. */
export const LOWER: Uint8Array = new Uint8Array(256).map((_, byte) => byte >= 65 && byte <= 90 ? byte + 32 : byte);

/**
 * Has these bytes somewhere, with ASCII letters alike when `fold`. Horspool's search, which leaps over most of the
 * value, as long as it does leap; then Knuth, Morris and Pratt's, because an attacker chooses the value: the first
 * alone can be made to take the value's length times the literal's.
 */
export function containsBytes(text: BinaryString, fold = false): BytesTest {
  const wanted = fold ? bytesOf(text).map((byte) => LOWER[byte]!) : bytesOf(text);
  const length = wanted.length;
  if (length === 0) return () => true;
  const surely = searchSurely(wanted, fold);
  const last = wanted[length - 1]!;
  const leap = new Uint8Array(256).fill(length); // literals have at most 255 bytes
  for (let i = 0; i < length - 1; i++) leap[wanted[i]!] = length - 1 - i;
  if (fold) LOWER.forEach((lower, byte) => leap[byte] = leap[lower]!);
  return ({ u8, offset, length: actual }) => {
    const end = offset + actual;
    let budget = actual + length; // comparisons of bytes behind the first
    for (let at = offset + length - 1; at < end;) {
      const byte = u8[at]!;
      if ((fold ? LOWER[byte] : byte) === last) {
        const start = at - length + 1;
        let i = length - 2;
        while (i >= 0 && (fold ? LOWER[u8[start + i]!] : u8[start + i]) === wanted[i]) i--;
        if (i < 0) return true;
        budget -= length - i;
        if (budget < 0) return surely(u8, start + 1, end);
      }
      at += leap[byte]!;
    }
    return false;
  };
}

/** Knuth, Morris and Pratt's search of [at, end): looks at each byte at most twice. */
function searchSurely(wanted: Uint8Array, fold: boolean): (u8: Uint8Array, at: number, end: number) => boolean {
  const length = wanted.length;
  const fallback = new Uint8Array(length);
  for (let i = 1, matched = 0; i < length; i++) {
    while (matched > 0 && wanted[i] !== wanted[matched]) matched = fallback[matched - 1]!;
    if (wanted[i] === wanted[matched]) matched++;
    fallback[i] = matched;
  }
  return (u8, at, end) => {
    for (let matched = 0; at < end; at++) {
      const byte = fold ? LOWER[u8[at]!] : u8[at];
      while (matched > 0 && byte !== wanted[matched]) matched = fallback[matched - 1]!;
      if (byte === wanted[matched]) matched++;
      if (matched === length) return true;
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
