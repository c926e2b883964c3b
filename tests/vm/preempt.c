// SPDX-License-Identifier: Apache-2.0
/*
 * Whether events are lost where tasks preempt one another within the probe.
 *
 *	preempt PROBE.bpf.o auto|fexit|perf|sys_exit THREADS TURNS
 *
 * Threads of rising real-time priorities sleep shortly, open a file that isn't
 * there, and in one turn of ten make a process that runs a program. Everything of
 * theirs is counted. Exits with 1 when anything is missing or counted as lost.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "events.gen.h"
#include "tool.h"

#define RING_BYTES  (64U << 20)
#define THREADS_MAX 16
#define MISSING	    "/tmp/storm/"

enum { OPENS, EXECS, FORKS, EXITS, KINDS };

static int threads, turns;

static void run_program(void)
{
	char *argv[] = {"true", MISSING, NULL};
	pid_t child;

	if (posix_spawn(&child, "/bin/true", NULL, NULL, argv, NULL))
		die("no process");
	waitpid(child, NULL, 0);
}

static void *work(void *arg)
{
	const int thread = (int)(long)arg;
	const struct sched_param priority = {.sched_priority = 1 + thread};
	const struct timespec pause = {.tv_nsec = 20000 + 7000 * thread};
	char path[64];
	int turn;

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority))
		die("no right to real-time priorities");
	for (turn = 0; turn < turns; turn++) {
		snprintf(path, sizeof(path), MISSING "%d/%d", thread, turn);
		if (open(path, O_RDONLY) >= 0)
			die(path);
		if (turn % 10 == 0)
			run_program();
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void storm(void)
{
	pthread_t ids[THREADS_MAX];
	long i;

	for (i = 0; i < threads; i++) {
		if (pthread_create(&ids[i], NULL, work, (void *)i))
			die("no thread");
	}
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static const char *text(const struct ln_record *r, unsigned int i)
{
	return ((const struct ln_param *)(r + 1))[i].len ? parameter(r, i) : "";
}

/* Counts a record that is of the storm, whose process has this id. */
static void count(size_t *seen, const struct ln_record *r, __u32 storm_pid)
{
	switch (r->type) {
	case LN_EV_OPEN:
	case LN_EV_OPENAT:
		if (r->pid == storm_pid)
			seen[OPENS] += !strncmp(
				text(r, r->type == LN_EV_OPEN ? LN_OPEN_name : LN_OPENAT_name),
				MISSING, strlen(MISSING));
		break;
	case LN_EV_EXECVE:
		seen[EXECS] += r->ppid == storm_pid;
		break;
	case LN_EV_CLONE:
	case LN_EV_CLONE3:
	case LN_EV_FORK:
	case LN_EV_VFORK:
		seen[FORKS] += r->ppid == storm_pid || (r->pid == storm_pid && r->tid != r->pid);
		break;
	case LN_EV_PROCEXIT:
		seen[EXITS] += r->ppid == storm_pid || (r->pid == storm_pid && r->tid != r->pid);
		break;
	}
}

static void drain(struct reader *reader, size_t *seen, __u32 storm_pid)
{
	const struct ln_record *r;

	while ((r = next_record(reader)))
		count(seen, r, storm_pid);
}

/* Says what was lost of which class, for which reason; whether that is a fault. */
static bool losses(struct ln_sensor *s)
{
	static const char *const classes[] = {"exec", "process", "open", "network", "other"};
	uint64_t losses[LN_CLASSES * LN_REASONS];
	int n = ln_losses(s, losses, LN_CLASSES * LN_REASONS), i;

	for (i = 0; i < n; i++) {
		if (losses[i])
			printf(", %llu lost (%s, reason %d)", (unsigned long long)losses[i],
			       classes[i / LN_REASONS], i % LN_REASONS);
	}
	return lost(s);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"opens", "execs", "forks", "exits"};
	size_t seen[KINDS] = {}, due[KINDS], i, programs;
	struct reader reader;
	char way[16] = "";
	bool fine = true;
	void *probe;
	size_t len;
	pid_t child;

	threads = argc == 5 ? atoi(argv[3]) : 0;
	turns = argc == 5 ? atoi(argv[4]) : 0;
	if (threads < 1 || threads > THREADS_MAX || turns < 1)
		die("usage: preempt PROBE.bpf.o auto|fexit|perf|sys_exit THREADS TURNS");
	programs = (size_t)threads * ((turns + 9) / 10);
	due[OPENS] = (size_t)threads * turns;
	due[EXECS] = programs;
	due[FORKS] = due[EXITS] = programs + threads;
	probe = read_file(argv[1], &len);
	reader = reader_of(ln_open(probe, len, RING_BYTES, getpid(), 0,
				   "open openat execve clone clone3", attach_how(argv[2]), NULL),
			   RING_BYTES);
	child = fork();
	if (!child) {
		storm();
		_exit(0);
	}
	while (!waitpid(child, NULL, WNOHANG)) {
		drain(&reader, seen, child);
		usleep(1000);
	}
	usleep(100000);
	drain(&reader, seen, child);
	sscanf(strstr(ln_report(reader.sensor), "\"attach\":"), "\"attach\":\"%15[^\"]", way);
	printf("preempt: %s", way);
	for (i = 0; i < KINDS; i++) {
		printf(", %zu of %zu %s", seen[i], due[i], names[i]);
		fine = fine && seen[i] == due[i];
	}
	fine = !losses(reader.sensor) && fine;
	printf("\n");
	ln_close(reader.sensor);
	return !fine;
}
