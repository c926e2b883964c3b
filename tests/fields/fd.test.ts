// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Value } from "../../src/fields/field.ts";
import { HOST_CONTAINER } from "../../src/host/container.ts";
import type { ParamValue } from "../support/records.ts";
import { tuple, unixTuple } from "../support/sockets.ts";
import { bind, eventOf, processOf, typeCode, valueOf } from "./support.ts";

type Params = Record<string, ParamValue>;
type Case = [title: string, type: string, params: Params, fields: Record<string, Value | undefined>];

const FILE = { fd: 3, fd_type: typeCode("f") };
const DIRECTORY = { fd: 3, fd_type: typeCode("d") };
const LISTENING = tuple("0.0.0.0", 8080, "0.0.0.0", 0);

function run(cases: readonly Case[]): void {
  for (const [title, type, params, fields] of cases) {
    test(title, () => {
      const event = eventOf(type, params);
      for (const [field, value] of Object.entries(fields)) assert.deepEqual(valueOf(field, event), value, field);
    });
  }
}

describe("a file that was opened", () => {
  run([
    ["by an absolute path", "openat", { ...FILE, dirfd: -100, name: "/etc/passwd", fd_path: "/etc/passwd" }, {
      "fd.num": 3,
      "fd.type": "file",
      "fd.typechar": "f",
      "fd.name": "/etc/passwd",
      "fd.nameraw": "/etc/passwd",
      "fd.directory": "/etc",
      "fd.filename": "passwd",
      "fd.realpath": "/etc/passwd",
      "fd.l4proto": "<NA>",
      "fd.sockfamily": undefined,
      "fd.sip": undefined,
      "fd.connected": false,
      "fd.name_changed": false,
      "fd.is_server": false,
    }],
    ["through a symlink: the name is what was passed, the real path where it led", "open", {
      ...FILE,
      name: "/tmp/link",
      fd_path: "/etc/shadow",
    }, { "fd.name": "/tmp/link", "fd.realpath": "/etc/shadow" }],
    ["by a path with dots and slashes: normalised, raw but for the slashes", "openat", {
      ...FILE,
      name: "/var//log/../..//etc/./shadow",
    }, { "fd.name": "/etc/shadow", "fd.nameraw": "/var/log/../../etc/./shadow", "fd.directory": "/etc" }],
    ["relative to the current directory", "openat", { ...FILE, dirfd: -100, name: "../x", name_dir: "/srv/www" }, {
      "fd.name": "/srv/x",
      "fd.nameraw": "../x",
    }],
    ["relative to a directory descriptor", "openat", { ...FILE, dirfd: 5, name: "shadow", name_dir: "/etc" }, {
      "fd.name": "/etc/shadow",
    }],
    ["relative to the root", "openat", { ...FILE, dirfd: 5, name: "shadow", name_dir: "/" }, {
      "fd.name": "/shadow",
      "fd.directory": "/",
      "fd.filename": "shadow",
    }],
    ["relative to a descriptor of which nothing is known", "openat", { ...FILE, dirfd: 5, name: "shadow" }, {
      "fd.name": "<UNKNOWN>shadow",
    }],
    ["relative, where only the tree knows the directory", "openat", { ...FILE, dirfd: -100, name: "x" }, {
      "fd.name": "/home/user/x",
    }],
    ["relative, where the record knows the process's directory", "open", { ...FILE, name: "x", workdir: "/w" }, {
      "fd.name": "/w/x",
    }],
    ["whose name was gone from memory", "openat", { ...FILE, dirfd: -100, name_dir: "/d", fd_path: "/etc/shadow" }, {
      "fd.name": "/etc/shadow",
      "fd.filename": "shadow",
    }],
    ["without its name in the record", "openat", { ...FILE, dirfd: -100, name_dir: "/d" }, { "fd.name": "/d/<NA>" }],
    ["by a path that is too long", "open", { ...FILE, name: "/" + "a".repeat(2000) }, {
      "fd.name": "/DIR_TOO_LONG/FILENAME_TOO_LONG",
      "fd.nameraw": "/" + "a".repeat(2000),
    }],
    ["by creat", "creat", { ...FILE, name: "new" }, { "fd.name": "/home/user/new", "fd.filename": "new" }],
    ["as a directory", "openat", { ...DIRECTORY, flags: 1024, name: "/etc/" }, {
      "fd.type": "directory",
      "fd.typechar": "d",
      "fd.name": "/etc",
      "fd.nameraw": "/etc/",
      "fd.directory": "/etc",
      "fd.filename": undefined,
    }],
    ["a directory as a file", "openat", { ...DIRECTORY, flags: 1, name: "/etc" }, {
      "fd.typechar": "f",
      "fd.name": "/etc",
    }],
    ["as the root", "openat", { ...FILE, name: "/" }, { "fd.name": "/", "fd.directory": "/", "fd.filename": "" }],
    ["on a device", "open", { ...FILE, name: "/x", fd_dev: 0x0ab00cd, fd_ino: 0xffff_ffff_ffffn, dev: 1, ino: 2 }, {
      "fd.dev": 0x0ab00cd,
      "fd.dev.major": 0xb00,
      "fd.dev.minor": 0xcd | 0xa00,
      "fd.ino": 0xffff_ffff_ffffn,
    }],
    ["on a device that only the arguments tell", "open", { ...FILE, name: "/x", dev: 0x803, ino: 77 }, {
      "fd.dev.major": 8,
      "fd.dev.minor": 3,
      "fd.ino": 77n,
    }],
    ["in an upper layer", "open", { ...FILE, name: "/x", flags: 1 << 15 }, {
      "fd.is_upper_layer": true,
      "fd.is_lower_layer": false,
    }],
    ["in a lower layer by creat", "creat", { ...FILE, name: "/x", creat_flags: 2 }, {
      "fd.is_upper_layer": false,
      "fd.is_lower_layer": true,
    }],
  ]);
});

