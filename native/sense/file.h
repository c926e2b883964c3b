/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What is behind a descriptor at the moment of the event. */
#ifndef LANNER_SENSE_FILE_H
#define LANNER_SENSE_FILE_H

#include "paths.h"
#include "socket.h"
#include "task.h"

#define SENSE_ANON_INODE_MAGIC 0x09041934 /* include/uapi/linux/magic.h */
#define SENSE_PIDFS_MAGIC      0x50494446
#define SENSE_OVERLAY_MAGIC    0x794c7630

#define SENSE_S_IFMT   0170000
#define SENSE_S_IFSOCK 0140000
#define SENSE_S_IFREG  0100000
#define SENSE_S_IFDIR  0040000
#define SENSE_S_IFIFO  0010000

#define SENSE_AT_FDCWD -100

/* a descriptor argument: an int, whatever the upper half of its register holds */
#define SENSE_FD(arg) ((__s64)(__s32)(arg))

enum sense_layer { SENSE_NO_OVERLAY, SENSE_UPPER, SENSE_LOWER };

/* distances from a record's fd_type, as in FD_ROWS of src/events/table.ts */
enum {
	SENSE_FD_TYPE,
	SENSE_FD_PATH,
	SENSE_FD_DEV,
	SENSE_FD_INO,
	SENSE_FD_TUPLE,
	SENSE_FD_PROTO,
	SENSE_FD_ROLE
};

/* The current task's open file of that number, NULL when there is none. */
SENSE_INLINE const struct file *sense_file(__s64 fd)
{
	const struct fdtable *table;
	struct file **files;
	const struct file *file = NULL;

	if (fd < 0 || fd > 0x7fffffff)
		return NULL;
	table = SENSE_READ(sense_current(), files, fdt);
	if ((__u64)fd >= SENSE_READ(table, max_fds))
		return NULL;
	files = SENSE_READ(table, fd);
	if (sense_read_kernel(&file, sizeof(file), files + fd) < 0)
		return NULL;
	return file;
}

/* Asks for the directory that a relative path starts from. */
SENSE_INLINE void sense_want_dir(struct sense_buf *b, __u32 dir, __s64 dirfd)
{
	const struct file *file;

	if (dirfd == SENSE_AT_FDCWD) {
		sense_want_cwd(b, dir, sense_current());
		return;
	}
	file = sense_file(dirfd);
	if (file)
		sense_want_file_path(b, dir, file);
}

/* The first eight bytes of a file's name, as one little-endian number. */
SENSE_INLINE __u64 sense_name_word(const struct file *file)
{
	__u64 word = 0;

	sense_read_kernel_text(&word, sizeof(word), SENSE_READ(file, f_path.dentry, d_name.name));
	return word & 0x00ffffffffffffffULL;
}

/* seven characters as sense_name_word gives them */
#define SENSE_WORD(a, b, c, d, e, f, g)                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48)

/* A memfd: on a tree of its own, named "memfd:...". */
SENSE_INLINE bool sense_is_memfd(const struct file *file)
{
	const struct dentry *dentry = SENSE_READ(file, f_path.dentry);

	return SENSE_READ(dentry, d_parent) == dentry &&
	       (sense_name_word(file) & 0xffffffffffffULL) ==
		       SENSE_WORD('m', 'e', 'm', 'f', 'd', ':', 0);
}

/* Type of a file without an inode of its own, by the name that its maker gave it. */
SENSE_INLINE char sense_anon_type(__u64 name)
{
	switch (name) {
	case SENSE_WORD('[', 'e', 'v', 'e', 'n', 't', 'f'):
		return 'e';
	case SENSE_WORD('[', 's', 'i', 'g', 'n', 'a', 'l'):
		return 's';
	case SENSE_WORD('[', 'e', 'v', 'e', 'n', 't', 'p'):
		return 'l';
	case SENSE_WORD('i', 'n', 'o', 't', 'i', 'f', 'y'):
		return 'i';
	case SENSE_WORD('[', 't', 'i', 'm', 'e', 'r', 'f'):
		return 't';
	case SENSE_WORD('[', 'i', 'o', '_', 'u', 'r', 'i'):
		return 'r';
	case SENSE_WORD('[', 'u', 's', 'e', 'r', 'f', 'a'):
		return 'u';
	case SENSE_WORD('[', 'p', 'i', 'd', 'f', 'd', ']'):
		return 'P';
	}
	name &= 0xffffff;
	return name == SENSE_WORD('b', 'p', 'f', 0, 0, 0, 0) ? 'b' : 'X';
}

