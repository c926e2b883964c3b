// SPDX-License-Identifier: Apache-2.0

/** Writes bbolt databases for tests, in the format of go.etcd.io/bbolt. */
import { Buffer } from "node:buffer";

/** Keys with values, and with buckets. */
export interface Tree {
  readonly [key: string]: string | Tree;
}

const PAGE = 4096;

class Writer {
  /** Pages from number 4 on; the first four are meta, meta, freelist and an empty leaf. */
  readonly pages: Buffer[] = [];
  readonly #perLeaf: number;
  readonly #inline: boolean;

  constructor(perLeaf: number, inline: boolean) {
    this.#perLeaf = perLeaf;
    this.#inline = inline;
  }

  /** Writes a bucket and returns its root page. */
  bucket(tree: Tree): number {
    const elements = this.#elements(tree);
    const leaves: { key: Buffer; page: number }[] = [];
    for (let i = 0; i === 0 || i < elements.length; i += this.#perLeaf) {
      const part = elements.slice(i, i + this.#perLeaf);
      leaves.push({ key: part[0]?.key ?? Buffer.alloc(0), page: this.#page(leafPage(part)) });
    }
    return leaves.length === 1 ? leaves[0]!.page : this.#page(branchPage(leaves));
  }

  #elements(tree: Tree) {
    return Object.entries(tree)
      .map(([key, value]) => ({ key: Buffer.from(key, "latin1"), ...this.#value(value) }))
      .sort((a, b) => Buffer.compare(a.key, b.key));
  }

  #value(value: string | Tree): { value: Buffer; isBucket: boolean } {
    if (typeof value === "string") return { value: Buffer.from(value, "latin1"), isBucket: false };
    const head = Buffer.alloc(16);
    const isSmall = this.#inline && Object.values(value).every((value) => typeof value === "string");
    if (isSmall) return { value: Buffer.concat([head, leafPage(this.#elements(value))]), isBucket: true };
    head.writeBigUInt64LE(BigInt(this.bucket(value)));
    return { value: head, isBucket: true };
  }

  #page(page: Buffer): number {
    const overflow = Math.ceil(page.length / PAGE) - 1;
    const number = 4 + this.pages.reduce((sum, page) => sum + page.length / PAGE, 0);
    const whole = Buffer.alloc((overflow + 1) * PAGE);
    page.copy(whole);
    whole.writeBigUInt64LE(BigInt(number), 0);
    whole.writeUInt32LE(overflow, 12);
    this.pages.push(whole);
    return number;
  }
}

function leafPage(elements: { key: Buffer; value: Buffer; isBucket: boolean }[]): Buffer {
  const head = Buffer.alloc(16 + 16 * elements.length);
  head.writeUInt16LE(2, 8);
  head.writeUInt16LE(elements.length, 10);
  const data: Buffer[] = [];
  let at = head.length;
  elements.forEach(({ key, value, isBucket }, i) => {
    const element = 16 + 16 * i;
    [isBucket ? 1 : 0, at - element, key.length, value.length].forEach((n, j) =>
      head.writeUInt32LE(n, element + 4 * j)
    );
    data.push(key, value);
    at += key.length + value.length;
  });
  return Buffer.concat([head, ...data]);
}

function branchPage(children: { key: Buffer; page: number }[]): Buffer {
  const head = Buffer.alloc(16 + 16 * children.length);
  head.writeUInt16LE(1, 8);
  head.writeUInt16LE(children.length, 10);
  let at = head.length;
  children.forEach(({ key, page }, i) => {
    const element = 16 + 16 * i;
    head.writeUInt32LE(at - element, element);
    head.writeUInt32LE(key.length, element + 4);
    head.writeBigUInt64LE(BigInt(page), element + 8);
    at += key.length;
  });
  return Buffer.concat([head, ...children.map(({ key }) => key)]);
}

function metaPage(number: number, root: number, transaction: number): Buffer {
  const page = Buffer.alloc(PAGE);
  page.writeBigUInt64LE(BigInt(number), 0);
  page.writeUInt16LE(4, 8);
  [0xed0cdaed, 2, PAGE, 0].forEach((n, i) => page.writeUInt32LE(n, 16 + 4 * i));
  page.writeBigUInt64LE(BigInt(root), 32);
  page.writeBigUInt64LE(BigInt(transaction), 64);
  let hash = 0xcbf29ce484222325n;
  for (const byte of page.subarray(16, 72)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  page.writeBigUInt64LE(hash, 72);
  return page;
}

/** How a database is laid out. */
export interface Layout {
  /** Keys in one leaf page: few make a deep tree. */
  readonly perLeaf?: number;
  /** Small buckets lie in their parents' values, as bbolt does it. */
  readonly inline?: boolean;
}

/** A database's bytes; the older meta page points to an empty root. */
export function boltFile(tree: Tree, { perLeaf = 1000, inline = true }: Layout = {}): Uint8Array {
  const writer = new Writer(perLeaf, inline);
  const root = writer.bucket(tree);
  const empty = leafPage([]);
  const third = Buffer.alloc(PAGE);
  empty.copy(third);
  third.writeBigUInt64LE(3n, 0);
  return Buffer.concat([metaPage(0, root, 9), metaPage(1, 3, 8), Buffer.alloc(PAGE), third, ...writer.pages]);
}
