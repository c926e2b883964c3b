/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A system call's number and arguments, from the registers that its entry saved.
 * struct pt_regs is declared here as the kernel has it (its layout is part of
 * what ptrace shows to user space and has not changed), since <linux/ptrace.h>
 * names the members differently for user space.
 */
#ifndef LANNER_PROBE_REGS_H
#define LANNER_PROBE_REGS_H

#ifdef SENSE_X86

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#define REGS_NR_MEMBER orig_ax
#define REGS_ARG0      di
#define REGS_ARG1      si
#define REGS_ARG2      dx
#define REGS_NR(regs)  ((regs)->REGS_NR_MEMBER)
#define X32_BIT	       0x40000000 /* a system call of the x32 ABI; the numbers used here are the same */
#define THREAD_SIZE    16384
#define X86_TS_COMPAT  2
#define X86_USER_CS    0x33
#define X86_USER_CS32  0x23
#define NR_OPEN	       2
#define NR_OPENAT      257
#define NR_CLONE       56
#define NR_FORK	       57
#define NR_VFORK       58
#define NR_CLONE3      435

#include "ia32.h"

SENSE_INLINE bool regs_compat(const struct task_struct *task)
{
	return SENSE_READ(task, thread_info.status) & X86_TS_COMPAT;
}

/* a 32-bit call's number in the 64-bit table, 0 (read, of which there is no event) for others */
SENSE_INLINE __u32 regs_compat_nr(__u64 nr)
{
	return nr < sizeof(ia32_to_64) / sizeof(ia32_to_64[0]) ? ia32_to_64[nr] : 0;
}

/* Whether a number may be that of a 32-bit call which stands for several. */
SENSE_INLINE bool regs_is_multiplex(__u64 nr)
{
	return nr == IA32_SOCKETCALL;
}

/* Which of them it is, in the 64-bit table; 0 for those that there is no event of. */
SENSE_INLINE __u32 regs_multiplex_nr(const char *regs)
{
	unsigned long which = 0;

	sense_read_kernel(&which, sizeof(which), regs + __builtin_offsetof(struct pt_regs, bx));
	return which < 32 ? ia32_socketcalls[which] : 0;
}

SENSE_INLINE void regs_args(const struct pt_regs *regs, bool compat, __u64 *arg)
{
	if (compat && regs_is_multiplex(regs->orig_ax)) {
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

/*
 * The registers with which a task entered the kernel, from the top of its stack;
 * false when they don't look like a system call's. Kernels with FRED leave 16
 * bytes above them.
 */
SENSE_INLINE bool regs_of_task(const struct task_struct *task, struct pt_regs *regs)
{
	const char *top = (const char *)SENSE_READ(task, stack) + THREAD_SIZE - sizeof(*regs);

	if (sense_read_kernel(regs, sizeof(*regs), top) == 0 &&
	    ((__u16)regs->cs == X86_USER_CS || (__u16)regs->cs == X86_USER_CS32))
		return true;
	return sense_read_kernel(regs, sizeof(*regs), top - 16) == 0 &&
	       ((__u16)regs->cs == X86_USER_CS || (__u16)regs->cs == X86_USER_CS32);
}

#else /* arm64 */

struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
	__u64 orig_x0;
	__s32 syscallno;
	__u32 unused;
};

/* its size differs between kernels; it ends at the stack's top */
struct pt_regs___whole {
} __attribute__((preserve_access_index));

#define REGS_NR_MEMBER	syscallno
#define REGS_ARG1	regs[1]
#define REGS_ARG2	regs[2]
#define REGS_NR(regs)	((__u32)(regs)->syscallno)
#define X32_BIT		0
#define THREAD_SIZE	16384 /* with pages of 4 or 16 KiB */
#define ARM64_TIF_32BIT (1 << 22)
#define NR_OPENAT	56
#define NR_CLONE	220
#define NR_FORK		-1
#define NR_VFORK	-1
#define NR_CLONE3	435

SENSE_INLINE bool regs_compat(const struct task_struct *task)
{
	return SENSE_READ(task, thread_info.flags) & ARM64_TIF_32BIT;
}

SENSE_INLINE bool regs_is_multiplex(__u64 nr)
{
	(void)nr;
	return false;
}

SENSE_INLINE __u32 regs_multiplex_nr(const char *regs)
{
	(void)regs;
	return 0;
}

/* 32-bit ARM calls have no events yet */
SENSE_INLINE __u32 regs_compat_nr(__u64 nr)
{
	(void)nr;
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

SENSE_INLINE bool regs_of_task(const struct task_struct *task, struct pt_regs *regs)
{
	const char *top = (const char *)SENSE_READ(task, stack) + THREAD_SIZE;

	return sense_read_kernel(regs, sizeof(*regs),
				 top - bpf_core_type_size(struct pt_regs___whole)) == 0 &&
	       (regs->pstate & 0xf) == 0;
}

#endif

#endif
