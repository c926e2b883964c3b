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

/* what is asked of a file more than once, read once; file is NULL when there is none */
struct sense_file {
	const struct file *file;
	const struct inode *inode;
	const struct dentry *dentry;
	const struct vfsmount *mount;
	__u64 ino;
	unsigned long magic; /* of the file system */
	__u32 dev;
	__u32 format; /* S_IFMT of its mode */
};

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

_Static_assert(LN_OPENAT_fd_role == LN_OPENAT_fd_type + SENSE_FD_ROLE,
	       "a descriptor's parameters follow each other");

/* The current task's open file of that number, NULL when there is none. */
SENSE_INLINE const struct file *sense_file_of(__s64 fd)
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

SENSE_INLINE struct sense_file sense_look(const struct file *file)
{
	struct sense_file f = {.file = file};
	const struct super_block *sb;

	if (!file)
		return f;
	f.inode = SENSE_READ(file, f_inode);
	f.dentry = SENSE_READ(file, f_path.dentry);
	f.mount = SENSE_READ(file, f_path.mnt);
	f.ino = SENSE_READ(f.inode, i_ino);
	f.format = SENSE_READ(f.inode, i_mode) & SENSE_S_IFMT;
	sb = SENSE_READ(f.inode, i_sb);
	f.magic = SENSE_READ(sb, s_magic);
	f.dev = sense_encode_dev(SENSE_READ(sb, s_dev));
	return f;
}

/* Asks for the directory that a relative path starts from. */
SENSE_INLINE void sense_want_dir(struct sense_buf *b, __u32 dir, __s64 dirfd)
{
	const struct file *file;

	if (dirfd == SENSE_AT_FDCWD) {
		sense_want_cwd(b, dir, sense_current());
		return;
	}
	file = sense_file_of(dirfd);
	if (file)
		sense_want_file_path(b, dir, file);
}

/* seven characters as one little-endian number */
#define SENSE_WORD(a, b, c, d, e, f, g)                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48)

/* The first seven bytes of a file's name, as SENSE_WORD of them. */
SENSE_INLINE __u64 sense_name_word(const struct sense_file *f)
{
	__u64 word = 0;

	sense_read_kernel_text(&word, sizeof(word), SENSE_READ(f->dentry, d_name.name));
	return word;
}

/* On no tree: the only name of its kind. */
SENSE_INLINE bool sense_is_root(const struct sense_file *f)
{
	return SENSE_READ(f->dentry, d_parent) == f->dentry;
}

SENSE_INLINE bool sense_is_memfd(const struct sense_file *f)
{
	return sense_is_root(f) && (sense_name_word(f) & 0xffffffffffffULL) ==
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
SENSE_INLINE char sense_file_type(const struct sense_file *f, const struct sock *sk)
{
	if (sk)
		return sense_sock_type(sk);
	if (f->magic == SENSE_ANON_INODE_MAGIC)
		return sense_anon_type(sense_name_word(f));
	if (f->magic == SENSE_PIDFS_MAGIC)
		return 'P';
	switch (f->format) {
	case SENSE_S_IFDIR:
		return 'd';
	case SENSE_S_IFIFO:
		return 'p';
	case SENSE_S_IFSOCK:
		return 'o';
	case SENSE_S_IFREG:
		return sense_is_memfd(f) ? 'm' : 'f';
	}
	return 'f';
}

/* The socket of a file, NULL when it isn't one (or is one opened by path). */
SENSE_INLINE const struct sock *sense_sock(const struct sense_file *f)
{
	const struct socket *socket;

	if (f->format != SENSE_S_IFSOCK)
		return NULL;
	socket = SENSE_READ(f->file, private_data);
	return socket ? SENSE_READ(socket, sk) : NULL;
}

SENSE_INLINE enum sense_layer sense_layer(const struct sense_file *f)
{
	const struct dentry *upper;

	if (f->magic != SENSE_OVERLAY_MAGIC || !KERN_KNOWS_LAYERS)
		return SENSE_NO_OVERLAY;
	upper = kern_overlay_upper(f->inode);
	return upper && SENSE_READ(upper, d_inode) ? SENSE_UPPER : SENSE_LOWER;
}

/*
 * Whether a file of a type has a path: an unnamed pipe or a namespace, the root
 * of a mount that hangs nowhere, has none.
 */
SENSE_INLINE bool sense_has_path(const struct sense_file *f, char type)
{
	const struct mount *mount;

	if (type == 'd' || type == 'm')
		return true;
	if (type != 'f' && type != 'p')
		return false;
	if (!sense_is_root(f))
		return true;
	mount = kern_mount(f->mount);
	return SENSE_READ(mount, mnt_parent) != mount;
}

/*
 * The own parameters of a descriptor: fd_type is the index of the first. role is
 * what the event itself tells; a listening socket is a server's whoever asks.
 */
SENSE_INLINE void sense_put_file(struct sense_buf *b, __u32 fd_type, const struct sense_file *f,
				 enum sense_role role)
{
	const struct sock *sk;
	char type;

	if (!f->file)
		return;
	sk = sense_sock(f);
	type = sense_file_type(f, sk);
	sense_put_number(b, fd_type + SENSE_FD_TYPE, type);
	sense_put_number(b, fd_type + SENSE_FD_DEV, f->dev);
	sense_put_number(b, fd_type + SENSE_FD_INO, f->ino);
	if (sk) {
		sense_put_tuple(b, fd_type + SENSE_FD_TUPLE, sk, SENSE_LOCAL_FIRST, NULL);
		sense_put_number(b, fd_type + SENSE_FD_PROTO, kern_sock_protocol(sk) & 0xff);
		sense_put_number(b, fd_type + SENSE_FD_ROLE,
				 role == SENSE_ROLE_UNKNOWN || sense_is_listening(sk)
					 ? sense_tcp_role(sk)
					 : role);
	} else if (sense_has_path(f, type)) {
		sense_want(b, fd_type + SENSE_FD_PATH, f->mount, f->dentry);
	}
}

SENSE_INLINE struct sense_file sense_look_at(__s64 fd)
{
	return sense_look(sense_file_of(fd));
}

/* The file of the descriptor that the call works on. */
SENSE_INLINE struct sense_file sense_look_at_passed(const struct sense_buf *b, __s64 fd)
{
	return sense_look(b->call.ring ? b->call.file : sense_file_of(fd));
}

/* The file of the descriptor that the call returned. */
SENSE_INLINE struct sense_file sense_look_at_made(const struct sense_buf *b)
{
	return sense_look(b->call.ring ? b->call.made : sense_file_of(b->call.ret));
}

SENSE_INLINE void sense_put_fd(struct sense_buf *b, __u32 fd_type, __s64 fd)
{
	const struct sense_file f = sense_look_at(fd);

	sense_put_file(b, fd_type, &f, SENSE_ROLE_UNKNOWN);
}

#endif
