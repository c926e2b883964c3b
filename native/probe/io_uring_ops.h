/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* io_uring's operations as the arguments of the system calls that do the same. */
#ifndef LANNER_PROBE_IO_URING_OPS_H
#define LANNER_PROBE_IO_URING_OPS_H

/* X(call, event, class): the events that operations make; native/shim/rings.c says which operation makes which */
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

/* Argument n is a path. */
SENSE_INLINE void ring_text(struct ring_request *r, __u32 n, __u32 which, __u64 from)
{
	r->call.arg[n] = from;
	r->text_args[which] = 1U << n;
	r->text_from[which] = from;
}

/* Argument n points to an address or to a struct open_how. */
SENSE_INLINE void ring_blob(struct ring_request *r, __u32 n, __u64 from)
{
	r->call.arg[n] = from;
	r->blob_arg = 1U << n;
	r->blob_from = from;
}

/* The text of a path that a request keeps, the kernel's copy. */
#define RING_PATH(request, type, member)                                                           \
	({                                                                                         \
		const struct filename *name_ = NULL;                                               \
		__u32 at_ =                                                                        \
			bpf_core_field_exists(((struct type *)0)->member)                          \
				? bpf_core_field_offset(((struct type *)0)->member)                \
				: bpf_core_field_offset(((struct type##___delayed *)0)->member);   \
		sense_read_kernel(&name_, sizeof(name_), (const char *)(request) + at_);           \
		(__u64) SENSE_READ(name_, name);                                                   \
	})

SENSE_INLINE void ring_gather_open(struct ring_request *r, const struct io_kiocb *request,
				   bool is_openat2)
{
	const struct io_open *open = (const void *)request;

	r->call.arg[0] = SENSE_READ(open, dfd);
	ring_text(r, 1, 0, RING_PATH(request, io_open, filename));
	if (is_openat2) {
		ring_blob(r, 2, (__u64)SENSE_ADDRESS(open, struct io_open, how));
	} else {
		/* the kernel sets O_LARGEFILE for every 64-bit program */
		r->call.arg[2] = SENSE_READ(open, how.flags) & ~(__u64)SENSE_O_LARGEFILE;
		r->call.arg[3] = SENSE_READ(open, how.mode);
	}
	r->slot = SENSE_READ(open, file_slot);
}

SENSE_INLINE void ring_gather_links(struct ring_request *r, const struct io_kiocb *request,
				    bool symbolic)
{
	const struct io_link *link = (const void *)request;
	const struct io_symlink *symlink = (const void *)request;
	const struct io_hardlink *hardlink = (const void *)request;
	__u64 old, new;

	if (bpf_core_type_exists(struct io_link)) {
		old = RING_PATH(request, io_link, oldpath);
		new = RING_PATH(request, io_link, newpath);
	} else if (symbolic) {
		old = (__u64)SENSE_READ(symlink, oldpath, name);
		new = (__u64)SENSE_READ(symlink, newpath, name);
	} else {
		old = (__u64)SENSE_READ(hardlink, oldpath, name);
		new = (__u64)SENSE_READ(hardlink, newpath, name);
	}
	if (symbolic) {
		ring_text(r, 0, 0, old);
		r->call.arg[1] = bpf_core_type_exists(struct io_link)
					 ? SENSE_READ(link, new_dfd)
					 : SENSE_READ(symlink, new_dfd);
		ring_text(r, 2, 1, new);
		return;
	}
	ring_text(r, 1, 0, old);
	ring_text(r, 3, 1, new);
	if (bpf_core_type_exists(struct io_link)) {
		r->call.arg[0] = SENSE_READ(link, old_dfd);
		r->call.arg[2] = SENSE_READ(link, new_dfd);
		r->call.arg[4] = SENSE_READ(link, flags);
	} else {
		r->call.arg[0] = SENSE_READ(hardlink, old_dfd);
		r->call.arg[2] = SENSE_READ(hardlink, new_dfd);
		r->call.arg[4] = SENSE_READ(hardlink, flags);
	}
}

/* Where to send to: in user memory, or copied already. */
SENSE_INLINE void ring_gather_peer(struct ring_request *r, const struct io_kiocb *request)
{
	const struct io_sr_msg___to *to = (const void *)request;
	const struct io_async_msghdr *async = SENSE_READ(request, async_data);

	if (bpf_core_field_exists(to->addr)) {
		r->call.arg[5] = SENSE_READ(to, addr_len);
		ring_blob(r, 4, ring_user((__u64)SENSE_READ(to, addr)));
	} else if (async) {
		r->call.arg[5] = SENSE_READ(async, msg.msg_namelen);
		if (r->call.arg[5])
			ring_blob(r, 4, (__u64)SENSE_READ(async, msg.msg_name));
	}
}

/* Calls on a socket: what the descriptor stands for is told by the request when it is done. */
SENSE_INLINE void ring_gather_socket(struct ring_request *r, const struct io_kiocb *request,
				     __u32 opcode)
{
	const struct io_connect *connect = (const void *)request;
	const struct io_accept *accept = (const void *)request;
	const struct io_sr_msg *message = (const void *)request;
	const struct io_bind *bind = (const void *)request;
	const struct io_listen *listen = (const void *)request;

	r->fd = ring_fd(request, r->ring);
	r->call.arg[0] = r->fd;
	switch (opcode) {
	case RING_CONNECT:
		ring_blob(r, 1, ring_user((__u64)SENSE_READ(connect, addr)));
		r->call.arg[2] = SENSE_READ(connect, addr_len);
		break;
	case RING_ACCEPT:
		r->call.arg[3] = SENSE_READ(accept, flags);
		r->slot = SENSE_READ(accept, file_slot);
		break;
	case RING_SENDMSG:
	case RING_SENDMSG_ZC:
	case RING_RECVMSG:
		r->call.arg[1] = ring_user((__u64)SENSE_READ(message, buf));
		break;
	case RING_SEND:
	case RING_SEND_ZC:
		ring_gather_peer(r, request);
		/* fallthrough */
	case RING_RECV:
		r->call.arg[1] = ring_user((__u64)SENSE_READ(message, buf));
		r->call.arg[2] = SENSE_READ(message, len);
		break;
	case RING_BIND: /* its copy of the address lies differently from kernel to kernel */
		if (bpf_core_type_exists(struct io_bind)) {
			const struct ring_entry e = ring_read_entry(ring_last_entry(r->ring));

			r->call.arg[2] = SENSE_READ(bind, addr_len);
			ring_blob(r, 1, ring_user(e.addr));
		}
		break;
	case RING_LISTEN:
		if (bpf_core_type_exists(struct io_listen))
			r->call.arg[1] = SENSE_READ(listen, backlog);
		break;
	}
}

/* The arguments of a prepared request: what the kernel copied, which the program can't change any more. */
SENSE_INLINE void ring_gather(struct ring_request *r, const struct io_kiocb *request, __u32 opcode)
{
	const struct io_unlink *unlink = (const void *)request;
	const struct io_rename *rename = (const void *)request;
	const struct io_mkdir *mkdir = (const void *)request;
	const struct io_socket *socket = (const void *)request;

	switch (opcode) {
	case RING_OPENAT:
	case RING_OPENAT2:
		ring_gather_open(r, request, opcode == RING_OPENAT2);
		break;
	case RING_UNLINKAT:
		r->call.arg[0] = SENSE_READ(unlink, dfd);
		ring_text(r, 1, 0, RING_PATH(request, io_unlink, filename));
		r->call.arg[2] = SENSE_READ(unlink, flags);
		break;
	case RING_RENAMEAT:
		r->call.arg[0] = SENSE_READ(rename, old_dfd);
		ring_text(r, 1, 0, RING_PATH(request, io_rename, oldpath));
		r->call.arg[2] = SENSE_READ(rename, new_dfd);
		ring_text(r, 3, 1, RING_PATH(request, io_rename, newpath));
		r->call.arg[4] = SENSE_READ(rename, flags);
		break;
	case RING_MKDIRAT:
		r->call.arg[0] = SENSE_READ(mkdir, dfd);
		ring_text(r, 1, 0, RING_PATH(request, io_mkdir, filename));
		r->call.arg[2] = SENSE_READ(mkdir, mode);
		break;
	case RING_SYMLINKAT:
	case RING_LINKAT:
		ring_gather_links(r, request, opcode == RING_SYMLINKAT);
		break;
	case RING_SOCKET:
		if (bpf_core_type_exists(struct io_socket)) {
			r->call.arg[0] = SENSE_READ(socket, domain);
			r->call.arg[1] = SENSE_READ(socket, type);
			r->call.arg[2] = SENSE_READ(socket, protocol);
			r->slot = SENSE_READ(socket, file_slot);
		}
		break;
	default:
		ring_gather_socket(r, request, opcode);
	}
}

/* The same from the submission entry, in which other names than those of the system calls are rare. */
SENSE_INLINE void ring_gather_entry(struct ring_request *r, const void *sqe, __u32 opcode)
{
	const struct ring_entry e = ring_read_entry(sqe);

	r->call.arg[0] = e.fd;
	switch (opcode) {
	case RING_OPENAT:
		ring_text(r, 1, 0, ring_user(e.addr));
		r->call.arg[2] = e.op_flags;
		r->call.arg[3] = e.len;
		break;
	case RING_OPENAT2:
		ring_text(r, 1, 0, ring_user(e.addr));
		ring_blob(r, 2, ring_user(e.addr2));
		break;
	case RING_UNLINKAT:
	case RING_MKDIRAT:
		ring_text(r, 1, 0, ring_user(e.addr));
		r->call.arg[2] = opcode == RING_UNLINKAT ? e.op_flags : e.len;
		break;
	case RING_RENAMEAT:
	case RING_LINKAT:
		ring_text(r, 1, 0, ring_user(e.addr));
		r->call.arg[2] = (__s32)e.len;
		ring_text(r, 3, 1, ring_user(e.addr2));
		r->call.arg[4] = e.op_flags;
		break;
	case RING_SYMLINKAT:
		ring_text(r, 0, 0, ring_user(e.addr));
		r->call.arg[1] = e.fd;
		ring_text(r, 2, 1, ring_user(e.addr2));
		break;
	case RING_SOCKET:
		r->call.arg[1] = e.addr2;
		r->call.arg[2] = e.len;
		break;
	case RING_CONNECT:
	case RING_BIND:
		r->fd = e.fd;
		ring_blob(r, 1, ring_user(e.addr));
		r->call.arg[2] = e.addr2;
		break;
	case RING_ACCEPT:
		r->fd = e.fd;
		r->call.arg[3] = e.op_flags;
		break;
	default:
		r->fd = e.fd;
		r->call.arg[1] = opcode == RING_LISTEN ? e.len : ring_user(e.addr);
		r->call.arg[2] = e.len;
	}
}

#endif
