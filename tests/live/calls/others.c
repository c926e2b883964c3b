// SPDX-License-Identifier: Apache-2.0
/* The kernel's own business: modules, BPF, page faults. */
#include <linux/bpf.h>
#include "calls.h"

static void act_userfaultfd(void)
{
	mark();
	descriptor("fd", syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
	syscall(SYS_userfaultfd, 0xffff);
}

static void act_bpf(void)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	mark();
	descriptor("map", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	syscall(SYS_bpf, 9999, NULL, 0);
}

/* what succeeds with a real module is like this but for the result */
static void act_init_module(void)
{
	mark();
	number("result", syscall(SYS_init_module, "IMG", 3, "a=b") < 0 ? -errno : 0);
}

static void act_finit_module(void)
{
	int file = make_file("module.ko");

	descriptor("file", file);
	mark();
	number("result", syscall(SYS_finit_module, file, "a=b", 3) < 0 ? -errno : 0);
	number("missing", syscall(SYS_finit_module, NO_FD, "", 0) < 0 ? -errno : 0);
}

const struct act other_acts[] = {
	{"userfaultfd", act_userfaultfd},   {"bpf", act_bpf}, {"init_module", act_init_module},
	{"finit_module", act_finit_module}, {NULL, NULL},
};
