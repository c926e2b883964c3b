// SPDX-License-Identifier: Apache-2.0

/**
 * Parameters as text, as far as the record alone decides it: compat/fields.md §3. A parameter has a *raw* text (its
 * number, its bytes) and may have a *resolved* one (names for the number). What needs the host (names of ids,
 * directories of relative paths) is added in src/fields/param_text.ts.
 */
import { sockaddrText, tupleText } from "./render_address.ts";
import { localDateTime } from "./render_time.ts";
import { enumNames, flagNames, PTRACE_WITH_SIGNAL, SYMBOLS } from "./symbols.ts";
import { errnoName, signalName } from "./symbols_linux.ts";
import type { RecordReader } from "./record.ts";
import type { BinaryString } from "./text.ts";
import type { EventType, Param } from "./types.ts";

/** Parameters that hold several strings, each with its NUL; Falco prints them joined by dots. */
const STRING_ARRAYS: ReadonlySet<string> = new Set(["args", "env", "cgroups"]);

/** Printed in upper-case hexadecimal without a prefix (PF_HEX of Falco's event table). */
export const HEXADECIMAL: ReadonlySet<string> = new Set(["dev", "cap_inheritable", "cap_permitted", "cap_effective"]);

/** Bytes with every one that is not printable ASCII replaced by a dot. */
export function printable(bytes: BinaryString): string {
  return bytes.replace(/[^\x20-\x7e]/g, ".");
}

/** Text of a parameter that is not in the record: `<NA>`, or `NULL` for buffers, tuples and dynamic ones. */
function absentText(param: Param): "<NA>" | "NULL" {
  return param.type === "BYTEBUF" || param.type === "SOCKTUPLE" || param.type === "DYN" ? "NULL" : "<NA>";
}

function unsigned(record: RecordReader, index: number): bigint {
  return BigInt.asUintN(64, record.big(index));
}

function octal(value: number): string {
  return value === 0 ? "0" : `0${value.toString(8)}`;
}

/** How outputs show bytes that need not be text. */
export type BufferText = (bytes: BinaryString) => string;

/** Raw text of a parameter; `absentText` when it is not there. */
export function rawText(
  record: RecordReader,
  type: EventType,
  index: number,
  bufferText: BufferText = printable,
): string {
  const param = type.params[index]!;
  const length = record.len(index);
  if (length === 0) return absentText(param);
  const at = record.offset(index);
  switch (param.type) {
    case "CHARBUF":
    case "FSPATH":
    case "FSRELPATH":
      return record.text(index);
    case "BYTEBUF": {
      const bytes = record.bytes(index);
      return STRING_ARRAYS.has(param.name) ? bytes.replace(/\0$/, "").replaceAll("\0", ".") : bufferText(bytes);
    }
    case "SOCKADDR":
      return sockaddrText(record.memory.u8, at, length);
    case "SOCKTUPLE":
      return tupleText(record.memory.u8, at, length);
  }
  if (!record.hasNumber(index)) return absentText(param);
  const low = record.low(index) >>> 0;
  switch (param.type) {
    case "MODE":
      return octal(low);
    case "UINT8":
    case "UINT16":
    case "UINT32":
    case "UINT64":
      if (param.name === "mode") return octal(low);
      return HEXADECIMAL.has(param.name) ? unsigned(record, index).toString(16).toUpperCase() : text64(record, index);
    case "INT32":
      // accept4's flags are the only INT32 that Falco prints in hexadecimal
      return param.name === "flags" ? low.toString(16).toUpperCase() : String(low | 0);
    case "FLAGS8":
    case "FLAGS16":
    case "FLAGS32":
    case "ENUMFLAGS8":
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
      return String(low);
    case "UID":
    case "GID":
      return low === 0xffffffff ? "-1" : String(low);
    case "DYN":
      return isSignal(record, type, param) ? String(low) : unsigned(record, index).toString(16).toUpperCase();
    case "ABSTIME":
      return localDateTime(unsigned(record, index), true);
    default:
      return text64(record, index);
  }
}

function text64(record: RecordReader, index: number): string {
  const value = record.number(index);
  return Number.isSafeInteger(value) ? String(value) : record.big(index).toString();
}

/** Whether ptrace's `data` holds a signal: the request decides. */
function isSignal(record: RecordReader, type: EventType, param: Param): boolean {
  const request = type.index.get("request");
  return param.name === "data" && request !== undefined && record.hasNumber(request) &&
    PTRACE_WITH_SIGNAL.has(record.low(request));
}

/** Resolved text of a parameter where its own number decides it; empty when there is none. */
export function resolvedText(record: RecordReader, type: EventType, index: number): string {
  if (!record.hasNumber(index)) return "";
  const param = type.params[index]!;
  switch (param.type) {
    case "ERRNO":
      return errnoName(record.number(index));
    case "SIGTYPE":
      return signalName(record.low(index));
    case "DYN":
      return isSignal(record, type, param) ? signalName(record.low(index)) : "";
    case "FLAGS8":
    case "FLAGS16":
    case "FLAGS32":
    case "MODE":
      return param.symbols ? flagNames(SYMBOLS[param.symbols], record.low(index)) : "";
    case "ENUMFLAGS8":
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
      return param.symbols ? enumNames(SYMBOLS[param.symbols], record.low(index)) : "";
    default:
      return "";
  }
}
