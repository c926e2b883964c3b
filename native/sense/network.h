/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* socket, connect, listen, accept, and the sending and receiving calls that carry addresses. */
#ifndef LANNER_SENSE_NETWORK_H
#define LANNER_SENSE_NETWORK_H

#include "open.h"

#define SENSE_EINPROGRESS 115

#define SENSE_SNAPLEN	  80  /* bytes of data carried, as Falco by default */
#define SENSE_SNAPLEN_DNS 512 /* where either port is the DNS's */
#define SENSE_DNS_PORT	  53
#define SENSE_CONTROL_MAX 1024

/* struct user_msghdr, and its 32-bit form */
struct sense_msghdr {
	__u64 name;
	__u32 namelen, pad;
	__u64 iov, iovlen, control, controllen;
};

struct sense_msghdr32 {
	__u32 name, namelen, iov, iovlen, control, controllen;
};

SENSE_INLINE bool sense_fill_socket(struct sense_buf *b)
{
	const struct sense_file f = sense_look_at_made(b);

	sense_put_number(b, LN_SOCKET_fd, b->call.ret);
	sense_put_number(b, LN_SOCKET_domain, (__u32)b->call.arg[0]);
	sense_put_number(b, LN_SOCKET_type, (__u32)b->call.arg[1]);
	sense_put_number(b, LN_SOCKET_proto, (__u32)b->call.arg[2]);
	/* SOCK_CLOEXEC and SOCK_NONBLOCK are O_CLOEXEC and O_NONBLOCK */
	sense_put_number(b, LN_SOCKET_flags, sense_fd_flags(b->call.arg[1]));
	sense_put_file(b, LN_SOCKET_fd_type, &f, SENSE_ROLE_UNKNOWN);
	sense_put_workdir(b, LN_SOCKET_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_bind(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	struct sense_end end = {};

	sense_put_number(b, LN_BIND_res, b->call.ret);
	sense_put_sockaddr(b, LN_BIND_addr, b->call.arg[1], b->call.arg[2], &end);
	sense_put_number(b, LN_BIND_fd, fd);
	/* who asks for a port of its own wants to be found there: so Falco has it */
	sense_put_file(b, LN_BIND_fd_type, &f,
		       b->call.ret == 0 && end.port ? SENSE_ROLE_SERVER : SENSE_ROLE_UNKNOWN);
	sense_put_workdir(b, LN_BIND_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_connect(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	const struct sock *sk = sense_sock(&f);
	struct sense_end end = {};

	sense_put_number(b, LN_CONNECT_res, b->call.ret);
	sense_put_number(b, LN_CONNECT_fd, fd);
	sense_put_sockaddr(b, LN_CONNECT_addr, b->call.arg[1], b->call.arg[2], &end);
	if (sk && (b->call.ret == 0 || b->call.ret == -SENSE_EINPROGRESS))
		sense_put_tuple(b, LN_CONNECT_tuple, sk, SENSE_LOCAL_FIRST, &end);
	sense_put_file(b, LN_CONNECT_fd_type, &f, SENSE_ROLE_CLIENT);
	sense_put_workdir(b, LN_CONNECT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_listen(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);

	sense_put_number(b, LN_LISTEN_res, b->call.ret);
	sense_put_number(b, LN_LISTEN_fd, fd);
	sense_put_number(b, LN_LISTEN_backlog, SENSE_FD(b->call.arg[1]));
	sense_put_file(b, LN_LISTEN_fd_type, &f, SENSE_ROLE_SERVER);
	sense_put_workdir(b, LN_LISTEN_workdir);
	return true;
}

/* The queue that an accepted connection waited in: percentage, length, limit, one after the other. */
SENSE_INLINE void sense_put_queue(struct sense_buf *b, __u32 queuepct, __s64 listener)
{
	const struct sense_file f = sense_look_at_passed(b, listener);
	const struct sock *sk = sense_sock(&f);
	__u32 len = 0, max = 0;

	if (sk) {
		len = SENSE_READ(sk, sk_ack_backlog);
		max = SENSE_READ(sk, sk_max_ack_backlog);
	}
	sense_put_number(b, queuepct, max ? (__u64)len * 100 / max : 0);
	sense_put_number(b, queuepct + 1, len);
	sense_put_number(b, queuepct + 2, max);
}

_Static_assert(LN_ACCEPT4_queuemax == LN_ACCEPT_queuemax, "accept's parameters begin accept4's");

/* accept and accept4 differ in accept4's last parameter of Falco's, flags */
SENSE_INLINE void sense_put_accept(struct sense_buf *b, __u32 fd_type, __u32 workdir)
{
	const struct sense_file f = sense_look_at_made(b);
	const struct sock *sk = sense_sock(&f);

	sense_put_number(b, LN_ACCEPT_fd, b->call.ret);
	if (sk)
		sense_put_tuple(b, LN_ACCEPT_tuple, sk, SENSE_REMOTE_FIRST, NULL);
	sense_put_queue(b, LN_ACCEPT_queuepct, SENSE_FD(b->call.arg[0]));
	sense_put_file(b, fd_type, &f, SENSE_ROLE_SERVER);
	sense_put_workdir(b, workdir);
}

SENSE_INLINE bool sense_fill_accept(struct sense_buf *b)
{
	sense_put_accept(b, LN_ACCEPT_fd_type, LN_ACCEPT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_accept4(struct sense_buf *b)
{
	sense_put_number(b, LN_ACCEPT4_flags, (__u32)b->call.arg[3]);
	sense_put_accept(b, LN_ACCEPT4_fd_type, LN_ACCEPT4_workdir);
	return true;
}

/* How much of what was sent or received is carried: more of a name server's. */
SENSE_INLINE __u32 sense_snaplen(const struct sock *sk, __u32 given_port)
{
	__u16 family = SENSE_READ(sk, __sk_common.skc_family);

	if (family != SENSE_AF_INET && family != SENSE_AF_INET6)
		return SENSE_SNAPLEN;
	if (given_port == SENSE_DNS_PORT || SENSE_READ(sk, __sk_common.skc_num) == SENSE_DNS_PORT ||
	    sense_ntohs(SENSE_READ(sk, __sk_common.skc_dport)) == SENSE_DNS_PORT)
		return SENSE_SNAPLEN_DNS;
	return SENSE_SNAPLEN;
}

/* Bytes of user memory, at most max of them, which is below 4096. */
SENSE_INLINE void sense_put_data(struct sense_buf *b, __u32 index, __u64 from, __u64 len, __u32 max)
{
	if (len > max)
		len = max;
	len = SENSE_MASK(len, SENSE_PATH_MAX - 1);
	if (!from || !len || !(b->want & LN_WANT_DATA))
		return;
	if (sense_read_user(b->record + SENSE_AT(b), len, (const void *)from) < 0) {
		b->faults++;
		return;
	}
	sense_put_written(b, index, len);
}

SENSE_INLINE void sense_read_msghdr(struct sense_buf *b, __u64 from, struct sense_msghdr *header)
{
	if (b->call.compat) {
		struct sense_msghdr32 small = {};

		sense_read_user(&small, sizeof(small), (const void *)from);
		header->name = small.name;
		header->namelen = small.namelen;
		header->iov = small.iov;
		header->iovlen = small.iovlen;
		header->control = small.control;
		header->controllen = small.controllen;
	} else {
		sense_read_user(header, sizeof(*header), (const void *)from);
	}
	if ((__s64)header->name < 0) /* no user memory: nothing of the kernel's is told */
		header->name = 0;
}

/* The first buffer of a message, cut to what the call moved. */
SENSE_INLINE __u64 sense_first_iov(struct sense_buf *b, const struct sense_msghdr *header,
				   __u64 *len)
{
	__u64 iov[2] = {};

	if (!header->iov || !header->iovlen)
		return 0;
	if (b->call.compat) {
		__u32 small[2] = {};

		sense_read_user(small, sizeof(small), (const void *)header->iov);
		iov[0] = small[0];
		iov[1] = small[1];
	} else {
		sense_read_user(iov, sizeof(iov), (const void *)header->iov);
	}
	*len = iov[1] < *len ? iov[1] : *len;
	return iov[0];
}

/* Reads an inet address that a message names, for its tuple; nothing of it is entered. */
SENSE_INLINE void sense_read_end(const struct sense_buf *b, __u64 from, __u32 len,
				 struct sense_end *end)
{
	__u16 family = 0;

	if (!from || len < 8 || sense_read_passed(b, &family, 2, from) < 0)
		return;
	if (family == SENSE_AF_INET)
		sense_read_passed(b, end->address, 4, from + 4);
	else if (family == SENSE_AF_INET6 && len >= 24)
		sense_read_passed(b, end->address, 16, from + 8);
	else
		return;
	sense_read_passed(b, &end->port, 2, from + 2);
	end->port = sense_ntohs(end->port);
}

/*
 * Whether what was sent or received went to or came from another end than the
 * last time on this socket, which is not connected. Decided here, so that rules
 * about new peers cost nothing more than this on a socket that chatters.
 */
SENSE_INLINE void sense_put_peer(struct sense_buf *b, __u32 index, const struct sense_file *f,
				 const struct sock *sk, const struct sense_end *end)
{
	__u16 family;

	if (!sk || b->call.ret < 0)
		return;
	family = SENSE_READ(sk, __sk_common.skc_family);
	sense_put_number(b, index,
			 (family == SENSE_AF_INET || family == SENSE_AF_INET6) && end->port &&
				 !SENSE_READ(sk, __sk_common.skc_dport) &&
				 kern_sock_protocol(sk) != SENSE_IPPROTO_TCP &&
				 kern_peer_is_new(sk, f->ino, end));
}

SENSE_INLINE bool sense_fill_sendto(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	const struct sock *sk = sense_sock(&f);
	__u64 len = b->call.ret >= 0 ? (__u64)b->call.ret : b->call.arg[2];
	struct sense_end end = {};

	sense_read_end(b, b->call.arg[4], b->call.arg[5], &end);
	sense_put_number(b, LN_SENDTO_res, b->call.ret);
	sense_put_data(b, LN_SENDTO_data, b->call.arg[1], len, sense_snaplen(sk, end.port));
	sense_put_number(b, LN_SENDTO_fd, fd);
	sense_put_number(b, LN_SENDTO_size, (__u32)b->call.arg[2]);
	if (sk)
		sense_put_tuple(b, LN_SENDTO_tuple, sk, SENSE_LOCAL_FIRST, &end);
	sense_put_file(b, LN_SENDTO_fd_type, &f, SENSE_ROLE_UNKNOWN);
	sense_put_peer(b, LN_SENDTO_new_peer, &f, sk, &end);
	sense_put_workdir(b, LN_SENDTO_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_recvfrom(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	const struct sock *sk = sense_sock(&f);
	struct sense_end end = {};
	__u32 len = 0;

	sense_put_number(b, LN_RECVFROM_res, b->call.ret);
	if (b->call.ret >= 0) {
		if (b->call.arg[5])
			sense_read_user(&len, sizeof(len), (const void *)b->call.arg[5]);
		sense_read_end(b, b->call.arg[4], len, &end);
		sense_put_data(b, LN_RECVFROM_data, b->call.arg[1], b->call.ret,
			       sense_snaplen(sk, end.port));
		if (sk)
			sense_put_tuple(b, LN_RECVFROM_tuple, sk, SENSE_REMOTE_FIRST, &end);
	}
	sense_put_number(b, LN_RECVFROM_fd, fd);
	sense_put_number(b, LN_RECVFROM_size, (__u32)b->call.arg[2]);
	sense_put_file(b, LN_RECVFROM_fd_type, &f, SENSE_ROLE_UNKNOWN);
	sense_put_peer(b, LN_RECVFROM_new_peer, &f, sk, &end);
	sense_put_workdir(b, LN_RECVFROM_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_sendmsg(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	const struct sock *sk = sense_sock(&f);
	__u64 len = b->call.ret >= 0 ? (__u64)b->call.ret : SENSE_SNAPLEN_DNS;
	struct sense_msghdr header = {};
	struct sense_end end = {};
	__u64 from;

	sense_read_msghdr(b, b->call.arg[1], &header);
	sense_read_end(b, header.name, header.namelen, &end);
	from = sense_first_iov(b, &header, &len);
	sense_put_number(b, LN_SENDMSG_res, b->call.ret);
	sense_put_data(b, LN_SENDMSG_data, from, len, sense_snaplen(sk, end.port));
	sense_put_number(b, LN_SENDMSG_fd, fd);
	sense_put_number(b, LN_SENDMSG_size, b->call.ret >= 0 ? b->call.ret : 0);
	if (sk)
		sense_put_tuple(b, LN_SENDMSG_tuple, sk, SENSE_LOCAL_FIRST, &end);
	sense_put_file(b, LN_SENDMSG_fd_type, &f, SENSE_ROLE_UNKNOWN);
	sense_put_peer(b, LN_SENDMSG_new_peer, &f, sk, &end);
	sense_put_workdir(b, LN_SENDMSG_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_recvmsg(struct sense_buf *b)
{
	__s64 fd = SENSE_FD(b->call.arg[0]);
	const struct sense_file f = sense_look_at_passed(b, fd);
	const struct sock *sk = sense_sock(&f);
	struct sense_msghdr header = {};
	struct sense_end end = {};

	sense_put_number(b, LN_RECVMSG_res, b->call.ret);
	if (b->call.ret >= 0) {
		__u64 len = b->call.ret;
		__u64 from;

		sense_read_msghdr(b, b->call.arg[1], &header);
		sense_read_end(b, header.name, header.namelen, &end);
		from = sense_first_iov(b, &header, &len);
		sense_put_number(b, LN_RECVMSG_size, b->call.ret);
		sense_put_data(b, LN_RECVMSG_data, from, len, sense_snaplen(sk, end.port));
		if (sk)
			sense_put_tuple(b, LN_RECVMSG_tuple, sk, SENSE_REMOTE_FIRST, &end);
		sense_put_data(b, LN_RECVMSG_msgcontrol, header.control, header.controllen,
			       SENSE_CONTROL_MAX);
	}
	sense_put_number(b, LN_RECVMSG_fd, fd);
	sense_put_file(b, LN_RECVMSG_fd_type, &f, SENSE_ROLE_UNKNOWN);
	sense_put_peer(b, LN_RECVMSG_new_peer, &f, sk, &end);
	sense_put_workdir(b, LN_RECVMSG_workdir);
	return true;
}

#endif
