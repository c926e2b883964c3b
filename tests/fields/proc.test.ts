// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FIELDS } from "../../src/fields/catalogue.ts";
import type { Value } from "../../src/fields/field.ts";
import { HOST_CONTAINER } from "../../src/host/container.ts";
import type { Descriptor, Descriptors } from "../../src/host/descriptors.ts";
import type { Process } from "../../src/host/process.ts";
import { bind, BOOT, chain, eventOf, type EventParts, processOf, typeCode, valueOf } from "./support.ts";

type Fields = Record<string, Value | undefined>;

function check(process: Process | null, fields: Fields, parts: EventParts = {}): void {
  const event = eventOf("open", {}, { ...parts, process });
  for (const [field, value] of Object.entries(fields)) assert.deepEqual(valueOf(field, event), value, field);
}

describe("the process", () => {
  const cases: [title: string, facts: Partial<Process>, fields: Fields][] = [
    ["with arguments", { comm: "sh", exe: "/bin/sh", args: "-c\0echo  a b\0", exepath: "/usr/bin/dash" }, {
      "proc.name": "sh",
      "proc.exe": "/bin/sh",
      "proc.exepath": "/usr/bin/dash",
      "proc.args": "-c echo  a b",
      "proc.args[0]": "-c",
      "proc.args[1]": "echo  a b",
      "proc.args[2]": "", // out of range is empty, not missing
      "proc.args[x]": "-c echo  a b", // no number is no argument
      "proc.cmdline": "sh -c echo  a b",
      "proc.exeline": "/bin/sh -c echo  a b",
      "proc.cmdnargs": 2,
      "proc.cmdlenargs": 11,
    }],
    ["without arguments", { comm: "sh", exe: "-sh", args: "" }, {
      "proc.args": "",
      "proc.args[0]": "",
      "proc.cmdline": "sh",
      "proc.exeline": "-sh",
      "proc.cmdnargs": 0,
      "proc.cmdlenargs": 0,
    }],
    ["with an empty argument", { comm: "sh", args: "\0" }, {
      "proc.args": "",
      "proc.cmdline": "sh ",
      "proc.cmdnargs": 1,
    }],
    ["with a cut last argument", { comm: "sh", args: "a\0b" }, { "proc.args": "a b", "proc.cmdnargs": 2 }],
    ["with an environment", { env: "A=1\0PATH= /bin:/x \0AB=\0" }, {
      "proc.env": "A=1 PATH= /bin:/x  AB=",
      "proc.env[A]": "1",
      "proc.env[PATH]": "/bin:/x",
      "proc.env[AB]": "",
      "proc.env[B]": "",
    }],
    ["without one", {}, { "proc.env": "", "proc.env[HOME]": "" }],
    ["in a directory", { cwd: "/srv" }, { "proc.cwd": "/srv/" }],
    ["in the root", { cwd: "/" }, { "proc.cwd": "/" }],
    ["in an unknown directory", { cwd: undefined }, { "proc.cwd": "./" }],
    ["with ids", { pid: 50, ppid: 7, vpid: 1, vtid: 1, sid: 50, pgid: 50, vpgid: 1, tty: 34816 }, {
      "proc.pid": 50,
      "proc.ppid": 7,
      "proc.vpid": 1,
      "proc.sid": 50,
      "proc.pgid": 50,
      "proc.vpgid": 1,
      "proc.tty": 34816,
      "proc.is_sid_leader": true,
      "proc.is_pgid_leader": true,
      "proc.is_vpgid_leader": true,
    }],
    ["that leads nothing", { pid: 50, vpid: 50, sid: 7, pgid: 8, vpgid: 8 }, {
      "proc.is_sid_leader": false,
      "proc.is_pgid_leader": false,
      "proc.is_vpgid_leader": false,
    }],
    ["whose ids are not known", { vpid: -1, vpgid: -1, sid: -1, pgid: -1 }, {
      "proc.vpid": undefined,
      "proc.sid": undefined,
      "proc.pgid": undefined,
      "proc.is_vpgid_leader": false,
    }],
    ["with an executable", {
      exeFlags: 7,
      exeIno: 99n,
      exeInoCtime: 500n,
      exeInoMtime: 400n,
      startTime: 700n,
      execTime: 800n,
      pidnsStartTime: 100n,
    }, {
      "proc.is_exe_writable": true,
      "proc.is_exe_upper_layer": true,
      "proc.is_exe_from_memfd": true,
      "proc.is_exe_lower_layer": false,
      "proc.exe_ino": 99n,
      "proc.exe_ino.ctime": 500n,
      "proc.exe_ino.mtime": 400n,
      "proc.exe_ino.ctime_duration_proc_start": 200n,
      "proc.exe_ino.ctime_duration_pidns_start": 400n,
      "proc.pidns_init_start_ts": 100n,
      "proc.pid.ts": 700n,
    }],
    ["whose executable changed after it started: Falco's difference wraps", {
      exeInoCtime: 9n,
      startTime: 8n,
      execTime: 9n,
    }, {
      "proc.exe_ino.ctime_duration_proc_start": 0xffff_ffff_ffff_ffffn,
    }],
    ["whose executable is older than its pid namespace", {
      exeInoCtime: 9n,
      startTime: 10n,
      execTime: 9n,
      pidnsStartTime: 9n,
    }, {
      "proc.exe_ino.ctime_duration_pidns_start": undefined,
    }],
    ["of whose executable nothing is known", { exeFlags: 8 }, {
      "proc.is_exe_lower_layer": true,
      "proc.is_exe_writable": false,
      "proc.exe_ino": undefined,
      "proc.exe_ino.ctime": undefined,
      "proc.exe_ino.mtime": undefined,
      "proc.exe_ino.ctime_duration_proc_start": undefined,
      "proc.exe_ino.ctime_duration_pidns_start": undefined,
    }],
    ["whose exec was not seen", { exeInoCtime: 5n, startTime: 9n, execTime: 0n }, {
      "proc.exe_ino.ctime_duration_proc_start": undefined,
    }],
    ["with limits and sizes", {
      fdlimit: 1024,
      vmSize: 3,
      vmRss: 2,
      vmSwap: 1,
      threads: 4,
      majorFaults: 5,
      minorFaults: 6,
    }, {
      "proc.fdlimit": 1024,
      "proc.vmsize": 3,
      "proc.vmrss": 2,
      "proc.vmswap": 1,
      "proc.nthreads": 4,
      "proc.nchilds": 3,
      "thread.pfmajor": 5,
      "thread.pfminor": 6,
      "thread.vmsize": 3,
      "thread.vmrss": 2,
    }],
    ["with capabilities", { capPermitted: 3n, capEffective: 1n << 21n }, {
      "thread.cap_permitted": "CAP_CHOWN CAP_DAC_OVERRIDE",
      "thread.cap_effective": "CAP_SYS_ADMIN",
      "thread.cap_inheritable": "",
    }],
    ["in cgroups", { cgroups: "cpu=/a\0memory=/b=c\0" }, {
      "thread.cgroups": "cpu=/a memory=/b=c",
      "thread.cgroup.cpu": "/a",
      "thread.cgroup.memory": "/b=c",
      "thread.cgroup.blkio": undefined,
    }],
    ["of a login", { loginuid: 1000 }, { "user.loginuid": 1000, "user.loginname": "ada" }],
    ["of a login without entry", { loginuid: 77 }, { "user.loginuid": 77, "user.loginname": "<NA>" }],
    ["of no login", { loginuid: 4294967295 }, { "user.loginuid": -1, "user.loginname": "<NA>" }],
  ];
  for (const [title, facts, fields] of cases) test(title, () => check(processOf(facts), fields));

  test("has its record's directory where that is known", () => {
    const event = eventOf("open", { workdir: "/new" }, { process: processOf({ cwd: "/old" }) });
    assert.equal(valueOf("proc.cwd", event), "/new/");
  });

  test("has lived for some time", () => {
    const parent = processOf({ pid: 1, startTime: BOOT + 1n, startBoot: 1 });
    const process = processOf({ parent, startTime: BOOT + 400n, startBoot: 400 });
    check(process, { "proc.duration": 600, "proc.ppid.duration": 999, "proc.ppid.ts": BOOT + 1n }, {
      header: { ts: 1000n },
    });
    check(processOf({ startBoot: 0 }), { "proc.duration": undefined, "proc.ppid.duration": undefined });
  });
});

