/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a task is: ids in its namespaces, memory, limits, terminal. */
#ifndef LANNER_SENSE_TASK_H
#define LANNER_SENSE_TASK_H

#include "record.h"

#define SENSE_RLIMIT_NOFILE 7
#define SENSE_COMM_MAX	    16
#define SENSE_PAGE_KB                                                                              \
	4 /* kernels with larger pages (some arm64) report sizes too small by their ratio */

/* A struct pid's number in its own, innermost namespace; 0 without one. */
SENSE_INLINE int sense_vnr(const struct pid *pid)
{
	if (!pid)
		return 0;
	return SENSE_READ(kern_upid(pid, SENSE_READ(pid, level)), nr);
}

/* A struct pid's number in the host's namespace. */
SENSE_INLINE int sense_nr(const struct pid *pid)
{
	if (!pid)
		return 0;
	return SENSE_READ(kern_upid(pid, 0), nr);
}

/* The number that a struct pid (of a group or session) has in a task's innermost namespace; 0 when it has none there. */
SENSE_INLINE int sense_nr_in(const struct pid *pid, __u32 level)
{
	if (!pid || SENSE_READ(pid, level) < level)
		return 0;
	return SENSE_READ(kern_upid(pid, level), nr);
}

SENSE_INLINE __u32 sense_pid_level(const struct task_struct *task)
{
	return SENSE_READ(kern_pid(task), level);
}

/* The pid namespace that a task lives in (its children may go to another). */
SENSE_INLINE const struct pid_namespace *sense_pidns(const struct task_struct *task)
{
	const struct pid *pid = kern_pid(task);

	return SENSE_READ(kern_upid(pid, SENSE_READ(pid, level)), ns);
}

/* Start of the init of a task's pid namespace, ns since boot. */
SENSE_INLINE __u64 sense_pidns_start(const struct task_struct *task)
{
	return kern_start_time(SENSE_READ(sense_pidns(task), child_reaper));
}

/* Device number as stat and Falco encode it: minor's low byte, major, the minor's rest. */
SENSE_INLINE __u32 sense_encode_dev(__u32 dev)
{
	__u32 major = dev >> 20;
	__u32 minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

/* Controlling terminal's device number, 0 without one. */
SENSE_INLINE __u32 sense_tty(const struct task_struct *task)
{
	const struct tty_struct *tty = SENSE_READ(task, signal, tty);
	const struct tty_driver *driver;

	if (!tty)
		return 0;
	driver = SENSE_READ(tty, driver);
	return sense_encode_dev(
		(__u32)SENSE_READ(driver, major) << 20 |
		((__u32)SENSE_READ(driver, minor_start) + (__u32)SENSE_READ(tty, index)));
}

_Static_assert(LN_EXECVE_comm == LN_EXECVE_fdlimit + 6 && LN_CLONE_comm == LN_CLONE_fdlimit + 6,
	       "what sense_put_task writes follows each other");

/*
 * What execve and clone have in common, at the same distances: fdlimit,
 * pgft_maj, pgft_min, vm_size, vm_rss, vm_swap, comm.
 */
SENSE_INLINE void sense_put_task(struct sense_buf *b, __u32 fdlimit, const struct task_struct *task,
				 const struct mm_struct *mm)
{
	long n;

	sense_put_number(b, fdlimit, SENSE_READ(task, signal, rlim[SENSE_RLIMIT_NOFILE].rlim_cur));
	sense_put_number(b, fdlimit + 1, SENSE_READ(task, maj_flt));
	sense_put_number(b, fdlimit + 2, SENSE_READ(task, min_flt));
	if (mm) {
		__u64 rss = KERN_MM_PAGES(mm, 0) + KERN_MM_PAGES(mm, 1) + KERN_MM_PAGES(mm, 3);

		sense_put_number(b, fdlimit + 3, SENSE_READ(mm, total_vm) * SENSE_PAGE_KB);
		sense_put_number(b, fdlimit + 4, rss * SENSE_PAGE_KB);
		sense_put_number(b, fdlimit + 5, KERN_MM_PAGES(mm, 2) * SENSE_PAGE_KB);
	} else {
		sense_put_number(b, fdlimit + 3, 0);
		sense_put_number(b, fdlimit + 4, 0);
		sense_put_number(b, fdlimit + 5, 0);
	}
	n = sense_read_kernel_text(b->record + SENSE_AT(b), SENSE_COMM_MAX,
				   SENSE_ADDRESS(task, struct task_struct, comm));
	if (n > 0 && n <= SENSE_COMM_MAX)
		sense_put_written(b, fdlimit + 6, n);
}

/*
 * argv of a running program as it lies in memory: exe (argv[0]) and args (the
 * rest, each with its NUL), together at most SENSE_ARGS_MAX. The memory read is the
 * current task's, which at fork still equals its child's.
 */
SENSE_INLINE void sense_put_args(struct sense_buf *b, __u32 exe, const struct mm_struct *mm)
{
	__u64 from = SENSE_READ(mm, arg_start);
	__u64 to = SENSE_READ(mm, arg_end);
	__u64 rest;
	long n;

	if (!from || to <= from)
		return;
	n = sense_put_user_text(b, exe, from);
	if (n <= 0 || n >= SENSE_ARGS_MAX || (__u64)n >= to - from)
		return;
	rest = to - from - n;
	if (rest > (__u64)(SENSE_ARGS_MAX - n)) {
		rest = SENSE_ARGS_MAX - n;
		b->flags |= LN_F_TRUNCATED;
	}
	rest = SENSE_MASK(rest, SENSE_ARGS_MAX - 1);
	if (!rest)
		return;
	if (sense_read_user(b->record + SENSE_AT(b), rest, (const void *)(from + n)) < 0) {
		b->faults++;
		return;
	}
	b->record[SENSE_AT(b) + SENSE_MASK(rest - 1, SENSE_ARGS_MAX - 1)] = 0;
	sense_put_written(b, exe + 1, rest);
}

/* The environment, each entry with its NUL. */
SENSE_INLINE void sense_put_env(struct sense_buf *b, __u32 env, const struct mm_struct *mm)
{
	__u64 from = SENSE_READ(mm, env_start);
	__u64 to = SENSE_READ(mm, env_end);
	__u64 len;

	if (!from || to <= from)
		return;
	len = to - from;
	if (len >= SENSE_ARGS_MAX) {
		len = SENSE_ARGS_MAX - 1;
		b->flags |= LN_F_TRUNCATED;
	}
	len = SENSE_MASK(len, SENSE_ARGS_MAX - 1);
	if (!len)
		return;
	if (sense_read_user(b->record + SENSE_AT(b), len, (const void *)from) < 0) {
		b->faults++;
		return;
	}
	b->record[SENSE_AT(b) + SENSE_MASK(len - 1, SENSE_ARGS_MAX - 1)] = 0;
	sense_put_written(b, env, len);
}

#endif
