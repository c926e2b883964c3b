// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { constants, fstat, type Stats, write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, errorWords } from "./errno.ts";
import { type Line, type Output, OutputError } from "./output.ts";

/** What a pipe takes as a whole or not at all (pipe(7)): after EAGAIN it is certain that nothing was written. */
const PIPE_BUF = 4096;

/** Pause before a full non-blocking pipe or terminal is tried again, in ms. */
const FULL_PAUSE = 10;

/**
 * Alerts on standard output, one a line. A reader that stands still holds up this output only: pipes and terminals are
 * written to without blocking, through a description of our own, since the flag on descriptor 1 would be the shell's
 * too. (`process.stdout`, and in Deno every `node:fs` write, would block the event loop.)
 */
export class StdoutOutput implements Output {
  readonly name = "stdout";
  readonly #fd: number;
  #own: FileHandle | undefined;
  #open = false;
  /** A line was cut by an error, as far as is known: the next one starts afresh. */
  #midLine = false;

  /** @param fd the descriptor to write to; never closed here */
  constructor(fd = 1) {
    this.#fd = fd;
  }

  async open(): Promise<void> {
    try {
      const stats = await statsOf(this.#fd);
      // never a regular file: another description of it has another position
      if (stats.isFIFO() || stats.isCharacterDevice()) this.#own ??= await openAgain(this.#fd);
    } catch (error) {
      throw new OutputError(`stdout: ${errorWords(error)}; redirect it or disable stdout_output`);
    }
    this.#open = true;
  }

  async write(line: Line): Promise<void> {
    const bytes = Buffer.from(`${this.#midLine ? "\n" : ""}${line.text}\n`, "utf8");
    try {
      for (let at = 0; at < bytes.length;) at += await this.#some(bytes, at);
    } catch (error) {
      // a new reader of a broken pipe never saw the beginning
      this.#midLine = errorCode(error) !== "EPIPE";
      throw new OutputError(`stdout: ${errorWords(error)}`);
    }
    this.#midLine = false;
  }

  /** Writes the bytes from `at` on, at most PIPE_BUF; returns how many, 0 after a pause when there was no room. */
  async #some(bytes: Buffer, at: number): Promise<number> {
    if (!this.#open) throw new OutputError("it is not open");
    try {
      return await this.#writeOnce(bytes, at);
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") throw error;
      await sleep(FULL_PAUSE);
      return 0;
    }
  }

  #writeOnce(bytes: Buffer, at: number): Promise<number> {
    const length = Math.min(bytes.length - at, PIPE_BUF);
    return new Promise((resolve, reject) => {
      write(
        this.#own?.fd ?? this.#fd,
        bytes,
        at,
        length,
        null,
        (error, written) => error ? reject(error) : resolve(written),
      );
    });
  }

  /** There is no name to open anew. */
  reopen(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#open = false;
    const own = this.#own;
    this.#own = undefined;
    await own?.close();
  }
}

function statsOf(fd: number): Promise<Stats> {
  return new Promise((resolve, reject) => fstat(fd, (error, stats) => error ? reject(error) : resolve(stats)));
}

/** Another, non-blocking description of what `fd` refers to; undefined where it may not be opened (another user's). */
async function openAgain(fd: number): Promise<FileHandle | undefined> {
  try {
    return await open(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
