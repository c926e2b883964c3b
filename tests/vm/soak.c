// SPDX-License-Identifier: Apache-2.0
/*
 * Both drivers at once while processes come and go for long: each event of the load
 * must have come, or be counted as lost, and a task's must be in the order of time. Those
 * of different tasks may overtake one another: the probe's always, the module's where a
 * processor made no progress for longer than the reader waits for it.
 *
 *	soak PROBE.bpf.o MINUTES
 *
 * Prints a line for each driver, every five minutes and at the end; exits with 1 when
 * there is anything to complain of.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "events.gen.h"
#include "tool.h"

#define RING_BYTES    (16U << 20)
#define TASKS	      (1 << 22) /* no kernel has more at a time */
#define LOADS	      2
#define MISSING	      "/tmp/no/such/file"
#define TELL_EVERY_S  300
#define AT_ONCE	      100000 /* records */
#define BURST	      8	     /* processes at once */
#define TURNS_A_BURST 16

enum { OPENS, EXECS, FORKS, EXITS, KINDS };

static const char *const kinds[] = {"opens", "execs", "forks", "exits"};
static const enum ln_class classes[] = {LN_CLASS_OPEN, LN_CLASS_EXEC, LN_CLASS_PROCESS,
					LN_CLASS_PROCESS};

struct stream {
	const char *name;
	struct reader reader;
	__u64 seen[KINDS], records;
	__u64 late;	 /* behind a later record of the same task */
	__u64 overtaken; /* behind a later record of any */
	__u64 latest;	 /* time of the latest record */
	__u64 *last;	 /* and of each task's */
};

/* Written by the loads, each its own part, and read when they have ended. */
struct shared {
	bool stop;
	__u64 made[LOADS][KINDS];
};

static struct stream probe = {.name = "probe"}, module = {.name = "module"};
static pid_t loads[LOADS];

static void child(unsigned long turn)
{
	if (turn % 4)
		execl("/bin/true", "true", "an argument", NULL);
	_exit(turn % 4);
}

/* Makes processes, most of which run a program, and opens a file that isn't there. */
static void load(const volatile bool *stop, __u64 *made)
{
	unsigned long turn;
	int i;

	for (turn = 0; !*stop; turn++) {
		for (i = 0; i < (turn % TURNS_A_BURST ? 1 : BURST); i++) {
			pid_t pid = fork();

			if (!pid)
				child(turn);
			if (pid < 0)
				die("no process");
			made[FORKS]++;
			made[EXECS] += turn % 4 != 0;
		}
		if (open(MISSING, O_RDONLY) < 0)
			made[OPENS]++;
		while (waitpid(-1, NULL, 0) > 0)
			made[EXITS]++;
	}
	_exit(0);
}

static bool of_load(__u32 pid)
{
	int i;

	for (i = 0; i < LOADS; i++) {
		if ((__u32)loads[i] == pid)
			return true;
	}
	return false;
}

static void count(struct stream *s, const struct ln_record *r)
{
	switch (r->type) {
	case LN_EV_OPEN:
	case LN_EV_OPENAT:
		s->seen[OPENS] +=
			of_load(r->pid) &&
			!strcmp(parameter(r, r->type == LN_EV_OPEN ? LN_OPEN_name : LN_OPENAT_name),
				MISSING);
		break;
	case LN_EV_EXECVE:
		s->seen[EXECS] += of_load(r->ppid);
		break;
	case LN_EV_CLONE:
	case LN_EV_CLONE3:
	case LN_EV_FORK:
	case LN_EV_VFORK:
		s->seen[FORKS] += of_load(r->ppid);
		break;
	case LN_EV_PROCEXIT:
		s->seen[EXITS] += of_load(r->ppid);
		break;
	}
}

/* Takes what has come, but not for ever. */
static void drain(struct stream *s)
{
	const struct ln_record *r;
	int i;

	for (i = 0; i < AT_ONCE && (r = next_record(&s->reader)); i++) {
		__u64 *last = &s->last[r->tid % TASKS];

		s->late += r->ts < *last;
		*last = r->ts;
		s->overtaken += r->ts < s->latest;
		s->latest = r->ts > s->latest ? r->ts : s->latest;
		s->records++;
		count(s, r);
	}
}

static void tell(struct stream *s, long seconds)
{
	printf("soak: %s: %ld min, %llu records, %zu lost, %llu out of order, %llu overtaken",
	       s->name, seconds / 60, s->records, lost(s->reader.sensor), s->late, s->overtaken);
}

/* Whether what the loads made has come, but for what is counted as lost, of each kind one in a hundred. */
static bool whole(struct stream *s, const __u64 *made)
{
	__u64 missing[LN_CLASSES] = {};
	bool fine = !s->late;
	int i;

	for (i = 0; i < KINDS; i++) {
		printf(", %llu of %llu %s", s->seen[i], made[i], kinds[i]);
		fine = fine && made[i] && s->seen[i] <= made[i] &&
		       made[i] - s->seen[i] <= made[i] / 100;
		missing[classes[i]] += made[i] - s->seen[i];
	}
	for (i = 0; i < LN_CLASSES; i++)
		fine = fine && missing[i] <= lost_of(s->reader.sensor, i);
	printf("\n");
	return fine;
}

static void start_loads(struct shared *shared)
{
	int i;

	for (i = 0; i < LOADS; i++) {
		loads[i] = fork();
		if (!loads[i])
			load(&shared->stop, shared->made[i]);
	}
}

static void read_for(long seconds)
{
	const time_t start = time(NULL);
	long next = TELL_EVERY_S;

	while (time(NULL) < start + seconds) {
		drain(&probe);
		drain(&module);
		usleep(2000);
		if (time(NULL) < start + next)
			continue;
		tell(&probe, next);
		printf("\n");
		tell(&module, next);
		printf("\n");
		next += TELL_EVERY_S;
	}
}

int main(int argc, char **argv)
{
	const long seconds = argc == 3 ? atol(argv[2]) * 60 : 0;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__u64 *last = calloc(2 * TASKS, sizeof(__u64));
	__u64 made[KINDS] = {};
	bool fine;
	size_t len;
	void *bytes;
	int i;

	if (seconds < 1 || shared == MAP_FAILED || !last)
		die("usage: soak PROBE.bpf.o MINUTES");
	setlinebuf(stdout);
	bytes = read_file(argv[1], &len);
	probe.reader =
		reader_of(ln_open(bytes, len, RING_BYTES, getpid(), 0, NULL, LN_ATTACH_AUTO, NULL),
			  RING_BYTES);
	probe.last = last;
	module.last = last + TASKS;
	module.reader = reader_of(ln_open_module(RING_BYTES, getpid(), 0, NULL), RING_BYTES);
	start_loads(shared);
	read_for(seconds);
	shared->stop = true;
	for (i = 0; i < LOADS; i++) {
		while (!waitpid(loads[i], NULL, WNOHANG)) {
			drain(&probe);
			drain(&module);
		}
	}
	/* the loads have ended: few events come any more */
	for (i = 0; i < 100; i++) {
		drain(&probe);
		drain(&module);
		usleep(10000);
	}
	for (i = 0; i < LOADS * KINDS; i++)
		made[i % KINDS] += shared->made[i / KINDS][i % KINDS];
	tell(&probe, seconds);
	fine = whole(&probe, made);
	tell(&module, seconds);
	fine = whole(&module, made) && fine;
	ln_close(module.reader.sensor);
	ln_close(probe.reader.sensor);
	return !fine;
}
