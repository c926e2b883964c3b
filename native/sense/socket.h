/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Sockets: their ends, and the addresses that system calls pass (SOCKTUPLE and SOCKADDR of native/wire.h). */
#ifndef LANNER_SENSE_SOCKET_H
#define LANNER_SENSE_SOCKET_H

#include "record.h"

#define SENSE_AF_UNIX	 1
#define SENSE_AF_INET	 2
#define SENSE_AF_INET6	 10
#define SENSE_AF_NETLINK 16

#define SENSE_TCP_LISTEN  10
#define SENSE_IPPROTO_TCP 6

#define SENSE_UNIX_PATH 108

enum sense_role { SENSE_ROLE_UNKNOWN, SENSE_ROLE_CLIENT, SENSE_ROLE_SERVER };

/* which end comes first in a tuple */
enum sense_order { SENSE_LOCAL_FIRST, SENSE_REMOTE_FIRST };

/* an end of an inet socket: address bytes in network order, port in host order */
struct sense_end {
	__u8 address[16];
	__u16 port;
};

SENSE_INLINE bool sense_same_end(const struct sense_end *a, const struct sense_end *b)
{
	__u64 left[2], right[2];

	__builtin_memcpy(left, a->address, sizeof(left));
	__builtin_memcpy(right, b->address, sizeof(right));
	return left[0] == right[0] && left[1] == right[1] && a->port == b->port;
}

/* The driver's: whether the end that an unconnected socket speaks with is not the one of the last time. */
SENSE_INLINE bool kern_peer_is_new(const struct sock *sk, __u64 ino, const struct sense_end *end);

SENSE_INLINE __u16 sense_ntohs(__u16 port)
{
	return port << 8 | port >> 8;
}

SENSE_INLINE bool sense_is_listening(const struct sock *sk)
{
	return SENSE_READ(sk, __sk_common.skc_state) == SENSE_TCP_LISTEN;
}

/*
 * What a stream socket is whoever asks. A connection that was accepted is a copy
 * of its listener and keeps the limit of the queue that listen set (unless that
 * was 0); a socket that connected never had one.
 */
SENSE_INLINE enum sense_role sense_tcp_role(const struct sock *sk)
{
	if (sense_is_listening(sk))
		return SENSE_ROLE_SERVER;
	if (kern_sock_protocol(sk) != SENSE_IPPROTO_TCP || !SENSE_READ(sk, __sk_common.skc_dport))
		return SENSE_ROLE_UNKNOWN;
	return SENSE_READ(sk, sk_max_ack_backlog) ? SENSE_ROLE_SERVER : SENSE_ROLE_CLIENT;
}

/* Copies a path of a unix address, of which size bytes are there, behind at; bytes written with the NUL. */
SENSE_INLINE __u64 sense_unix_path(struct sense_buf *b, __u64 at,
				   const struct unix_address *address)
{
	__u8 *to = b->record + SENSE_MASK(at, SENSE_RECORD_MASK);
	const __u8 *path = SENSE_ADDRESS(address, struct unix_address, name);
	int size;
	long n;
	__u8 first = 0;

	*to = 0;
	if (!address)
		return 1;
	size = SENSE_READ(address, len) - 2;
	if (size <= 0 || size > SENSE_UNIX_PATH)
		return 1;
	path += 2;
	sense_read_kernel(&first, 1, path);
	if (!first) { /* abstract: the name follows, without a NUL at its end */
		path++;
		size--;
	}
	n = SENSE_MASK(size, 127);
	sense_read_kernel(to, n, path);
	to[n] = 0;
	/* a path ends at its first NUL, which the length may or may not count */
	if (first) {
		n = sense_read_kernel_text(to, n + 1, to);
		return n > 0 ? n : 1;
	}
	return n + 1;
}

SENSE_INLINE void sense_put_unix_tuple(struct sense_buf *b, __u32 index, const struct sock *sk,
				       enum sense_order order)
{
	const struct unix_sock *own = (const void *)sk;
	const struct sock *peer = SENSE_READ(own, peer);
	const struct unix_sock *other = (const void *)peer;
	const struct unix_address *address = SENSE_READ(own, addr);
	__u64 at = SENSE_AT(b);
	__u64 ends[2];

	if (!address && peer)
		address = SENSE_READ(other, addr);
	ends[0] = order == SENSE_LOCAL_FIRST ? (__u64)sk : (__u64)peer;
	ends[1] = order == SENSE_LOCAL_FIRST ? (__u64)peer : (__u64)sk;
	b->record[at] = SENSE_AF_UNIX;
	__builtin_memcpy(b->record + at + 1, ends, sizeof(ends));
	sense_put_written(b, index, 17 + sense_unix_path(b, at + 17, address));
}

