// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import { describe, test } from "node:test";
import { emptySlice, isNormal, PathJoiner, sliceText } from "../../src/fields/path.ts";

function join(directory: string, path: string): string {
  const joiner = new PathJoiner();
  const slice = emptySlice();
  joiner.beginText(directory);
  const bytes = Buffer.from(path, "latin1");
  joiner.join(bytes, 0, bytes.length, slice);
  return sliceText(slice);
}

describe("paths are joined by their text alone", () => {
  const cases: [directory: string, path: string, joined: string][] = [
    ["/home/", "file", "/home/file"],
    ["/home/", "/etc/passwd", "/etc/passwd"],
    ["/home/", "", "/home"],
    ["/", "", "/"],
    ["/", "/", "/"],
    ["/home/", "////", "/"],
    ["/home/", "//a///b//", "/a/b"],
    ["/home/", "./a/./b/.", "/home/a/b"],
    ["/home/", ".", "/home"],
    ["/home/", "..", "/"],
    ["/home/user/", "../x", "/home/x"],
    ["/home/user/", "../../../../etc/shadow", "/etc/shadow"],
    ["/", "../a", "/a"],
    ["foo/", "..//a", "a"],
    ["a", "../", "a.."],
    ["/home/", "..a", "/home/..a"],
    ["/home/", ".hidden", "/home/.hidden"],
    ["/home/", "a..", "/home/a.."],
    ["/home/", "...", "/home/..."],
    ["/home/", "a/...", "/home/a/..."],
    ["/x//y/", "z", "/x//y/z"], // the directory is taken as it is
    ["<UNKNOWN>", "etc/passwd", "<UNKNOWN>etc/passwd"],
    ["./", "etc/passwd", "./etc/passwd"],
    ["/caf\xc3\xa9/", "\xff\xfe", "/caf\xc3\xa9/\xff\xfe"],
  ];
  for (const [directory, path, joined] of cases) {
    test(`${directory} + ${path || "nothing"}`, () => assert.equal(join(directory, path), joined));
  }
});

describe("a path too long for Falco's buffer gets Falco's name for that", () => {
  const TOO_LONG = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
  test("1023 bytes fit", () => assert.equal(join("/", "a".repeat(1022)).length, 1023));
  test("1024 do not", () => assert.equal(join("/", "a".repeat(1023)), TOO_LONG));
  test("nor a long directory", () => assert.equal(join("/" + "d".repeat(5000) + "/", "a"), TOO_LONG));
  test("even where `..` would make it short", () => assert.equal(join("/", "a/../".repeat(300)), TOO_LONG));
  test("and the next path is as good as new", () => {
    const joiner = new PathJoiner();
    const slice = emptySlice();
    joiner.beginText("d".repeat(5000));
    joiner.endDirectory();
    joiner.join(Buffer.from("a"), 0, 1, slice);
    assert.equal(sliceText(slice), TOO_LONG);
    joiner.beginText("/d");
    joiner.endDirectory();
    joiner.join(Buffer.from("a"), 0, 1, slice);
    assert.equal(sliceText(slice), "/d/a");
  });
});

test("a directory gets one slash behind it, an empty one none", () => {
  for (const [directory, joined] of [["/d", "/d/a"], ["/d/", "/d/a"], ["/", "/a"], ["", "a"]] as const) {
    const joiner = new PathJoiner();
    const slice = emptySlice();
    joiner.beginText(directory);
    joiner.endDirectory();
    joiner.join(Buffer.from("a"), 0, 1, slice);
    assert.equal(sliceText(slice), joined);
  }
});

describe("isNormal", () => {
  const normal = ["/", "/a", "/a/b.c", "/.a", "/a..", "/..a/...b", "/a/.b"];
  const not = ["", "a", "a/b", "//", "/a/", "/a//b", "/.", "/..", "/a/.", "/a/..", "/a/./b", "/a/../b", "./a"];
  for (const path of normal) test(`${path} is`, () => assert.ok(isNormal(Buffer.from(path), 0, path.length)));
  for (const path of not) {
    test(`${path || "empty"} is not`, () => assert.ok(!isNormal(Buffer.from(path), 0, path.length)));
  }
});

test("random absolute paths: joined as node:path normalises them, and unchanged exactly when they are normal", () => {
  // a small linear congruential generator: the same cases on every run
  let seed = 42;
  const next = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let i = 0; i < 5000; i++) {
    let path = "/";
    for (let n = next(12); n > 0; n--) path += "/..aab/"[next(7)];
    const wanted = posix.normalize(path).replace(/(.)\/$/, "$1");
    assert.equal(join("/base/", path), wanted, path);
    assert.equal(isNormal(Buffer.from(path), 0, path.length), path === wanted, path);
  }
});
