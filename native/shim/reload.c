// SPDX-License-Identifier: Apache-2.0
/*
 * Asking an attached probe for other events. Programs for system calls that were
 * not watched before are loaded from the probe again, onto the maps of the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sensor.h"

static struct ln_program *find_filler(struct ln_sensor *s, int nr)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		if (s->programs[i].syscall == nr)
			return &s->programs[i];
	}
	return NULL;
}

/* Lists the fillers that are wanted now and were not before; how many, or a negative errno. */
static int list_missing(struct ln_sensor *s)
{
	struct ln_program *more;
	int nr, n = 0;

	more = realloc(s->programs, (s->nprograms + LN_SYSCALLS_MAX + LN_RING_OPS) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->programs = more;
	for (nr = 0; nr < LN_SYSCALLS_MAX; nr++) {
		const char *name = ln_syscall_name(nr);
		struct ln_program *p = &s->programs[s->nprograms];

		if (!name || !ln_is_wanted(s, name) || find_filler(s, nr))
			continue;
		memset(p, 0, sizeof(*p));
		snprintf(p->name, sizeof(p->name), "fill_%s", name);
		p->syscall = nr;
		s->nprograms++;
		n++;
	}
	return n + ln_uring_list_missing(s);
}

static int share_maps(const struct bpf_object *with, struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		struct bpf_map *first = bpf_object__find_map_by_name(with, bpf_map__name(map));
		int err = first ? bpf_map__reuse_fd(map, bpf_map__fd(first)) : -ENOENT;

		if (err)
			return err;
	}
	return 0;
}

/* What comes through an io_uring hangs on tracepoints: only the sensor's object has programs for it. */
static bool is_for(const struct ln_family *family, const struct ln_sensor *s, size_t program)
{
	return !family || family->object == s->object || !ln_is_uring(s->programs[program].name);
}

/*
 * Loads programs [from, to) from the probe and puts them where those of `family`, or
 * of the sensor's object when there are none, find them.
 */
static int load_into(struct ln_sensor *s, const struct ln_family *family, const void *probe,
		     size_t len, size_t from, size_t to)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lanner",
		    .btf_custom_path = s->btf_path);
	struct bpf_object *object = bpf_object__open_mem(probe, len, &opts);
	const int fillers = family ? family->fillers : s->map_fillers;
	struct bpf_program *p;
	size_t i;
	int err;

	if (!object)
		return -errno;
	bpf_object__for_each_program(p, object) bpf_program__set_autoload(p, false);
	for (i = from; i < to; i++) {
		p = bpf_object__find_program_by_name(object, s->programs[i].name);
		if (p && is_for(family, s, i))
			bpf_program__set_autoload(p, true);
	}
	err = share_maps(family ? family->object : s->object, object);
	if (!err && family)
		err = ln_fexit_prepare(object, family->model);
	if (!err)
		err = ln_load_undisturbed(object);
	for (i = from; !err && i < to; i++) {
		uint32_t nr = s->programs[i].syscall;
		int fd;

		if (!is_for(family, s, i))
			continue;
		p = bpf_object__find_program_by_name(object, s->programs[i].name);
		fd = p ? bpf_program__fd(p) : -1;
		if (ln_is_uring(s->programs[i].name))
			s->programs[i].loaded =
				fd >= 0 && !ln_uring_place(s, s->programs[i].name, fd);
		else
			s->programs[i].loaded =
				fd >= 0 && !bpf_map_update_elem(fillers, &nr, &fd, BPF_ANY);
	}
	/* the table of fillers keeps what it holds */
	bpf_object__close(object);
	return err;
}

static int load(struct ln_sensor *s, const void *probe, size_t len, size_t from, size_t to)
{
	int err = 0;
	size_t i;

	if (!s->nfamilies)
		return load_into(s, NULL, probe, len, from, to);
	for (i = 0; i < s->nfamilies && !err; i++)
		err = load_into(s, &s->families[i], probe, len, from, to);
	return err;
}

/* One program that the kernel refuses costs only its own events. */
static void load_missing(struct ln_sensor *s, const void *probe, size_t len, size_t from)
{
	size_t i;

	if (!load(s, probe, len, from, s->nprograms))
		return;
	for (i = from; i < s->nprograms; i++) {
		int err = load(s, probe, len, i, i + 1);

		if (err)
			s->programs[i].log = strdup(strerror(-err));
	}
}

static int load_more(struct ln_sensor *s, const void *probe, size_t len)
{
	const size_t from = s->nprograms;
	int n = list_missing(s);
	char *copy;

	if (n <= 0)
		return n;
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, probe, len);
	ln_adapt(s, copy, len);
	load_missing(s, copy, len, from);
	free(copy);
	return 0;
}

static void want_calls(struct ln_sensor *s)
{
	size_t i;

	memset(s->config.syscalls, 0, sizeof(s->config.syscalls));
	for (i = 0; i < s->nprograms; i++) {
		const int nr = s->programs[i].syscall;

		if (nr >= 0 && s->programs[i].loaded && ln_is_wanted(s, ln_syscall_name(nr)))
			s->config.syscalls[nr / 64] |= 1ULL << nr % 64;
	}
	ln_find_compat(s);
	ln_uring_want(s);
}

int ln_change(struct ln_sensor *s, const void *probe, size_t len, uint32_t want, const char *calls)
{
	char *copy = calls ? strdup(calls) : NULL;
	int err;

	if (calls && !copy)
		return -ENOMEM;
	if (!s->object && !s->module) {
		free(copy);
		return -EINVAL;
	}
	free(s->calls);
	s->calls = copy;
	s->config.want = want;
	if (s->module)
		return ln_module_change(s);
	err = load_more(s, probe, len);
	if (err < 0)
		return err;
	want_calls(s);
	err = ln_write_config(s);
	return err || !s->config.enabled ? err : ln_attach_missing(s, probe, len);
}
