// SPDX-License-Identifier: Apache-2.0
/* What to do when the kernel takes no probe: the cause by name, in one line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "sensor.h"

static bool has_capability(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return true; /* unknown: blame something else */
	return data[capability / 32].effective >> (capability % 32) & 1;
}

/* bpf(2) wants CAP_SYS_ADMIN; since 5.8 CAP_BPF and, for tracing, CAP_PERFMON will do. */
static const char *missing_capability(void)
{
	if (has_capability(CAP_SYS_ADMIN))
		return NULL;
	if (!has_capability(CAP_BPF))
		return "CAP_BPF";
	return has_capability(CAP_PERFMON) ? NULL : "CAP_PERFMON";
}

static bool locked_down(void)
{
	char text[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, "[confidentiality]") != NULL;
}

static void hint_permission(char *text, size_t size)
{
	const char *capability = missing_capability();
	struct rlimit memlock;

	if (capability)
		snprintf(text, size,
			 geteuid() ? "%s is missing: run as root"
				   : "%s is missing although this is root: give it to the "
				     "container or service (CAP_SYS_ADMIN does too)",
			 capability);
	else if (locked_down())
		snprintf(text, size,
			 "kernel lockdown forbids reading kernel memory: boot without "
			 "lockdown=confidentiality");
	else if (!getrlimit(RLIMIT_MEMLOCK, &memlock) && memlock.rlim_cur != RLIM_INFINITY)
		snprintf(text, size,
			 "something forbids bpf(2): a seccomp filter, a security module, or the "
			 "limit "
			 "of locked memory (ulimit -l is %llu KiB: make it unlimited)",
			 (unsigned long long)memlock.rlim_cur / 1024);
	else
		snprintf(text, size, "a seccomp filter or a security module forbids bpf(2)");
}

void ln_hint(const struct ln_sensor *s, char *text, size_t size)
{
	bool btf = !access("/sys/kernel/btf/vmlinux", R_OK);

	if (s->is_module)
		ln_module_hint(s, text, size);
	else if (s->failed_errno == EPERM)
		hint_permission(text, size);
	else if (s->failed_errno == ENOSYS)
		snprintf(text, size, "this kernel was built without bpf(2) (CONFIG_BPF_SYSCALL)");
	else if (s->failed_errno == ENOMEM)
		snprintf(text, size, "memory is short: choose a smaller ring buffer");
	else if (!btf)
		snprintf(text, size,
			 "this kernel has no BTF (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
	else if (s->message[0])
		snprintf(text, size, "%s (%s)", s->message, strerror(s->failed_errno));
	else
		snprintf(text, size, "%s", strerror(s->failed_errno));
}
