/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The cgroups of a task: `subsystem=/path` for each controller that Falco reports, and the path in the v2 tree. */
#ifndef LANNER_SENSE_CGROUP_H
#define LANNER_SENSE_CGROUP_H

#include "path.h"

#define SENSE_CGROUP_DEPTH 24   /* levels; a deeper path keeps its end */
#define SENSE_CGROUPS_MAX  4096 /* bytes of all controllers */

/* Writes the path of a cgroup to b->path; does nothing when that is what lies there. */
SENSE_INLINE void sense_walk_cgroup(struct sense_buf *b, const struct kernfs_node *node)
{
	const struct kernfs_node *above;
	int i;

	if (b->path_of == node)
		return;
	b->path_of = node;
	sense_path_reset(b);
	for (i = 0; i < SENSE_CGROUP_DEPTH; i++) {
		long len;

		above = kern_kernfs_parent(node);
		if (!above)
			break;
		len = sense_read_kernel_text(b->name, sizeof(b->name), SENSE_READ(node, name));
		if (len <= 0 || len > (long)sizeof(b->name) || !sense_prepend(b, b->name, len - 1, true)) {
			b->flags |= LN_F_TRUNCATED;
			break;
		}
		node = above;
	}
	if (b->path_at == SENSE_PATH_MAX - 1) {
		b->path_at--;
		b->path[SENSE_PATH_MAX - 2] = '/';
	}
}

/* Appends `name=` (of len bytes, at most 8) and the path of a cgroup to the entries written so far; their new length. */
SENSE_INLINE __u64 sense_add_cgroup(struct sense_buf *b, __u64 written, __u64 name, __u32 len,
				  const struct kernfs_node *node)
{
	__u64 base = SENSE_AT(b);
	__u64 at, size;

	if (!node)
		return written;
	sense_walk_cgroup(b, node);
	at = SENSE_MASK(b->path_at, SENSE_PATH_MAX - 1);
	size = SENSE_PATH_MAX - at;
	if (written + len + size > SENSE_CGROUPS_MAX) {
		b->flags |= LN_F_TRUNCATED;
		return written;
	}
	*(__u64 *)(b->record + base + SENSE_MASK(written, SENSE_CGROUPS_MAX - 1)) = name;
	written += len;
	sense_read_kernel(b->record + base + SENSE_MASK(written, SENSE_CGROUPS_MAX - 1), size & 0x1fff,
			  b->path + at);
	return written + size;
}

#endif
