// SPDX-License-Identifier: Apache-2.0
/* What was lost in the kernel: counted by the probe, and by the kernel of programs that it left out. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sensor.h"

_Static_assert(LN_CLASSES *LN_REASONS <= LN_LOSSES, "the probe has no room for every count");

uint64_t ln_misses(int program)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &len))
		return 0;
	return info.recursion_misses;
}

static uint64_t misses(const struct ln_sensor *s, const char *program)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(s->object, program);

	return p ? ln_misses(bpf_program__fd(p)) : 0;
}

static void add_misses(const struct ln_sensor *s, uint64_t *out, uint32_t n)
{
	static const struct {
		const char *program;
		enum ln_class class;
		enum ln_reason reason;
	} entries[] = {
		{"sched_exec", LN_CLASS_EXEC, LN_LOST_PREEMPTED},
		{"sched_fork", LN_CLASS_PROCESS, LN_LOST_PREEMPTED},
		{"sched_exit", LN_CLASS_PROCESS, LN_LOST_PREEMPTED},
		{"sys_exit", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"sys_exit_raw", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"sys_exit_perf", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"io_submit_req", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"io_submit_sqe", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"io_failed", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"io_complete", LN_CLASS_OTHER, LN_LOST_SKIPPED},
		{"io_overflow", LN_CLASS_OTHER, LN_LOST_SKIPPED},
	};
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		uint32_t at = entries[i].class * LN_REASONS + entries[i].reason;

		if (at < n)
			out[at] += misses(s, entries[i].program);
	}
	if (LN_CLASS_OTHER * LN_REASONS + LN_LOST_PREEMPTED < n)
		out[LN_CLASS_OTHER * LN_REASONS + LN_LOST_PREEMPTED] += ln_fexit_misses(s);
}

int ln_losses(struct ln_sensor *s, uint64_t *out, uint32_t n)
{
	uint32_t i, cpu;

	if (n > LN_CLASSES * LN_REASONS)
		n = LN_CLASSES * LN_REASONS;
	if (s->module)
		return ln_module_losses(s, out, n);
	if (!s->losses)
		return 0;
	for (i = 0; i < n; i++) {
		out[i] = 0;
		for (cpu = 0; cpu < s->cpus; cpu++)
			out[i] += __atomic_load_n(&s->losses[cpu].counts[i], __ATOMIC_RELAXED);
	}
	add_misses(s, out, n);
	return n;
}
