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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/types.h>

#include "wire.h"
#include "shim/shim.h"

#define RING_BYTES (1U << 20)
#define PROBE_MAX  (16 << 20)
#define ROUNDS	   30
#define TURNS	   20000

static void die(const char *what)
{
	printf("cost: %s\n", what);
	exit(2);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static enum ln_attach_how how_of(const char *name)
{
	if (!strcmp(name, "fexit"))
		return LN_ATTACH_FEXIT;
	return strcmp(name, "perf") ? LN_ATTACH_SYS_EXIT : LN_ATTACH_PERF;
}

static void arm(const char *probe, const char *name, const char *calls)
{
	FILE *f = fopen(probe, "rb");
	char *bytes = malloc(PROBE_MAX);
	double begin, began_working, took, worked;
	struct ln_sensor *s;
	size_t len;

	if (!f || !bytes)
		die("no probe");
	len = fread(bytes, 1, PROBE_MAX, f);
	fclose(f);
	begin = now(CLOCK_MONOTONIC);
	began_working = now(CLOCK_PROCESS_CPUTIME_ID);
	s = ln_open(bytes, len, RING_BYTES, getpid(), 0, calls, how_of(name), NULL);
	if (!s || ln_attach(s)) {
		printf("%s\n", s ? ln_report(s) : "no memory");
		exit(2);
	}
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