describe("a file that could not be opened", () => {
  const nothing = {
    "fd.type": undefined,
    "fd.filename": undefined,
    "fd.l4proto": undefined,
    "fd.connected": undefined,
    "fd.name_changed": undefined,
    "fd.is_upper_layer": undefined,
    "fd.ino": undefined,
    "fd.dev": undefined,
    "fd.realpath": undefined,
  };
  run([
    ["by openat has a guessed type and its whole name", "openat", { fd: -2, name: "../x", name_dir: "/a/b", ino: 0 }, {
      ...nothing,
      "fd.num": -2,
      "fd.typechar": "f",
      "fd.name": "/a/x",
      "fd.directory": "/a",
      "fd.nameraw": "../x",
    }],
    ["by open has no type, and an absolute name as it was passed", "open", { fd: -13, name: "/a//b" }, {
      ...nothing,
      "fd.num": -13,
      "fd.typechar": "o",
      "fd.name": "/a//b",
      "fd.directory": "/a/",
      "fd.nameraw": "/a/b",
    }],
    ["by open with a relative path", "open", { fd: -13, name: "b", name_dir: "/a" }, { "fd.name": "/a/b" }],
    ["by creat", "creat", { fd: -13, name: "/a//b" }, { ...nothing, "fd.typechar": "f", "fd.name": "/a//b" }],
  ]);
});

describe("a descriptor that was passed", () => {
  run([
    ["a file's, to dup2", "dup2", { res: 1, oldfd: 5, newfd: 1, fd_type: typeCode("f"), fd_path: "/var/log/x" }, {
      "fd.num": 1,
      "fd.type": "file",
      "fd.name": "/var/log/x",
      "fd.nameraw": "/var/log/x",
      "fd.directory": "/var/log",
      "fd.filename": "x",
    }],
    ["a memfd's", "fchmod", { res: 0, fd: 4, fd_type: typeCode("m"), fd_path: "memfd:x" }, {
      "fd.num": 4,
      "fd.type": "memfd",
      "fd.name": "memfd:x",
      "fd.directory": undefined,
      "fd.filename": undefined,
    }],
    ["a pipe's without a name", "dup", { res: 7, oldfd: 3, fd_type: typeCode("p") }, {
      "fd.type": "pipe",
      "fd.name": "",
      "fd.nameraw": "",
      "fd.directory": undefined,
    }],
    ["one of an unknown kind", "dup", { res: 7, oldfd: 3, fd_type: typeCode("X") }, {
      "fd.type": "<NA>",
      "fd.typechar": "X",
    }],
    ["a userfaultfd's, which is no unix socket", "userfaultfd", { res: 7, fd_type: typeCode("u") }, {
      "fd.type": "userfaultfd",
      "fd.typechar": "u",
      "fd.sockfamily": undefined,
    }],
    ["a directory's, to unlinkat", "unlinkat", { res: 0, dirfd: 9, name: "x", fd_type: typeCode("d"), fd_path: "/d" }, {
      "fd.num": 9,
      "fd.name": "/d",
      "fd.directory": "/d",
    }],
    ["none at all, to unlinkat: empty, not missing", "unlinkat", { res: 0, dirfd: -100, name: "x" }, {
      "fd.num": -100,
      "fd.typechar": "o",
      "fd.type": undefined,
      "fd.name": "",
      "fd.nameraw": "",
      "fd.directory": "/",
    }],
    ["one that is not open, to dup", "dup", { res: -9, oldfd: 99 }, {
      "fd.num": -9,
      "fd.typechar": "o",
      "fd.name": "",
      "fd.directory": "/",
    }],
    ["a directory's, to symlinkat", "symlinkat", { res: 0, linkdirfd: 4, fd_type: typeCode("d"), fd_path: "/d" }, {
      "fd.num": 4,
    }],
  ]);
});

