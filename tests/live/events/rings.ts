// SPDX-License-Identifier: Apache-2.0

/** What is done through an io_uring: tests/live/calls/rings.c. Each is the event of the system call that does the same. */
import type { Facts } from "../calls.ts";
import { behind, type Expected, helper, like, opened, type Row } from "./row.ts";

const NOWHERE = "/nowhere/at/all";
const LOOPBACK = "127.0.0.1";
const CWD = "-100(AT_FDCWD)";
const RING = { "evt.is_io_uring": "true" };

/** Rows of one act, each of whose records is marked as a ring's. */
function rows(act: string, types: Readonly<Record<string, (facts: Facts) => readonly Expected[]>>): Row[] {
  return Object.entries(types).map(([type, expect]) => ({
    type,
    act,
    expect: (facts) => expect(facts).map((one) => ({ ...one, fields: { ...RING, ...one.fields } })),
  }));
}

/** A file that `made` tells of. */
function made(f: Facts): Expected["own"] {
  return { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! };
}

/** An open of `made` that makes it, from whatever thread. */
function makes(f: Facts): Expected {
  return {
    args: `fd=${f.made}(<f>${f.here}/made) dirfd=${CWD} name=made(${f.here}/made) ` +
      `flags=16390(O_CREAT|O_WRONLY|O_F_CREATED) mode=0600 ${opened(f, "made")}`,
    own: made(f)!,
    fields: { ...helper(f), "fd.realpath": `${f.here}/made` },
  };
}

/** Own parameters of a socket whose facts are at `key`. */
function socket(f: Facts, key: string, tuple: string | RegExp, proto: number, role: number): Expected["own"] {
  return { ...behind(f, key, "4"), fd_tuple: tuple, fd_proto: proto, fd_role: role };
}

function ends(from: string | undefined, to: string | undefined): string {
  return `${LOOPBACK}:${from}->${LOOPBACK}:${to}`;
}

const FILES = rows("ring-files", {
  openat: (f) => [
    {
      args: `fd=${f.made}(<f>${f.here}/made) dirfd=${CWD} name=made(${f.here}/made) ` +
        `flags=20487(O_CREAT|O_RDWR|O_CLOEXEC|O_F_CREATED) mode=0640 ${opened(f, "made")}`,
      own: made(f)!,
      fields: { ...helper(f), "fd.name": `${f.here}/made`, "evt.is_open_write": "true" },
    },
    { args: `fd=-2(ENOENT) dirfd=${CWD} name=${NOWHERE} flags=1(O_RDONLY) mode=0 dev=0 ino=0` },
  ],
  openat2: (f) => [
    {
      args: `fd=${f.second}(<f>${f.here}/made) dirfd=${CWD} name=made(${f.here}/made) ` +
        `flags=4097(O_RDONLY|O_CLOEXEC) mode=0 resolve=1(RESOLVE_BENEATH) ${opened(f, "second")}`,
      own: made(f)!,
    },
    {
      args: `fd=-18(EXDEV) dirfd=${CWD} name=../made(${f.here!.replace(/[^/]*$/, "made")}) ` +
        "flags=4097(O_RDONLY|O_CLOEXEC) mode=0 resolve=1(RESOLVE_BENEATH) dev=0 ino=0",
      own: { name_dir: f.here! },
    },
  ],
  mkdirat: (f) => [
    {
      args: `res=0 dirfd=${f.dir}(<d>${f.here}/dir) path=sub(${f.here}/dir/sub) mode=0750`,
      own: { ...behind(f, "dir", "d", `${f.here}/dir`), path_dir: `${f.here}/dir` },
    },
    { args: `res=-2(ENOENT) dirfd=${CWD} path=${NOWHERE} mode=0700` },
  ],
  linkat: (f) => [
    {
      args: `res=0 olddir=${CWD} oldpath=made(${f.here}/made) newdir=${f.dir}(<d>${f.here}/dir) ` +
        `newpath=hard(${f.here}/dir/hard) flags=0`,
      own: { oldpath_dir: f.here!, newpath_dir: `${f.here}/dir` },
    },
    {
      args: `res=-2(ENOENT) olddir=${CWD} oldpath=${NOWHERE} newdir=${CWD} newpath=hard(${f.here}/hard) ` +
        "flags=1024(AT_SYMLINK_FOLLOW)",
      own: { newpath_dir: f.here! },
    },
  ],
  symlinkat: (f) => [
    {
      args: `res=0 target=../made linkdirfd=${f.dir}(<d>${f.here}/dir) linkpath=soft(${f.here}/dir/soft)`,
      own: { ...behind(f, "dir", "d", `${f.here}/dir`), linkpath_dir: `${f.here}/dir` },
    },
    { args: `res=-2(ENOENT) target=target linkdirfd=${CWD} linkpath=${NOWHERE}` },
  ],
  renameat2: (f) => [
    {
      args: `res=0 olddirfd=${f.dir}(<d>${f.here}/dir) oldpath=hard(${f.here}/dir/hard) newdirfd=${CWD} ` +
        `newpath=moved(${f.here}/moved) flags=1(RENAME_NOREPLACE)`,
      own: { oldpath_dir: `${f.here}/dir`, newpath_dir: f.here! },
    },
    {
      args: `res=-2(ENOENT) olddirfd=${CWD} oldpath=${NOWHERE} newdirfd=${CWD} newpath=moved(${f.here}/moved) flags=0`,
      own: { newpath_dir: f.here! },
    },
  ],
  unlinkat: (f) => [
    {
      args: `res=0 dirfd=${f.dir}(<d>${f.here}/dir) name=sub(${f.here}/dir/sub) flags=512(AT_REMOVEDIR)`,
      own: { ...behind(f, "dir", "d", `${f.here}/dir`), name_dir: `${f.here}/dir` },
    },
    { args: `res=-2(ENOENT) dirfd=${CWD} name=${NOWHERE} flags=0` },
  ],
});

