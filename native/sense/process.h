/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The making and the end of processes and threads. */
#ifndef LANNER_SENSE_PROCESS_H
#define LANNER_SENSE_PROCESS_H

#include "exec.h"
#include "flags.h"

#define SENSE_PF_EXITING  0x00000004
#define SENSE_THREADS_MAX 32 /* looked at for one that is not exiting */
#define SENSE_PARENTS_MAX 32 /* looked at for a subreaper */

_Static_assert(LN_FORK_NPARAMS == LN_CLONE_NPARAMS && LN_VFORK_NPARAMS == LN_CLONE_NPARAMS &&
		       LN_CLONE3_NPARAMS == LN_CLONE_NPARAMS,
	       "events of making share their parameters' places");

/*
 * A new task, seen in its maker's context before it first runs; flags are those
 * of the call that made it (CLONE_*), as far as they are known.
 */
SENSE_INLINE void sense_fill_fork(struct sense_buf *b, const struct task_struct *child, __u64 flags)
{
	const struct mm_struct *mm = SENSE_READ(child, mm);
	const struct cred *cred = SENSE_READ(child, cred);
	const struct task_struct *leader = SENSE_READ(child, group_leader);
	__u32 level = sense_pid_level(child);

	b->call.ret = 0;
	sense_put_number(b, LN_CLONE_res, 0);
	if (mm)
		sense_put_args(b, LN_CLONE_exe, mm);
	sense_put_number(b, LN_CLONE_tid, SENSE_READ(child, pid));
	sense_put_number(b, LN_CLONE_pid, SENSE_READ(child, tgid));
	sense_put_number(b, LN_CLONE_ptid, SENSE_READ(child, real_parent, tgid));
	sense_put_task(b, LN_CLONE_fdlimit, child, mm);
	sense_want_cgroups(b, LN_CLONE_cgroups, LN_CLONE_cgroup, child);
	sense_put_number(b, LN_CLONE_flags,
			 sense_clone_flags(flags) | (level ? PPM_CL_CHILD_IN_PIDNS : 0));
	sense_put_number(b, LN_CLONE_uid, KERN_ID(cred, euid));
	sense_put_number(b, LN_CLONE_gid, KERN_ID(cred, egid));
	sense_put_number(b, LN_CLONE_vtid, sense_vnr(kern_pid(child)));
	sense_put_number(b, LN_CLONE_vpid, sense_vnr(kern_pid(leader)));
	sense_put_number(b, LN_CLONE_pidns_init_start_ts, sense_pidns_start(child));
	sense_put_number(b, LN_CLONE_sid, sense_nr(kern_session(child)));
	sense_put_number(b, LN_CLONE_pgid, sense_nr(kern_pgrp(child)));
	sense_put_number(b, LN_CLONE_vpgid, sense_nr_in(kern_pgrp(child), level));
	sense_put_number(b, LN_CLONE_start_ts, kern_start_time(leader));
	sense_put_number(b, LN_CLONE_maker, SENSE_READ(sense_current(), tgid));
	if (b->want & LN_WANT_WORKDIR)
		sense_want_cwd(b, LN_CLONE_workdir, child);
}

/* A thread of the task's group that is not exiting, 0 when the first SENSE_THREADS_MAX all are. */
SENSE_INLINE __u32 sense_alive_thread(const struct task_struct *task)
{
	const struct list_head *head = kern_threads(task);
	const struct list_head *node = SENSE_READ(head, next);
	int i;

	for (i = 0; i < SENSE_THREADS_MAX && node && node != head; i++) {
		const struct task_struct *thread = kern_thread_of_node(node);

		if (!(SENSE_READ(thread, flags) & SENSE_PF_EXITING))
			return SENSE_READ(thread, pid);
		node = SENSE_READ(node, next);
	}
	return 0;
}

/*
 * Who gets the children of an exiting task, chosen as the kernel does: another
 * thread of its process, the nearest ancestor that asked to be a subreaper, the
 * init of the pid namespace. 0 when it has no children.
 */
SENSE_INLINE __u32 sense_reaper(const struct task_struct *task)
{
	const struct list_head *children = SENSE_ADDRESS(task, struct task_struct, children);
	const struct task_struct *init = SENSE_READ(sense_pidns(task), child_reaper);
	const struct task_struct *reaper;
	__u32 init_tgid = SENSE_READ(init, tgid);
	__u32 tid;
	int i;

	if (SENSE_READ(children, next) == children)
		return 0;
	tid = sense_alive_thread(task);
	if (tid)
		return tid;
	if (!kern_has_subreaper(SENSE_READ(task, signal)))
		return SENSE_READ(init, pid);
	reaper = SENSE_READ(task, real_parent);
	for (i = 0; i < SENSE_PARENTS_MAX; i++) {
		__u32 tgid = SENSE_READ(reaper, tgid);

		if (!tgid || tgid == init_tgid)
			break;
		if (kern_is_subreaper(SENSE_READ(reaper, signal)))
			return tgid;
		reaper = SENSE_READ(reaper, real_parent);
	}
	return SENSE_READ(init, pid);
}

/* One thread's end; status is as wait(2) reports it. */
SENSE_INLINE void sense_fill_exit(struct sense_buf *b, const struct task_struct *task)
{
	int status = SENSE_READ(task, exit_code);
	__u32 signal = status & 0x7f;

	sense_put_number(b, LN_PROCEXIT_status, (__s64)status);
	sense_put_number(b, LN_PROCEXIT_ret, (status >> 8) & 0xff);
	sense_put_number(b, LN_PROCEXIT_sig, signal == 0x7f ? 0 : signal);
	sense_put_number(b, LN_PROCEXIT_core, !!(status & 0x80));
	sense_put_number(b, LN_PROCEXIT_reaper_tid, sense_reaper(task));
	sense_put_number(b, LN_PROCEXIT_last, SENSE_READ(task, signal, live.counter) == 0);
}

#endif
