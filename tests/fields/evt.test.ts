// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Value } from "../../src/fields/field.ts";
import type { ParamValue } from "../support/records.ts";
import { tuple, unixTuple } from "../support/sockets.ts";
import { bind, BOOT, eventOf, processOf, typeCode, valueOf } from "./support.ts";

type Params = Record<string, ParamValue>;
type Case = [title: string, type: string, params: Params, fields: Record<string, Value | undefined>];

function run(cases: readonly Case[]): void {
  for (const [title, type, params, fields] of cases) {
    test(title, () => {
      const event = eventOf(type, params);
      for (const [field, value] of Object.entries(fields)) assert.deepEqual(valueOf(field, event), value, field);
    });
  }
}

describe("the event", () => {
  run([
    ["has a type, a category and a direction", "openat", {}, {
      "evt.type": "openat",
      "syscall.type": "openat",
      "evt.category": "file",
      "evt.dir": "<",
      "evt.source": "syscall",
      "evt.is_async": false,
      "evt.num": 1,
      "evt.count": 1,
      "evt.count.exit": 1,
      "evt.type.is.openat": 1,
      "evt.type.is.open": 0,
      "evt.hostname": "falcon",
      "evt.is_io": false,
      "evt.io_dir": undefined,
      "evt.is_wait": false,
      "evt.latency": 0n,
      "evt.latency.human": "0ns",
    }],
    ["that is no system call has no result", "procexit", { status: 0 }, {
      "evt.type": "procexit",
      "syscall.type": undefined,
      "evt.res": undefined,
      "evt.rawres": undefined,
      "evt.failed": undefined,
      "evt.count.error": undefined,
      "evt.count.exit": undefined,
    }],
    ["that succeeded", "unlink", { res: 0 }, {
      "evt.res": "SUCCESS",
      "evt.rawres": 0,
      "evt.failed": false,
      "evt.count.error": 0,
      "evt.count.error.other": 0,
      "evt.count.error.file": undefined,
    }],
    ["that failed", "unlink", { res: -2 }, {
      "evt.res": "ENOENT",
      "evt.rawres": -2,
      "evt.failed": true,
      "evt.count.error": 1,
    }],
    ["that made a descriptor", "open", { fd: 3 }, { "evt.res": "SUCCESS", "evt.rawres": 3, "evt.failed": false }],
    ["that failed to", "open", { fd: -13 }, { "evt.res": "EACCES", "evt.rawres": -13, "evt.count.error.file": 1 }],
    ["that failed with an error of no name", "open", { fd: -4000 }, { "evt.res": "-4000" }],
    ["without a result in the record", "open", {}, { "evt.res": undefined, "evt.rawres": undefined }],
    ["that failed to connect", "connect", { res: -111, fd: 3, fd_type: typeCode("4") }, {
      "evt.count.error.net": 1,
      "evt.count.error.file": undefined,
      "evt.count.error.other": undefined,
    }],
    ["that failed to make a process", "clone", { res: -11 }, { "evt.res": "EAGAIN" }],
    ["that is input on a socket", "recvfrom", { res: 4, fd: 3, fd_type: typeCode("4") }, {
      "evt.category": "net",
      "evt.is_io": true,
      "evt.is_io_read": true,
      "evt.is_io_write": false,
      "evt.io_dir": "read",
      "evt.buflen": 4,
    }],
    ["that is output on a unix socket", "sendto", {
      res: 4,
      fd: 3,
      fd_type: typeCode("u"),
      tuple: unixTuple(1n, 2n, "/dev/log"),
    }, { "evt.category": "ipc", "evt.io_dir": "write", "evt.is_syslog": true }],
    ["that is output elsewhere", "sendto", { res: 4, fd: 3, fd_type: typeCode("4") }, { "evt.is_syslog": false }],
    ["that is output which failed", "sendto", { res: -32, fd: 3, fd_type: typeCode("4") }, { "evt.buflen": undefined }],
    ["that is input or output on what nobody knows", "sendto", { res: -9, fd: 3 }, {
      "evt.category": "unknown",
      "evt.buflen": undefined,
    }],
    ["that copies a file's descriptor", "dup", { res: 4, fd_type: typeCode("f") }, {
      "evt.category": "file",
      "evt.buflen": 4,
      "evt.is_io": false,
    }],
    ["of a process", "execve", {}, { "evt.category": "process" }],
    ["of a user", "setuid", {}, { "evt.category": "user" }],
  ]);

  test("knows its CPU, and whether it was a 32-bit call, cut short or a ring's", () => {
    const event = eventOf("open", {}, { header: { cpu: 3, flags: 11 } });
    assert.equal(valueOf("evt.cpu", event), 3);
    assert.equal(valueOf("evt.is_compat", event), true);
    assert.equal(valueOf("evt.is_truncated", event), true);
    assert.equal(valueOf("evt.is_compat", eventOf("open")), false);
    assert.equal(valueOf("evt.is_io_uring", event), true);
    assert.equal(valueOf("evt.is_io_uring", eventOf("open")), false);
  });
});

