// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { release } from "node:os";
import { RECORD_MAX_BYTES, type RecordMemory } from "../events/record.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "./frames.ts";
import {
  CONTAINER_FRAME,
  CONTAINER_MAX_BYTES,
  END_FRAME,
  FORMAT_VERSION,
  HEADER_MAX_BYTES,
  MAGIC,
  RECORD_FRAME,
  type RecordingEnd,
  RecordingError,
  type RecordingHeader,
  WIRE_VERSION,
} from "./recording_format.ts";
import type { Losses } from "./source.ts";

/** Name under which `Losses.kernel` of a recording counts what the writer had to drop. */
export const DISK_TOO_SLOW = "recording: disk too slow";

/** What differs from the ordinary. */
export interface RecordingWriterOptions {
  /** Bytes of one write. */
  readonly chunkBytes?: number;
  /** Chunks in memory at most, those being written included; at least 2. */
  readonly chunks?: number;
  /** Told once when the file can't be written any more; `close` says why. */
  readonly onFailure?: () => void;
}

/** Frames collected for one write, seen as the words that are copied and as the bytes that are written. */
class Chunk {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  used = 0;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
  }
}

/**
 * Writes a recording. `append` only copies; full chunks go to disk behind its back. When the disk is slower than the
 * events, records are dropped and counted: memory stays within `chunks` × `chunkBytes`.
 */
export class RecordingWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #chunkBytes: number;
  readonly #onFailure: (() => void) | undefined;
  /** Chunks that may still be made. */
  #unmade: number;
  readonly #free: Chunk[] = [];
  readonly #full: Chunk[] = [];
  #current: Chunk;
  #flushing: Promise<void> | undefined;
  #failure: RecordingError | undefined;
  #closing: Promise<void> | undefined;
  #written = 0;
  #dropped = 0;

  private constructor(path: string, file: FileHandle, options: RecordingWriterOptions) {
    this.#path = path;
    this.#file = file;
    const longest = Math.max(frameBytes(RECORD_MAX_BYTES), frameBytes(CONTAINER_MAX_BYTES));
    this.#chunkBytes = Math.max(options.chunkBytes ?? 1024 * 1024, longest);
    this.#unmade = Math.max(options.chunks ?? 32, 2) - 1;
    this.#onFailure = options.onFailure;
    this.#current = new Chunk(this.#chunkBytes);
  }

  /**
   * Starts a recording in a new or emptied file that only its owner can read.
   * @param host the host as of now: a HostSnapshot of src/host/snapshot.ts, or what else `openRecording` is to be given
   * @throws RecordingError when the file can't be written.
   */
  static async create(path: string, host: unknown, options: RecordingWriterOptions = {}): Promise<RecordingWriter> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
      await writeAll(file, headerBytes(host));
      return new RecordingWriter(path, file, options);
    } catch (error) {
      await file?.close();
      throw failure(path, error);
    }
  }

  /** Records taken so far. */
  get written(): number {
    return this.#written;
  }

  /** Records for which there was no room, or no file any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a copy of the record of `length` bytes at byte `base` of `memory`. */
  append(memory: RecordMemory, base: number, length: number): void {
    const bytes = frameBytes(length);
    if (this.#failure || this.#closing || bytes > this.#chunkBytes || !this.#makeRoom(bytes)) {
      this.#dropped++;
      return;
    }
    const { words, used } = this.#current;
    const target = used >> 2;
    words[target] = length;
    words[target + 1] = RECORD_FRAME;
    // word by word: a subarray to copy from would be an allocation an event
    const source = memory.u32;
    const from = base >> 2;
    const to = target + (FRAME_HEADER_BYTES >> 2);
    const count = (bytes - FRAME_HEADER_BYTES) >> 2;
    for (let i = 0; i < count; i++) words[to + i] = source[from + i]!;
    this.#current.used = used + bytes;
    this.#written++;
  }

  /**
   * Tells of a container whose records follow; false when there is no room for it.
   * @param container what goes into the frame as JSON: what src/host/snapshot_container.ts makes of one
   */
  appendContainer(container: unknown): boolean {
    const json = Buffer.from(JSON.stringify(container), "utf8");
    if (json.length > CONTAINER_MAX_BYTES || this.#failure || this.#closing) return false;
    const frame = frameOf(CONTAINER_FRAME, json);
    if (!this.#makeRoom(frame.length)) return false;
    this.#current.bytes.set(frame, this.#current.used);
    this.#current.used += frame.length;
    return true;
  }

  /**
   * Writes what is left and the end mark, with what the source lost while recording.
   * @throws RecordingError when anything of the recording could not be written.
   */
  close(losses?: Losses): Promise<void> {
    return this.#closing ??= this.#end(losses);
  }

  async #end(losses: Losses | undefined): Promise<void> {
    this.#full.push(this.#current);
    this.#startFlushing();
    await this.#flushing;
    try {
      if (this.#failure) throw this.#failure;
      const lost = new Map(losses?.kernel);
      if (this.#dropped > 0) lost.set(DISK_TOO_SLOW, this.#dropped);
      await writeAll(this.#file, endBytes({ records: this.#written, lost: Object.fromEntries(lost) }));
      await this.#file.sync();
    } catch (error) {
      throw failure(this.#path, error);
    } finally {
      await this.#file.close();
    }
  }

  /** Whether the current chunk, or another that takes its place, has room for a frame. */
  #makeRoom(bytes: number): boolean {
    if (this.#current.used + bytes <= this.#chunkBytes) return true;
    const next = this.#free.pop() ?? this.#make();
    if (next === undefined) return false;
    this.#full.push(this.#current);
    this.#current = next;
    this.#startFlushing();
    return true;
  }

  #make(): Chunk | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade--;
    return new Chunk(this.#chunkBytes);
  }

  #startFlushing(): void {
    this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    for (let chunk = this.#full.shift(); chunk; chunk = this.#full.shift()) {
      try {
        await writeAll(this.#file, chunk.bytes.subarray(0, chunk.used));
      } catch (error) {
        this.#failure = failure(this.#path, error);
        this.#full.length = 0;
        this.#onFailure?.();
        break;
      }
      chunk.used = 0;
      this.#free.push(chunk);
    }
    this.#flushing = undefined;
  }
}

function headerBytes(host: unknown): Buffer {
  const header: RecordingHeader = {
    wireVersion: WIRE_VERSION,
    kernelRelease: release(),
    recordedAt: new Date().toISOString(),
    host,
  };
  const json = Buffer.from(JSON.stringify(header), "utf8");
  if (json.length > HEADER_MAX_BYTES) throw new Error(`the host's snapshot is longer than ${HEADER_MAX_BYTES} bytes`);
  const prefix = Buffer.alloc(MAGIC.length + 8);
  prefix.write(MAGIC, "latin1");
  prefix.writeUInt32LE(FORMAT_VERSION, MAGIC.length);
  prefix.writeUInt32LE(json.length, MAGIC.length + 4);
  return Buffer.concat([prefix, json, Buffer.alloc(-json.length & 7)]);
}

function endBytes(end: RecordingEnd): Buffer {
  return frameOf(END_FRAME, Buffer.from(JSON.stringify(end), "utf8"));
}

function frameOf(kind: number, json: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(kind, 4);
  return Buffer.concat([head, json, Buffer.alloc(-json.length & 7)]);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, null)).bytesWritten;
}

function failure(path: string, error: unknown): RecordingError {
  if (error instanceof RecordingError) return error;
  return new RecordingError(path, `can't be written: ${error instanceof Error ? error.message : String(error)}`);
}
