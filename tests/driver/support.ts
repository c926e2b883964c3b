// SPDX-License-Identifier: Apache-2.0

/** Files as the finders meet them: the smallest that are whole. */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { machine, tmpdir } from "node:os";
import { join } from "node:path";
import { MODULE_VERSION, SIGNATURE_MARK } from "../../src/driver/module_file.ts";

/** What a module's file says of itself. */
export interface ModuleText {
  readonly machine?: string;
  readonly name?: string;
  readonly signed?: boolean;
  readonly version?: string;
}

const MACHINES: Readonly<Record<string, number>> = { x86_64: 62, aarch64: 183, riscv64: 243 };

/** A module that is nothing but its section .modinfo (elf(5)). */
export function moduleFile(release: string, text: ModuleText = {}): Buffer {
  const info = Buffer.from(
    `version=${text.version ?? MODULE_VERSION}\0license=Dual MIT/GPL\0name=${
      text.name ?? "lanner"
    }\0vermagic=${release} SMP preempt mod_unload \0`,
  );
  const names = Buffer.from("\0.modinfo\0.shstrtab\0");
  const table = 64 + info.length + names.length;
  const head = Buffer.alloc(64);
  head.write("\x7fELF\x02\x01\x01", "latin1");
  head.writeUInt16LE(1, 16); // relocatable
  head.writeUInt16LE(MACHINES[text.machine ?? machine()]!, 18);
  head.writeBigUInt64LE(BigInt(table), 40);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(3, 60);
  head.writeUInt16LE(2, 62);
  const section = (name: number, type: number, offset: number, size: number) => {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32LE(name, 0);
    bytes.writeUInt32LE(type, 4);
    bytes.writeBigUInt64LE(BigInt(offset), 24);
    bytes.writeBigUInt64LE(BigInt(size), 32);
    return bytes;
  };
  const sections = [
    section(0, 0, 0, 0),
    section(1, 1, 64, info.length),
    section(10, 3, 64 + info.length, names.length),
  ];
  return Buffer.concat([head, info, names, ...sections, Buffer.from(text.signed ? SIGNATURE_MARK : "")]);
}

/** BTF (bpf/btf.rst) with functions of these names, after a type of each other kind that has a tail. */
export function btfFile(...functions: string[]): Buffer {
  const strings = Buffer.from(`\0${functions.map((name) => `${name}\0`).join("")}`);
  const type = (name: number, kind: number, members: number, ...tail: number[]) =>
    Buffer.from(new Uint32Array([name, kind << 24 | members, 0, ...tail]).buffer);
  let at = 1;
  const types = Buffer.concat([
    type(0, 1, 0, 32), // int
    type(0, 3, 0, 1, 1, 4), // array
    type(0, 4, 2, ...Array<number>(6).fill(0)), // struct of two members
    type(0, 6, 1, 0, 0), // enum
    type(0, 13, 1, 0, 1), // function's prototype
    ...functions.map((name) => {
      const bytes = type(at, 12, 0);
      at += name.length + 1;
      return bytes;
    }),
  ]);
  const header = Buffer.from(new Uint32Array([0x0001eb9f, 24, 0, types.length, types.length, strings.length]).buffer);
  return Buffer.concat([header, types, strings]);
}

/** What xz(1) makes of the bytes. By a file: Deno 2.9 waits for ever when the input does not fit into a pipe. */
export function packedByXz(bytes: Uint8Array): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "lanner-xz-"));
  try {
    writeFileSync(join(folder, "x"), bytes);
    execFileSync("xz", ["-0", join(folder, "x")]);
    return readFileSync(join(folder, "x.xz"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
