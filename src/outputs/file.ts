// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, errorWords } from "./errno.ts";
import { type Line, type Output, OutputError } from "./output.ts";

/** Not to block on a named pipe that nobody reads: opening one fails with ENXIO instead. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** Alerts tell what happens on a host: only its administrator reads them unless the file exists already. */
const MODE = 0o600;

/** Which file, and whether it stays open between lines. */
export interface FileOptions {
  readonly filename: string;
  /**
   * False, Falco's default: every line goes to the file that has the name then, so that renaming it (log rotation)
   * needs no signal. True: the file stays the same until `reopen`.
   */
  readonly keepAlive?: boolean;
}

/** Alerts appended to a file, one a line. */
export class FileOutput implements Output {
  readonly name = "file";
  readonly #path: string;
  readonly #keepAlive: boolean;
  #handle: FileHandle | undefined;
  #closed = true;
  /** The file ends within a line that a full disk or a crash has cut: the next line starts afresh. */
  #midLine = false;

  constructor(options: FileOptions) {
    this.#path = options.filename;
    this.#keepAlive = options.keepAlive ?? false;
  }

  async open(): Promise<void> {
    this.#closed = false;
    await this.#current();
  }

  async write(line: Line): Promise<void> {
    if (this.#closed) throw new OutputError(`file ${this.#path}: it is not open`);
    if (!this.#keepAlive && this.#handle && await this.#replaced(this.#handle)) await this.#release();
    const handle = await this.#current();
    const bytes = Buffer.from(`${this.#midLine ? "\n" : ""}${line.text}\n`, "utf8");
    try {
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at, null)).bytesWritten;
    } catch (error) {
      // how much was written is not known in every runtime: opening anew looks at the file's end
      await this.#release();
      throw this.#failure(error);
    }
    this.#midLine = false;
  }

  async reopen(): Promise<void> {
    if (this.#closed) return;
    await this.#release();
    await this.#current();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#release();
  }

  /** Whether the name leads to another file by now, or to none. */
  async #replaced(handle: FileHandle): Promise<boolean> {
    try {
      const [held, named] = await Promise.all([handle.stat(), stat(this.#path)]);
      return held.ino !== named.ino || held.dev !== named.dev;
    } catch {
      return true;
    }
  }

  async #current(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    try {
      const handle = await open(this.#path, FLAGS, MODE);
      this.#midLine = await endsMidLine(this.#path, handle);
      return this.#handle = handle;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // an error of close(2) speaks of data that write(2) has already accepted; there is nobody left to retry it
    await handle?.close().catch(() => {});
  }

  #failure(error: unknown): OutputError {
    if (errorCode(error) === "ENOENT") {
      return new OutputError(
        `file ${this.#path}: the directory ${dirname(this.#path)} does not exist; create it first`,
      );
    }
    return new OutputError(`file ${this.#path}: ${errorWords(error)}`);
  }
}

/** Whether a regular file's last byte is not a newline; false where that can't be told. */
async function endsMidLine(path: string, handle: FileHandle): Promise<boolean> {
  const stats = await handle.stat();
  if (!stats.isFile() || stats.size === 0) return false;
  let reader: FileHandle | undefined;
  try {
    reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const last = Buffer.alloc(1);
    const { bytesRead } = await reader.read(last, 0, 1, stats.size - 1);
    return bytesRead === 1 && last[0] !== 0x0a;
  } catch {
    return false;
  } finally {
    await reader?.close();
  }
}
