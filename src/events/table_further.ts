// SPDX-License-Identifier: Apache-2.0

/**
 * Events beyond those that Falco's official rules name: rows of src/events/table.ts. Codes, names and parameters are
 * Falco's where it has an event for the call; from FIRST_OWN on the call is one of those that Falco only counts, and
 * its parameters are our own choice, named as its manual page has them.
 */
import type { EventRow } from "./row.ts";

/** Falco's codes end at 454. */
const FIRST_OWN = 457;

/** Rows in any order. */
export const FURTHER_ROWS: readonly EventRow[] = [
  [21, "bind", "net", "U", [["res", "ERRNO"], ["addr", "SOCKADDR"], ["fd", "FD"]]],
  [61, "pipe", "ipc", "C", [["res", "ERRNO"], ["fd1", "FD"], ["fd2", "FD"], ["ino", "UINT64"]]],
  [387, "umount", "file", "", [["res", "ERRNO"], ["name", "FSPATH"]]],
  [393, "pipe2", "ipc", "C", [["res", "ERRNO"], ["fd1", "FD"], ["fd2", "FD"], ["ino", "UINT64"], [
    "flags",
    "FLAGS32",
    "file_flags",
  ]]],
  [95, "chdir", "file", "", [["res", "ERRNO"], ["path", "CHARBUF"]]],
  [97, "fchdir", "file", "U", [["res", "ERRNO"], ["fd", "FD"]]],
  [129, "kill", "other", "", [["res", "ERRNO"], ["pid", "PID"], ["sig", "SIGTYPE"]]],
  [131, "tkill", "other", "", [["res", "ERRNO"], ["tid", "PID"], ["sig", "SIGTYPE"]]],
  [133, "tgkill", "other", "", [["res", "ERRNO"], ["pid", "PID"], ["tid", "PID"], ["sig", "SIGTYPE"]]],
  [161, "mmap", "memory", "U", [
    ["res", "ERRNO"],
    ["vm_size", "UINT32"],
    ["vm_rss", "UINT32"],
    ["vm_swap", "UINT32"],
    ["addr", "UINT64"],
    ["length", "UINT64"],
    ["prot", "FLAGS32", "prot_flags"],
    ["flags", "FLAGS32", "mmap_flags"],
    ["fd", "FD"],
    ["offset", "UINT64"],
  ]],
  [191, "quotactl", "user", "", [
    ["res", "ERRNO"],
    ["cmd", "ENUMFLAGS32", "quotactl_commands"],
    ["type", "UINT32"],
    ["id", "UINT32"],
    ["special", "FSPATH"],
  ]],
  [193, "setresuid", "user", "", [["res", "ERRNO"], ["ruid", "UID"], ["euid", "UID"], ["suid", "UID"]]],
  [195, "setresgid", "user", "", [["res", "ERRNO"], ["rgid", "GID"], ["egid", "GID"], ["sgid", "GID"]]],
  [201, "setgid", "user", "", [["res", "ERRNO"], ["gid", "GID"]]],
  [257, "mount", "file", "", [["res", "ERRNO"], ["dev", "CHARBUF"], ["dir", "FSPATH"], ["type", "CHARBUF"], [
    "flags",
    "FLAGS32",
    "mount_flags",
  ]]],
  [267, "chroot", "process", "", [["res", "ERRNO"], ["path", "FSPATH"]]],
  [275, "setsid", "process", "", [["res", "PID"]]],
  [329, "mprotect", "memory", "", [["res", "ERRNO"], ["addr", "UINT64"], ["length", "UINT64"], [
    "prot",
    "FLAGS32",
    "prot_flags",
  ]]],
  [337, "open_by_handle_at", "file", "C", [
    ["fd", "FD"],
    ["mountfd", "FD"],
    ["flags", "FLAGS32", "file_flags"],
    ["path", "FSPATH"],
    ["dev", "UINT32"],
    ["ino", "UINT64"],
  ]],
  [339, "io_uring_setup", "other", "C", [
    ["res", "ERRNO"],
    ["entries", "UINT32"],
    ["sq_entries", "UINT32"],
    ["cq_entries", "UINT32"],
    ["flags", "FLAGS32", "io_uring_setup_flags"],
    ["sq_thread_cpu", "UINT32"],
    ["sq_thread_idle", "UINT32"],
    ["features", "FLAGS32", "io_uring_setup_feats"],
  ]],
  [353, "capset", "process", "", [["res", "ERRNO"], ["cap_inheritable", "UINT64"], ["cap_permitted", "UINT64"], [
    "cap_effective",
    "UINT64",
  ]]],
  [379, "chown", "file", "", [["res", "ERRNO"], ["path", "FSPATH"], ["uid", "UINT32"], ["gid", "UINT32"]]],
  [381, "lchown", "file", "", [["res", "ERRNO"], ["path", "FSPATH"], ["uid", "UINT32"], ["gid", "UINT32"]]],
  [383, "fchown", "file", "U", [["res", "ERRNO"], ["fd", "FD"], ["uid", "UINT32"], ["gid", "UINT32"]]],
  [385, "fchownat", "file", "U", [
    ["res", "ERRNO"],
    ["dirfd", "FD"],
    ["pathname", "FSRELPATH", 1],
    ["uid", "UINT32"],
    ["gid", "UINT32"],
    ["flags", "FLAGS32", "fchownat_flags"],
  ]],
  [391, "umount2", "file", "", [["res", "ERRNO"], ["name", "FSPATH"], ["flags", "FLAGS32", "umount_flags"]]],
  [401, "prctl", "process", "", [
    ["res", "ERRNO"],
    ["option", "ENUMFLAGS32", "prctl_options"],
    ["arg2_str", "CHARBUF"],
    [
      "arg2_int",
      "INT64",
    ],
  ]],
  [405, "memfd_create", "memory", "C", [["fd", "FD"], ["name", "CHARBUF"], ["flags", "FLAGS32", "memfd_create_flags"]]],
  [407, "pidfd_getfd", "process", "C", [["fd", "FD"], ["pid_fd", "FD"], ["target_fd", "FD"], ["flags", "UINT32"]]],
  [409, "pidfd_open", "process", "C", [["fd", "FD"], ["pid", "PID"], ["flags", "FLAGS32", "pidfd_open_flags"]]],
  [423, "process_vm_writev", "process", "", [["res", "ERRNO"], ["pid", "PID"], ["data", "BYTEBUF"]]],
  [425, "delete_module", "other", "", [["res", "ERRNO"], ["name", "CHARBUF"], [
    "flags",
    "FLAGS32",
    "delete_module_flags",
  ]]],
  [427, "setreuid", "user", "", [["res", "ERRNO"], ["ruid", "UID"], ["euid", "UID"]]],
  [429, "setregid", "user", "", [["res", "ERRNO"], ["rgid", "UID"], ["egid", "UID"]]],
  [FIRST_OWN, "pivot_root", "file", "", [["res", "ERRNO"], ["new_root", "FSPATH"], ["put_old", "FSPATH"]]],
  [FIRST_OWN + 2, "kexec_load", "system", "", [["res", "ERRNO"], ["entry", "UINT64"], ["nr_segments", "UINT64"], [
    "flags",
    "UINT64",
  ]]],
  [FIRST_OWN + 4, "kexec_file_load", "system", "U", [
    ["res", "ERRNO"],
    ["fd", "FD"],
    ["initrd_fd", "FD"],
    ["cmdline", "CHARBUF"],
    ["flags", "UINT64"],
  ]],
  [FIRST_OWN + 6, "perf_event_open", "system", "C", [
    ["fd", "FD"],
    ["type", "UINT32"],
    ["config", "UINT64"],
    ["pid", "PID"],
    ["cpu", "INT32"],
    ["group_fd", "FD"],
    ["flags", "UINT64"],
  ]],
  [FIRST_OWN + 8, "swapon", "system", "", [["res", "ERRNO"], ["path", "FSPATH"], ["flags", "UINT32"]]],
  [FIRST_OWN + 10, "sethostname", "system", "", [["res", "ERRNO"], ["name", "CHARBUF"]]],
  [FIRST_OWN + 12, "keyctl", "system", "", [
    ["res", "ERRNO"],
    ["operation", "ENUMFLAGS32", "keyctl_operations"],
    ["arg2", "UINT64"],
    ["arg3", "UINT64"],
  ]],
];
