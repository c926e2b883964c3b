// SPDX-License-Identifier: Apache-2.0

/**
 * How recordings are laid out, little-endian:
 *
 *     "LANNERRC"            magic
 *     u32 version, u32 n    of this format; bytes of the header
 *     n bytes               the header, JSON
 *     (zero bytes up to a multiple of 8)
 *     frames                as in the ring (src/sources/frames.ts): u32 length, u32 kind, the bytes, padding
 *
 * Frames of kind 0 hold records. A frame of kind CONTAINER_FRAME tells, as JSON, of a container that was not there when
 * the recording began, before the first record that it is in. The last one is of kind END_FRAME: a file without it was
 * cut.
 */
import { z } from "zod";

export const MAGIC = "LANNERRC";

/** Version of the layout above, which 1 had without containers; the records' own is the header's `wireVersion`. */
export const FORMAT_VERSION = 2;

/** LN_WIRE_VERSION of native/wire.h: records of another version are not understood. */
export const WIRE_VERSION = 1;

/** Bytes before the header. */
export const PREFIX_BYTES = MAGIC.length + 8;

/** A header is no longer; a snapshot takes 1-2 KiB a process. */
export const HEADER_MAX_BYTES = 256 * 1024 * 1024;

/** Kind of a frame that holds a record. */
export const RECORD_FRAME = 0;

/** Kind of a frame that tells of a container: "!CTR". */
export const CONTAINER_FRAME = 0x52544321;

/** What is told of one container is no longer. */
export const CONTAINER_MAX_BYTES = 256 * 1024;

/** Kind of the last frame: "!END". */
export const END_FRAME = 0x444e4521;

/** The last frame's content is no longer. */
export const END_MAX_BYTES = 64 * 1024;

/** What a recording says of itself. */
export const Header = z.object({
  wireVersion: z.number().int(),
  /** `uname -r` of the recorded host. */
  kernelRelease: z.string(),
  /** When the recording began, ISO 8601. */
  recordedAt: z.string(),
  /** The host as src/host/snapshot.ts stores it: its name, boot time, processes, users, containers. */
  host: z.unknown(),
});

/** See `Header`. */
export type RecordingHeader = z.output<typeof Header>;

/** What was known when the recording ended. */
export const End = z.object({
  /** Records in the file. */
  records: z.number().int().nonnegative(),
  /** Events lost on the way into the file, as `Losses.kernel`. */
  lost: z.record(z.string(), z.number().int().positive()),
});

/** See `End`. */
export type RecordingEnd = z.output<typeof End>;

/** A recording that can't be written, or read to its end. The message is one line: file, byte, what is wrong. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** Byte of the file at which the trouble begins; undefined where that means nothing. */
  readonly offset: number | undefined;

  constructor(path: string, what: string, offset?: number) {
    super(offset === undefined ? `${path}: ${what}` : `${path}: byte ${offset}: ${what}`);
    this.offset = offset;
  }
}
