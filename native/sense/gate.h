/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The gate (native/filter.h): what a driver asks of an open before it does anything
 * else with it. src/engine/plan_gate.ts makes its tables.
 */
#ifndef LANNER_SENSE_GATE_H
#define LANNER_SENSE_GATE_H

#include "sense.h"

#define SENSE_GATE_WORDS (LN_FILTER_PATH_MAX / 8)
#define SENSE_EVERYTHING (~0ULL)

#define SENSE_EACH_BYTE(c) (0x0101010101010101ULL * (c))

/* The highest bit of every byte of a word that is c. */
SENSE_INLINE __u64 sense_bytes_equal(__u64 word, __u8 c)
{
	const __u64 low = SENSE_EACH_BYTE(0x7f);
	__u64 x = word ^ SENSE_EACH_BYTE(c);

	return ~(((x & low) + low) | x | low);
}

/* What can be met by a call's result and flags (PPM_O_*). */
SENSE_INLINE __u64 sense_gate_call(const struct ln_filter_call *call, __s64 ret, __u32 flags)
{
	__u64 met = ret < 0 ? call->failed : call->ok;

	met &= call->flags[0][SENSE_MASK(flags, 15)];
	met &= call->flags[1][SENSE_MASK(flags >> 4, 15)];
	met &= call->flags[2][SENSE_MASK(flags >> 8, 15)];
	return met & call->flags[3][SENSE_MASK(flags >> 12, 15)];
}

/* Word i of a path of len bytes, zero behind its end. */
SENSE_INLINE __u64 sense_gate_word(const __u64 *words, __u32 i, __u32 len)
{
	__u32 rest = len - i * 8;

	return rest >= 8 ? words[i] : rest ? words[i] & ((1ULL << rest * 8) - 1) : 0;
}

#define SENSE_ABNORMAL (1U << 31) /* has `//`, or a component `.` or `..` */

/* Which pairs of dots and slashes a path has (bit n: enum ln_filter_pair), and whether it is not normal. */
SENSE_INLINE __u32 sense_path_pairs(const __u64 *words, __u32 len)
{
	__u64 abnormal = 0, dots = 0, dot_slash = 0, slash_dot = 0;
	__u64 slash_before = 0, dot_before = 0;
	__u32 i;

	SENSE_UNROLL
	for (i = 0; i < SENSE_GATE_WORDS; i++) {
		__u64 word, slash, dot, after_slash, after_dot;

		if (i * 8 > len)
			break;
		word = sense_gate_word(words, i, len);
		slash = sense_bytes_equal(word, '/');
		dot = sense_bytes_equal(word, '.');
		if (len - i * 8 < 8) /* the end counts as a slash */
			slash |= 0x80ULL << (len - i * 8) * 8;
		after_slash = slash << 8 | slash_before >> 56;
		after_dot = dot << 8 | dot_before >> 56;
		dots |= dot & after_dot;
		dot_slash |= slash & after_dot;
		slash_dot |= dot & after_slash;
		/* `//`, `/./` and `/../`: the last two by what stands before the dots */
		abnormal |= slash & after_slash;
		abnormal |= slash & after_dot & (slash << 16 | slash_before >> 48);
		abnormal |= slash & after_dot & (dot << 16 | dot_before >> 48) &
			    (slash << 24 | slash_before >> 40);
		slash_before = slash;
		dot_before = dot;
	}
	return (abnormal ? SENSE_ABNORMAL : 0) | (dots ? 1U << LN_FILTER_DOTS : 0) |
	       (dot_slash ? 1U << LN_FILTER_DOT_SLASH : 0) |
	       (slash_dot ? 1U << LN_FILTER_SLASH_DOT : 0);
}

/*
 * What of `met` a path with pairs of dots and slashes can meet; everything when it
 * is not normal, since then nothing is known of it.
 */
SENSE_INLINE __u64 sense_gate_pairs(const struct ln_filter_gate *gate, const __u64 *words,
				    __u32 len, __u64 met)
{
	const __u32 pairs = sense_path_pairs(words, len);

	if (pairs & SENSE_ABNORMAL)
		return SENSE_EVERYTHING;
	if (!(pairs & 1U << LN_FILTER_DOTS))
		met &= ~gate->pairs[LN_FILTER_DOTS];
	if (!(pairs & 1U << LN_FILTER_DOT_SLASH))
		met &= ~gate->pairs[LN_FILTER_DOT_SLASH];
	if (!(pairs & 1U << LN_FILTER_SLASH_DOT))
		met &= ~gate->pairs[LN_FILTER_SLASH_DOT];
	return met;
}

/*
 * What a path can meet, of len bytes without its NUL; everything of one that is
 * not absolute and normal. SENSE_GATE_WORDS words lie there, whatever they hold
 * behind the end.
 */
SENSE_INLINE __u64 sense_gate_path(const struct ln_filter_gate *gate, const __u64 *words, __u32 len)
{
	const __u64 ones = SENSE_EACH_BYTE(1); /* makes a dot a slash */
	__u64 pair = 0, before = 0, last = 0, tail = 0, first, met;
	__u32 i;

	if (!len || len >= LN_FILTER_PATH_MAX || (__u8)words[0] != '/')
		return SENSE_EVERYTHING;
	SENSE_UNROLL
	for (i = 0; i < SENSE_GATE_WORDS; i++) {
		__u64 word, either;

		if (i * 8 > len)
			break;
		word = sense_gate_word(words, i, len);
		either = sense_bytes_equal(word | ones, '/');
		if (len - i * 8 < 8) /* the end counts as a slash */
			either |= 0x80ULL << (len - i * 8) * 8;
		pair |= either & (either << 8 | before >> 56);
		before = either;
		tail = last;
		last = word;
	}
	/* tail and last are the last two words now, of which the last may be empty */
	if (len & 7)
		tail = last << (64 - (len & 7) * 8) | tail >> (len & 7) * 8;
	first = sense_gate_word(words, 0, len);
	met = gate->any | gate->head4[LN_FILTER_BUCKET4(first)] |
	      gate->head8[LN_FILTER_BUCKET8(first)] | gate->tail4[LN_FILTER_BUCKET4(tail >> 32)] |
	      gate->tail8[LN_FILTER_BUCKET8(tail)];
	if (!pair)
		return met & ~(gate->pairs[LN_FILTER_DOTS] | gate->pairs[LN_FILTER_DOT_SLASH] |
			       gate->pairs[LN_FILTER_SLASH_DOT]);
	return sense_gate_pairs(gate, words, len, met);
}

/* Whether an open that returned ret, asked for flags (PPM_O_*) and named a path in user memory, may be wanted. */
SENSE_INLINE bool sense_gate_open(const struct ln_filter_gate *gate, __u32 which, __s64 ret,
				  __u32 flags, __u64 path)
{
	__u64 words[SENSE_GATE_WORDS];
	__u64 met = sense_gate_call(gate->calls + which, ret, flags);
	long n;

	if (met) {
		n = sense_read_user_text(words, sizeof(words), (const void *)path);
		if (n > 1)
			met &= sense_gate_path(gate, words, n - 1);
	}
	return met != 0;
}

#endif
