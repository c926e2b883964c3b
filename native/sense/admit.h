/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Which events pass at all: what user space asked for (native/driver.h). */
#ifndef LANNER_SENSE_ADMIT_H
#define LANNER_SENSE_ADMIT_H

#include "sense.h"

/* read once, since user space may change the configuration meanwhile */
#define ADMIT_READ(member) (*(const volatile __typeof__(member) *)&(member))

/* Whether events of this thread group pass: the sensor's own do not. */
SENSE_INLINE bool sense_admits(const struct ln_config *c, __u32 tgid)
{
	return ADMIT_READ(c->enabled) && ADMIT_READ(c->self_pid) != tgid;
}

SENSE_INLINE bool sense_has_bit(const __u64 *bits, __u64 nr)
{
	return ADMIT_READ(bits[nr / 64]) >> nr % 64 & 1;
}

/* Whether a system call is asked for. */
SENSE_INLINE bool sense_wants(const struct ln_config *c, __u64 nr)
{
	return nr < LN_SYSCALLS_MAX && sense_has_bit(c->syscalls, nr);
}

#endif
