/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Flags of system calls in Falco's numbering (PPM_*), which is the same on every
 * architecture. Where Falco tests a multi-bit flag by any of its bits (O_SYNC,
 * O_TMPFILE), this wants all of them: a directory's O_DIRECTORY is no O_TMPFILE.
 */
#ifndef LANNER_SENSE_FLAGS_H
#define LANNER_SENSE_FLAGS_H

#include "sense.h"

/* include/uapi/asm-generic/fcntl.h; arm64 swaps four of them */
#define SENSE_O_CREAT	 00000100
#define SENSE_O_EXCL	 00000200
#define SENSE_O_TRUNC	 00001000
#define SENSE_O_APPEND	 00002000
#define SENSE_O_NONBLOCK 00004000
#define SENSE_O_DSYNC	 00010000
#define SENSE_O_CLOEXEC	 02000000
#define SENSE_O_SYNC	 (04000000 | SENSE_O_DSYNC)
#ifdef SENSE_ARM64
#define SENSE_O_DIRECTORY 00040000
#define SENSE_O_DIRECT	  00200000
#define SENSE_O_LARGEFILE 00400000
#else
#define SENSE_O_DIRECT	  00040000
#define SENSE_O_LARGEFILE 00100000
#define SENSE_O_DIRECTORY 00200000
#endif
#define SENSE_O_TMPFILE (020000000 | SENSE_O_DIRECTORY)

enum {
	PPM_O_RDONLY = 1 << 0,
	PPM_O_WRONLY = 1 << 1,
	PPM_O_CREAT = 1 << 2,
	PPM_O_APPEND = 1 << 3,
	PPM_O_DSYNC = 1 << 4,
	PPM_O_EXCL = 1 << 5,
	PPM_O_NONBLOCK = 1 << 6,
	PPM_O_SYNC = 1 << 7,
	PPM_O_TRUNC = 1 << 8,
	PPM_O_DIRECT = 1 << 9,
	PPM_O_DIRECTORY = 1 << 10,
	PPM_O_LARGEFILE = 1 << 11,
	PPM_O_CLOEXEC = 1 << 12,
	PPM_O_TMPFILE = 1 << 13,
	PPM_O_F_CREATED = 1 << 14,
	PPM_FD_UPPER_LAYER = 1 << 15,
	PPM_FD_LOWER_LAYER = 1 << 16,
};

/* one flag moved from its place here to its place there */
#define SENSE_MOVE(flags, from, to) (((flags) & (from)) == (from) ? (to) : 0)

SENSE_INLINE __u32 sense_open_flags(__u64 flags)
{
	__u32 access = flags & 3;
	__u32 out = access == 1	  ? PPM_O_WRONLY
		    : access == 2 ? PPM_O_RDONLY | PPM_O_WRONLY
				  : PPM_O_RDONLY;

	out |= SENSE_MOVE(flags, SENSE_O_CREAT, PPM_O_CREAT);
	out |= SENSE_MOVE(flags, SENSE_O_TMPFILE, PPM_O_TMPFILE);
	out |= SENSE_MOVE(flags, SENSE_O_APPEND, PPM_O_APPEND);
	out |= SENSE_MOVE(flags, SENSE_O_DSYNC, PPM_O_DSYNC);
	out |= SENSE_MOVE(flags, SENSE_O_EXCL, PPM_O_EXCL);
	out |= SENSE_MOVE(flags, SENSE_O_NONBLOCK, PPM_O_NONBLOCK);
	out |= SENSE_MOVE(flags, SENSE_O_SYNC, PPM_O_SYNC);
	out |= SENSE_MOVE(flags, SENSE_O_TRUNC, PPM_O_TRUNC);
	out |= SENSE_MOVE(flags, SENSE_O_DIRECT, PPM_O_DIRECT);
	out |= SENSE_MOVE(flags, SENSE_O_DIRECTORY, PPM_O_DIRECTORY);
	out |= SENSE_MOVE(flags, SENSE_O_LARGEFILE, PPM_O_LARGEFILE);
	out |= SENSE_MOVE(flags, SENSE_O_CLOEXEC, PPM_O_CLOEXEC);
	return out;
}