test("an event without descriptor has none of them", () => {
  for (const type of ["unlink", "execve", "setuid", "rename", "procexit"]) {
    const event = eventOf(type, {});
    for (
      const field of [
        "num",
        "type",
        "typechar",
        "name",
        "directory",
        "filename",
        "nameraw",
        "l4proto",
        "uid",
        "realpath",
      ]
    ) {
      assert.equal(valueOf(`fd.${field}`, event), undefined, `fd.${field} of ${type}`);
    }
  }
});

const V4 = { fd: 4, fd_type: typeCode("4"), fd_proto: 6 };

describe("a socket", () => {
  run([
    ["that was just made", "socket", { ...V4, fd_tuple: tuple("0.0.0.0", 0, "0.0.0.0", 0), fd_role: 0 }, {
      "fd.type": "ipv4",
      "fd.typechar": "4",
      "fd.name": "",
      "fd.l4proto": "<NA>", // until it has a role
      "fd.sockfamily": "ip",
      "fd.connected": false,
      "fd.sip": undefined,
      "fd.sport": undefined,
      "fd.ip": undefined,
      "fd.directory": undefined,
      "fd.filename": undefined,
    }],
    ["that could not be made", "socket", { fd: -24 }, { "fd.typechar": "4", "fd.type": undefined, "fd.name": "" }],
    ["that was connected", "connect", { ...V4, res: 0, tuple: tuple("10.0.0.1", 40000, "1.2.3.4", 443) }, {
      "fd.num": 4,
      "fd.name": "10.0.0.1:40000->1.2.3.4:443",
      "fd.nameraw": "",
      "fd.cip": "\x0a\0\0\x01",
      "fd.sip": "\x01\x02\x03\x04",
      "fd.lip": "\x0a\0\0\x01",
      "fd.rip": "\x01\x02\x03\x04",
      "fd.cport": 40000,
      "fd.sport": 443,
      "fd.lport": 40000,
      "fd.rport": 443,
      "fd.ip": ["\x0a\0\0\x01", "\x01\x02\x03\x04"],
      "fd.port": [40000, 443],
      "fd.proto": [40000, 443],
      "fd.sproto": "443",
      "fd.net": ["\x0a\0\0\x01", "\x01\x02\x03\x04"],
      "fd.snet": "\x01\x02\x03\x04",
      "fd.cnet": "\x0a\0\0\x01",
      "fd.rnet": "\x01\x02\x03\x04",
      "fd.lnet": "\x0a\0\0\x01",
      "fd.l4proto": "tcp",
      "fd.connected": true,
      "fd.name_changed": true,
      "fd.is_server": false,
    }],
    ["whose connection is under way", "connect", { ...V4, res: -115, tuple: tuple("10.0.0.1", 4, "1.2.3.4", 443) }, {
      "fd.name": "10.0.0.1:4->1.2.3.4:443",
      "fd.connected": true,
      "fd.l4proto": "tcp",
    }],
    ["whose connection was refused", "connect", { ...V4, res: -111, fd_tuple: tuple("10.0.0.1", 4, "1.2.3.4", 443) }, {
      "fd.name": "",
      "fd.sip": undefined,
      "fd.ip": undefined,
      "fd.l4proto": "<NA>",
      "fd.connected": false,
      "fd.name_changed": false,
    }],
    ["whose descriptor is not open", "connect", { res: -9, fd: 99 }, {
      "fd.num": 99,
      "fd.typechar": "o",
      "fd.name": "NULL",
      "fd.connected": undefined,
    }],
    ["to itself", "connect", { ...V4, res: 0, tuple: tuple("127.0.0.1", 40000, "127.0.0.1", 80) }, {
      "fd.is_server": true, // Falco asks whether the server's address is on this host
    }],
    ["of IPv6", "connect", { ...V4, fd_type: typeCode("6"), res: 0, tuple: tuple("fe80::1", 40000, "fe80::2", 22) }, {
      "fd.type": "ipv6",
      "fd.typechar": "6",
      "fd.name": "fe80::1:40000->fe80::2:22",
      "fd.sip": "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02",
    }],
    ["of IPv6 that speaks IPv4", "connect", {
      ...V4,
      fd_type: typeCode("6"),
      res: 0,
      tuple: tuple("::ffff:10.0.0.1", 40000, "::ffff:10.0.0.2", 22),
    }, { "fd.type": "ipv4", "fd.typechar": "4", "fd.name": "10.0.0.1:40000->10.0.0.2:22", "fd.sip": "\x0a\0\0\x02" }],
    ["that was accepted: the remote end is the client", "accept4", {
      ...V4,
      tuple: tuple("1.2.3.4", 50000, "10.0.0.1", 80),
    }, {
      "fd.name": "1.2.3.4:50000->10.0.0.1:80",
      "fd.cip": "\x01\x02\x03\x04",
      "fd.sip": "\x0a\0\0\x01",
      "fd.lip": "\x0a\0\0\x01",
      "fd.rip": "\x01\x02\x03\x04",
      "fd.lport": 80,
      "fd.rport": 50000,
      "fd.sport": 80,
      "fd.is_server": true,
      "fd.connected": true,
    }],
    ["that could not be accepted", "accept", { fd: -11 }, { "fd.typechar": "4", "fd.name": "NULL", "fd.num": -11 }],
    ["that listens", "listen", { ...V4, res: 0, fd_tuple: LISTENING, fd_role: 2 }, {
      "fd.name": "0.0.0.0:8080",
      "fd.sip": "\0\0\0\0",
      "fd.sport": 8080,
      "fd.cip": undefined,
      "fd.lip": undefined,
      "fd.rport": undefined,
      "fd.ip": ["\0\0\0\0"],
      "fd.port": [8080],
      "fd.l4proto": "tcp",
      "fd.connected": false,
      "fd.is_server": true,
    }],
    ["that becomes standard input, of a client", "dup2", {
      res: 0,
      oldfd: 4,
      newfd: 0,
      fd_type: typeCode("4"),
      fd_proto: 6,
      fd_tuple: tuple("10.0.0.1", 40000, "6.6.6.6", 4444),
      fd_role: 0,
    }, { "fd.num": 0, "fd.name": "10.0.0.1:40000->6.6.6.6:4444", "fd.rip": "\x06\x06\x06\x06", "fd.l4proto": "tcp" }],
    ["that becomes standard input, of a server", "dup2", {
      res: 0,
      oldfd: 4,
      newfd: 0,
      fd_type: typeCode("4"),
      fd_proto: 6,
      fd_tuple: tuple("10.0.0.1", 4444, "6.6.6.6", 40000),
    }, { "fd.name": "6.6.6.6:40000->10.0.0.1:4444", "fd.cip": "\x06\x06\x06\x06", "fd.lport": 4444 }],
    ["of UDP that asks a server", "sendto", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("10.0.0.1", 40000, "9.9.9.9", 53),
      fd_tuple: tuple("10.0.0.1", 40000, "0.0.0.0", 0),
      new_peer: 1,
    }, { "fd.name": "10.0.0.1:40000->9.9.9.9:53", "fd.l4proto": "udp", "fd.sport": 53, "fd.name_changed": true }],
    ["of UDP that asks it again", "sendto", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("10.0.0.1", 40000, "9.9.9.9", 53),
      fd_tuple: tuple("10.0.0.1", 40000, "0.0.0.0", 0),
      new_peer: 0,
    }, { "fd.connected": true, "fd.name_changed": false }],
    ["of UDP that hears its answer", "recvfrom", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("9.9.9.9", 53, "10.0.0.1", 40000),
      fd_tuple: tuple("10.0.0.1", 40000, "0.0.0.0", 0),
    }, { "fd.name": "10.0.0.1:40000->9.9.9.9:53", "fd.sport": 53, "fd.cport": 40000, "fd.lport": 40000 }],
    ["of UDP that is asked", "recvfrom", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("10.0.0.9", 40000, "10.0.0.1", 53),
      fd_tuple: tuple("10.0.0.1", 53, "0.0.0.0", 0),
    }, { "fd.sport": 53, "fd.cip": "\x0a\0\0\x09" }],
    ["of UDP that is asked from a low port: who reads is the server", "recvfrom", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("10.0.0.9", 123, "10.0.0.1", 123),
      fd_tuple: tuple("10.0.0.1", 123, "0.0.0.0", 0),
    }, { "fd.cip": "\x0a\0\0\x09", "fd.sip": "\x0a\0\0\x01" }],
    ["of UDP that sends to the peer that it is connected to", "sendto", {
      ...V4,
      res: 3,
      fd_proto: 17,
      tuple: tuple("10.0.0.1", 40000, "9.9.9.9", 53),
      fd_tuple: tuple("10.0.0.1", 40000, "9.9.9.9", 53),
    }, { "fd.name_changed": false }],
    ["of ICMP", "sendto", { ...V4, res: 3, fd_proto: 1, tuple: tuple("10.0.0.1", 40000, "9.9.9.9", 1) }, {
      "fd.l4proto": "icmp",
    }],
    ["that is raw has its protocol without a role", "socket", { ...V4, fd_proto: 255 }, { "fd.l4proto": "raw" }],
    ["of a protocol without a name", "connect", {
      ...V4,
      res: 0,
      fd_proto: 132,
      tuple: tuple("10.0.0.1", 40000, "1.2.3.4", 443),
    }, { "fd.l4proto": "<NA>" }],
    ["of unix", "connect", {
      res: 0,
      fd: 4,
      fd_type: typeCode("u"),
      tuple: unixTuple(0xabcn, 0xdefn, "/run/docker.sock"),
    }, {
      "fd.type": "unix",
      "fd.typechar": "u",
      "fd.name": "abc->def /run/docker.sock",
      "fd.sockfamily": "unix",
      "fd.sip": undefined,
      "fd.l4proto": "<NA>",
      "fd.directory": undefined,
    }],
    ["of netlink", "socket", { fd: 4, fd_type: typeCode("n") }, { "fd.type": "netlink", "fd.sockfamily": undefined }],
  ]);
});

