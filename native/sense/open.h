/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* open, openat, openat2, creat. */
#ifndef LANNER_SENSE_OPEN_H
#define LANNER_SENSE_OPEN_H

#include "file.h"
#include "flags.h"

#define SENSE_FMODE_CREATED (1 << 20) /* from 4.19 */

/* struct open_how of openat2 */
struct sense_open_how {
	__u64 flags, mode, resolve;
};

SENSE_INLINE void sense_put_workdir(struct sense_buf *b, __u32 index)
{
	if (b->want & LN_WANT_WORKDIR)
		sense_want_cwd(b, index, sense_current());
}

/* A path argument, and the directory it was relative to unless it is absolute. */
SENSE_INLINE void sense_put_path(struct sense_buf *b, __u32 path, __u32 dir, __s64 dirfd,
				 __u64 from)
{
	if (sense_put_user_text(b, path, from) > 0 && sense_first_byte(b, path) != '/')
		sense_want_dir(b, dir, dirfd);
}

/*
 * The path of an open. The program may have taken its memory away by now; where
 * a file was opened its own path serves instead (fd.name), and nothing is lost.
 */
SENSE_INLINE void sense_put_opened_path(struct sense_buf *b, __u32 path, __u32 dir, __s64 dirfd,
					__u64 from, const struct sense_file *f)
{
	const __u32 faults = b->faults;

	sense_put_path(b, path, dir, dirfd, from);
	if (f->file)
		b->faults = faults;
}

/* What Falco adds to the flags of open: whether the call made the file, and its overlay layer. */
SENSE_INLINE __u32 sense_opened_flags(const struct sense_file *f)
{
	enum sense_layer layer;
	__u32 flags;

	if (!f->file)
		return 0;
	layer = sense_layer(f);
	flags = SENSE_READ(f->file, f_mode) & SENSE_FMODE_CREATED ? PPM_O_F_CREATED : 0;
	if (layer == SENSE_UPPER)
		flags |= PPM_FD_UPPER_LAYER;
	if (layer == SENSE_LOWER)
		flags |= PPM_FD_LOWER_LAYER;
	return flags;
}

SENSE_INLINE void sense_put_opened(struct sense_buf *b, __u32 dev, __u32 ino, __u32 fd_type,
				   const struct sense_file *f)
{
	sense_put_number(b, dev, f->dev);
	sense_put_number(b, ino, f->ino);
	sense_put_file(b, fd_type, f, SENSE_ROLE_UNKNOWN);
}

SENSE_INLINE bool sense_fill_open(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at(b->call.ret);
	__u64 flags = b->call.arg[1];

	sense_put_number(b, LN_OPEN_fd, b->call.ret);
	sense_put_opened_path(b, LN_OPEN_name, LN_OPEN_name_dir, SENSE_AT_FDCWD, b->call.arg[0],
			      &f);
	sense_put_number(b, LN_OPEN_flags, sense_open_flags(flags) | sense_opened_flags(&f));
	sense_put_number(b, LN_OPEN_mode, sense_open_mode(flags, b->call.arg[2]));
	sense_put_opened(b, LN_OPEN_dev, LN_OPEN_ino, LN_OPEN_fd_type, &f);
	sense_put_workdir(b, LN_OPEN_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_openat(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at_made(b);
	__s64 dirfd = SENSE_FD(b->call.arg[0]);
	__u64 flags = b->call.arg[2];

	sense_put_number(b, LN_OPENAT_fd, b->call.ret);
	sense_put_number(b, LN_OPENAT_dirfd, dirfd);
	sense_put_opened_path(b, LN_OPENAT_name, LN_OPENAT_name_dir, dirfd, b->call.arg[1], &f);
	sense_put_number(b, LN_OPENAT_flags, sense_open_flags(flags) | sense_opened_flags(&f));
	sense_put_number(b, LN_OPENAT_mode, sense_open_mode(flags, b->call.arg[3]));
	sense_put_opened(b, LN_OPENAT_dev, LN_OPENAT_ino, LN_OPENAT_fd_type, &f);
	sense_put_workdir(b, LN_OPENAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_openat2(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at_made(b);
	__s64 dirfd = SENSE_FD(b->call.arg[0]);
	struct sense_open_how how = {};

	if (sense_read_passed(b, &how, sizeof(how), b->call.arg[2]) < 0 && b->call.ret >= 0)
		b->faults++;
	if (b->call.ring)
		how.flags &= ~(__u64)SENSE_O_LARGEFILE; /* the kernel's own addition */
	sense_put_number(b, LN_OPENAT2_fd, b->call.ret);
	sense_put_number(b, LN_OPENAT2_dirfd, dirfd);
	sense_put_opened_path(b, LN_OPENAT2_name, LN_OPENAT2_name_dir, dirfd, b->call.arg[1], &f);
	sense_put_number(b, LN_OPENAT2_flags, sense_open_flags(how.flags) | sense_opened_flags(&f));
	sense_put_number(b, LN_OPENAT2_mode, sense_open_mode(how.flags, how.mode));
	sense_put_number(b, LN_OPENAT2_resolve, sense_resolve_flags(how.resolve));
	sense_put_opened(b, LN_OPENAT2_dev, LN_OPENAT2_ino, LN_OPENAT2_fd_type, &f);
	sense_put_workdir(b, LN_OPENAT2_workdir);
	return true;
}

/* path is Falco's: the file's own */
SENSE_INLINE bool sense_fill_open_by_handle_at(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at(b->call.ret);

	sense_put_number(b, LN_OPEN_BY_HANDLE_AT_fd, b->call.ret);
	sense_put_number(b, LN_OPEN_BY_HANDLE_AT_mountfd, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_OPEN_BY_HANDLE_AT_flags,
			 sense_open_flags(b->call.arg[2]) | sense_opened_flags(&f));
	if (f.file)
		sense_want_file_path(b, LN_OPEN_BY_HANDLE_AT_path, f.file);
	sense_put_opened(b, LN_OPEN_BY_HANDLE_AT_dev, LN_OPEN_BY_HANDLE_AT_ino,
			 LN_OPEN_BY_HANDLE_AT_fd_type, &f);
	sense_put_workdir(b, LN_OPEN_BY_HANDLE_AT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_creat(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at(b->call.ret);
	__u32 flags = sense_opened_flags(&f);

	/* in Falco's creat_flags the layers are bits 0 and 1 */
	flags = (flags & PPM_O_F_CREATED) | flags / PPM_FD_UPPER_LAYER;
	sense_put_number(b, LN_CREAT_fd, b->call.ret);
	sense_put_opened_path(b, LN_CREAT_name, LN_CREAT_name_dir, SENSE_AT_FDCWD, b->call.arg[0],
			      &f);
	sense_put_number(b, LN_CREAT_mode, b->call.arg[1] & 07777);
	sense_put_number(b, LN_CREAT_creat_flags, flags);
	sense_put_opened(b, LN_CREAT_dev, LN_CREAT_ino, LN_CREAT_fd_type, &f);
	sense_put_workdir(b, LN_CREAT_workdir);
	return true;
}

#endif