/* Only the close-on-exec and non-blocking flags, which dup3, socket and userfaultfd share with open. */
SENSE_INLINE __u32 sense_fd_flags(__u64 flags)
{
	return SENSE_MOVE(flags, SENSE_O_CLOEXEC, PPM_O_CLOEXEC) |
	       SENSE_MOVE(flags, SENSE_O_NONBLOCK, PPM_O_NONBLOCK);
}

/* The mode argument, which means something only where a file may be made. */
SENSE_INLINE __u32 sense_open_mode(__u64 flags, __u64 mode)
{
	if (flags & SENSE_O_CREAT || (flags & SENSE_O_TMPFILE) == SENSE_O_TMPFILE)
		return mode & 07777;
	return 0;
}

SENSE_INLINE __u32 sense_resolve_flags(__u64 flags)
{
	return SENSE_MOVE(flags, 0x08, 1 << 0) | /* BENEATH */
	       SENSE_MOVE(flags, 0x10, 1 << 1) | /* IN_ROOT */
	       SENSE_MOVE(flags, 0x02, 1 << 2) | /* NO_MAGICLINKS */
	       SENSE_MOVE(flags, 0x04, 1 << 3) | /* NO_SYMLINKS */
	       SENSE_MOVE(flags, 0x01, 1 << 4) | /* NO_XDEV */
	       SENSE_MOVE(flags, 0x20, 1 << 5);	 /* CACHED */
}

#define SENSE_CLONE_VM	   0x00000100
#define SENSE_CLONE_FS	   0x00000200
#define SENSE_CLONE_FILES  0x00000400
#define SENSE_CLONE_VFORK  0x00004000
#define SENSE_CLONE_THREAD 0x00010000

#define PPM_CL_CHILD_IN_PIDNS (1 << 29)

SENSE_INLINE __u32 sense_clone_flags(__u64 flags)
{
	return SENSE_MOVE(flags, SENSE_CLONE_FILES, 1 << 0) |
	       SENSE_MOVE(flags, SENSE_CLONE_FS, 1 << 1) |
	       SENSE_MOVE(flags, 0x80000000ULL, 1 << 2) | /* IO */
	       SENSE_MOVE(flags, 0x08000000, 1 << 3) |	  /* NEWIPC */
	       SENSE_MOVE(flags, 0x40000000, 1 << 4) |	  /* NEWNET */
	       SENSE_MOVE(flags, 0x00020000, 1 << 5) |	  /* NEWNS */
	       SENSE_MOVE(flags, 0x20000000, 1 << 6) |	  /* NEWPID */
	       SENSE_MOVE(flags, 0x04000000, 1 << 7) |	  /* NEWUTS */
	       SENSE_MOVE(flags, 0x00008000, 1 << 8) |	  /* PARENT */
	       SENSE_MOVE(flags, 0x00100000, 1 << 9) |	  /* PARENT_SETTID */
	       SENSE_MOVE(flags, 0x00002000, 1 << 10) |	  /* PTRACE */
	       SENSE_MOVE(flags, 0x00000800, 1 << 11) |	  /* SIGHAND */
	       SENSE_MOVE(flags, 0x00040000, 1 << 12) |	  /* SYSVSEM */
	       SENSE_MOVE(flags, SENSE_CLONE_THREAD, 1 << 13) |
	       SENSE_MOVE(flags, 0x00800000, 1 << 14) | /* UNTRACED */
	       SENSE_MOVE(flags, SENSE_CLONE_VM, 1 << 15) |
	       SENSE_MOVE(flags, 0x10000000, 1 << 20) | /* NEWUSER */
	       SENSE_MOVE(flags, 0x00200000, 1 << 23) | /* CHILD_CLEARTID */
	       SENSE_MOVE(flags, 0x01000000, 1 << 24) | /* CHILD_SETTID */
	       SENSE_MOVE(flags, 0x00080000, 1 << 25) | /* SETTLS */
	       SENSE_MOVE(flags, SENSE_CLONE_VFORK, 1 << 27) |
	       SENSE_MOVE(flags, 0x02000000, 1 << 28); /* NEWCGROUP */
}

#endif
