// SPDX-License-Identifier: Apache-2.0

/** Events to measure with: records in one memory, and for each the process as it was when the event happened. */
import { Buffer } from "node:buffer";
import { RecordMemory, RecordReader } from "../src/events/record.ts";
import { commandLine, joinStrings } from "../src/fields/ancestors.ts";
import { Entry } from "../src/host/entry.ts";
import type { KnownHost } from "../src/host/live.ts";
import { hostFromSnapshot } from "../src/host/snapshot.ts";
import { openRecording } from "../src/sources/recording.ts";
import type { OnRecord } from "../src/sources/source.ts";
import { Synthetic } from "./synthetic.ts";

/** Everything that judging needs to know of a number of events. */
export interface Stream {
  readonly host: KnownHost;
  readonly memory: RecordMemory;
  /** Where each event's record starts. */
  readonly offsets: Uint32Array;
  /** Index into `processes`, or -1, by event. */
  readonly processOf: Int32Array;
  /** Processes at different moments: they do not change any more. */
  readonly processes: readonly Entry[];
}

/** Keeps the records that come and what `host` knows when they come. */
class StreamCollector {
  readonly #host: KnownHost;
  readonly #reader = new RecordReader(new RecordMemory(new ArrayBuffer(0)));
  readonly #records: Uint8Array[] = [];
  readonly #processOf: number[] = [];
  readonly #processes: Entry[] = [];
  /** The revision of the entry that each is a copy of. */
  readonly #revisions: number[] = [];
  /** The last copy of each, which may still be true. */
  readonly #copies = new Map<Entry, number>();
  /** An OnRecord. */
  readonly take: OnRecord = (memory, base, limit) => this.#take(memory, base, limit);

  constructor(host: KnownHost) {
    this.#host = host;
  }

  #take(memory: RecordMemory, base: number, limit: number): void {
    const reader = this.#reader;
    reader.memory = memory;
    reader.moveTo(base);
    if (!reader.isWellFormed(limit)) throw new Error("a record to measure with is malformed");
    this.#records.push(memory.u8.slice(base, base + reader.length));
    const entry = this.#host.processes.apply(reader);
    this.#processOf.push(entry === undefined ? -1 : this.#copy(entry));
    this.#host.processes.settle();
  }

  /** Number of the entry's copy, whose ancestors are copies, too. */
  #copy(entry: Entry): number {
    const known = this.#copies.get(entry);
    const parent = entry.parent === undefined ? undefined : this.#processes[this.#copy(entry.parent)];
    if (
      known !== undefined && this.#revisions[known] === entry.revision &&
      isLike(this.#processes[known]!, entry, parent)
    ) return known;
    const copy = Entry.of(entry.facts());
    copy.parent = parent;
    copy.container = entry.container;
    const number = this.#processes.push(copy) - 1;
    copy.revision = number + 1; // of copies of one revision, ancestors may differ
    this.#revisions.push(entry.revision);
    this.#copies.set(entry, number);
    return number;
  }

  /** What was collected. */
  finish(): Stream {
    const offsets = new Uint32Array(this.#records.length);
    let end = 0;
    this.#records.forEach((record, i) => {
      offsets[i] = end;
      end += record.length;
    });
    const memory = new RecordMemory(new ArrayBuffer(end));
    this.#records.forEach((record, i) => memory.u8.set(record, offsets[i]!));
    return {
      host: this.#host,
      memory,
      offsets,
      processOf: Int32Array.from(this.#processOf),
      processes: this.#processes,
    };
  }
}

/** Whether a copy says the same as the entry that it is of: one process is one object here as it is in a sensor. */
function isLike(copy: Entry, entry: Entry, parent: Entry | undefined): boolean {
  return copy.parent === parent && copy.ppid === entry.ppid &&
    copy.container === entry.container && copy.threads === entry.threads && copy.alive === entry.alive;
}

/** The stream that a command line names: a recording's file, or how many events are made up. */
export function openStream(source: string): Promise<Stream> {
  return /^\d+$/.test(source) ? Promise.resolve(synthetic(Number(source), 1)) : recorded(source);
}

