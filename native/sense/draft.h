/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the filter asks of an open, put together before anything is asked of the file. */
#ifndef LANNER_SENSE_DRAFT_H
#define LANNER_SENSE_DRAFT_H

#include "open.h"

enum sense_draft { SENSE_NO_DRAFT, SENSE_DRAFTED, SENSE_DRAFT_PASSED };

/* A path as far as the filter asks for it, and the directory that it is relative to. */
SENSE_INLINE void sense_draft_path(struct sense_buf *b, __u32 index, __u32 dir, __s64 dirfd,
				   __u64 from)
{
	long n = sense_read_user_text(b->record + SENSE_AT(b), LN_FILTER_PATH_MAX + 8,
				      (const void *)from);

	if (n <= 0 || n > LN_FILTER_PATH_MAX)
		return;
	sense_put_written(b, index, n);
	if (sense_first_byte(b, index) != '/')
		sense_want_dir(b, dir, dirfd);
}

/*
 * What the filter asks of an open, before anything is asked of the file: a record
 * without the rest. type and nparams are constant; false for other events.
 */
SENSE_INLINE bool sense_draft(struct sense_buf *b, __u32 type, __u32 nparams)
{
	struct ln_record *header = (void *)b->record;
	const __u64 *arg = b->call.arg;
	struct sense_open_how how = {};
	__u32 i;

	if (type != LN_EV_OPEN && type != LN_EV_OPENAT && type != LN_EV_OPENAT2 &&
	    type != LN_EV_CREAT)
		return false;
	header->type = type;
	b->flags = 0;
	b->npaths = 0;
	b->len = sizeof(*header) + ((nparams + 1) & ~1U) * sizeof(struct ln_param);
	for (i = 0; i < (nparams + 1) / 2; i++)
		((__u64 *)(b->record + sizeof(*header)))[i] = 0;
	sense_put_number(b, LN_OPEN_fd, b->call.ret);
	switch (type) {
	case LN_EV_OPEN:
		sense_draft_path(b, LN_OPEN_name, LN_OPEN_name_dir, SENSE_AT_FDCWD, arg[0]);
		sense_put_number(b, LN_OPEN_flags, sense_open_flags(arg[1]));
		sense_put_number(b, LN_OPEN_mode, sense_open_mode(arg[1], arg[2]));
		break;
	case LN_EV_OPENAT:
		sense_draft_path(b, LN_OPENAT_name, LN_OPENAT_name_dir, SENSE_FD(arg[0]), arg[1]);
		sense_put_number(b, LN_OPENAT_flags, sense_open_flags(arg[2]));
		sense_put_number(b, LN_OPENAT_mode, sense_open_mode(arg[2], arg[3]));
		break;
	case LN_EV_OPENAT2:
		sense_draft_path(b, LN_OPENAT2_name, LN_OPENAT2_name_dir, SENSE_FD(arg[0]), arg[1]);
		if (sense_read_user(&how, sizeof(how), (const void *)arg[2]) < 0)
			break;
		sense_put_number(b, LN_OPENAT2_flags, sense_open_flags(how.flags));
		sense_put_number(b, LN_OPENAT2_mode, sense_open_mode(how.flags, how.mode));
		break;
	case LN_EV_CREAT:
		sense_draft_path(b, LN_CREAT_name, LN_CREAT_name_dir, SENSE_AT_FDCWD, arg[0]);
		sense_put_number(b, LN_CREAT_mode, arg[1] & 07777);
		break;
	}
	return true;
}

_Static_assert(LN_OPENAT_fd == LN_OPEN_fd && LN_OPENAT2_fd == LN_OPEN_fd &&
		       LN_CREAT_fd == LN_OPEN_fd,
	       "an open's result comes first");

#endif
