/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Where the registers of a system call are, for sense/regs.h. */
#ifndef LANNER_MODULE_REGS_H
#define LANNER_MODULE_REGS_H

#include <linux/compat.h>
#include <linux/ptrace.h>
#include <asm/syscall.h>

/* only of the current task, while it is in a system call */
SENSE_INLINE bool regs_compat(void)
{
#ifndef SENSE_X86
	return is_compat_task();
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(4, 7, 0)
	return in_ia32_syscall();
#else
	return is_ia32_task();
#endif
}

#include "sense/regs.h"

#endif
