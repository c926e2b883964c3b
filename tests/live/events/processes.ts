// SPDX-License-Identifier: Apache-2.0

/** The making and the end of processes, what they run and as whom. */
import type { Facts } from "../calls.ts";
import { behind, type Expected, helper, like, type Row, type Text } from "./row.ts";

const RESOURCES = "cwd=<NA> fdlimit=# pgft_maj=# pgft_min=# vm_size=# vm_rss=# vm_swap=#";
const ANY = /^\d+$/;
const SOME = /^[1-9]\d*$/;

/** What the rows of exec differ in. */
interface Exec {
  readonly result: string;
  readonly exe?: string;
  readonly args?: string;
  readonly env?: string;
  readonly comm: string;
  readonly flags: string;
  readonly ino?: string;
  readonly path: string;
  /** Behind gid, where execve has the file's name. */
  readonly filename?: string;
  readonly own?: Readonly<Record<string, Text>>;
  readonly fields?: Readonly<Record<string, Text>>;
}

function exec(f: Facts, row: Exec): Expected {
  const { result, exe = "false", args = "one.two words", env = "KEY=value.OTHER=", comm, flags, ino = "#", path } = row;
  return {
    args: like(
      `res=${result} exe=${exe} args=${args} tid=#* pid=#* ptid=#* ${RESOURCES} comm=${comm} cgroups=*cpu=/*memory=/* ` +
        `env=${env} tty=# vpgid=#* loginuid=* flags=${flags} cap_inheritable=* cap_permitted=* cap_effective=* ` +
        `exe_ino=${ino} exe_ino_ctime=#-#-# #:#:#.# +# exe_ino_mtime=#-#-# #:#:#.# +# uid=0(root) ` +
        `trusted_exepath=${path} pgid=#* gid=0(root)${row.filename ?? ""}`,
    ),
    own: {
      old_tid: SOME,
      sid: ANY,
      vtid: SOME,
      vpid: SOME,
      start_ts: SOME,
      pidns_init_start_ts: ANY,
      cgroup: /^\//,
      workdir: f.here!,
      ...row.own,
    },
    ...(row.fields ? { fields: row.fields } : {}),
  };
}

/** A failed exec of the helper: all but its arguments is the helper's own. */
function failed(f: Facts, row: Omit<Exec, "comm" | "flags" | "path" | "fields">): Expected {
  const path = String(helper(f)["proc.exepath"]);
  return exec(f, {
    ...row,
    comm: "calls",
    flags: "#(EXE_WRITABLE*)",
    path,
    fields: { ...helper(f), "evt.failed": "true" },
  });
}

