/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Where the registers of a system call are, for sense/regs.h. struct pt_regs is
 * declared here as the kernel has it (its layout is part of what ptrace shows to
 * user space and has not changed), since <linux/ptrace.h> names the members
 * differently for user space.
 */
#ifndef LANNER_PROBE_REGS_H
#define LANNER_PROBE_REGS_H

#define THREAD_SIZE 16384 /* with pages of 4 or 16 KiB, and without KASAN */

/* The end of a task's stack. Its size is no fact of BTF, but stacks lie in memory of which the kernel keeps account. */
SENSE_INLINE const char *stack_end(const struct task_struct *task)
{
	const char *stack = SENSE_READ(task, stack);
	const struct vm_struct *area = NULL;
	__u64 pages = 0;

	if (bpf_core_field_exists(task->stack_vm_area))
		area = SENSE_READ(task, stack_vm_area);
	if (area)
		pages = SENSE_READ(area, nr_pages);
	return stack + (pages ? SENSE_READ(area, size) / (pages + 1) * pages : THREAD_SIZE);
}

#ifdef SENSE_X86

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#define REGS_NR_MEMBER	  orig_ax
#define REGS_WHICH_MEMBER bx /* a 32-bit call's first argument */
#define REGS_ARG0	  di
#define REGS_ARG1	  si
#define REGS_ARG2	  dx
#define X86_TS_COMPAT	  2
#define X86_USER_CS	  0x33
#define X86_USER_CS32	  0x23
#define NR_OPEN		  2
#define NR_OPENAT	  257

SENSE_INLINE bool regs_compat(const struct task_struct *task)
{
	return SENSE_READ(task, thread_info.status) & X86_TS_COMPAT;
}

/*
 * The registers with which a task entered the kernel, from the top of its stack;
 * false when they don't look like a system call's. Kernels with FRED leave 16
 * bytes above them.
 */
SENSE_INLINE bool regs_of_task(const struct task_struct *task, struct pt_regs *regs)
{
	const char *top = stack_end(task) - sizeof(*regs);

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

#define REGS_NR_MEMBER	  syscallno
#define REGS_WHICH_MEMBER orig_x0
#define REGS_ARG1	  regs[1]
#define REGS_ARG2	  regs[2]
#define ARM64_TIF_32BIT	  (1 << 22)
#define NR_OPENAT	  56

SENSE_INLINE bool regs_compat(const struct task_struct *task)
{
	return SENSE_READ(task, thread_info.flags) & ARM64_TIF_32BIT;
}

SENSE_INLINE bool regs_of_task(const struct task_struct *task, struct pt_regs *regs)
{
	return sense_read_kernel(regs, sizeof(*regs),
				 stack_end(task) - bpf_core_type_size(struct pt_regs___whole)) ==
		       0 &&
	       (regs->pstate & 0xf) == 0;
}

#endif

#include "sense/regs.h"

#endif
