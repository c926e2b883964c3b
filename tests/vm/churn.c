// SPDX-License-Identifier: Apache-2.0
/*
 * The module under stress, alone: records while files are opened and processes
 * made on every CPU, readers that are killed, and unloading at any moment.
 *
 *	churn stream SECONDS	reads all that comes, checks that something does, in order
 *	churn hold		reads until it is killed
 *	churn load		makes events until it is killed
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

#define RING_BYTES (8U << 20)

static struct reader read_module(void)
{
	const __u32 want = LN_WANT_ENV | LN_WANT_WORKDIR;

	return reader_of(ln_open_module(RING_BYTES, getpid(), want, NULL), RING_BYTES);
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

static int stream(int seconds)
{
	struct reader module = read_module();
	time_t end = time(NULL) + seconds;
	__u64 records = 0, late = 0, before = 0;

	while (time(NULL) < end) {
		const struct ln_record *r = next_record(&module);

		if (!r) {
			usleep(4000);
			continue;
		}
		late += r->ts < before;
		before = r->ts;
		records++;
	}
	printf("churn: %llu records, %zu lost, %llu out of order\n", records, lost(module.sensor),
	       late);
	ln_close(module.sensor);
	return late || !records;
}

/* Waits as the sensor does: asleep until the module wakes it. */
static void hold(void)
{
	struct reader module = read_module();

	for (;;) {
		ln_arm(module.sensor);
		ln_wait(module.sensor);
		while (next_record(&module))
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
