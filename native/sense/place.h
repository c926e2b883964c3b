/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Which processes are surely the host's: by the cgroups that user space was told of
 * with the process's making or its last exec, by which it goes until the next. What
 * src/host/containers.ts may take for a container's is not; nobody else is known.
 *
 * A driver gives kern_told(pid) and kern_seed(pid): the places of enum ln_told that
 * are the process's, and that it may have to share.
 */
#ifndef LANNER_SENSE_PLACE_H
#define LANNER_SENSE_PLACE_H

#include "mark.h"
#include "path.h"

#define SENSE_PLACE_DEPTH 16 /* levels of a cgroup; what lies deeper is not known */

SENSE_INLINE bool sense_is_hosts_cgroup(struct sense_buf *b, const struct kernfs_node *node)
{
	int i;

	for (i = 0; i < SENSE_PLACE_DEPTH; i++) {
		const struct kernfs_node *above = kern_kernfs_parent(node);

		if (!above)
			return true;
		if (sense_is_mark(b->name, sense_read_kernel_text(b->name, SENSE_MARK_MAX + 1,
								  SENSE_READ(node, name))))
			return false;
		node = above;
	}
	return false;
}

/* Whether all cgroups that the record will name are the host's. */
SENSE_INLINE bool sense_is_hosts(struct sense_buf *b)
{
	const void *last = NULL;
	__u32 i;

	for (i = 0; i < SENSE_PATHS_MAX; i++) {
		const struct sense_path *path = b->paths + i;

		if (i >= b->npaths)
			break;
		if (path->mount || path->node == last)
			continue;
		last = path->node;
		if (!sense_is_hosts_cgroup(b, last))
			return false;
	}
	return last != NULL;
}

/* To be called of a process's making and its execs, when the record is filled in. */
SENSE_INLINE void sense_tell(struct sense_buf *b)
{
	const struct ln_record *header = (const void *)b->record;
	__u64 *told = header->tid == header->pid ? kern_told(header->pid) : NULL;

	/* an exec by another thread makes that the first */
	if (told)
		*(volatile __u64 *)told = LN_TOLD(header->pid, sense_is_hosts(b));
}

/* To be called where user space was not told, and when the process ends. */
SENSE_INLINE void sense_forget(__u32 pid)
{
	__u64 *told = kern_told(pid);

	if (told)
		*(volatile __u64 *)told = LN_TOLD_NOBODY;
}

SENSE_INLINE bool sense_on_host(__u32 pid)
{
	const volatile __u64 *told = kern_told(pid), *seed = kern_seed(pid);
	__u64 known = told ? *told : LN_TOLD_NOBODY;

	if (!known && seed)
		known = *seed;
	return known == LN_TOLD(pid, true);
}

#endif