/** A process that the helper made by an act of the name. */
function made(f: Facts, act: string, flags: string, child = f.child!, maker: Text = SOME): Expected {
  const exe = String(helper(f)["proc.exepath"]);
  return {
    args: like(
      `res=0 exe=${exe} args=${act} tid=${child}* pid=${child}* ptid=#* ${RESOURCES} comm=calls cgroups=*cpu=/* ` +
        `flags=${flags} uid=0 gid=0 vtid=#* vpid=#* pidns_init_start_ts=#`,
    ),
    own: { sid: ANY, pgid: SOME, vpgid: ANY, start_ts: SOME, cgroup: /^\//, maker },
    fields: { "proc.name": "calls", "proc.pid": child, "proc.exepath": exe, "proc.cwd": `${f.here}/` },
  };
}

/** Rows of tests/live/calls/processes.c. */
export const PROCESS_ROWS: readonly Row[] = [
  {
    type: "execve",
    expect: (f) => [
      failed(f, {
        result: "-13(EACCES)",
        filename: ` filename=dir(${f.here}/dir)`,
        own: { filename_dir: f.here! },
      }),
      failed(f, {
        result: "-2(ENOENT)",
        exe: "<NA>",
        args: "NULL",
        env: "NULL",
        filename: " filename=/nowhere/at/all",
      }),
      exec(f, {
        result: "0",
        comm: "false",
        flags: "#(EXE_WRITABLE*)",
        path: "/*bin/false",
        filename: " filename=/bin/false",
        own: { old_tid: f.child! },
        fields: {
          "proc.name": "false",
          "proc.cmdline": "false one two words",
          "proc.pname": "calls",
          "proc.exepath": /\/bin\/false$/,
          "proc.pid": f.child!,
        },
      }),
    ],
  },
  {
    type: "execveat",
    expect: (f) => [
      failed(f, { result: "-2(ENOENT)", own: { filename_dir: `${f.here}/dir` } }),
      failed(f, { result: "-9(EBADF)", env: "NULL" }),
    ],
  },
  {
    type: "execve",
    act: "memfd-exec",
    expect: (f) => [
      exec(f, {
        result: "0",
        comm: "memfd:payload*",
        flags: "#(EXE_WRITABLE|EXE_FROM_MEMFD)",
        ino: f.program_ino!,
        path: "memfd:payload*",
        filename: ` filename=/dev/fd/${f.program}`,
        fields: { "proc.is_exe_from_memfd": "true", "proc.exepath": "memfd:payload", "proc.cmdline": /one two words$/ },
      }),
    ],
  },
  { type: "fork", expect: (f) => [made(f, "fork", "0", f.child, f.maker)] },
  { type: "vfork", expect: (f) => [made(f, "vfork", "#(CLONE_VM|CLONE_VFORK)", f.child, f.maker)] },
  { type: "clone", expect: (f) => [made(f, "clone", "136(CLONE_NEWIPC|CLONE_NEWUTS)", f.child, f.maker)] },
  {
    type: "clone3",
    expect: (f) => {
      const child = made(f, "clone3", "#(CLONE_NEWPID|CLONE_CHILD_IN_PIDNS)", f.child, f.maker);
      return [{ ...child, fields: { ...child.fields, "proc.vpid": 1, "thread.vtid": 1 } }];
    },
  },
  {
    type: "clone",
    act: "clone-parent",
    expect: (f) => {
      const maker = made(f, "clone-parent", "#(*)", f.maker, f.parent);
      const child = made(f, "clone-parent", "256(CLONE_PARENT)", f.child, f.maker);
      return [maker, { ...child, fields: { ...child.fields, "proc.ppid": f.parent! } }];
    },
  },
  {
    type: "procexit",
    expect: (f) => [
      {
        args: "status=1792 ret=7 sig=0 core=0 reaper_tid=0",
        own: { last: 1 },
        fields: { "proc.pid": f.exited!, "proc.name": "calls" },
      },
      {
        args: "status=9 ret=0 sig=9(SIGKILL) core=0 reaper_tid=0",
        own: { last: 1 },
        fields: { "proc.pid": f.killed! },
      },
      { args: like(`status=0 ret=0 sig=0 core=0 reaper_tid=${f.adopter}*`), own: { last: 1 } },
      { args: "status=0 ret=0 sig=0 core=0 reaper_tid=0", own: { last: 1 } }, // the orphan
      { args: "status=0 ret=0 sig=0 core=0 reaper_tid=0", own: { last: 1 } },
    ],
  },
  {
    type: "ptrace",
    expect: (f) => {
      const address = BigInt(f.address!).toString(16).toUpperCase();
      return [
        { args: `res=0 addr=0 data=0 request=20(PTRACE_SEIZE) pid=${f.child}(calls)`, fields: helper(f) },
        { args: `res=0 addr=0 data=0 request=21(PTRACE_INTERRUPT) pid=${f.child}(calls)` },
        { args: `res=0 addr=${address} data=4321 request=6(PTRACE_POKEDATA) pid=${f.child}(calls)` },
        { args: `res=0 addr=${address} data=4321 request=3(PTRACE_PEEKDATA) pid=${f.child}(calls)` },
        { args: "res=-3(ESRCH) addr=0 data=15(SIGTERM) request=8(PTRACE_CONT) pid=99999999" },
      ];
    },
  },
  {
    type: "setuid",
    expect: (f) => [
      { args: "res=0 uid=0(root)", fields: helper(f) },
      { args: "res=-22(EINVAL) uid=-1(<NONE>)" },
      { args: "res=0 uid=65534(nobody)", fields: { "user.uid": 65534, "user.name": "nobody" } },
      { args: "res=-1(EPERM) uid=0(root)" },
    ],
  },
  {
    type: "setns",
    expect: (f) => [
      {
        args: `res=0 fd=${f.ns}(<f>) nstype=128(CLONE_NEWUTS)`,
        own: behind(f, "ns", "f"),
        fields: { ...helper(f), "fd.num": f.ns! },
      },
      { args: "res=-9(EBADF) fd=999 nstype=0" },
    ],
  },
  {
    type: "unshare",
    expect: (f) => [
      { args: "res=0 flags=129(CLONE_FILES|CLONE_NEWUTS)", fields: helper(f) },
      { args: "res=-22(EINVAL) flags=0" },
    ],
  },
];
