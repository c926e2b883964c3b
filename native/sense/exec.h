/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* execve and execveat, succeeded or failed. */
#ifndef LANNER_SENSE_EXEC_H
#define LANNER_SENSE_EXEC_H

#include "file.h"

#define SENSE_SB_RDONLY	  1
#define SENSE_S_IMMUTABLE 8

#define SENSE_CAP_DAC_OVERRIDE 1
#define SENSE_CAP_FOWNER       3
#define SENSE_CAPS_KNOWN       ((1ULL << 41) - 1) /* up to CAP_CHECKPOINT_RESTORE, as Falco */

#define SENSE_GROUPS_STEPS 17 /* binary search through NGROUPS_MAX */

/* distances from a record's filename_dir, as in EXEC_OWN of src/events/table.ts */
enum {
	SENSE_OWN_DIR,
	SENSE_OWN_OLD_TID,
	SENSE_OWN_SID,
	SENSE_OWN_VTID,
	SENSE_OWN_VPID,
	SENSE_OWN_START,
	SENSE_OWN_PIDNS_START,
	SENSE_OWN_CGROUP,
	SENSE_OWN_WORKDIR
};

_Static_assert(LN_EXECVE_workdir == LN_EXECVE_filename_dir + SENSE_OWN_WORKDIR &&
		       LN_EXECVEAT_workdir == LN_EXECVEAT_filename_dir + SENSE_OWN_WORKDIR &&
		       LN_EXECVEAT_gid == LN_EXECVE_gid,
	       "execve and execveat share their parameters' places");

enum { SENSE_EXE_WRITABLE = 1, SENSE_EXE_UPPER = 2, SENSE_EXE_MEMFD = 4, SENSE_EXE_LOWER = 8 };

