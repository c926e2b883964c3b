// SPDX-License-Identifier: Apache-2.0

/** What the driver is told of processes that were there: struct ln_seed of native/driver.h. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { type Seed, SEED_BYTES, seedBytes } from "../../src/native/seeds.ts";

const SEED: Seed = { pid: 70000, isHost: true, loginuid: 4294967295, comm: "cat", exepath: "/usr/bin/cat" };

function read(seed: Seed) {
  const bytes = Buffer.from(seedBytes([SEED, seed])).subarray(SEED_BYTES);
  assert.equal(bytes.length, SEED_BYTES);
  const text = (from: number, to: number) => bytes.toString("latin1", from, to).replace(/\0+$/, "");
  return {
    numbers: [0, 4, 8, 32].map((at) => bytes.readUInt32LE(at)),
    comm: text(16, 32),
    exepath: text(40, SEED_BYTES),
  };
}

test("a seed has its process's id, login, place and texts", () => {
  assert.deepEqual(read(SEED), { numbers: [70000, 4294967295, 1, 13], comm: "cat", exepath: "/usr/bin/cat" });
  assert.deepEqual(read({ ...SEED, isHost: false, loginuid: 0 }).numbers, [70000, 0, 0, 13]);
});

test("what does not fit or has no certain end is not told", () => {
  const long = "x".repeat(256);
  for (const [comm, exepath] of [["", ""], ["a name of sixteen", `/${long}`], ["a\0b", "/a\0b"]] as const) {
    const { numbers, ...texts } = read({ ...SEED, comm, exepath });
    assert.deepEqual(texts, { comm: "", exepath: "" });
    assert.equal(numbers[3], 0);
  }
  const longest = "/" + "x".repeat(254);
  assert.deepEqual(read({ ...SEED, comm: "fifteen letters", exepath: longest }), {
    numbers: [70000, 4294967295, 1, 256],
    comm: "fifteen letters",
    exepath: longest,
  });
});
