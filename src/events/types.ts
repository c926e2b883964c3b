// SPDX-License-Identifier: Apache-2.0

/**
 * The types a parameter or a field can have, under libsinsp's names without the `PT_`, because operator legality,
 * parsing of right-hand values and rendering all follow the type (compat/language.md §2.2, §4).
 */
export type ValueType =
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "DOUBLE"
  | "BOOL"
  | "CHARBUF"
  | "BYTEBUF"
  | "FSPATH"
  | "FSRELPATH"
  | "ERRNO"
  | "FD"
  | "PID"
  | "UID"
  | "GID"
  | "SIGTYPE"
  | "RELTIME"
  | "ABSTIME"
  | "PORT"
  | "IPADDR"
  | "IPNET"
  | "SOCKADDR"
  | "SOCKTUPLE"
  | "FLAGS8"
  | "FLAGS16"
  | "FLAGS32"
  | "ENUMFLAGS8"
  | "ENUMFLAGS16"
  | "ENUMFLAGS32"
  | "MODE"
  | "SYSCALLID"
  | "DYN";

/** Names of the symbolic-value tables in `symbols.ts` that a flag or enum parameter is rendered with. */
export type SymbolTable =
  | "bpf_commands"
  | "chmod_mode"
  | "clone_flags"
  | "creat_flags"
  | "delete_module_flags"
  | "execve_flags"
  | "fchownat_flags"
  | "file_flags"
  | "finit_module_flags"
  | "io_uring_setup_feats"
  | "io_uring_setup_flags"
  | "keyctl_operations"
  | "linkat_flags"
  | "memfd_create_flags"
  | "mmap_flags"
  | "mount_flags"
  | "openat2_flags"
  | "pidfd_open_flags"
  | "prctl_options"
  | "prot_flags"
  | "ptrace_dynamic_param"
  | "ptrace_requests"
  | "quotactl_commands"
  | "renameat2_flags"
  | "socket_families"
  | "umount_flags"
  | "unlinkat_flags";

/** One parameter of an event, at a fixed index in its record. */
export interface Param {
  readonly name: string;
  readonly type: ValueType;
  /** Table that turns the number into names. */
  readonly symbols?: SymbolTable;
  /** For FSRELPATH: index of the parameter that holds the directory's descriptor. */
  readonly dirfd?: number;
  /** True for what Falco's event does not have: never part of `evt.args`, nor reachable as `evt.arg.NAME`. */
  readonly own: boolean;
}

/** What an event is about; `evt.category` (compat/fields.md §4). */
export type Category =
  | "file"
  | "net"
  | "process"
  | "user"
  | "memory"
  | "ipc"
  | "system"
  | "io_read"
  | "io_write"
  | "io_other"
  | "other";

/** One event type. */
export interface EventType {
  /** Falco's number of the exit event; what the record's header carries. */
  readonly code: number;
  /** Falco's name, `evt.type`. */
  readonly name: string;
  readonly category: Category;
  /** The event makes a descriptor: `fd.*` speaks of its result. */
  readonly createsFd: boolean;
  /** The event works on a descriptor: `fd.*` speaks of it. */
  readonly usesFd: boolean;
  /** So many of these come on a busy host that only a rule which names the type gets them. */
  readonly frequent: boolean;
  readonly params: readonly Param[];
  /** Parameter name to index. */
  readonly index: ReadonlyMap<string, number>;
}
