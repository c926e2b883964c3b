/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* io_uring's operations, and one request for one of them. */
#ifndef LANNER_PROBE_IO_URING_OPS_H
#define LANNER_PROBE_IO_URING_OPS_H

/* X(call, event, class): the events that operations make; native/shim/uring.c says which operation makes which */
#define RING_CALLS(X)                                                                              \
	X(openat, OPENAT, OPEN)                                                                    \
	X(openat2, OPENAT2, OPEN)                                                                  \
	X(renameat2, RENAMEAT2, OTHER)                                                             \
	X(unlinkat, UNLINKAT, OTHER)                                                               \
	X(mkdirat, MKDIRAT, OTHER)                                                                 \
	X(symlinkat, SYMLINKAT, OTHER)                                                             \
	X(linkat, LINKAT, OTHER)                                                                   \
	X(socket, SOCKET, NETWORK)                                                                 \
	X(bind, BIND, NETWORK)                                                                     \
	X(connect, CONNECT, NETWORK)                                                               \
	X(listen, LISTEN, NETWORK)                                                                 \
	X(accept4, ACCEPT4, NETWORK)                                                               \
	X(sendto, SENDTO, NETWORK)                                                                 \
	X(sendmsg, SENDMSG, NETWORK)                                                               \
	X(recvfrom, RECVFROM, NETWORK)                                                             \
	X(recvmsg, RECVMSG, NETWORK)

/* include/uapi/linux/io_uring.h: enum io_uring_op, struct io_uring_sqe */
enum {
	RING_SENDMSG = 9,
	RING_RECVMSG = 10,
	RING_ACCEPT = 13,
	RING_CONNECT = 16,
	RING_OPENAT = 18,
	RING_SEND = 26,
	RING_RECV = 27,
	RING_OPENAT2 = 28,
	RING_RENAMEAT = 35,
	RING_UNLINKAT = 36,
	RING_MKDIRAT = 37,
	RING_SYMLINKAT = 38,
	RING_LINKAT = 39,
	RING_SOCKET = 45,
	RING_SEND_ZC = 47,
	RING_SENDMSG_ZC = 48,
	RING_BIND = 56,
	RING_LISTEN = 57,
};

struct ring_entry {
	__u8 opcode, flags;
	__u16 ioprio;
	__s32 fd;
	__u64 addr2, addr;
	__u32 len, op_flags;
	__u64 user_data;
	__u16 buf_index, personality;
	__u32 file_index;
	__u64 rest[2];
};

#define RING_SETUP_LARGE    (1U << 10) /* entries of twice the size */
#define RING_F_COMPAT	    (1U << 11) /* of int_flags; its enum has no name to ask for */
#define RING_SETUP_NO_ARRAY (1U << 16) /* entries are taken in order */

#define RING_SLOT_ANY  ((__u32)-1) /* the kernel chooses one: the result */
#define RING_FILE_MASK (~7UL)	   /* a registered file's pointer has flags in its low bits */

/* include/uapi/linux/bpf.h */
#define RING_MAP_HASH 1
#define RING_ANY      0
#define RING_NOEXIST  1

/* One request. What its arguments point to is told apart from them, since it must be copied to be kept. */
struct ring_request {
	struct sense_call call;
	const struct io_ring_ctx *ring;
	__u64 user_data;
	__u32 opcode;
	__u32 tgid;
	__s32 fd;
	__u32 slot; /* number + 1 of the registered file that is made instead of a descriptor; 0: none */
	/* paths, and an address or struct open_how: where from, and of which arguments (bits) they are */
	__u64 text_from[2], blob_from;
	__u32 text_args[2], blob_arg;
	__u32 pad;
	__u8 blob[128]; /* struct sockaddr_storage */
	__u8 text[2][SENSE_PATH_MAX];
};

_Static_assert(sizeof(struct ring_request) < LN_RECORD_MAX, "put together where a record will be");

SENSE_INLINE __u32 ring_class(__u32 opcode)
{
	switch (opcode) {
	case RING_OPENAT:
	case RING_OPENAT2:
		return LN_CLASS_OPEN;
	case RING_RENAMEAT ... RING_LINKAT:
		return LN_CLASS_OTHER;
	}
	return LN_CLASS_NETWORK;
}

/* A pointer that a program gave: never the kernel's own memory. */
SENSE_INLINE __u64 ring_user(__u64 pointer)
{
	return (__s64)pointer < 0 ? 0 : pointer;
}

