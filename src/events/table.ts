// SPDX-License-Identifier: Apache-2.0

/**
 * The event table: every event type that the drivers can produce, stated once. `native/events.gen.h` is generated from
 * it (`deno task generate`); a test fails when that file is stale.
 *
 * Names, order, types and codes of Falco's parameters: compat/events.md §2. Parameters after them are our own: what
 * the kernel knew at the moment of the event and Falco rebuilds in user space.
 */
import type { EventRow, ParamRow as Row } from "./row.ts";
import { FURTHER_ROWS } from "./table_further.ts";
import type { EventType, Param } from "./types.ts";

const EXEC: readonly Row[] = [
  ["res", "ERRNO"],
  ["exe", "CHARBUF"],
  ["args", "BYTEBUF"],
  ["tid", "PID"],
  ["pid", "PID"],
  ["ptid", "PID"],
  ["cwd", "CHARBUF"],
  ["fdlimit", "UINT64"],
  ["pgft_maj", "UINT64"],
  ["pgft_min", "UINT64"],
  ["vm_size", "UINT32"],
  ["vm_rss", "UINT32"],
  ["vm_swap", "UINT32"],
  ["comm", "CHARBUF"],
  ["cgroups", "BYTEBUF"],
  ["env", "BYTEBUF"],
  ["tty", "UINT32"],
  ["vpgid", "PID"],
  ["loginuid", "UID"],
  ["flags", "FLAGS32", "execve_flags"],
  ["cap_inheritable", "UINT64"],
  ["cap_permitted", "UINT64"],
  ["cap_effective", "UINT64"],
  ["exe_ino", "UINT64"],
  ["exe_ino_ctime", "ABSTIME"],
  ["exe_ino_mtime", "ABSTIME"],
  ["uid", "UID"],
  ["trusted_exepath", "FSPATH"],
  ["pgid", "PID"],
  ["gid", "GID"],
];

const CLONE: readonly Row[] = [
  ["res", "PID"],
  ["exe", "CHARBUF"],
  ["args", "BYTEBUF"],
  ["tid", "PID"],
  ["pid", "PID"],
  ["ptid", "PID"],
  ["cwd", "CHARBUF"],
  ["fdlimit", "INT64"],
  ["pgft_maj", "UINT64"],
  ["pgft_min", "UINT64"],
  ["vm_size", "UINT32"],
  ["vm_rss", "UINT32"],
  ["vm_swap", "UINT32"],
  ["comm", "CHARBUF"],
  ["cgroups", "BYTEBUF"],
  ["flags", "FLAGS32", "clone_flags"],
  ["uid", "UINT32"],
  ["gid", "UINT32"],
  ["vtid", "PID"],
  ["vpid", "PID"],
  ["pidns_init_start_ts", "UINT64"],
];

/**
 * Own parameters of every event that makes or uses a descriptor: what the kernel found behind it (absent when the
 * descriptor is not open, as on a failed call).
 */
const FD_ROWS: readonly Row[] = [
  ["fd_type", "UINT8"], // character code of fd.typechar
  ["fd_path", "FSPATH"], // file, directory, memfd, named pipe: its true path, symlinks resolved, in its mount namespace
  ["fd_dev", "UINT32"],
  ["fd_ino", "UINT64"],
  ["fd_tuple", "SOCKTUPLE"], // socket: local end, then remote end (port 0 when unconnected)
  ["fd_proto", "UINT8"], // socket: IPPROTO_*
  ["fd_role", "UINT8"], // socket: 0 unknown, 1 client, 2 server
];

/** Own parameters of a successful or failed exec. */
const EXEC_OWN: readonly Row[] = [
  ["filename_dir", "FSPATH"],
  ["old_tid", "PID"], // the thread that called exec; its id changes to the leader's
  ["sid", "PID"],
  ["vtid", "PID"],
  ["vpid", "PID"],
  ["start_ts", "UINT64"], // the process's start, ns since boot
  ["pidns_init_start_ts", "UINT64"],
  ["cgroup", "CHARBUF"], // path in the v2 hierarchy
];