SENSE_INLINE bool sense_in_group(const struct cred *cred, __u32 gid)
{
	const struct group_info *groups = SENSE_READ(cred, group_info);
	__u32 low = 0, high, i;

	if (KERN_ID(cred, fsgid) == gid)
		return true;
	high = SENSE_READ(groups, ngroups);
	for (i = 0; i < SENSE_GROUPS_STEPS && low < high; i++) {
		__u32 middle = (low + high) / 2;
		__u32 found = kern_group(groups, middle);

		if (found == gid)
			return true;
		if (found < gid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Whether a host id has a number in a user namespace. Maps of more than five ranges count as mapping everything. */
SENSE_INLINE bool sense_is_mapped(const struct user_namespace *ns, bool group, __u32 id)
{
	const struct uid_gid_map *map = group ? SENSE_ADDRESS(ns, struct user_namespace, gid_map)
					      : SENSE_ADDRESS(ns, struct user_namespace, uid_map);
	const struct uid_gid_extent *extents = SENSE_ADDRESS(map, struct uid_gid_map, extent);
	__u32 count = SENSE_READ(map, nr_extents);
	__u32 i;

	if (kern_is_host_userns(ns) || count > 5)
		return true;
	SENSE_OPAQUE(count);
	for (i = 0; i < 5 && i < count; i++) {
		const struct uid_gid_extent *extent = extents + i;
		__u32 first = SENSE_READ(extent, lower_first);

		if (id >= first && id - first < SENSE_READ(extent, count))
			return true;
	}
	return false;
}

/*
 * Whether a task with these credentials could write to the file: its owner counts
 * as if it could, since it may change the mode.
 */
SENSE_INLINE bool sense_is_writable(const struct inode *inode, const struct cred *cred)
{
	__u32 mode = SENSE_READ(inode, i_mode);
	__u32 uid = KERN_ID(inode, i_uid);
	__u32 gid = KERN_ID(inode, i_gid);
	const struct user_namespace *ns = SENSE_READ(cred, user_ns);
	__u64 caps = kern_caps(SENSE_ADDRESS(cred, struct cred, cap_effective));

	if (SENSE_READ(inode, i_sb, s_flags) & SENSE_SB_RDONLY)
		return false;
	if (SENSE_READ(inode, i_flags) & SENSE_S_IMMUTABLE)
		return false;
	if (uid == (__u32)-1 || gid == (__u32)-1)
		return false;
	if (KERN_ID(cred, fsuid) == uid || mode & 0002)
		return true;
	if (mode & 0020 && sense_in_group(cred, gid))
		return true;
	if (!(caps & (1 << SENSE_CAP_DAC_OVERRIDE | 1 << SENSE_CAP_FOWNER)))
		return false;
	if (!sense_is_mapped(ns, false, uid))
		return false;
	return caps & 1 << SENSE_CAP_FOWNER || sense_is_mapped(ns, true, gid);
}

SENSE_INLINE __u32 sense_exe_flags(const struct sense_file *exe, const struct cred *cred)
{
	enum sense_layer layer = sense_layer(exe);
	__u32 flags = 0;

	if (sense_is_writable(exe->inode, cred))
		flags |= SENSE_EXE_WRITABLE;
	if (layer == SENSE_UPPER)
		flags |= SENSE_EXE_UPPER;
	if (layer == SENSE_LOWER)
		flags |= SENSE_EXE_LOWER;
	if (sense_is_memfd(exe))
		flags |= SENSE_EXE_MEMFD;
	return flags;
}

/*
 * Everything of an exec that the task itself tells: all but res, exe, args, env,
 * filename. own is the index of filename_dir: execveat, which has no filename, has
 * it and what follows one earlier.
 */
SENSE_INLINE void sense_put_exec(struct sense_buf *b, __u32 own, const struct task_struct *task,
				 __u32 old_tid)
{
	const struct mm_struct *mm = SENSE_READ(task, mm);
	const struct sense_file exe = sense_look(SENSE_READ(mm, exe_file));
	const struct cred *cred = SENSE_READ(task, cred);

	sense_put_number(b, LN_EXECVE_tid, SENSE_READ(task, pid));
	sense_put_number(b, LN_EXECVE_pid, SENSE_READ(task, tgid));
	sense_put_number(b, LN_EXECVE_ptid, SENSE_READ(task, real_parent, tgid));
	sense_put_task(b, LN_EXECVE_fdlimit, task, mm);
	sense_want_cgroups(b, LN_EXECVE_cgroups, own + SENSE_OWN_CGROUP, task);
	sense_put_number(b, LN_EXECVE_tty, sense_tty(task));
	sense_put_number(b, LN_EXECVE_vpgid, sense_nr_in(kern_pgrp(task), sense_pid_level(task)));
	sense_put_number(b, LN_EXECVE_loginuid, kern_loginuid(task));
	sense_put_number(b, LN_EXECVE_cap_inheritable,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_inheritable)) &
				 SENSE_CAPS_KNOWN);
	sense_put_number(b, LN_EXECVE_cap_permitted,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_permitted)) &
				 SENSE_CAPS_KNOWN);
	sense_put_number(b, LN_EXECVE_cap_effective,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_effective)) &
				 SENSE_CAPS_KNOWN);
	sense_put_number(b, LN_EXECVE_uid, KERN_ID(cred, euid));
	sense_put_number(b, LN_EXECVE_pgid, sense_nr(kern_pgrp(task)));
	sense_put_number(b, LN_EXECVE_gid, KERN_ID(cred, egid));
	if (exe.inode) {
		sense_put_number(b, LN_EXECVE_flags, sense_exe_flags(&exe, cred));
		sense_put_number(b, LN_EXECVE_exe_ino, exe.ino);
		sense_put_number(b, LN_EXECVE_exe_ino_ctime, kern_inode_ctime(exe.inode));
		sense_put_number(b, LN_EXECVE_exe_ino_mtime, kern_inode_mtime(exe.inode));
		sense_want(b, LN_EXECVE_trusted_exepath, exe.mount, exe.dentry);
	}
	sense_put_number(b, own + SENSE_OWN_OLD_TID, old_tid);
	sense_put_number(b, own + SENSE_OWN_SID, sense_nr(kern_session(task)));
	sense_put_number(b, own + SENSE_OWN_VTID, sense_vnr(kern_pid(task)));
	sense_put_number(b, own + SENSE_OWN_VPID,
			 sense_vnr(kern_pid(SENSE_READ(task, group_leader))));
	sense_put_number(b, own + SENSE_OWN_START, kern_start_time(SENSE_READ(task, group_leader)));
	sense_put_number(b, own + SENSE_OWN_PIDNS_START, sense_pidns_start(task));
	sense_want_cwd(b, own + SENSE_OWN_WORKDIR, task);
}