describe("what a file is opened for", () => {
  const O = { READ: 1, WRITE: 2, CREATE: 4, TMPFILE: 1 << 13, CREATED: 1 << 14 };
  const cases: [type: string, params: Params, read: boolean, write: boolean, exec: boolean, create: boolean][] = [
    ["open", { fd: 3, flags: O.READ }, true, false, false, false],
    ["open", { fd: -2, flags: O.READ }, true, false, false, false], // success does not matter
    ["openat", { fd: 3, flags: O.WRITE }, false, true, false, false],
    ["openat2", { fd: 3, flags: O.READ | O.WRITE }, true, true, false, false],
    ["openat", { fd: 3, flags: O.WRITE | O.CREATE, mode: 0o755 }, false, true, true, false],
    ["openat", { fd: 3, flags: O.WRITE | O.CREATE, mode: 0o644 }, false, true, false, false],
    ["openat", { fd: 3, flags: O.WRITE, mode: 0o755 }, false, true, false, false],
    ["openat", { fd: 3, flags: O.WRITE | O.CREATE | O.CREATED, mode: 0o600 }, false, true, false, true],
    ["openat", { fd: 3, flags: O.WRITE | O.TMPFILE, mode: 0o700 }, false, true, true, true],
    ["openat", { fd: -1, flags: O.WRITE | O.TMPFILE, mode: 0o600 }, false, true, false, false],
    ["creat", { fd: 3, mode: 0o755 }, false, false, true, false],
    ["creat", { fd: 3, mode: 0o644, creat_flags: 3 }, false, false, false, false],
    ["open", { fd: 3 }, false, false, false, false],
    ["dup3", { res: 3, flags: 3 }, false, false, false, false],
    ["unlinkat", { res: 0, flags: 3 }, false, false, false, false],
  ];
  for (const [type, params, read, write, exec, create] of cases) {
    test(`${type} ${Object.entries(params).map(([k, v]) => `${k}=${v}`).join(" ")}`, () => {
      const event = eventOf(type, params);
      const names = ["evt.is_open_read", "evt.is_open_write", "evt.is_open_exec", "evt.is_open_create"];
      assert.deepEqual(names.map((name) => valueOf(name, event)), [read, write, exec, create]);
    });
  }
});

describe("the event's time", () => {
  const local = new Date(2026, 10, 2, 3, 4, 5);
  const ns = BigInt(local.getTime()) * 1_000_000n + 6_000_007n;
  const event = eventOf("open", {}, { header: { ts: ns - BOOT } });
  const iso = local.toISOString().slice(0, 19);
  const cases: [field: string, value: Value, json?: Value][] = [
    ["evt.time", "03:04:05.006000007", ns],
    ["evt.time.s", "03:04:05"],
    ["evt.time.iso8601", `${iso}.006000007+0000`, ns],
    ["evt.datetime", "2026-11-02 03:04:05.006000007"],
    ["evt.datetime.s", "2026-11-02 03:04:05"],
    ["evt.outputtime", "03:04:05.006000007"],
    ["evt.rawtime", ns],
    ["evt.rawtime.s", ns / 1_000_000_000n],
    ["evt.rawtime.ns", 6_000_007n],
  ];
  for (const [field, value, json] of cases) {
    test(field, () => {
      assert.equal(valueOf(field, event), value);
      assert.equal(bind(field).json?.(event), json);
    });
  }

  test("evt.reltime is the time since the stream's first event", () => {
    const event = eventOf("open", {}, { num: 3, firstTime: 5n, header: { ts: 3_000_000_007n } });
    assert.equal(valueOf("evt.reltime", event), 3_000_000_002n);
    assert.equal(valueOf("evt.reltime.s", event), 3n);
    assert.equal(valueOf("evt.reltime.ns", event), 2n);
  });

  test("evt.deltatime is the time since the event that it was last asked of, however often it is asked", () => {
    const delta = bind("evt.deltatime");
    const seconds = bind("evt.deltatime.s");
    const at = (num: number, ts: bigint) => eventOf("open", {}, { num, header: { ts } });
    const values: [ts: bigint, delta: bigint, seconds: bigint][] = [[5n, 0n, 0n], [7n, 2n, 0n], [
      3_000_000_007n,
      3_000_000_000n,
      3n,
    ]];
    values.forEach(([ts, wanted, whole], i) => {
      const event = at(i + 1, ts);
      assert.deepEqual([delta.get(event), delta.get(event), seconds.get(event)], [wanted, wanted, whole]);
    });
  });
});

