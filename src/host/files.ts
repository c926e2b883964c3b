// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { closeSync, constants, openSync, readlinkSync, readSync, realpathSync, statfsSync, statSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";

/**
 * At most `limit` bytes from the start of a file, or undefined when it can't be read: it is gone, or never was. Never
 * waits: a FIFO in a file's place is opened without.
 * @param flags of open(2) beside these: O_NOFOLLOW for a file in a directory that is another's
 */
export function readStart(path: string, limit: number, flags = 0): BinaryString | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | flags);
    try {
      let text = "";
      while (text.length < limit) {
        const want = Math.min(limit - text.length, CHUNK.length);
        const got = readSync(fd, CHUNK, 0, want, null);
        if (got === 0) break; // not before: files of /proc come in pieces
        text += CHUNK.toString("latin1", 0, got);
      }
      return text;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Where a symbolic link points, or undefined when it can't be read. */
export function readLink(path: string): BinaryString | undefined {
  try {
    return Buffer.from(readlinkSync(path, { encoding: "buffer" })).toString("latin1"); // Deno gives a plain Uint8Array
  } catch {
    return undefined;
  }
}

/** The path without symbolic links, or undefined when it leads nowhere. */
export function realPath(path: BinaryString): BinaryString | undefined {
  try {
    return Buffer.from(realpathSync(Buffer.from(path, "latin1"), { encoding: "buffer" })).toString("latin1");
  } catch {
    return undefined;
  }
}

/** OVERLAYFS_SUPER_MAGIC of linux/magic.h: what stat(2) gives there need not be the number that the kernel goes by. */
const OVERLAYFS = 0x794c7630;

/** Number of the inode that a path leads to; undefined when it leads nowhere, NaN when the kernel may know another. */
export function inodeOf(path: BinaryString): number | undefined {
  try {
    const bytes = Buffer.from(path, "latin1");
    const inode = Number(statSync(bytes, { bigint: true }).ino);
    return statfsSync(bytes).type === OVERLAYFS || !Number.isSafeInteger(inode) ? NaN : inode;
  } catch {
    return undefined;
  }
}

/** Scratch of `readStart`, whose reads don't overlap. */
const CHUNK = Buffer.alloc(16384);
