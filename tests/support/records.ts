// SPDX-License-Identifier: Apache-2.0

/** Builds records by hand, as native/wire.h lays them out, for tests that need no kernel. */
import { Buffer } from "node:buffer";
import { RecordMemory } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";

/** A parameter's value: a number for numeric types; text gets its NUL; raw bytes are taken as they are. */
export type ParamValue = number | bigint | string | Uint8Array;

/** Header fields; what is left out is 0, time 1 s after boot. */
export interface HeaderValues {
  ts?: bigint;
  tid?: number;
  pid?: number;
  ppid?: number;
  uid?: number;
  gid?: number;
  cpu?: number;
  flags?: number;
}

/**
 * One record's bytes. Text is given as a JavaScript string and written as UTF-8.
 * @throws Error for an event type or parameter that the table does not have.
 */
export function buildRecord(type: string, params: Record<string, ParamValue>, header: HeaderValues = {}): Uint8Array {
  const event = EVENT_BY_NAME.get(type);
  if (!event) throw new Error(`no event type ${type}`);
  for (const name of Object.keys(params)) {
    if (!event.index.has(name)) throw new Error(`${type} has no parameter ${name}`);
  }
  const count = event.params.length;
  const chunks: Buffer[] = [];
  const table = Buffer.alloc((count * 4 + 7) & ~7);
  let offset = 40 + table.length;
  event.params.forEach((param, i) => {
    const value = params[param.name];
    if (value === undefined) return;
    let bytes: Buffer;
    if (typeof value === "string") bytes = Buffer.from(value + "\0", "utf8");
    else if (value instanceof Uint8Array) bytes = Buffer.from(value);
    else {
      bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
    }
    table.writeUInt16LE(bytes.length, i * 4);
    table.writeUInt16LE(offset / 8, i * 4 + 2);
    const padded = Buffer.alloc((bytes.length + 7) & ~7);
    bytes.copy(padded);
    chunks.push(padded);
    offset += padded.length;
  });
  const head = Buffer.alloc(40);
  head.writeUInt32LE(offset, 0);
  head.writeUInt16LE(event.code, 4);
  head.writeUInt16LE(count, 6);
  head.writeBigUInt64LE(header.ts ?? 1_000_000_000n, 8);
  const pid = header.pid ?? 0;
  [header.tid ?? pid, pid, header.ppid ?? 0, header.uid ?? 0, header.gid ?? 0].forEach((v, i) =>
    head.writeUInt32LE(v, 16 + i * 4)
  );
  head.writeUInt16LE(header.cpu ?? 0, 36);
  head.writeUInt16LE(header.flags ?? 0, 38);
  return new Uint8Array(Buffer.concat([head, table, ...chunks]));
}

/** Records laid one after another in fresh memory, and where each starts. */
export function memoryOf(...records: Uint8Array[]): { memory: RecordMemory; offsets: number[] } {
  const total = records.reduce((sum, r) => sum + r.length, 0);
  const bytes = new Uint8Array(new ArrayBuffer(total));
  const offsets: number[] = [];
  let at = 0;
  for (const record of records) {
    offsets.push(at);
    bytes.set(record, at);
    at += record.length;
  }
  return { memory: new RecordMemory(bytes.buffer), offsets };
}
