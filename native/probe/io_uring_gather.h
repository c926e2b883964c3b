/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What a request is told to do, as the arguments of the system call that does the same. */
#ifndef LANNER_PROBE_IO_URING_GATHER_H
#define LANNER_PROBE_IO_URING_GATHER_H

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
