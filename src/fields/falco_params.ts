// SPDX-License-Identifier: Apache-2.0

import type { ValueType } from "../events/types.ts";

function typed(type: ValueType, names: string): (readonly [string, ValueType])[] {
  return names.split(" ").map((name) => [name, type] as const);
}

/**
 * Arguments that Falco's event table has beyond src/events/table.ts: rules may name them (`evt.arg.dir` of mount) and
 * load, and they are missing on every event that we have. Also those of ours whose first type in Falco's table is another
 * one.
 */
export const FALCO_PARAMS: readonly (readonly [name: string, type: ValueType])[] = [
  ...typed("UINT32", "uid gid"),
  ...typed("SYSCALLID", "ID"),
  ...typed("CHARBUF", "type module key quotafilepath unix_path json name_prefix plugin_name tags args_str"),
  ...typed("FSPATH", "pathname path1 path2"),
  ...typed("FD", "fd1 fd2 fd_in fd_out out_fd in_fd epfd dfd ringfd dirfd1 dirfd2 mfd"),
  ...typed("PID", "next caller_pid spid dpid tgid"),
  ...typed("UID", "owner"),
  ...typed("GID", "group"),
  ...typed("SIGTYPE", "signo"),
  ...typed(
    "UINT32",
    "nativeID prot to_submit min_complete nr_args first " +
      "size1 size2 maxevents nsops sem_num_0 sem_num_1 quotactl_id cpu action mask nsems initval_low count " +
      "process_count threads_count priority",
  ),
  ...typed(
    "UINT64",
    "argument pos length_hi initval source peer val64 op_addr error ip arg cur max hard soft addr_len " +
      "dqb_bhardlimit dqb_bsoftlimit dqb_curspace dqb_ihardlimit dqb_isoftlimit dqb_btime dqb_itime dqi_bgrace " +
      "dqi_igrace cpu_usr cpu_sys memory_kb quotas",
  ),
  ...typed("INT64", "newcur newmax oldcur oldmax timeout nice old_priority"),
  ...typed("RELTIME", "interval tv_sec"),
  ...typed("FLAGS32", "dqi_flags what resolve_flags"),
  ...typed("ENUMFLAGS8", "op level optname whence how resource quota_fmt dqi_fmt"),
  ...typed("ENUMFLAGS32", "opcode"),
  ...typed("INT32", "semid in_use sem_op_0 sem_op_1 semnum val"),
  ...typed("FLAGS8", "clockid sem_flg_0 sem_flg_1"),
  ...typed("BYTEBUF", "sigset event_data value aux fds"),
];
