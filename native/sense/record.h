/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Putting a record together: header, parameter table, parameters (native/wire.h). */
#ifndef LANNER_SENSE_RECORD_H
#define LANNER_SENSE_RECORD_H

#include "sense.h"

#define SENSE_RECORD_MASK (LN_RECORD_MAX - 1)
#define SENSE_PARAMS_MASK 63

/* where the next parameter goes; a record that got too long is written around its start and never submitted */
#define SENSE_AT(b) SENSE_MASK((b)->len, 0x7ff8)

/*
 * Starts a record about a task: its ids, its credentials. nparams is constant
 * and at most SENSE_PARAMS_MASK.
 */
SENSE_INLINE void sense_begin(struct sense_buf *b, __u32 type, __u32 nparams,
			      const struct task_struct *task)
{
	struct ln_record *header = (void *)b->record;
	const struct cred *cred = SENSE_READ(task, cred);
	__u32 i;

	header->type = type;
	header->nparams = nparams;
	header->ts = sense_now();
	header->tid = SENSE_READ(task, pid);
	header->pid = SENSE_READ(task, tgid);
	header->ppid = SENSE_READ(task, real_parent, tgid);
	header->uid = KERN_ID(cred, euid);
	header->gid = KERN_ID(cred, egid);
	header->cpu = sense_cpu();
	b->flags = 0;
	b->faults = 0;
	b->npaths = 0;
	b->next_path = 0;
	b->path_of = NULL;
	b->walked = 0;
	b->len = sizeof(*header) + ((nparams + 1) & ~1U) * sizeof(struct ln_param);
	for (i = 0; i < (nparams + 1) / 2; i++)
		((__u64 *)(b->record + sizeof(*header)))[i] = 0;
}

/* Completes the header; the record's length, 0 when it got longer than a record may be. */
SENSE_INLINE __u32 sense_finish(struct sense_buf *b)
{
	struct ln_record *header = (void *)b->record;

	header->len = b->len;
	header->flags = b->flags;
	return b->len <= LN_RECORD_MAX ? b->len : 0;
}

/* Enters a parameter of len bytes at b->len into the table and makes room for the next. */
SENSE_INLINE void sense_enter(struct sense_buf *b, __u32 index, __u32 len)
{
	struct ln_param *table = (void *)(b->record + sizeof(struct ln_record));

	index &= SENSE_PARAMS_MASK;
	table[index].len = len;
	table[index].off8 = b->len >> 3;
	b->len += (len + 7) & ~7U;
}

SENSE_INLINE void sense_put_number(struct sense_buf *b, __u32 index, __u64 value)
{
	*(__u64 *)(b->record + SENSE_AT(b)) = value;
	sense_enter(b, index, 8);
}

/* Enters len bytes (at most SENSE_PATH_MAX) that already lie at b->len, after zeroing the rest of their last word. */
SENSE_INLINE void sense_put_written(struct sense_buf *b, __u32 index, __u64 len)
{
	__u64 at = SENSE_AT(b);

	if (len & 7) {
		__u64 *last = (void *)(b->record + at + SENSE_MASK(len, 0x1ff8));

		*last &= (1ULL << (len & 7) * 8) - 1;
	}
	sense_enter(b, index, len);
}

/* An argument that is a user's or group's id: of one with 16 bits the kernel drops the rest, and all ones stay so. */
SENSE_INLINE __u32 sense_id(const struct sense_buf *b, __u32 n)
{
	const __u32 id = b->call.arg[n];

	if (!b->call.small_ids)
		return id;
	return (__u16)id == 0xffff ? 0xffffffff : (__u16)id;
}

/* What an argument points to: user memory, but for what a ring's request was told to do, which the kernel copied. */
SENSE_INLINE long sense_read_passed(const struct sense_buf *b, void *to, __u32 size, __u64 from)
{
	if (b->call.ring && (__s64)from < 0)
		return sense_read_kernel(to, size, (const void *)from);
	return sense_read_user(to, size, (const void *)from);
}

/*
 * Text from user memory with its NUL, at most max (a constant up to
 * SENSE_PATH_MAX). A null pointer leaves the parameter out; so does memory that
 * can't be read, which counts as a fault unless the call failed.
 */
SENSE_INLINE long sense_put_user_text(struct sense_buf *b, __u32 index, __u64 from)
{
	long n;

	if (!from)
		return 0;
	if (b->call.ring && (__s64)from < 0)
		n = sense_read_kernel_text(b->record + SENSE_AT(b), SENSE_PATH_MAX,
					   (const void *)from);
	else
		n = sense_read_user_text(b->record + SENSE_AT(b), SENSE_PATH_MAX,
					 (const void *)from);
	if (n <= 0 || n > SENSE_PATH_MAX) {
		if (b->call.ret >= 0)
			b->faults++;
		return -1;
	}
	if (n == SENSE_PATH_MAX)
		b->flags |= LN_F_TRUNCATED;
	sense_put_written(b, index, n);
	return n;
}

SENSE_INLINE long sense_put_kernel_text(struct sense_buf *b, __u32 index, const void *from)
{
	long n = sense_read_kernel_text(b->record + SENSE_AT(b), SENSE_PATH_MAX, from);

	if (n <= 0 || n > SENSE_PATH_MAX) {
		b->faults++;
		return -1;
	}
	if (n == SENSE_PATH_MAX)
		b->flags |= LN_F_TRUNCATED;
	sense_put_written(b, index, n);
	return n;
}

/* The first byte of the parameter entered last under this index; 0 when it is not there. */
SENSE_INLINE __u8 sense_first_byte(const struct sense_buf *b, __u32 index)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));

	index &= SENSE_PARAMS_MASK;
	if (!table[index].len)
		return 0;
	return b->record[SENSE_MASK((__u64)table[index].off8 << 3, 0x7ff8)];
}

#endif