SENSE_INLINE char sense_sock_type(const struct sock *sk)
{
	switch (SENSE_READ(sk, __sk_common.skc_family)) {
	case SENSE_AF_INET:
		return '4';
	case SENSE_AF_INET6:
		return '6';
	case SENSE_AF_UNIX:
		return 'u';
	case SENSE_AF_NETLINK:
		return 'n';
	}
	return 'o';
}

/* Falco's fd.typechar (compat/fields.md, table 2). */
SENSE_INLINE char sense_file_type(const struct file *file, const struct sock *sk)
{
	const struct inode *inode = SENSE_READ(file, f_inode);
	unsigned long magic = SENSE_READ(inode, i_sb, s_magic);

	if (sk)
		return sense_sock_type(sk);
	if (magic == SENSE_ANON_INODE_MAGIC)
		return sense_anon_type(sense_name_word(file));
	if (magic == SENSE_PIDFS_MAGIC)
		return 'P';
	switch (SENSE_READ(inode, i_mode) & SENSE_S_IFMT) {
	case SENSE_S_IFDIR:
		return 'd';
	case SENSE_S_IFIFO:
		return 'p';
	case SENSE_S_IFSOCK:
		return 'o';
	case SENSE_S_IFREG:
		return sense_is_memfd(file) ? 'm' : 'f';
	}
	return 'f';
}

/* The socket of a file, NULL when it isn't one (or is one opened by path). */
SENSE_INLINE const struct sock *sense_sock(const struct file *file)
{
	const struct socket *socket;

	if (!file || (SENSE_READ(file, f_inode, i_mode) & SENSE_S_IFMT) != SENSE_S_IFSOCK)
		return NULL;
	socket = SENSE_READ(file, private_data);
	return socket ? SENSE_READ(socket, sk) : NULL;
}

SENSE_INLINE enum sense_layer sense_layer(const struct file *file)
{
	const struct inode *inode = SENSE_READ(file, f_path.dentry, d_inode);
	const struct dentry *upper;

	if (SENSE_READ(inode, i_sb, s_magic) != SENSE_OVERLAY_MAGIC)
		return SENSE_NO_OVERLAY;
	upper = kern_overlay_upper(inode);
	return upper && SENSE_READ(upper, d_inode) ? SENSE_UPPER : SENSE_LOWER;
}

/* False for the one file of a mount that hangs nowhere, and for files without a tree. */
SENSE_INLINE bool sense_on_tree(const struct file *file)
{
	const struct dentry *dentry = SENSE_READ(file, f_path.dentry);
	const struct mount *mount = kern_mount(SENSE_READ(file, f_path.mnt));

	return SENSE_READ(dentry, d_parent) != dentry || SENSE_READ(mount, mnt_parent) != mount;
}

SENSE_INLINE __u32 sense_file_dev(const struct file *file)
{
	return sense_encode_dev(SENSE_READ(file, f_inode, i_sb, s_dev));
}

/*
 * The own parameters of a descriptor: fd_type is the index of the first. role is
 * what the event itself tells; a listening socket is a server's whoever asks.
 */
SENSE_INLINE void sense_put_file(struct sense_buf *b, __u32 fd_type, const struct file *file,
			       enum sense_role role)
{
	const struct sock *sk;
	char type;

	if (!file)
		return;
	sk = sense_sock(file);
	type = sense_file_type(file, sk);
	sense_put_number(b, fd_type + SENSE_FD_TYPE, type);
	sense_put_number(b, fd_type + SENSE_FD_DEV, sense_file_dev(file));
	sense_put_number(b, fd_type + SENSE_FD_INO, SENSE_READ(file, f_inode, i_ino));
	if (sk) {
		sense_put_tuple(b, fd_type + SENSE_FD_TUPLE, sk, SENSE_LOCAL_FIRST, NULL);
		sense_put_number(b, fd_type + SENSE_FD_PROTO, kern_sock_protocol(sk) & 0xff);
		if (SENSE_READ(sk, __sk_common.skc_state) == SENSE_TCP_LISTEN)
			role = SENSE_ROLE_SERVER;
		sense_put_number(b, fd_type + SENSE_FD_ROLE, role);
	} else if (type == 'f' || type == 'd' || type == 'm' || type == 'p') {
		/* what is on no tree has no path: an unnamed pipe, a namespace */
		if (type == 'd' || type == 'm' || sense_on_tree(file))
			sense_want_file_path(b, fd_type + SENSE_FD_PATH, file);
	}
}

SENSE_INLINE void sense_put_fd(struct sense_buf *b, __u32 fd_type, __s64 fd)
{
	sense_put_file(b, fd_type, sense_file(fd), SENSE_ROLE_UNKNOWN);
}

#endif
