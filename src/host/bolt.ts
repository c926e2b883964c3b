// SPDX-License-Identifier: Apache-2.0

/**
 * Reading bbolt databases (go.etcd.io/bbolt, file format version 2), in which containerd and Podman up to 4 keep what
 * they know of containers. No lock is taken, so that the engine is never kept waiting: pages in use are never written
 * to, but by the next but one transaction, after which the reading is repeated.
 */
import { Buffer } from "node:buffer";
import { closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const BRANCH_PAGE = 1;
const LEAF_PAGE = 2;
const PAGE_HEADER = 16;
const ELEMENT = 16;
const BUCKET_HEADER = 16;
/** Element flag: the value is a bucket. */
const IS_BUCKET = 1;

/** Deeper than any tree of 4 KiB pages that fits a disk. */
const DEPTH_LIMIT = 16;
/** Bytes of one page with what overflows it: the largest value that is read. */
const PAGE_LIMIT = 4 << 20;
/** Pages read in one attempt: a damaged tree may lead in circles. */
const PAGES_LIMIT = 2000;
const ATTEMPTS = 3;

/** The file is not one, or changed while it was read. */
class BoltError extends Error {
  override readonly name = "BoltError";
}

interface Meta {
  readonly pageSize: number;
  readonly root: number;
  readonly transaction: bigint;
}

/**
 * What `ask` finds in the database's root bucket; undefined when the file can't be read, or is being written to all the
 * time.
 */
export function readBolt<T>(path: string, ask: (root: Bucket) => T | undefined): T | undefined {
  if (!existsSync(path)) return undefined;
  let fd;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const meta = readMeta(fd);
      if (meta === undefined) return undefined;
      let found: T | undefined;
      try {
        found = ask(new Bucket(new Pages(fd, meta.pageSize), meta.root));
      } catch {
        continue;
      }
      if (readMeta(fd)!.transaction <= meta.transaction + 1n) return found;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** The newer of the two meta pages that are whole. */
function readMeta(fd: number): Meta | undefined {
  let newest: Meta | undefined;
  // the second page's place depends on the page size, which the first states; 4096 where that one is broken
  let pageSize = 4096;
  for (let page = 0; page < 2; page++) {
    const bytes = Buffer.alloc(80);
    if (readSync(fd, bytes, 0, 80, page * pageSize) < 80) break;
    if (bytes.readUInt32LE(16) !== MAGIC || bytes.readUInt32LE(20) !== VERSION) continue;
    if (bytes.readBigUInt64LE(72) !== fnv1a(bytes.subarray(16, 72))) continue;
    pageSize = bytes.readUInt32LE(24);
    if (pageSize < 512 || pageSize > 65536) return undefined;
    const meta = { pageSize, root: number64(bytes, 32), transaction: bytes.readBigUInt64LE(64) };
    if (newest === undefined || meta.transaction > newest.transaction) newest = meta;
  }
  return newest;
}

/** FNV-1a, 64 bits: the checksum of a meta page. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

function number64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 4294967296 + bytes.readUInt32LE(at);
}

class Pages {
  readonly #fd: number;
  readonly #size: number;
  #left = PAGES_LIMIT;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }

  /** A page with what overflows it. */
  read(number: number): Buffer {
    if (this.#left-- === 0) throw new BoltError("too many pages");
    const header = Buffer.alloc(PAGE_HEADER);
    this.#fill(header, number * this.#size);
    const length = (1 + header.readUInt32LE(12)) * this.#size;
    if (length > PAGE_LIMIT || number64(header, 0) !== number) throw new BoltError(`page ${number}`);
    const page = Buffer.alloc(length);
    this.#fill(page, number * this.#size);
    return page;
  }

  #fill(buffer: Buffer, position: number): void {
    if (readSync(this.#fd, buffer, 0, buffer.length, position) < buffer.length) throw new BoltError("end of file");
  }
}

/** A key's value in a leaf page. */
interface Leaf {
  readonly value: Buffer;
  readonly isBucket: boolean;
}

/** A bucket: a sorted tree of keys with values and other buckets. */
export class Bucket {
  readonly #pages: Pages;
  readonly #root: number;
  readonly #inline: Buffer | undefined;

  /** @param inline the page itself, of a bucket so small that it lies in its parent's value */
  constructor(pages: Pages, root: number, inline?: Buffer) {
    this.#pages = pages;
    this.#root = root;
    this.#inline = inline;
  }

  /** The bucket under these names, one in the other; undefined where there is none. */
  bucket(...path: BinaryString[]): Bucket | undefined {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    const leaf = this.#find(name);
    return leaf?.isBucket === true ? this.#open(leaf.value).bucket(...rest) : undefined;
  }

  /** The value of a key; undefined when there is none. */
  value(key: BinaryString): BinaryString | undefined {
    const leaf = this.#find(key);
    return leaf === undefined || leaf.isBucket ? undefined : leaf.value.toString("latin1");
  }

  /** At most `limit` keys that have values, in order. */
  entries(limit: number): [BinaryString, BinaryString][] {
    const found: [BinaryString, BinaryString][] = [];
    this.#collect(this.#top(), 0, limit, found);
    return found;
  }

  #open(value: Buffer): Bucket {
    const root = number64(value, 0);
    return new Bucket(this.#pages, root, root === 0 ? value.subarray(BUCKET_HEADER) : undefined);
  }

  #top(): Buffer {
    return this.#inline ?? this.#pages.read(this.#root);
  }

  #find(name: BinaryString): Leaf | undefined {
    const key = Buffer.from(name, "latin1");
    let page = this.#top();
    for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
      const isLeaf = kindOf(page) === LEAF_PAGE;
      const at = lastNotAfter(page, key, isLeaf);
      if (isLeaf) return at >= 0 && keyAt(page, at, true).equals(key) ? leafAt(page, at) : undefined;
      page = this.#pages.read(childAt(page, Math.max(0, at)));
    }
    throw new BoltError("too deep");
  }

  #collect(page: Buffer, depth: number, limit: number, into: [BinaryString, BinaryString][]): void {
    if (depth >= DEPTH_LIMIT) throw new BoltError("too deep");
    const isLeaf = kindOf(page) === LEAF_PAGE;
    const count = page.readUInt16LE(10);
    for (let i = 0; i < count && into.length < limit; i++) {
      if (!isLeaf) {
        this.#collect(this.#pages.read(childAt(page, i)), depth + 1, limit, into);
        continue;
      }
      const { value, isBucket } = leafAt(page, i);
      if (!isBucket) into.push([keyAt(page, i, true).toString("latin1"), value.toString("latin1")]);
    }
  }
}

