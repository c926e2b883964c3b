// SPDX-License-Identifier: Apache-2.0

/** Names of flags and enumerations of the events in table_further.ts; in the kernel's numbers unless it says PPM. */
import type { Symbols } from "./symbols.ts";
import type { SymbolTable } from "./types.ts";

/** Names of single bits, from `first` on; `-` stands for a bit without a name. */
function bits(prefix: string, names: string, first = 0): Symbols {
  return names.split(" ").map((name, i) => [prefix + name, 2 ** (first + i)] as const).filter(([name]) =>
    name !== `${prefix}-`
  );
}

/** Names of numbers, from `first` on; `-` stands for one without a name. */
function numbers(prefix: string, names: string, first = 0): Symbols {
  return names.split(" ").map((name, i) => [prefix + name, first + i] as const).filter(([name]) =>
    name !== `${prefix}-`
  );
}

/** A part of SYMBOLS. */
export const FURTHER_SYMBOLS = {
  // PPM
  prot_flags: [...bits("PROT_", "READ WRITE EXEC SEM GROWSDOWN GROWSUP SAO"), ["PROT_NONE", 0]],
  // PPM
  mmap_flags: bits(
    "MAP_",
    "SHARED PRIVATE FIXED ANONYMOUS 32BIT RENAME NORESERVE POPULATE NONBLOCK GROWSDOWN DENYWRITE EXECUTABLE INHERIT " +
      "FILE LOCKED",
  ),
  // PPM
  delete_module_flags: [["O_NONBLOCK", 2], ["O_TRUNC", 1]],
  // PPM
  pidfd_open_flags: [["PIDFD_NONBLOCK", 1]],
  mount_flags: bits(
    "MS_",
    "RDONLY NOSUID NODEV NOEXEC SYNCHRONOUS REMOUNT MANDLOCK DIRSYNC - - NOATIME NODIRATIME BIND MOVE REC SILENT " +
      "POSIXACL UNBINDABLE PRIVATE SLAVE SHARED RELATIME KERNMOUNT I_VERSION STRICTATIME LAZYTIME",
  ),
  umount_flags: [["MNT_FORCE", 1], ["MNT_DETACH", 2], ["MNT_EXPIRE", 4], ["UMOUNT_NOFOLLOW", 8]],
  fchownat_flags: [["AT_SYMLINK_NOFOLLOW", 0x100], ["AT_EMPTY_PATH", 0x1000]],
  memfd_create_flags: bits("MFD_", "CLOEXEC ALLOW_SEALING HUGETLB NOEXEC_SEAL EXEC"),
  io_uring_setup_flags: bits(
    "IORING_SETUP_",
    "IOPOLL SQPOLL SQ_AFF CQSIZE CLAMP ATTACH_WQ R_DISABLED SUBMIT_ALL COOP_TASKRUN TASKRUN_FLAG SQE128 CQE32 " +
      "SINGLE_ISSUER DEFER_TASKRUN NO_MMAP REGISTERED_FD_ONLY NO_SQARRAY HYBRID_IOPOLL",
  ),
  io_uring_setup_feats: bits(
    "IORING_FEAT_",
    "SINGLE_MMAP NODROP SUBMIT_STABLE RW_CUR_POS CUR_PERSONALITY FAST_POLL POLL_32BITS SQPOLL_NONFIXED EXT_ARG " +
      "NATIVE_WORKERS RSRC_TAGS CQE_SKIP LINKED_FILE REG_REG_RING RECVSEND_BUNDLE MIN_TIMEOUT RW_ATTR",
  ),
  prctl_options: [
    ...numbers(
      "PR_",
      "SET_PDEATHSIG GET_PDEATHSIG GET_DUMPABLE SET_DUMPABLE GET_UNALIGN SET_UNALIGN GET_KEEPCAPS SET_KEEPCAPS " +
        "GET_FPEMU SET_FPEMU GET_FPEXC SET_FPEXC GET_TIMING SET_TIMING SET_NAME GET_NAME - - GET_ENDIAN SET_ENDIAN " +
        "GET_SECCOMP SET_SECCOMP CAPBSET_READ CAPBSET_DROP GET_TSC SET_TSC GET_SECUREBITS SET_SECUREBITS " +
        "SET_TIMERSLACK GET_TIMERSLACK TASK_PERF_EVENTS_DISABLE TASK_PERF_EVENTS_ENABLE MCE_KILL MCE_KILL_GET SET_MM " +
        "SET_CHILD_SUBREAPER GET_CHILD_SUBREAPER SET_NO_NEW_PRIVS GET_NO_NEW_PRIVS GET_TID_ADDRESS SET_THP_DISABLE " +
        "GET_THP_DISABLE MPX_ENABLE_MANAGEMENT MPX_DISABLE_MANAGEMENT SET_FP_MODE GET_FP_MODE CAP_AMBIENT",
      1,
    ),
    ["PR_SET_PTRACER", 0x59616d61],
  ],
  keyctl_operations: numbers(
    "KEYCTL_",
    "GET_KEYRING_ID JOIN_SESSION_KEYRING UPDATE REVOKE CHOWN SETPERM DESCRIBE CLEAR LINK UNLINK SEARCH READ " +
      "INSTANTIATE NEGATE SET_REQKEY_KEYRING SET_TIMEOUT ASSUME_AUTHORITY GET_SECURITY SESSION_TO_PARENT REJECT " +
      "INSTANTIATE_IOV INVALIDATE GET_PERSISTENT DH_COMPUTE PKEY_QUERY PKEY_ENCRYPT PKEY_DECRYPT PKEY_SIGN " +
      "PKEY_VERIFY RESTRICT_KEYRING MOVE CAPABILITIES WATCH_KEY",
  ),
  quotactl_commands: numbers(
    "Q_",
    "SYNC QUOTAON QUOTAOFF GETFMT GETINFO SETINFO GETQUOTA SETQUOTA GETNEXTQUOTA",
    0x800001,
  ),
} as const satisfies Partial<Readonly<Record<SymbolTable, Symbols>>>;
