/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The filter: judges a record before its paths are walked, by the tables of
 * native/filter.h. What the record does not have (yet) is unknown and lets it
 * pass; src/engine/filter_model.ts says what every step means.
 *
 * A driver includes native/filter.h before and gives the type filter_tables, by which
 * it knows one plan's tables, filter_step(tables, number) and filter_sets(tables, f),
 * which looks f->path and f->reversed up.
 */
#ifndef LANNER_SENSE_FILTER_H
#define LANNER_SENSE_FILTER_H

#include "draft.h"
#include "ends.h"
#include "gate.h"
#include "told.h"

#define SENSE_FILTER_TURNS   16 /* steps in one go */
#define SENSE_FILTER_WORDS   (LN_FILTER_PATH_MAX / 8)
#define SENSE_FILTER_NOTHING 0xff
#define SENSE_FILTER_ENDS    0xfe
#define SENSE_FILTER_FACTS   0xfd

/* What is remembered of one record's way through the steps. Lies in the buffer's path, which is not in use yet. */
struct sense_filter {
	filter_tables tables;
	__u32 mark;
	__u32 draft; /* enum sense_draft */
	__u32 at;    /* next step, PASS or DROP */
	__u32 need; /* path parameter, NAME or EXEPATH whose sets are asked for, ENDS, FACTS or NOTHING */
	__u32 dir;    /* the parameter with the directory that it is relative to, or 0 */
	__u32 len;    /* characters of path; 0: it does not lie there yet */
	__u64 have;   /* bit n: path parameter n was looked at */
	__u64 odd;    /* bit n: and is unknown */
	__u64 window; /* characters read last, the newest lowest */
	__u64 found;
	struct ln_filter_ends asked; /* when ENDS are needed */
	struct sense_ends ends;
	struct ln_process facts; /* of the process: 0 is not known */
	__u32 asked_facts;
	__u32 pad;
	__u64 sets[SENSE_PARAMS_MASK + 1];
	struct ln_filter_key path; /* with its NUL */
	__u32 pad2;
	struct ln_filter_key reversed;
};

/* registers that a driver may keep at the beginning of the path stay whole */
#define SENSE_FILTER_AT 1024

_Static_assert(SENSE_FILTER_AT + sizeof(struct sense_filter) <= SENSE_PATH_MAX,
	       "the filter's state fits");

SENSE_INLINE struct sense_filter *sense_filter_of(struct sense_buf *b)
{
	return (void *)(b->path + SENSE_FILTER_AT);
}

SENSE_INLINE void sense_filter_begin(struct sense_buf *b, const struct ln_filter_head *head)
{
	struct sense_filter *f = sense_filter_of(b);
	const struct ln_record *header = (const void *)b->record;

	f->at = head->start[header->type & (LN_FILTER_EVENTS - 1)];
	f->need = SENSE_FILTER_NOTHING;
	f->len = 0;
	f->have = 0;
	f->odd = 0;
	f->ends.state = SENSE_ENDS_UNASKED;
	f->asked_facts = false;
}

SENSE_INLINE __u32 sense_filter_range(const struct ln_filter_step *step, __s64 value)
{
	return value >= step->a && value <= step->b ? step->yes : step->no;
}

