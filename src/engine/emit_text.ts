// SPDX-License-Identifier: Apache-2.0

/**
 * Questions about texts as JavaScript over the words and bytes of a text buffer (src/fields/text_buffer.ts). Literals
 * become numbers: four bytes make a word, little-endian as all records are.
 */
import type { BinaryString } from "../events/text.ts";
import { RECORD_HEADER_BYTES } from "../events/record.ts";
import type { BytesTest } from "./bytes.ts";
import type { Scope } from "./scope.ts";

/** A question about a text that generated code spells out. */
export interface TextQuestion {
  readonly kind: "is" | "starts" | "ends" | "contains";
  /** Any of them; of several, only for `is`. */
  readonly texts: readonly BinaryString[];
  /** The answer is the contrary. */
  readonly negated?: boolean;
}

/** Where a text lies, in the words of the generated code. */
export interface TextPlace {
  /** Its Slice. */
  readonly slice: string;
  /** A word of the text, where it starts at one. The index is a number or an expression. */
  word?(index: number | string): string;
  /** The byte at an index, which is an expression. */
  byte(index: string): string;
}

/** Longer literals, and longer lists, are compared in loops. */
const MOST_BYTES = 96;
const MOST_TEXTS = 256;

/** Up to so many texts of one length are compared one after the other. */
const FEW = 3;

/** The question as an expression; undefined when it is better asked by `test`, the same question as a function. */
export function emitQuestion(
  { kind, texts, negated }: TextQuestion,
  test: BytesTest,
  place: TextPlace,
  scope: Scope,
): string | undefined {
  if (texts.length === 0 || texts.length > MOST_TEXTS) return undefined;
  if (texts.some((text) => text.length > MOST_BYTES)) return undefined;
  const answer = emitPlain(kind, texts, test, place, scope);
  return answer === undefined || negated !== true ? answer : `!${answer}`;
}

function emitPlain(
  kind: TextQuestion["kind"],
  texts: readonly BinaryString[],
  test: BytesTest,
  place: TextPlace,
  scope: Scope,
): string | undefined {
  const [first] = texts as readonly [BinaryString];
  switch (kind) {
    case "is":
      if (texts.length === 1) return emitIs(first, place);
      return place.word && emitIsOneOf(texts, place, scope);
    case "starts":
      return `(${place.slice}.length >= ${first.length} && ${all(compare(first, place))})`;
    case "ends":
      return emitEnds(first, place);
    case "contains":
      return place.word && first.length > 1 ? emitContains(first, test, place, scope) : undefined;
  }
}

/** `(s1.length === 9 && w1[1] === 1668573231 && w1[2] === 1634235183 && (w1[3] & 255) === 100)` */
function emitIs(text: BinaryString, place: TextPlace): string {
  return `(${place.slice}.length === ${text.length} && ${all(compare(text, place))})`;
}

/** `(s1.length >= 3 && b1[4 + (s1.length - 1)] === 115 && b1[4 + (s1.length - 2)] === 108 && …)`: the end first. */
function emitEnds(text: BinaryString, place: TextPlace): string {
  const { slice } = place;
  const bytes = Array.from({ length: text.length }, (_, i) => {
    return `${place.byte(`(${slice}.length - ${i + 1})`)} === ${text.charCodeAt(text.length - 1 - i)}`;
  });
  return `(${slice}.length >= ${text.length} && ${all(bytes)})`;
}

/**
 * A call of a function that goes by the length, then by the word that tells most texts of one length apart:
 * `switch (s1.length) { case 4: return w1[1] === … || w1[1] === …; case 9: switch (w1[2]) { case 7: return …; } }`
 */
function emitIsOneOf(texts: readonly BinaryString[], place: TextPlace, scope: Scope): string {
  const cases = [...groupBy([...new Set(texts)], (text) => text.length)].map(([length, same]) => {
    const words = Array.from({ length: Math.ceil(length / 4) }, (_, i) => i);
    return `case ${length}: ${decide(same, words, place)}`;
  });
  return scope.call(`switch (${place.slice}.length) { ${cases.join(" ")} } return false;`);
}

/** Statements that return whether the text, whose length is known, is one of these by these words of it. */
function decide(texts: readonly BinaryString[], words: readonly number[], place: TextPlace): string {
  const byWord = words.map((index) => groupBy(texts, (text) => wordOf(text, index).value));
  const best = byWord.reduce((most, { size }, i) => size > byWord[most]!.size ? i : most, 0);
  if (texts.length <= FEW || words.length === 0) {
    const same = texts.map((text) => `(${all(compareWords(text, words, place))})`);
    return `return ${same.join(" || ")};`;
  }
  const rest = words.filter((_, i) => i !== best);
  const cases = [...byWord[best]!].map(([value, same]) => `case ${value}: ${decide(same, rest, place)}`);
  return `switch (${masked(wordOf(texts[0]!, words[best]!).mask, place.word!(words[best]!))}) { ${
    cases.join(" ")
  } } return false;`;
}

