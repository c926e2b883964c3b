/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Calls that change a file's owner. */
#ifndef LANNER_SENSE_OWNER_H
#define LANNER_SENSE_OWNER_H

#include "names.h"

SENSE_INLINE void sense_put_owner(struct sense_buf *b, __u32 uid, __u32 first)
{
	sense_put_number(b, uid, sense_id(b, first));
	sense_put_number(b, uid + 1, sense_id(b, first + 1));
}

SENSE_INLINE bool sense_fill_chown(struct sense_buf *b)
{
	sense_put_number(b, LN_CHOWN_res, b->call.ret);
	sense_put_path(b, LN_CHOWN_path, LN_CHOWN_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_owner(b, LN_CHOWN_uid, 1);
	sense_put_workdir(b, LN_CHOWN_workdir);
	return true;
}

_Static_assert(LN_LCHOWN_workdir == LN_CHOWN_workdir, "chown and lchown share their parameters");

SENSE_INLINE bool sense_fill_lchown(struct sense_buf *b)
{
	return sense_fill_chown(b);
}

SENSE_INLINE bool sense_fill_fchown(struct sense_buf *b)
{
	sense_put_number(b, LN_FCHOWN_res, b->call.ret);
	sense_put_dirfd(b, LN_FCHOWN_fd, LN_FCHOWN_fd_type, SENSE_FD(b->call.arg[0]));
	sense_put_owner(b, LN_FCHOWN_uid, 1);
	sense_put_workdir(b, LN_FCHOWN_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_fchownat(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_FCHOWNAT_res, b->call.ret);
	sense_put_dirfd(b, LN_FCHOWNAT_dirfd, LN_FCHOWNAT_fd_type, fd);
	sense_put_path(b, LN_FCHOWNAT_pathname, LN_FCHOWNAT_pathname_dir, fd, b->call.arg[1]);
	sense_put_owner(b, LN_FCHOWNAT_uid, 2);
	/* AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH have the same values in Falco */
	sense_put_number(b, LN_FCHOWNAT_flags, b->call.arg[4] & 0x1100);
	sense_put_workdir(b, LN_FCHOWNAT_workdir);
	return true;
}

#endif
