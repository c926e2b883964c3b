// SPDX-License-Identifier: Apache-2.0
/*
 * What a way of attaching costs: the machine until it is armed, and a system call
 * that nobody watches.
 *
 *	cost PROBE.bpf.o none|fexit|perf|sys_exit CALLS
 *
 * CALLS are names of system calls, separated by spaces. Prints how much work it is
 * until it is armed, and how long is waited besides, for the kernel's grace periods;
 * then what one getppid takes, the least of many rounds. All by the clocks: under
 * qemu's -icount shift=0 these count instructions, a ns each.
 */
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "tool.h"

#define RING_BYTES (1U << 20)
#define ROUNDS	   30
#define TURNS	   20000

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void arm(const char *path, const char *how, const char *calls)
{
	double begin, began_working, took, worked;
	size_t len;
	void *probe = read_file(path, &len);

	begin = now(CLOCK_MONOTONIC);
	began_working = now(CLOCK_PROCESS_CPUTIME_ID);
	attached(ln_open(probe, len, RING_BYTES, getpid(), 0, calls, attach_how(how), NULL));
	took = now(CLOCK_MONOTONIC) - begin;
	worked = now(CLOCK_PROCESS_CPUTIME_ID) - began_working;
	printf("armed by %.0f million ns of work and %.0f ms of waiting, ", worked / 1e6,
	       (took - worked) / 1e6);
}

int main(int argc, char **argv)
{
	double least = 1e18;
	int round, turn;

	if (argc != 4)
		die("usage: cost PROBE.bpf.o none|fexit|perf|sys_exit CALLS");
	if (strcmp(argv[2], "none"))
		arm(argv[1], argv[2], argv[3]);
	for (round = 0; round < ROUNDS; round++) {
		double begin = now(CLOCK_MONOTONIC), took;

		for (turn = 0; turn < TURNS; turn++)
			syscall(SYS_getppid);
		took = (now(CLOCK_MONOTONIC) - begin) / TURNS;
		least = took < least ? took : least;
	}
	printf("getppid %.0f ns\n", least);
	return 0;
}