describe("threads", () => {
  const process = processOf({ pid: 50, vpid: 50, vtid: 50, vmSize: 9 });
  test("the main one", () => {
    check(process, { "thread.tid": 50, "thread.ismain": true, "thread.vtid": 50, "thread.vmsize": 9 });
  });
  test("another one", () => {
    const header = { tid: 51, pid: 50 };
    check(process, { "thread.tid": 51, "thread.ismain": false, "thread.vtid": 51, "thread.vmsize": 0 }, { header });
  });
  test("another one in a pid namespace: its id there is not known", () => {
    check(processOf({ pid: 50, vpid: 3, vtid: 3 }), { "thread.vtid": undefined }, { header: { tid: 51, pid: 50 } });
  });
});

describe("ancestors", () => {
  const process = chain("systemd", "sshd", "bash", "python3", "sh");
  test("by number: 0 is the process itself, too far is missing", () => {
    check(process, {
      "proc.aname[0]": "sh",
      "proc.aname[1]": "python3",
      "proc.aname[4]": "systemd",
      "proc.aname[5]": undefined,
      "proc.aname[999999]": undefined,
      "proc.aexe[2]": "/bin/bash",
      "proc.aexepath[3]": "/usr/bin/sshd",
      "proc.acmdline[2]": "bash",
      "proc.apid[1]": 103,
      "proc.aargs[1]": "",
    });
  });
  test("all of them: each for itself in a condition, joined in an output", () => {
    check(process, {
      "proc.aname": ["python3", "bash", "sshd", "systemd"],
      "proc.aname[x]": ["python3", "bash", "sshd", "systemd"],
      "proc.apid": [103, 102, 101, 100],
    });
    const event = eventOf("open", {}, { process });
    assert.equal(bind("proc.aname").several, "ancestors");
    assert.equal(bind("proc.aname").output!(event), "python3 bash sshd systemd");
    assert.equal(bind("proc.apid").output!(event), "103 102 101 100");
    assert.equal(bind("proc.aname[2]").several, undefined);
  });
  test("none", () => {
    check(processOf(), { "proc.aname": [], "proc.aname[1]": undefined, "proc.aargs": "" });
    assert.equal(bind("proc.aname").output!(eventOf("open")), "");
  });
  test("the parent", () => {
    check(process, {
      "proc.pname": "python3",
      "proc.pexe": "/bin/python3",
      "proc.pexepath": "/usr/bin/python3",
      "proc.pcmdline": "python3",
      "proc.pvpid": 103,
    });
    check(processOf(), { "proc.pname": undefined, "proc.pcmdline": undefined, "proc.pvpid": undefined });
    check(processOf({ parent: processOf({ vpid: -1 }) }), { "proc.pvpid": undefined });
  });
  test("the oldest shell", () => {
    check(process, { "proc.loginshellid": 102 });
    check(chain("init", "cat"), { "proc.loginshellid": undefined });
    check(chain("init", "bash"), { "proc.loginshellid": 101 });
  });
  test("their arguments, joined, are one text", () => {
    const parent = processOf({ args: "c\0", parent: processOf({ args: "a\0b\0" }) });
    check(processOf({ parent }), { "proc.aargs": "c a b", "proc.aargs[2]": "a b" });
  });
  test("their environments", () => {
    const parent = processOf({ env: "A=near\0", parent: processOf({ env: "A=far\0B=2\0" }) });
    const process = processOf({ env: "B=own\0", parent });
    check(process, {
      "proc.aenv": ["A=near", "A=far B=2"],
      "proc.aenv[A]": "near",
      "proc.aenv[B]": "2", // the process itself is no ancestor
      "proc.aenv[C]": "",
      "proc.aenv[2]": ["A=near", "A=far B=2"],
    });
    assert.equal(bind("proc.aenv[2]").output!(eventOf("open", {}, { process })), "A=far B=2");
  });
  test("a loop in the tree ends every walk", () => {
    const a = processOf({ pid: 1, comm: "a" });
    const b = processOf({ pid: 2, comm: "b", parent: a });
    a.parent = b;
    for (const start of [a, b, processOf({ pid: 3, comm: "c", parent: a })]) {
      const event = eventOf("open", {}, { process: start });
      const names = valueOf("proc.aname", event) as string[];
      assert.ok(names.length <= 4, String(names));
      assert.equal(valueOf("proc.aname[1000]", event), undefined);
      assert.equal(valueOf("proc.loginshellid", event), undefined);
    }
    const self = processOf({ pid: 1, comm: "s" });
    self.parent = self;
    assert.deepEqual(valueOf("proc.aname", eventOf("open", {}, { process: self })), []);
  });
  test("a deep tree is walked to its end", () => {
    const deep = chain(...Array.from({ length: 3000 }, (_, i) => `p${i}`));
    check(deep, { "proc.aname[2999]": "p0", "proc.aname[3000]": undefined });
  });
});