SENSE_INLINE long ring_copy(void *to, __u32 size, __u64 from)
{
	return (__s64)from < 0 ? sense_read_kernel(to, size, (const void *)from)
			       : sense_read_user(to, size, (const void *)from);
}

SENSE_INLINE long ring_copy_text(void *to, __u64 from)
{
	return (__s64)from < 0 ? sense_read_kernel_text(to, SENSE_PATH_MAX, (const void *)from)
			       : sense_read_user_text(to, SENSE_PATH_MAX, (const void *)from);
}

/* A registered file. */
SENSE_INLINE const struct file *ring_slot(const struct io_ring_ctx *ring, __u32 slot)
{
	const struct io_ring_ctx___older *older = (const void *)ring;
	unsigned long file = 0;

	if (bpf_core_field_exists(ring->file_table.data)) {
		struct io_rsrc_node **nodes = SENSE_READ(ring, file_table.data.nodes);
		const struct io_rsrc_node *node = NULL;

		if (slot >= SENSE_READ(ring, file_table.data.nr))
			return NULL;
		sense_read_kernel(&node, sizeof(node), nodes + slot);
		file = SENSE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(older->file_table.files)) {
		const struct io_fixed_file *files = SENSE_READ(older, file_table.files);

		if (slot >= SENSE_READ(older, nr_user_files))
			return NULL;
		sense_read_kernel(&file, sizeof(file), files + slot);
	}
	return (const struct file *)(file & RING_FILE_MASK);
}

SENSE_INLINE bool ring_compat(const struct io_ring_ctx *ring)
{
	const struct io_ring_ctx___flags *flags = (const void *)ring;

	if (bpf_core_field_exists(ring->compat))
		return BPF_CORE_READ_BITFIELD_PROBED(ring, compat);
	if (bpf_core_field_exists(flags->int_flags))
		return SENSE_READ(flags, int_flags) & RING_F_COMPAT;
	return false;
}

/*
 * The submission entry taken last, which a request that is being submitted came
 * from. The program may have changed it since: for what the kernel keeps nowhere.
 */
SENSE_INLINE const struct ring_entry *ring_last_entry(const struct io_ring_ctx *ring)
{
	__u32 entries = SENSE_READ(ring, sq_entries), flags = SENSE_READ(ring, flags);
	__u32 last = (SENSE_READ(ring, cached_sq_head) - 1) & (entries - 1);
	const __u32 *array = SENSE_READ(ring, sq_array);
	__u64 size = sizeof(struct ring_entry);

	if (array && !(flags & RING_SETUP_NO_ARRAY))
		sense_read_kernel(&last, sizeof(last), array + last);
	if (last >= entries)
		return NULL;
	if (flags & RING_SETUP_LARGE)
		size *= 2;
	return (const void *)((const char *)SENSE_READ(ring, sq_sqes) + last * size);
}

SENSE_INLINE struct ring_entry ring_read_entry(const struct ring_entry *from)
{
	struct ring_entry e = {};

	sense_read_kernel(&e, sizeof(e), from);
	return e;
}

/* The descriptor that a request was given; up to 5.19 the kernel has looked it up and forgot it. */
SENSE_INLINE __s32 ring_fd(const struct io_kiocb *request, const struct io_ring_ctx *ring)
{
	if (bpf_core_field_exists(request->cqe))
		return SENSE_READ(request, cqe.fd);
	return ring_read_entry(ring_last_entry(ring)).fd;
}

SENSE_INLINE void ring_begin(struct ring_request *r, const struct io_kiocb *request, __u32 opcode)
{
	const struct io_kiocb___older *older = (const void *)request;
	__u32 i;

	r->ring = SENSE_READ(request, ctx);
	r->user_data = bpf_core_field_exists(request->cqe) ? SENSE_READ(request, cqe.user_data)
							   : SENSE_READ(older, user_data);
	r->opcode = opcode;
	r->tgid = bpf_get_current_pid_tgid() >> 32;
	r->fd = -1;
	r->slot = 0;
	r->text_from[0] = r->text_from[1] = r->blob_from = 0;
	r->text_args[0] = r->text_args[1] = r->blob_arg = 0;
	for (i = 0; i < 6; i++)
		r->call.arg[i] = 0;
	r->call.ret = 0;
	r->call.nr = 0;
	r->call.compat = ring_compat(r->ring);
	r->call.ring = true;
	r->call.file = NULL;
	r->call.made = NULL;
	r->call.task = sense_current();
	r->call.request = NULL;
}

#endif
