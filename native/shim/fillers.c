// SPDX-License-Identifier: Apache-2.0
/* Which system call each filler is for, on this machine's architecture. */
#include <string.h>
#include <sys/syscall.h>

#include "sensor.h"
#ifdef __x86_64__
#include "sense/ia32.h"
#endif

#define CALL(name) [__NR_##name] = #name

static const char *const calls[LN_SYSCALLS_MAX] = {
#ifdef __NR_open /* what newer architectures have only the ...at form of */
	CALL(open),
	CALL(creat),
	CALL(fork),
	CALL(vfork),
	CALL(dup2),
	CALL(pipe),
	[LN_NR_UMOUNT] = "umount",
	CALL(rename),
	CALL(symlink),
	CALL(link),
	CALL(unlink),
	CALL(mkdir),
	CALL(rmdir),
	CALL(chmod),
	CALL(chown),
	CALL(lchown),
#endif
	CALL(accept),
	CALL(accept4),
	CALL(bpf),
	CALL(clone),
	CALL(clone3),
	CALL(connect),
	CALL(dup),
	CALL(dup3),
	CALL(pipe2),
	CALL(execve),
	CALL(execveat),
	CALL(fchmod),
	CALL(fchmodat),
	CALL(finit_module),
	CALL(init_module),
	CALL(linkat),
	CALL(listen),
	CALL(mkdirat),
	CALL(openat),
	CALL(openat2),
	CALL(ptrace),
	CALL(recvfrom),
	CALL(recvmsg),
	CALL(renameat),
	CALL(renameat2),
	CALL(sendmsg),
	CALL(sendto),
	CALL(setns),
	CALL(setuid),
	CALL(socket),
	CALL(symlinkat),
	CALL(unlinkat),
	CALL(unshare),
	CALL(userfaultfd),
	CALL(setgid),
	CALL(setreuid),
	CALL(setregid),
	CALL(setresuid),
	CALL(setresgid),
	CALL(setsid),
	CALL(capset),
	CALL(prctl),
	CALL(kill),
	CALL(tkill),
	CALL(tgkill),
	CALL(process_vm_writev),
	CALL(pidfd_open),
	CALL(pidfd_getfd),
	CALL(open_by_handle_at),
	CALL(bind),
	CALL(fchown),
	CALL(fchownat),
	CALL(chdir),
	CALL(fchdir),
	CALL(chroot),
	CALL(pivot_root),
	CALL(mount),
	CALL(umount2),
	CALL(swapon),
	CALL(quotactl),
	CALL(mmap),
	CALL(mprotect),
	CALL(memfd_create),
	CALL(io_uring_setup),
	CALL(delete_module),
	CALL(kexec_load),
	CALL(kexec_file_load),
	CALL(perf_event_open),
	CALL(sethostname),
	CALL(keyctl),
};

const char *ln_syscall_name(int nr)
{
	return nr >= 0 && nr < LN_SYSCALLS_MAX ? calls[nr] : NULL;
}

bool ln_is_wanted(const struct ln_sensor *s, const char *call)
{
	size_t len = strlen(call);
	const char *at = s->calls;

	if (!at)
		return true;
	while ((at = strstr(at, call))) {
		if ((at == s->calls || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

int ln_filler_syscall(const char *program)
{
	int nr;

	if (strncmp(program, "fill_", 5))
		return -1;
	for (nr = 0; nr < LN_SYSCALLS_MAX; nr++) {
		if (calls[nr] && !strcmp(calls[nr], program + 5))
			return nr;
	}
	return -2;
}

#ifdef __x86_64__
static bool has_syscall(const struct ln_sensor *s, unsigned int nr)
{
	return s->config.syscalls[nr / 64] >> nr % 64 & 1;
}
#endif

void ln_find_compat(struct ln_sensor *s)
{
	memset(s->config.compat, 0, sizeof(s->config.compat));
#ifdef __x86_64__
	size_t i;

	for (i = 0; i < IA32_CALLS; i++) {
		if (ia32_to_64[i] && has_syscall(s, ia32_to_64[i]))
			s->config.compat[i / 64] |= 1ULL << i % 64;
	}
	for (i = 0; i < IA32_SOCKETCALLS; i++) {
		if (ia32_socketcalls[i] && has_syscall(s, ia32_socketcalls[i]))
			s->config.compat[IA32_SOCKETCALL / 64] |= 1ULL << IA32_SOCKETCALL % 64;
	}
#endif
}