/** Own parameters of a process's or thread's creation. The record's header is the child's. */
const CLONE_OWN: readonly Row[] = [
  ["sid", "PID"],
  ["pgid", "PID"],
  ["vpgid", "PID"],
  ["start_ts", "UINT64"],
  ["cgroup", "CHARBUF"],
  ["maker", "PID"], // the process that made it: its parent, but for CLONE_PARENT
];

/** Every program loads libraries, and some signal or allocate without end. */
const FREQUENT: ReadonlySet<string> = new Set(["kill", "mmap", "mprotect", "tgkill", "tkill"]);

/**
 * Calls whose record says whether a datagram's other end is another than the last time on this socket (1) or the same,
 * or the socket's own (0).
 */
const PEERED: ReadonlySet<string> = new Set(["sendto", "sendmsg", "recvfrom", "recvmsg"]);

function ownRows(code: number, name: string, fd: string, rows: readonly Row[]): Row[] {
  const own: Row[] = [];
  if (code === 293 || code === 331) own.push(...EXEC_OWN);
  else if (rows === CLONE) own.push(...CLONE_OWN);
  else if (code === 186) own.push(["last", "UINT8"]); // 1: no thread of the process is left
  else {
    // the absolute directory that a relative path argument was relative to; absent for an absolute one
    for (const [name, type] of rows) if (type === "FSPATH" || type === "FSRELPATH") own.push([`${name}_dir`, "FSPATH"]);
    if (fd !== "") own.push(...FD_ROWS);
    if (fd !== "" && PEERED.has(name)) own.push(["new_peer", "UINT8"]);
  }
  if (code !== 186) own.push(["workdir", "FSPATH"]); // current directory: on exec, elsewhere when the plan asks for it
  return own;
}

function param([name, type, extra]: Row, own: boolean): Param {
  return {
    name,
    type,
    own,
    ...(typeof extra === "string" ? { symbols: extra } : {}),
    ...(typeof extra === "number" ? { dirfd: extra } : {}),
  };
}

function event(...[code, name, category, fd, rows]: EventRow): EventType {
  const params = [
    ...rows.map((row) => param(row, false)),
    ...ownRows(code, name, fd, rows).map((row) => param(row, true)),
  ];
  return {
    code,
    name,
    category,
    createsFd: fd.includes("C"),
    usesFd: fd.includes("U"),
    frequent: FREQUENT.has(name),
    params,
    index: new Map(params.map((p, i) => [p.name, i])),
  };
}

