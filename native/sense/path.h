/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Paths as the kernel knows them: walked up through dentries and mounts, no symlink left. */
#ifndef LANNER_SENSE_PATH_H
#define LANNER_SENSE_PATH_H

#include "mark.h"
#include "record.h"

#define SENSE_CGROUP_DEPTH 24 /* levels of a cgroup; a deeper one keeps its end */

/* Puts one name and the slash before it in front of b->path; false when there is no room left behind `floor`. */
SENSE_INLINE bool sense_prepend(struct sense_buf *b, const void *name, __u32 len, bool slash,
				__u32 floor)
{
	__u64 at = b->path_at;

	if (len > SENSE_NAME_MAX)
		len = SENSE_NAME_MAX;
	if (at < len + 1 + floor)
		return false;
	at -= len;
	sense_read_kernel(b->path + SENSE_MASK(at, SENSE_PATH_MAX - 1),
			  SENSE_MASK(len, SENSE_NAME_MAX), name);
	if (slash) {
		at--;
		b->path[SENSE_MASK(at, SENSE_PATH_MAX - 1)] = '/';
	}
	b->path_at = at;
	return true;
}

/* struct qstr as it has been since 3.5 on a little-endian machine: read whole, since every read counts here */
struct sense_qstr {
	__u32 hash, len;
	const void *text;
};

SENSE_INLINE void sense_path_reset(struct sense_buf *b)
{
	b->path_at = SENSE_PATH_MAX - 1;
	b->path[SENSE_PATH_MAX - 1] = 0;
}

/* A path without a name is the root. */
SENSE_INLINE void sense_path_end(struct sense_buf *b)
{
	if (b->path_at == SENSE_PATH_MAX - 1) {
		b->path_at--;
		b->path[SENSE_PATH_MAX - 2] = '/';
	}
}

/*
 * Writes the path of a dentry, as seen from the root of the mount namespace that
 * the mount belongs to, to b->path. An unlinked file's ends in " (deleted)". What
 * hangs on no tree (a memfd) is its bare name. A path deeper or longer than fits
 * keeps its end: more than `depth` names (mounts count as one), or what would not
 * lie behind `floor`. Both are constant.
 */
SENSE_INLINE void sense_walk_within(struct sense_buf *b, const struct vfsmount *vfsmount,
				    const struct dentry *dentry, int depth, __u32 floor)
{
	const struct mount *mount = kern_mount(vfsmount);
	const struct dentry *root = SENSE_READ(mount, mnt.mnt_root);
	const struct dentry *parent;
	int i;

	sense_path_reset(b);
	if (kern_dentry_unhashed(dentry) && SENSE_READ(dentry, d_parent) != dentry) {
		__u64 first = SENSE_TEXT8(" (delete");
		__u16 rest = SENSE_TEXT8("d)");

		b->path_at -= sizeof(first) + sizeof(rest);
		__builtin_memcpy(b->path + SENSE_PATH_MAX - 11, &first, sizeof(first));
		__builtin_memcpy(b->path + SENSE_PATH_MAX - 3, &rest, sizeof(rest));
	}
	for (i = 0; i < depth; i++) {
		struct sense_qstr name = {};
		bool attached;

		if (dentry == root) {
			const struct mount *above = SENSE_READ(mount, mnt_parent);

			if (above == mount || !above)
				break;
			dentry = SENSE_READ(mount, mnt_mountpoint);
			mount = above;
			root = SENSE_READ(mount, mnt.mnt_root);
			continue;
		}
		parent = SENSE_READ(dentry, d_parent);
		if (!parent)
			break;
		attached = parent != dentry;
		sense_read_kernel(&name, sizeof(name),
				  SENSE_ADDRESS(dentry, struct dentry, d_name));
		if (!sense_prepend(b, name.text, name.len, attached, floor) ||
		    (i == depth - 1 && attached)) {
			b->flags |= LN_F_TRUNCATED;
			break;
		}
		if (!attached)
			break;
		dentry = parent;
	}
	sense_path_end(b);
}

SENSE_INLINE void sense_walk(struct sense_buf *b, const struct vfsmount *vfsmount,
			     const struct dentry *dentry)
{
	sense_walk_within(b, vfsmount, dentry, SENSE_PATH_DEPTH, 0);
}

/* Writes the path of a cgroup within its hierarchy to b->path, and remembers whether it may be a container's. */
SENSE_INLINE void sense_walk_cgroup(struct sense_buf *b, const struct kern_cgroup *node)
{
	int i;

	b->walked |= SENSE_CGROUP_SEEN;
	sense_path_reset(b);
	for (i = 0; i < SENSE_CGROUP_DEPTH; i++) {
		const struct kern_cgroup *above = kern_cgroup_parent(node);
		long len;

		if (!above)
			break;
		len = sense_read_kernel_text(b->name, sizeof(b->name), kern_cgroup_name(node));
		if (len <= 0 || len > (long)sizeof(b->name) ||
		    !sense_prepend(b, b->name, len - 1, true, 0) || i == SENSE_CGROUP_DEPTH - 1) {
			b->flags |= LN_F_TRUNCATED;
			b->walked |= SENSE_CGROUP_MARKED;
			break;
		}
		if (sense_is_mark(b->name, len))
			b->walked |= SENSE_CGROUP_MARKED;
		node = above;
	}
	sense_path_end(b);
}

#endif
