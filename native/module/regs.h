/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A system call's number and arguments, as probe/regs.h has them for eBPF. */
#ifndef LANNER_MODULE_REGS_H
#define LANNER_MODULE_REGS_H

#include <linux/compat.h>
#include <linux/ptrace.h>
#include <asm/syscall.h>

#ifdef SENSE_X86

#include "probe/ia32.h"

#define X32_BIT 0x40000000 /* a system call of the x32 ABI; the numbers used here are the same */

/* only of the current task, while it is in a system call */
SENSE_INLINE bool regs_compat(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 7, 0)
	return in_ia32_syscall();
#else
	return is_ia32_task();
#endif
}

SENSE_INLINE __u64 regs_nr(const struct pt_regs *regs)
{
	return regs->orig_ax & ~(__u64)X32_BIT;
}

/* a 32-bit call's number in the 64-bit table, 0 (read, of which there is no event) for others */
SENSE_INLINE __u32 regs_compat_nr(const struct pt_regs *regs)
{
	__u64 nr = regs_nr(regs);

	if (nr == IA32_SOCKETCALL)
		return regs->bx < ARRAY_SIZE(ia32_socketcalls) ? ia32_socketcalls[regs->bx] : 0;
	return nr < ARRAY_SIZE(ia32_to_64) ? ia32_to_64[nr] : 0;
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	if (compat && regs_nr(regs) == IA32_SOCKETCALL) {
		__u32 small[6] = {};
		int i;

		/* however many the call has: those behind them mean nothing */
		for (i = 0; i < 6; i++) {
			sense_read_user(&small[i], 4, (const void *)((__u32)regs->cx + i * 4UL));
			arg[i] = small[i];
		}
	} else if (compat) {
		arg[0] = (__u32)regs->bx;
		arg[1] = (__u32)regs->cx;
		arg[2] = (__u32)regs->dx;
		arg[3] = (__u32)regs->si;
		arg[4] = (__u32)regs->di;
		arg[5] = (__u32)regs->bp;
	} else {
		arg[0] = regs->di;
		arg[1] = regs->si;
		arg[2] = regs->dx;
		arg[3] = regs->r10;
		arg[4] = regs->r8;
		arg[5] = regs->r9;
	}
}

#else /* arm64 */

SENSE_INLINE bool regs_compat(void)
{
	return is_compat_task();
}

/* 32-bit ARM calls have no events yet */
SENSE_INLINE __u32 regs_compat_nr(const struct pt_regs *regs)
{
	return 0;
}

SENSE_INLINE __u64 regs_nr(const struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	arg[0] = regs->orig_x0;
	arg[1] = regs->regs[1];
	arg[2] = regs->regs[2];
	arg[3] = regs->regs[3];
	arg[4] = regs->regs[4];
	arg[5] = regs->regs[5];
}

#endif

#endif
