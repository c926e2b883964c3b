// SPDX-License-Identifier: Apache-2.0
/*
 * The module under stress, alone: records while files are opened and processes
 * made on every CPU, readers that are killed, and unloading at any moment.
 *
 *	churn stream SECONDS	reads all that comes, checks order and losses
 *	churn hold		reads until it is killed
 *	churn load		makes events until it is killed
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/types.h>

#include "wire.h"
#include "shim/shim.h"

#define RING_BYTES (8U << 20)

struct totals {
	__u64 records, late, bytes, before;
};

static void die(const char *what)
{
	printf("churn: %s\n", what);
	exit(2);
}

static struct ln_sensor *sensor(void)
{
	struct ln_sensor *s =
		ln_open_module(RING_BYTES, getpid(), LN_WANT_ENV | LN_WANT_WORKDIR, NULL);

	if (!s || ln_attach(s)) {
		printf("%s\n", s ? ln_report(s) : "no memory");
		exit(2);
	}
	return s;
}

/* Opens files that are and are not there; one process in 64 turns. */
static void load(void)
{
	unsigned long i;

	for (i = 0;; i++) {
		int fd = open(i & 1 ? "/etc/passwd" : "/tmp/no/such/file", O_RDONLY);

		if (fd >= 0)
			close(fd);
		if (i % 64)
			continue;
		if (!fork()) {
			execl("/bin/true", "true", "an argument", NULL);
			_exit(127);
		}
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
}

static bool drain(struct ln_sensor *s, struct totals *t)
{
	const char *ring = ln_ring(s);
	__u32 bytes = ln_peek(s, 1 << 18);
	__u64 end = t->bytes + bytes;

	while (t->bytes < end) {
		const char *frame = ring + (t->bytes & (RING_BYTES - 1));
		const struct ln_record *r = (const void *)(frame + 8);

		if (*(const __u32 *)frame != r->len || r->len > LN_RECORD_MAX)
			die("a frame's length is not its record's");
		t->late += r->ts < t->before;
		t->before = r->ts;
		t->records++;
		t->bytes += 8 + ((r->len + 7) & ~7U);
	}
	ln_consume(s, bytes);
	return bytes;
}

static int stream(int seconds)
{
	uint64_t losses[LN_CLASSES * LN_REASONS], lost = 0;
	struct ln_sensor *s = sensor();
	time_t end = time(NULL) + seconds;
	struct totals t = {};
	int n;

	while (time(NULL) < end) {
		if (!drain(s, &t))
			usleep(4000);
	}
	n = ln_losses(s, losses, LN_CLASSES * LN_REASONS);
	while (n--)
		lost += n % LN_REASONS == LN_LOST_FAULT ? 0 : losses[n];
	printf("churn: %llu records, %llu lost, %llu out of order\n", t.records,
	       (unsigned long long)lost, t.late);
	ln_close(s);
	return t.late || !t.records;
}

/* Waits as the sensor does: asleep until the module wakes it. */
static void hold(void)
{
	struct ln_sensor *s = sensor();
	struct totals t = {};

	for (;;) {
		ln_arm(s);
		ln_wait(s);
		while (drain(s, &t))
			;
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "stream"))
		return stream(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "hold"))
		hold();
	if (argc == 2 && !strcmp(argv[1], "load"))
		load();
	die("usage: churn stream SECONDS | hold | load");
}