async function recorded(path: string): Promise<Stream> {
  const source = await openRecording(path, hostFromSnapshot);
  const collector = new StreamCollector(hostFromSnapshot(source.header.host));
  await source.run(collector.take);
  source.close();
  return collector.finish();
}

/** Made-up events, the same for the same seed. */
export function synthetic(events: number, seed: number): Stream {
  const source = new Synthetic(seed);
  const collector = new StreamCollector(source.host);
  for (let i = 0; i < events; i++) {
    const record = source.next();
    collector.take(new RecordMemory(record.buffer as ArrayBuffer, record.byteOffset, record.length), 0, record.length);
  }
  return collector.finish();
}

/** Collects the texts that structs of bench/engine/facts.h point to. */
class Texts {
  readonly #places = new Map<string, number>();
  readonly #parts: Buffer[] = [];
  bytes = 0;

  /** The two words of a `struct text`: where it is, and its length; all bits set for one that is missing. */
  place(text: string | undefined): [bigint, bigint] {
    if (text === undefined) return [0n, -1n];
    const known = this.#places.get(text);
    const at = known ?? this.bytes;
    if (known === undefined) {
      const part = Buffer.from(`${text}\0`, "latin1");
      this.#parts.push(part);
      this.#places.set(text, at);
      this.bytes += part.length;
    }
    return [BigInt(at), BigInt(text.length)];
  }

  finish(): Buffer {
    const padding = Buffer.alloc((8 - this.bytes % 8) % 8);
    this.bytes += padding.length;
    return Buffer.concat([...this.#parts, padding]);
  }
}

/** The stream as bench/engine.c reads it: bench/engine/facts.h has the layout. */
export function streamFile({ host, memory, offsets, processOf, processes }: Stream): Buffer {
  const texts = new Texts();
  const index = new Map(processes.map((process, i) => [process, i]));
  const events = Buffer.alloc(offsets.length * 8);
  offsets.forEach((offset, i) => {
    events.writeUInt32LE(offset, i * 8);
    events.writeInt32LE(processOf[i]!, i * 8 + 4);
  });
  const processRows = Buffer.concat(processes.map((process) => {
    const row = Buffer.alloc(40 + 7 * 16);
    row.writeInt32LE(process.parent === undefined ? -1 : index.get(process.parent)!, 0);
    row.writeUInt32LE(process.tty, 4);
    row.writeUInt32LE(process.exeFlags, 8);
    row.writeUInt32LE(process.container.type === "host" ? 0 : 1, 12);
    row.writeBigUInt64LE(BigInt.asUintN(64, process.capEffective), 16);
    row.writeBigUInt64LE(BigInt.asUintN(64, process.startTime), 24);
    row.writeUInt32LE(process.container.facts.privileged === true ? 1 : 0, 32);
    const { comm, exe, exepath, args, cwd, container } = process;
    [comm, exe, exepath, joinStrings(args), commandLine(process), cwd, container.facts.imageRepository].forEach(
      (text, i) => {
        const [at, length] = texts.place(text);
        row.writeBigInt64LE(at, 40 + i * 16);
        row.writeBigInt64LE(length, 48 + i * 16);
      },
    );
    return row;
  }));
  const users = [...host.names.users];
  const userRows = Buffer.concat(users.map(([uid, { name }]) => {
    const row = Buffer.alloc(24);
    const [at, length] = texts.place(name);
    row.writeBigInt64LE(BigInt(uid), 0);
    row.writeBigInt64LE(at, 8);
    row.writeBigInt64LE(length, 16);
    return row;
  }));
  const textBytes = texts.finish();
  const head = Buffer.alloc(24);
  [offsets.length, processes.length, users.length, texts.bytes].forEach((count, i) => head.writeUInt32LE(count, i * 4));
  head.writeBigInt64LE(host.bootTime, 16);
  return Buffer.concat([head, events, processRows, userRows, textBytes, memory.u8]);
}