describe("one argument as text", () => {
  const cases: [title: string, type: string, params: Params, field: string, value: Value | undefined][] = [
    ["a flag has its names", "open", { flags: 4097 }, "evt.arg.flags", "O_RDONLY|O_CLOEXEC"],
    ["flags without a name are their number", "unlinkat", { flags: 0 }, "evt.arg.flags", "0"],
    ["an argument that is not in the record is <NA>", "open", {}, "evt.arg.flags", "<NA>"],
    ["and so is a text", "open", {}, "evt.arg.name", "<NA>"],
    ["but a buffer is NULL", "sendto", {}, "evt.arg.data", "NULL"],
    ["and a tuple", "connect", {}, "evt.arg.tuple", "NULL"],
    ["an argument that the event does not have is missing", "unlink", {}, "evt.arg.flags", undefined],
    ["an argument that none of ours has is missing", "open", {}, "evt.arg.dir", undefined],
    ["an absolute path is as it was passed", "unlink", { path: "/a/../b//" }, "evt.arg.path", "/a/../b//"],
    ["a relative one is joined", "unlink", { path: "../b//", path_dir: "/x/y" }, "evt.arg.path", "/x/b"],
    ["relative to its own directory", "renameat", { oldpath: "a", oldpath_dir: "/o" }, "evt.arg.oldpath", "/o/a"],
    [
      "an unknown directory is the current one",
      "renameat",
      { oldpath: "a", olddirfd: 9 },
      "evt.arg.oldpath",
      "/home/user/a",
    ],
    ["an empty path stays empty", "linkat", { oldpath: "", oldpath_dir: "/o" }, "evt.arg.oldpath", ""],
    ["a link's target is text", "symlink", { target: "../etc/shadow" }, "evt.arg.target", "../etc/shadow"],
    ["an empty text is empty", "symlink", { target: "" }, "evt.arg.target", ""],
    ["an error has its name", "unlink", { res: -2 }, "evt.arg.res", "ENOENT"],
    ["a success is 0", "unlink", { res: 0 }, "evt.arg.res", "0"],
    ["a user has its name", "setuid", { uid: 33 }, "evt.arg.uid", "www-data"],
    ["root needs no entry", "setuid", { uid: 0 }, "evt.arg.uid", "root"],
    ["one without entry is <NA>", "setuid", { uid: 7 }, "evt.arg.uid", "<NA>"],
    ["none is <NONE>", "setuid", { uid: 4294967295 }, "evt.arg.uid", "<NONE>"],
    ["a process has its name", "ptrace", { pid: 4000 }, "evt.arg.pid", "cat"],
    ["an unknown one its number", "ptrace", { pid: 5 }, "evt.arg.pid", "5"],
    ["a request has its name", "ptrace", { request: 20 }, "evt.arg.request", "PTRACE_SEIZE"],
    ["a family has all its names", "socket", { domain: 1 }, "evt.arg.domain", "AF_LOCAL|AF_UNIX"],
    ["a mode has its names", "chmod", { mode: 0o4000 }, "evt.arg.mode", "S_ISUID"],
    ["a mode of open is octal", "open", { mode: 0o640 }, "evt.arg.mode", "0640"],
    ["a directory descriptor", "openat", { dirfd: -100 }, "evt.arg.dirfd", "AT_FDCWD"],
    ["one that is a directory's", "openat", { dirfd: 5, name: "x", name_dir: "/etc" }, "evt.arg.dirfd", "<d>/etc"],
    ["one of which nothing is known", "openat", { dirfd: 5, name: "/x" }, "evt.arg.dirfd", "5"],
    ["a file's descriptor", "openat", { fd: 3, name: "/x", fd_type: typeCode("f") }, "evt.arg.fd", "<f>/x"],
    ["a failed one", "openat", { fd: -2, name: "/x" }, "evt.arg.fd", "ENOENT"],
    [
      "a socket's",
      "connect",
      {
        fd: 3,
        res: 0,
        fd_type: typeCode("4"),
        fd_proto: 6,
        tuple: tuple("1.1.1.1", 40000, "2.2.2.2", 80),
      },
      "evt.arg.fd",
      "<4t>1.1.1.1:40000->2.2.2.2:80",
    ],
    [
      "a copied one",
      "dup2",
      { res: 1, oldfd: 5, newfd: 1, fd_type: typeCode("f"), fd_path: "/l" },
      "evt.arg.oldfd",
      "<f>/l",
    ],
    ["by place", "openat", { fd: -2, name: "/x" }, "evt.arg[2]", "/x"],
    ["by the first place", "openat", { fd: -2 }, "evt.arg[0]", "ENOENT"],
    ["by a place of our own parameters", "openat", { fd_type: 102 }, "evt.arg[8]", undefined],
    ["by a place that it does not have", "unlink", { res: 0 }, "evt.arg[9]", undefined],
    [
      "several strings are joined by dots",
      "execve",
      { args: new TextEncoder().encode("-l\0/a b\0") },
      "evt.arg.args",
      "-l./a b",
    ],
  ];
  for (const [title, type, params, field, value] of cases) {
    test(`${title}: ${field} of ${type}`, () => assert.equal(valueOf(field, eventOf(type, params)), value));
  }

  test("flags are rendered once and stay right when kept", () => {
    const flags = bind("evt.arg.flags");
    for (let i = 0; i < 3000; i++) {
      assert.equal(flags.get(eventOf("open", { flags: 1 })), "O_RDONLY");
      assert.equal(flags.get(eventOf("unlinkat", { flags: 0x200 })), "AT_REMOVEDIR");
      assert.equal(flags.get(eventOf("execve", { flags: 1 })), "EXE_WRITABLE");
      assert.equal(flags.get(eventOf("open", { flags: i << 17 })), i === 0 ? "O_NONE" : String(i << 17));
    }
  });
});

