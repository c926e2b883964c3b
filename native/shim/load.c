// SPDX-License-Identifier: Apache-2.0
/*
 * Loading the probe so that a program which the kernel refuses costs only
 * itself: libbpf loads an object as a whole, so the refused program is found,
 * switched off, and the object opened and loaded again, until it loads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "sensor.h"

/* The most that every kernel takes (UINT_MAX >> 8); only what is written uses memory. */
#define LN_LOG_BYTES ((1U << 24) - 1)
#define LN_LOG_LINES 24 /* what is kept of a verifier's log, from its end */

/* bpf(2), log_level: only the figures, which cost nothing (BPF_LOG_STATS, Linux 5.2) */
#define LN_LOG_STATS   4
#define LN_STATS_BYTES 2048

/* One attempt: what libbpf said. */
struct attempt {
	char program[LN_NAME_MAX]; /* the one last complained about, or "" */
	char message[512];	   /* the first complaint */
	char *log;		   /* the verifier's, LN_LOG_BYTES */
	bool reason; /* something was refused: ask for the reason instead of the verifier's figures */
};

/*
 * libbpf's print callback has no argument, so the attempt that is running is
 * found through the thread: sensors opened by different threads don't mix.
 */
static __thread struct attempt *running;

static int on_print(enum libbpf_print_level level, const char *format, va_list args)
{
	struct attempt *a = running;
	char line[sizeof(a->message)];
	char *end;

	if (level != LIBBPF_WARN || !a)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = 0;
	if (!strncmp(line, "libbpf: ", 8))
		memmove(line, line + 8, strlen(line + 8) + 1);
	if (!a->message[0])
		memcpy(a->message, line, sizeof(line));
	if (!strncmp(line, "prog '", 6) && (end = strchr(line + 6, '\''))) {
		*end = 0;
		snprintf(a->program, sizeof(a->program), "%.*s", LN_NAME_MAX - 1, line + 6);
	}
	return 0;
}

/* The last lines of a log, or what libbpf said when the verifier said nothing. */
static char *excerpt(const struct attempt *a)
{
	size_t len = strnlen(a->log, LN_LOG_BYTES), from;
	int lines = 0;

	while (len && a->log[len - 1] == '\n')
		len--;
	if (!len)
		return strdup(a->message);
	for (from = len; from; from--) {
		if (a->log[from - 1] == '\n' && ++lines == LN_LOG_LINES)
			break;
	}
	return strndup(a->log + from, len - from);
}

static struct ln_program *find(struct ln_sensor *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		if (!strcmp(s->programs[i].name, name))
			return &s->programs[i];
	}
	return NULL;
}

/* Fills s->programs from the object, once: fillers of unwanted and of other architectures' calls are left out. */
static int list_programs(struct ln_sensor *s, struct bpf_object *object)
{
	struct bpf_program *p;
	size_t n = 0;

	if (s->programs)
		return 0;
	bpf_object__for_each_program(p, object) n++;
	s->programs = calloc(n ? n : 1, sizeof(*s->programs));
	if (!s->programs)
		return -ENOMEM;
	bpf_object__for_each_program(p, object)
	{
		const char *name = bpf_program__name(p);
		int number = ln_filler_syscall(name);

		if (number == -2 || (number >= 0 && !ln_is_wanted(s, name + strlen("fill_"))))
			continue;
		if (ln_is_uring(name) && !ln_uring_is_wanted(s, name))
			continue;
		snprintf(s->programs[s->nprograms].name, LN_NAME_MAX, "%s", name);
		s->programs[s->nprograms++].syscall = number;
	}
	return 0;
}

bool ln_is_exit(const struct ln_program *p)
{
	return !strncmp(p->name, "sys_exit", 8) || !strcmp(p->name, "call_exit");
}

/*
 * Of the programs at every system call's end the one that follows BTF pointers
 * is the faster, and not for a raw tracepoint; one is for perf. call_exit goes before
 * it where there are trampolines.
 */
