// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";

/** Bytes of a record's fixed header: `struct ln_record` in native/wire.h. */
export const RECORD_HEADER_BYTES = 40;

/** No record is longer: LN_RECORD_MAX in native/wire.h. */
export const RECORD_MAX_BYTES = 32768;

/** A 32-bit system call: LN_F_COMPAT in native/wire.h. */
export const FLAG_COMPAT = 1;

/** A parameter was cut: LN_F_TRUNCATED in native/wire.h. */
export const FLAG_TRUNCATED = 2;

/** The filter, told to mark, would have dropped it: LN_F_FILTERED in native/wire.h. */
export const FLAG_FILTERED = 4;

/** Done through an io_uring, not by a system call of its own: LN_F_IO_URING in native/wire.h. */
export const FLAG_IO_URING = 8;

/** A 64-bit number by its halves, the lower one unsigned. Where a double holds it one bigint is made instead of four. */
export function bigOf(high: number, low: number): bigint {
  return high >= 0 && high < 0x200000 ? BigInt(high * 4294967296 + low) : (BigInt(high) << 32n) | BigInt(low);
}

/**
 * Memory that records lie in, seen through the typed arrays that the hot path reads. The memory starts at a multiple
 * of 8 and so does every record in it.
 */
export class RecordMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly buffer: Buffer;

  constructor(memory: ArrayBuffer, byteOffset = 0, byteLength: number = memory.byteLength - byteOffset) {
    const whole = byteLength & ~7;
    this.u8 = new Uint8Array(memory, byteOffset, byteLength);
    this.u16 = new Uint16Array(memory, byteOffset, whole >> 1);
    this.i32 = new Int32Array(memory, byteOffset, whole >> 2);
    this.u32 = new Uint32Array(memory, byteOffset, whole >> 2);
    this.buffer = Buffer.from(memory, byteOffset, byteLength);
  }
}

/**
 * One record, read in place. A single instance is moved from record to record: `moveTo`, `isWellFormed`, then the
 * accessors, which trust what `isWellFormed` has checked. Parameters are addressed by their index in the event table.
 *
 * Text is handed out as a *binary string*: one character per byte (U+0000 to U+00FF). Rules compare bytes, and names
 * that are not UTF-8 survive; `decodeBytes` in src/events/text.ts turns one into text for people.
 */
export class RecordReader {
  memory: RecordMemory;
  /** Byte offset of the record in `memory`. */
  base = 0;

  constructor(memory: RecordMemory) {
    this.memory = memory;
  }

  /** Points the reader at the record that starts at byte `base` (a multiple of 8) of the memory. */
  moveTo(base: number): void {
    this.base = base;
  }

  /**
   * Whether header and parameter table stay within the record and the record within `limit` bytes of memory
   * (counted from the record's start). Nothing else may be called when it is false.
   */
  isWellFormed(limit: number): boolean {
    if (limit < RECORD_HEADER_BYTES) return false;
    const { u32, u16 } = this.memory;
    const length = u32[this.base >> 2]!;
    if (length > limit || length < RECORD_HEADER_BYTES || length > RECORD_MAX_BYTES || (length & 7) !== 0) return false;
    const count = u16[(this.base >> 1) + 3]!;
    const table = (this.base + RECORD_HEADER_BYTES) >> 2;
    if (RECORD_HEADER_BYTES + count * 4 > length) return false;
    for (let i = 0; i < count; i++) {
      const entry = u32[table + i]!;
      if ((entry & 0xffff) + ((entry >>> 16) << 3) > length) return false;
    }
    return true;
  }

  /** Length of the whole record in bytes. */
  get length(): number {
    return this.memory.u32[this.base >> 2]!;
  }

  /** Event code, index into EVENT_BY_CODE. */
  get type(): number {
    return this.memory.u16[(this.base >> 1) + 2]!;
  }

  /** Number of parameters in this record; a record of an older sensor may have fewer than the table. */
  get paramCount(): number {
    return this.memory.u16[(this.base >> 1) + 3]!;
  }

  /** Lower half of the time in ns since boot. */
  get timeLow(): number {
    return this.memory.u32[(this.base >> 2) + 2]!;
  }

  /** Upper half of the time in ns since boot. */
  get timeHigh(): number {
    return this.memory.u32[(this.base >> 2) + 3]!;
  }

  /** Time in ns since boot as a double: to 2 ns after 104 days of uptime. */
  get sinceBoot(): number {
    return this.timeHigh * 4294967296 + this.timeLow;
  }

