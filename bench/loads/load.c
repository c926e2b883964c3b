// SPDX-License-Identifier: Apache-2.0
/*
 * The loads of scripts/bench: does one thing again and again and says how often, as
 * JSON: {"ops", "seconds", "cpu"}, cpu in seconds of this process and its children.
 *
 *	load open PATH PROCESSES SECONDS	open and close a file
 *	load getppid SECONDS			a system call that no rule names
 *	load connect PORT SECONDS		socket, connect to 127.0.0.1 (refused), close
 *	load exec RATE SECONDS			start a program and wait for it; RATE a second, 0: at full speed
 *	load churn RATE SECONDS			the same, each under a name and with an argument of its own
 *	load sleep SECONDS			nothing
 *	load run OPS SECONDS COMMAND...		a command that does OPS things, again and again
 *
 * A path before all that is for the command line alone, by which rules may know the process.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 256 /* operations between two looks at the clock */

extern char **environ;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double seconds_of(struct timeval t)
{
	return t.tv_sec + t.tv_usec * 1e-6;
}

static double cpu(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return seconds_of(self.ru_utime) + seconds_of(self.ru_stime) +
	       seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}

static void open_once(const void *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fail(path);
	close(fd);
}

static void getppid_once(const void *unused)
{
	(void)unused;
	syscall(SYS_getppid);
}

static void connect_once(const void *port)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(*(const int *)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (!connect(fd, (const struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "load: somebody listens at the port\n");
		exit(1);
	}
	close(fd);
}

static long repeat(double end, void (*once)(const void *), const void *argument)
{
	long ops = 0;

	while (now() < end) {
		for (int i = 0; i < AT_ONCE; i++)
			once(argument);
		ops += AT_ONCE;
	}
	return ops;
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		fail("child");
}

static long open_many(const char *path, int processes, double end)
{
	long *ops = mmap(NULL, sizeof(*ops) * processes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[processes];
	long sum = 0;

	if (ops == MAP_FAILED)
		fail("mmap");
	for (int i = 0; i < processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			fail("fork");
		if (pids[i])
			continue;
		ops[i] = repeat(end, open_once, path);
		_exit(0);
	}
	for (int i = 0; i < processes; i++)
		wait_for(pids[i]);
	for (int i = 0; i < processes; i++)
		sum += ops[i];
	return sum;
}

static void start(const char *program, char **argv)
{
	pid_t pid;

	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ))
		fail(program);
	wait_for(pid);
}

static long exec_many(char *self, int differ, double rate, double begin, double end)
{
	char name[32], argument[32];
	char *argv[] = {self, "sleep", "0", NULL, NULL};
	long ops = 0;

	if (differ) {
		argv[0] = name;
		argv[3] = argument;
	}
	while (now() < end) {
		const double wait = rate ? begin + ops / rate - now() : 0;

		if (wait > 0)
			usleep(wait * 1e6);
		snprintf(name, sizeof(name), "churn-%d-%ld", getpid(), ops);
		snprintf(argument, sizeof(argument), "/srv/%d/%ld", getpid(), ops);
		start(self, argv);
		ops++;
	}
	return ops;
}

static long run_many(long ops, double end, char **argv)
{
	long sum = 0;

	do {
		start(argv[0], argv);
		sum += ops;
	} while (now() < end);
	return sum;
}

int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == '/') {
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	const char *kind = argc > 1 ? argv[1] : "";
	const double begin = now();
	long ops = 0;

	if (!strcmp(kind, "open") && argc == 5) {
		ops = open_many(argv[2], atoi(argv[3]), begin + atof(argv[4]));
	} else if (!strcmp(kind, "getppid") && argc == 3) {
		ops = repeat(begin + atof(argv[2]), getppid_once, NULL);
	} else if (!strcmp(kind, "connect") && argc == 4) {
		const int port = atoi(argv[2]);

		ops = repeat(begin + atof(argv[3]), connect_once, &port);
	} else if ((!strcmp(kind, "exec") || !strcmp(kind, "churn")) && argc == 4) {
		ops = exec_many(argv[0], !strcmp(kind, "churn"), atof(argv[2]), begin,
				begin + atof(argv[3]));
	} else if (!strcmp(kind, "sleep") && argc >= 3) {
		usleep(atof(argv[2]) * 1e6);
		if (!atof(argv[2]))
			return 0; /* started by exec_many */
	} else if (!strcmp(kind, "run") && argc > 4) {
		ops = run_many(atol(argv[2]), begin + atof(argv[3]), argv + 4);
	} else {
		fprintf(stderr, "usage: see load.c\n");
		return 2;
	}
	printf("{\"ops\":%ld,\"seconds\":%.6f,\"cpu\":%.6f}\n", ops, now() - begin, cpu());
	return 0;
}
