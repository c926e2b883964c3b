/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What is known of processes, as probe/maps.h has it for eBPF. */
#ifndef LANNER_MODULE_PLACES_H
#define LANNER_MODULE_PLACES_H

#include "lanner.h"

SENSE_INLINE __u64 *kern_told(__u32 pid)
{
	return ln_told + (pid & (LN_PROCESSES - 1));
}

SENSE_INLINE const __u64 *kern_seed(__u32 pid)
{
	return ln_seeds + (pid & (LN_PROCESSES - 1));
}

#include "sense/place.h"

#endif