describe("one argument as it is", () => {
  const cases: [type: string, params: Params, field: string, value: Value | undefined][] = [
    ["open", { flags: 4097 }, "evt.rawarg.flags", 4097],
    ["open", { fd: -2 }, "evt.rawarg.fd", -2],
    ["open", { name: "a/b" }, "evt.rawarg.name", "a/b"],
    ["open", { ino: 0xffff_ffff_ffff_ffffn }, "evt.rawarg.ino", 0xffff_ffff_ffff_ffffn],
    ["setuid", { uid: 4294967295 }, "evt.rawarg.uid", 4294967295],
    ["listen", { backlog: -1 }, "evt.rawarg.backlog", -1],
    ["sendto", { data: Uint8Array.of(0, 255) }, "evt.rawarg.data", "\0\xff"],
    ["open", {}, "evt.rawarg.flags", undefined],
    ["unlink", {}, "evt.rawarg.flags", undefined],
  ];
  for (const [type, params, field, value] of cases) {
    test(`${field} of ${type}`, () => assert.equal(valueOf(field, eventOf(type, params)), value));
  }
});

describe("all arguments", () => {
  test("as name=raw(resolved), Falco's only", () => {
    const event = eventOf("openat", {
      fd: 3,
      dirfd: -100,
      name: "passwd",
      name_dir: "/etc",
      flags: 4097,
      mode: 0,
      dev: 0x803,
      ino: 42,
      fd_type: typeCode("f"),
    });
    const text = "fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=passwd(/etc/passwd) flags=4097(O_RDONLY|O_CLOEXEC) " +
      "mode=0 dev=803 ino=42";
    assert.equal(valueOf("evt.args", event), text);
    assert.equal(valueOf("evt.info", event), text);
  });
  test("that are not in the record are <NA>", () => {
    assert.equal(valueOf("evt.args", eventOf("unlink", { res: -2 })), "res=-2(ENOENT) path=<NA>");
  });
});

describe("evt.abspath", () => {
  const cases: [type: string, params: Params, field: string, value: Value | undefined][] = [
    ["openat", { name: "a/./b", name_dir: "/d" }, "evt.abspath", "/d/a/b"],
    ["openat", { name: "/a//b" }, "evt.abspath", "/a/b"],
    ["unlinkat", { name: "x", dirfd: 7 }, "evt.abspath", "<UNKNOWN>x"],
    ["renameat2", { oldpath: "o", oldpath_dir: "/a", newpath: "n", newpath_dir: "/b" }, "evt.abspath", "/a/o"],
    ["renameat2", { oldpath: "o", oldpath_dir: "/a", newpath: "n", newpath_dir: "/b" }, "evt.abspath.src", "/a/o"],
    ["renameat2", { oldpath: "o", oldpath_dir: "/a", newpath: "n", newpath_dir: "/b" }, "evt.abspath.dst", "/b/n"],
    ["openat", {}, "evt.abspath", undefined],
    ["open", { name: "/x" }, "evt.abspath", undefined],
  ];
  for (const [type, params, field, value] of cases) {
    test(`${field} of ${type} ${value}`, () => assert.equal(valueOf(field, eventOf(type, params)), value));
  }
});

