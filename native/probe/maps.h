/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The maps (native/driver.h says what they are for), scratch buffers and submission. */
#ifndef LANNER_PROBE_MAPS_H
#define LANNER_PROBE_MAPS_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20); /* the shim may change it before loading */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ln_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} wake SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16); /* the shim sizes it by the number of possible CPUs */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct ln_losses);
} losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LN_SYSCALLS_MAX);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} fillers SEC(".maps");

/*
 * LN_SCRATCH_PER_CPU buffers for each CPU, too large for a per-CPU map (whose
 * values may have 32 KiB). The shim sizes it by the number of possible CPUs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LN_SCRATCH_PER_CPU * 16);
	__type(key, __u32);
	__type(value, struct sense_buf);
} scratch SEC(".maps");

/* native/driver.h */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LN_PROCESSES);
	__type(key, __u32);
	__type(value, struct ln_process);
} told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LN_PROCESSES);
	__type(key, __u32);
	__type(value, struct ln_process);
} seeds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LN_EXEPATHS);
	__type(key, __u64);
	__type(value, struct ln_exepath);
} exepaths SEC(".maps");

SENSE_INLINE struct ln_process *kern_told(__u32 pid)
{
	__u32 index = pid & (LN_PROCESSES - 1);

	return bpf_map_lookup_elem(&told, &index);
}

SENSE_INLINE const struct ln_process *kern_seed(__u32 pid)
{
	__u32 index = pid & (LN_PROCESSES - 1);

	return bpf_map_lookup_elem(&seeds, &index);
}

SENSE_INLINE const struct ln_exepath *kern_exepath(__u64 key)
{
	return bpf_map_lookup_elem(&exepaths, &key);
}

#define MAP_NOEXIST 1  /* include/uapi/linux/bpf.h */
#define MAP_FULL    -7 /* E2BIG */

SENSE_INLINE int kern_add_exepath(__u64 key, const struct ln_exepath *path)
{
	const struct ln_exepath *held = kern_exepath(key);
	__u64 differ;
	__u32 i;

	if (!held) {
		long err = bpf_map_update_elem(&exepaths, &key, path, MAP_NOEXIST);

		if (!err)
			return 0;
		if (err == MAP_FULL)
			return 1;
		held = kern_exepath(key); /* another program was faster */
		if (!held)
			return -1;
	}
	differ = held->len ^ path->len;
	SENSE_UNROLL
	for (i = 0; i < LN_EXEPATH_WORDS; i++)
		differ |= held->words[i] ^ path->words[i];
	return differ ? -1 : 0;
}

#include "sense/told.h"

SENSE_INLINE void lose(__u32 class, __u32 reason)
{
	__u32 index = class * LN_REASONS + reason;
	__u32 cpu = bpf_get_smp_processor_id();
	struct ln_losses *row = bpf_map_lookup_elem(&losses, &cpu);

	if (row)
		__sync_fetch_and_add(&row->counts[SENSE_MASK(index, LN_LOSSES - 1)], 1);
}

SENSE_INLINE const struct ln_config *probe_config(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&config, &zero);
}

/*
 * A buffer of this CPU that nobody else uses. A program can be preempted by a
 * task that runs another on the same CPU: whoever counts itself in as the first
 * owns the buffer. NULL, counted as a loss, when all are taken.
 */
SENSE_INLINE struct sense_buf *scratch_get(__u32 class)
{
	__u32 index = bpf_get_smp_processor_id() * LN_SCRATCH_PER_CPU;
	__u32 i;

	for (i = 0; i < LN_SCRATCH_PER_CPU; i++) {
		struct sense_buf *b = bpf_map_lookup_elem(&scratch, &index);

		if (!b)
			break;
		__sync_fetch_and_add(&b->busy, 1);
		if (*(volatile __u32 *)&b->busy == 1) {
			b->owner = sense_current();
			b->class = class;
			b->vital = false;
			return b;
		}
		__sync_fetch_and_add(&b->busy, -1);
		index++;
	}
	lose(class, LN_LOST_SCRATCH_BUSY);
	return NULL;
}

