/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A plan's tables as the module keeps them (the probe: probe/filter_maps.h). */
#ifndef LANNER_MODULE_FILTER_H
#define LANNER_MODULE_FILTER_H

#include <linux/rcupdate.h>
#include <linux/string.h>

#include "filter_tables.h"

/* Texts in ascending order. */
struct filter_texts {
	const struct ln_filter_text *all;
	u32 count;
	u16 *above; /* of each: the longest other that it begins with, as its number + 1; 0: none */
};

struct filter {
	u32 mark;
	struct ln_filter_head head;
	struct ln_filter_tables tables;
	struct filter_texts prefixes, suffixes;
	u8 bytes[] __aligned(8); /* those of user space, and behind them what `above` points to */
};

/* filter.c: read under RCU; NULL: everything passes */
extern struct filter __rcu *ln_filter;

/* below 0, 0 or above: whether `a` comes before `b`; each `bits` long */
static inline int filter_compare(const u8 *a, u32 a_bits, const u8 *b, u32 b_bits)
{
	int order = memcmp(a, b, min(a_bits, b_bits) / 8);

	return order ?: (int)a_bits - (int)b_bits;
}

static inline bool filter_begins(const u8 *text, u32 bits, const struct ln_filter_text *with)
{
	return bits >= with->bits && !memcmp(text, with->text, with->bits / 8);
}

/* The sets of the longest text that the key begins with. */
static inline u64 filter_find(const struct filter_texts *texts, const struct ln_filter_key *key)
{
	u32 low = 0, high = texts->count;

	/* the last text that does not come after the key; what the key begins with is that, or begins it */
	while (low < high) {
		u32 middle = (low + high) / 2;
		const struct ln_filter_text *text = texts->all + middle;

		if (filter_compare(text->text, text->bits, key->text, key->bits) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low; low = texts->above[low - 1]) {
		if (filter_begins(key->text, key->bits, texts->all + low - 1))
			return texts->all[low - 1].sets;
	}
	return 0;
}

#endif
