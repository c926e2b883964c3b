// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadLibc } from "../../src/native/libc.ts";
import { collectGarbage, forgetStart, giveBackExecutable, parseMappings, resident } from "../../src/native/resident.ts";

const SMAPS = `00200000-01a39000 r--p 00000000 fe:00 4 /opt/lan ner
Size:              24804 kB
Rss:                5924 kB
Private_Dirty:      5924 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
06867000-074f4000 rw-p 0665e000 fe:00 4 /opt/lan ner
Size:              12852 kB
Private_Dirty:       860 kB
Anonymous:           120 kB
VmFlags: rd wr mr mw me
7fff3ffe7000-7fff3ffeb000 r--p 00000000 00:00 0 
Size:                 16 kB
Anonymous:             4 kB
`;

test("a mapping has its place, whether it may be written, its file and what is not the file's any more", () => {
  assert.deepEqual(parseMappings(SMAPS), [
    { start: 0x200000, end: 0x1a39000, writable: false, path: "/opt/lan ner", anonymous: 0 },
    { start: 0x6867000, end: 0x74f4000, writable: true, path: "/opt/lan ner", anonymous: 120 },
    { start: 0x7fff3ffe7000, end: 0x7fff3ffeb000, writable: false, path: "", anonymous: 4 },
  ]);
});

const kB = (what: string) =>
  Number(new RegExp(`^${what}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "latin1"))?.[1]);

test("what a process has in memory is the kernel's figure, less the files' pages for what is its own", () => {
  const { all, own } = resident();
  const near = (bytes: number, kiB: number) => Math.abs(bytes / 1024 - kiB) < 8192;
  assert.ok(near(all, kB("VmRSS")), `${all} bytes, ${kB("VmRSS")} kB`);
  assert.ok(near(own, kB("RssAnon")), `${own} bytes, ${kB("RssAnon")} kB`);
  assert.ok(kB("RssFile") > 16384, "else there would be no telling them apart");
});

test("a process gives back pages of its executable, and goes on", () => {
  const before = kB("RssFile");
  giveBackExecutable(loadLibc());
  assert.ok(kB("RssFile") < before, `${before} kB before`);
  assert.deepEqual([3, 1, 2].toSorted(), [1, 2, 3]);
});

test("garbage is collected and the start forgotten wherever the source runs, and what is in use stays", () => {
  const kept = Array.from({ length: 1000 }, (_, i) => `kept ${i}`);
  forgetStart();
  collectGarbage();
  assert.equal(kept[999], "kept 999");
  assert.deepEqual([3, 1, 2].toSorted(), [1, 2, 3]);
});