/** Every event type, by ascending code. */
export const EVENT_TYPES: readonly EventType[] = [
  event(3, "open", "file", "C", [
    ["fd", "FD"],
    ["name", "FSPATH"],
    ["flags", "FLAGS32", "file_flags"],
    ["mode", "UINT32"],
    ["dev", "UINT32"],
    ["ino", "UINT64"],
  ]),
  event(19, "socket", "net", "C", [["fd", "FD"], ["domain", "ENUMFLAGS32", "socket_families"], ["type", "UINT32"], [
    "proto",
    "UINT32",
  ], ["flags", "FLAGS32", "file_flags"]]),
  event(23, "connect", "net", "U", [["res", "ERRNO"], ["tuple", "SOCKTUPLE"], ["fd", "FD"], ["addr", "SOCKADDR"]]),
  event(25, "listen", "net", "U", [["res", "ERRNO"], ["fd", "FD"], ["backlog", "INT32"]]),
  event(31, "sendto", "io_write", "U", [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], [
    "tuple",
    "SOCKTUPLE",
  ]]),
  event(35, "recvfrom", "io_read", "U", [["res", "ERRNO"], ["data", "BYTEBUF"], ["tuple", "SOCKTUPLE"], ["fd", "FD"], [
    "size",
    "UINT32",
  ]]),
  event(49, "sendmsg", "io_write", "U", [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], [
    "tuple",
    "SOCKTUPLE",
  ]]),
  event(53, "recvmsg", "io_read", "U", [
    ["res", "ERRNO"],
    ["size", "UINT32"],
    ["data", "BYTEBUF"],
    ["tuple", "SOCKTUPLE"],
    ["msgcontrol", "BYTEBUF"],
    ["fd", "FD"],
  ]),
  event(59, "creat", "file", "C", [["fd", "FD"], ["name", "FSPATH"], ["mode", "UINT32"], ["dev", "UINT32"], [
    "ino",
    "UINT64",
  ], ["creat_flags", "FLAGS16", "creat_flags"]]),
  event(169, "ptrace", "process", "", [
    ["res", "ERRNO"],
    ["addr", "DYN", "ptrace_dynamic_param"],
    ["data", "DYN", "ptrace_dynamic_param"],
    ["request", "ENUMFLAGS16", "ptrace_requests"],
    ["pid", "PID"],
  ]),
  event(175, "rename", "file", "", [["res", "ERRNO"], ["oldpath", "FSPATH"], ["newpath", "FSPATH"]]),
  event(177, "renameat", "file", "", [["res", "ERRNO"], ["olddirfd", "FD"], ["oldpath", "FSRELPATH", 1], [
    "newdirfd",
    "FD",
  ], ["newpath", "FSRELPATH", 3]]),
  event(179, "symlink", "file", "", [["res", "ERRNO"], ["target", "CHARBUF"], ["linkpath", "FSPATH"]]),
  event(181, "symlinkat", "file", "U", [["res", "ERRNO"], ["target", "CHARBUF"], ["linkdirfd", "FD"], [
    "linkpath",
    "FSRELPATH",
    2,
  ]]),
  event(186, "procexit", "process", "", [["status", "ERRNO"], ["ret", "ERRNO"], ["sig", "SIGTYPE"], ["core", "UINT8"], [
    "reaper_tid",
    "PID",
  ]]),
  event(199, "setuid", "user", "", [["res", "ERRNO"], ["uid", "UID"]]),
  event(223, "clone", "process", "", CLONE),
  event(225, "fork", "process", "", CLONE),
  event(227, "vfork", "process", "", CLONE),
  event(241, "setns", "process", "U", [["res", "ERRNO"], ["fd", "FD"], ["nstype", "FLAGS32", "clone_flags"]]),
  event(247, "accept", "net", "C", [
    ["fd", "FD"],
    ["tuple", "SOCKTUPLE"],
    ["queuepct", "UINT8"],
    ["queuelen", "UINT32"],
    ["queuemax", "UINT32"],
  ]),
  event(277, "mkdir", "file", "", [["res", "ERRNO"], ["path", "FSPATH"], ["mode", "UINT32"]]),
  event(279, "rmdir", "file", "", [["res", "ERRNO"], ["path", "FSPATH"]]),
  event(285, "unshare", "process", "", [["res", "ERRNO"], ["flags", "FLAGS32", "clone_flags"]]),
  event(293, "execve", "process", "", [...EXEC, ["filename", "FSPATH"]]),
  event(301, "unlink", "file", "", [["res", "ERRNO"], ["path", "FSPATH"]]),
  event(303, "unlinkat", "file", "U", [["res", "ERRNO"], ["dirfd", "FD"], ["name", "FSRELPATH", 1], [
    "flags",
    "FLAGS32",
    "unlinkat_flags",
  ]]),
  event(305, "mkdirat", "file", "U", [["res", "ERRNO"], ["dirfd", "FD"], ["path", "FSRELPATH", 1], ["mode", "UINT32"]]),
  event(307, "openat", "file", "C", [
    ["fd", "FD"],
    ["dirfd", "FD"],
    ["name", "FSRELPATH", 1],
    ["flags", "FLAGS32", "file_flags"],
    ["mode", "UINT32"],
    ["dev", "UINT32"],
    ["ino", "UINT64"],
  ]),
  event(309, "link", "file", "", [["res", "ERRNO"], ["oldpath", "FSPATH"], ["newpath", "FSPATH"]]),
  event(311, "linkat", "file", "", [["res", "ERRNO"], ["olddir", "FD"], ["oldpath", "FSRELPATH", 1], ["newdir", "FD"], [
    "newpath",
    "FSRELPATH",
    3,
  ], ["flags", "FLAGS32", "linkat_flags"]]),
  event(313, "fchmodat", "file", "U", [["res", "ERRNO"], ["dirfd", "FD"], ["filename", "FSRELPATH", 1], [
    "mode",
    "MODE",
    "chmod_mode",
  ]]),
  event(315, "chmod", "file", "", [["res", "ERRNO"], ["filename", "FSPATH"], ["mode", "MODE", "chmod_mode"]]),
  event(317, "fchmod", "file", "U", [["res", "ERRNO"], ["fd", "FD"], ["mode", "MODE", "chmod_mode"]]),
  event(319, "renameat2", "file", "", [
    ["res", "ERRNO"],
    ["olddirfd", "FD"],
    ["oldpath", "FSRELPATH", 1],
    ["newdirfd", "FD"],
    ["newpath", "FSRELPATH", 3],
    ["flags", "FLAGS32", "renameat2_flags"],
  ]),
  event(321, "userfaultfd", "file", "C", [["res", "ERRNO"], ["flags", "FLAGS32", "file_flags"]]),
  event(327, "openat2", "file", "C", [
    ["fd", "FD"],
    ["dirfd", "FD"],
    ["name", "FSRELPATH", 1],
    ["flags", "FLAGS32", "file_flags"],
    ["mode", "UINT32"],
    ["resolve", "FLAGS32", "openat2_flags"],
    ["dev", "UINT32"],
    ["ino", "UINT64"],
  ]),
  event(331, "execveat", "process", "", EXEC),
  event(335, "clone3", "process", "", CLONE),
  event(363, "dup2", "io_other", "CU", [["res", "FD"], ["oldfd", "FD"], ["newfd", "FD"]]),
  event(365, "dup3", "io_other", "CU", [["res", "FD"], ["oldfd", "FD"], ["newfd", "FD"], [
    "flags",
    "FLAGS32",
    "file_flags",
  ]]),
  event(367, "dup", "io_other", "CU", [["res", "FD"], ["oldfd", "FD"]]),
  event(369, "bpf", "other", "C", [["fd", "FD"], ["cmd", "ENUMFLAGS32", "bpf_commands"]]),
  event(389, "accept4", "net", "C", [
    ["fd", "FD"],
    ["tuple", "SOCKTUPLE"],
    ["queuepct", "UINT8"],
    ["queuelen", "UINT32"],
    ["queuemax", "UINT32"],
    ["flags", "INT32"],
  ]),
  event(411, "init_module", "other", "", [["res", "ERRNO"], ["img", "BYTEBUF"], ["length", "UINT64"], [
    "uargs",
    "CHARBUF",
  ]]),
  event(413, "finit_module", "other", "U", [["res", "ERRNO"], ["fd", "FD"], ["uargs", "CHARBUF"], [
    "flags",
    "FLAGS32",
    "finit_module_flags",
  ]]),
  ...FURTHER_ROWS.map((row) => event(...row)),
].sort((a, b) => a.code - b.code);

/** Event type by the code in a record's header; undefined for a number that no driver should send. */
export const EVENT_BY_CODE: readonly (EventType | undefined)[] = (() => {
  const table: (EventType | undefined)[] = new Array(512).fill(undefined);
  for (const type of EVENT_TYPES) table[type.code] = type;
  return table;
})();

/** Event type by Falco's name. */
export const EVENT_BY_NAME: ReadonlyMap<string, EventType> = new Map(EVENT_TYPES.map((type) => [type.name, type]));
