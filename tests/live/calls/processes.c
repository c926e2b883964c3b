// SPDX-License-Identifier: Apache-2.0
/* The making and the end of processes, what they run and as whom. */
#include <linux/sched.h>
#include "calls.h"

static char *const arguments[] = {"false", "one", "two words", NULL};
static char *const environment[] = {"KEY=value", "OTHER=", NULL};

static void act_execve(void)
{
	pid_t child;

	make_directory("dir");
	mark();
	syscall(SYS_execve, "dir", arguments, environment);
	syscall(SYS_execve, NOWHERE, NULL, NULL);
	child = fork();
	if (!child) {
		syscall(SYS_execve, "/bin/false", arguments, environment);
		_exit(1);
	}
	number("child", child);
	number("status", join(child));
}

/* successful ones come as execve */
static void act_execveat(void)
{
	int dir = make_directory("dir");

	mark();
	syscall(SYS_execveat, dir, "absent", arguments, environment, 0);
	syscall(SYS_execveat, NO_FD, "", arguments, NULL, AT_EMPTY_PATH);
}

static void act_memfd_exec(void)
{
	int program = must(memfd_create("payload", MFD_CLOEXEC), "memfd_create");
	int from = must(open("/bin/false", O_RDONLY), "false");
	char buffer[65536];
	ssize_t n;
	pid_t child;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		must(write(program, buffer, n), "write");
	descriptor("program", program);
	mark();
	child = fork();
	if (!child) {
		syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
		_exit(1);
	}
	number("child", child);
	join(child);
}

static void end(long child)
{
	if (child == 0)
		_exit(0);
	must(child, "clone");
	number("maker", getpid());
	number("child", child);
	join(child);
}

#ifdef SYS_fork
static void act_fork(void)
{
	mark();
	end(syscall(SYS_fork));
}

static void act_vfork(void)
{
	pid_t child;

	mark();
	child = vfork(); /* a system call of its own would return twice from this function */
	if (child == 0)
		_exit(0);
	number("maker", getpid());
	number("child", child);
	join(child);
}
#endif

static void act_clone(void)
{
	mark();
	end(syscall(SYS_clone, CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD, NULL, NULL, NULL, NULL));
}

static void act_clone3(void)
{
	struct clone_args how = {.flags = CLONE_NEWPID, .exit_signal = SIGCHLD};

	mark();
	end(syscall(SYS_clone3, &how, sizeof(how)));
}

/* a child whose parent is its maker's parent */
static void act_clone_parent(void)
{
	int channel[2];
	pid_t maker;
	int child = 0;

	must(pipe(channel), "pipe");
	mark();
	maker = fork();
	if (!maker) {
		child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
		if (child)
			must(write(channel[1], &child, sizeof(child)), "write");
		_exit(0);
	}
	must(read(channel[0], &child, sizeof(child)), "read");
	number("maker", maker);
	number("child", child);
	number("parent", getpid());
	join(maker);
	join(child);
}

static void act_procexit(void)
{
	int channel[2], adopter = 0;
	pid_t child;
	char rest;

	must(pipe(channel), "pipe");
	mark();
	child = fork();
	if (!child)
		_exit(7);
	number("exited", child);
	join(child);
	child = fork();
	if (!child) {
		raise(SIGKILL);
		_exit(1);
	}
	number("killed", child);
	join(child);
	child = fork();
	if (!child) {
		pid_t parent = getpid();

		if (!fork()) {
			int adopter;

			while ((adopter = getppid()) == parent)
				usleep(1000);
			must(write(channel[1], &adopter, sizeof(adopter)), "write");
			_exit(0);
		}
		_exit(0);
	}
	join(child);
	close(channel[1]);
	must(read(channel[0], &adopter, sizeof(adopter)), "read");
	must(read(channel[0], &rest, 1), "read"); /* until the orphan has ended */
	number("adopter", adopter);
}

static void act_ptrace(void)
{
	long word = 0x1234;
	pid_t child = must(fork(), "fork");

	if (!child)
		for (;;)
			pause();
	number("child", child);
	number("address", (long)&word);
	mark();
	syscall(SYS_ptrace, PTRACE_SEIZE, child, 0, 0);
	syscall(SYS_ptrace, PTRACE_INTERRUPT, child, 0, 0);
	join(child);
	syscall(SYS_ptrace, PTRACE_POKEDATA, child, &word, 0x4321);
	syscall(SYS_ptrace, PTRACE_PEEKDATA, child, &word, &word);
	syscall(SYS_ptrace, PTRACE_CONT, 99999999, 0, SIGTERM);
	kill(child, SIGKILL);
}

static void act_setuid(void)
{
	mark();
	syscall(SYS_setuid, 0);
	syscall(SYS_setuid, -1);
	syscall(SYS_setuid, 65534);
	syscall(SYS_setuid, 0);
}

static void act_setns(void)
{
	int ns = must(open("/proc/self/ns/uts", O_RDONLY), "namespace");

	descriptor("ns", ns);
	mark();
	syscall(SYS_setns, ns, CLONE_NEWUTS);
	syscall(SYS_setns, NO_FD, 0);
}

static void act_unshare(void)
{
	mark();
	syscall(SYS_unshare, CLONE_NEWUTS | CLONE_FILES);
	syscall(SYS_unshare, 1);
}

const struct act process_acts[] = {
	{"execve", act_execve},	    {"execveat", act_execveat}, {"memfd-exec", act_memfd_exec},
#ifdef SYS_fork
	{"fork", act_fork},	    {"vfork", act_vfork},
#endif
	{"clone", act_clone},	    {"clone3", act_clone3},	{"clone-parent", act_clone_parent},
	{"procexit", act_procexit}, {"ptrace", act_ptrace},	{"setuid", act_setuid},
	{"setns", act_setns},	    {"unshare", act_unshare},	{NULL, NULL},
};
