/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Who a task is: user and group ids, capabilities, session, keys. */
#ifndef LANNER_SENSE_IDENTITY_H
#define LANNER_SENSE_IDENTITY_H

#include "exec.h"
#include "open.h"

#define SENSE_PR_SET_NAME	     15
#define SENSE_PR_GET_NAME	     16
#define SENSE_PR_GET_CHILD_SUBREAPER 37

/* Enters the arguments from the first on as user or group ids, one parameter after the other. */
SENSE_INLINE void sense_put_ids(struct sense_buf *b, __u32 index, __u32 first, __u32 count)
{
	__u32 i;

	for (i = 0; i < 3 && i < count; i++)
		sense_put_number(b, index + i, sense_id(b, (first + i) & 3));
}

#define SENSE_FILL_IDS(name, event, count)                                                         \
	SENSE_INLINE bool sense_fill_##name(struct sense_buf *b)                                   \
	{                                                                                          \
		sense_put_number(b, LN_##event##_res, b->call.ret);                                \
		sense_put_ids(b, LN_##event##_res + 1, 0, count);                                  \
		sense_put_workdir(b, LN_##event##_workdir);                                        \
		return true;                                                                       \
	}

SENSE_FILL_IDS(setuid, SETUID, 1)
SENSE_FILL_IDS(setgid, SETGID, 1)
SENSE_FILL_IDS(setreuid, SETREUID, 2)
SENSE_FILL_IDS(setregid, SETREGID, 2)
SENSE_FILL_IDS(setresuid, SETRESUID, 3)
SENSE_FILL_IDS(setresgid, SETRESGID, 3)
SENSE_FILL_IDS(setsid, SETSID, 0)

/* the sets as they are after the call, as Falco */
SENSE_INLINE bool sense_fill_capset(struct sense_buf *b)
{
	const struct cred *cred = SENSE_READ(sense_current(), cred);

	sense_put_number(b, LN_CAPSET_res, b->call.ret);
	sense_put_number(b, LN_CAPSET_cap_inheritable,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_inheritable)) &
				 SENSE_CAPS_KNOWN);
	sense_put_number(b, LN_CAPSET_cap_permitted,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_permitted)) &
				 SENSE_CAPS_KNOWN);
	sense_put_number(b, LN_CAPSET_cap_effective,
			 kern_caps(SENSE_ADDRESS(cred, struct cred, cap_effective)) &
				 SENSE_CAPS_KNOWN);
	sense_put_workdir(b, LN_CAPSET_workdir);
	return true;
}

/* The second argument as what the option makes of it: a name, a number that was stored, the argument itself. */
SENSE_INLINE bool sense_fill_prctl(struct sense_buf *b)
{
	__u32 option = b->call.arg[0];
	__u64 second = b->call.arg[1];

	sense_put_number(b, LN_PRCTL_res, b->call.ret);
	sense_put_number(b, LN_PRCTL_option, option);
	if (option == SENSE_PR_SET_NAME || option == SENSE_PR_GET_NAME) {
		sense_put_user_text(b, LN_PRCTL_arg2_str, second);
	} else {
		if (option == SENSE_PR_GET_CHILD_SUBREAPER && b->call.ret >= 0) {
			__u32 stored = 0;

			sense_read_user(&stored, sizeof(stored), (const void *)second);
			second = stored;
		}
		sense_put_number(b, LN_PRCTL_arg2_int, second);
	}
	sense_put_workdir(b, LN_PRCTL_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_keyctl(struct sense_buf *b)
{
	sense_put_number(b, LN_KEYCTL_res, b->call.ret);
	sense_put_number(b, LN_KEYCTL_operation, (__u32)b->call.arg[0]);
	sense_put_number(b, LN_KEYCTL_arg2, b->call.arg[1]);
	sense_put_number(b, LN_KEYCTL_arg3, b->call.arg[2]);
	sense_put_workdir(b, LN_KEYCTL_workdir);
	return true;
}

#endif
