// SPDX-License-Identifier: Apache-2.0

/** Calls that change what paths mean, and files' owners. */
import process from "node:process";
import { behind, helper, opened, result, type Row } from "./row.ts";

const EBADF = "-9(EBADF)";
const ENOENT = "-2(ENOENT)";
const NOWHERE = "/nowhere/at/all";

/** The old call without flags, which only 32-bit programs have. */
const UMOUNT: Row = {
  type: "umount",
  expect: (f) => [
    { args: `res=0 name=dir(${f.here}/dir)`, own: { name_dir: f.here! }, fields: { "evt.is_compat": "true" } },
    { args: `res=${ENOENT} name=${NOWHERE}` },
  ],
};

/** Rows of tests/live/calls/places.c. */
export const PLACE_ROWS: readonly Row[] = [
  {
    type: "chdir",
    expect: (f) => [
      { args: "res=0 path=dir", own: { workdir: `${f.here}/dir` } },
      { args: `res=${ENOENT} path=${NOWHERE}`, own: { workdir: `${f.here}/dir` } },
    ],
  },
  {
    type: "fchdir",
    expect: (f) => [
      {
        args: `res=0 fd=${f.dir}(<d>${f.here}/dir)`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), workdir: `${f.here}/dir` },
        fields: { "fd.name": `${f.here}/dir` },
      },
      { args: `res=${EBADF} fd=999`, own: { workdir: `${f.here}/dir` } },
    ],
  },
  {
    type: "chroot",
    expect: (f) => [
      { args: `res=${ENOENT} path=${NOWHERE}`, fields: helper(f) },
      { args: `res=0 path=dir(${f.here}/dir)`, own: { path_dir: f.here! } },
    ],
  },
  {
    type: "mount",
    expect: (f) => [
      {
        args: `res=0 dev=some dir=dir(${f.here}/dir) type=tmpfs flags=10(MS_NOSUID|MS_NOEXEC)`,
        own: { dir_dir: f.here! },
        fields: helper(f),
      },
      {
        args: `res=0 dev=/proc dir=dir(${f.here}/dir) type=<NA> flags=20480(MS_BIND|MS_REC)`,
        own: { dir_dir: f.here! },
      },
      { args: `res=${ENOENT} dev=none dir=${NOWHERE} type=nosuchfs flags=1(MS_RDONLY)` },
    ],
  },
  {
    type: "umount2",
    expect: (f) => [
      {
        args: `res=0 name=dir(${f.here}/dir) flags=10(MNT_DETACH|UMOUNT_NOFOLLOW)`,
        own: { name_dir: f.here! },
        fields: helper(f),
      },
      { args: `res=${ENOENT} name=${NOWHERE} flags=0` },
    ],
  },
  ...(process.arch === "x64" ? [UMOUNT] : []),
  { // the record is made after the call: the old tree hangs at its new place by then
    type: "pivot_root",
    expect: (f) => [
      {
        args: `res=0 new_root=root(/old${f.here}/root) put_old=root/old(/old${f.here}/root/old)`,
        own: { new_root_dir: `/old${f.here}`, put_old_dir: `/old${f.here}` },
      },
      { args: `res=${ENOENT} new_root=${NOWHERE} put_old=/` },
    ],
  },
  { // neither a swap area nor a disk with quotas is at hand: failures only
    type: "swapon",
    expect: (f) => [
      {
        args: `res=${result(f.result)} path=swap(${f.here}/swap) flags=32773`,
        own: { path_dir: f.here! },
        fields: helper(f),
      },
    ],
  },
  {
    type: "quotactl",
    expect: (f) => [
      {
        args: `res=${result(f.result)} cmd=8388615(Q_GETQUOTA) type=1 id=1000 special=${NOWHERE}`,
        fields: helper(f),
      },
    ],
  },
  {
    type: "chown",
    expect: (f) => [
      {
        args: `res=0 path=file(${f.here}/file) uid=65534 gid=4294967295`,
        own: { path_dir: f.here! },
        fields: helper(f),
      },
      { args: `res=${ENOENT} path=${NOWHERE} uid=0 gid=0` },
    ],
  },
  {
    type: "lchown",
    expect: (f) =>
      [["0", "link"], [ENOENT, "absent"]].map(([result, name]) => ({
        args: `res=${result} path=${name}(${f.here}/${name}) uid=1 gid=2`,
        own: { path_dir: f.here! },
        fields: helper(f),
      })),
  },
  {
    type: "fchown",
    expect: (f) => [
      {
        args: `res=0 fd=${f.file}(<f>${f.here}/file) uid=1 gid=2`,
        own: behind(f, "file", "f", `${f.here}/file`),
        fields: { ...helper(f), "fd.name": `${f.here}/file` },
      },
      { args: `res=${EBADF} fd=999 uid=1 gid=2` },
    ],
  },
  {
    type: "fchownat",
    expect: (f) =>
      [["0", "file", "256(AT_SYMLINK_NOFOLLOW)"], [ENOENT, "absent", "0"]].map(([result, name, flags]) => ({
        args: `res=${result} dirfd=${f.dir}(<d>${f.here}/dir) pathname=${name}(${f.here}/dir/${name}) uid=1 gid=2 ` +
          `flags=${flags}`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), pathname_dir: `${f.here}/dir` },
        fields: helper(f),
      })),
  },
  {
    type: "open_by_handle_at",
    expect: (f) => [
      {
        args: `fd=${f.file}(<f>${f.here}/file) mountfd=${f.mount} flags=4097(O_RDONLY|O_CLOEXEC) ` +
          `path=${f.here}/file ${opened(f, "file")}`,
        own: behind(f, "file", "f", `${f.here}/file`),
        fields: { ...helper(f), "fd.name": `${f.here}/file` },
      },
      { args: `fd=${EBADF} mountfd=999 flags=3(O_RDWR) path=<NA> dev=0 ino=0` },
    ],
  },
];
