// SPDX-License-Identifier: Apache-2.0

/** Files that may be compressed, told by their first bytes, whatever they are called. */
import { execFileSync } from "node:child_process";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { FileError, readWhole } from "../files/read.ts";
import { errorCode } from "../outputs/errno.ts";
import { DriverError } from "./error.ts";

/** No module and no BTF comes near it: what is larger is something else, or made to fill the memory. */
const UNPACKED_LIMIT = 128 << 20;

const MAGIC = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd], xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a] } as const;

function isA(bytes: Uint8Array, kind: keyof typeof MAGIC): boolean {
  return MAGIC[kind].every((byte, i) => bytes[i] === byte);
}

/**
 * The bytes themselves, or what gzip or zstd made them of.
 * @param origin where they come from, for errors
 * @throws DriverError when they are damaged or too many.
 */
export function unpack(bytes: Uint8Array, origin: string): Uint8Array {
  try {
    if (isA(bytes, "gzip")) return gunzipSync(bytes, { maxOutputLength: UNPACKED_LIMIT });
    if (isA(bytes, "zstd")) return zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_LIMIT });
  } catch {
    throw damaged(origin);
  }
  return bytes;
}

/**
 * The bytes of a file, unpacked if gzip, zstd or xz made it.
 * @throws DriverError when it can't be read or unpacked, or is xz's where there is no xz command.
 */
export function readUnpacked(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path, { limit: UNPACKED_LIMIT, pipes: false });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new DriverError({
      cause: `${path} can't be read (${error.message})`,
      next: "put a file there that can be, or leave it out",
    });
  }
  return isA(bytes, "xz") ? unxz(path) : unpack(bytes, path);
}

/** By the file itself: Deno 2.9 waits for ever when the input does not fit into a pipe. */
function unxz(path: string): Uint8Array {
  try {
    return execFileSync("xz", ["-dc", "--", path], {
      maxBuffer: UNPACKED_LIMIT,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw damaged(path);
    throw new DriverError({
      cause: `${path} is compressed by xz, and there is no xz command here`,
      next: "unpack it elsewhere (unxz), or compress it with gzip or zstd",
    });
  }
}

function damaged(origin: string): DriverError {
  return new DriverError({ cause: `${origin} can't be unpacked`, next: "it is damaged or was cut off; copy it again" });
}
