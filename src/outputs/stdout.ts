// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { fstat, write } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, errorWords } from "./errno.ts";
import { type Line, type Output, OutputError } from "./output.ts";

/** What a pipe takes as a whole or not at all (pipe(7)): after EAGAIN it is certain that nothing was written. */
const PIPE_BUF = 4096;

/** Pause before a full non-blocking pipe or terminal is tried again, in ms. */
const FULL_PAUSE = 10;

/**
 * Alerts on standard output, one a line. Writes happen off the event loop: a reader that stands still holds up this
 * output only. (`process.stdout` writes synchronously to pipes in some runtimes.)
 */
export class StdoutOutput implements Output {
  readonly name = "stdout";
  readonly #fd: number;
  #open = false;
  /** A line was cut by an error, as far as is known: the next one starts afresh. */
  #midLine = false;

  /** @param fd the descriptor to write to; never closed here */
  constructor(fd = 1) {
    this.#fd = fd;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      fstat(this.#fd, (error) => {
        if (error) return reject(new OutputError(`stdout: ${errorWords(error)}; redirect it or disable stdout_output`));
        this.#open = true;
        resolve();
      });
    });
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
      write(this.#fd, bytes, at, length, null, (error, written) => error ? reject(error) : resolve(written));
    });
  }

  /** There is no name to open anew. */
  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#open = false;
    return Promise.resolve();
  }
}
