// SPDX-License-Identifier: Apache-2.0
/*
 * Having perf run the programs. A program that hangs on a tracepoint directly is
 * skipped on a CPU while another task, preempted there, is within it; kernels whose
 * tracepoints leave preemption on lose events so (sched's since 7.0, system calls'
 * later). perf turns it off around a program, for some more work per call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "sensor.h"

/* Each entry's tracepoint as tracefs has it; sched_fork's is not here since it hangs on LN_NEW_TASK. */
static const struct {
	const char *program, *tracepoint;
} events[] = {
	{"sys_exit_perf", "raw_syscalls/sys_exit"},
	{"sched_exec", "sched/sched_process_exec"},
	{"sched_exit", "sched/sched_process_exit"},
	{"io_submit_req", "io_uring/io_uring_submit_req"},
	{"io_failed", "io_uring/io_uring_req_failed"},
	{"io_complete", "io_uring/io_uring_complete"},
	{"io_overflow", "io_uring/io_uring_cqe_overflow"},
};

#define LN_NEW_TASK "sched_wakeup_new" /* told with interrupts off */

/* uapi/linux/mount.h; also where the C library's headers are older than the kernel */
#ifndef FSCONFIG_CMD_CREATE
#define FSCONFIG_CMD_CREATE 6
#endif

/* A tracefs of our own, mounted nowhere; -1 where there can be none. */
static int private_tracefs(void)
{
	int fs = syscall(__NR_fsopen, "tracefs", 1 /* FSOPEN_CLOEXEC */), mount = -1;

	if (fs < 0)
		return -1;
	if (!syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = syscall(__NR_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	close(fs);
	return mount;
}

static int read_id(int folder, const char *tracepoint)
{
	char path[128], text[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "events/%s/id", tracepoint);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && atoi(text) > 0 ? atoi(text) : -EINVAL;
}

/* perf's number for a tracepoint, or a negative errno. */
static int event_id(const char *tracepoint)
{
	int folder = open("/sys/kernel/tracing", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int id = folder < 0 ? -errno : read_id(folder, tracepoint);

	if (folder >= 0)
		close(folder);
	if (id > 0)
		return id;
	folder = private_tracefs();
	if (folder < 0)
		return id;
	id = read_id(folder, tracepoint);
	close(folder);
	return id;
}

/* A perf event, of any one CPU: its program runs on all. */
static int open_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = type, .size = sizeof(attr), .config = config, .sample_period = 1};
	int cpu = sched_getcpu(), fd;

	fd = syscall(__NR_perf_event_open, &attr, -1, cpu < 0 ? 0 : cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_tracepoint(const char *tracepoint)
{
	int id = event_id(tracepoint);

	return id < 0 ? id : open_event(PERF_TYPE_TRACEPOINT, id);
}

static const char *event_of(const char *program)
{
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (!strcmp(events[i].program, program))
			return events[i].tracepoint;
	}
	return NULL;
}

static struct bpf_link *attach(const struct bpf_program *p)
{
	const char *event = event_of(bpf_program__name(p));
	struct bpf_link *link;
	int fd;

	if (!strcmp(bpf_program__name(p), "sched_fork"))
		return bpf_program__attach_raw_tracepoint(p, LN_NEW_TASK);
	fd = event ? open_tracepoint(event) : -ENOENT;
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(p, fd);
	if (!link)
		close(fd);
	return link;
}

struct bpf_link *ln_attach_entry(const struct ln_sensor *s, const char *program)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(s->object, program);

	return s->perf ? attach(p) : bpf_program__attach(p);
}

/* Asks for the registers of the current task, which a trace does not show; since 5.15. */
static const struct bpf_insn registers[] = {
	{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task_btf},
	{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_task_pt_regs},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

int ln_try_perf(void)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "lanner_try", "Dual MIT/GPL", registers,
			       sizeof(registers) / sizeof(registers[0]), NULL);

	if (fd < 0)
		return fd;
	close(fd);
	fd = event_id("sched/sched_process_exit");
	if (fd < 0)
		return fd;
	/* not the tracepoint itself: to close that one takes a grace period */
	fd = open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int ln_perf_tell(const struct ln_sensor *s, struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata.by_perf");
	const bool by_perf[] = {s->perf && !s->fexit, s->perf};

	/* a test's probe may do without */
	return map ? bpf_map__set_initial_value(map, by_perf, sizeof(by_perf)) : 0;
}
