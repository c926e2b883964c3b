// SPDX-License-Identifier: Apache-2.0

/** Error codes of the system, in words for an administrator. */
import { constants } from "node:os";

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "the address is in use",
  EAGAIN: "it takes no more at the moment",
  EBADF: "it is closed",
  EBUSY: "it is in use",
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the other side ended the connection",
  EDQUOT: "disk quota exceeded",
  EFBIG: "the file is too large",
  EINTR: "a signal interrupted it",
  EINVAL: "the system does not allow it there",
  EIO: "input/output error",
  EISDIR: "it is a directory",
  ELOOP: "too many symbolic links, perhaps in a circle",
  EMFILE: "this process has too many files open",
  EMSGSIZE: "the message is too long",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "the system has too many files open",
  ENOBUFS: "the system is short of buffers",
  ENODEV: "no such device",
  ENOENT: "no such file or directory",
  ENOMEM: "memory is short",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a part of the path is not a directory",
  ENXIO: "nobody reads from it",
  EPERM: "operation not permitted",
  EPIPE: "the reader has gone",
  EROFS: "the file system is read-only",
  ESTALE: "the file server has lost it",
  ETIMEDOUT: "no answer in time",
  ETXTBSY: "a program runs from it",
};

/** The code (`ENOSPC`) of an error that a `node:` call threw; undefined for an error without one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What an error of a `node:` call means, without the call and path that its message carries. */
export function errorWords(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return wordsOf(code);
  return error instanceof Error ? error.message : String(error);
}

/** What a positive errno of a C call means. */
export function errnoWords(errno: number): string {
  const code = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0];
  return wordsOf(code ?? `error ${errno}`);
}

function wordsOf(code: string): string {
  return WORDS[code] ?? `the system refused it (${code})`;
}