/* A successful exec, told by sched_process_exec; execve's record also when the call was execveat. */
SENSE_INLINE void sense_fill_exec(struct sense_buf *b, const struct task_struct *task,
				  __u32 old_tid, const char *filename)
{
	const struct mm_struct *mm = SENSE_READ(task, mm);

	b->call.ret = 0;
	sense_put_number(b, LN_EXECVE_res, 0);
	sense_put_args(b, LN_EXECVE_exe, mm);
	if (b->want & LN_WANT_ENV)
		sense_put_env(b, LN_EXECVE_env, mm);
	sense_put_kernel_text(b, LN_EXECVE_filename, filename);
	if (sense_first_byte(b, LN_EXECVE_filename) != '/')
		sense_want_cwd(b, LN_EXECVE_filename_dir, task);
	sense_put_exec(b, LN_EXECVE_filename_dir, task, old_tid);
}

/* The n-th pointer of a user's array of strings, 0 at its end. */
SENSE_INLINE __u64 sense_user_pointer(const struct sense_buf *b, __u64 array, __u32 n)
{
	__u64 pointer = 0;

	if (b->call.compat)
		sense_read_user(&pointer, 4, (const void *)(array + n * 4));
	else
		sense_read_user(&pointer, 8, (const void *)(array + n * 8));
	return pointer;
}

/* An array of strings of a call that failed, from its first-th: each with its NUL, one after the other. */
SENSE_INLINE void sense_put_user_strings(struct sense_buf *b, __u32 index, __u64 array, __u32 first)
{
	__u64 base = SENSE_AT(b);
	__u64 n = 0;
	__u32 i;

	for (i = first; i < SENSE_ARGV_MAX; i++) {
		__u64 pointer = sense_user_pointer(b, array, i);
		long len;

		if (!pointer)
			break;
		len = sense_read_user_text(b->record + base + SENSE_MASK(n, SENSE_ARGS_MAX - 1),
					   SENSE_MASK(SENSE_ARGS_MAX - n, 0x1fff),
					   (const void *)pointer);
		if (len <= 0)
			break;
		n += len;
		if (n >= SENSE_ARGS_MAX) {
			n = SENSE_ARGS_MAX;
			b->flags |= LN_F_TRUNCATED;
			break;
		}
	}
	if (n)
		sense_put_written(b, index, SENSE_MASK(n, 0x1fff));
}

SENSE_INLINE void sense_fill_failed_exec(struct sense_buf *b, __u32 own, __u64 argv, __u64 envp)
{
	const struct task_struct *task = sense_current();

	sense_put_number(b, LN_EXECVE_res, b->call.ret);
	if (argv) {
		sense_put_user_text(b, LN_EXECVE_exe, sense_user_pointer(b, argv, 0));
		sense_put_user_strings(b, LN_EXECVE_args, argv, 1);
	}
	if (envp && b->want & LN_WANT_ENV)
		sense_put_user_strings(b, LN_EXECVE_env, envp, 0);
	sense_put_exec(b, own, task, SENSE_READ(task, pid));
}

SENSE_INLINE bool sense_fill_execve(struct sense_buf *b)
{
	if (b->call.ret >= 0)
		return false;
	if (sense_put_user_text(b, LN_EXECVE_filename, b->call.arg[0]) > 0 &&
	    sense_first_byte(b, LN_EXECVE_filename) != '/')
		sense_want_cwd(b, LN_EXECVE_filename_dir, sense_current());
	sense_fill_failed_exec(b, LN_EXECVE_filename_dir, b->call.arg[1], b->call.arg[2]);
	return true;
}

SENSE_INLINE bool sense_fill_execveat(struct sense_buf *b)
{
	__u8 first = 0;

	if (b->call.ret >= 0)
		return false;
	/* the path is not among its parameters, what it was relative to is */
	sense_read_user(&first, 1, (const void *)b->call.arg[1]);
	if (first != '/')
		sense_want_dir(b, LN_EXECVEAT_filename_dir, SENSE_FD(b->call.arg[0]));
	sense_fill_failed_exec(b, LN_EXECVEAT_filename_dir, b->call.arg[2], b->call.arg[3]);
	return true;
}

#endif
