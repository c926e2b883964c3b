// SPDX-License-Identifier: Apache-2.0

/** What a kernel module's file says of itself. Read before the kernel sees it, so that what is wrong can be told. */
import { Buffer } from "node:buffer";
import { isRelease } from "./release.ts";

/** What every module's file is called. */
export const MODULE_FILE = "lanner.ko";

/** The version of modules that this sensor understands: LN_DEVICE_VERSION, LN_WIRE_VERSION and LN_FILTER_VERSION. */
export const MODULE_VERSION = "3.1.5";

/** What stands behind a signature at the file's end (linux/module_signature.h). */
export const SIGNATURE_MARK = "~Module signature appended~\n";

/** A whole module of ours. */
export interface ModuleInfo {
  /** The kernel release that it was compiled for. */
  readonly release: string;
  /** As `uname -m` has it. */
  readonly machine: string;
  readonly signed: boolean;
}

/** elf(5): e_machine, to what `uname -m` says. */
const MACHINES: Readonly<Record<number, string>> = { 62: "x86_64", 183: "aarch64" };

const ELF_HEADER_BYTES = 64;
const SECTION_BYTES = 64;
/** Of elf(5). */
const ET_REL = 1;
const SHT_NOBITS = 8;

interface Section {
  readonly name: number;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * Reads a module's file.
 * @return the module, or what is wrong with it, as the end of a sentence that begins with its name.
 */
export function moduleInfo(image: Uint8Array): ModuleInfo | string {
  const file = Buffer.from(image.buffer, image.byteOffset, image.length);
  if (file.toString("latin1", 0, 4) !== "\x7fELF") return "is not a kernel module";
  if (file.length < ELF_HEADER_BYTES) return CUT_OFF;
  const machine = MACHINES[file.readUInt16LE(18)];
  if (file[4] !== 2 || file[5] !== 1 || file.readUInt16LE(16) !== ET_REL || machine === undefined) {
    return "is not a kernel module for x86_64 or aarch64";
  }
  const sections = sectionsOf(file);
  if (sections === undefined) return CUT_OFF;
  const info = modinfo(file, sections);
  if (info.get("name") !== "lanner") return "is not lanner's kernel module";
  if (info.get("version") !== MODULE_VERSION) return "is of another version of lanner";
  const release = info.get("vermagic")?.split(" ", 1)[0];
  if (release === undefined || !isRelease(release)) return "does not say which kernel it is for";
  const signed = file.toString("latin1", file.length - SIGNATURE_MARK.length) === SIGNATURE_MARK;
  return { release, machine, signed };
}

const CUT_OFF = "was cut off";

/** Every section; undefined when some is beyond the file's end. */
function sectionsOf(file: Buffer): readonly Section[] | undefined {
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  if (file.readUInt16LE(58) !== SECTION_BYTES || !within(file, table, count * SECTION_BYTES)) return undefined;
  const sections = Array.from({ length: count }, (_, i): Section => {
    const at = table + i * SECTION_BYTES;
    return {
      name: file.readUInt32LE(at),
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
  return sections.every(({ type, offset, size }) => type === SHT_NOBITS || within(file, offset, size))
    ? sections
    : undefined;
}

function within(file: Buffer, offset: number, size: number): boolean {
  return offset + size <= file.length;
}

/** `key=value` of the section .modinfo. */
function modinfo(file: Buffer, sections: readonly Section[]): ReadonlyMap<string, string> {
  const names = sections[file.readUInt16LE(62)];
  const text = (offset: number) => file.toString("latin1", offset, file.indexOf(0, offset));
  const found = sections.find(({ name }) => names !== undefined && text(names.offset + name) === ".modinfo");
  if (found === undefined) return new Map();
  const lines = file.toString("latin1", found.offset, found.offset + found.size).split("\0");
  return new Map(lines.map((line) => [line.split("=", 1)[0]!, line.slice(line.indexOf("=") + 1)]));
}
