// SPDX-License-Identifier: Apache-2.0

/** Ways around a sensor that goes by what programs say; docs/evasion.md speaks of each by the name of its act. */
import process from "node:process";
import { behind, type Expected, helper, like, opened, type Row } from "./row.ts";

/** 32-bit calls on x86-64. */
const COMPAT_ROWS: readonly Row[] = [
  {
    type: "open",
    act: "open32",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/made) name=made(${f.here}/made) flags=16391(O_CREAT|O_RDWR|O_F_CREATED) ` +
          `mode=0640 ${opened(f, "made")}`,
        own: { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! },
        fields: { ...helper(f), "evt.is_compat": "true" },
      },
      {
        args: `fd=-17(EEXIST) name=made(${f.here}/made) flags=39(O_EXCL|O_CREAT|O_RDWR) mode=0640 dev=0 ino=0`,
        own: { name_dir: f.here! },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "openat",
    act: "program32",
    expect: (f) => [
      {
        args: `fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=no-such-file(${f.here}/no-such-file) flags=1(O_RDONLY) ` +
          "mode=0 dev=0 ino=0",
        own: { name_dir: f.here! },
        fields: { "evt.is_compat": "true", "proc.name": "calls32", "proc.pid": f.child! },
      },
    ],
  },
  {
    type: "socket",
    act: "socketcall",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<4u>) domain=2(AF_INET) type=2 proto=0 flags=0(O_NONE)`,
        own: { ...behind(f, "fd", "4"), fd_tuple: "0.0.0.0:0->0.0.0.0:0", fd_proto: 17, fd_role: 0 },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "connect",
    act: "socketcall",
    expect: (f) => [
      {
        args: like(`res=0 tuple=127.0.0.1:#->127.0.0.1:53 fd=${f.fd}(<4u>*) addr=127.0.0.1:53`),
        own: { ...behind(f, "fd", "4"), fd_tuple: /->127\.0\.0\.1:53$/, fd_proto: 17, fd_role: 1 },
        fields: { ...helper(f), "evt.is_compat": "true", "fd.sport": 53 },
      },
    ],
  },
];

/** What a register holds above the bits that the kernel takes does not count, on x86-64. */
const DIRTY_ROWS: readonly Row[] = [
  {
    type: "openat",
    act: "dirty-number",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/made) dirfd=-100(AT_FDCWD) name=made(${f.here}/made) ` +
          `flags=16391(O_CREAT|O_RDWR|O_F_CREATED) mode=0640 ${opened(f, "made")}`,
        own: { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! },
        fields: { ...helper(f), "evt.is_compat": "false" },
      },
      {
        args: `fd=-17(EEXIST) dirfd=-100(AT_FDCWD) name=made(${f.here}/made) flags=39(O_EXCL|O_CREAT|O_RDWR) ` +
          "mode=0640 dev=0 ino=0",
        own: { name_dir: f.here! },
      },
    ],
  },
  {
    type: "openat",
    act: "dirty-arguments",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/made) dirfd=-100(AT_FDCWD) name=made(${f.here}/made) ` +
          `flags=16391(O_CREAT|O_RDWR|O_F_CREATED) mode=0640 ${opened(f, "made")}`,
        own: { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! },
        fields: helper(f),
      },
    ],
  },
  {
    type: "socket",
    act: "dirty-arguments",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<4u>) domain=2(AF_INET) type=2 proto=0 flags=0(O_NONE)`,
        own: { ...behind(f, "fd", "4"), fd_tuple: "0.0.0.0:0->0.0.0.0:0", fd_proto: 17, fd_role: 0 },
      },
    ],
  },
  {
    type: "connect",
    act: "dirty-arguments",
    expect: (f) => [
      {
        args: like(`res=0 tuple=127.0.0.1:#->127.0.0.1:53 fd=${f.fd}(<4u>*) addr=127.0.0.1:53`),
        own: { ...behind(f, "fd", "4"), fd_tuple: /->127\.0\.0\.1:53$/, fd_proto: 17, fd_role: 1 },
      },
    ],
  },
  {
    type: "socket",
    act: "dirty-socketcall",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<4u>) domain=2(AF_INET) type=2 proto=0 flags=0(O_NONE)`,
        own: { ...behind(f, "fd", "4"), fd_tuple: "0.0.0.0:0->0.0.0.0:0", fd_proto: 17, fd_role: 0 },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "sendto",
    act: "dirty-socketcall",
    expect: (f) => [
      {
        args: like(`res=4 data=ping fd=${f.sender}(<u>*) size=4 tuple=*`),
        own: { ...behind(f, "sender", "u"), fd_tuple: /^[0-9a-f]+->[0-9a-f]+ $/, fd_proto: 0, fd_role: 0, new_peer: 0 },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "recvfrom",
    act: "dirty-socketcall",
    expect: (f) => [
      {
        args: like(`res=4 data=ping tuple=* fd=${f.receiver}(<u>*) size=4`),
        own: {
          ...behind(f, "receiver", "u"),
          fd_tuple: /^[0-9a-f]+->[0-9a-f]+ $/,
          fd_proto: 0,
          fd_role: 0,
          new_peer: 0,
        },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "mmap",
    act: "old-mmap",
    expect: (f) => [
      {
        args: like(
          `res=${f.mapped} vm_size=# vm_rss=# vm_swap=0 addr=0 length=4096 prot=5(PROT_READ|PROT_EXEC) ` +
            `flags=2(MAP_PRIVATE) fd=${f.exe}(<f>${helper(f)["proc.exepath"]}) offset=4096`,
        ),
        own: behind(f, "exe", "f", String(helper(f)["proc.exepath"])),
        fields: { ...helper(f), "evt.is_compat": "true" },
      },
    ],
  },
  {
    type: "setuid",
    act: "small-ids",
    expect: (f) => [{ args: "res=0 uid=0(root)", fields: { ...helper(f), "evt.is_compat": "true" } }],
  },
  {
    type: "chown",
    act: "small-ids",
    expect: (f) => [
      {
        args: `res=0 path=file(${f.here}/file) uid=1 gid=4294967295`,
        own: { path_dir: f.here! },
        fields: { "evt.is_compat": "true" },
      },
    ],
  },
];

