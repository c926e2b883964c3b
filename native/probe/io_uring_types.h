/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * io_uring's own structures, cut down as in probe/kernel.h. What one operation
 * keeps of its submission entry lies at the beginning of the request.
 */
#ifndef LANNER_PROBE_IO_URING_TYPES_H
#define LANNER_PROBE_IO_URING_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* what a trace shows of io_uring's tracepoints, where perf runs the programs */
struct trace_event_raw_io_uring_submit_req {
	void *req;
};

struct trace_event_raw_io_uring_req_failed {
	void *req;
};

struct trace_event_raw_io_uring_complete {
	void *ctx, *req;
	__u64 user_data;
	__s32 res;
	__u32 cflags;
};

struct trace_event_raw_io_uring_cqe_overflow {
	void *ctx;
	__u64 user_data;
	__s32 res;
	__u32 cflags;
};

struct io_fixed_file {
	unsigned long file_ptr;
};

struct io_rsrc_node {
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

/* from 6.13 */
struct io_file_table {
	struct io_rsrc_data data;
};

struct io_file_table___older {
	struct io_fixed_file *files;
};

struct io_ring_ctx {
	__u32 flags;
	__u32 compat : 1;
	__u32 *sq_array;
	void *sq_sqes;
	__u32 cached_sq_head, sq_entries;
	struct io_file_table file_table;
};

/* from 7.x on compat is one of these */
struct io_ring_ctx___flags {
	__u32 int_flags;
};

struct io_ring_ctx___older {
	struct io_file_table___older file_table;
	__u32 nr_user_files;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
	int fd;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	__u32 flags;	   /* their low half, where newer kernels have 64 */
	struct io_cqe cqe; /* from 6.0 */
	struct io_ring_ctx *ctx;
	void *async_data;
};

/* up to 5.19 */
struct io_kiocb___older {
	__u64 user_data;
};

struct filename {
	const char *name;
};

/* from 7.0 */
struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct open_how {
	__u64 flags, mode, resolve;
};

struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};

struct io_open___delayed {
	struct delayed_filename filename;
};

struct io_unlink {
	int dfd, flags;
	struct filename *filename;
};

struct io_unlink___delayed {
	struct delayed_filename filename;
};

struct io_rename {
	int old_dfd, new_dfd, flags;
	struct filename *oldpath, *newpath;
};

struct io_rename___delayed {
	struct delayed_filename oldpath, newpath;
};

struct io_mkdir {
	int dfd;
	__u16 mode;
	struct filename *filename;
};

struct io_mkdir___delayed {
	struct delayed_filename filename;
};

/* symbolic and hard links; apart up to 5.19 */
struct io_link {
	int old_dfd, new_dfd, flags;
	struct filename *oldpath, *newpath;
};

struct io_link___delayed {
	struct delayed_filename oldpath, newpath;
};

struct io_symlink {
	int new_dfd;
	struct filename *oldpath, *newpath;
};

struct io_hardlink {
	int old_dfd, new_dfd, flags;
	struct filename *oldpath, *newpath;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_accept {
	int flags;
	__u32 file_slot;
};

struct io_socket {
	int domain, type, protocol;
	__u32 file_slot;
};

struct io_bind {
	int addr_len;
};

struct io_listen {
	int backlog;
};

struct io_sr_msg {
	void *buf;
	__u32 len;
};

/* 6.0 to 6.12: where to send to, still in user memory */
struct io_sr_msg___to {
	void *addr;
	__u16 addr_len;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
};

struct io_async_msghdr {
	struct msghdr msg;
};

#pragma clang attribute pop

#endif
