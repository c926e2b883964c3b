// SPDX-License-Identifier: Apache-2.0

import type { Located, Position } from "./diagnostic.ts";
import type { SourceText } from "./ruleset.ts";

/** A rules file's text, which answers where an offset into it is. */
export class SourceFile {
  /** Offset of each line's first character; made when the first position is asked for. */
  private lineStarts: number[] | undefined;

  /** @param text without a byte order mark; offsets are indexes into this JavaScript string. */
  constructor(readonly name: string, readonly text: string) {}

  /** Line and column of the character at `offset`; past the end is the end. */
  position(offset: number): Position {
    const at = Math.min(offset, this.text.length);
    const line = this.lineOf(at);
    return { file: this.name, line: line + 1, column: at - this.lines[line]! + 1, offset: at };
  }

  /** The line that `offset` is in, without its newline. */
  snippet(offset: number): string {
    const line = this.lineOf(Math.min(offset, this.text.length));
    return this.text.slice(this.lines[line], (this.lines[line + 1] ?? this.text.length + 1) - 1).replace(/\r$/, "");
  }

  /** The place at `offset`, for diagnostics about something that is not a text. */
  at(offset: number): Located {
    return {
      position: () => this.position(offset),
      snippet: () => this.snippet(offset),
    };
  }

  private get lines(): number[] {
    if (this.lineStarts === undefined) {
      this.lineStarts = [0];
      for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) {
        this.lineStarts.push(at + 1);
      }
    }
    return this.lineStarts;
  }

  private lineOf(offset: number): number {
    return lastNotAfter(this.lines, offset);
  }
}

/** How a scalar is written, as far as it matters for finding its characters in the source. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** A YAML scalar's value; where its characters are in the file is found out when a diagnostic asks. */
export class ScalarText implements SourceText {
  private offsets: Uint32Array | undefined;

  /** `start` and `end` enclose the scalar in the file as written, with its quotes or block header. */
  constructor(
    private readonly file: SourceFile,
    readonly value: string,
    private readonly start: number,
    private readonly end: number,
    private readonly style: ScalarStyle,
  ) {}

  position(index: number): Position {
    return this.file.position(this.offset(index));
  }

  snippet(index: number): string {
    return this.file.snippet(this.offset(index));
  }

  private offset(index: number): number {
    this.offsets ??= alignScalar(this.file.text, this.start, this.end, this.value, this.style);
    return this.offsets[Math.min(index, this.value.length)]!;
  }
}

const isWhite = (character: string | undefined) =>
  character === " " || character === "\t" || character === "\n" || character === "\r";

/**
 * For each character of `value`, and for its end, the offset in `source` of what it was read from. Folding and
 * indentation only add and remove white space, so the other characters are found by walking both texts at once; a
 * folded line break has the place of the break.
 */
function alignScalar(source: string, start: number, end: number, value: string, style: ScalarStyle): Uint32Array {
  const offsets = new Uint32Array(value.length + 1);
  let at = start;
  if (style === "single" || style === "double") at++;
  if (style === "block") {
    const headerEnd = source.indexOf("\n", start);
    at = headerEnd < 0 || headerEnd >= end ? end : headerEnd + 1;
  }
  for (let i = 0; i < value.length; i++) {
    if (style === "double" && !isWhite(source[at])) {
      while (source[at] === "\\" && (source[at + 1] === "\n" || source[at + 1] === "\r")) {
        at++;
        while (at < end && isWhite(source[at])) at++;
      }
    }
    const escaped = style === "double" && source[at] === "\\";
    if (!isWhite(value[i]) || escaped) {
      while (at < end && !escaped && isWhite(source[at]) && source[at] !== value[i]) at++;
      const width = escaped ? escapeWidth(source[at + 1]) : style === "single" && source[at] === "'" ? 2 : 1;
      offsets[i] = Math.min(at, end);
      // A character beyond U+FFFF is two of the value; \U stands for both.
      if (escaped && width === 10 && isHighSurrogate(value, i)) offsets[++i] = at;
      at += width;
    } else {
      offsets[i] = Math.min(at, end);
      if (isWhite(source[at])) at++;
    }
  }
  offsets[value.length] = Math.min(at, end);
  return offsets;
}

function escapeWidth(letter: string | undefined): number {
  return letter === "x" ? 4 : letter === "u" ? 6 : letter === "U" ? 10 : 2;
}

function isHighSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}

/** Index of the last element of the ascending `sorted` that is not greater than `value`; 0 when all are. */
function lastNotAfter(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (sorted[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A text put together from parts of others; each character keeps its place, or has the place it was inserted at. */
export class TextBuilder {
  private readonly parts: string[] = [];
  /** Where each part starts in the result, the text it is from, and the index there; `fixed` parts are insertions. */
  private readonly starts: number[] = [];
  private readonly sources: { readonly text: Located; readonly from: number; readonly fixed: boolean }[] = [];
  length = 0;

  /** Adds `text` from index `from` to `to`, by default all of it. */
  add(text: SourceText, from = 0, to = text.value.length): this {
    if (to > from) this.push(text.value.slice(from, to), text, from, false);
    return this;
  }

  /** Adds `value`, whose characters all have the place of index `at` of `text`. */
  insert(value: string, text: Located, at: number): this {
    if (value.length > 0) this.push(value, text, at, true);
    return this;
  }

  /** The text so far; the builder must not be used any more. */
  build(): SourceText {
    const { starts, sources } = this;
    const locate = (index: number): [Located, number] => {
      const part = lastNotAfter(starts, index);
      const source = sources[part];
      if (source === undefined) throw new RangeError("an empty text has no positions");
      return [source.text, source.fixed ? source.from : source.from + index - starts[part]!];
    };
    return {
      value: this.parts.join(""),
      position: (index) => {
        const [text, at] = locate(index);
        return text.position(at);
      },
      snippet: (index) => {
        const [text, at] = locate(index);
        return text.snippet(at);
      },
    };
  }

  private push(value: string, text: Located, from: number, fixed: boolean): void {
    this.parts.push(value);
    this.starts.push(this.length);
    this.sources.push({ text, from, fixed });
    this.length += value.length;
  }
}

/** `texts` with a blank between each two. */
export function joinTexts(texts: readonly SourceText[]): SourceText {
  const only = texts[0];
  if (texts.length === 1 && only !== undefined) return only;
  const builder = new TextBuilder();
  texts.forEach((text, index) => {
    if (index > 0) builder.insert(" ", text, 0);
    builder.add(text);
  });
  return builder.build();
}

/** `text` without white space around it, each character still in its place. */
export function trimText(text: SourceText): SourceText {
  const start = text.value.length - text.value.trimStart().length;
  const end = text.value.trimEnd().length;
  if (start === 0 && end === text.value.length) return text;
  return end <= start ? text : new TextBuilder().add(text, start, end).build();
}
