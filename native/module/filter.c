// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Taking a plan's tables in, and changing them under the events that are judged by them. */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "lanner.h"
#include "filter.h"

struct filter __rcu *ln_filter;
u64 ln_told[LN_PROCESSES];
u64 ln_seeds[LN_PROCESSES];

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

int ln_filter_seed(const struct ln_device_seed *seed)
{
	const u32 __user *pids = (const void __user *)(unsigned long)seed->pids;
	u32 i, pid;

	for (i = 0; i < seed->count; i++) {
		if (get_user(pid, pids + i))
			return -EFAULT;
		WRITE_ONCE(ln_seeds[pid & (LN_PROCESSES - 1)], LN_TOLD(pid, true));
	}
	return 0;
}

void ln_filter_free(void)
{
	replace(NULL);
	memset(ln_told, 0, sizeof(ln_told));
	memset(ln_seeds, 0, sizeof(ln_seeds));
}
