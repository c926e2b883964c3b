/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Calls that change names and modes: rename, link, symlink, unlink, mkdir, rmdir, chmod and their *at forms. */
#ifndef LANNER_SENSE_NAMES_H
#define LANNER_SENSE_NAMES_H

#include "open.h"

/* The descriptor of an *at call: its number, and what is behind it unless it is AT_FDCWD. */
SENSE_INLINE void sense_put_dirfd(struct sense_buf *b, __u32 dirfd, __u32 fd_type, __s64 fd)
{
	sense_put_number(b, dirfd, fd);
	sense_put_fd(b, fd_type, fd);
}

SENSE_INLINE bool sense_fill_rename(struct sense_buf *b)
{
	sense_put_number(b, LN_RENAME_res, b->call.ret);
	sense_put_path(b, LN_RENAME_oldpath, LN_RENAME_oldpath_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_path(b, LN_RENAME_newpath, LN_RENAME_newpath_dir, SENSE_AT_FDCWD, b->call.arg[1]);
	sense_put_workdir(b, LN_RENAME_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_renameat(struct sense_buf *b)
{
	__s64 old = SENSE_FD(b->call.arg[0]);
	__s64 new = SENSE_FD(b->call.arg[2]);

	sense_put_number(b, LN_RENAMEAT_res, b->call.ret);
	sense_put_number(b, LN_RENAMEAT_olddirfd, old);
	sense_put_number(b, LN_RENAMEAT_newdirfd, new);
	sense_put_path(b, LN_RENAMEAT_oldpath, LN_RENAMEAT_oldpath_dir, old, b->call.arg[1]);
	sense_put_path(b, LN_RENAMEAT_newpath, LN_RENAMEAT_newpath_dir, new, b->call.arg[3]);
	sense_put_workdir(b, LN_RENAMEAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_renameat2(struct sense_buf *b)
{
	__s64 old = SENSE_FD(b->call.arg[0]);
	__s64 new = SENSE_FD(b->call.arg[2]);

	sense_put_number(b, LN_RENAMEAT2_res, b->call.ret);
	sense_put_number(b, LN_RENAMEAT2_olddirfd, old);
	sense_put_number(b, LN_RENAMEAT2_newdirfd, new);
	sense_put_path(b, LN_RENAMEAT2_oldpath, LN_RENAMEAT2_oldpath_dir, old, b->call.arg[1]);
	sense_put_path(b, LN_RENAMEAT2_newpath, LN_RENAMEAT2_newpath_dir, new, b->call.arg[3]);
	sense_put_number(b, LN_RENAMEAT2_flags, (__u32)b->call.arg[4]);
	sense_put_workdir(b, LN_RENAMEAT2_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_link(struct sense_buf *b)
{
	sense_put_number(b, LN_LINK_res, b->call.ret);
	sense_put_path(b, LN_LINK_oldpath, LN_LINK_oldpath_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_path(b, LN_LINK_newpath, LN_LINK_newpath_dir, SENSE_AT_FDCWD, b->call.arg[1]);
	sense_put_workdir(b, LN_LINK_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_linkat(struct sense_buf *b)
{
	__s64 old = SENSE_FD(b->call.arg[0]);
	__s64 new = SENSE_FD(b->call.arg[2]);

	sense_put_number(b, LN_LINKAT_res, b->call.ret);
	sense_put_number(b, LN_LINKAT_olddir, old);
	sense_put_number(b, LN_LINKAT_newdir, new);
	sense_put_path(b, LN_LINKAT_oldpath, LN_LINKAT_oldpath_dir, old, b->call.arg[1]);
	sense_put_path(b, LN_LINKAT_newpath, LN_LINKAT_newpath_dir, new, b->call.arg[3]);
	/* AT_SYMLINK_FOLLOW and AT_EMPTY_PATH have the same values in Falco */
	sense_put_number(b, LN_LINKAT_flags, b->call.arg[4] & 0x1400);
	sense_put_workdir(b, LN_LINKAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_symlink(struct sense_buf *b)
{
	sense_put_number(b, LN_SYMLINK_res, b->call.ret);
	sense_put_user_text(b, LN_SYMLINK_target, b->call.arg[0]);
	sense_put_path(b, LN_SYMLINK_linkpath, LN_SYMLINK_linkpath_dir, SENSE_AT_FDCWD,
		       b->call.arg[1]);
	sense_put_workdir(b, LN_SYMLINK_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_symlinkat(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[1]);

	sense_put_number(b, LN_SYMLINKAT_res, b->call.ret);
	sense_put_user_text(b, LN_SYMLINKAT_target, b->call.arg[0]);
	sense_put_dirfd(b, LN_SYMLINKAT_linkdirfd, LN_SYMLINKAT_fd_type, fd);
	sense_put_path(b, LN_SYMLINKAT_linkpath, LN_SYMLINKAT_linkpath_dir, fd, b->call.arg[2]);
	sense_put_workdir(b, LN_SYMLINKAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_unlink(struct sense_buf *b)
{
	sense_put_number(b, LN_UNLINK_res, b->call.ret);
	sense_put_path(b, LN_UNLINK_path, LN_UNLINK_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_workdir(b, LN_UNLINK_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_unlinkat(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_UNLINKAT_res, b->call.ret);
	sense_put_dirfd(b, LN_UNLINKAT_dirfd, LN_UNLINKAT_fd_type, fd);
	sense_put_path(b, LN_UNLINKAT_name, LN_UNLINKAT_name_dir, fd, b->call.arg[1]);
	sense_put_number(b, LN_UNLINKAT_flags, b->call.arg[2] & 0x200); /* AT_REMOVEDIR */
	sense_put_workdir(b, LN_UNLINKAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_mkdir(struct sense_buf *b)
{
	sense_put_number(b, LN_MKDIR_res, b->call.ret);
	sense_put_path(b, LN_MKDIR_path, LN_MKDIR_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_number(b, LN_MKDIR_mode, b->call.arg[1] & 07777);
	sense_put_workdir(b, LN_MKDIR_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_mkdirat(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_MKDIRAT_res, b->call.ret);
	sense_put_dirfd(b, LN_MKDIRAT_dirfd, LN_MKDIRAT_fd_type, fd);
	sense_put_path(b, LN_MKDIRAT_path, LN_MKDIRAT_path_dir, fd, b->call.arg[1]);
	sense_put_number(b, LN_MKDIRAT_mode, b->call.arg[2] & 07777);
	sense_put_workdir(b, LN_MKDIRAT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_rmdir(struct sense_buf *b)
{
	sense_put_number(b, LN_RMDIR_res, b->call.ret);
	sense_put_path(b, LN_RMDIR_path, LN_RMDIR_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_workdir(b, LN_RMDIR_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_chmod(struct sense_buf *b)
{
	sense_put_number(b, LN_CHMOD_res, b->call.ret);
	sense_put_path(b, LN_CHMOD_filename, LN_CHMOD_filename_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_number(b, LN_CHMOD_mode, b->call.arg[1] & 07777);
	sense_put_workdir(b, LN_CHMOD_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_fchmod(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_FCHMOD_res, b->call.ret);
	sense_put_dirfd(b, LN_FCHMOD_fd, LN_FCHMOD_fd_type, fd);
	sense_put_number(b, LN_FCHMOD_mode, b->call.arg[1] & 07777);
	sense_put_workdir(b, LN_FCHMOD_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_fchmodat(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_FCHMODAT_res, b->call.ret);
	sense_put_dirfd(b, LN_FCHMODAT_dirfd, LN_FCHMODAT_fd_type, fd);
	sense_put_path(b, LN_FCHMODAT_filename, LN_FCHMODAT_filename_dir, fd, b->call.arg[1]);
	sense_put_number(b, LN_FCHMODAT_mode, b->call.arg[2] & 07777);
	sense_put_workdir(b, LN_FCHMODAT_workdir);
	return true;
}

#endif
