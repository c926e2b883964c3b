// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecordReader } from "../../src/events/record.ts";
import { printable, rawText, resolvedText } from "../../src/events/render.ts";
import { formatAddress, sockaddrText, tupleText } from "../../src/events/render_address.ts";
import { isoTime, localDate, localDateTime, localTime } from "../../src/events/render_time.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { buildRecord, memoryOf, type ParamValue } from "../support/records.ts";
import { ip6, sockaddr, tuple, unixTuple } from "../support/sockets.ts";

describe("addresses as text", () => {
  const cases: [address: string, text: string][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:db8::1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // one zero group is not shortened
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run is
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // of two the first
    ["fe80::ABCD", "fe80::abcd"],
    ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ];
  for (const [address, text] of cases) {
    const bytes = address.includes(":") ? ip6(address) : address.split(".").map(Number);
    test(address, () => assert.equal(formatAddress(String.fromCharCode(...bytes)), text));
  }
});

describe("socket addresses and tuples as text", () => {
  const cases: [bytes: Uint8Array, text: string][] = [
    [sockaddr("10.1.2.3", 443), "10.1.2.3:443"],
    [sockaddr("fe80::1", 65535), "fe80::1:65535"],
    [Uint8Array.of(1, 0x2f, 0x61, 0), "/a"],
    [Uint8Array.of(16, 0, 0), "family 16"],
    [Uint8Array.of(2, 0), "family 2"],
  ];
  for (const [bytes, text] of cases) {
    test(text, () => assert.equal(sockaddrText(bytes, 0, bytes.length), text));
  }
  const tuples: [bytes: Uint8Array, text: string][] = [
    [tuple("10.0.0.1", 40000, "1.2.3.4", 80), "10.0.0.1:40000->1.2.3.4:80"],
    [tuple("::1", 40000, "::2", 80), "::1:40000->::2:80"],
    [tuple("::ffff:10.0.0.1", 1, "::ffff:10.0.0.2", 2), "10.0.0.1:1->10.0.0.2:2"],
    [tuple("::ffff:10.0.0.1", 1, "::2", 2), "::ffff:10.0.0.1:1->::2:2"],
    [unixTuple(0xffff888812345678n, 0n, "/run/x"), "ffff888812345678->0 /run/x"],
    [Uint8Array.of(2, 1, 2), "family 2"],
  ];
  for (const [bytes, text] of tuples) test(text, () => assert.equal(tupleText(bytes, 0, bytes.length), text));
});

describe("times as text", () => {
  const ns = BigInt(new Date(2026, 0, 9, 3, 4, 5).getTime()) * 1_000_000n + 67n;
  test("in local time", () => {
    assert.equal(localTime(ns), "03:04:05");
    assert.equal(localDate(ns), "2026-01-09");
    assert.equal(localDateTime(ns), "2026-01-09 03:04:05.000000067");
    assert.match(localDateTime(ns, true), /^2026-01-09 03:04:05\.000000067 [+-]\d{4}$/);
  });
  test("in UTC", () => assert.equal(isoTime(1_700_000_000_000_000_001n), "2023-11-14T22:13:20.000000001+0000"));
});

test("bytes that are not printable become dots", () => assert.equal(printable("a\0b\n\xff~ "), "a.b..~ "));

describe("parameters as raw and resolved text", () => {
  const cases: [type: string, param: string, value: ParamValue | undefined, raw: string, resolved: string][] = [
    ["open", "fd", 3, "3", ""],
    ["open", "mode", 0o644, "0644", ""],
    ["open", "mode", 0, "0", ""],
    ["open", "dev", 0x803, "803", ""],
    ["open", "dev", 0xfc, "FC", ""],
    ["open", "ino", 12345678901234567890n, "-6101065172474983726", ""],
    ["open", "flags", 4097, "4097", "O_RDONLY|O_CLOEXEC"],
    ["open", "name", "/a b", "/a b", ""],
    ["open", "name", undefined, "<NA>", ""],
    ["open", "flags", undefined, "<NA>", ""],
    ["socket", "domain", 1, "1", "AF_LOCAL|AF_UNIX"],
    ["socket", "type", 526337, "526337", ""],
    ["connect", "res", -115, "-115", "EINPROGRESS"],
    ["connect", "res", 0, "0", ""],
    ["connect", "res", -9999, "-9999", ""],
    ["connect", "tuple", undefined, "NULL", ""],
    ["connect", "addr", undefined, "<NA>", ""],
    ["connect", "addr", sockaddr("1.2.3.4", 53), "1.2.3.4:53", ""],
    ["sendto", "data", new TextEncoder().encode("GET /\r\n"), "GET /..", ""],
    ["sendto", "data", undefined, "NULL", ""],
    ["chmod", "mode", 0o4755, "04755", "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"],
    ["execve", "args", new TextEncoder().encode("-c\0id\0"), "-c.id", ""],
    ["execve", "cap_effective", 0x1ffffffffffn, "1FFFFFFFFFF", ""],
    ["execve", "vm_size", 4096, "4096", ""],
    ["setuid", "uid", 4294967295, "-1", ""],
    ["setuid", "uid", 33, "33", ""],
    ["procexit", "sig", 9, "9", "SIGKILL"],
    ["bpf", "cmd", 5, "5", "BPF_PROG_LOAD"],
    ["accept4", "flags", 0x80800, "80800", ""],
    ["listen", "backlog", -1, "-1", ""],
    ["ptrace", "request", 11, "11", "PTRACE_ATTACH"],
    ["ptrace", "addr", 0xdeadbeefn, "DEADBEEF", ""],
    ["ptrace", "data", undefined, "NULL", ""],
  ];
  for (const [name, param, value, raw, resolved] of cases) {
    test(`${name} ${param} = ${typeof value === "object" ? "bytes" : value}`, () => {
      const type = EVENT_BY_NAME.get(name)!;
      const { memory, offsets } = memoryOf(buildRecord(name, value === undefined ? {} : { [param]: value }));
      const record = new RecordReader(memory);
      record.moveTo(offsets[0]!);
      const index = type.index.get(param)!;
      assert.equal(rawText(record, type, index), raw);
      assert.equal(resolvedText(record, type, index), resolved);
    });
  }

  test("ptrace's data is a signal for the requests that pass one", () => {
    const type = EVENT_BY_NAME.get("ptrace")!;
    const index = type.index.get("data")!;
    for (const [request, raw, resolved] of [[8, "9", "SIGKILL"], [5, "9", ""]] as const) {
      const { memory } = memoryOf(buildRecord("ptrace", { request, data: 9 }));
      const record = new RecordReader(memory);
      assert.deepEqual([rawText(record, type, index), resolvedText(record, type, index)], [raw, resolved]);
    }
  });
});
