// SPDX-License-Identifier: Apache-2.0
/*
 * The suspicious acts of the live tests that no ordinary program performs:
 * acts NAME [ARGUMENT]... does one of them for real and exits with 0.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int join(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* spawn PROGRAM [ARGUMENT]...: as a child, so that this program is its parent */
static int spawn(char **argv)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	return join(child);
}

static void copy(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, n) != n)
			fail("write");
	if (n < 0)
		fail("read");
}

/* memfd PROGRAM: runs a copy of it from a memory file */
static int memfd(char **argv)
{
	int from = open(argv[0], O_RDONLY | O_CLOEXEC);
	int to = syscall(SYS_memfd_create, "payload", 0);
	char *args[] = {"payload", NULL};
	char *env[] = {NULL};

	if (from < 0 || to < 0)
		fail("memfd");
	copy(from, to);
	syscall(SYS_execveat, to, "", args, env, AT_EMPTY_PATH);
	fail("execveat");
	return 1;
}

/* deleted PROGRAM COPY: runs COPY after its name is gone */
static int deleted(char **argv)
{
	int from = open(argv[0], O_RDONLY | O_CLOEXEC);
	int to = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char path[64];
	char *args[] = {"gone", NULL};
	char *env[] = {NULL};

	if (from < 0 || to < 0)
		fail(argv[1]);
	copy(from, to);
	close(to);
	to = open(argv[1], O_RDONLY);
	if (to < 0 || unlink(argv[1]))
		fail(argv[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
	execve(path, args, env);
	fail(path);
	return 1;
}

static int listener(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (void *)address, length) || listen(fd, 1) ||
	    getsockname(fd, (void *)address, &length))
		fail("listen");
	return fd;
}

/* redirect: makes a connection to ourselves on loopback and puts it on stdin; prints both ports */
static int redirect(char **argv)
{
	struct sockaddr_in server, client;
	socklen_t length = sizeof(client);
	int listening = listener(&server);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)argv;
	if (connect(fd, (void *)&server, sizeof(server)) ||
	    getsockname(fd, (void *)&client, &length))
		fail("connect");
	if (dup2(fd, 0) != 0)
		fail("dup2");
	printf("%d %d\n", ntohs(client.sin_port), ntohs(server.sin_port));
	close(listening);
	return 0;
}

/* attach: seizes a child of ours */
static int attach(char **argv)
{
	pid_t child = fork();

	(void)argv;
	if (child < 0)
		fail("fork");
	if (child == 0) {
		pause();
		_exit(0);
	}
	if (ptrace(PTRACE_ATTACH, child, NULL, NULL))
		fail("ptrace");
	waitpid(child, NULL, 0);
	printf("%d\n", child);
	ptrace(PTRACE_KILL, child, NULL, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}

/* traceme: asks to be traced by our parent */
static int trace_me(char **argv)
{
	(void)argv;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		fail("ptrace");
	return 0;
}

/* openat2 DIRECTORY NAME: reads NAME relative to DIRECTORY */
static int open_relative(char **argv)
{
	struct open_how how = {.flags = O_RDONLY};
	int dir = open(argv[0], O_RDONLY | O_DIRECTORY);

	if (dir < 0 || syscall(SYS_openat2, dir, argv[1], &how, sizeof(how)) < 0)
		fail(argv[1]);
	return 0;
}

/* creat PATH; an architecture without that call has it as openat only */
static int create(char **argv)
{
#ifdef SYS_creat
	int fd = syscall(SYS_creat, argv[0], 0600);
#else
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC, 0600);
#endif

	if (fd < 0)
		fail(argv[0]);
	return 0;
}

/* opens PREFIX FROM TO PAUSE: tries to open PREFIX000042 for each number in [FROM, TO), with a pause in us between */
static int open_many(char **argv)
{
	const long to = atol(argv[2]), pause = atol(argv[3]);
	const struct timespec ts = {.tv_nsec = pause * 1000};
	char path[512];
	long i;

	for (i = atol(argv[1]); i < to; i++) {
		snprintf(path, sizeof(path), "%s%06ld", argv[0], i);
		if (open(path, O_RDONLY) >= 0)
			return 1;
		if (pause)
			nanosleep(&ts, NULL);
	}
	return 0;
}

/* datagrams PORT COUNT: sends so many to one peer */
static int send_many(char **argv)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(atoi(argv[0])),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	long i;

	if (fd < 0)
		fail("socket");
	for (i = 0; i < atol(argv[1]); i++)
		if (sendto(fd, "ping", 4, 0, (const void *)&to, sizeof(to)) != 4)
			fail("sendto");
	return 0;
}

static void send_one(int fd, int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (fd < 0 || sendto(fd, "ping", 4, 0, (const void *)&to, sizeof(to)) != 4)
		fail("sendto");
}

/* peers PORT OTHER COUNT: sends to one peer before and after as many sockets as COUNT have sent to another one */
static int send_between(char **argv)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	long i;

	send_one(fd, atoi(argv[0]));
	for (i = 0; i < atol(argv[2]); i++) {
		const int other = socket(AF_INET, SOCK_DGRAM, 0);

		send_one(other, atoi(argv[1]));
		close(other);
	}
	send_one(fd, atoi(argv[0]));
	return 0;
}

static const struct {
	const char *name;
	int arguments;
	int (*act)(char **argv);
} acts[] = {
	{"spawn", 1, spawn},	    {"memfd", 1, memfd},	 {"deleted", 2, deleted},
	{"redirect", 0, redirect},  {"attach", 0, attach},	 {"openat2", 2, open_relative},
	{"creat", 1, create},	    {"traceme", 0, trace_me},	 {"opens", 4, open_many},
	{"peers", 3, send_between}, {"datagrams", 2, send_many},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(*acts); i++)
		if (!strcmp(argv[1], acts[i].name) && argc - 2 >= acts[i].arguments)
			return acts[i].act(argv + 2);
	fprintf(stderr, "usage: acts NAME [ARGUMENT]...\n");
	return 2;
}
