// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RecordReader } from "../../src/events/record.ts";
import { GuestTable } from "../../src/host/guests.ts";
import type { Host } from "../../src/host/host.ts";
import { openRecording, RecordingError, RecordingWriter } from "../../src/sources/recording.ts";
import { CONTAINER_MAX_BYTES, PREFIX_BYTES, WIRE_VERSION } from "../../src/sources/recording_format.ts";
import { DISK_TOO_SLOW, type RecordingWriterOptions } from "../../src/sources/recording_writer.ts";
import { buildRecord, memoryOf } from "../support/records.ts";
import { sourceContract } from "./contract.ts";

/** Stands for the snapshot of src/host/snapshot.ts. */
const SNAPSHOT = { hostname: "käfig", bootTime: "1700000000000000000", processes: [{ pid: 1 }] };

function hostOf(snapshot: unknown): Host {
  assert.deepEqual(snapshot, SNAPSHOT);
  return {
    hostname: SNAPSHOT.hostname,
    bootTime: BigInt(SNAPSHOT.bootTime),
    processes: { get: () => undefined, size: 0, lineage: 0, apply: () => undefined, settle: () => {} },
    names: { user: () => undefined, group: () => undefined },
    guests: new GuestTable(),
  };
}

/** Opens of different lengths, numbered by their mode. */
function opens(count: number): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, i) => buildRecord("open", { fd: 3, name: "/" + "n".repeat((i * 37) % 3000), mode: i }, { pid: 7 }),
  );
}

const MODE = 3;

/** Compares without printing megabytes when it fails. */
function assertSame(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  assert.equal(actual.length, expected.length);
  assert.equal(actual.findIndex((bytes, i) => Buffer.compare(bytes, expected[i]!) !== 0), -1);
}

/** A file that `dispose` removes. */
class Temporary {
  readonly dir = mkdtempSync(join(tmpdir(), "lanner-recording-"));
  readonly path = join(this.dir, "rec");
  dispose(): Promise<void> {
    rmSync(this.dir, { recursive: true });
    return Promise.resolve();
  }
}

function withFile(body: (path: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const temporary = new Temporary();
    try {
      await body(temporary.path);
    } finally {
      await temporary.dispose();
    }
  };
}

async function record(
  path: string,
  records: readonly Uint8Array[],
  options: RecordingWriterOptions = {},
): Promise<RecordingWriter> {
  const writer = await RecordingWriter.create(path, SNAPSHOT, options);
  const { memory, offsets } = memoryOf(...records);
  offsets.forEach((base, i) => writer.append(memory, base, records[i]!.length));
  return writer;
}

/** The records' bytes as they come, and the error that ended them. */
async function replay(path: string, chunkBytes?: number): Promise<
  { records: Uint8Array[]; error: RecordingError | undefined; malformed: number; kernel: Map<string, number> }
> {
  const source = await openRecording(path, hostOf, chunkBytes);
  const records: Uint8Array[] = [];
  let error: RecordingError | undefined;
  try {
    await source.run((memory, base, limit) => records.push(memory.u8.slice(base, base + limit)));
  } catch (thrown) {
    assert.ok(thrown instanceof RecordingError, String(thrown));
    error = thrown;
  } finally {
    source.close();
  }
  const { malformed, kernel } = source.losses();
  return { records, error, malformed, kernel: new Map(kernel) };
}

sourceContract("a recording", async () => {
  const temporary = new Temporary();
  await (await record(temporary.path, opens(500))).close();
  return {
    source: await openRecording(temporary.path, hostOf, 1),
    provoke: () => {},
    records: 500,
    sequence: (reader: RecordReader) => reader.number(MODE),
    dispose: () => temporary.dispose(),
  };
});