  /** Time in ns since boot, exact. Allocates: not for the hot path. */
  get time(): bigint {
    return bigOf(this.timeHigh, this.timeLow);
  }

  get tid(): number {
    return this.memory.u32[(this.base >> 2) + 4]!;
  }

  get pid(): number {
    return this.memory.u32[(this.base >> 2) + 5]!;
  }

  get ppid(): number {
    return this.memory.u32[(this.base >> 2) + 6]!;
  }

  /** Effective user id. */
  get uid(): number {
    return this.memory.u32[(this.base >> 2) + 7]!;
  }

  /** Effective group id. */
  get gid(): number {
    return this.memory.u32[(this.base >> 2) + 8]!;
  }

  get cpu(): number {
    return this.memory.u16[(this.base >> 1) + 18]!;
  }

  /** FLAG_* bits. */
  get flags(): number {
    return this.memory.u16[(this.base >> 1) + 19]!;
  }

  /** Bytes of parameter `index` (a text's NUL included); 0 when it is not there. */
  len(index: number): number {
    if (index >= this.paramCount) return 0;
    return this.memory.u32[((this.base + RECORD_HEADER_BYTES) >> 2) + index]! & 0xffff;
  }

  /** Byte offset in `memory` of parameter `index`; meaningless when `len` is 0. */
  offset(index: number): number {
    return this.base + ((this.memory.u32[((this.base + RECORD_HEADER_BYTES) >> 2) + index]! >>> 16) << 3);
  }

  /** Whether parameter `index` holds a number. */
  hasNumber(index: number): boolean {
    return this.len(index) >= 8;
  }

  /** Lower 32 bits of the number in parameter `index`, signed; only where `hasNumber`. */
  low(index: number): number {
    return this.memory.i32[this.offset(index) >> 2]!;
  }

  /** Lower 32 bits of the number in parameter `index`, signed, or `otherwise` when it holds none. */
  lowOr(index: number, otherwise: number): number {
    if (index >= this.paramCount) return otherwise;
    const entry = this.memory.u32[((this.base + RECORD_HEADER_BYTES) >> 2) + index]!;
    return (entry & 0xffff) < 8 ? otherwise : this.memory.i32[(this.base >> 2) + ((entry >>> 16) << 1)]!;
  }

  /** Upper 32 bits of the number in parameter `index`, signed; only where `hasNumber`. */
  high(index: number): number {
    return this.memory.i32[(this.offset(index) >> 2) + 1]!;
  }

  /**
   * The number in parameter `index`, signed 64 bits as a double: exact up to 2^53. Only where `hasNumber`; use `big`
   * for what may be larger.
   */
  number(index: number): number {
    const at = this.offset(index) >> 2;
    return this.memory.i32[at + 1]! * 4294967296 + this.memory.u32[at]!;
  }

  /** As `number`, or `otherwise` when the parameter holds none. */
  numberOr(index: number, otherwise: number): number {
    return this.hasNumber(index) ? this.number(index) : otherwise;
  }

  /** The number in parameter `index`, exact, signed. Allocates: not for the hot path. */
  big(index: number): bigint {
    const at = this.offset(index) >> 2;
    return bigOf(this.memory.i32[at + 1]!, this.memory.u32[at]!);
  }

  /** Text parameter `index` without its NUL, as a binary string; empty when it is not there. Allocates. */
  text(index: number): string {
    const length = this.len(index);
    if (length <= 1) return "";
    const at = this.offset(index);
    return this.memory.buffer.toString("latin1", at, at + length - 1);
  }

  /** All bytes of parameter `index` as a binary string. Allocates. */
  bytes(index: number): string {
    const length = this.len(index);
    if (length === 0) return "";
    const at = this.offset(index);
    return this.memory.buffer.toString("latin1", at, at + length);
  }

  /** Text parameter `index` without its NUL: `held` itself if it is equal, so that nothing is allocated for it. */
  sameText(index: number, held: string): string {
    return this.#holds(index, held, 1) ? held : this.text(index);
  }

  /** All bytes of parameter `index`: `held` itself if they are equal. */
  sameBytes(index: number, held: string): string {
    return this.#holds(index, held, 0) ? held : this.bytes(index);
  }

  /** Whether the parameter's bytes, without the last `less`, are these. */
  #holds(index: number, held: string, less: number): boolean {
    const length = this.len(index) - less;
    if (length !== held.length) return false;
    const { u8 } = this.memory;
    const at = this.offset(index);
    for (let i = length - 1; i >= 0; i--) if (u8[at + i] !== held.charCodeAt(i)) return false; // ends differ sooner
    return true;
  }
}
