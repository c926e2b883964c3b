// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a command under two drivers at once and holds the second's records against
 * the probe's: byte by byte but for the time and the CPU, which each takes itself.
 *
 *	compare PROBE.bpf.o module COMMAND...
 *	compare PROBE.bpf.o fexit COMMAND...	the probe on each call's return
 *	compare PROBE.bpf.o perf COMMAND...	the probe run by perf
 *
 * The first is attached as `auto` has it: what it loses nothing by on this kernel.
 * With a plan's tables in the environment's TABLES, both filter by them.
 *
 * Prints the first differences and a count; exits with 1 when there was any, when a
 * type of event was not among what the command did (but with TABLES), or the command failed.
 */
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "events.gen.h"
#include "tool.h"
#include "shim/sensor.h"

#define RING_BYTES  (16U << 20)
#define SHOWN	    10
#define TOGETHER_NS 50000000 /* threads that end within this may have ended at once */

struct stream {
	const char *name;
	struct ln_sensor *sensor;
	const struct ln_record **records;
	size_t count;
};

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void filter_and_attach(struct stream *s)
{
	const char *tables = getenv("TABLES");
	size_t len = 0;
	void *bytes = tables ? read_file(tables, &len) : NULL;

	if (s->sensor && bytes && ln_filter_set(s->sensor, bytes, len, 0))
		die(ln_report(s->sensor));
	attached(s->sensor);
}

/* The system calls that trampolines can be hung on: all but setsid. */
static char *all_calls(void)
{
	char *names = calloc(LN_SYSCALLS_MAX, LN_NAME_MAX);
	int nr;

	for (nr = 0; names && nr < LN_SYSCALLS_MAX; nr++) {
		const char *name = ln_syscall_name(nr);

		if (name && strcmp(name, "setsid"))
			strcat(strcat(names, name), " ");
	}
	return names;
}

static int by_task(const void *a, const void *b)
{
	const struct ln_record *x = *(const struct ln_record *const *)a;
	const struct ln_record *y = *(const struct ln_record *const *)b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->ts < y->ts ? -1 : x->ts > y->ts;
}

/*
 * Copies what came in [from, to), sorted by task and time. without_rings: not what was
 * done through an io_uring, which the module does not know.
 */
static void collect(struct stream *s, __u64 from, __u64 to, bool without_rings)
{
	struct reader reader = {.sensor = s->sensor, .ring_bytes = RING_BYTES};
	const struct ln_record *r;
	__u64 before = 0;

	s->records = calloc(1 << 20, sizeof(void *));
	while ((r = next_record(&reader))) {
		struct ln_record *copy;

		if (!strcmp(s->name, "module") && r->ts < before)
			die("records are not in the order of time");
		before = r->ts;
		if (r->ts < from || r->ts >= to || (without_rings && r->flags & LN_F_IO_URING))
			continue;
		copy = malloc(r->len);
		memcpy(copy, r, r->len);
		s->records[s->count++] = copy;
	}
	qsort(s->records, s->count, sizeof(void *), by_task);
}

static void show(const struct ln_record *x, const struct ln_record *y)
{
	const struct ln_param *p = (const void *)(x + 1), *q = (const void *)(y + 1);
	unsigned int i;

	printf("tid %u: type %u/%u, length %u/%u, cpu %u/%u, flags %u/%u, pid %u/%u, ppid %u/%u, "
	       "uid %u/%u, gid %u/%u\n",
	       x->tid, x->type, y->type, x->len, y->len, x->cpu, y->cpu, x->flags, y->flags, x->pid,
	       y->pid, x->ppid, y->ppid, x->uid, y->uid, x->gid, y->gid);
	if (x->type != y->type)
		return;
	for (i = 0; i < x->nparams; i++) {
		const char *a = parameter(x, i), *b = parameter(y, i);

		if (p[i].len == q[i].len && !memcmp(a, b, p[i].len))
			continue;
		printf("  parameter %u: length %u/%u", i, p[i].len, q[i].len);
		if (p[i].len == 8 && q[i].len == 8)
			printf(", %lld/%lld", *(const long long *)a, *(const long long *)b);
		printf(", \"%.*s\"/\"%.*s\"\n", (int)p[i].len, a, (int)q[i].len, b);
	}
}

