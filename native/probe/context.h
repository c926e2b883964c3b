/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a program is given: the arguments of its tracepoint, or what a trace shows of
 * them where perf runs it.
 *
 * On kernels whose tracepoints let tasks preempt one another, a program that hangs on
 * one directly is skipped while another task is within it. perf, for which such
 * programs are called classic tracepoint programs, keeps preemption off around
 * them: there the shim makes them such and sets by_perf before it loads them.
 */
#ifndef LANNER_PROBE_CONTEXT_H
#define LANNER_PROBE_CONTEXT_H

const volatile struct {
	bool exits; /* those at system calls' ends */
	bool others;
} by_perf SEC(".rodata.by_perf");

/* A tracepoint's argument as a plain number: a BTF pointer's type would forbid arithmetic on it. */
SENSE_INLINE __u64 argument(__u64 *ctx, __u32 n)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + n);
	return value;
}

/* With which the current task entered the kernel; only where perf runs the program. */
SENSE_INLINE const struct pt_regs *current_registers(void)
{
	return (const void *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

SENSE_INLINE const void *exit_registers(__u64 *ctx)
{
	return by_perf.exits ? current_registers() : (const void *)argument(ctx, 0);
}

SENSE_INLINE __s64 exit_result(__u64 *ctx)
{
	const struct trace_event_raw_sys_exit *shown = (const void *)ctx;

	return by_perf.exits ? SENSE_READ(shown, ret) : (__s64)argument(ctx, 1);
}

/* The task that a program or an end is of. */
SENSE_INLINE const struct task_struct *own_task(__u64 *ctx)
{
	return by_perf.others ? sense_current() : (const void *)argument(ctx, 0);
}

SENSE_INLINE __u32 exec_old_tid(__u64 *ctx)
{
	const struct trace_event_raw_sched_process_exec *shown = (const void *)ctx;

	return by_perf.others ? SENSE_READ(shown, old_pid) : argument(ctx, 1);
}

SENSE_INLINE const char *exec_filename(__u64 *ctx)
{
	const struct trace_event_raw_sched_process_exec *shown = (const void *)ctx;
	const struct linux_binprm *bprm;

	if (by_perf.others)
		return (const char *)ctx + (SENSE_READ(shown, __data_loc_filename) & 0xffff);
	bprm = (const void *)argument(ctx, 2);
	return SENSE_READ(bprm, filename);
}

/*
 * A new task. What a trace shows of sched_process_fork does not lead to it, so its
 * first waking up stands in, within which nothing is preempted: the maker is current
 * there as well.
 */
SENSE_INLINE const struct task_struct *fork_child(__u64 *ctx)
{
	return (const void *)argument(ctx, by_perf.others ? 0 : 1);
}

SENSE_INLINE const struct task_struct *fork_maker(__u64 *ctx)
{
	return by_perf.others ? sense_current() : (const void *)argument(ctx, 0);
}

/*
 * The kernel's workers in a process (of an io_uring, of vhost) wake up for the first
 * time, too, and no fork is told of them. These flags mean so since 6.4; the second
 * meant something else before.
 */
#define PF_IO_WORKER   0x00000010
#define PF_USER_WORKER 0x00004000

SENSE_INLINE bool is_workers_waking(const struct task_struct *child)
{
	return by_perf.others && SENSE_READ(child, flags) & (PF_IO_WORKER | PF_USER_WORKER);
}

#endif
