/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Names of cgroups by which src/host/containers.ts may know a container: all of those, and some more. */
#ifndef LANNER_SENSE_MARK_H
#define LANNER_SENSE_MARK_H

#include "sense.h"

#define SENSE_MARK_MAX 64 /* characters: as long as an engine's hash, or longer */

/* Whether a directory of this name, of n bytes with its NUL, may make those below it a container's. */
SENSE_INLINE bool sense_is_mark(const __u8 *name, long n)
{
	__u64 first = 0, second = 0;
	__u32 tail = 0;

	if (n <= 0 || n > SENSE_MARK_MAX)
		return true;
	__builtin_memcpy(&first, name, 8);
	__builtin_memcpy(&second, name + 8, 8);
	if (n > 4)
		__builtin_memcpy(&tail, name + SENSE_MASK(n - 5, SENSE_MARK_MAX - 1), 4);
	return (first & 0xffffff) == SENSE_TEXT8("lxc") || tail == SENSE_TEXT8("-lxc") ||
	       first == SENSE_TEXT8("machine-") || (n == 8 && first == SENSE_TEXT8("default")) ||
	       (first == SENSE_TEXT8("systemd-") && second << 8 == SENSE_TEXT8("nspawn@") << 8);
}

#endif
