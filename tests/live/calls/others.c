// SPDX-License-Identifier: Apache-2.0
/* Memory, and the kernel's own business: modules, BPF, kexec, perf, io_uring. */
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/uio.h>
#include "calls.h"

static int result(long returned)
{
	return returned < 0 ? -errno : returned;
}

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
	number("result", result(syscall(SYS_init_module, "IMG", 3, "a=b")));
}

static void act_finit_module(void)
{
	int file = make_file("module.ko");

	descriptor("file", file);
	mark();
	number("result", result(syscall(SYS_finit_module, file, "a=b", 3)));
	number("missing", result(syscall(SYS_finit_module, NO_FD, "", 0)));
}

static void act_delete_module(void)
{
	mark();
	number("result",
	       result(syscall(SYS_delete_module, "no_such_module", O_NONBLOCK | O_TRUNC)));
}

static void act_kexec_load(void)
{
	mark();
	number("result", result(syscall(SYS_kexec_load, 0x1000, 999, NULL, 2)));
}

static void act_kexec_file_load(void)
{
	int kernel = make_file("kernel");

	descriptor("kernel", kernel);
	mark();
	number("result", result(syscall(SYS_kexec_file_load, kernel, NO_FD, 6, "quiet", 0)));
}

static void act_perf_event_open(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_TASK_CLOCK};
	int fd;

	mark();
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	number("result", result(fd));
	if (fd >= 0)
		descriptor("fd", fd);
	syscall(SYS_perf_event_open, &attr, 0, -1, NO_FD, 0xffff);
}

static void act_sethostname(void)
{
	must(unshare(CLONE_NEWUTS), "unshare");
	mark();
	syscall(SYS_sethostname, "elsewhere...", 9);
	syscall(SYS_sethostname, "x", -1);
}

static void act_io_uring_setup(void)
{
	struct io_uring_params params = {.flags = IORING_SETUP_CLAMP};
	int fd;

	mark();
	fd = syscall(SYS_io_uring_setup, 3, &params);
	number("result", result(fd));
	if (fd >= 0)
		descriptor("ring", fd);
	number("sq", params.sq_entries);
	number("cq", params.cq_entries);
	number("features", params.features);
	syscall(SYS_io_uring_setup, 0, &params);
}

static void act_pidfd_open(void)
{
	number("self", getpid());
	mark();
	descriptor("fd", syscall(SYS_pidfd_open, getpid(), O_NONBLOCK));
	syscall(SYS_pidfd_open, 99999999, 0);
}

static void act_pidfd_getfd(void)
{
	int file = make_file("file");
	int self = must(syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open");

	number("target", file);
	number("self", self);
	mark();
	descriptor("fd", syscall(SYS_pidfd_getfd, self, file, 0));
	syscall(SYS_pidfd_getfd, self, NO_FD, 0);
}

static void act_memfd_create(void)
{
	mark();
	descriptor("fd", syscall(SYS_memfd_create, "payload", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	syscall(SYS_memfd_create, "x", 0xffff);
}

static void act_mmap(void)
{
	int file = must(open("/proc/self/exe", O_RDONLY), "exe");
	void *data;

	descriptor("exe", file);
	mark();
	data = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0); /* not told */
	number("mapped", (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 4096));
	number("anonymous", (long)mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	mmap(NULL, 0, PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_LOCKED, NO_FD, 0);
	munmap(data, 8192);
}

static void act_mprotect(void)
{
	char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	number("address", (long)data);
	mark();
	mprotect(data, 4096, PROT_READ | PROT_EXEC);
	mprotect(data, 4096, PROT_READ); /* not told */
	/* musl's mprotect would round this to whole pages */
	syscall(SYS_mprotect, data + 1, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void act_process_vm_writev(void)
{
	char to[8] = "";
	struct iovec local = {"shell code", 8}, remote = {to, 8};

	number("self", getpid());
	mark();
	syscall(SYS_process_vm_writev, getpid(), &local, 1, &remote, 1, 0);
	syscall(SYS_process_vm_writev, 99999999, &local, 1, &remote, 1, 0);
}

const struct act other_acts[] = {
	{"userfaultfd", act_userfaultfd},
	{"bpf", act_bpf},
	{"init_module", act_init_module},
	{"finit_module", act_finit_module},
	{"delete_module", act_delete_module},
	{"kexec_load", act_kexec_load},
	{"kexec_file_load", act_kexec_file_load},
	{"perf_event_open", act_perf_event_open},
	{"sethostname", act_sethostname},
	{"io_uring_setup", act_io_uring_setup},
	{"pidfd_open", act_pidfd_open},
	{"pidfd_getfd", act_pidfd_getfd},
	{"memfd_create", act_memfd_create},
	{"mmap", act_mmap},
	{"mprotect", act_mprotect},
	{"process_vm_writev", act_process_vm_writev},
	{NULL, NULL},
};
