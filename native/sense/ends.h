/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The two ends of a socket as a record has them, for the filter: endOf of src/engine/filter_model.ts says what they are. */
#ifndef LANNER_SENSE_ENDS_H
#define LANNER_SENSE_ENDS_H

#include "network.h"

enum sense_ends_state {
	SENSE_ENDS_UNASKED,
	SENSE_ENDS_KNOWN,
	SENSE_ENDS_UNKNOWN,
	SENSE_ENDS_MISSING /* rules find no value either */
};

struct sense_ends {
	__u32 state;
	__u32 bytes; /* of each address: 4 or 16 */
	__u16 port[2];
	__u64 address[2][2]; /* the first byte lowest */
};

#define SENSE_TUPLE_INET  13 /* bytes */
#define SENSE_TUPLE_INET6 37

/* The number in a parameter; false when it is not there. */
SENSE_INLINE bool sense_number(const struct sense_buf *b, __u32 index, __s64 *value)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));

	index &= SENSE_PARAMS_MASK;
	if (table[index].len != 8)
		return false;
	*value = *(const __s64 *)(b->record + SENSE_MASK((__u64)table[index].off8 << 3, 0x7ff8));
	return true;
}

SENSE_INLINE __u32 sense_length(const struct sense_buf *b, __u32 index)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));

	return index == LN_FILTER_NONE ? 0 : table[index & SENSE_PARAMS_MASK].len;
}

/* Eight, or two, bytes of a record from any place on. */
SENSE_INLINE __u64 sense_word_at(const struct sense_buf *b, __u64 at)
{
	return *(const __u64 *)(b->record + SENSE_MASK(at, 0x7fff));
}

SENSE_INLINE __u16 sense_port_at(const struct sense_buf *b, __u64 at)
{
	return *(const __u16 *)(b->record + SENSE_MASK(at, 0x7fff));
}

/* Reads a tuple of len bytes behind its family. */
SENSE_INLINE void sense_read_ends(const struct sense_buf *b, __u64 at, __u32 len,
				  struct sense_ends *ends)
{
	const __u64 mapped = 0xffff0000ULL; /* ::ffff:0:0/96 behind its first eight bytes */
	__u32 i;

	for (i = 0; i < 2; i++) {
		if (len == SENSE_TUPLE_INET) {
			ends->address[i][0] = (__u32)sense_word_at(b, at + i * 6);
			ends->address[i][1] = 0;
			ends->port[i] = sense_port_at(b, at + i * 6 + 4);
		} else {
			ends->address[i][0] = sense_word_at(b, at + i * 18);
			ends->address[i][1] = sense_word_at(b, at + i * 18 + 8);
			ends->port[i] = sense_port_at(b, at + i * 18 + 16);
		}
	}
	ends->bytes = len == SENSE_TUPLE_INET ? 4 : 16;
	if (len == SENSE_TUPLE_INET || ends->address[0][0] || ends->address[1][0] ||
	    (__u32)ends->address[0][1] != mapped || (__u32)ends->address[1][1] != mapped)
		return;
	ends->bytes = 4; /* IPv4 on both ends, however the socket was made */
	for (i = 0; i < 2; i++) {
		ends->address[i][0] = ends->address[i][1] >> 32;
		ends->address[i][1] = 0;
	}
}

SENSE_INLINE void sense_find_ends(const struct sense_buf *b, const struct ln_filter_ends *asked,
				  struct sense_ends *ends)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	__u32 index = asked->tuple, len = sense_length(b, index);
	__s64 result = 0, role = 0;
	bool done;
	__u8 family;
	__u64 at;

	ends->state = SENSE_ENDS_UNKNOWN;
	if (!sense_number(b, asked->result, &result))
		return;
	done = result >= 0 || result == -SENSE_EINPROGRESS;
	if (!len || !done) {
		index = asked->fd_tuple;
		len = sense_length(b, index);
		if (index == LN_FILTER_NONE && !done)
			ends->state = SENSE_ENDS_MISSING;
	}
	if (!len)
		return;
	at = (__u64)table[index & SENSE_PARAMS_MASK].off8 << 3;
	family = b->record[SENSE_MASK(at, 0x7fff)];
	if (family == SENSE_AF_UNIX) {
		ends->state = SENSE_ENDS_MISSING;
		return;
	}
	if (!(family == SENSE_AF_INET && len == SENSE_TUPLE_INET) &&
	    !(family == SENSE_AF_INET6 && len == SENSE_TUPLE_INET6))
		return;
	sense_read_ends(b, at + 1, len, ends);
	if (asked->role == LN_FILTER_NONE) {
		if (ends->port[0] && ends->port[1])
			ends->state = SENSE_ENDS_KNOWN;
	} else if (sense_number(b, asked->role, &role) && role == SENSE_ROLE_SERVER &&
		   ends->port[0] && !ends->port[1]) {
		ends->state = SENSE_ENDS_KNOWN;
	}
}

/* Whether the first `bits` of an address are those of a and b. */
SENSE_INLINE bool sense_in_network(const __u64 *address, __u64 a, __u64 b, __u32 bits)
{
	const __u64 first = __builtin_bswap64(address[0] ^ a);
	const __u64 second = __builtin_bswap64(address[1] ^ b);

	if (bits <= 64)
		return !bits || !(first >> ((64 - bits) & 63));
	return !first && !(second >> ((128 - bits) & 63));
}

#endif