const NETWORK = rows("ring-network", {
  connect: (f) => [
    {
      args: `res=0 tuple=${ends(f.own, f.port)} fd=${f.client}(<4t>${ends(f.own, f.port)}) addr=${LOOPBACK}:${f.port}`,
      own: socket(f, "client", ends(f.own, f.port), 6, 1)!,
      fields: { ...helper(f), "fd.sport": f.port! },
    },
    {
      args: `res=-111(ECONNREFUSED) tuple=NULL fd=${f.refused}(<4t>) addr=${LOOPBACK}:1`,
      own: socket(f, "refused", /->127\.0\.0\.1:\d$/, 6, 1)!,
    },
  ],
  accept4: (f) => [
    {
      args: `fd=${f.accepted}(<4t>${ends(f.own, f.port)}) tuple=${ends(f.own, f.port)} ` +
        "queuepct=0 queuelen=0 queuemax=4 flags=80000",
      own: socket(f, "accepted", ends(f.port, f.own), 6, 2)!,
      fields: { "fd.cport": f.own!, "fd.sport": f.port! },
    },
    { args: "fd=-22(EINVAL) tuple=NULL queuepct=0 queuelen=0 queuemax=0 flags=0" },
  ],
  sendmsg: (f) => [{
    args: `res=5 data=hello fd=${f.sender}(<4u>0.0.0.0:${f.from}->${LOOPBACK}:${f.to}) size=5 ` +
      `tuple=0.0.0.0:${f.from}->${LOOPBACK}:${f.to}`,
    own: { ...socket(f, "sender", `0.0.0.0:${f.from}->0.0.0.0:0`, 17, 0), new_peer: 1 },
  }],
  recvmsg: (f) => [{
    args: like(`res=5 size=5 data=hello tuple=* msgcontrol=NULL fd=${f.udp}(<4u>)`),
    own: { ...socket(f, "udp", `${LOOPBACK}:${f.to}->0.0.0.0:0`, 17, 0), new_peer: 0 },
  }],
  sendto: (f) => [
    {
      args: `res=11 data=hello world fd=${f.sender}(<4u>0.0.0.0:${f.from}->${LOOPBACK}:${f.to}) size=11 ` +
        `tuple=0.0.0.0:${f.from}->${LOOPBACK}:${f.to}`,
      own: { ...socket(f, "sender", `0.0.0.0:${f.from}->0.0.0.0:0`, 17, 0), new_peer: 0 },
    },
    {
      args: `res=4 data=ping fd=${f.client}(<4t>${ends(f.own, f.port)}) size=4 tuple=${ends(f.own, f.port)}`,
      own: { ...socket(f, "client", ends(f.own, f.port), 6, 1), new_peer: 0 },
    },
    { args: "res=-9(EBADF) data=lost fd=999 size=4 tuple=NULL" },
  ],
  recvfrom: (f) => [{
    args: `res=4 data=ping tuple=${ends(f.own, f.port)} fd=${f.accepted}(<4t>${ends(f.own, f.port)}) size=64`,
    own: { ...socket(f, "accepted", ends(f.port, f.own), 6, 2), new_peer: 0 },
  }],
});

