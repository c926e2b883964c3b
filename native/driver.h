/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a driver and the shim agree on beside the records: the configuration
 * that user space writes before it lets events in.
 *
 * Probe maps: ring (RINGBUF), config (ARRAY, one ln_config), wake (ARRAY, one
 * __u32), losses (PERCPU_ARRAY, index class * LN_REASONS + reason, __u64),
 * fillers (PROG_ARRAY, index = system call number), scratch (ARRAY; before
 * loading, the shim sets its max_entries to LN_SCRATCH_PER_CPU * possible CPUs).
 * Probe programs: sched_exec, sched_fork, sched_exit, sys_exit (looks into
 * config.syscalls, then tail-calls through fillers) and one fill_NAME for each
 * system call NAME, which only ever runs as a tail call of sys_exit. Those whose
 * name begins with walk_ end a record of the others by a tail call through the map
 * to_NAME, which the shim fills: loaded like the rest, never attached. walk_filter
 * judges by the maps filter_* (filter.h): without a plan every event passes. Each has a
 * section tp_btf/...; where the kernel can't attach those, the shim loads the
 * same programs as raw_tp (arguments are never dereferenced, always read; only
 * sys_exit does so, and has sys_exit_raw to take its place). Where the kernel has
 * trampolines, the shim loads those at sys_exit as fexit programs and hangs call_exit
 * on each watched call, which goes on to sys_exit by to_sys_exit.
 * Where the kernel would skip programs, perf runs them all (probe/context.h): then
 * sys_exit_perf takes sys_exit's place.
 */
#ifndef LANNER_DRIVER_H
#define LANNER_DRIVER_H

#define LN_SYSCALLS_MAX	   512
#define LN_NR_UMOUNT	   511 /* the old 32-bit umount's, which 64-bit programs have not got */
#define LN_RING_OPS	   64
#define LN_SCRATCH_PER_CPU 3 /* a task that preempts another needs a buffer of its own */

/*
 * The part of the ring that only records of processes' lives (sched_exec, sched_fork,
 * sched_exit) may fill: one of anything else is lost rather than have user space
 * lose sight of who does what.
 */
#define LN_RESERVED_PART 8

struct ln_config {
	__u32 enabled;	/* 0: nothing passes */
	__u32 self_pid; /* thread group whose events are left out */
	__u32 want;	/* LN_WANT_* */
	__u32 pad;
	__u64 syscalls[LN_SYSCALLS_MAX / 64]; /* bit n: system call n is wanted */
	__u64 compat[LN_SYSCALLS_MAX / 64];   /* bit n: 32-bit call n may be one that is wanted */
	__u64 rings;			      /* bit n: io_uring's operation n is wanted */
};

/*
 * What a driver knows of processes, by the lower bits of their ids: maps told and
 * seeds (ARRAY, __u64). `told` is of the record of the process's making or its last exec,
 * 0: there was none; then `seeds` counts, which user space fills with what it finds in
 * /proc after it attached.
 */
#define LN_PROCESSES	   65536
#define LN_TOLD(pid, host) ((__u64)(pid) << 1 | (host))
#define LN_TOLD_NOBODY	   (1ULL << 63)

/*
 * The map wake holds 1 when user space sleeps and wants to be woken by the next
 * record. The driver that sees 1 sets it to 0 and submits with a wake-up; all
 * other records are submitted without one, since a wake-up each taxes the
 * workload.
 */

#endif
