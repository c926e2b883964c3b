// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Bucket, readBolt } from "../../src/host/bolt.ts";
import { boltFile, type Layout, type Tree } from "./bolt_file.ts";
import { onDisk } from "./disk.ts";

function read<T>(bytes: Uint8Array, ask: (root: Bucket) => T | undefined): T | undefined {
  return onDisk({ "db": bytes }, (root) => readBolt(`${root}/db`, ask));
}

const MANY: Tree = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, `value${i}`]));
const TREE: Tree = {
  v1: { "k8s.io": { containers: { abc: { image: "nginx", labels: { app: "shop", z: "\xff" } } } } },
  many: MANY,
};

describe("a bbolt database", () => {
  const layouts: [string, Layout][] = [
    ["small buckets within their parents", {}],
    ["every bucket on pages of its own", { inline: false }],
    ["branches above its leaves", { perLeaf: 7, inline: false }],
  ];
  for (const [title, layout] of layouts) {
    test(`with ${title} is read`, () => {
      const bytes = boltFile(TREE, layout);
      const labels = read(bytes, (root) => root.bucket("v1", "k8s.io", "containers", "abc", "labels")?.entries(10));
      assert.deepEqual(labels, [["app", "shop"], ["z", "\xff"]]);
      assert.equal(read(bytes, (root) => root.bucket("v1", "k8s.io", "containers", "abc")?.value("image")), "nginx");
      for (const i of [0, 1, 77, 499]) {
        assert.equal(read(bytes, (root) => root.bucket("many")?.value(`key${i}`)), `value${i}`);
      }
      assert.equal(read(bytes, (root) => root.bucket("many")?.entries(1000))?.length, 500);
      assert.equal(read(bytes, (root) => root.bucket("many")?.entries(20))?.length, 20);
    });
  }

  test("has no value where there is a bucket, and no bucket where there is a value", () => {
    const bytes = boltFile(TREE);
    assert.equal(read(bytes, (root) => root.value("v1")), undefined);
    assert.equal(read(bytes, (root) => root.bucket("many", "key1")), undefined);
    assert.equal(read(bytes, (root) => root.bucket("nothing")), undefined);
    assert.equal(read(bytes, (root) => root.bucket("many")?.value("key5000")), undefined);
  });

  test("with a large value on several pages is read", () => {
    const value = "x".repeat(20_000);
    assert.equal(read(boltFile({ a: { b: value } }, { inline: false }), (root) => root.bucket("a")?.value("b")), value);
  });

  test("whose newer meta page is broken is read as the older one has it", () => {
    const bytes = boltFile(TREE);
    bytes[40]! ^= 1;
    assert.deepEqual(read(bytes, (root) => root.entries(10)), []);
    assert.equal(read(bytes, (root) => root.bucket("v1")), undefined);
  });

  test("that is damaged anywhere never throws, hangs or gives a wrong length", () => {
    const bytes = boltFile(TREE, { perLeaf: 50, inline: false });
    for (let at = 3 * 4096; at < bytes.length; at += 997) {
      const damaged = Uint8Array.from(bytes);
      damaged.fill(0xff, at, at + 8);
      read(damaged, (root) => root.bucket("v1", "k8s.io", "containers", "abc", "labels")?.entries(10));
      read(damaged, (root) => root.bucket("many")?.entries(1000));
    }
  });

  test("whose pages lead in a circle is given up", () => {
    const bytes = boltFile({ many: MANY }, { perLeaf: 10, inline: false });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let page = 4; page * 4096 < bytes.length; page++) {
      const count = view.getUint16(page * 4096 + 10, true);
      if (view.getUint16(page * 4096 + 8, true) !== 1) continue;
      for (let i = 0; i < count; i++) view.setBigUint64(page * 4096 + 16 + 16 * i + 8, BigInt(page), true);
    }
    const start = performance.now();
    assert.equal(read(bytes, (root) => root.bucket("many")?.entries(1e9)), undefined);
    assert.ok(performance.now() - start < 5000);
  });

  const others: [string, Uint8Array][] = [
    ["an empty file", new Uint8Array(0)],
    ["text", new Uint8Array(8192).fill(65)],
    ["a cut database", boltFile(TREE).subarray(0, 4096 * 4)],
  ];
  for (const [title, bytes] of others) {
    test(`is not ${title}`, () => assert.equal(read(bytes, (root) => root.bucket("v1")?.entries(5)), undefined));
  }

  test("need not be there", () => assert.equal(readBolt("/nonexistent", () => 1), undefined));
});
