// SPDX-License-Identifier: Apache-2.0

/**
 * fnmatch(3) over bytes with no flags, as Falco's `glob` (or with FNM_CASEFOLD, `iglob`): `*` and `?` cross `/`, a
 * leading dot is nothing special, the whole value must match. The C locale: a character is a byte.
 */
import type { BinaryString } from "../events/text.ts";
import { type BytesTest, LOWER } from "./bytes.ts";

/** One step of a pattern: a star, or the set of bytes that one byte of the value must be in. */
type Step = "star" | Uint8Array;

const CLASSES: Readonly<Record<string, (byte: number) => boolean>> = {
  alnum: (b) => isDigit(b) || isAlpha(b),
  alpha: isAlpha,
  blank: (b) => b === 32 || b === 9,
  cntrl: (b) => b < 32 || b === 127,
  digit: isDigit,
  graph: (b) => b > 32 && b < 127,
  lower: (b) => b >= 97 && b <= 122,
  print: (b) => b >= 32 && b < 127,
  punct: (b) => b > 32 && b < 127 && !isDigit(b) && !isAlpha(b),
  space: (b) => b === 32 || (b >= 9 && b <= 13),
  upper: (b) => b >= 65 && b <= 90,
  xdigit: (b) => isDigit(b) || (b >= 65 && b <= 70) || (b >= 97 && b <= 102),
};

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isAlpha(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
}

function setOf(...bytes: number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) set[byte] = 1;
  return set;
}

/** The bracket expression that starts at `[`; undefined when it is not closed and `[` therefore stands for itself. */
function parseBracket(pattern: string, start: number): { set: Uint8Array; end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === "!" || pattern[at] === "^";
  if (negated) at++;
  const set = new Uint8Array(256);
  for (let first = true;; first = false) {
    if (at >= pattern.length) return undefined;
    if (pattern[at] === "]" && !first) break;
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 16));
    if (named) {
      const holds = CLASSES[named[1]!];
      if (holds) { for (let byte = 0; byte < 256; byte++) if (holds(byte)) set[byte] = 1; }
      at += named[0].length;
      continue;
    }
    const low = bracketByte(pattern, at);
    if (low === undefined) return undefined;
    at = low.end;
    let high = low.byte;
    if (pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]") {
      const upper = bracketByte(pattern, at + 1);
      if (upper === undefined) return undefined;
      high = upper.byte;
      at = upper.end;
    }
    for (let byte = low.byte; byte <= high; byte++) set[byte] = 1;
  }
  return { set: negated ? set.map((has) => 1 - has) : set, end: at + 1 };
}

/** One member of a bracket expression: a byte, an escaped byte, or `[.x.]` and `[=x=]`, which in C's locale are x. */
function bracketByte(pattern: string, at: number): { byte: number; end: number } | undefined {
  const collating = /^\[([.=])([^])\1\]/.exec(pattern.slice(at, at + 6));
  if (collating) return { byte: collating[2]!.charCodeAt(0), end: at + 5 };
  const index = pattern[at] === "\\" ? at + 1 : at;
  if (index >= pattern.length) return undefined;
  return { byte: pattern.charCodeAt(index), end: index + 1 };
}

function parseGlob(pattern: BinaryString): Step[] | undefined {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "*") {
      if (steps.at(-1) !== "star") steps.push("star");
    } else if (char === "?") steps.push(new Uint8Array(256).fill(1));
    else if (char === "[") {
      const bracket = parseBracket(pattern, at);
      if (bracket) {
        steps.push(bracket.set);
        at = bracket.end - 1;
      } else steps.push(setOf(91));
    } else if (char === "\\") {
      at++;
      if (at >= pattern.length) return undefined; // a backslash with nothing behind it matches nothing
      steps.push(setOf(pattern.charCodeAt(at)));
    } else steps.push(setOf(pattern.charCodeAt(at)));
  }
  return steps;
}

/**
 * The test of a glob. On a mismatch only the last star is tried again, one byte later: at most value times pattern
 * steps, never exponential.
 */
export function globTest(pattern: BinaryString, fold = false): BytesTest {
  const parsed = parseGlob(fold ? foldLiteral(pattern) : pattern);
  if (parsed === undefined) return () => false;
  const steps = fold
    ? parsed.map((step) => (step === "star" ? step : step.map((_, byte) => step[LOWER[byte]!]!)))
    : parsed;
  const count = steps.length;
  return ({ u8, offset, length }) => {
    const end = offset + length;
    let at = offset;
    let step = 0;
    let star = -1; // index of the last star passed
    let resume = 0; // where in the value it is tried to end
    while (at < end) {
      const wanted = step < count ? steps[step]! : undefined;
      if (wanted === "star") {
        star = step++;
        resume = at;
        if (step === count) return true;
      } else if (wanted !== undefined && wanted[u8[at]!] === 1) {
        at++;
        step++;
      } else if (star >= 0) {
        step = star + 1;
        at = ++resume;
      } else return false;
    }
    while (step < count && steps[step] === "star") step++;
    return step === count;
  };
}

/** FNM_CASEFOLD folds the pattern too, so that a range of capitals is one of small letters. */
function foldLiteral(pattern: BinaryString): BinaryString {
  return pattern.replace(/[A-Z]/g, (char) => String.fromCharCode(LOWER[char.charCodeAt(0)]!));
}