/**
 * A call of a function that looks for the two bytes of the literal, one behind the other, that are the least common, in
 * a word at a time, and asks the whole question only where they are: for `../`
 * `let before = 0; for (let i = 0, at = 0; at < s1.length; i++, at += 4) { const word = w1[1 + i]; const a = …; const b = …;
 * if ((((a << 8) | before) & b) !== 0) return c5(s1); before = a >>> 24; } return false;`
 */
function emitContains(text: BinaryString, test: BytesTest, place: TextPlace, scope: Scope): string {
  return scope.call(
    `let before = 0; for (let i = 0, at = 0; at < ${place.slice}.length; i++, at += 4) {` +
      ` const word = ${place.word!("i")};` +
      ` ${emitMarks(rarestPair(text), `return ${scope.constant(test)}(${place.slice});`)} } return false;`,
  );
}

/** The pair of bytes, none a slash, that a text must have for the answer to be yes; undefined where there is none. */
export function pairOf({ kind, texts: [text], negated }: TextQuestion): BinaryString | undefined {
  if (kind !== "contains" || negated === true || text === undefined || text.length < 2) return undefined;
  const pair = rarestPair(text);
  return pair.includes("/") ? undefined : pair;
}

/**
 * A call of a function that tells whether a parameter may have a pair of bytes, looking at the record itself:
 * `const record = event.record, words = record.memory.i32, base = record.base >> 2; if (2 >= record.paramCount) …; const
 * entry = words[base + 12]; for (…) { const word = words[at]; … if ((((a << 8) | before) & b) !== 0) return true; … }`
 */
export function emitParamHas(pair: BinaryString, param: number, scope: Scope): string {
  return scope.call(
    `const record = event.record, words = record.memory.i32, base = record.base >> 2;` +
      ` if (${param} >= record.paramCount) return false;` +
      ` const entry = words[base + ${(RECORD_HEADER_BYTES >> 2) + param}]; let before = 0;` +
      ` let at = base + ((entry >>> 16) << 1); const end = at + (((entry & 0xffff) + 3) >> 2);` +
      ` for (; at < end; at = (at + 1) | 0) { const word = words[at];` +
      ` ${emitMarks(pair, "return true;")} } return false;`,
  );
}

/** Statements that mark where `word` has the one and the other byte, and do something where they meet. */
function emitMarks(pair: BinaryString, found: string): string {
  // 0x80 in a byte that is the wanted one, sometimes also in the one above it: what is done then is exact
  const marks = (byte: number) => {
    const difference = `(word ^ ${Math.imul(byte, 0x01010101)})`;
    return `(${difference} - 16843009) & ~${difference} & -2139062144`;
  };
  const [first, second] = [pair.charCodeAt(0), pair.charCodeAt(1)];
  return `const a = ${marks(first)}; const b = ${first === second ? "a" : marks(second)};` +
    ` if ((((a << 8) | before) & b) !== 0) ${found} before = a >>> 24;`;
}

/** Bytes that paths and command lines have most of, the most common first. */
const COMMON = "/eatiorsnlcdpum. -hgbyfv";

/** The two adjacent bytes of a text, of two or more, that a value is least likely to have. */
function rarestPair(text: BinaryString): BinaryString {
  const commonness = (char: string) => 1 + (COMMON.includes(char) ? COMMON.length - COMMON.indexOf(char) : 0);
  const rank = (pair: BinaryString) => commonness(pair[0]!) * commonness(pair[1]!);
  const pairs = Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2));
  return pairs.reduce((best, pair) => rank(pair) < rank(best) ? pair : best);
}

/** Comparisons that all hold when the text begins with these bytes, given that it is long enough. */
function compare(text: BinaryString, place: TextPlace): string[] {
  if (place.word === undefined) return [...text].map((char, i) => `${place.byte(String(i))} === ${char.charCodeAt(0)}`);
  return compareWords(text, Array.from({ length: Math.ceil(text.length / 4) }, (_, i) => i), place);
}

function compareWords(text: BinaryString, words: readonly number[], place: TextPlace): string[] {
  return words.map((index) => {
    const { value, mask } = wordOf(text, index);
    return `${masked(mask, place.word!(index))} === ${value}`;
  });
}

function masked(mask: number, word: string): string {
  return mask === -1 ? word : `(${word} & ${mask})`;
}

/** Four bytes of a text as a number, and which bits of it are the text's. */
function wordOf(text: BinaryString, index: number): { readonly value: number; readonly mask: number } {
  let value = 0;
  let mask = 0;
  for (let i = 0; i < 4 && index * 4 + i < text.length; i++) {
    value |= text.charCodeAt(index * 4 + i) << (i * 8);
    mask |= 0xff << (i * 8);
  }
  return { value, mask };
}

function all(comparisons: readonly string[]): string {
  return comparisons.length === 0 ? "true" : comparisons.join(" && ");
}

function groupBy<K>(texts: readonly BinaryString[], keyOf: (text: BinaryString) => K): Map<K, BinaryString[]> {
  const groups = new Map<K, BinaryString[]>();
  for (const text of texts) {
    const key = keyOf(text);
    const group = groups.get(key);
    if (group) group.push(text);
    else groups.set(key, [text]);
  }
  return groups;
}
