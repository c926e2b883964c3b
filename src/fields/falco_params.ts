// SPDX-License-Identifier: Apache-2.0

import type { ValueType } from "../events/types.ts";

function typed(type: ValueType, names: string): (readonly [string, ValueType])[] {
  return names.split(" ").map((name) => [name, type] as const);
}

/**
 * Arguments that Falco's event table has beyond src/events/table.ts: rules may name them (`evt.arg.dir` of mount) and
 * load, and they are missing on every event that we have. Also the two of ours whose first type in Falco's table is
 * another one.
 */
export const FALCO_PARAMS: readonly (readonly [name: string, type: ValueType])[] = [
  ...typed("UINT32", "uid gid"),
  ...typed("SYSCALLID", "ID"),
  ...typed("CHARBUF", "type module key quotafilepath unix_path json name_prefix arg2_str plugin_name tags args_str"),
  ...typed("FSPATH", "dir pathname special path1 path2 new_root put_old"),
  ...typed("FD", "fd1 fd2 fd_in fd_out out_fd in_fd epfd target_fd pid_fd mountfd dfd ringfd dirfd1 dirfd2 mfd"),
  ...typed("PID", "next caller_pid spid dpid tgid"),
  ...typed("UID", "ruid euid suid owner"),
  ...typed("GID", "rgid egid sgid group"),
  ...typed("SIGTYPE", "signo"),
  ...typed(
    "UINT32",
    "nativeID prot entries sq_entries cq_entries sq_thread_cpu sq_thread_idle to_submit min_complete nr_args first " +
      "size1 size2 maxevents nsops sem_num_0 sem_num_1 quotactl_id cpu action mask nsems initval_low count " +
      "process_count threads_count priority",
  ),
  ...typed(
    "UINT64",
    "argument offset pos length_hi initval source peer val64 op_addr error ip arg cur max hard soft addr_len " +
      "dqb_bhardlimit dqb_bsoftlimit dqb_curspace dqb_ihardlimit dqb_isoftlimit dqb_btime dqb_itime dqi_bgrace " +
      "dqi_igrace cpu_usr cpu_sys memory_kb quotas",
  ),
  ...typed("INT64", "arg2_int newcur newmax oldcur oldmax timeout nice old_priority"),
  ...typed("RELTIME", "interval tv_sec"),
  ...typed("FLAGS32", "dqi_flags features what resolve_flags"),
  ...typed("ENUMFLAGS8", "op level optname whence how resource quota_fmt dqi_fmt"),
  ...typed("ENUMFLAGS32", "option opcode"),
  ...typed("INT32", "semid in_use sem_op_0 sem_op_1 semnum val"),
  ...typed("FLAGS8", "clockid sem_flg_0 sem_flg_1"),
  ...typed("BYTEBUF", "sigset event_data value aux fds"),
];