/* Where a step leads; of a path that was not looked at, nowhere yet. */
SENSE_INLINE __u32 sense_filter_next(struct sense_buf *b, struct sense_filter *f,
				     const struct ln_filter_step *step)
{
	const struct ln_record *header = (const void *)b->record;
	__u32 index = step->index & SENSE_PARAMS_MASK;
	__s64 value = 0;

	switch (step->kind) {
	case LN_FILTER_NUMBER:
		if (!sense_number(b, index, &value))
			return step->unknown;
		if (step->how == LN_FILTER_S32)
			value = (__s32)value;
		else if (step->how == LN_FILTER_U32)
			value = (__u32)value;
		return sense_filter_range(step, value);
	case LN_FILTER_ID:
		if (f->draft == SENSE_DRAFTED) /* a draft has no ids */
			return step->unknown;
		return sense_filter_range(step, step->how ? header->gid : header->uid);
	case LN_FILTER_BITS: {
		__u32 mask = step->a, set;

		if (!sense_number(b, index, &value))
			return step->unknown;
		set = (__u32)value & mask;
		if (step->how == LN_FILTER_ANY)
			return set ? step->yes : step->no;
		if (step->how == LN_FILTER_ALL)
			return set == mask ? step->yes : step->no;
		return set ? step->no : step->yes;
	}
	case LN_FILTER_PATH:
		if (!(f->have >> index & 1)) {
			f->need = index;
			f->dir = step->bits;
			return f->at;
		}
		if (f->odd >> index & 1)
			return step->unknown;
		return f->sets[index] >> (step->a & 63) & 1 ? step->yes : step->no;
	case LN_FILTER_PORT:
	case LN_FILTER_NETWORK: {
		const __u32 which = step->how & 1;

		if (f->ends.state == SENSE_ENDS_UNASKED) {
			f->need = SENSE_FILTER_ENDS;
			f->asked = step->ends;
			return f->at;
		}
		if (f->ends.state == SENSE_ENDS_MISSING)
			return step->missing;
		if (f->ends.state == SENSE_ENDS_UNKNOWN)
			return step->unknown;
		if (step->kind == LN_FILTER_PORT)
			return sense_filter_range(step, f->ends.port[which]);
		return index == f->ends.bytes && sense_in_network(f->ends.address[which], step->a,
								  step->b, step->bits)
			       ? step->yes
			       : step->no;
	}
	case LN_FILTER_CONTAINER:
	case LN_FILTER_LOGINUID:
		if (!f->asked_facts) {
			f->need = SENSE_FILTER_FACTS;
			return f->at;
		}
		if (step->kind ==
		    LN_FILTER_CONTAINER) /* what may be a container's need not be in one */
			return f->facts.host & LN_FACT_MASK ? step->no : step->unknown;
		if (!f->facts.loginuid)
			return step->unknown;
		value = (__u32)f->facts.loginuid;
		return sense_filter_range(step, value == (__u32)-1 ? -1 : value);
	}
	return step->unknown;
}

/* Goes on from f->at until an end, a path that is needed, or for long enough. */
SENSE_INLINE void sense_filter_go(struct sense_buf *b)
{
	struct sense_filter *f = sense_filter_of(b);
	__u32 i;

	for (i = 0; i < SENSE_FILTER_TURNS; i++) {
		const struct ln_filter_step *step;

		if (f->at >= LN_FILTER_DROP || f->need != SENSE_FILTER_NOTHING)
			return;
		step = filter_step(f->tables, f->at);
		if (!step) {
			f->at = LN_FILTER_PASS;
			return;
		}
		f->at = sense_filter_next(b, f, step);
	}
}

/* 1 when two words are the same, else 0: without a branch, of which a verifier follows both ways every time. */
SENSE_INLINE __u64 sense_same(__u64 a, __u64 b)
{
	__u64 x = a ^ b;

	return ((x | -x) >> 63) ^ 1;
}

/* a loop's memory, kept out of registers for the same reason */
#define SENSE_KEPT(place) (*(volatile __u64 *)&(place))

/* Writes the path's bytes from the last to the first. */
SENSE_INLINE void sense_filter_reverse(struct sense_filter *f)
{
	const __u8 *bytes = (const __u8 *)f;
	__u32 i;

	for (i = 0; i < SENSE_FILTER_WORDS; i++) {
		__u64 from =
			__builtin_offsetof(struct sense_filter, path.text) + f->len - 8 * (i + 1);

		if (i * 8 >= f->len)
			break;
		/* up to seven bytes before the text are read, and lie behind its length */
		*(__u64 *)(f->reversed.text + i * 8) =
			__builtin_bswap64(*(const __u64 *)(bytes + SENSE_MASK(from, 0x7ff)));
	}
}

