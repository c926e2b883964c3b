// SPDX-License-Identifier: Apache-2.0

/** What was found of processes, as the driver is told of it: struct ln_seed of native/driver.h. */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";

/** What user space goes by of a process until its next record of a making or an exec. */
export interface Seed {
  readonly pid: number;
  /** It is in no container. */
  readonly isHost: boolean;
  /** 4294967295 when not set. */
  readonly loginuid: number;
  readonly comm: BinaryString;
  readonly exepath: BinaryString;
}

export const SEED_BYTES = 296;

/** LN_COMM_MAX and LN_EXEPATH_MAX: longer texts are not told. */
const COMM_BYTES = 16;
const EXEPATH_BYTES = 256;

/** The bytes of these seeds, one after the other. */
export function seedBytes(seeds: readonly Seed[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(seeds.length * SEED_BYTES));
  seeds.forEach(({ pid, isHost, loginuid, comm, exepath }, i) => {
    const at = i * SEED_BYTES;
    bytes.writeUInt32LE(pid, at);
    bytes.writeUInt32LE(loginuid, at + 4);
    bytes.writeUInt32LE(isHost ? 1 : 0, at + 8);
    if (isTold(comm, COMM_BYTES)) bytes.write(comm, at + 16, "latin1");
    if (!isTold(exepath, EXEPATH_BYTES)) return;
    bytes.writeUInt32LE(exepath.length + 1, at + 32);
    bytes.write(exepath, at + 40, "latin1");
  });
  return new Uint8Array(bytes.buffer);
}

function isTold(text: BinaryString, most: number): boolean {
  return text !== "" && text.length < most && !text.includes("\0");
}