describe("a recording", () => {
  test("states the wire version that the drivers write", () => {
    const header = readFileSync(new URL("../../native/wire.h", import.meta.url), "utf8");
    assert.equal(Number(/#define LN_WIRE_VERSION (\d+)/.exec(header)?.[1]), WIRE_VERSION);
  });

  for (const count of [0, 1, 2000]) {
    test(
      `gives back ${count} records byte by byte, in small and in large reads`,
      withFile(async (path) => {
        const records = opens(count);
        const writer = await record(path, records, { chunkBytes: 1, chunks: 1000 });
        await writer.close();
        await writer.close();
        assert.equal(writer.written, count);
        assert.equal(writer.dropped, 0);
        for (const chunkBytes of [1, undefined]) {
          const result = await replay(path, chunkBytes);
          assert.equal(result.error, undefined);
          assertSame(result.records, records);
        }
      }),
    );
  }

  test(
    "tells the host of a container before the records that follow it, and counts one that is none",
    withFile(async (path) => {
      const records = opens(3);
      const writer = await record(path, records.slice(0, 1));
      assert.equal(writer.appendContainer({ fullId: "käfig" }), true);
      assert.equal(writer.appendContainer("none"), true);
      assert.equal(writer.appendContainer("x".repeat(CONTAINER_MAX_BYTES)), false, "too long");
      const { memory, offsets } = memoryOf(...records);
      for (const i of [1, 2]) writer.append(memory, offsets[i]!, records[i]!.length);
      await writer.close();
      assert.equal(writer.dropped, 0);
      const seen: unknown[] = [];
      const learnContainer = (stored: unknown) => {
        if (typeof stored !== "object") throw new Error("no container");
        seen.push(stored);
      };
      const source = await openRecording(path, (snapshot) => ({ ...hostOf(snapshot), learnContainer }), 1);
      await source.run((memory, base, limit) => seen.push(memory.u8.slice(base, base + limit).length));
      source.close();
      assert.deepEqual(seen, [records[0]!.length, { fullId: "käfig" }, records[1]!.length, records[2]!.length]);
      assert.equal(source.losses().malformed, 1);
    }),
  );

  test(
    "tells of its host and is for its owner's eyes only",
    withFile(async (path) => {
      await (await record(path, [])).close();
      const source = await openRecording(path, hostOf);
      source.close();
      assert.equal(source.host.hostname, "käfig");
      assert.equal(source.header.wireVersion, WIRE_VERSION);
      assert.match(source.header.kernelRelease, /^\d+\.\d+/);
      assert.ok(Math.abs(Date.parse(source.header.recordedAt) - Date.now()) < 60_000);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }),
  );

  test(
    "keeps what the source lost while recording",
    withFile(async (path) => {
      const writer = await record(path, opens(1));
      await writer.close({ kernel: new Map([["open: ring full", 12]]), malformed: 0 });
      assert.deepEqual((await replay(path)).kernel, new Map([["open: ring full", 12]]));
    }),
  );

  test(
    "a disk slower than the events costs counted records, not memory",
    withFile(async (path) => {
      // nothing can be written before the first await
      const records = opens(2000);
      const writer = await record(path, records, { chunkBytes: 1, chunks: 2 });
      assert.ok(writer.dropped > 0);
      assert.equal(writer.written + writer.dropped, 2000);
      await writer.close();
      const { records: kept, kernel, error } = await replay(path);
      assert.equal(error, undefined);
      assert.equal(kept.length, writer.written);
      let next = 0;
      for (const one of kept) {
        next = records.findIndex((r, i) => i >= next && Buffer.compare(r, one) === 0) + 1;
        assert.notEqual(next, 0, "in order, and whole");
      }
      assert.deepEqual(kernel, new Map([[DISK_TOO_SLOW, writer.dropped]]));
    }),
  );

  for (const path of ["/dev/full", "/nonexistent/rec"]) {
    test(`${path} can't be recorded to`, { skip: !existsSync("/dev/full") }, async () => {
      await assert.rejects(
        RecordingWriter.create(path, SNAPSHOT),
        (error) => error instanceof RecordingError && error.message.startsWith(`${path}: can't be written: `),
      );
    });
  }

  test("a disk that fills up is told at once, and is an error in the end", async (context) => {
    const { dir } = new Temporary();
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir]).status !== 0) {
      rmSync(dir, { recursive: true });
      return context.skip("mounting a tmpfs needs root");
    }
    try {
      let failed = () => {};
      const failure = new Promise<void>((resolve) => failed = resolve);
      const writer = await record(join(dir, "rec"), opens(500), { chunkBytes: 1, chunks: 1000, onFailure: failed });
      await failure;
      const { memory } = memoryOf(...opens(1));
      const { dropped } = writer;
      writer.append(memory, 0, memory.u8.length);
      assert.equal(writer.dropped, dropped + 1);
      await assert.rejects(writer.close(), RecordingError);
      const result = await replay(join(dir, "rec"));
      assert.ok(result.records.length > 10);
      assert.match(result.error?.message ?? "", /truncated$/);
    } finally {
      spawnSync("umount", [dir]);
      rmSync(dir, { recursive: true });
    }
  });

  test(
    "cut anywhere, it gives what is whole and says at which byte it ends",
    withFile(async (path) => {
      const records = opens(6);
      await (await record(path, records)).close();
      const whole = readFileSync(path);
      const headerBytes = PREFIX_BYTES + ((whole.readUInt32LE(12) + 7) & ~7);
      for (let cut = 0; cut < whole.length; cut += cut < headerBytes ? 16 : 8) {
        writeFileSync(path, whole.subarray(0, cut));
        if (cut < headerBytes) {
          await assert.rejects(openRecording(path, hostOf), (error) => {
            assert.ok(error instanceof RecordingError);
            assert.equal(error.offset, cut);
            assert.match(error.message, new RegExp(`^${path}: byte ${cut}: .*truncated$`));
            return true;
          });
          continue;
        }
        const { records: kept, error } = await replay(path);
        let end = headerBytes;
        const expected = records.filter((r) => (end += 8 + r.length) <= cut);
        assert.equal(kept.length, expected.length);
        assert.equal(error?.offset, cut);
        assert.match(error?.message ?? "", /truncated$/);
      }
    }),
  );

  /** What is broken in a file of three records, where the error points, how many records come before it. */
  const damage: readonly (readonly [
    what: string,
    hurt: (file: Buffer, frames: readonly number[]) => Buffer,
    at: (frames: readonly number[], length: number) => number,
    before: number,
    message: RegExp,
  ])[] = [
    [
      "a length of zero",
      (file, frames) => (file.writeUInt32LE(0, frames[1]), file),
      (frames) => frames[1]!,
      1,
      /no frame begins here/,
    ],
    [
      "a huge length",
      (file, frames) => (file.writeUInt32LE(0x7fffffff, frames[2]), file),
      (frames) => frames[2]!,
      2,
      /no frame begins here/,
    ],
    [
      "an unknown kind of frame",
      (file, frames) => (file.writeUInt32LE(9, frames[0]! + 4), file),
      (frames) => frames[0]!,
      0,
      /no frame begins here/,
    ],
    [
      "an end mark that is no JSON",
      (file, frames) => (file.writeUInt32LE(0, frames[3]! + 8), file),
      (frames) => frames[3]! + 8,
      3,
      /the end mark is not readable/,
    ],
    [
      "bytes after the end mark",
      (file) => Buffer.concat([file, Buffer.from("more")]),
      (_, length) => length,
      3,
      /there is more after the end mark/,
    ],
  ];
  for (const [what, hurt, at, before, message] of damage) {
    test(
      `${what} is an error at its byte, after the records before it`,
      withFile(async (path) => {
        const records = opens(3);
        await (await record(path, records)).close();
        const file = readFileSync(path);
        let next = PREFIX_BYTES + ((file.readUInt32LE(12) + 7) & ~7);
        const frames = [next, ...records.map((r) => next += 8 + r.length)];
        writeFileSync(path, hurt(Buffer.from(file), frames));
        const result = await replay(path);
        assert.equal(result.records.length, before);
        assert.equal(result.error?.offset, at(frames, file.length));
        assert.match(result.error?.message ?? "", message);
      }),
    );
  }

  test(
    "a malformed record in a whole frame is counted and skipped",
    withFile(async (path) => {
      const records = opens(3);
      records[1]!.fill(0xff, 40, 44); // its first parameter lies far outside
      await (await record(path, records)).close();
      const result = await replay(path);
      assert.equal(result.error, undefined);
      assert.equal(result.records.length, 2);
      assert.equal(result.malformed, 1);
    }),
  );

  const beginnings: readonly (readonly [what: string, file: Buffer, message: RegExp])[] = [
    ["another kind of file", Buffer.from("#!/bin/sh\necho hello\n"), /byte 0: it is not a recording$/],
    ["a later format", prefix(3, "{}"), /byte 8: recording format 3 is not understood/],
    ["a header that is no JSON", prefix(1, "{{{{{{{{"), /byte 16: the header is not readable/],
    ["a header of something else", prefix(1, `{"a":1}`), /byte 16: the header is not readable/],
    ["a header length that lies", prefix(1, "{}", 0xfffffff0), /byte 12: the header's length is impossible/],
    ["a header longer than the file", prefix(1, "{}", 0x0ffffff0), /byte 24: it ends here, within its header: trunc/],
    [
      "records of another version",
      prefix(1, `{"wireVersion":99,"kernelRelease":"6","recordedAt":"","host":null}`),
      /its records have version 99, this lanner reads \d+$/,
    ],
    [
      "a snapshot that the host does not understand",
      prefix(1, `{"wireVersion":${WIRE_VERSION},"kernelRelease":"6","recordedAt":"","host":null}`),
      /its host snapshot is not one: /,
    ],
  ];
  for (const [what, bytes, message] of beginnings) {
    test(
      `open refuses ${what}`,
      withFile(async (path) => {
        writeFileSync(path, bytes);
        await assert.rejects(
          openRecording(path, hostOf),
          (error) => error instanceof RecordingError && message.test(error.message),
        );
      }),
    );
  }

  for (const [what, path] of [["a missing file", "/nonexistent/rec"], ["a directory", tmpdir()]] as const) {
    test(`open refuses ${what}`, async () => {
      await assert.rejects(
        openRecording(path, hostOf),
        (error) => error instanceof RecordingError && error.message.startsWith(`${path}: can't be read: `),
      );
    });
  }
});

function prefix(version: number, header: string, length = header.length): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write("LANNERRC", "latin1");
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(length, 12);
  return Buffer.concat([bytes, Buffer.from(header), Buffer.alloc(-header.length & 7)]);
}
