// SPDX-License-Identifier: Apache-2.0

/**
 * Modules for many kernels in one file to carry along: a gzip'd tar (POSIX ustar) whose files are called
 * RELEASE/MACHINE/lanner.ko, so that `tar tzf` shows what is in it.
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { DriverError } from "./error.ts";
import { MODULE_FILE } from "./module_file.ts";

/** What a bundle is called where it is looked for. */
export const BUNDLE_FILE = "lanner-modules";

const BLOCK = 512;

/** One module of a bundle. */
export interface Bundled {
  readonly release: string;
  readonly machine: string;
  readonly image: Uint8Array;
}

/** The bundle's bytes; the same modules give the same bytes. */
export function writeBundle(modules: readonly Bundled[]): Uint8Array {
  const blocks = modules.flatMap(({ release, machine, image }) => [
    header(`${release}/${machine}/${MODULE_FILE}`, image.length),
    image,
    Buffer.alloc(padding(image.length)),
  ]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
}

const padding = (bytes: number): number => (BLOCK - bytes % BLOCK) % BLOCK;

/** A file's header: tar's numbers are octal text. */
function header(name: string, size: number): Buffer {
  if (name.length > 100) throw new DriverError(`${name} is too long a name for a bundle`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.write(name, 0, "latin1");
  block.write(
    `${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`,
    100,
    "latin1",
  );
  block.fill(" ", 148, 156);
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  block.write(`${octal(checksum(block), 6)}\0 `, 148, "latin1");
  return block;
}

/** The sum of a header's bytes, its own field taken as spaces. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
}

/**
 * The modules in a bundle's unpacked bytes.
 * @param origin the bundle's name, for errors
 * @throws DriverError when it is no bundle, or was cut off.
 */
export function readBundle(tar: Uint8Array, origin: string): readonly Bundled[] {
  const bytes = Buffer.from(tar.buffer, tar.byteOffset, tar.length);
  const modules: Bundled[] = [];
  for (let at = 0;;) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw new DriverError({ cause: `${origin} was cut off`, next: "copy it again" });
    if (block[0] === 0) return modules;
    const [, release, machine] = NAME.exec(field(block, 0, 100)) ?? [];
    const size = Number.parseInt(field(block, 124, 12), 8);
    if (Number.parseInt(field(block, 148, 8), 8) !== checksum(block) || release === undefined || !(size >= 0)) {
      throw new DriverError({
        cause: `${origin} is not a bundle of modules`,
        next: "make one with lanner driver bundle",
      });
    }
    const image = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (image.length < size) throw new DriverError({ cause: `${origin} was cut off`, next: "copy it again" });
    modules.push({ release, machine: machine!, image });
    at += BLOCK + size + padding(size);
  }
}

const NAME = /^([^/]+)\/([^/]+)\/lanner\.ko$/;

function field(block: Buffer, at: number, length: number): string {
  return block.toString("latin1", at, at + length).split("\0", 1)[0]!.trim();
}