static void choose_sys_exit(struct ln_sensor *s)
{
	struct ln_program *direct = find(s, "sys_exit"), *raw = find(s, "sys_exit_raw");
	struct ln_program *perf = find(s, "sys_exit_perf"), *call = find(s, "call_exit");
	const bool by_perf = s->perf && !s->fexit;

	if (call)
		call->spare = !s->fexit;
	if (perf)
		perf->spare = !by_perf;
	if (!direct || !raw)
		return;
	direct->spare = by_perf || s->raw_tp || direct->log;
	raw->spare = by_perf || !direct->spare;
}

/* Makes room for what each CPU has of its own; a test's probe has no scratch memory. */
static int size_maps(struct ln_sensor *s, struct bpf_object *object)
{
	struct bpf_map *scratch = bpf_object__find_map_by_name(object, "scratch");
	struct bpf_map *losses = bpf_object__find_map_by_name(object, "losses");
	int cpus = libbpf_num_possible_cpus();
	int err = 0;

	if (cpus < 0)
		return cpus;
	s->cpus = cpus;
	if (scratch)
		err = bpf_map__set_max_entries(scratch, cpus * LN_SCRATCH_PER_CPU);
	if (losses && !err)
		err = bpf_map__set_max_entries(losses, cpus);
	return err;
}

/*
 * Loads with signals held back: the verifier gives up (EAGAIN) while one is pending and
 * libbpf tries five times, but a runtime that samples or stops its threads by signals
 * sends them faster than a large program is walked.
 */
int ln_load_undisturbed(struct bpf_object *object)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = bpf_object__load(object);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

/* How many instructions were walked, by the verifier's figures. */
static uint32_t figure_of(const char *stats)
{
	const char *at = strstr(stats, "processed ");

	return at ? strtoul(at + strlen("processed "), NULL, 10) : 0;
}

/* Opens and loads once, without the programs that were refused before. */
static int try_load(struct ln_sensor *s, const void *probe, size_t len, uint32_t ring_bytes,
		    struct attempt *a)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lanner",
		    .btf_custom_path = s->btf_path);
	struct bpf_object *object;
	char(*stats)[LN_STATS_BYTES] = NULL;
	struct bpf_program *p;
	struct bpf_map *ring;
	size_t i;
	int err;

	s->failed = "the probe can't be read";
	object = bpf_object__open_mem(probe, len, &opts);
	if (!object)
		return -errno;
	ring = bpf_object__find_map_by_name(object, "ring");
	err = ring ? bpf_map__set_max_entries(ring, ring_bytes) : -ENOENT;
	if (!err)
		err = size_maps(s, object);
	if (!err)
		err = list_programs(s, object);
	if (!err && s->fexit)
		err = ln_fexit_prepare(object, LN_FEXIT_MODEL);
	if (!err)
		err = ln_perf_tell(s, object);
	if (err)
		goto fail;
	choose_sys_exit(s);
	stats = calloc(s->nprograms + 1, LN_STATS_BYTES);
	if (!stats) {
		err = -ENOMEM;
		goto fail;
	}
	bpf_object__for_each_program(p, object)
	{
		struct ln_program *known = find(s, bpf_program__name(p));

		bpf_program__set_autoload(p, known && !known->log && !known->spare);
		if (known && !a->reason) {
			bpf_program__set_log_level(p, LN_LOG_STATS);
			bpf_program__set_log_buf(p, stats[known - s->programs], LN_STATS_BYTES);
		} else {
			bpf_program__set_log_buf(p, a->log, LN_LOG_BYTES);
		}
	}
	s->failed = "the kernel did not take the probe";
	err = ln_load_undisturbed(object);
	if (err)
		goto fail;
	for (i = 0; i < s->nprograms; i++)
		s->programs[i].verified = figure_of(stats[i]);
	free(stats);
	s->failed = NULL;
	s->object = object;
	return 0;
fail:
	free(stats);
	bpf_object__close(object);
	return err;
}

static void rename_sections(char *probe, size_t len, const char *from, const char *to)
{
	const size_t n = strlen(from);
	char *at = probe;

	while ((at = memmem(at, len - (at - probe), from, n)))
		memcpy(at, to, n);
}

