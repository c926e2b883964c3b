// SPDX-License-Identifier: Apache-2.0

/** Reading whole files that somebody has named, whatever they turn out to be: neither memory nor time runs out. */
import { Buffer } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { errorCode, errorWords } from "../outputs/errno.ts";

/** A file that can't be read, or must not; the message is the reason alone, in words. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** How much of a file is read, and from what. */
export interface ReadOptions {
  /** Bytes; a larger file is refused. */
  readonly limit: number;
  /** Whether it may be a pipe, as the shell's `<(command)` is; devices and sockets never are read. */
  readonly pipes: boolean;
}

/** For a pipe's whole content, ms. */
const PATIENCE = 10_000;
/** For the first writer of a pipe, ms: who made it with mkfifo may be about to open it. */
const WRITER_PATIENCE = 500;
const PAUSE = 5;
const CHUNK_BYTES = 1 << 16;

/**
 * The bytes of a file.
 * @throws FileError when it can't be read, is something else, is too large, or is a pipe from which nothing comes
 */
export function readWhole(path: string, options: ReadOptions): Buffer {
  try {
    checkKind(statSync(path), options); // opening a device may already do something
    // O_NONBLOCK: a FIFO without a writer is not waited for
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const status = fstatSync(fd);
      checkKind(status, options);
      const isPipe = status.isFIFO();
      const bytes = readAll(fd, isPipe, options.limit);
      // who reads a pipe again would take it for an empty file
      if (isPipe && bytes.length === 0) {
        throw new FileError("nothing came through this pipe (it can be read only once)");
      }
      return bytes;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(errorWords(error));
  }
}

function checkKind(status: Stats, { limit, pipes }: ReadOptions): void {
  if (status.isDirectory()) throw new FileError("it is a directory");
  if (!status.isFile() && !(pipes && status.isFIFO())) {
    throw new FileError(`it is not a regular file${pipes ? " or a pipe" : ""}`);
  }
  if (status.size > limit) throw tooLarge(limit);
}

function tooLarge(limit: number): FileError {
  return new FileError(`it is larger than ${limit / (1 << 20)} MiB`);
}

/** Reads to the end, which files of /proc and /sys do not tell beforehand. */
function readAll(fd: number, isPipe: boolean, limit: number): Buffer {
  const chunks: Buffer[] = [];
  const start = performance.now();
  for (let bytes = 0;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const got = readSome(fd, chunk);
    const waited = performance.now() - start;
    if (isPipe && waited > PATIENCE) throw new FileError(`this pipe did not end within ${PATIENCE / 1000} s`);
    if (got !== undefined && got > 0) {
      chunks.push(chunk.subarray(0, got));
      if ((bytes += got) > limit) throw tooLarge(limit);
      continue;
    }
    if (got === 0 && (!isPipe || bytes > 0 || waited > WRITER_PATIENCE)) return Buffer.concat(chunks, bytes);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  }
}

/** Bytes read, 0 at the end; undefined when there are none yet. */
function readSome(fd: number, chunk: Buffer): number | undefined {
  try {
    return readSync(fd, chunk, 0, chunk.length, null);
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}
