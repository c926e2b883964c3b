// SPDX-License-Identifier: Apache-2.0
/* Calls that change who a process is, and signals. */
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include "calls.h"

static void act_setgid(void)
{
	mark();
	syscall(SYS_setgid, 65534);
	syscall(SYS_setgid, -1);
}

static void act_setreuid(void)
{
	mark();
	syscall(SYS_setreuid, -1, 65534);
	syscall(SYS_setreuid, 1, 1);
}

static void act_setregid(void)
{
	mark();
	syscall(SYS_setregid, 65534, 65534);
	must(setuid(65534), "setuid");
	syscall(SYS_setregid, 0, -1);
}

static void act_setresuid(void)
{
	mark();
	syscall(SYS_setresuid, 65534, 65534, 65534);
	syscall(SYS_setresuid, 0, -1, 65534);
}

static void act_setresgid(void)
{
	mark();
	syscall(SYS_setresgid, 65534, -1, 0);
	must(setuid(65534), "setuid");
	syscall(SYS_setresgid, 7, 8, 9);
}

static void act_setsid(void)
{
	must(setpgid(0, 0), "setpgid");
	mark();
	syscall(SYS_setsid); /* a group's leader may not */
	if (!fork()) {
		syscall(SYS_setsid);
		number("session", getpid());
		fflush(stdout);
		_exit(0);
	}
	join(-1);
}

static void act_capset(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {
		{.permitted = 1 << CAP_KILL | 1 << CAP_CHOWN, .effective = 1 << CAP_KILL},
	};

	mark();
	syscall(SYS_capset, &header, sets);
	sets[1].permitted = 1;
	syscall(SYS_capset, &header, sets);
}

static void act_prctl(void)
{
	int subreaper = 0;
	char name[16];

	mark();
	syscall(SYS_prctl, PR_SET_NAME, "kworker/0:1");
	syscall(SYS_prctl, PR_GET_NAME, name);
	syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, &subreaper);
	syscall(SYS_prctl, PR_SET_DUMPABLE, 77);
	syscall(SYS_prctl, 9999, -1);
}

static void act_kill(void)
{
	number("self", getpid());
	mark();
	syscall(SYS_kill, getpid(), 0);
	syscall(SYS_kill, 99999999, SIGTERM);
}

static void act_tkill(void)
{
	number("self", getpid());
	mark();
	syscall(SYS_tkill, getpid(), 0);
	syscall(SYS_tkill, 99999999, SIGUSR1);
}

static void act_tgkill(void)
{
	number("self", getpid());
	mark();
	syscall(SYS_tgkill, getpid(), getpid(), 0);
	syscall(SYS_tgkill, 99999998, 99999999, SIGKILL);
}

static void act_keyctl(void)
{
	mark();
	number("result", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
	number("bad", syscall(SYS_keyctl, 9999, 1, 2) < 0 ? -errno : 0);
}

const struct act identity_acts[] = {
	{"setgid", act_setgid},
	{"setreuid", act_setreuid},
	{"setregid", act_setregid},
	{"setresuid", act_setresuid},
	{"setresgid", act_setresgid},
	{"setsid", act_setsid},
	{"capset", act_capset},
	{"prctl", act_prctl},
	{"kill", act_kill},
	{"tkill", act_tkill},
	{"tgkill", act_tgkill},
	{"keyctl", act_keyctl},
	{NULL, NULL},
};