/** Rows of tests/live/calls/evasions.c. */
export const EVASION_ROWS: readonly Row[] = [
  ...(process.arch === "x64" ? [...COMPAT_ROWS, ...DIRTY_ROWS] : []),
  {
    type: "openat",
    act: "toctou",
    expect: (f) => [
      { // the thread that swaps the name
        args: like(`fd=#(<f>${f.here}/fifo) dirfd=-100(AT_FDCWD) name=fifo(${f.here}/fifo) *`),
        own: { ...behind(f, "opened", "p", `${f.here}/fifo`), name_dir: f.here! },
      },
      {
        args: `fd=${f.opened}(<f>${f.here}/innocent) dirfd=-100(AT_FDCWD) name=innocent(${f.here}/innocent) ` +
          `flags=1(O_RDONLY) mode=0 ${opened(f, "opened")}`,
        own: { ...behind(f, "opened", "p", `${f.here}/fifo`), name_dir: f.here! },
        fields: { "fd.name": `${f.here}/innocent`, "fd.realpath": `${f.here}/fifo`, "fd.ino": f.opened_ino! },
      },
    ],
  },
  {
    type: "openat",
    act: "vanish",
    expect: (f) => [
      { // the thread that throws the memory away
        args: like(`fd=#(<f>${f.here}/fifo) dirfd=-100(AT_FDCWD) name=fifo(${f.here}/fifo) *`),
        own: { ...behind(f, "opened", "p", `${f.here}/fifo`), name_dir: f.here! },
      },
      {
        args: `fd=${f.opened}(<f>${f.here}/fifo) dirfd=-100(AT_FDCWD) name=<NA> flags=1(O_RDONLY) mode=0 ` +
          opened(f, "opened"),
        own: behind(f, "opened", "p", `${f.here}/fifo`),
        fields: { "fd.name": `${f.here}/fifo`, "fd.filename": "fifo", "fd.directory": f.here! },
      },
    ],
  },
  {
    type: "openat",
    act: "names",
    expect: (f) =>
      ([
        [`${f.here}/symlink`, `${f.here}/dir/secret`],
        [`${f.here}/dirlink/secret`, `${f.here}/dir/secret`],
        [`${f.here}/dir/secret`, `${f.here}/dir/secret`],
        [`/proc/self/root${f.here}/dir/secret`, `${f.here}/dir/secret`],
        [/^\/proc\/self\/fd\/\d+\/secret$/, `${f.here}/dir/secret`],
        [`${f.here}/other/secret`, `${f.here}/other/secret`], // a bind mount
        [`${f.here}/hardlink`, `${f.here}/hardlink`],
        ["/secret", `${f.here}/dir/secret`], // behind chroot
      ] as const).map(([name, real]): Expected => ({
        args: like(`fd=#(<f>*) dirfd=-100(AT_FDCWD) name=* flags=1(O_RDONLY) mode=0 ${opened(f, "file")}`),
        own: {
          ...behind(f, "file", "f", real),
          ...(name === "/secret" || name instanceof RegExp || name.startsWith("/proc") ? {} : { name_dir: f.here! }),
        },
        fields: { "fd.name": name, "fd.realpath": real },
      })),
  },
];
