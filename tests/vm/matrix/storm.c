// SPDX-License-Identifier: Apache-2.0
/*
 * storm THREADS TURNS: records that carry their own check, made by threads that
 * preempt one another: each sleeps shortly and wakes with a priority above the
 * one before. A turn opens a file that isn't there, named THREAD/TURN/LETTERS; one
 * in ten runs a program with the same as its arguments. The letters are one,
 * repeated; which and how often follows from thread and turn, so that a record
 * in which two are mixed is seen.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 16

static int turns;

static void letters(char *out, int thread, int turn)
{
	int n = 40 + (thread * 53 + turn) % 160;

	memset(out, 'a' + (thread * 7 + turn) % 26, n);
	out[n] = 0;
}

static void run(int thread, int turn, const char *text)
{
	char a[16], b[16];
	char *argv[] = {"acts", "storm", a, b, (char *)text, NULL};
	pid_t child;

	snprintf(a, sizeof(a), "%d", thread);
	snprintf(b, sizeof(b), "%d", turn);
	if (posix_spawn(&child, "/share/acts", NULL, NULL, argv, NULL)) {
		fprintf(stderr, "storm: no process\n");
		exit(1);
	}
	waitpid(child, NULL, 0);
}

static void *work(void *arg)
{
	int thread = (int)(long)arg, turn;
	struct sched_param priority = {.sched_priority = 1 + thread};
	struct timespec pause = {.tv_nsec = 20000 + 7000 * thread};
	char text[256], path[320];

	/* refused where root has no such right: then they only take turns */
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
	for (turn = 0; turn < turns; turn++) {
		letters(text, thread, turn);
		snprintf(path, sizeof(path), "/tmp/storm/%d/%d/%s", thread, turn, text);
		if (open(path, O_RDONLY) >= 0)
			exit(1);
		if (turn % 10 == 0)
			run(thread, turn, text);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc == 3 ? atoi(argv[1]) : 0, i;
	pthread_t ids[THREADS_MAX];

	turns = argc == 3 ? atoi(argv[2]) : 0;
	if (threads < 1 || threads > THREADS_MAX || turns < 1) {
		fprintf(stderr, "usage: storm THREADS TURNS\n");
		return 2;
	}
	for (i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, work, (void *)(long)i))
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