/* The buffer that this task took before it came here by a tail call; NULL when it came otherwise. */
SENSE_INLINE struct sense_buf *scratch_owned(void)
{
	const struct task_struct *task = sense_current();
	__u32 index = bpf_get_smp_processor_id() * LN_SCRATCH_PER_CPU;
	__u32 i;

	for (i = 0; i < LN_SCRATCH_PER_CPU; i++) {
		struct sense_buf *b = bpf_map_lookup_elem(&scratch, &index);

		if (b && b->owner == task)
			return b;
		index++;
	}
	return NULL;
}

SENSE_INLINE void scratch_put(struct sense_buf *b)
{
	b->owner = NULL;
	__sync_fetch_and_add(&b->busy, -1);
}

/* Whether the ring has room for more than what is vital (LN_RESERVED_PART). */
SENSE_INLINE bool has_room(void)
{
	__u64 size = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);

	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) <= size - size / LN_RESERVED_PART;
}

/* Hands a complete record to user space, waking it if it sleeps; false when it is lost. */
SENSE_INLINE bool send(struct sense_buf *b)
{
	__u64 flags = BPF_RB_NO_WAKEUP;
	__u32 len = sense_finish(b);
	__u32 class = b->class;
	__u32 zero = 0;
	__u32 *sleeping;
	bool sent = false;

	if (b->faults)
		lose(class, LN_LOST_FAULT);
	if (len && !b->vital && !has_room()) {
		lose(class, LN_LOST_RING_FULL);
	} else if (len) {
		sleeping = bpf_map_lookup_elem(&wake, &zero);
		if (sleeping && *sleeping) {
			*sleeping = 0;
			flags = BPF_RB_FORCE_WAKEUP;
		}
		if (bpf_ringbuf_output(&ring, b->record, SENSE_MASK(len - 1, LN_RECORD_MAX - 1) + 1,
				       flags)) {
			lose(class, LN_LOST_RING_FULL);
			if (sleeping && flags == BPF_RB_FORCE_WAKEUP)
				*sleeping = 1; /* the next one wakes */
		} else {
			sent = true;
		}
	} else {
		lose(class, LN_LOST_TOO_LONG);
	}
	return sent;
}

/* Sends a record of no process's life and lets go of the buffer. */
SENSE_INLINE void submit(struct sense_buf *b)
{
	send(b);
	scratch_put(b);
}

/* The same of a process's life, of which the filter knows what user space was told: `tell` says so. */
SENSE_INLINE void submit_vital(struct sense_buf *b, bool (*tell)(struct sense_buf *b))
{
	const struct ln_record *header = (const void *)b->record;

	if (!send(b))
		sense_forget(header->pid);
	else if (tell(b))
		lose(b->class, LN_LOST_FILTER_FULL);
	scratch_put(b);
}

#define SUBMIT_exec(b)	  submit_vital(b, sense_tell_exec)
#define SUBMIT_fork(b)	  submit_vital(b, sense_tell_fork)
#define SUBMIT_exit(b)	  submit_vital(b, sense_tell_exit)
#define SUBMIT_syscall(b) submit(b)
#define SUBMIT_ring(b)	  submit(b)

/*
 * The last stage of a record: one path is walked for each run of the program,
 * which calls itself until none is left and then submits. The kernel lets
 * programs tail-call only such as hang on the same tracepoint, so each
 * tracepoint has its own.
 */
#define WALK(ctx, name)                                                                            \
	struct sense_buf *b = scratch_owned();                                                     \
                                                                                                   \
	if (!b)                                                                                    \
		return 0;                                                                          \
	sense_put_next_path(b);                                                                    \
	if (b->next_path < b->npaths)                                                              \
		bpf_tail_call(ctx, &to_walk_##name, 0);                                            \
	SUBMIT_##name(b);                                                                          \
	return 0

#define WALKER(tracepoint, name)                                                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, 1);                                                            \
		__uint(key_size, sizeof(__u32));                                                   \
		__uint(value_size, sizeof(__u32));                                                 \
	} to_walk_##name SEC(".maps");                                                             \
	SEC("tp_btf/" #tracepoint)                                                                 \
	int walk_##name(__u64 *ctx)                                                                \
	{                                                                                          \
		WALK(ctx, name);                                                                   \
	}

/* Ends a record; should the walker not be there, it goes without its paths. */
#define COMPLETE(ctx, b, name)                                                                     \
	do {                                                                                       \
		if ((b)->npaths)                                                                   \
			bpf_tail_call(ctx, &to_walk_##name, 0);                                    \
		SUBMIT_##name(b);                                                                  \
	} while (0)

#endif
