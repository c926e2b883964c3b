// SPDX-License-Identifier: Apache-2.0

/** Recordings as a source of records: `lanner replay`, tests and benchmarks. Layout: recording_format.ts. */
import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { RECORD_MAX_BYTES, RecordMemory, RecordReader } from "../events/record.ts";
import type { Host } from "../host/host.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "./frames.ts";
import {
  CONTAINER_FRAME,
  CONTAINER_MAX_BYTES,
  End,
  END_FRAME,
  END_MAX_BYTES,
  FORMAT_VERSION,
  Header,
  HEADER_MAX_BYTES,
  MAGIC,
  PREFIX_BYTES,
  RECORD_FRAME,
  RecordingError,
  type RecordingHeader,
  WIRE_VERSION,
} from "./recording_format.ts";
import type { Losses, OnRecord, Source } from "./source.ts";

export { RecordingError, type RecordingHeader } from "./recording_format.ts";
export { RecordingWriter, type RecordingWriterOptions } from "./recording_writer.ts";

/** A host that a recording may tell of containers, as `RecordingWriter.appendContainer` was told of them. */
export interface LearningHost extends Host {
  /** May throw on what is no container. */
  learnContainer?(stored: unknown): void;
}

/** Bytes read at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Opens a recording.
 * @param makeHost makes the host out of the snapshot that was given to the writer; what it throws is an error of the
 * recording
 * @throws RecordingError when the file can't be read or its beginning is not a recording's.
 */
