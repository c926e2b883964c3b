/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Calls that change the kernel or reach into other processes: modules, kexec, perf, io_uring, pidfds, signals. */
#ifndef LANNER_SENSE_SYSTEM_H
#define LANNER_SENSE_SYSTEM_H

#include "open.h"

#define SENSE_HOSTNAME_MAX 64
#define SENSE_KEXEC_MAX	   2048

/* struct io_uring_params, its beginning */
struct sense_io_uring {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

SENSE_INLINE bool sense_fill_kill(struct sense_buf *b)
{
	sense_put_number(b, LN_KILL_res, b->call.ret);
	sense_put_number(b, LN_KILL_pid, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_KILL_sig, (__u32)b->call.arg[1]);
	sense_put_workdir(b, LN_KILL_workdir);
	return true;
}

_Static_assert(LN_TKILL_workdir == LN_KILL_workdir && LN_TKILL_sig == LN_KILL_sig,
	       "kill and tkill share their parameters' places");

SENSE_INLINE bool sense_fill_tkill(struct sense_buf *b)
{
	return sense_fill_kill(b);
}

SENSE_INLINE bool sense_fill_tgkill(struct sense_buf *b)
{
	sense_put_number(b, LN_TGKILL_res, b->call.ret);
	sense_put_number(b, LN_TGKILL_pid, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_TGKILL_tid, SENSE_FD(b->call.arg[1]));
	sense_put_number(b, LN_TGKILL_sig, (__u32)b->call.arg[2]);
	sense_put_workdir(b, LN_TGKILL_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_pidfd_open(struct sense_buf *b)
{
	sense_put_number(b, LN_PIDFD_OPEN_fd, b->call.ret);
	sense_put_number(b, LN_PIDFD_OPEN_pid, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_PIDFD_OPEN_flags, SENSE_MOVE(b->call.arg[1], SENSE_O_NONBLOCK, 1));
	sense_put_fd(b, LN_PIDFD_OPEN_fd_type, b->call.ret);
	sense_put_workdir(b, LN_PIDFD_OPEN_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_pidfd_getfd(struct sense_buf *b)
{
	sense_put_number(b, LN_PIDFD_GETFD_fd, b->call.ret);
	sense_put_number(b, LN_PIDFD_GETFD_pid_fd, SENSE_FD(b->call.arg[0]));
	sense_put_number(b, LN_PIDFD_GETFD_target_fd, SENSE_FD(b->call.arg[1]));
	sense_put_number(b, LN_PIDFD_GETFD_flags, (__u32)b->call.arg[2]);
	sense_put_fd(b, LN_PIDFD_GETFD_fd_type, b->call.ret);
	sense_put_workdir(b, LN_PIDFD_GETFD_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_io_uring_setup(struct sense_buf *b)
{
	struct sense_io_uring params = {};

	sense_read_user(&params, sizeof(params), (const void *)b->call.arg[1]);
	sense_put_number(b, LN_IO_URING_SETUP_res, b->call.ret);
	sense_put_number(b, LN_IO_URING_SETUP_entries, (__u32)b->call.arg[0]);
	sense_put_number(b, LN_IO_URING_SETUP_sq_entries, params.sq_entries);
	sense_put_number(b, LN_IO_URING_SETUP_cq_entries, params.cq_entries);
	sense_put_number(b, LN_IO_URING_SETUP_flags, params.flags);
	sense_put_number(b, LN_IO_URING_SETUP_sq_thread_cpu, params.sq_thread_cpu);
	sense_put_number(b, LN_IO_URING_SETUP_sq_thread_idle, params.sq_thread_idle);
	sense_put_number(b, LN_IO_URING_SETUP_features, params.features);
	sense_put_fd(b, LN_IO_URING_SETUP_fd_type, b->call.ret);
	sense_put_workdir(b, LN_IO_URING_SETUP_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_delete_module(struct sense_buf *b)
{
	sense_put_number(b, LN_DELETE_MODULE_res, b->call.ret);
	sense_put_user_text(b, LN_DELETE_MODULE_name, b->call.arg[0]);
	sense_put_number(b, LN_DELETE_MODULE_flags,
			 SENSE_MOVE(b->call.arg[1], SENSE_O_TRUNC, 1 << 0) |
				 SENSE_MOVE(b->call.arg[1], SENSE_O_NONBLOCK, 1 << 1));
	sense_put_workdir(b, LN_DELETE_MODULE_workdir);
	return true;
}

/* Text of a length that its caller gave, with or without a NUL; at most max bytes, which is below 4096. */
SENSE_INLINE void sense_put_counted_text(struct sense_buf *b, __u32 index, __u64 from, __u64 len,
					 __u32 max)
{
	long n;

	if (len > max)
		len = max;
	if (!from)
		return;
	n = sense_read_user_text(b->record + SENSE_AT(b), SENSE_MASK(len + 1, SENSE_PATH_MAX - 1),
				 (const void *)from);
	if (n > 0 && n < SENSE_PATH_MAX)
		sense_put_written(b, index, n);
}

SENSE_INLINE bool sense_fill_sethostname(struct sense_buf *b)
{
	sense_put_number(b, LN_SETHOSTNAME_res, b->call.ret);
	sense_put_counted_text(b, LN_SETHOSTNAME_name, b->call.arg[0], (__u32)b->call.arg[1],
			       SENSE_HOSTNAME_MAX);
	sense_put_workdir(b, LN_SETHOSTNAME_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_kexec_load(struct sense_buf *b)
{
	sense_put_number(b, LN_KEXEC_LOAD_res, b->call.ret);
	sense_put_number(b, LN_KEXEC_LOAD_entry, b->call.arg[0]);
	sense_put_number(b, LN_KEXEC_LOAD_nr_segments, b->call.arg[1]);
	sense_put_number(b, LN_KEXEC_LOAD_flags, b->call.arg[3]);
	sense_put_workdir(b, LN_KEXEC_LOAD_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_kexec_file_load(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	__u64 len = b->call.arg[2]; /* counts the NUL */

	sense_put_number(b, LN_KEXEC_FILE_LOAD_res, b->call.ret);
	sense_put_number(b, LN_KEXEC_FILE_LOAD_fd, fd);
	sense_put_number(b, LN_KEXEC_FILE_LOAD_initrd_fd, SENSE_FD(b->call.arg[1]));
	sense_put_counted_text(b, LN_KEXEC_FILE_LOAD_cmdline, b->call.arg[3], len ? len - 1 : 0,
			       SENSE_KEXEC_MAX);
	sense_put_number(b, LN_KEXEC_FILE_LOAD_flags, b->call.arg[4]);
	sense_put_fd(b, LN_KEXEC_FILE_LOAD_fd_type, fd);
	sense_put_workdir(b, LN_KEXEC_FILE_LOAD_workdir);
	return true;
}

/* struct perf_event_attr begins with type, size, config */
SENSE_INLINE bool sense_fill_perf_event_open(struct sense_buf *b)
{
	__u64 attr[2] = {};

	sense_read_user(attr, sizeof(attr), (const void *)b->call.arg[0]);
	sense_put_number(b, LN_PERF_EVENT_OPEN_fd, b->call.ret);
	sense_put_number(b, LN_PERF_EVENT_OPEN_type, (__u32)attr[0]);
	sense_put_number(b, LN_PERF_EVENT_OPEN_config, attr[1]);
	sense_put_number(b, LN_PERF_EVENT_OPEN_pid, SENSE_FD(b->call.arg[1]));
	sense_put_number(b, LN_PERF_EVENT_OPEN_cpu, SENSE_FD(b->call.arg[2]));
	sense_put_number(b, LN_PERF_EVENT_OPEN_group_fd, SENSE_FD(b->call.arg[3]));
	sense_put_number(b, LN_PERF_EVENT_OPEN_flags, b->call.arg[4]);
	sense_put_fd(b, LN_PERF_EVENT_OPEN_fd_type, b->call.ret);
	sense_put_workdir(b, LN_PERF_EVENT_OPEN_workdir);
	return true;
}

#endif
