// SPDX-License-Identifier: Apache-2.0
/*
 * The filter in both drivers at once, with tables of real plans: what no rule wants
 * stays in the kernel; tables and watched calls that change under load lose no event.
 *
 *	filter PROBE.bpf.o ONE.tables OTHER.tables	plans that both want files below WANTED
 *
 * Prints a line for each driver; exits with 1 when there is anything to complain of.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.gen.h"
#include "tool.h"

#define RING_BYTES (16U << 20)
#define WANTED	   "/tmp/wanted/"
#define OPENS	   20000
#define ALLOWED	   5 /* records for each 1000 opens that nobody wants */

struct stream {
	const char *name;
	struct ln_sensor *sensor;
	struct reader reader;
	unsigned int unwanted; /* records of opens of other files */
	unsigned int seen;     /* files below WANTED */
	unsigned int doubled;
	bool files[OPENS];
};

static bool is_open(const struct ln_record *r)
{
	return r->type == LN_EV_OPEN || r->type == LN_EV_OPENAT;
}

static void count(struct stream *s, const struct ln_record *r)
{
	const char *name = parameter(r, r->type == LN_EV_OPEN ? LN_OPEN_name : LN_OPENAT_name);
	unsigned int number;

	if (sscanf(name, WANTED "%u", &number) != 1 || number >= OPENS) {
		s->unwanted++;
		return;
	}
	s->doubled += s->files[number];
	s->seen += !s->files[number];
	s->files[number] = true;
}

/* Takes what has come of opens by this process. */
static void drain(struct stream *s, __u32 pid)
{
	const struct ln_record *r;

	while ((r = next_record(&s->reader))) {
		if (r->pid == pid && is_open(r))
			count(s, r);
	}
}

/* Opens files that nobody wants, or such as both plans want. */
static void act(bool wanted)
{
	static const char *const others[] = {"/usr/lib/%u.so", "/proc/self/stat", "/etc/passwd%u",
					     "/var/lib/some/where/%u", "/nowhere-%u"};
	char name[64];
	unsigned int i;

	for (i = 0; i < OPENS; i++) {
		int fd;

		snprintf(name, sizeof(name), wanted ? WANTED "%u" : others[i % 5], i);
		fd = open(name, O_RDONLY);
		if (fd >= 0)
			close(fd);
	}
	_exit(0);
}

static void set(struct stream *s, const void *tables, size_t len)
{
	int err = ln_filter_set(s->sensor, tables, len, 0);

	if (err) {
		printf("filter: %s: %s\n", s->name, strerror(-err));
		exit(2);
	}
}

/* Asks for other calls, of which both lists have those that are counted. */
static void change(struct stream *s, const void *probe, size_t len, const char *calls)
{
	int err = ln_change(s->sensor, probe, len, 0, calls);

	if (err) {
		printf("filter: %s: other calls: %s\n", s->name, strerror(-err));
		exit(2);
	}
}

/* All that was, also calls that need not have been watched. */
static size_t any_lost(struct ln_sensor *s)
{
	uint64_t losses[LN_CLASSES * LN_REASONS];
	int n = ln_losses(s, losses, LN_CLASSES * LN_REASONS);
	size_t sum = 0;

	while (n--)
		sum += n % LN_REASONS == LN_LOST_FILTER_FULL ? 0 : losses[n];
	return sum;
}

int main(int argc, char **argv)
{
	static struct stream streams[2] = {{.name = "probe"}, {.name = "module"}};
	size_t len, lens[2];
	void *tables[2];
	void *probe;
	unsigned int changes = 0, i;
	bool bad = false;
	int status;
	pid_t pid;

	if (argc != 4)
		die("usage: filter PROBE.bpf.o ONE.tables OTHER.tables");
	probe = read_file(argv[1], &len);
	tables[0] = read_file(argv[2], lens);
	tables[1] = read_file(argv[3], lens + 1);
	mkdir("/tmp/wanted", 0700);
	streams[0].sensor =
		ln_open(probe, len, RING_BYTES, getpid(), 0, NULL, LN_ATTACH_AUTO, NULL);
	streams[1].sensor = ln_open_module(RING_BYTES, getpid(), 0, NULL);
	for (i = 0; i < 2; i++) {
		streams[i].reader = reader_of(streams[i].sensor, RING_BYTES);
		set(streams + i, tables[0], lens[0]);
	}

	pid = fork();
	if (!pid)
		act(false);
	waitpid(pid, &status, 0);
	usleep(300000);
	for (i = 0; i < 2; i++)
		drain(streams + i, pid);

	pid = fork();
	if (!pid)
		act(true);
	while (!waitpid(pid, &status, WNOHANG)) {
		changes++;
		for (i = 0; i < 2; i++) {
			change(streams + i, probe, len,
			       changes % 2 ? "open openat" : "open openat connect unlink");
			/* one plan, the other, none */
			set(streams + i, changes % 3 ? tables[changes % 3 - 1] : NULL,
			    changes % 3 ? lens[changes % 3 - 1] : 0);
			drain(streams + i, pid);
		}
	}
	usleep(300000);
	for (i = 0; i < 2; i++) {
		struct stream *s = streams + i;
		size_t losses = any_lost(s->sensor);

		drain(s, pid);
		printf("filter: %s: %.2f records for 1000 unwanted opens; %u of %u wanted in %u "
		       "changes of tables, %u twice, %zu lost\n",
		       s->name, s->unwanted * 1000.0 / OPENS, s->seen, OPENS, changes, s->doubled,
		       losses);
		bad |= s->unwanted > ALLOWED * OPENS / 1000 || s->seen != OPENS || s->doubled ||
		       losses;
		if (ln_filter_set(s->sensor, tables[0], lens[0] - 8, 0) != -EINVAL) {
			printf("filter: %s takes tables that were cut off\n", s->name);
			bad = true;
		}
		ln_close(s->sensor);
	}
	return bad || changes < 10;
}