function kindOf(page: Buffer): number {
  const kind = page.readUInt16LE(8);
  if (kind !== BRANCH_PAGE && kind !== LEAF_PAGE) throw new BoltError(`page of kind ${kind}`);
  return kind;
}

/** Index of the last element whose key is not after this one; -1 when all are. */
function lastNotAfter(page: Buffer, key: Buffer, isLeaf: boolean): number {
  let low = 0;
  let high = page.readUInt16LE(10);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(keyAt(page, middle, isLeaf), key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Leaf elements are flags, position, key size, value size; branch elements position, key size, page (64 bits). */
function keyAt(page: Buffer, index: number, isLeaf: boolean): Buffer {
  const element = PAGE_HEADER + index * ELEMENT;
  const start = element + page.readUInt32LE(element + (isLeaf ? 4 : 0));
  return slice(page, start, page.readUInt32LE(element + (isLeaf ? 8 : 4)));
}

function leafAt(page: Buffer, index: number): Leaf {
  const element = PAGE_HEADER + index * ELEMENT;
  const start = element + page.readUInt32LE(element + 4) + page.readUInt32LE(element + 8);
  return {
    value: slice(page, start, page.readUInt32LE(element + 12)),
    isBucket: (page.readUInt32LE(element) & IS_BUCKET) !== 0,
  };
}

function childAt(page: Buffer, index: number): number {
  return number64(page, PAGE_HEADER + index * ELEMENT + 8);
}

function slice(page: Buffer, start: number, length: number): Buffer {
  if (start + length > page.length) throw new BoltError("beyond the page");
  return page.subarray(start, start + length);
}