describe("names with a container's id in front", () => {
  const container = { ...HOST_CONTAINER, type: "docker" as const, id: "0123456789ab" };
  const params = { ...FILE, name: "/etc/passwd" };
  test("have it in a container", () => {
    const event = eventOf("open", params, { process: processOf({ container }) });
    assert.equal(valueOf("fd.containername", event), "0123456789ab:/etc/passwd");
    assert.equal(valueOf("fd.containerdirectory", event), "0123456789ab:/etc");
  });
  test("have none on the host", () => {
    assert.equal(valueOf("fd.containername", eventOf("open", params)), ":/etc/passwd");
  });
});

test("fd.uid is thread and descriptor", () => {
  assert.equal(valueOf("fd.uid", eventOf("open", { fd: 3 }, { header: { tid: 4001 } })), "40013");
});

test("names lie in the record where they need no work", () => {
  for (
    const [field, params, text] of [
      ["fd.name", { ...FILE, name: "/etc/passwd" }, "/etc/passwd"],
      ["fd.nameraw", { ...FILE, name: "/etc/../passwd" }, "/etc/../passwd"],
      ["fd.realpath", { ...FILE, fd_path: "/etc/shadow" }, "/etc/shadow"],
    ] as const
  ) {
    const event = eventOf("open", params);
    const slice = { u8: new Uint8Array(0), offset: 0, length: 0 };
    assert.ok(bind(field).locate!(event, slice));
    assert.equal(slice.u8, event.record.memory.u8, field);
    assert.equal(slice.length, text.length);
  }
});
