/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A system call's number and arguments, from the registers that its entry saved:
 * struct pt_regs, by the kernel's own names of its members. The registers must lie
 * where they can be read directly.
 */
#ifndef LANNER_SENSE_REGS_H
#define LANNER_SENSE_REGS_H

#include "flags.h"

#ifdef SENSE_X86

#include "ia32.h"

#define NR_CLONE  56
#define NR_FORK	  57
#define NR_VFORK  58
#define NR_CLONE3 435
#define X32_BIT	  0x40000000 /* a system call of the x32 ABI; the numbers used here are the same */

SENSE_INLINE __u64 regs_nr(const struct pt_regs *regs)
{
	return regs->orig_ax & ~(__u64)X32_BIT;
}

/* Whether a number may be that of a 32-bit call which stands for several. */
SENSE_INLINE bool regs_is_multiplex(__u64 nr)
{
	return nr == IA32_SOCKETCALL;
}

/*
 * A 32-bit call's number in the 64-bit table, 0 (read, of which there is no event)
 * for others. which: its first argument.
 */
SENSE_INLINE __u32 regs_native_nr(__u64 nr, __u64 which)
{
	if (regs_is_multiplex(nr))
		return which < sizeof(ia32_socketcalls) / sizeof(ia32_socketcalls[0])
			       ? ia32_socketcalls[which]
			       : 0;
	return nr < sizeof(ia32_to_64) / sizeof(ia32_to_64[0]) ? ia32_to_64[nr] : 0;
}

SENSE_INLINE __u32 regs_compat_nr(const struct pt_regs *regs)
{
	return regs_native_nr(regs_nr(regs), regs->bx);
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	if (compat && regs_is_multiplex(regs_nr(regs))) {
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

#define NR_CLONE  220
#define NR_CLONE3 435
#define X32_BIT	  0

SENSE_INLINE __u64 regs_nr(const struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

SENSE_INLINE bool regs_is_multiplex(__u64 nr)
{
	(void)nr;
	return false;
}

/* 32-bit ARM calls have no events yet */
SENSE_INLINE __u32 regs_native_nr(__u64 nr, __u64 which)
{
	(void)nr;
	(void)which;
	return 0;
}

SENSE_INLINE __u32 regs_compat_nr(const struct pt_regs *regs)
{
	(void)regs;
	return 0;
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	(void)compat;
	arg[0] = regs->orig_x0;
	arg[1] = regs->regs[1];
	arg[2] = regs->regs[2];
	arg[3] = regs->regs[3];
	arg[4] = regs->regs[4];
	arg[5] = regs->regs[5];
}

#endif

/* The event of making a task, and the flags asked for, by the system call that its maker is in; arg: for its arguments. */
SENSE_INLINE __u32 sense_fork_event(const struct pt_regs *regs, bool compat, __u64 *arg,
				    __u64 *flags)
{
	regs_args(regs, compat, arg);
	switch (compat ? regs_compat_nr(regs) : regs_nr(regs)) {
	case NR_CLONE:
		*flags = (__u32)arg[0];
		return LN_EV_CLONE;
	case NR_CLONE3:
		sense_read_user(flags, sizeof(*flags), (const void *)arg[0]);
		return LN_EV_CLONE3;
#ifdef SENSE_X86
	case NR_FORK:
		return LN_EV_FORK;
	case NR_VFORK:
		*flags = SENSE_CLONE_VFORK | SENSE_CLONE_VM;
		return LN_EV_VFORK;
#endif
	}
	return LN_EV_CLONE;
}

#endif
