/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Judging events by the filter that is in force. */
#ifndef LANNER_MODULE_JUDGE_H
#define LANNER_MODULE_JUDGE_H

#include "filter.h"
#include "told.h"

#define filter_tables const struct filter *

static inline const struct ln_filter_step *filter_step(filter_tables filter, u32 number)
{
	return number < filter->tables.header->nsteps ? filter->tables.steps + number : NULL;
}

struct sense_filter;
SENSE_INLINE u64 filter_sets(filter_tables filter, struct sense_filter *f);

#include "sense/filter.h"

SENSE_INLINE u64 filter_sets(filter_tables filter, struct sense_filter *f)
{
	return filter_find(&filter->prefixes, &f->path) |
	       filter_find(&filter->suffixes, &f->reversed);
}

enum verdict { VERDICT_PASS, VERDICT_DROP, VERDICT_MARK };

static enum verdict filter_rejects(const struct filter *filter)
{
	return filter->mark ? VERDICT_MARK : VERDICT_DROP;
}

/* As many as the probe has, whose kernel counts its tail calls: a way that is longer passes. */
#define FILTER_TURNS 31

/* What becomes of a record, or of a draft. Within ln_begin's RCU section. */
static enum verdict filter_judge(struct sense_buf *b, enum sense_draft draft)
{
	const struct filter *filter = rcu_dereference(ln_filter);
	struct sense_filter *f = sense_filter_of(b);
	u32 i;

	if (!filter)
		return VERDICT_PASS;
	f->tables = filter;
	f->draft = draft;
	sense_filter_begin(b, &filter->head);
	for (i = 0; i < FILTER_TURNS && f->at < LN_FILTER_DROP; i++)
		sense_filter_turn(b, &filter->head);
	return f->at == LN_FILTER_DROP ? filter_rejects(filter) : VERDICT_PASS;
}

/* What the gate has to say to a 64-bit call: it knows of opens only. */
static enum verdict filter_gate(const struct pt_regs *regs, u64 nr, long ret)
{
	enum verdict verdict = VERDICT_PASS;
	const struct filter *filter;
	bool at = nr == __NR_openat;
	u64 arg[6];

#ifdef SENSE_X86
	if (!at && nr != __NR_open)
		return VERDICT_PASS;
#else
	if (!at)
		return VERDICT_PASS;
#endif
	rcu_read_lock();
	filter = rcu_dereference(ln_filter);
	regs_args(regs, false, arg);
	if (filter &&
	    !sense_gate_open(filter->tables.gate, at, ret, sense_open_flags(arg[at + 1]), arg[at]))
		verdict = filter_rejects(filter);
	rcu_read_unlock();
	return verdict;
}

#endif