/* Adds the sets of every piece that the path has in it. */
SENSE_INLINE void sense_filter_pieces(struct sense_filter *f, const struct ln_filter_head *head)
{
	__u32 i, j;

	if (!head->npieces)
		return;
	SENSE_KEPT(f->window) = 0;
	for (i = 0; i < LN_FILTER_PATH_MAX; i++) {
		__u64 window, sets = 0;

		if (i >= f->len)
			break;
		window = SENSE_KEPT(f->window) << 8 | f->path.text[i];
		SENSE_KEPT(f->window) = window;
		for (j = 0; j < LN_FILTER_PIECES_MAX; j++) {
			const struct ln_filter_piece *piece = head->pieces + j;

			sets |= piece->sets & -sense_same(window & piece->mask, piece->value);
		}
		SENSE_KEPT(f->found) |= sets;
	}
}

/* The directory is written to the end of the buffer's path, behind the filter's state and nothing else. */
#define SENSE_FILTER_FLOOR (SENSE_PATH_MAX - 2 * LN_FILTER_PATH_MAX)
#define SENSE_FILTER_DEPTH 24

_Static_assert(SENSE_FILTER_AT + sizeof(struct sense_filter) <= SENSE_FILTER_FLOOR,
	       "a directory does not overwrite the filter's state");

/* Writes the directory that the record asks for under f->dir to the path's beginning; its length, or -1. */
SENSE_INLINE int sense_filter_directory(struct sense_buf *b, struct sense_filter *f)
{
	const struct sense_path *path = NULL;
	const __u32 flags = b->flags;
	__u32 i, len;

	for (i = 0; i < SENSE_PATHS_MAX; i++) {
		if (i < b->npaths && b->paths[i].index == f->dir)
			path = b->paths + i;
	}
	if (!f->dir || !path || !path->mount)
		return -1;
	sense_walk_within(b, path->mount, path->node, SENSE_FILTER_DEPTH, SENSE_FILTER_FLOOR);
	if (b->flags != flags) {
		b->flags = flags;
		return -1;
	}
	len = SENSE_PATH_MAX - 1 - b->path_at;
	if (len <= 1 || len >= LN_FILTER_PATH_MAX - 1)
		return len == 1 ? 0 : -1; /* the root is nothing before its slash */
	sense_read_kernel(f->path.text, SENSE_MASK(len, LN_FILTER_PATH_MAX - 1),
			  b->path + SENSE_MASK(b->path_at, SENSE_PATH_MAX - 1));
	return len;
}

/* Copies a path parameter of len bytes with its NUL to where it is looked at, made absolute; false when it can't be. */
SENSE_INLINE bool sense_filter_copy(struct sense_buf *b, struct sense_filter *f, __u32 len,
				    __u64 from)
{
	__u64 at = 0;

	if (b->record[SENSE_MASK(from, 0x7fff)] != '/') {
		int dir = sense_filter_directory(b, f);

		if (dir < 0)
			return false;
		f->path.text[SENSE_MASK(dir, LN_FILTER_PATH_MAX - 1)] = '/';
		at = SENSE_MASK(dir + 1, LN_FILTER_PATH_MAX - 1);
	}
	if (at + len > LN_FILTER_PATH_MAX)
		return false;
	sense_read_kernel(f->path.text + at, SENSE_MASK(len - 1, LN_FILTER_PATH_MAX - 1) + 1,
			  b->record + SENSE_MASK(from, 0x7fff));
	f->len = at + len - 1;
	return f->path.text[0] == '/';
}

/* What is asked for can't be known. */
SENSE_INLINE void sense_filter_miss(struct sense_filter *f)
{
	const __u64 bit = 1ULL << (f->need & SENSE_PARAMS_MASK);

	f->len = 0;
	f->need = SENSE_FILTER_NOTHING;
	f->have |= bit;
	f->odd |= bit;
}

/* How many bytes of a word are zero: without a branch. */
SENSE_INLINE __u32 sense_filter_zeros(__u64 word)
{
	return ((sense_bytes_equal(word, 0) >> 7) * SENSE_EACH_BYTE(1)) >> 56;
}

