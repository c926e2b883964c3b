// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A probe as small as the shim's contract allows (native/driver.h): each exec
 * of a program whose name begins with the four bytes in config.want gives one
 * record that counts up. Flags break it in the ways that the tests are
 * about.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "wire.h"
#include "driver.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
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

#ifndef WITHOUT_FILLERS
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LN_SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} fillers SEC(".maps");
#endif

static __u64 count;

SEC("tp_btf/sched_process_exec")
int sched_exec(void *ctx)
{
	__u32 zero = 0, cpu = bpf_get_smp_processor_id(), *asleep;
	struct ln_config *c = bpf_map_lookup_elem(&config, &zero);
	struct ln_record *record;
	char name[16] __attribute__((aligned(8))) = {};
	struct ln_losses *lost;

	bpf_get_current_comm(name, sizeof(name));
	if (!c || !c->enabled || *(__u32 *)name != c->want)
		return 0;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		lost = bpf_map_lookup_elem(&losses, &cpu);
		if (lost)
			lost->counts[LN_CLASS_EXEC * LN_REASONS + LN_LOST_RING_FULL]++;
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->len = sizeof(*record);
	record->ts = __sync_fetch_and_add(&count, 1);
	record->uid = c->want;
	record->gid = c->self_pid;
	asleep = bpf_map_lookup_elem(&wake, &zero);
	if (asleep && *asleep) {
		*asleep = 0;
		bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
	} else {
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int sys_exit(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int fill_openat(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int fill_no_such_call(void *ctx)
{
	return 0;
}

#ifdef BROKEN_PROGRAM
SEC("tp_btf/sched_process_fork")
int sched_fork(void *ctx)
{
	__u32 key = bpf_get_smp_processor_id();
	struct ln_config *c = bpf_map_lookup_elem(&config, &key);

	return c->enabled; /* not checked for NULL: the verifier refuses it */
}

SEC("tp_btf/sys_exit")
int fill_connect(void *ctx)
{
	__u32 key = bpf_get_smp_processor_id();
	struct ln_config *c = bpf_map_lookup_elem(&config, &key);

	return c->enabled;
}
#endif

#ifdef MISSING_TRACEPOINT
SEC("tp_btf/lanner_no_such_event")
int sched_exit(void *ctx)
{
	return 0;
}
#endif
