/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A system call's number and arguments, from the registers that its entry saved:
 * struct pt_regs, by the kernel's own names of its members. The registers must lie
 * where they can be read directly.
 */
#ifndef LANNER_SENSE_REGS_H
#define LANNER_SENSE_REGS_H

#include "memory.h"

#define SENSE_ENOSYS 38

#ifdef SENSE_X86

#include "ia32.h"

#define NR_CLONE  56
#define NR_FORK	  57
#define NR_VFORK  58
#define NR_CLONE3 435
#define X32_BIT	  0x40000000U /* a system call of the x32 ABI; the numbers used here are the same */

/*
 * The number as the kernel takes it, of the whole register: the lower half, whatever
 * the upper holds (regs_is_refused for kernels before 5.14).
 */
SENSE_INLINE __u64 regs_nr_of(__u64 raw)
{
	return (__u32)raw & ~X32_BIT;
}

SENSE_INLINE __u64 regs_raw_nr(const struct pt_regs *regs)
{
	return regs->orig_ax;
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
SENSE_INLINE __u32 regs_native_nr(__u64 nr, __u32 which)
{
	if (regs_is_multiplex(nr))
		return which < IA32_SOCKETCALLS
			       ? ia32_socketcalls[SENSE_MASK(which, IA32_SOCKETCALLS - 1)]
			       : 0;
	return nr < IA32_CALLS ? ia32_to_64[SENSE_MASK(nr, IA32_CALLS - 1)] : 0;
}

SENSE_INLINE __u32 regs_compat_nr(const struct pt_regs *regs)
{
	return regs_native_nr(regs_nr_of(regs->orig_ax), regs->bx);
}

/* Whether a call is one of the old 32-bit ones whose user and group ids have 16 bits. */
SENSE_INLINE bool regs_has_small_ids(const struct pt_regs *regs, bool compat)
{
	return compat && ia32_has_small_ids(regs_nr_of(regs->orig_ax));
}

/* Arguments of a 32-bit call that lie in memory. However many the call has: those behind them mean nothing. */
SENSE_INLINE void regs_memory_args(__u32 from, __u64 *arg)
{
	__u32 i, small;

	for (i = 0; i < 6; i++) {
		small = 0;
		sense_read_user(&small, 4, (const void *)(from + i * 4UL));
		arg[i] = small;
	}
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	const __u64 nr = regs_nr_of(regs->orig_ax);

	if (compat && (regs_is_multiplex(nr) || nr == IA32_OLD_MMAP)) {
		regs_memory_args(nr == IA32_OLD_MMAP ? regs->bx : regs->cx, arg);
		if (nr == IA32_OLD_MMAP) {
			arg[5] /= SENSE_MAP_PAGE;
		} else if (ia32_has_no_address(regs->bx)) {
			arg[4] = 0;
			arg[5] = 0;
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
#define X32_BIT	  0U

SENSE_INLINE __u64 regs_nr_of(__u64 raw)
{
	return (__u32)raw;
}

SENSE_INLINE __u64 regs_raw_nr(const struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

SENSE_INLINE bool regs_is_multiplex(__u64 nr)
{
	(void)nr;
	return false;
}

/* 32-bit ARM calls have no events yet */
SENSE_INLINE __u32 regs_native_nr(__u64 nr, __u32 which)
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

SENSE_INLINE bool regs_has_small_ids(const struct pt_regs *regs, bool compat)
{
	(void)regs;
	(void)compat;
	return false;
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

SENSE_INLINE __u64 regs_nr(const struct pt_regs *regs)
{
	return regs_nr_of(regs_raw_nr(regs));
}

/*
 * Whether the kernel took no call at all for the number that a call came with: one of
 * the x32 ABI where that is off, or before 5.14 one with anything in the upper half.
 */
SENSE_INLINE bool regs_is_refused(__u64 raw, __s64 ret)
{
	return ret == -SENSE_ENOSYS && raw != regs_nr_of(raw);
}

/* Takes the call's arguments in. */
SENSE_INLINE void regs_read(const struct pt_regs *regs, bool compat, struct sense_call *call)
{
	call->compat = compat;
	call->small_ids = regs_has_small_ids(regs, compat);
	regs_args(regs, compat, call->arg);
}

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