describe("evt.rawarg in outputs", () => {
  const cases: [type: string, params: Params, field: string, value: Value | undefined][] = [
    ["open", { mode: 0o644 }, "evt.rawarg.mode", "644"],
    ["open", { dev: 0xfd01 }, "evt.rawarg.dev", "FD01"],
    ["open", { flags: 4097 }, "evt.rawarg.flags", "1001"],
    ["creat", { creat_flags: 31 }, "evt.rawarg.creat_flags", "1F"],
    ["socket", { domain: 10 }, "evt.rawarg.domain", 10],
    ["execve", { cap_effective: 0x1ff_ffff_ffffn }, "evt.rawarg.cap_effective", "1FFFFFFFFFF"],
    ["open", { fd: -2 }, "evt.rawarg.fd", -2],
    ["open", { name: "a/b" }, "evt.rawarg.name", "a/b"],
    ["open", {}, "evt.rawarg.mode", undefined],
  ];
  for (const [type, params, field, value] of cases) {
    test(`${field} of ${type} is ${value}`, () => assert.equal(bind(field).output!(eventOf(type, params)), value));
  }
});

describe("evt.buffer", () => {
  test("is the data as it is", () => {
    const event = eventOf("sendto", { data: Uint8Array.of(0x41, 0, 0xff, 0x42) });
    assert.equal(valueOf("evt.buffer", event), "A\0\xffB");
  });
  test("is missing without data", () => {
    assert.equal(valueOf("evt.buffer", eventOf("sendto")), undefined);
    assert.equal(valueOf("evt.buffer", eventOf("ptrace", { data: 1 })), undefined);
  });
});

describe("the paths of a file system call", () => {
  const cases: [title: string, type: string, params: Params, fields: Record<string, Value | undefined>][] = [
    ["one", "unlink", { res: 0, path: "a/../b", path_dir: "/d" }, {
      "fs.path.name": "/d/b",
      "fs.path.nameraw": "a/../b",
      "fs.path.source": undefined,
      "fs.path.target": undefined,
    }],
    ["an absolute one is not normalised", "mkdir", { res: 0, path: "/a//b" }, { "fs.path.name": "/a//b" }],
    ["of a call that failed", "unlink", { res: -2, path: "/a" }, {
      "fs.path.name": undefined,
      "fs.path.nameraw": undefined,
    }],
    ["of an open that failed, but for EPERM", "open", { fd: -2, name: "/a" }, { "fs.path.name": "/a" }],
    ["of an open that failed with EPERM", "open", { fd: -1, name: "/a" }, { "fs.path.name": undefined }],
    ["fchmod's is its descriptor's", "fchmod", { res: 0, fd: 3, fd_type: typeCode("f"), fd_path: "/x" }, {
      "fs.path.name": "/x",
      "fs.path.source": undefined,
    }],
    ["two, of rename", "rename", { res: 0, oldpath: "/a", newpath: "b", newpath_dir: "/d" }, {
      "fs.path.name": undefined,
      "fs.path.source": "/a",
      "fs.path.target": "/d/b",
      "fs.path.targetraw": "b",
    }],
    ["two, of link: the source is what is made", "link", { res: 0, oldpath: "/a", newpath: "/b" }, {
      "fs.path.source": "/b",
      "fs.path.target": "/a",
    }],
    ["two, of symlink", "symlinkat", { res: 0, target: "x", linkpath: "/b" }, {
      "fs.path.source": "/b",
      "fs.path.target": "/home/user/x",
      "fs.path.targetraw": "x",
    }],
    ["none", "execve", { res: 0 }, { "fs.path.name": undefined }],
  ];
  run(cases);
});

test("evt.arg of a relative path works without a process", () => {
  const event = eventOf("unlink", { path: "x" }, { process: null });
  assert.equal(valueOf("evt.arg.path", event), "./x");
  const unknown = eventOf("unlink", { path: "x" }, { process: processOf({ cwd: undefined }) });
  assert.equal(valueOf("evt.arg.path", unknown), "./x");
});
