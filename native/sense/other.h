/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The rest: ptrace, dup, namespaces, userfaultfd, bpf, kernel modules. */
#ifndef LANNER_SENSE_OTHER_H
#define LANNER_SENSE_OTHER_H

#include "open.h"
#include "process.h"

#define SENSE_IMAGE_MAX 80 /* bytes of a module's image, as Falco's snaplen */

/* Falco numbers ptrace requests in an order of its own; 0 for one it does not know. */
SENSE_INLINE __u32 sense_ptrace_request(__u64 request)
{
	switch (request) {
	case 0 ... 9: /* TRACEME, PEEKTEXT .. POKEUSR, CONT, KILL, SINGLESTEP */
		return request + 1;
	case 16: /* ATTACH */
		return 11;
	case 17: /* DETACH */
		return 12;
	case 24: /* SYSCALL */
		return 13;
	case 0x4200 ... 0x420b: /* SETOPTIONS, GETEVENTMSG, GETSIGINFO, SETSIGINFO, .. SETSIGMASK */
		return request - 0x4200 + 14;
#ifdef SENSE_X86
	case 12 ... 15: /* GETREGS .. SETFPREGS */
		return request - 12 + 26;
	case 18 ... 19: /* GETFPXREGS, SETFPXREGS */
		return request - 18 + 30;
	case 21: /* OLDSETOPTIONS */
		return 32;
	case 25 ... 26: /* GET_THREAD_AREA, SET_THREAD_AREA */
		return request - 25 + 33;
	case 30: /* ARCH_PRCTL */
		return 35;
	case 31 ... 33: /* SYSEMU, SYSEMU_SINGLESTEP, SINGLEBLOCK */
		return request - 31 + 36;
#endif
	}
	return 0;
}

/*
 * data is what the request makes of it: the word that a PEEK stored, else the
 * argument (a signal, a value, an address).
 */
