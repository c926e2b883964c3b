// SPDX-License-Identifier: Apache-2.0

/** Error codes of the system, in words for an administrator. */
import { constants } from "node:os";

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EAGAIN: "it takes no more at the moment",
  EBADF: "it is closed",
  ECONNREFUSED: "nobody listens there",
  EDQUOT: "disk quota exceeded",
  EFBIG: "the file is too large",
  EIO: "input/output error",
  EISDIR: "it is a directory",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "nobody reads from it",
  EPERM: "operation not permitted",
  EPIPE: "the reader has gone",
  EROFS: "the file system is read-only",
};

/** The code (`ENOSPC`) of an error that a `node:` call threw; undefined for an error without one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What an error of a `node:` call means, without the call and path that its message carries. */
export function errorWords(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return WORDS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

/** What a positive errno of a C call means. */
export function errnoWords(errno: number): string {
  const code = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0];
  return code === undefined ? `errno ${errno}` : WORDS[code] ?? code;
}
