// SPDX-License-Identifier: Apache-2.0

/**
 * Frames: how records lie one after another in the kernel's ring buffer and in recordings. Each is an 8-byte header,
 * whose first word is the record's length and two flags, and the record, padded to a multiple of 8
 * (Linux, Documentation/bpf/ringbuf.rst).
 */
import type { RecordMemory } from "../events/record.ts";
import type { OnRecord } from "./source.ts";

/** Bytes in front of each record. */
export const FRAME_HEADER_BYTES = 8;

/** Set in a frame's first word when the record was given up: BPF_RINGBUF_DISCARD_BIT. */
const FRAME_DISCARDED = 0x40000000;

/** Bytes that a record of `length` bytes takes with its frame. */
export function frameBytes(length: number): number {
  return (FRAME_HEADER_BYTES + length + 7) & ~7;
}

/** Hands every record of the whole frames in [start, end) of `memory` to `onRecord`, in order. */
export function walkFrames(memory: RecordMemory, start: number, end: number, onRecord: OnRecord): void {
  const { u32 } = memory;
  for (let at = start; at < end;) {
    const head = u32[at >> 2]!;
    const length = head & 0x3fffffff;
    if ((head & FRAME_DISCARDED) === 0) onRecord(memory, at + FRAME_HEADER_BYTES, length);
    at += frameBytes(length);
  }
}
