// SPDX-License-Identifier: Apache-2.0

/** Reading BTF (kernel documentation, bpf/btf.rst) as far as it takes to know whose it is. */
import type { Buffer } from "node:buffer";

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const KIND_FUNC = 12;

/** Bytes that follow a type of each kind: so many for each of its members (vlen), and so many in any case. */
const TAIL: Readonly<Record<number, readonly [each: number, always: number]>> = {
  1: [0, 4], // int
  2: [0, 0], // pointer
  3: [0, 12], // array
  4: [12, 0], // struct
  5: [12, 0], // union
  6: [8, 0], // enum
  7: [0, 0], // forward declaration
  8: [0, 0], // typedef
  9: [0, 0], // volatile
  10: [0, 0], // const
  11: [0, 0], // restrict
  12: [0, 0], // function
  13: [8, 0], // function's prototype
  14: [0, 4], // variable
  15: [12, 0], // section
  16: [0, 0], // float
  17: [0, 4], // tag of a declaration
  18: [0, 0], // tag of a type
  19: [12, 0], // enum of 64 bits
};

/** The names of the functions in a BTF file; or what is wrong with it, as the end of a sentence. */
export function functionsOf(file: Buffer): readonly string[] | string {
  if (file.length < HEADER_BYTES || file.readUInt16LE(0) !== MAGIC) {
    return "is not BTF";
  }
  if (file[2] !== 1) return `is BTF of version ${file[2]}, which nobody knows yet`;
  const header = file.readUInt32LE(4);
  const types = header + file.readUInt32LE(8);
  const typesEnd = types + file.readUInt32LE(12);
  const strings = header + file.readUInt32LE(16);
  const stringsEnd = strings + file.readUInt32LE(20);
  if (typesEnd > file.length || stringsEnd > file.length) return "was cut off";
  const names: string[] = [];
  for (let at = types; at < typesEnd;) {
    if (at + TYPE_BYTES > typesEnd) return DAMAGED;
    const info = file.readUInt32LE(at + 4);
    const kind = info >>> 24 & 0x1f;
    const tail = TAIL[kind];
    if (tail === undefined) return DAMAGED;
    if (kind === KIND_FUNC) {
      const name = strings + file.readUInt32LE(at);
      if (name >= stringsEnd) return DAMAGED;
      names.push(file.toString("latin1", name, file.indexOf(0, name)));
    }
    at += TYPE_BYTES + tail[0] * (info & 0xffff) + tail[1];
  }
  return names;
}

const DAMAGED = "is damaged";
