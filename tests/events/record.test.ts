// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FLAG_COMPAT, RECORD_MAX_BYTES, RecordMemory, RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { buildRecord, memoryOf } from "../support/records.ts";

const OPENAT = EVENT_BY_NAME.get("openat")!;
const at = (name: string) => OPENAT.index.get(name)!;

const HEADER = {
  ts: 0x1234_5678_9abc_def0n,
  tid: 4001,
  pid: 4000,
  ppid: 3999,
  uid: 1000,
  gid: 4294967295,
  cpu: 7,
  flags: FLAG_COMPAT,
};

const VALUES = { fd: -2, dirfd: -100, name: "etc/passwd", flags: 4097, mode: 0, ino: 0xffff_ffff_ffff_fff0n };

function reader(...records: Uint8Array[]): { reader: RecordReader; memory: RecordMemory; offsets: number[] } {
  const { memory, offsets } = memoryOf(...records);
  const reader = new RecordReader(memory);
  reader.moveTo(offsets[0]!);
  return { reader, memory, offsets };
}

describe("RecordReader", () => {
  test("reads the header's fields", () => {
    const { reader: r } = reader(buildRecord("openat", VALUES, HEADER));
    assert.equal(r.type, 307);
    assert.equal(r.paramCount, OPENAT.params.length);
    assert.equal(r.time, HEADER.ts);
    assert.deepEqual(
      [r.tid, r.pid, r.ppid, r.uid, r.gid, r.cpu, r.flags],
      [4001, 4000, 3999, 1000, 4294967295, 7, FLAG_COMPAT],
    );
    assert.deepEqual([r.timeLow, r.timeHigh], [0x9abcdef0, 0x12345678]);
  });

  test("reads numbers signed, exactly with big, and text without its NUL", () => {
    const { reader: r } = reader(buildRecord("openat", VALUES, HEADER));
    assert.equal(r.number(at("fd")), -2);
    assert.equal(r.number(at("dirfd")), -100);
    assert.equal(r.low(at("flags")), 4097);
    assert.equal(r.high(at("fd")), -1);
    assert.equal(r.big(at("ino")), -16n);
    assert.equal(r.text(at("name")), "etc/passwd");
    assert.equal(r.bytes(at("name")), "etc/passwd\0");
  });

  test("tells a parameter that is 0 or empty from one that is not there", () => {
    const { reader: r } = reader(buildRecord("openat", { mode: 0, name: "" }));
    assert.equal(r.hasNumber(at("mode")), true);
    assert.equal(r.hasNumber(at("dev")), false);
    assert.equal(r.len(at("name")), 1);
    assert.equal(r.text(at("name")), "");
    assert.equal(r.len(at("name_dir")), 0);
    assert.equal(r.text(at("name_dir")), "");
    assert.equal(r.bytes(at("name_dir")), "");
  });

  test("takes a parameter that an older record does not have for absent", () => {
    const { reader: r } = reader(buildRecord("openat", VALUES));
    assert.equal(r.len(OPENAT.params.length), 0);
    assert.equal(r.len(60000), 0);
    assert.equal(r.hasNumber(60000), false);
  });

  test("keeps bytes that are not UTF-8", () => {
    const { reader: r } = reader(buildRecord("openat", { name: Uint8Array.of(0x2f, 0xff, 0xfe, 0) }));
    assert.equal(r.text(at("name")), "/\xff\xfe");
  });

  test("moves from record to record in one memory", () => {
    const first = buildRecord("openat", { name: "/a" });
    const second = buildRecord("unlink", { path: "/b/c" });
    const { reader: r, memory, offsets } = reader(first, second);
    assert.equal(r.length, first.length);
    r.moveTo(offsets[1]!);
    assert.equal(r.isWellFormed(memory.u8.length - offsets[1]!), true);
    assert.equal(r.type, 301);
    assert.equal(r.text(1), "/b/c");
  });
});

describe("a malformed record is refused", () => {
  const good = buildRecord("openat", VALUES, HEADER);
  const changed = (change: (view: DataView) => void): Uint8Array => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer));
    return bytes;
  };
  const cases: [name: string, record: Uint8Array, limit?: number][] = [
    ["no memory behind it", good, 0],
    ["less memory than a header", good, 39],
    ["less memory than its length", good, good.length - 1],
    ["length 0", changed((view) => view.setUint32(0, 0, true))],
    ["length shorter than a header", changed((view) => view.setUint32(0, 32, true))],
    ["length beyond the memory", changed((view) => view.setUint32(0, good.length + 8, true))],
    ["length not a multiple of 8", changed((view) => view.setUint32(0, good.length - 4, true))],
    ["length of all ones", changed((view) => view.setUint32(0, 0xffffffff, true))],
    ["more parameters than fit", changed((view) => view.setUint16(6, 0xffff, true))],
    ["a parameter longer than the record", changed((view) => view.setUint16(40, 0xffff, true))],
    ["a parameter behind the record's end", changed((view) => view.setUint16(42, 0xffff, true))],
    ["a last byte behind the record's end", changed((view) => view.setUint16(40 + at("ino") * 4, 4000, true))],
  ];
  for (const [name, record, limit] of cases) {
    test(name, () => assert.equal(reader(record).reader.isWellFormed(limit ?? record.length), false));
  }

  test("longer than any record may be", () => {
    const bytes = new Uint8Array(RECORD_MAX_BYTES + 8);
    new DataView(bytes.buffer).setUint32(0, bytes.length, true);
    assert.equal(reader(bytes).reader.isWellFormed(bytes.length), false);
  });

  test("while the same record as it was built is taken", () => {
    assert.equal(reader(good).reader.isWellFormed(good.length), true);
  });

  test("and one without parameters too", () => {
    const bytes = new Uint8Array(40);
    new DataView(bytes.buffer).setUint32(0, 40, true);
    const { reader: r } = reader(bytes);
    assert.equal(r.isWellFormed(40), true);
    assert.equal(r.len(0), 0);
  });

  test("any single byte changed leaves the reader within the record or refused", () => {
    for (let i = 0; i < 40 + OPENAT.params.length * 4; i++) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const bytes = good.slice();
        bytes[i] = value;
        const { reader: r } = reader(bytes);
        if (!r.isWellFormed(bytes.length)) continue;
        for (let p = 0; p < r.paramCount; p++) {
          assert.ok(r.len(p) === 0 || r.offset(p) + r.len(p) <= r.length, `byte ${i} = ${value}, parameter ${p}`);
        }
      }
    }
  });
});