export async function openRecording(
  path: string,
  makeHost: (snapshot: unknown) => LearningHost,
  chunkBytes = CHUNK_BYTES,
): Promise<RecordingSource> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw new RecordingError(path, `can't be read: ${words(error)}`);
  });
  try {
    const { header, bytes } = await readHeader(path, file);
    let host: LearningHost;
    try {
      host = makeHost(header.host);
    } catch (error) {
      throw new RecordingError(path, `its host snapshot is not one: ${words(error)}`, PREFIX_BYTES);
    }
    return new RecordingSource(path, file, header, host, bytes, chunkBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A recording, opened by `openRecording`. Read in chunks: memory does not depend on the file's length. */
export class RecordingSource implements Source {
  readonly host: LearningHost;
  readonly header: RecordingHeader;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #memory: RecordMemory;
  readonly #record: RecordReader;
  /** Where in the file the memory's first byte is. */
  #origin: number;
  /** Unread bytes of the memory: [start, end). */
  #start = 0;
  #end = 0;
  #stopped = false;
  #closed = false;
  #ended = false;
  #malformed = 0;
  #lost: ReadonlyMap<string, number> = new Map();

  /** Takes over `file`, positioned at its first frame, `origin` bytes after the beginning. */
  constructor(
    path: string,
    file: FileHandle,
    header: RecordingHeader,
    host: LearningHost,
    origin: number,
    chunkBytes: number,
  ) {
    this.#path = path;
    this.#file = file;
    this.header = header;
    this.host = host;
    this.#origin = origin;
    const longest = Math.max(...[RECORD_MAX_BYTES, CONTAINER_MAX_BYTES, END_MAX_BYTES].map(frameBytes));
    this.#memory = new RecordMemory(new ArrayBuffer(Math.max(chunkBytes, longest) & ~7));
    this.#record = new RecordReader(this.#memory);
  }

  /**
   * Rejects with RecordingError, after every record before that point, where the file is cut or is not a recording
   * any more.
   */
  async run(onRecord: OnRecord): Promise<void> {
    while (!this.#stopped && !this.#ended) {
      if (!await this.#fill()) this.#fail(this.#end, "it ends here without its end mark: truncated");
      this.#deliver(onRecord);
    }
    if (this.#ended && !this.#closed) await this.#expectNothing();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Of the recorded host only after the end has been read. */
  losses(): Losses {
    return { kernel: this.#lost, malformed: this.#malformed };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopped = true;
    void this.#file.close().catch(() => {}); // nothing was written
  }

  /** Hands out every whole frame in memory, up to the end mark. */
  #deliver(onRecord: OnRecord): void {
    const { u32 } = this.#memory;
    while (this.#end - this.#start >= FRAME_HEADER_BYTES) {
      const at = this.#start;
      const length = u32[at >> 2]!;
      const kind = u32[(at >> 2) + 1]!;
      if (length === 0 || length > longestOf(kind)) {
        this.#fail(at, `no frame begins here (length ${length}, kind ${kind})`);
      }
      const bytes = frameBytes(length);
      if (this.#end - at < bytes) return;
      const base = at + FRAME_HEADER_BYTES;
      if (kind === END_FRAME) return this.#readEnd(base, length);
      this.#start = at + bytes;
      if (kind === CONTAINER_FRAME) {
        this.#learnContainer(base, length);
        continue;
      }
      this.#record.moveTo(base);
      if (this.#record.isWellFormed(length)) onRecord(this.#memory, base, length);
      else this.#malformed++;
    }
  }

  #learnContainer(base: number, length: number): void {
    try {
      this.host.learnContainer?.(parseJson(this.#memory.buffer.toString("utf8", base, base + length)));
    } catch {
      this.#malformed++;
    }
  }

  #readEnd(base: number, length: number): void {
    const end = End.safeParse(parseJson(this.#memory.buffer.toString("utf8", base, base + length)));
    if (!end.success) this.#fail(base, "the end mark is not readable");
    this.#lost = new Map(Object.entries(end.data.lost));
    this.#start = base - FRAME_HEADER_BYTES + frameBytes(length);
    this.#ended = true;
  }

  /** Moves the unread bytes to the memory's beginning and reads on behind them; false at the file's end. */
  async #fill(): Promise<boolean> {
    const { u8 } = this.#memory;
    u8.copyWithin(0, this.#start, this.#end);
    this.#origin += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    try {
      const { bytesRead } = await this.#file.read(u8, this.#end, u8.length - this.#end, null);
      this.#end += bytesRead;
      return bytesRead > 0;
    } catch (error) {
      if (this.#closed) return true;
      this.#fail(this.#end, `can't be read: ${words(error)}`);
    }
  }

  async #expectNothing(): Promise<void> {
    if (this.#start < this.#end || await this.#fill()) this.#fail(this.#start, "there is more after the end mark");
  }

  /** @param at byte in memory where the trouble begins */
  #fail(at: number, what: string): never {
    this.#stopped = true;
    throw new RecordingError(this.#path, what, this.#origin + at);
  }
}

/** Longest content of a frame; 0 for one that there is not. */
function longestOf(kind: number): number {
  if (kind === RECORD_FRAME) return RECORD_MAX_BYTES;
  return kind === END_FRAME ? END_MAX_BYTES : kind === CONTAINER_FRAME ? CONTAINER_MAX_BYTES : 0;
}

/** Reads up to the first frame; `bytes` is where that is. */
async function readHeader(path: string, file: FileHandle): Promise<{ header: RecordingHeader; bytes: number }> {
  const prefix = await readExactly(path, file, PREFIX_BYTES, 0);
  if (prefix.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new RecordingError(path, "it is not a recording", 0);
  const version = prefix.readUInt32LE(MAGIC.length);
  if (version < 1 || version > FORMAT_VERSION) {
    const what = `recording format ${version} is not understood here (only up to ${FORMAT_VERSION})`;
    throw new RecordingError(path, what, MAGIC.length);
  }
  const length = prefix.readUInt32LE(MAGIC.length + 4);
  if (length > HEADER_MAX_BYTES) throw new RecordingError(path, "the header's length is impossible", MAGIC.length + 4);
  const padded = (length + 7) & ~7;
  const json = (await readExactly(path, file, padded, PREFIX_BYTES)).toString("utf8", 0, length);
  const header = Header.safeParse(parseJson(json));
  if (!header.success) throw new RecordingError(path, "the header is not readable", PREFIX_BYTES);
  const { wireVersion } = header.data;
  if (wireVersion !== WIRE_VERSION) {
    const what = `its records have version ${wireVersion}, this lanner reads ${WIRE_VERSION}`;
    throw new RecordingError(path, what, PREFIX_BYTES);
  }
  return { header: header.data, bytes: PREFIX_BYTES + padded };
}

/** Reads piece by piece, so that a length that lies costs no memory. */
async function readExactly(path: string, file: FileHandle, length: number, offset: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let got = 0; got < length;) {
    const piece = Buffer.alloc(Math.min(length - got, CHUNK_BYTES));
    const { bytesRead } = await file.read(piece, 0, piece.length, null).catch((error: unknown) => {
      throw new RecordingError(path, `can't be read: ${words(error)}`);
    });
    if (bytesRead === 0) throw new RecordingError(path, "it ends here, within its header: truncated", offset + got);
    pieces.push(piece.subarray(0, bytesRead));
    got += bytesRead;
  }
  return Buffer.concat(pieces);
}

/** The value that `text` spells; undefined when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function words(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? message;
}