/** Operations that older kernels have not got: they say EINVAL. */
const SOCKETS = rows("ring-sockets", {
  socket: (f) => [{
    args: Number(f.socket) < 0
      ? like("fd=-22(EINVAL) *")
      : `fd=${f.fd}(<4t>) domain=2(AF_INET) type=524289 proto=0 flags=4096(O_CLOEXEC)`,
    ...(Number(f.socket) < 0 ? {} : { own: socket(f, "fd", "0.0.0.0:0->0.0.0.0:0", 6, 0)! }),
  }],
  bind: (f) =>
    f.bind !== "0" ? [] : [{
      args: `res=0 addr=${LOOPBACK}:0 fd=${f.fd}(<4t>)`,
      own: socket(f, "fd", `${LOOPBACK}:${f.port}->0.0.0.0:0`, 6, 0)!,
    }],
  listen: (f) =>
    f.listen !== "0" ? [] : [{
      args: `res=0 fd=${f.fd}(<4t>${LOOPBACK}:${f.port}) backlog=7`,
      own: socket(f, "fd", `${LOOPBACK}:${f.port}->0.0.0.0:0`, 6, 2)!,
    }],
});

const WAYS: readonly Row[] = [
  ...rows("ring-async", { openat: (f) => [makes(f)] }),
  ...rows("ring-sqpoll", { openat: (f) => [makes(f)] }),
  ...rows("ring-linked", {
    openat: (f) => [
      makes(f),
      { args: `fd=-2(ENOENT) dirfd=${CWD} name=${NOWHERE} flags=1(O_RDONLY) mode=0 dev=0 ino=0` },
      {
        args: `fd=-125(ECANCELED) dirfd=${CWD} name=never(${f.here}/never) flags=1(O_RDONLY) mode=0 dev=0 ino=0`,
        own: { name_dir: f.here! },
      },
    ],
  }),
  ...rows("ring-direct", { // no descriptor: what the kernel returned, and the file
    openat: (f) => [{
      args: `fd=0(<f>${f.here}/made) dirfd=${CWD} name=made(${f.here}/made) flags=1(O_RDONLY) mode=0 ` +
        opened(f, "made"),
      own: made(f)!,
      fields: { "fd.name": `${f.here}/made`, "fd.realpath": `${f.here}/made` },
    }],
  }),
  ...rows("ring-silent", { // told when submitted, as if it succeeded
    openat: (f) => [{
      args: `fd=0 dirfd=${CWD} name=made(${f.here}/made) flags=1(O_RDONLY) mode=0 dev=0 ino=0`,
      own: { name_dir: f.here! },
      fields: { ...helper(f), "fd.name": `${f.here}/made`, "evt.failed": "false" },
    }],
  }),
  ...rows("ring-overflow", {
    unlinkat: (f) => [{
      args: `res=0 dirfd=${CWD} name=made(${f.here}/made) flags=0`,
      own: { name_dir: f.here! },
    }],
  }),
  ...rows("ring-refused", {
    openat: () => [{ args: `fd=-14(EFAULT) dirfd=${CWD} name=<NA> flags=1(O_RDONLY) mode=0 dev=0 ino=0` }],
    unlinkat: (f) => [{
      args: `res=-22(EINVAL) dirfd=${CWD} name=there(${f.here}/there) flags=0`,
      own: { name_dir: f.here! },
    }],
  }),
  ...rows("ring-multishot", {
    accept4: (f) =>
      [0, 1].map((i) => ({
        args: `fd=${f[`accepted${i}`]}(<4t>${ends(f[`client${i}`], f.port)}) tuple=${ends(f[`client${i}`], f.port)} ` +
          "queuepct=0 queuelen=0 queuemax=4 flags=0",
        own: socket(f, `accepted${i}`, ends(f.port, f[`client${i}`]), 6, 2)!,
      })),
  }),
];

/** Rows of tests/live/calls/rings.c. */
export const RING_ROWS: readonly Row[] = [...FILES, ...NETWORK, ...SOCKETS, ...WAYS];
