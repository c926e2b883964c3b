// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Taking a plan's tables in, and changing them under the events that are judged by them. */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "lanner.h"
#include "filter.h"

struct filter __rcu *ln_filter;
struct ln_process *ln_told;
struct ln_process *ln_seeds;

/* Checks texts and finds what each begins with; `above` is where that goes. */
static int order(struct filter_texts *texts, const struct ln_filter_text *all, u32 count,
		 u16 *above)
{
	u32 i, at;

	texts->all = all;
	texts->count = count;
	texts->above = above;
	for (i = 0; i < count; i++) {
		const struct ln_filter_text *text = all + i;

		if (text->bits % 8 || text->bits > 8 * LN_FILTER_PATH_MAX)
			return -EINVAL;
		if (i && filter_compare(text[-1].text, text[-1].bits, text->text, text->bits) >= 0)
			return -EINVAL;
		for (at = i; at; at = above[at - 1]) {
			if (filter_begins(text->text, text->bits, all + at - 1))
				break;
		}
		above[i] = at;
	}
	return 0;
}

static int prepare(struct filter *filter, u32 bytes)
{
	const struct ln_filter_header *header;
	u16 *above;
	int err = ln_filter_read(filter->bytes, bytes, &filter->tables);

	if (err)
		return err;
	header = filter->tables.header;
	above = (void *)(filter->bytes + bytes);
	ln_filter_read_head(&filter->tables, &filter->head);
	err = order(&filter->prefixes, filter->tables.prefixes, header->nprefixes, above);
	if (err)
		return err;
	return order(&filter->suffixes, filter->tables.suffixes, header->nsuffixes,
		     above + header->nprefixes);
}

static void replace(struct filter *filter)
{
	struct filter *old = rcu_dereference_protected(ln_filter, true); /* main.c's lock is held */

	rcu_assign_pointer(ln_filter, filter);
	synchronize_rcu();
	vfree(old);
}

int ln_filter_load(const struct ln_device_filter *wanted)
{
	const u32 more = 2 * LN_FILTER_TEXTS_MAX * sizeof(u16);
	struct filter *filter;
	int err;

	if (!wanted->tables) {
		replace(NULL);
		return 0;
	}
	if (wanted->bytes > LN_FILTER_BYTES_MAX)
		return -E2BIG;
	filter = vzalloc(sizeof(*filter) + wanted->bytes + more);
	if (!filter)
		return -ENOMEM;
	filter->mark = wanted->mark;
	err = -EFAULT;
	if (!copy_from_user(filter->bytes, (const void __user *)(unsigned long)wanted->tables,
			    wanted->bytes))
		err = prepare(filter, wanted->bytes);
	if (err)
		vfree(filter);
	else
		replace(filter);
	return err;
}

/* The fact of a seed's executable. */
static u64 exepath_fact(struct ln_seed *seed)
{
	u64 key;

	if (!seed->exepath.len)
		return LN_FACT_NOBODYS;
	key = ln_exepath_key(seed->exepath.words);
	return ln_exepath_add(key, &seed->exepath) ? LN_FACT_NOBODYS : LN_FACT(seed->pid, key);
}

int ln_filter_seed(const struct ln_device_seeds *seeds)
{
	const struct ln_seed __user *from = (const void __user *)(unsigned long)seeds->seeds;
	struct ln_seed seed;
	struct ln_process facts;
	u32 i, j;

	for (i = 0; i < seeds->count; i++) {
		struct ln_process *to;

		if (copy_from_user(&seed, from + i, sizeof(seed)))
			return -EFAULT;
		if (seed.exepath.len > LN_EXEPATH_MAX)
			return -EINVAL;
		to = ln_seeds + (seed.pid & (LN_PROCESSES - 1));
		ln_seed_facts(&seed, exepath_fact(&seed), &facts);
		for (j = 0; j < sizeof(facts) / sizeof(u64); j++)
			WRITE_ONCE(((u64 *)to)[j], ((u64 *)&facts)[j]);
		cond_resched();
	}
	return 0;
}

/* Some MB, so that a module without a reader has none of it. */
int ln_filter_alloc(void)
{
	ln_told = vzalloc(LN_PROCESSES * sizeof(*ln_told));
	ln_seeds = vzalloc(LN_PROCESSES * sizeof(*ln_seeds));
	if (ln_told && ln_seeds && !ln_exepaths_alloc())
		return 0;
	ln_filter_free();
	return -ENOMEM;
}

void ln_filter_free(void)
{
	replace(NULL);
	vfree(ln_told);
	vfree(ln_seeds);
	ln_told = NULL;
	ln_seeds = NULL;
	ln_exepaths_free();
}