/* A procexit record's last parameter; *at is where it begins. */
static bool is_last(const struct ln_record *r, size_t *at)
{
	const char *last = parameter(r, LN_PROCEXIT_last);

	*at = last - (const char *)r;
	return *(const __u64 *)last;
}

/*
 * Whether x, the end of a thread, may become the process's last between the two
 * looks at it: another thread of it, the last, ended at about the same time.
 */
static bool may_turn_last(const struct stream *probe, const struct ln_record *x)
{
	size_t i, at;

	for (i = 0; i < probe->count; i++) {
		const struct ln_record *r = probe->records[i];

		if (r->type == LN_EV_PROCEXIT && r->pid == x->pid && r->tid != x->tid &&
		    is_last(r, &at) && r->ts - x->ts + TOGETHER_NS < 2 * TOGETHER_NS)
			return true;
	}
	return false;
}

/* The records of probe, which looks first, and module of the same event. */
static bool same(const struct stream *probe, const struct ln_record *x, const struct ln_record *y)
{
	struct ln_record a = *x, b = *y;
	size_t end = x->len, at;

	a.ts = b.ts = 0;
	a.cpu = b.cpu = 0; /* a task may be moved between the two looks */
	if (x->type == LN_EV_PROCEXIT && y->type == x->type && !is_last(x, &at) &&
	    is_last(y, &at) && may_turn_last(probe, x))
		end = at;
	if (x->ppid == 1 || y->ppid == 1)
		a.ppid = b.ppid = 0; /* the parent died between the two looks */
	return !memcmp(&a, &b, sizeof(a)) && !memcmp(x + 1, y + 1, end - sizeof(*x));
}

int main(int argc, char **argv)
{
	const __u32 want = LN_WANT_ENV | LN_WANT_WORKDIR | LN_WANT_DATA;
	struct stream probe = {.name = "probe"}, other = {};
	size_t len, i, differ = 0, types = 0, due = LN_TYPES;
	bool seen[512] = {};
	__u64 from, to;
	void *bytes;
	char *calls;
	int status;

	if (argc < 4)
		die("usage: compare PROBE.bpf.o module|fexit|perf COMMAND...");
	other.name = argv[2];
	bytes = read_file(argv[1], &len);
	calls = strcmp(other.name, "fexit") ? NULL : all_calls();
	due -= calls != NULL; /* setsid */
	probe.sensor = ln_open(bytes, len, RING_BYTES, getpid(), want, calls, LN_ATTACH_AUTO, NULL);
	if (!strcmp(other.name, "module"))
		other.sensor = ln_open_module(RING_BYTES, getpid(), want, NULL);
	else
		other.sensor = ln_open(bytes, len, RING_BYTES, getpid(), want, calls,
				       attach_how(other.name), NULL);
	filter_and_attach(&probe);
	filter_and_attach(&other);
	from = now();
	if (!fork()) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	wait(&status);
	usleep(300000);
	to = now();
	usleep(1000);
	collect(&probe, from, to, !strcmp(other.name, "module"));
	collect(&other, from, to, !strcmp(other.name, "module"));
	for (i = 0; i < probe.count && i < other.count; i++) {
		const struct ln_record *x = probe.records[i], *y = other.records[i];

		types += !seen[x->type & 511];
		seen[x->type & 511] = true;
		if (same(&probe, x, y))
			continue;
		if (differ++ < SHOWN)
			show(x, y);
	}
	printf("compare: probe %zu records (%zu lost), %s %zu records (%zu lost), %zu types, "
	       "%zu differ\n",
	       probe.count, lost(probe.sensor), other.name, other.count, lost(other.sensor), types,
	       differ);
	differ += lost(other.sensor) + (probe.count != other.count) + !probe.count + (status != 0);
	if (types < due && !getenv("TABLES")) {
		printf("compare: %zu of %zu types of events\n", types, due);
		differ++;
	}
	ln_close(other.sensor);
	ln_close(probe.sensor);
	return differ != 0;
}
