// SPDX-License-Identifier: Apache-2.0

/**
 * A made-up event, of which a plan asks what a field's value would be for each value of one parameter: so that what a
 * field makes of a number is stated in the field alone.
 */
import { RECORD_HEADER_BYTES, RecordMemory, RecordReader } from "../events/record.ts";
import type { EventType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Host } from "../host/host.ts";

const NOBODY = {
  hostname: "",
  bootTime: 0n,
  processes: { get: () => undefined, size: 0, lineage: 0, apply: () => undefined, settle: () => {} },
  names: { user: () => undefined, group: () => undefined },
  guests: { of: () => undefined, isQemu: () => false, diskOf: () => undefined, hasDisks: false },
};

/** Bytes that a parameter of the made-up record may have. */
const SLOT_BYTES = 40;

/** An event of a type without any parameter, until some are set. */
export class ProbeEvent implements Event {
  readonly host: Host = NOBODY;
  readonly process = undefined;
  readonly num = 1;
  readonly firstTime = 0n;
  readonly type: EventType;
  readonly record: RecordReader;
  readonly #view: DataView;
  readonly #table: number;
  readonly #slots: number;

  constructor(type: EventType) {
    this.type = type;
    const count = type.params.length;
    this.#table = RECORD_HEADER_BYTES;
    this.#slots = RECORD_HEADER_BYTES + ((count * 4 + 7) & ~7);
    const bytes = this.#slots + count * SLOT_BYTES;
    const memory = new ArrayBuffer(bytes);
    this.#view = new DataView(memory);
    this.#view.setUint32(0, bytes, true);
    this.#view.setUint16(4, type.code, true);
    this.#view.setUint16(6, count, true);
    this.record = new RecordReader(new RecordMemory(memory));
  }

  /** Gives number parameter `index` a value. */
  setNumber(index: number, value: number): void {
    this.#view.setBigInt64(this.#enter(index, 8), BigInt(value), true);
  }

  /** Gives parameter `index` these bytes, at most 40; none takes it away. */
  setBytes(index: number, bytes: readonly number[]): void {
    const at = this.#enter(index, bytes.length);
    bytes.forEach((byte, i) => this.#view.setUint8(at + i, byte));
  }

  #enter(index: number, length: number): number {
    const at = this.#slots + index * SLOT_BYTES;
    this.#view.setUint16(this.#table + index * 4, length, true);
    this.#view.setUint16(this.#table + index * 4 + 2, at / 8, true);
    return at;
  }
}