SENSE_INLINE bool sense_fill_ptrace(struct sense_buf *b)
{
	__u64 request = b->call.arg[0];
	__u64 data = b->call.arg[3];

	if (request >= 1 && request <= 3 && b->call.ret >= 0) {
		__u64 word = 0;

		if (sense_read_user(&word, b->call.compat ? 4 : 8, (const void *)data) == 0)
			data = word;
	}
	sense_put_number(b, LN_PTRACE_res, b->call.ret);
	sense_put_number(b, LN_PTRACE_addr, b->call.arg[2]);
	sense_put_number(b, LN_PTRACE_data, data);
	sense_put_number(b, LN_PTRACE_request, sense_ptrace_request(request));
	sense_put_number(b, LN_PTRACE_pid, SENSE_FD(b->call.arg[1]));
	sense_put_workdir(b, LN_PTRACE_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_dup(struct sense_buf *b)
{
	sense_put_number(b, LN_DUP_res, b->call.ret);
	sense_put_number(b, LN_DUP_oldfd, SENSE_FD(b->call.arg[0]));
	sense_put_fd(b, LN_DUP_fd_type, b->call.ret);
	sense_put_workdir(b, LN_DUP_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_dup2(struct sense_buf *b)
{
	sense_put_number(b, LN_DUP2_res, b->call.ret);
	sense_put_number(b, LN_DUP2_oldfd, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_DUP2_newfd, SENSE_FD(b->call.arg[1]));
	sense_put_fd(b, LN_DUP2_fd_type, b->call.ret);
	sense_put_workdir(b, LN_DUP2_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_dup3(struct sense_buf *b)
{
	sense_put_number(b, LN_DUP3_res, b->call.ret);
	sense_put_number(b, LN_DUP3_oldfd, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_DUP3_newfd, SENSE_FD(b->call.arg[1]));
	sense_put_number(b, LN_DUP3_flags, sense_fd_flags(b->call.arg[2]));
	sense_put_fd(b, LN_DUP3_fd_type, b->call.ret);
	sense_put_workdir(b, LN_DUP3_workdir);
	return true;
}

_Static_assert(LN_PIPE2_ino == LN_PIPE_ino, "pipe's parameters begin pipe2's");

/* res, fd1, fd2, ino and what is behind the second descriptor; both ends have one inode */
SENSE_INLINE void sense_put_pipe(struct sense_buf *b, __u32 fd_type)
{
	__s32 fds[2] = {-1, -1};
	struct sense_file f;

	if (b->call.ret == 0 && sense_read_user(fds, sizeof(fds), (const void *)b->call.arg[0]) < 0)
		b->faults++;
	f = sense_look_at(fds[1]);
	sense_put_number(b, LN_PIPE_res, b->call.ret);
	sense_put_number(b, LN_PIPE_fd1, fds[0]);
	sense_put_number(b, LN_PIPE_fd2, fds[1]);
	sense_put_number(b, LN_PIPE_ino, f.ino);
	sense_put_file(b, fd_type, &f, SENSE_ROLE_UNKNOWN);
}

SENSE_INLINE bool sense_fill_pipe(struct sense_buf *b)
{
	sense_put_pipe(b, LN_PIPE_fd_type);
	sense_put_workdir(b, LN_PIPE_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_pipe2(struct sense_buf *b)
{
	sense_put_number(b, LN_PIPE2_flags,
			 sense_fd_flags(b->call.arg[1]) |
				 SENSE_MOVE(b->call.arg[1], SENSE_O_DIRECT, PPM_O_DIRECT));
	sense_put_pipe(b, LN_PIPE2_fd_type);
	sense_put_workdir(b, LN_PIPE2_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_setns(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_SETNS_res, b->call.ret);
	sense_put_number(b, LN_SETNS_fd, fd);
	sense_put_number(b, LN_SETNS_nstype, sense_clone_flags((__u32)b->call.arg[1]));
	sense_put_fd(b, LN_SETNS_fd_type, fd);
	sense_put_workdir(b, LN_SETNS_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_unshare(struct sense_buf *b)
{
	sense_put_number(b, LN_UNSHARE_res, b->call.ret);
	sense_put_number(b, LN_UNSHARE_flags, sense_clone_flags((__u32)b->call.arg[0]));
	sense_put_workdir(b, LN_UNSHARE_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_userfaultfd(struct sense_buf *b)
{
	sense_put_number(b, LN_USERFAULTFD_res, b->call.ret);
	sense_put_number(b, LN_USERFAULTFD_flags, sense_fd_flags(b->call.arg[0]));
	sense_put_fd(b, LN_USERFAULTFD_fd_type, b->call.ret);
	sense_put_workdir(b, LN_USERFAULTFD_workdir);
	return true;
}

/* commands of bpf(2) that return a descriptor; the others return 0 or a count */
#define SENSE_BPF_MAKES_FD                                                                         \
	(1ULL << 0 | 1ULL << 5 | 1ULL << 7 | 1ULL << 13 | 1ULL << 14 | 1ULL << 17 | 1ULL << 18 |   \
	 1ULL << 19 | 1ULL << 28 | 1ULL << 30 | 1ULL << 32 | 1ULL << 33 | 1ULL << 36)

SENSE_INLINE bool sense_fill_bpf(struct sense_buf *b)
{
	__u32 command = b->call.arg[0];

	sense_put_number(b, LN_BPF_fd, b->call.ret);
	sense_put_number(b, LN_BPF_cmd, command);
	if (command < 64 && SENSE_BPF_MAKES_FD >> command & 1)
		sense_put_fd(b, LN_BPF_fd_type, b->call.ret);
	sense_put_workdir(b, LN_BPF_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_init_module(struct sense_buf *b)
{
	__u64 len = b->call.arg[1] < SENSE_IMAGE_MAX ? b->call.arg[1] : SENSE_IMAGE_MAX;

	sense_put_number(b, LN_INIT_MODULE_res, b->call.ret);
	len = SENSE_MASK(len, 127);
	if (len && sense_read_user(b->record + SENSE_AT(b), len, (const void *)b->call.arg[0]) == 0)
		sense_put_written(b, LN_INIT_MODULE_img, len);
	sense_put_number(b, LN_INIT_MODULE_length, b->call.arg[1]);
	sense_put_user_text(b, LN_INIT_MODULE_uargs, b->call.arg[2]);
	sense_put_workdir(b, LN_INIT_MODULE_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_finit_module(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);

	sense_put_number(b, LN_FINIT_MODULE_res, b->call.ret);
	sense_put_number(b, LN_FINIT_MODULE_fd, fd);
	sense_put_user_text(b, LN_FINIT_MODULE_uargs, b->call.arg[1]);
	sense_put_number(b, LN_FINIT_MODULE_flags, b->call.arg[2] & 7);
	sense_put_fd(b, LN_FINIT_MODULE_fd_type, fd);
	sense_put_workdir(b, LN_FINIT_MODULE_workdir);
	return true;
}

#endif
