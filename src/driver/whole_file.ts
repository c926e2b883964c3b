// SPDX-License-Identifier: Apache-2.0

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file so that it is the old one or the new one, never a part of it, and makes its folders.
 * @throws what `node:fs` does; then the old one is as it was.
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const to = existsSync(path) ? realpathSync(path) : path;
  if (existsSync(to) && !statSync(to).isFile()) return writeFileSync(to, bytes); // a device, a pipe
  const unfinished = `${to}.new`;
  rmSync(unfinished, { force: true }); // of a machine that went down meanwhile
  try {
    const fd = openSync(unfinished, "wx", 0o644);
    try {
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
