/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Paths that a record asks for. They are walked when the rest of it is complete:
 * walking is by far the longest part for a verifier, so the probe does it in one
 * program for all records.
 */
#ifndef LANNER_SENSE_PATHS_H
#define LANNER_SENSE_PATHS_H

#include "path.h"

SENSE_INLINE void sense_ask(struct sense_buf *b, __u32 index, const struct vfsmount *mount,
			    const void *node, __u64 prefix, __u32 prefix_len)
{
	struct sense_path *path;

	if (!node || b->npaths >= SENSE_PATHS_MAX)
		return;
	path = b->paths + SENSE_MASK(b->npaths, SENSE_PATHS_MAX - 1);
	path->mount = mount;
	path->node = node;
	path->prefix = prefix;
	path->prefix_len = prefix_len;
	path->index = index;
	b->npaths++;
}

/* Asks for the path of a dentry. A mount that could not be read is none: it would make a cgroup of the dentry. */
SENSE_INLINE void sense_want(struct sense_buf *b, __u32 index, const struct vfsmount *mount,
			     const struct dentry *dentry)
{
	if (mount)
		sense_ask(b, index, mount, dentry, 0, 0);
}

/* Asks for the path of a file. */
SENSE_INLINE void sense_want_file_path(struct sense_buf *b, __u32 index, const struct file *file)
{
	sense_want(b, index, SENSE_READ(file, f_path.mnt), SENSE_READ(file, f_path.dentry));
}

/* Asks for a task's current directory. */
SENSE_INLINE void sense_want_cwd(struct sense_buf *b, __u32 index, const struct task_struct *task)
{
	const struct fs_struct *fs = SENSE_READ(task, fs);

	if (fs)
		sense_want(b, index, SENSE_READ(fs, pwd.mnt), SENSE_READ(fs, pwd.dentry));
}

#define SENSE_WANT_CONTROLLER(b, index, task, id, prefix)                                          \
	sense_ask(b, index, NULL, KERN_CGROUP_NODE(task, id), SENSE_TEXT8(prefix),                 \
		  sizeof(prefix) - 1)

/* Asks for Falco's list of a task's cgroups, in the kernel's order of controllers, and for its path in the v2 hierarchy. */
SENSE_INLINE void sense_want_cgroups(struct sense_buf *b, __u32 cgroups, __u32 cgroup,
				     const struct task_struct *task)
{
	SENSE_WANT_CONTROLLER(b, cgroups, task, cpuset_cgrp_id, "cpuset=");
	SENSE_WANT_CONTROLLER(b, cgroups, task, cpu_cgrp_id, "cpu=");
	SENSE_WANT_CONTROLLER(b, cgroups, task, cpuacct_cgrp_id, "cpuacct=");
	SENSE_WANT_CONTROLLER(b, cgroups, task, io_cgrp_id, "io=");
	SENSE_WANT_CONTROLLER(b, cgroups, task, memory_cgrp_id, "memory=");
	sense_ask(b, cgroup, NULL, kern_default_cgroup(task), 0, 0);
}

/* Enters what was walked last, behind what the parameter already holds. */
SENSE_INLINE void sense_put_walked(struct sense_buf *b, const struct sense_path *path)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	__u64 at = SENSE_MASK(b->path_at, SENSE_PATH_MAX - 1);
	__u32 index = path->index & SENSE_PARAMS_MASK;
	__u64 held = table[index].len;
	__u64 len;

	if (path->prefix_len && at >= 8) {
		__u64 prefix = path->prefix << (8 - path->prefix_len) * 8;

		__builtin_memcpy(b->path + SENSE_MASK(at - 8, SENSE_PATH_MAX - 1), &prefix, 8);
		at = SENSE_MASK(at - path->prefix_len, SENSE_PATH_MAX - 1);
	}
	len = SENSE_PATH_MAX - at;
	if (held + len > SENSE_PATH_MAX) {
		b->flags |= LN_F_TRUNCATED;
		return;
	}
	if (held)
		b->len = (__u32)table[index].off8 << 3;
	held = SENSE_MASK(held, SENSE_PATH_MAX - 1);
	sense_read_kernel(b->record + SENSE_AT(b) + held, len, b->path + at);
	sense_put_written(b, index, held + len);
}

/* Walks the next path asked for; false when none is left. */
SENSE_INLINE bool sense_put_next_path(struct sense_buf *b)
{
	const struct sense_path *path;

	if (b->next_path >= b->npaths)
		return false;
	path = b->paths + SENSE_MASK(b->next_path, SENSE_PATHS_MAX - 1);
	b->next_path++;
	if (path->mount) {
		sense_walk(b, path->mount, path->node);
		b->path_of = NULL;
	} else if (b->path_of != path->node) {
		sense_walk_cgroup(b, path->node);
		b->path_of = path->node;
	}
	sense_put_walked(b, path);
	return true;
}

#endif