/*
 * Makes programs of another kind of tp_btf ones: of raw tracepoints, or such as perf
 * runs ("tp/any", since the shim attaches them itself). In the file's own bytes, since
 * libbpf goes by a program's section name even after bpf_program__set_type; the names
 * are of one length, and stand in the tables of section names and of BTF strings only.
 */
void ln_adapt(const struct ln_sensor *s, char *probe, size_t len)
{
	if (s->perf) {
		rename_sections(probe, len, "raw_tp", "tp/any"); /* io_uring's */
		rename_sections(probe, len, "tp_btf/sched_process_fork",
				"raw_tp/sched_process_fork");
		rename_sections(probe, len, "tp_btf/sched", "tp/any/sched");
	}
	if (s->perf && !s->fexit)
		rename_sections(probe, len, "tp_btf/", "tp/any/");
	else if (s->raw_tp)
		rename_sections(probe, len, "tp_btf/", "raw_tp/");
}

/*
 * True when what was refused may well pass as raw_tp: the verifier had nothing
 * to say, so it was about the kind of program, its target or the kernel's BTF.
 */
static bool worth_raw_tp(const struct ln_sensor *s, const struct attempt *a)
{
	return !s->raw_tp && !s->fexit && !s->perf && !a->log[0];
}

static void forget_refusals(struct ln_sensor *s)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		free(s->programs[i].log);
		s->programs[i].log = NULL;
	}
}

static int load_what_passes(struct ln_sensor *s, const void *probe, size_t len, char *copy,
			    uint32_t ring_bytes, struct attempt *a)
{
	struct ln_program *refused;
	int err;

	for (;;) {
		memcpy(copy, probe, len);
		ln_adapt(s, copy, len);
		a->program[0] = a->message[0] = a->log[0] = 0;
		err = try_load(s, copy, len, ring_bytes, a);
		if (!err || !s->programs)
			return err; /* loaded, or not even readable */
		if (!a->reason) {
			a->reason = true;
			continue;
		}
		if (worth_raw_tp(s, a)) {
			s->raw_tp = true;
			forget_refusals(s);
			continue;
		}
		refused = find(s, a->program);
		if (s->perf && (!refused || ln_is_exit(refused))) {
			if (s->how == LN_ATTACH_PERF)
				return err;
			s->perf = false; /* rather with losses than not at all */
			forget_refusals(s);
			continue;
		}
		/* Each turn switches one more program off, so this ends. */
		if (!refused || refused->log)
			return err;
		s->refusal = err;
		refused->log = excerpt(a);
		if (!refused->log)
			return -ENOMEM;
	}
}

int ln_load(struct ln_sensor *s, const void *probe, size_t len, uint32_t ring_bytes)
{
	struct attempt a = {};
	char *copy;
	int err = -ENOMEM;

	libbpf_set_print(on_print);
	if (s->how == LN_ATTACH_PERF) {
		int refused = ln_try_perf();

		if (refused) {
			s->failed = "perf runs no programs here";
			return refused;
		}
	}
	if (s->how == LN_ATTACH_FEXIT) {
		/* what is hung on is known by its place in the kernel's own BTF */
		int refused = s->btf_path ? -ESRCH : ln_try(LN_TRY_FEXIT);

		if (refused) {
			s->failed = "this kernel takes no fexit programs";
			return refused;
		}
		s->fexit = true;
	}
	s->perf = s->how == LN_ATTACH_PERF ||
		  (s->how != LN_ATTACH_SYS_EXIT && ln_is_skipped() && !ln_try_perf());
	a.log = mmap(NULL, LN_LOG_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a.log == MAP_FAILED)
		return -ENOMEM;
	copy = malloc(len ? len : 1);
	if (copy) {
		libbpf_set_print(on_print); /* ln_try switches it off */
		running = &a;
		err = load_what_passes(s, probe, len, copy, ring_bytes, &a);
		running = NULL;
		free(copy);
	}
	munmap(a.log, LN_LOG_BYTES);
	if (a.message[0])
		snprintf(s->message, sizeof(s->message), "%s", a.message);
	return err;
}
