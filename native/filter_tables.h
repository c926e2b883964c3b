/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Where the parts of a plan's tables lie in the bytes that user space hands over (filter.h). */
#ifndef LANNER_FILTER_TABLES_H
#define LANNER_FILTER_TABLES_H

#include "filter.h"

struct ln_filter_tables {
	const struct ln_filter_header *header;
	const struct ln_filter_step *steps;
	const struct ln_filter_text *prefixes, *suffixes;
	const struct ln_filter_piece *pieces;
	const struct ln_filter_gate *gate;
};

#define LN_FILTER_BYTES_MAX                                                                        \
	(sizeof(struct ln_filter_header) + sizeof(struct ln_filter_gate) +                         \
	 LN_FILTER_STEPS_MAX * sizeof(struct ln_filter_step) +                                     \
	 2 * LN_FILTER_TEXTS_MAX * sizeof(struct ln_filter_text) +                                 \
	 LN_FILTER_PIECES_MAX * sizeof(struct ln_filter_piece))

/* Finds them in `len` bytes; 0, or -EINVAL or -E2BIG. What the tables say is not looked at. */
static inline int ln_filter_read(const void *bytes, __u64 len, struct ln_filter_tables *t)
{
	const struct ln_filter_header *h = bytes;

	if (len < sizeof(*h) || h->version != LN_FILTER_VERSION)
		return -EINVAL;
	if (h->nsteps > LN_FILTER_STEPS_MAX || h->nprefixes > LN_FILTER_TEXTS_MAX ||
	    h->nsuffixes > LN_FILTER_TEXTS_MAX || h->npieces > LN_FILTER_PIECES_MAX)
		return -E2BIG;
	t->header = h;
	t->steps = (const void *)(h + 1);
	t->prefixes = (const void *)(t->steps + h->nsteps);
	t->suffixes = t->prefixes + h->nprefixes;
	t->pieces = (const void *)(t->suffixes + h->nsuffixes);
	t->gate = (const void *)(t->pieces + h->npieces);
	return (const char *)(t->gate + 1) == (const char *)bytes + len ? 0 : -EINVAL;
}

/* What is looked at for each event, but steps and texts. */
static inline void ln_filter_read_head(const struct ln_filter_tables *t,
				       struct ln_filter_head *head)
{
	__u32 i;

	__builtin_memset(head, 0, sizeof(*head));
	head->npieces = t->header->npieces;
	__builtin_memcpy(head->start, t->header->start, sizeof(head->start));
	for (i = 0; i < LN_FILTER_PIECES_MAX; i++) {
		if (i < head->npieces)
			head->pieces[i] = t->pieces[i];
		else
			head->pieces[i].value = 1; /* under no mask: found nowhere */
	}
}

#endif
