// SPDX-License-Identifier: Apache-2.0
/*
 * What the kernel's bpf(2) can do, found by doing it: distributions carry features
 * back, and containers, security modules and lockdown take them away, so that a
 * version says little. Nothing that is tried stays.
 */
#include <errno.h>
#include <unistd.h>
#include <sys/resource.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sensor.h"

/* A system call that is seldom made, and whose entry function is there on every kernel with a 64-bit ABI. */
#ifdef __x86_64__
#define LN_TRIED_CALL "__x64_sys_getpgid"
#else
#define LN_TRIED_CALL "__arm64_sys_getpgid"
#endif

/* A program that does nothing and returns 0. */
static const struct bpf_insn nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int try_map(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries)
{
	int fd = bpf_map_create(type, "lanner_try", key, value, entries, NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/*
 * Loads the program as `type` and attaches it.
 * kernel_name: what it is attached to, a name in the kernel's BTF; NULL: a raw
 * tracepoint, which needs none.
 */
static int try_program(enum bpf_prog_type type, enum bpf_attach_type attach,
		       const char *kernel_name, const char *tracepoint)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	int fd, link, id;

	if (kernel_name) {
		id = libbpf_find_vmlinux_btf_id(kernel_name, attach);
		if (id < 0)
			return id;
		opts.attach_btf_id = id;
	}
	fd = bpf_prog_load(type, "lanner_try", "GPL", nothing, 2, &opts);
	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(tracepoint, fd);
	close(fd);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

void ln_lift_memlock(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

int ln_try(uint32_t feature)
{
	ln_lift_memlock();
	libbpf_set_print(NULL);
	switch (feature) {
	case LN_TRY_BPF:
		return try_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	case LN_TRY_RING:
		return try_map(BPF_MAP_TYPE_RINGBUF, 0, 0, sysconf(_SC_PAGESIZE));
	case LN_TRY_RAW_TP:
		return try_program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL, "sched_process_exit");
	case LN_TRY_TP_BTF:
		return try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sched_process_exit",
				   NULL);
	case LN_TRY_FEXIT:
		return try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, LN_TRIED_CALL, NULL);
	case LN_TRY_PERF:
		return ln_try_perf();
	case LN_TRY_STEADY:
		return ln_is_skipped() ? -EBUSY : 0;
	case LN_TRY_LSM:
		return try_program(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "task_free", NULL);
	}
	return -EINVAL;
}