describe("leaders of session and process group", () => {
  const leader = processOf({ pid: 10, comm: "bash", exe: "-bash", exepath: "/bin/bash", sid: 10, pgid: 10 });
  const middle = processOf({ pid: 11, comm: "make", sid: 10, pgid: 11, parent: leader });
  const process = processOf({ pid: 12, comm: "cc", sid: 10, pgid: 11, vpgid: 11, vpid: 12, parent: middle });
  test("are found by their ids", () => {
    check(process, {
      "proc.sname": "bash",
      "proc.sid.exe": "-bash",
      "proc.sid.exepath": "/bin/bash",
      "proc.pgid.name": "make",
      "proc.vpgid.name": "make",
      "proc.vpgid.exe": "cat",
    }, { others: [leader, middle] });
  });
  test("or, once they are gone, by the oldest of the same", () => {
    check(process, { "proc.sname": "bash", "proc.pgid.name": "make" });
  });
  test("or are the process itself", () => {
    check(leader, { "proc.sname": "bash", "proc.pgid.name": "bash" });
  });
  test("or nobody: empty, not missing", () => {
    check(processOf({ pid: 5, sid: 9, pgid: 9 }), { "proc.sname": "", "proc.sid.exe": "", "proc.pgid.name": "" });
  });
});

describe("users and groups", () => {
  const cases: [uid: number, gid: number, user: string, group: string][] = [
    [0, 0, "root", "root"],
    [33, 33, "www-data", "www-data"],
    [1000, 1000, "ada", "staff"],
    [7, 7, "<NA>", "<NA>"],
    [4294967295, 4294967295, "<NA>", "<NA>"],
  ];
  for (const [uid, gid, user, group] of cases) {
    test(`${uid} and ${gid}`, () => {
      const fields = { "user.uid": uid, "user.name": user, "group.gid": gid, "group.name": group };
      // the record's ids count, not those of the last exec
      check(processOf({ uid: 5, gid: 5 }), fields, { header: { uid, gid } });
      check(null, fields, { header: { uid, gid } });
    });
  }
});

