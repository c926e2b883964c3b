/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Calls that change what a path means, for one process or for all: chdir, chroot, mount and their kin. */
#ifndef LANNER_SENSE_MOUNT_H
#define LANNER_SENSE_MOUNT_H

#include "open.h"

#define SENSE_MS_MGC_VAL 0xc0ed0000
#define SENSE_MS_MGC_MSK 0xffff0000

/* workdir is where the call has led, or left, its process */
SENSE_INLINE bool sense_fill_chdir(struct sense_buf *b)
{
	sense_put_number(b, LN_CHDIR_res, b->call.ret);
	sense_put_user_text(b, LN_CHDIR_path, b->call.arg[0]);
	sense_want_cwd(b, LN_CHDIR_workdir, sense_current());
	return true;
}

SENSE_INLINE bool sense_fill_fchdir(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_FCHDIR_res, b->call.ret);
	sense_put_number(b, LN_FCHDIR_fd, fd);
	sense_put_fd(b, LN_FCHDIR_fd_type, fd);
	sense_want_cwd(b, LN_FCHDIR_workdir, sense_current());
	return true;
}

SENSE_INLINE bool sense_fill_chroot(struct sense_buf *b)
{
	sense_put_number(b, LN_CHROOT_res, b->call.ret);
	sense_put_path(b, LN_CHROOT_path, LN_CHROOT_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_workdir(b, LN_CHROOT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_pivot_root(struct sense_buf *b)
{
	sense_put_number(b, LN_PIVOT_ROOT_res, b->call.ret);
	sense_put_path(b, LN_PIVOT_ROOT_new_root, LN_PIVOT_ROOT_new_root_dir, SENSE_AT_FDCWD,
		       b->call.arg[0]);
	sense_put_path(b, LN_PIVOT_ROOT_put_old, LN_PIVOT_ROOT_put_old_dir, SENSE_AT_FDCWD,
		       b->call.arg[1]);
	sense_put_workdir(b, LN_PIVOT_ROOT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_mount(struct sense_buf *b)
{
	__u64 flags = b->call.arg[3];

	/* a magic number that programs put before the flags once upon a time */
	if ((flags & SENSE_MS_MGC_MSK) == SENSE_MS_MGC_VAL)
		flags &= ~(__u64)SENSE_MS_MGC_MSK;
	sense_put_number(b, LN_MOUNT_res, b->call.ret);
	sense_put_user_text(b, LN_MOUNT_dev, b->call.arg[0]);
	sense_put_path(b, LN_MOUNT_dir, LN_MOUNT_dir_dir, SENSE_AT_FDCWD, b->call.arg[1]);
	sense_put_user_text(b, LN_MOUNT_type, b->call.arg[2]);
	sense_put_number(b, LN_MOUNT_flags, (__u32)flags);
	sense_put_workdir(b, LN_MOUNT_workdir);
	return true;
}

/* umount without flags, which only 32-bit programs call */
SENSE_INLINE bool sense_fill_umount(struct sense_buf *b)
{
	sense_put_number(b, LN_UMOUNT_res, b->call.ret);
	sense_put_path(b, LN_UMOUNT_name, LN_UMOUNT_name_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_workdir(b, LN_UMOUNT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_umount2(struct sense_buf *b)
{
	sense_put_number(b, LN_UMOUNT2_res, b->call.ret);
	sense_put_path(b, LN_UMOUNT2_name, LN_UMOUNT2_name_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_number(b, LN_UMOUNT2_flags, (__u32)b->call.arg[1]);
	sense_put_workdir(b, LN_UMOUNT2_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_swapon(struct sense_buf *b)
{
	sense_put_number(b, LN_SWAPON_res, b->call.ret);
	sense_put_path(b, LN_SWAPON_path, LN_SWAPON_path_dir, SENSE_AT_FDCWD, b->call.arg[0]);
	sense_put_number(b, LN_SWAPON_flags, (__u32)b->call.arg[1]);
	sense_put_workdir(b, LN_SWAPON_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_quotactl(struct sense_buf *b)
{
	__u32 command = b->call.arg[0];

	sense_put_number(b, LN_QUOTACTL_res, b->call.ret);
	sense_put_number(b, LN_QUOTACTL_cmd, command >> 8);
	sense_put_number(b, LN_QUOTACTL_type, command & 0xff);
	sense_put_number(b, LN_QUOTACTL_id, (__u32)b->call.arg[2]);
	sense_put_path(b, LN_QUOTACTL_special, LN_QUOTACTL_special_dir, SENSE_AT_FDCWD,
		       b->call.arg[1]);
	sense_put_workdir(b, LN_QUOTACTL_workdir);
	return true;
}

#endif
