// SPDX-License-Identifier: Apache-2.0

/** Socket addresses as text, in Falco's forms (compat/fields.md §3). */
import type { BinaryString } from "./text.ts";

/** Address families as the records carry them (the kernel's numbers, include/linux/socket.h). */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Layout of SOCKADDR and SOCKTUPLE parameters in bytes: native/wire.h. */
const SOCKADDR_INET_BYTES = 7;
const SOCKADDR_INET6_BYTES = 19;
export const TUPLE_INET_BYTES = 13;
export const TUPLE_INET6_BYTES = 37;
const TUPLE_UNIX_BYTES = 17;

/** The unsigned 16-bit number at `at`, little-endian, at any alignment. */
export function port(u8: Uint8Array, at: number): number {
  return u8[at]! | (u8[at + 1]! << 8);
}

/** Whether the 16 bytes at `at` are an IPv4 address in IPv6 clothes (::ffff:a.b.c.d). */
export function isMapped(u8: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (u8[at + i] !== 0) return false;
  return u8[at + 10] === 0xff && u8[at + 11] === 0xff;
}

function ip4(u8: Uint8Array, at: number): string {
  return `${u8[at]}.${u8[at + 1]}.${u8[at + 2]}.${u8[at + 3]}`;
}

function ip6(u8: Uint8Array, at: number): string {
  if (isMapped(u8, at)) return `::ffff:${ip4(u8, at + 12)}`;
  const groups: number[] = [];
  for (let i = 0; i < 8; i++) groups.push((u8[at + 2 * i]! << 8) | u8[at + 2 * i + 1]!);
  // RFC 5952: the first longest run of two or more zero groups is left out
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    i = Math.max(i, end - 1);
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The address in the 4 or 16 bytes at `at` as text. */
export function addressText(u8: Uint8Array, at: number, length: number): string {
  return length === 4 ? ip4(u8, at) : ip6(u8, at);
}

/** An address field's value (4 or 16 bytes) as text. */
export function formatAddress(bytes: BinaryString): string {
  return addressText(Uint8Array.from(bytes, (c) => c.charCodeAt(0)), 0, bytes.length);
}

function latin1(u8: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to && u8[i] !== 0; i++) text += String.fromCharCode(u8[i]!);
  return text;
}

function hex64(u8: Uint8Array, at: number): string {
  let value = 0n;
  for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(u8[at + i]!);
  return value.toString(16);
}

/** A SOCKADDR parameter: `ip:port`, a unix path, or the family's number. */
export function sockaddrText(u8: Uint8Array, at: number, length: number): string {
  const family = u8[at]!;
  if (family === AF_INET && length === SOCKADDR_INET_BYTES) return `${ip4(u8, at + 1)}:${port(u8, at + 5)}`;
  if (family === AF_INET6 && length === SOCKADDR_INET6_BYTES) return `${ip6(u8, at + 1)}:${port(u8, at + 17)}`;
  if (family === AF_UNIX) return latin1(u8, at + 1, at + length);
  return `family ${family}`;
}

/**
 * A SOCKTUPLE parameter: `ip:port->ip:port`, IPv6 without brackets and IPv4 behind IPv6 as IPv4;
 * `hex->hex path` for unix sockets.
 */
export function tupleText(u8: Uint8Array, at: number, length: number): string {
  const family = u8[at]!;
  if (family === AF_INET && length === TUPLE_INET_BYTES) {
    return `${ip4(u8, at + 1)}:${port(u8, at + 5)}->${ip4(u8, at + 7)}:${port(u8, at + 11)}`;
  }
  if (family === AF_INET6 && length === TUPLE_INET6_BYTES) {
    const mapped = isMapped(u8, at + 1) && isMapped(u8, at + 19);
    const source = mapped ? ip4(u8, at + 13) : ip6(u8, at + 1);
    const destination = mapped ? ip4(u8, at + 31) : ip6(u8, at + 19);
    return `${source}:${port(u8, at + 17)}->${destination}:${port(u8, at + 35)}`;
  }
  if (family === AF_UNIX && length >= TUPLE_UNIX_BYTES) {
    return `${hex64(u8, at + 1)}->${hex64(u8, at + 9)} ${latin1(u8, at + TUPLE_UNIX_BYTES, at + length)}`;
  }
  return `family ${family}`;
}
