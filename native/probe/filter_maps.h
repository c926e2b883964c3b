/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The filter's tables as maps, and the program that judges a record by them. */
#ifndef LANNER_PROBE_FILTER_MAPS_H
#define LANNER_PROBE_FILTER_MAPS_H

/* include/uapi/linux/bpf.h */
#define FILTER_LPM_TRIE	   11
#define FILTER_NO_PREALLOC 1

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ln_filter_active);
} filter_active SEC(".maps");

/* by generation - 1 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct ln_filter_head);
} filter_heads SEC(".maps");

/* by generation - 1 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct ln_filter_gate);
} filter_gates SEC(".maps");

/* (generation - 1) * LN_FILTER_STEPS_MAX + number */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * LN_FILTER_STEPS_MAX);
	__type(key, __u32);
	__type(value, struct ln_filter_step);
} filter_steps SEC(".maps");

#define FILTER_TRIE(name)                                                                          \
	struct {                                                                                   \
		__uint(type, FILTER_LPM_TRIE);                                                     \
		__uint(max_entries, LN_FILTER_TEXTS_MAX);                                          \
		__uint(map_flags, FILTER_NO_PREALLOC);                                             \
		__type(key, struct ln_filter_key);                                                 \
		__type(value, __u64);                                                              \
	} name SEC(".maps")

FILTER_TRIE(filter_prefixes_1);
FILTER_TRIE(filter_prefixes_2);
FILTER_TRIE(filter_suffixes_1);
FILTER_TRIE(filter_suffixes_2);

SENSE_INLINE const struct ln_filter_active *filter_current(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&filter_active, &zero);
}

SENSE_INLINE const struct ln_filter_head *filter_head(__u32 generation)
{
	__u32 index = generation - 1;

	return bpf_map_lookup_elem(&filter_heads, &index);
}

SENSE_INLINE const struct ln_filter_gate *filter_gate(__u32 generation)
{
	__u32 index = generation - 1;

	return bpf_map_lookup_elem(&filter_gates, &index);
}

SENSE_INLINE const struct ln_filter_step *filter_step(__u32 generation, __u32 number)
{
	__u32 index = (generation - 1) * LN_FILTER_STEPS_MAX + number;

	return bpf_map_lookup_elem(&filter_steps, &index);
}

/* a generation */
typedef __u32 filter_tables;
struct sense_filter;
SENSE_INLINE __u64 filter_sets(filter_tables generation, struct sense_filter *f);

#include "sense/filter.h"

SENSE_INLINE __u64 filter_sets(filter_tables generation, struct sense_filter *f)
{
	const __u64 *found;
	__u64 sets = 0;

	found = generation == 1 ? bpf_map_lookup_elem(&filter_prefixes_1, &f->path)
				: bpf_map_lookup_elem(&filter_prefixes_2, &f->path);
	if (found)
		sets = *found;
	found = generation == 1 ? bpf_map_lookup_elem(&filter_suffixes_1, &f->reversed)
				: bpf_map_lookup_elem(&filter_suffixes_2, &f->reversed);
	if (found)
		sets |= *found;
	return sets;
}

/* Holds walk_filter: a kernel that refuses that program goes without the filter. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} to_walk_filter SEC(".maps");

/*
 * Sends a system call's record, or its draft, through the filter of this moment.
 * Comes back only when there is none, or it can't be reached.
 */
#define FILTER(ctx, b)                                                                             \
	do {                                                                                       \
		const struct ln_filter_active *active_ = filter_current();                         \
		struct sense_filter *filter_ = sense_filter_of(b);                                 \
		const struct ln_filter_head *head_;                                                \
                                                                                                   \
		if (!active_ || !active_->generation)                                              \
			break;                                                                     \
		filter_->tables = active_->generation;                                             \
		filter_->mark = active_->mark;                                                     \
		head_ = filter_head(filter_->tables);                                              \
		if (!head_)                                                                        \
			break;                                                                     \
		sense_filter_begin(b, head_);                                                      \
		bpf_tail_call(ctx, &to_walk_filter, 0);                                            \
	} while (0)

/*
 * Judges the record of this task. Each run of the program brings a path, looks at it
 * or goes through steps; it calls itself until the record's fate is known.
 */
SEC("tp_btf/sys_exit")
int walk_filter(__u64 *ctx)
{
	struct sense_buf *b = scratch_owned();
	const struct ln_filter_head *head;
	struct sense_filter *f;

	if (!b)
		return 0;
	f = sense_filter_of(b);
	head = filter_head(f->tables);
	if (head)
		sense_filter_turn(b, head);
	if (f->at < LN_FILTER_DROP)
		bpf_tail_call(ctx, &to_walk_filter, 0);
	/* a way too long for the number of calls ends here, and passes */
	if (f->at == LN_FILTER_DROP && !f->mark) {
		scratch_put(b);
		return 0;
	}
	if (f->draft == SENSE_DRAFTED) {
		f->draft = SENSE_DRAFT_PASSED;
		bpf_tail_call(ctx, &fillers, b->call.nr);
		lose(b->class, LN_LOST_FAULT); /* its filler was there a moment ago */
		scratch_put(b);
		return 0;
	}
	if (f->at == LN_FILTER_DROP)
		b->flags |= LN_F_FILTERED;
	COMPLETE(ctx, b, syscall);
	return 0;
}

#endif
