// SPDX-License-Identifier: Apache-2.0

import { bytesOfIPv4, bytesOfIPv6 } from "../events/address.ts";
import type { BinaryString } from "../events/text.ts";
import type { ValueType } from "../events/types.ts";
import { kindOf } from "./kind.ts";
import type { Services } from "./services.ts";

/** Falco's limit on one right-hand value, in bytes. */
const LITERAL_MAX_BYTES = 255;

/** A network of a right-hand side; `address` is masked already (4 or 16 bytes). */
export interface Network {
  readonly address: BinaryString;
  readonly prefix: number;
}

/** A right-hand value as its type has it. */
export type LiteralValue = string | number | bigint | boolean | Network;

/** A right-hand side that its field's type does not take. The message is one line, in Falco's words where it has some. */
export class LiteralError extends Error {
  override readonly name = "LiteralError";
}

/** Width in bits and signedness of the numbers of a type; whole 64 bits where it isn't listed. */
const WIDTHS: ReadonlyMap<ValueType, number> = new Map([
  ["INT8", 8],
  ["UINT8", 8],
  ["FLAGS8", 8],
  ["ENUMFLAGS8", 8],
  ["SIGTYPE", 8],
  ["INT16", 16],
  ["UINT16", 16],
  ["FLAGS16", 16],
  ["ENUMFLAGS16", 16],
  ["SYSCALLID", 16],
  ["INT32", 32],
  ["UINT32", 32],
  ["FLAGS32", 32],
  ["ENUMFLAGS32", 32],
  ["MODE", 32],
]);

const SIGNED: readonly ValueType[] = ["INT8", "INT16", "INT32", "INT64", "FD", "PID", "ERRNO"];

const INT64_MAX = (1n << 63n) - 1n;
const UINT64_MAX = (1n << 64n) - 1n;

/** Numbers are doubles where those are exact and bigint beyond, so that equal numbers are the same JavaScript value. */
function normaliseNumber(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Reads a number as sscanf's %d and %u do: saturated at 64 bits, then cut to the type's width; `-` wraps unsigned. */
function parseNumber(text: string, type: ValueType): number | bigint {
  if (!/^[ \t\n\v\f\r]*[+-]?[0-9]+$/.test(text)) throw new LiteralError(`${text} is not a valid number`);
  const exact = BigInt(text.trim().replace("+", ""));
  const width = WIDTHS.get(type) ?? 64;
  if (SIGNED.includes(type)) {
    const clamped = exact > INT64_MAX ? INT64_MAX : exact < -INT64_MAX - 1n ? -INT64_MAX - 1n : exact;
    return normaliseNumber(BigInt.asIntN(width, clamped));
  }
  const clamped = exact > UINT64_MAX || exact < -UINT64_MAX ? UINT64_MAX : exact;
  return normaliseNumber(BigInt.asUintN(width, clamped));
}

function parsePort(text: string, services: Services): number {
  if (/^[0-9]*$/.test(text)) {
    const port = text === "" ? 0 : Number(text);
    if (port > 2147483647) throw new LiteralError(`${text} is not a valid number`); // where Falco's stoi throws
    return port & 0xffff;
  }
  const port = services.port(text);
  if (port === undefined) throw new LiteralError(`unrecognized protocol ${text}`);
  return port;
}

function parseAddress(text: string): BinaryString {
  const four = text.includes(".");
  const bytes = four ? bytesOfIPv4(text) : bytesOfIPv6(text);
  if (bytes === undefined) throw new LiteralError(`unrecognized ${four ? "IPv4" : "IPv6"} address ${text}`);
  return bytes;
}

/** The first `prefix` bits of an address, the others zero. */
export function maskAddress(address: BinaryString, prefix: number): BinaryString {
  let masked = "";
  for (let i = 0; i < address.length; i++) {
    const bits = Math.max(0, Math.min(8, prefix - i * 8));
    masked += String.fromCharCode(address.charCodeAt(i) & (0xff00 >> bits) & 0xff);
  }
  return masked;
}

function parseNetwork(text: string): Network {
  const slash = text.indexOf("/");
  if (slash < 0) throw new LiteralError(`unrecognized IP network ${text}`);
  const address = text.slice(0, slash);
  const four = text.includes(".");
  const bytes = four ? bytesOfIPv4(address) : bytesOfIPv6(address);
  if (bytes === undefined) throw new LiteralError(`unrecognized IP address ${text}`);
  const mask = text.slice(slash + 1);
  const prefix = /^[0-9]{1,9}$/.test(mask) ? Number(mask) : NaN;
  const valid = four ? prefix >= 0 && prefix <= 32 : prefix >= 1 && prefix <= 128;
  if (!valid) throw new LiteralError(`invalid netmask ${mask}`);
  return { address: maskAddress(bytes, prefix), prefix };
}

/**
 * The right-hand value that `text` spells for a field of this type: compat/language.md §4.
 * @throws LiteralError when it spells none.
 */
export function parseLiteral(text: BinaryString, type: ValueType, services: Services): LiteralValue {
  checkLimits(text);
  if (type === "PORT") return parsePort(text, services);
  switch (kindOf(type)) {
    case "number":
      return parseNumber(text, type);
    case "boolean":
      if (text !== "true" && text !== "false") throw new LiteralError(`unrecognized boolean value ${text}`);
      return text === "true";
    case "address":
      return parseAddress(text);
    case "network":
      return parseNetwork(text);
    default:
      return text;
  }
}

/**
 * The bytes that the hex digits of a `bcontains` or `bstartswith` operand spell.
 * @throws LiteralError for anything but an even number of hex digits.
 */
export function parseHex(text: string): BinaryString {
  checkLimits(text);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new LiteralError(`'${text}' is not a sequence of bytes: an even number of hex digits is needed`);
  }
  return text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}

function checkLimits(text: BinaryString): void {
  if (text.includes("\0")) throw new LiteralError("filter value cannot contain a NUL byte");
  if (text.length > LITERAL_MAX_BYTES) {
    throw new LiteralError(`filter parameter too long: ${text.length} bytes, at most ${LITERAL_MAX_BYTES} are allowed`);
  }
}
