// SPDX-License-Identifier: Apache-2.0

/** Calls that open, name and describe files. */
import { behind, helper, opened, type Row } from "./row.ts";

const EBADF = "-9(EBADF)";
const ENOENT = "-2(ENOENT)";
const EEXIST = "-17(EEXIST)";
const CREATED = "O_F_CREATED";

/** Rows of tests/live/calls/files.c. */
export const FILE_ROWS: readonly Row[] = [
  {
    type: "openat",
    expect: (f) => [
      {
        args:
          `fd=${f.made}(<f>${f.here}/dir/made) dirfd=${f.dir}(<d>${f.here}/dir) name=../dir/made(${f.here}/dir/made) ` +
          `flags=20519(O_EXCL|O_CREAT|O_RDWR|O_CLOEXEC|${CREATED}) mode=0640 ${opened(f, "made")}`,
        own: { ...behind(f, "made", "f", `${f.here}/dir/made`), name_dir: `${f.here}/dir` },
        fields: { ...helper(f), "fd.name": `${f.here}/dir/made`, "fd.nameraw": "../dir/made", "fd.num": f.made! },
      },
      {
        args: `fd=${f.cwd}(<d>${f.here}) dirfd=-100(AT_FDCWD) name=.(${f.here}) ` +
          `flags=3073(O_LARGEFILE|O_DIRECTORY|O_RDONLY) mode=0 ${opened(f, "cwd")}`,
        own: { ...behind(f, "cwd", "d", f.here), name_dir: f.here! },
        fields: { "fd.type": "directory" },
      },
      {
        args: `fd=${ENOENT} dirfd=${f.dir}(<d>${f.here}/dir) name=absent(${f.here}/dir/absent) ` +
          "flags=330(O_TRUNC|O_NONBLOCK|O_APPEND|O_WRONLY) mode=0 dev=0 ino=0",
        own: { name_dir: `${f.here}/dir` },
        fields: { "evt.res": "ENOENT", "evt.failed": "true", "fd.name": `${f.here}/dir/absent` },
      },
      { args: `fd=${ENOENT} dirfd=999 name=/nowhere/at/all flags=1(O_RDONLY) mode=0 dev=0 ino=0` },
      { args: "fd=-14(EFAULT) dirfd=-100(AT_FDCWD) name=<NA> flags=1(O_RDONLY) mode=0 dev=0 ino=0" },
      {
        args: `fd=-22(EINVAL) dirfd=-100(AT_FDCWD) name=.(${f.here}) ` +
          "flags=9361(O_DIRECTORY|O_SYNC|O_DSYNC|O_RDONLY|O_TMPFILE) mode=0600 dev=0 ino=0",
        own: { name_dir: f.here! },
      },
    ],
  },
  {
    type: "openat2",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/dir/made) dirfd=${f.dir}(<d>${f.here}/dir) name=made(${f.here}/dir/made) ` +
          `flags=16391(O_CREAT|O_RDWR|${CREATED}) mode=0600 resolve=9(RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS) ` +
          opened(f, "made"),
        own: { ...behind(f, "made", "f", `${f.here}/dir/made`), name_dir: `${f.here}/dir` },
        fields: { ...helper(f), "fd.name": `${f.here}/dir/made` },
      },
      {
        args: `fd=-18(EXDEV) dirfd=${f.dir}(<d>${f.here}/dir) name=../out(${f.here}/out) ` +
          "flags=7(O_CREAT|O_RDWR) mode=0600 resolve=9(RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS) dev=0 ino=0",
        own: { name_dir: `${f.here}/dir` },
      },
    ],
  },
  {
    type: "open",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/made) name=made(${f.here}/made) flags=16390(O_CREAT|O_WRONLY|${CREATED}) ` +
          `mode=0640 ${opened(f, "made")}`,
        own: { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! },
        fields: { ...helper(f), "fd.name": `${f.here}/made`, "evt.is_open_create": "true" },
      },
      {
        args: `fd=${f.null}(<f>/dev/null) name=/dev/../dev/null flags=17(O_DSYNC|O_RDONLY) mode=0 ${opened(f, "null")}`,
        own: behind(f, "null", "f", "/dev/null"),
        fields: { "fd.name": "/dev/null", "fd.nameraw": "/dev/../dev/null" },
      },
      { args: `fd=${ENOENT} name=/nowhere/at/all flags=1(O_RDONLY) mode=0 dev=0 ino=0` },
      {
        args: `fd=${ENOENT} name=absent(${f.here}/absent) flags=1(O_RDONLY) mode=0 dev=0 ino=0`,
        own: { name_dir: f.here! },
      },
    ],
  },
  {
    type: "creat",
    expect: (f) => [
      {
        args: `fd=${f.made}(<f>${f.here}/made) name=made(${f.here}/made) mode=0604 ${opened(f, "made")} ` +
          "creat_flags=16384",
        own: { ...behind(f, "made", "f", `${f.here}/made`), name_dir: f.here! },
        fields: { ...helper(f), "fd.name": `${f.here}/made` },
      },
      {
        args: `fd=${ENOENT} name=absent/file(${f.here}/absent/file) mode=0600 dev=0 ino=0 creat_flags=0`,
        own: { name_dir: f.here! },
      },
    ],
  },
  {
    type: "rename",
    expect: (f) => [
      {
        args: `res=0 oldpath=old(${f.here}/old) newpath=new(${f.here}/new)`,
        own: { oldpath_dir: f.here!, newpath_dir: f.here! },
        fields: { ...helper(f), "fs.path.source": `${f.here}/old`, "fs.path.target": `${f.here}/new` },
      },
      { args: `res=${ENOENT} oldpath=old(${f.here}/old) newpath=/nowhere/at/all`, own: { oldpath_dir: f.here! } },
    ],
  },
  {
    type: "renameat",
    expect: (f) => [
      {
        args: `res=0 olddirfd=${f.dir}(<d>${f.here}/dir) oldpath=old(${f.here}/dir/old) newdirfd=-100(AT_FDCWD) ` +
          `newpath=new(${f.here}/new)`,
        own: { oldpath_dir: `${f.here}/dir`, newpath_dir: f.here! },
        fields: { ...helper(f), "fs.path.source": `${f.here}/dir/old`, "fs.path.target": `${f.here}/new` },
      },
      {
        args: `res=${EBADF} olddirfd=999 oldpath=old(${f.here}/old) newdirfd=${f.dir}(<d>${f.here}/dir) ` +
          `newpath=new(${f.here}/dir/new)`,
        own: { newpath_dir: `${f.here}/dir` },
      },
    ],
  },
  {
    type: "renameat2",
    expect: (f) =>
      [["0", "2(RENAME_EXCHANGE)"], [EEXIST, "1(RENAME_NOREPLACE)"]].map(([result, flags]) => ({
        args: `res=${result} olddirfd=${f.dir}(<d>${f.here}/dir) oldpath=old(${f.here}/dir/old) ` +
          `newdirfd=-100(AT_FDCWD) newpath=new(${f.here}/new) flags=${flags}`,
        own: { oldpath_dir: `${f.here}/dir`, newpath_dir: f.here! },
        fields: helper(f),
      })),
  },
  {
    type: "link",
    expect: (f) =>
      ["0", EEXIST].map((result) => ({
        args: `res=${result} oldpath=old(${f.here}/old) newpath=new(${f.here}/new)`,
        own: { oldpath_dir: f.here!, newpath_dir: f.here! },
        // Falco has no fs.path of what failed
        fields: { ...helper(f), "fs.path.target": result === "0" ? `${f.here}/old` : "(missing)" },
      })),
  },
  {
    type: "linkat",
    expect: (f) => [
      {
        args: `res=0 olddir=${f.dir}(<d>${f.here}/dir) oldpath=old(${f.here}/dir/old) newdir=-100(AT_FDCWD) ` +
          `newpath=new(${f.here}/new) flags=0`,
        own: { oldpath_dir: `${f.here}/dir`, newpath_dir: f.here! },
        fields: helper(f),
      },
      {
        args:
          `res=${ENOENT} olddir=-100(AT_FDCWD) oldpath=absent(${f.here}/absent) newdir=${f.dir}(<d>${f.here}/dir) ` +
          `newpath=new(${f.here}/dir/new) flags=1024(AT_SYMLINK_FOLLOW)`,
        own: { oldpath_dir: f.here!, newpath_dir: `${f.here}/dir` },
      },
    ],
  },
  {
    type: "symlink",
    expect: (f) =>
      [["0", "target"], [EEXIST, "/etc/shadow"]].map(([result, target]) => ({
        args: `res=${result} target=${target} linkpath=link(${f.here}/link)`,
        own: { linkpath_dir: f.here! },
        fields: { ...helper(f), "fs.path.source": result === "0" ? `${f.here}/link` : "(missing)" },
      })),
  },
  {
    type: "symlinkat",
    expect: (f) =>
      [["0", "../target"], [ENOENT, ""]].map(([result, target]) => ({
        args: `res=${result} target=${target} linkdirfd=${f.dir}(<d>${f.here}/dir) linkpath=link(${f.here}/dir/link)`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), linkpath_dir: `${f.here}/dir` },
        fields: { ...helper(f), "fd.name": `${f.here}/dir` },
      })),
  },
  {
    type: "unlink",
    expect: (f) =>
      ["0", ENOENT].map((result) => ({
        args: `res=${result} path=file(${f.here}/file)`,
        own: { path_dir: f.here! },
        fields: { ...helper(f), "fs.path.name": result === "0" ? `${f.here}/file` : "(missing)" },
      })),
  },
  {
    type: "unlinkat",
    expect: (f) => [
      {
        args: `res=0 dirfd=${f.dir}(<d>${f.here}/dir) name=sub(${f.here}/dir/sub) flags=512(AT_REMOVEDIR)`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), name_dir: `${f.here}/dir` },
        fields: { ...helper(f), "fs.path.name": `${f.here}/dir/sub`, "fd.name": `${f.here}/dir` },
      },
      {
        args: `res=${ENOENT} dirfd=-100(AT_FDCWD) name=absent(${f.here}/absent) flags=0`,
        own: { name_dir: f.here! },
      },
    ],
  },
  {
    type: "mkdir",
    expect: (f) => [
      { args: `res=0 path=made(${f.here}/made) mode=0750`, own: { path_dir: f.here! }, fields: helper(f) },
      { args: `res=${EEXIST} path=/proc mode=01777` },
    ],
  },
  {
    type: "mkdirat",
    expect: (f) => [
      {
        args: `res=0 dirfd=${f.dir}(<d>${f.here}/dir) path=sub(${f.here}/dir/sub) mode=0700`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), path_dir: `${f.here}/dir` },
        fields: helper(f),
      },
      { args: `res=${ENOENT} dirfd=-100(AT_FDCWD) path=/nowhere/at/all mode=0700` },
    ],
  },
  {
    type: "rmdir",
    expect: (f) =>
      ["0", ENOENT].map((result) => ({
        args: `res=${result} path=dir(${f.here}/dir)`,
        own: { path_dir: f.here! },
        fields: helper(f),
      })),
  },
  {
    type: "chmod",
    expect: (f) => [
      {
        args: `res=0 filename=file(${f.here}/file) ` +
          "mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)",
        own: { filename_dir: f.here! },
        fields: helper(f),
      },
      { args: `res=${ENOENT} filename=/nowhere/at/all mode=0` },
    ],
  },
  {
    type: "fchmod",
    expect: (f) => [
      {
        args: `res=0 fd=${f.file}(<f>${f.here}/file) mode=02640(S_IRGRP|S_IWUSR|S_IRUSR|S_ISGID)`,
        own: behind(f, "file", "f", `${f.here}/file`),
        fields: { ...helper(f), "fd.name": `${f.here}/file` },
      },
      {
        args: `res=${EBADF} fd=999 mode=0777(S_IXOTH|S_IWOTH|S_IROTH|S_IXGRP|S_IWGRP|S_IRGRP|` +
          "S_IXUSR|S_IWUSR|S_IRUSR)",
      },
    ],
  },
  {
    type: "fchmodat",
    expect: (f) =>
      [["0", "file", "01111(S_IXOTH|S_IXGRP|S_IXUSR|S_ISVTX)"], [ENOENT, "absent", "0"]].map((
        [result, name, mode],
      ) => ({
        args: `res=${result} dirfd=${f.dir}(<d>${f.here}/dir) filename=${name}(${f.here}/dir/${name}) mode=${mode}`,
        own: { ...behind(f, "dir", "d", `${f.here}/dir`), filename_dir: `${f.here}/dir` },
        fields: helper(f),
      })),
  },
  {
    type: "dup",
    expect: (f) => {
      const kinds = [
        ["f", "file", `${f.here}/file (deleted)`],
        ["d", "directory", `${f.here}/dir`],
        ["p", "pipe", `${f.here}/fifo`],
        ["p", "pipe", undefined],
        ["e", "event", undefined],
        ["m", "memfd", "memfd:secret"],
        ["n", "netlink", undefined],
        ["f", "file", undefined], // a namespace
      ] as const;
      const succeeded = kinds.map(([char, type, path], i) => ({
        args: `res=${f[`copy${i}`]}(<${char}>${path ?? ""}) oldfd=${f[`fd${i}`]}(<${char}>${path ?? ""})`,
        own: { ...behind(f, `copy${i}`, char, path), ...(char === "n" ? { fd_proto: 0, fd_role: 0 } : {}) },
        fields: { ...helper(f), "fd.type": type, "fd.name": path ?? "" },
      }));
      return [...succeeded, { args: `res=${EBADF} oldfd=999` }];
    },
  },
  {
    type: "dup2",
    expect: (f) => [
      {
        args: `res=20(<f>${f.here}/file) oldfd=${f.file}(<f>${f.here}/file) newfd=20(<f>${f.here}/file)`,
        own: behind(f, "file", "f", `${f.here}/file`),
        fields: helper(f),
      },
      { args: `res=${EBADF} oldfd=999 newfd=21` },
    ],
  },
  {
    type: "dup3",
    expect: (f) => [
      {
        args: `res=20(<f>${f.here}/file) oldfd=${f.file}(<f>${f.here}/file) newfd=20(<f>${f.here}/file) ` +
          "flags=4096(O_CLOEXEC)",
        own: behind(f, "file", "f", `${f.here}/file`),
        fields: helper(f),
      },
      { args: `res=-22(EINVAL) oldfd=${f.file} newfd=${f.file} flags=0(O_NONE)` },
    ],
  },
  {
    type: "pipe",
    expect: (f) => [
      {
        args: `res=0 fd1=${f.first}(<p>) fd2=${f.second}(<p>) ino=${f.second_ino}`,
        own: behind(f, "second", "p"),
        fields: { ...helper(f), "fd.num": f.second!, "fd.type": "pipe", "evt.category": "ipc" },
      },
      { args: "res=-14(EFAULT) fd1=-1(EPERM) fd2=-1(EPERM) ino=0" },
    ],
  },
  {
    type: "pipe2",
    expect: (f) => [
      {
        args: `res=0 fd1=${f.first}(<p>) fd2=${f.second}(<p>) ino=${f.second_ino} ` +
          "flags=4672(O_DIRECT|O_NONBLOCK|O_CLOEXEC)",
        own: behind(f, "second", "p"),
        fields: { "fd.num": f.second!, "fd.type": "pipe" },
      },
      { args: "res=-22(EINVAL) fd1=-1(EPERM) fd2=-1(EPERM) ino=0 flags=0(O_NONE)" },
    ],
  },
];
