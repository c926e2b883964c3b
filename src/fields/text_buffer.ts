// SPDX-License-Identifier: Apache-2.0

/** Where a field's text is laid for the comparisons of generated code. */
import { Buffer } from "node:buffer";
import { RECORD_MAX_BYTES } from "../events/record.ts";
import type { BinaryString } from "../events/text.ts";
import type { Slice } from "./field.ts";

/** Byte at which every text starts, so that four of its bytes are one word. */
export const TEXT_START = 4;

/** More than any text of a record, or any joined path, has. */
const CAPACITY = RECORD_MAX_BYTES;

const SLASH = 0x2f;
const SPACE = 0x20;
const NOT_LOOKED_FOR = -2;

/**
 * A text in memory of its own, from byte 4 on, with zeros behind it up to the next word. Its place never changes, which
 * is what makes comparing it cheap: generated code compares words at fixed places. Byte 0 is a slash, for the directory
 * of a path that has none.
 */
export class TextBuffer implements Slice {
  readonly words: Int32Array = new Int32Array(CAPACITY / 4 + 4);
  readonly u8: Uint8Array = new Uint8Array(this.words.buffer);
  readonly #buffer = Buffer.from(this.words.buffer);
  readonly offset: number = TEXT_START;
  length = 0;
  #slash = -1;

  constructor() {
    this.u8[0] = SLASH;
  }

  /** Place of the last slash, counted from the text's start; -1 for none. */
  get slash(): number {
    if (this.#slash === NOT_LOOKED_FOR) {
      let i = this.length - 1;
      while (i >= 0 && this.u8[TEXT_START + i] !== SLASH) i--;
      this.#slash = i;
    }
    return this.#slash;
  }

  /** Points `into` at what is before the last slash: a slash, where that is nothing. True. */
  beforeSlash(into: Slice): boolean {
    const { slash } = this;
    into.u8 = this.u8;
    into.offset = slash > 0 ? TEXT_START : 0;
    into.length = slash > 0 ? slash : 1;
    return true;
  }

  /** Points `into` at what is behind the last slash: at a slash, where there is none. True. */
  behindSlash(into: Slice): boolean {
    const { slash } = this;
    into.u8 = this.u8;
    into.offset = slash < 0 ? 0 : TEXT_START + slash + 1;
    into.length = slash < 0 ? 1 : this.length - slash - 1;
    return true;
  }

  /** Points `into` at the whole text. True. */
  whole(into: Slice): boolean {
    into.u8 = this.u8;
    into.offset = TEXT_START;
    into.length = this.length;
    return true;
  }

  /** For who has written the words: how long the text is, and where its last slash. */
  finish(length: number, slash: number): void {
    this.length = length;
    this.#slash = slash;
  }

  /**
   * Lays down strings that each end with a NUL, joined by spaces, and `first` before them unless it is undefined:
   * joinStrings and commandLine without a string. False when they don't fit.
   */
  join(first: BinaryString | undefined, strings: BinaryString): boolean {
    const start = first === undefined ? 0 : strings.length === 0 ? first.length : first.length + 1;
    let length = start + strings.length;
    if (length > CAPACITY) return false;
    if (first !== undefined) this.#buffer.write(first, TEXT_START, "latin1");
    if (strings.length > 0) {
      if (start > 0) this.u8[TEXT_START + start - 1] = SPACE;
      this.#buffer.write(strings, TEXT_START + start, "latin1");
      if (this.u8[TEXT_START + length - 1] === 0) length--;
    }
    for (let i = TEXT_START + start; i < TEXT_START + length; i++) if (this.u8[i] === 0) this.u8[i] = SPACE;
    for (let i = TEXT_START + length; (i & 3) !== 0; i++) this.u8[i] = 0;
    this.finish(length, NOT_LOOKED_FOR);
    return true;
  }

  /** Puts a slash behind the text unless it ends with one. */
  endWithSlash(): void {
    const end = TEXT_START + this.length;
    if (this.length > 0 && this.u8[end - 1] === SLASH) return;
    if ((end & 3) === 0) this.words[end >> 2] = 0;
    this.u8[end] = SLASH;
    this.finish(this.length + 1, this.length);
  }

  /** Lays down a copy of bytes that lie anywhere. */
  copy(from: Slice): void {
    const { u8, offset } = from;
    const length = Math.min(from.length, CAPACITY);
    const out = this.u8;
    this.words[(TEXT_START + length) >> 2] = 0;
    for (let i = 0; i < length; i++) out[TEXT_START + i] = u8[offset + i]!;
    this.finish(length, NOT_LOOKED_FOR);
  }
}
