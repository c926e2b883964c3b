/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a driver and the shim agree on beside the records: the configuration
 * that user space writes before it lets events in.
 *
 * Probe maps: ring (RINGBUF), config (ARRAY, one ln_config), wake (ARRAY, one
 * __u32) and losses (ARRAY, one ln_losses for each possible CPU), which the shim
 * maps into memory, fillers (PROG_ARRAY, index = system call number), scratch
 * (ARRAY, LN_SCRATCH_PER_CPU for each possible CPU). The shim sets losses' and
 * scratch's max_entries before loading.
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
#define LN_LOSSES	   64 /* at least LN_CLASSES * LN_REASONS, in whole cache lines */
#define LN_SCRATCH_PER_CPU 3  /* a task that preempts another needs a buffer of its own */

/*
 * The part of the ring that only records of processes' lives (sched_exec, sched_fork,
 * sched_exit) may fill: one of anything else is lost rather than have user space
 * lose sight of who does what.
 */
#define LN_RESERVED_PART 8

/* Index class * LN_REASONS + reason. */
struct ln_losses {
	__u64 counts[LN_LOSSES];
};

struct ln_config {
	__u32 enabled;	/* 0: nothing passes */
	__u32 self_pid; /* thread group whose events are left out */
	__u32 want;	/* LN_WANT_* */
	__u32 seeded; /* 1: user space has read /proc; it knows later forks by their records alone */
	__u64 syscalls[LN_SYSCALLS_MAX / 64]; /* bit n: system call n is wanted */
	__u64 compat[LN_SYSCALLS_MAX / 64];   /* bit n: 32-bit call n may be one that is wanted */
	__u64 rings;			      /* bit n: io_uring's operation n is wanted */
};

/*
 * What a driver knows of processes, by the lower bits of their ids: maps told and
 * seeds (ARRAY, ln_process). `told` is of the record of the process's making or its last
 * exec; where that is 0, since there was none, `seeds` counts, which user space fills
 * with what it finds in /proc after it attached. Both are what user space goes by, not
 * what is so now. Another process may write its own facts over these at any moment, so
 * that each has its process's id with it.
 */
#define LN_PROCESSES	    65536
#define LN_FACT_BITS	    42 /* of value; an id has 22 (PID_MAX_LIMIT) */
#define LN_FACT_MASK	    ((1ULL << LN_FACT_BITS) - 1)
#define LN_FACT(pid, value) ((__u64)(pid) << LN_FACT_BITS | (value))
#define LN_FACT_OF(fact)    ((__u32)((fact) >> LN_FACT_BITS))
#define LN_FACT_NOBODYS	    1ULL /* nothing is known, of a seed neither */

#define LN_COMM_WORDS 3
#define LN_COMM_CHARS 5	 /* in each word */
#define LN_COMM_MAX   16 /* with its NUL */

struct ln_process {
	__u64 host; /* 1: it is in no container */
	__u64 loginuid;
	__u64 exepath; /* the key of map exepaths (HASH, ln_exepath) */
	__u64 name
		[LN_COMM_WORDS]; /* `proc.name`, the first character lowest, zero behind its end */
};

#define LN_EXEPATHS	 4096 /* different ones; of a process with another it is not known */
#define LN_EXEPATH_MAX	 256  /* with its NUL; nor is a longer one */
#define LN_EXEPATH_WORDS (LN_EXEPATH_MAX / 8)

/* Once written, as long as a driver watches. */
struct ln_exepath {
	__u64 len;		       /* with its NUL */
	__u64 words[LN_EXEPATH_WORDS]; /* zero behind its end */
};

static inline __attribute__((always_inline)) __u64 ln_exepath_key(const __u64 *words)
{
	__u64 hash = 0;
	int i;

	for (i = 0; i < LN_EXEPATH_WORDS; i++)
		hash = ((hash << 5 | hash >> 59) ^ words[i]) * 0x9e3779b97f4a7c15ULL;
	return hash >> (64 - LN_FACT_BITS);
}

/* Of sixteen bytes of a name, which is zero behind its end, those that are in the n-th word. */
static inline __attribute__((always_inline)) __u64 ln_name_word(__u64 low, __u64 high, int n)
{
	const __u64 mask = (1ULL << 8 * LN_COMM_CHARS) - 1;

	return (n == 0 ? low : n == 1 ? low >> 40 | high << 24 : high >> 16) & mask;
}

/* What user space found of a process. */
struct ln_seed {
	__u32 pid;
	__u32 loginuid;
	__u32 host;
	__u32 pad;
	__u64 name[2];		   /* sixteen bytes, zero behind its end; all zero: not known */
	struct ln_exepath exepath; /* without len: not known */
};

/* As a driver keeps it; exepath: its fact. */
static inline __attribute__((always_inline)) void
ln_seed_facts(const struct ln_seed *seed, __u64 exepath, struct ln_process *facts)
{
	int i;

	facts->host = LN_FACT(seed->pid, seed->host);
	facts->loginuid = LN_FACT(seed->pid, seed->loginuid);
	facts->exepath = exepath;
	for (i = 0; i < LN_COMM_WORDS; i++)
		facts->name[i] =
			seed->name[0]
				? LN_FACT(seed->pid, ln_name_word(seed->name[0], seed->name[1], i))
				: LN_FACT_NOBODYS;
}

/*
 * The map wake holds 1 when user space sleeps and wants to be woken by the next
 * record. The driver that sees 1 sets it to 0 and submits with a wake-up; all
 * other records are submitted without one, since a wake-up each taxes the
 * workload. It is written in memory, and losses are read there: while bpf(2) looks
 * into a map, the kernel leaves out programs that perf runs on that CPU, of whatever
 * task comes to run there meanwhile.
 */

#endif