/*
 * The two ends of a socket. `remote`, if given, is what to take for a remote end
 * that the kernel doesn't know (port 0), as of an unconnected UDP socket.
 */
SENSE_INLINE void sense_put_tuple(struct sense_buf *b, __u32 index, const struct sock *sk,
				  enum sense_order order, const struct sense_end *given)
{
	__u16 family = SENSE_READ(sk, __sk_common.skc_family);
	struct sense_end local = {}, remote = {};
	__u64 at = SENSE_AT(b);
	__u8 *to = b->record + at;

	if (family == SENSE_AF_UNIX) {
		sense_put_unix_tuple(b, index, sk, order);
		return;
	}
	if (family != SENSE_AF_INET && family != SENSE_AF_INET6)
		return;
	local.port = SENSE_READ(sk, __sk_common.skc_num);
	remote.port = sense_ntohs(SENSE_READ(sk, __sk_common.skc_dport));
	if (family == SENSE_AF_INET) {
		*(__u32 *)local.address = SENSE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)remote.address = SENSE_READ(sk, __sk_common.skc_daddr);
	} else if (kern_sock_has_v6(sk)) {
		sense_read_kernel(local.address, 16, kern_sock_v6_local(sk));
		sense_read_kernel(remote.address, 16, kern_sock_v6_remote(sk));
	}
	if (!remote.port && given)
		remote = *given;
	if (order == SENSE_REMOTE_FIRST) {
		struct sense_end first = remote;

		remote = local;
		local = first;
	}
	*to = family;
	if (family == SENSE_AF_INET) {
		__builtin_memcpy(to + 1, local.address, 4);
		__builtin_memcpy(to + 5, &local.port, 2);
		__builtin_memcpy(to + 7, remote.address, 4);
		__builtin_memcpy(to + 11, &remote.port, 2);
		sense_put_written(b, index, 13);
	} else {
		__builtin_memcpy(to + 1, local.address, 16);
		__builtin_memcpy(to + 17, &local.port, 2);
		__builtin_memcpy(to + 19, remote.address, 16);
		__builtin_memcpy(to + 35, &remote.port, 2);
		sense_put_written(b, index, 37);
	}
}

/* A socket address in user memory, of len bytes; inet ends are also left in *end. The family, 0 when it isn't readable. */
SENSE_INLINE __u32 sense_put_sockaddr(struct sense_buf *b, __u32 index, __u64 from, __u32 len,
				      struct sense_end *end)
{
	__u64 at = SENSE_AT(b);
	__u8 *to = b->record + at;
	__u16 family = 0;

	if (!from || len < 2 || sense_read_passed(b, &family, 2, from) < 0)
		return 0;
	if (family == SENSE_AF_INET && len >= 8) {
		sense_read_passed(b, &end->port, 2, from + 2);
		sense_read_passed(b, end->address, 4, from + 4);
		end->port = sense_ntohs(end->port);
		*to = family;
		__builtin_memcpy(to + 1, end->address, 4);
		__builtin_memcpy(to + 5, &end->port, 2);
		sense_put_written(b, index, 7);
	} else if (family == SENSE_AF_INET6 && len >= 24) {
		sense_read_passed(b, &end->port, 2, from + 2);
		sense_read_passed(b, end->address, 16, from + 8);
		end->port = sense_ntohs(end->port);
		*to = family;
		__builtin_memcpy(to + 1, end->address, 16);
		__builtin_memcpy(to + 17, &end->port, 2);
		sense_put_written(b, index, 19);
	} else if (family == SENSE_AF_UNIX) {
		__u64 size = len - 2;
		__u8 first = 0;
		long n;

		if (size > SENSE_UNIX_PATH)
			size = SENSE_UNIX_PATH;
		*to = family;
		to[1] = 0;
		from += 2;
		if (size)
			sense_read_passed(b, &first, 1, from);
		if (size &&
		    !first) { /* abstract: its NUL is left out, its length is the address's */
			from++;
			size--;
		}
		n = SENSE_MASK(size, 127);
		if (n && sense_read_passed(b, to + 1, n, from) < 0)
			n = 0;
		to[1 + n] = 0;
		if (first) {
			n = sense_read_kernel_text(to + 1, n + 1, to + 1);
			n = n > 0 ? n - 1 : 0;
		}
		sense_put_written(b, index, SENSE_MASK(n, 127) + 2);
	}
	return family;
}

#endif
