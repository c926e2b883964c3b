/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The eBPF probe. Programs hang on tp_btf tracepoints and read their arguments
 * from ctx as numbers, never through BTF pointers, so that the shim can load the
 * same programs as raw tracepoints where tp_btf can't be had.
 */
#include "types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "wire.h"
#include "driver.h"
#include "filter.h"
#include "events.gen.h"
#include "kernel.h"
#include "access.h"
#include "kern.h"
#include "sense/syscalls.h"
#include "maps.h"
#include "regs.h"

/* its making and end are told of no kernel thread; one that becomes a program is known by its exec */
#define PF_KTHREAD 0x00200000

/* A tracepoint's argument as a plain number: a BTF pointer's type would forbid arithmetic on it. */
SENSE_INLINE __u64 argument(__u64 *ctx, __u32 n)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + n);
	return value;
}

/* Whether events pass, and those of this task: the sensor's own do not. */
SENSE_INLINE const struct ln_config *admit(__u32 tgid)
{
	const struct ln_config *c = probe_config();

	return c && c->enabled && c->self_pid != tgid ? c : NULL;
}

WALKER(sched_process_exec, exec)
WALKER(sched_process_fork, fork)
WALKER(sys_exit, syscall)

#include "filter_maps.h"

SEC("tp_btf/sched_process_exec")
int sched_exec(__u64 *ctx)
{
	const struct ln_config *c = admit(bpf_get_current_pid_tgid() >> 32);
	const struct task_struct *task;
	struct sense_buf *b;

	if (!c)
		return 0;
	b = scratch_get(LN_CLASS_EXEC);
	if (!b)
		return 0;
	b->vital = true;
	task = (const void *)argument(ctx, 0);
	b->want = c->want;
	sense_begin(b, LN_EV_EXECVE, LN_EXECVE_NPARAMS, task);
	sense_fill_exec(b, task, argument(ctx, 1), (const void *)argument(ctx, 2));
	COMPLETE(ctx, b, exec);
	return 0;
}

/* Registers are too many for the stack; the buffer's path is not in use before the record is complete. */
SENSE_INLINE struct pt_regs *registers(struct sense_buf *b)
{
	return (struct pt_regs *)b->path;
}