test("nothing of an unknown process has a value", () => {
  const event = eventOf("open", {}, { process: null });
  for (const field of FIELDS) {
    if (!/^(proc|container|k8s|vm|user\.login)/.test(field.name)) continue;
    const argument = field.argument === "required" ? "0" : undefined;
    assert.equal(field.bind(argument).get(event), undefined, field.name);
  }
});

test("what is said to be the process's alone is the same on every event", () => {
  const process = processOf({ comm: "sh", args: "-c\0id\0", env: "A=1\0", exeFlags: 3, container: HOST_CONTAINER });
  const names = FIELDS.filter((field) =>
    field.argument !== "required" && field.bind(undefined).ofProcess !== undefined
  );
  assert.ok(names.length > 10);
  for (const field of names) {
    const bound = field.bind(undefined);
    for (const type of ["open", "execve", "connect"]) {
      const event = eventOf(type, { workdir: "/x" }, { process, header: { uid: 5, tid: 7 } });
      assert.deepEqual(bound.get(event), bound.ofProcess!(process), field.name);
    }
  }
});

describe("descriptors that the process has beside the event's", () => {
  const behind: Record<number, Descriptor> = {
    0: { type: "pipe", name: "pipe:[7]" },
    1: { type: "file", name: "/var/log/x" },
    2: { type: "file", name: "/var/log/x" },
  };
  const descriptors: Descriptors = {
    of: (pid, fd) => pid === 50 ? behind[fd] : undefined,
    list: (pid) => pid === 50 ? [0, 1, 2] : undefined,
  };
  const process = processOf({ pid: 50, fdlimit: 12 });
  const socket = { fd_type: typeCode("4"), fd_proto: 6 };

  const cases: [string, Value | undefined][] = [
    ["proc.stdin.type", "pipe"],
    ["proc.stdin.name", "pipe:[7]"],
    ["proc.stdout.type", "file"],
    ["proc.stderr.name", "/var/log/x"],
    ["fd.types", ["pipe", "file"]],
    ["fd.types[1]", ["file"]],
    ["fd.types[9]", undefined],
    ["proc.fdopencount", 3],
    ["proc.fdusage", 25],
  ];
  for (const [field, value] of cases) {
    test(`${field} is ${String(value)}`, () => {
      const event = eventOf("setuid", {}, { process, descriptors });
      assert.deepEqual(valueOf(field, event), value);
      assert.equal(valueOf(field, eventOf("setuid", {}, { descriptors })), undefined, "of a process that is gone");
      assert.equal(valueOf(field, eventOf("setuid", {}, { process })), undefined, "in a replay");
    });
  }

  test("the event's own is what the record tells, whatever became of it", () => {
    const event = eventOf("dup2", { res: 0, oldfd: 9, newfd: 0, ...socket }, { process, descriptors });
    assert.deepEqual(valueOf("fd.types[0]", event), ["ipv4"]);
    assert.deepEqual(valueOf("fd.types", event), ["ipv4", "file"]);
    assert.equal(valueOf("proc.stdin.type", event), "ipv4");
  });

  test("fd.types takes no name", () => assert.throws(() => bind("fd.types[x]"), { name: "FieldError" }));
});
