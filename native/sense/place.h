/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Which processes are surely the host's: by the cgroups that user space was told of
 * with the process's making or its last exec, by which it goes until the next. What
 * src/host/containers.ts may take for a container's is not; nobody else is known.
 *
 * A driver gives kern_told(pid) and kern_seed(pid): the words of native/driver.h's
 * `told` and `seeds` for the process, which it may have to share with others.
 */
#ifndef LANNER_SENSE_PLACE_H
#define LANNER_SENSE_PLACE_H

#include "path.h"

/*
 * To be called when user space was told of a process's life: of a making or an exec
 * the record has the cgroups, by whose paths rules go until the next. A thread's
 * are nobody's.
 */
SENSE_INLINE void sense_tell(struct sense_buf *b)
{
	const struct ln_record *header = (const void *)b->record;
	const __u32 walked = b->walked;
	__u64 *told;

	if (!walked || header->tid != header->pid)
		return;
	told = kern_told(header->pid);
	if (told)
		*(volatile __u64 *)told = LN_TOLD(header->pid, !(walked & SENSE_CGROUP_MARKED));
}

/* To be called where user space was not told, and when the process ends. */
SENSE_INLINE void sense_forget(__u32 pid)
{
	__u64 *told = kern_told(pid);

	if (told)
		*(volatile __u64 *)told = LN_TOLD_NOBODY;
}

SENSE_INLINE bool sense_on_host(__u32 pid)
{
	const volatile __u64 *told = kern_told(pid), *seed = kern_seed(pid);
	__u64 known = told ? *told : LN_TOLD_NOBODY;

	if (!known && seed)
		known = *seed;
	return known == LN_TOLD(pid, true);
}

#endif