/* The event of making a task, and the flags asked for, by the system call its maker is in. */
SENSE_INLINE __u32 fork_event(struct sense_buf *b, const struct task_struct *maker, __u64 *flags)
{
	struct pt_regs *regs = registers(b);
	__u64 *arg = b->call.arg;
	__u64 nr;

	if (SENSE_READ(maker, flags) & PF_KTHREAD || !regs_of_task(maker, regs))
		return LN_EV_CLONE;
	nr = REGS_NR(regs) & ~(__u64)X32_BIT;
	if (regs_compat(maker)) {
		regs_args(regs, true, arg);
		nr = regs_compat_nr(nr);
	} else {
		regs_args(regs, false, arg);
	}
	switch (nr) {
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

SEC("tp_btf/sched_process_fork")
int sched_fork(__u64 *ctx)
{
	const struct task_struct *child = (const void *)argument(ctx, 1);
	const struct ln_config *c = admit(SENSE_READ(child, tgid));
	struct sense_buf *b;
	__u64 flags = 0;
	__u32 event;

	if (!c || SENSE_READ(child, flags) & PF_KTHREAD)
		return 0;
	b = scratch_get(LN_CLASS_PROCESS);
	if (!b)
		return 0;
	b->vital = true;
	event = fork_event(b, (const void *)argument(ctx, 0), &flags);
	b->want = c->want;
	sense_begin(b, event, LN_CLONE_NPARAMS, child);
	sense_fill_fork(b, child, flags);
	COMPLETE(ctx, b, fork);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int sched_exit(__u64 *ctx)
{
	const struct ln_config *c = admit(bpf_get_current_pid_tgid() >> 32);
	const struct task_struct *task = (const void *)argument(ctx, 0);
	struct sense_buf *b;

	if (!c || SENSE_READ(task, flags) & PF_KTHREAD)
		return 0;
	b = scratch_get(LN_CLASS_PROCESS);
	if (!b)
		return 0;
	b->vital = true;
	b->want = c->want;
	sense_begin(b, LN_EV_PROCEXIT, LN_PROCEXIT_NPARAMS, task);
	sense_fill_exit(b, task);
	submit(b);
	return 0;
}

SENSE_INLINE bool wanted(const struct ln_config *c, __u64 nr)
{
	return nr < LN_SYSCALLS_MAX && c->syscalls[nr / 64] >> nr % 64 & 1;
}

/*
 * Every system call's end comes here, so what is not wanted leaves first: only
 * its number is read. A 32-bit call has other numbers; whether it is one costs
 * another read and is asked only of a number that would pass as either.
 */
SEC("tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	const struct ln_config *c = probe_config();
	const char *regs = (const char *)ctx[0];
	__u64 nr = 0;
	__u32 nr32;

	if (!c || !c->enabled)
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(REGS_NR((struct pt_regs *)0)), regs + REGS_NR_OFFSET);
	nr &= ~(__u64)X32_BIT;
	nr32 = regs_compat_nr(nr);
	if (!wanted(c, nr) && !(nr32 && wanted(c, nr32)) && !regs_is_multiplex(nr))
		return 0;
	if (regs_compat(sense_current()))
		nr = regs_is_multiplex(nr) ? regs_multiplex_nr(regs) : nr32;
	if (!wanted(c, nr) || c->self_pid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	bpf_tail_call(ctx, &fillers, nr);
	return 0;
}

/* What all fillers do around their own sense_fill_NAME. */
SENSE_INLINE int fill(__u64 *ctx, __u32 type, __u32 nparams, __u32 class,
		      bool (*fill_in)(struct sense_buf *b))
{
	const struct ln_config *c = probe_config();
	const struct task_struct *task = sense_current();
	struct pt_regs *regs;
	struct sense_buf *b;
	bool drafted = false;

	if (!c)
		return 0;
	if (class == LN_CLASS_OPEN && (b = scratch_owned())) { /* the filter let its draft pass */
		drafted = true;
	} else {
		b = scratch_get(class);
		if (!b)
			return 0;
		regs = registers(b);
		bpf_probe_read_kernel(regs, sizeof(*regs), (const void *)argument(ctx, 0));
		b->want = c->want;
		b->call.ret = argument(ctx, 1);
		b->call.compat = regs_compat(task);
		b->call.nr = REGS_NR(regs) & ~(__u64)X32_BIT;
		if (b->call.compat)
			b->call.nr = regs_compat_nr(b->call.nr);
		regs_args(regs, b->call.compat, b->call.arg);
		sense_filter_of(b)->draft = SENSE_NO_DRAFT;
		if (sense_draft(b, type, nparams)) {
			sense_filter_of(b)->draft = SENSE_DRAFTED;
			FILTER(ctx, b);
			sense_filter_of(b)->draft = SENSE_NO_DRAFT;
		}
	}
	sense_begin(b, type, nparams, task);
	if (b->call.compat)
		b->flags |= LN_F_COMPAT;
	if (!fill_in(b)) {
		scratch_put(b);
		return 0;
	}
	if (drafted) {
		if (sense_filter_of(b)->at == LN_FILTER_DROP)
			b->flags |= LN_F_FILTERED;
	} else {
		FILTER(ctx, b);
	}
	COMPLETE(ctx, b, syscall);
	return 0;
}

#define FILLER(name, event, class)                                                                 \
	SEC("tp_btf/sys_exit")                                                                     \
	int fill_##name(__u64 *ctx)                                                                \
	{                                                                                          \
		return fill(ctx, LN_EV_##event, LN_##event##_NPARAMS, LN_CLASS_##class,            \
			    sense_fill_##name);                                                    \
	}

SENSE_SYSCALLS(FILLER)
#ifdef SENSE_X86
SENSE_LEGACY_SYSCALLS(FILLER)
#endif

char LICENSE[] SEC("license") = "Dual MIT/GPL";
