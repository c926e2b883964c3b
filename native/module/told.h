/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What is known of processes, as probe/maps.h has it for eBPF. */
#ifndef LANNER_MODULE_TOLD_H
#define LANNER_MODULE_TOLD_H

#include "lanner.h"

SENSE_INLINE struct ln_process *kern_told(__u32 pid)
{
	return ln_told + (pid & (LN_PROCESSES - 1));
}

SENSE_INLINE const struct ln_process *kern_seed(__u32 pid)
{
	return ln_seeds + (pid & (LN_PROCESSES - 1));
}

#define kern_exepath	 ln_exepath_find
#define kern_add_exepath ln_exepath_add

#include "sense/told.h"

#endif