/* Copies the process's name to where paths are looked at. */
SENSE_INLINE void sense_filter_name(struct sense_filter *f)
{
	const __u64 *name = f->facts.name;
	__u64 *text = (__u64 *)f->path.text;

	if (!name[0] || !name[1] || !name[2])
		return;
	text[0] = (name[0] & LN_FACT_MASK) | name[1] << 40;
	text[1] = (name[1] & LN_FACT_MASK) >> 24 | (name[2] & LN_FACT_MASK) << 16;
	f->len = LN_COMM_MAX - sense_filter_zeros(text[0]) - sense_filter_zeros(text[1]);
}

/* The same of the path of its executable. */
SENSE_INLINE void sense_filter_exepath(struct sense_filter *f)
{
	const struct ln_exepath *path;

	if (!f->facts.exepath)
		return;
	path = kern_exepath(f->facts.exepath & LN_FACT_MASK);
	if (!path || (__u8)path->words[0] != '/')
		return;
	sense_read_kernel(f->path.text, sizeof(path->words), path->words);
	f->len = SENSE_MASK(path->len - 1, LN_EXEPATH_MAX - 1);
}

/* Finds out what is known of the process, and brings the text of it that is needed. */
SENSE_INLINE void sense_filter_process(struct sense_filter *f)
{
	sense_facts(SENSE_READ(sense_current(), tgid), &f->facts);
	f->asked_facts = true;
	if (f->need == SENSE_FILTER_FACTS) {
		f->need = SENSE_FILTER_NOTHING;
		return;
	}
	if (f->need == LN_FILTER_NAME)
		sense_filter_name(f);
	else
		sense_filter_exepath(f);
	if (!f->len)
		sense_filter_miss(f);
}

/* Brings the path that is needed to where it is looked at; what can't be brought is unknown. */
SENSE_INLINE void sense_filter_bring(struct sense_buf *b)
{
	struct sense_filter *f = sense_filter_of(b);
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	__u32 index = f->need & SENSE_PARAMS_MASK;
	__u32 len = table[index].len;

	if (len > 1 && len <= LN_FILTER_PATH_MAX && !(b->flags & LN_F_TRUNCATED) &&
	    sense_filter_copy(b, f, len, (__u64)table[index].off8 << 3))
		return;
	sense_filter_miss(f);
}

/* Finds out which sets the path, or the name, that was brought is in. */
SENSE_INLINE void sense_filter_look(struct sense_buf *b, const struct ln_filter_head *head)
{
	struct sense_filter *f = sense_filter_of(b);
	__u32 index = f->need & SENSE_PARAMS_MASK;
	__u64 bit = 1ULL << index;

	f->need = SENSE_FILTER_NOTHING;
	f->have |= bit;
	sense_filter_reverse(f);
	f->path.bits = (f->len + 1) * 8;
	f->reversed.bits = f->len * 8;
	SENSE_KEPT(f->found) = filter_sets(f->tables, f);
	sense_filter_pieces(f, head);
	f->sets[index] = SENSE_KEPT(f->found);
	f->len = 0;
}

/* One turn of judging: goes through steps, brings a path or looks at it. */
SENSE_INLINE void sense_filter_turn(struct sense_buf *b, const struct ln_filter_head *head)
{
	struct sense_filter *f = sense_filter_of(b);

	if (f->need == SENSE_FILTER_NOTHING) {
		sense_filter_go(b);
	} else if (f->need == SENSE_FILTER_ENDS) {
		sense_find_ends(b, &f->asked, &f->ends);
		f->need = SENSE_FILTER_NOTHING;
	} else if (!f->len) {
		if (f->need >= LN_FILTER_NAME)
			sense_filter_process(f);
		else
			sense_filter_bring(b);
		/* the root alone ends with a slash and is normal */
		if (f->len > 1 && f->need != LN_FILTER_NAME &&
		    sense_path_pairs((const __u64 *)f->path.text, f->len) & SENSE_ABNORMAL)
			sense_filter_miss(f);
	} else {
		sense_filter_look(b, head);
	}
}

#endif
