// SPDX-License-Identifier: Apache-2.0

/** What both implementations of the native contract share. */
import type { AttachChoice } from "./contract.ts";

/** Counters of lost events: LN_CLASSES times LN_REASONS of native/wire.h. */
export const LOSS_COUNTERS = 5 * 7;

/** The `calls` argument of ln_open: names separated by spaces, or null for all. */
export function callList(calls: readonly string[] | undefined): Uint8Array<ArrayBuffer> | null {
  return calls === undefined ? null : new TextEncoder().encode(`${calls.join(" ")}\0`);
}

/** The `how` argument of ln_open: enum ln_attach_how of native/shim/shim.h. */
export const ATTACH_HOW: Readonly<Record<AttachChoice, number>> = { auto: 0, fexit: 1, sys_exit: 2, perf: 3 };

/** LN_RING_TAIL of native/shim/shim.h. */
const RING_TAIL_BYTES = 65536;

/** Bytes that a ring of this size is mapped as: its beginning is there once more behind its end. */
export function mappedBytes(ringBytes: number): number {
  return ringBytes + Math.min(ringBytes, RING_TAIL_BYTES);
}

/** A path as C takes it; NULL for none. */
export function cPath(path: string | undefined): Uint8Array<ArrayBuffer> | null {
  return path === undefined ? null : new TextEncoder().encode(`${path}\0`);
}

/** The ring of a sensor that loaded nothing. */
export const NOTHING = new ArrayBuffer(0);
