// SPDX-License-Identifier: Apache-2.0
/* A sensor's life: open, attach, count, close. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sensor.h"

static int fail(struct ln_sensor *s, const char *what, int err)
{
	if (!s->failed)
		s->failed = what;
	s->failed_errno = -err;
	return err;
}

/* The descriptor of a map whose values are of this size (0: whatever), or a negative errno. */
static int map_fd(struct ln_sensor *s, const char *name, size_t value_size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(s->object, name);

	if (!map)
		return -ENOENT;
	if (value_size && bpf_map__value_size(map) != value_size)
		return -EINVAL;
	return bpf_map__fd(map);
}

static int find_maps(struct ln_sensor *s)
{
	const struct {
		const char *name;
		size_t value_size;
		int *fd;
	} maps[] = {
		{"ring", 0, &s->map_ring},
		{"config", sizeof(struct ln_config), &s->map_config},
		{"fillers", sizeof(uint32_t), &s->map_fillers},
	};
	size_t i;

	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int fd = map_fd(s, maps[i].name, maps[i].value_size);

		if (fd < 0)
			return fd;
		*maps[i].fd = fd;
	}
	return 0;
}

/* A map of the probe's in memory; NULL and errno. */
static void *map_memory(struct ln_sensor *s, const char *name, size_t value_size, uint32_t entries)
{
	int fd = map_fd(s, name, value_size);
	void *memory;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	memory = mmap(NULL, value_size * entries, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static int map_shared(struct ln_sensor *s)
{
	s->wake = map_memory(s, "wake", sizeof(*s->wake), 1);
	if (!s->wake)
		return -errno;
	s->losses = map_memory(s, "losses", sizeof(*s->losses), s->cpus);
	return s->losses ? 0 : -errno;
}

static void unmap_shared(struct ln_sensor *s)
{
	if (s->wake)
		munmap(s->wake, sizeof(*s->wake));
	if (s->losses)
		munmap(s->losses, sizeof(*s->losses) * s->cpus);
	s->wake = NULL;
	s->losses = NULL;
}

int ln_write_config(struct ln_sensor *s)
{
	uint32_t key = 0;

	if (s->module)
		return ln_module_config(s);
	return bpf_map_update_elem(s->map_config, &key, &s->config, BPF_ANY);
}

/* Only ever reached by a tail call that the probe arranges itself. */
static bool is_walker(const struct ln_program *p)
{
	return !strncmp(p->name, "walk_", 5);
}

/* Marks what was loaded, and makes each filler known to its system call. */
static int place_programs(struct ln_sensor *s)
{
	bool any = false;
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		struct ln_program *p = &s->programs[i];
		struct bpf_program *loaded;
		uint32_t nr = p->syscall;
		int fd;

		loaded = bpf_object__find_program_by_name(s->object, p->name);
		fd = bpf_program__fd(loaded);
		if (p->log || p->spare)
			continue;
		if (p->syscall >= 0) {
			if (bpf_map_update_elem(s->map_fillers, &nr, &fd, BPF_ANY)) {
				p->log = strdup("its place in the table of fillers was refused");
				continue;
			}
			s->config.syscalls[nr / 64] |= 1ULL << (nr % 64);
		}
		if (ln_is_uring(p->name) && ln_uring_place(s, p->name, fd)) {
			p->log = strdup("its place in the tables for io_uring was refused");
			continue;
		}
		p->loaded = true;
		any = any || (p->syscall < 0 && !ln_is_uring(p->name) && !is_walker(p));
	}
	ln_find_compat(s);
	ln_uring_want(s);
	if (any)
		return 0;
	return s->refusal ? s->refusal : -ENOEXEC;
}

void ln_place_arranged(const struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		const struct bpf_program *p =
			strncmp(name, "to_", 3)
				? NULL
				: bpf_object__find_program_by_name(object, name + 3);
		int fd = p ? bpf_program__fd(p) : -1;
		uint32_t zero = 0;

		if (fd >= 0)
			bpf_map_update_elem(bpf_map__fd(map), &zero, &fd, BPF_ANY);
	}
}

static int prepare(struct ln_sensor *s, uint32_t ring_bytes)
{
	int err = find_maps(s);

	if (err)
		return fail(s, "the probe is not of this version of the shim", err);
	err = place_programs(s);
	if (err)
		return fail(s, "the kernel refused every program", err);
	ln_place_arranged(s->object);
	err = ln_write_config(s);
	if (err)
		return fail(s, "the probe's configuration can't be written", err);
	err = map_shared(s);
	if (!err)
		err = ln_ring_map(&s->ring, s->map_ring, ring_bytes);
	if (err)
		return fail(s, "the ring buffer can't be mapped", err);
	return 0;
}

static void unload(struct ln_sensor *s)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		s->programs[i].loaded = false;
		s->programs[i].attached = false;
	}
	ln_fexit_detach(s);
	ln_module_close(s);
	ln_ring_unmap(&s->ring);
	unmap_shared(s);
	bpf_object__close(s->object);
	s->object = NULL;
}

static void free_programs(struct ln_sensor *s)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++)
		free(s->programs[i].log);
	free(s->programs);
	s->programs = NULL;
	s->nprograms = 0;
}

static struct ln_sensor *new_sensor(uint32_t self_pid, uint32_t want, const char *calls)
{
	struct ln_sensor *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->calls = calls ? strdup(calls) : NULL;
	if ((calls && !s->calls) || ln_waiter_init(&s->waiter)) {
		free(s->calls);
		free(s);
		return NULL;
	}
	s->config.self_pid = self_pid;
	s->config.want = want;
	return s;
}

static int open_probe(struct ln_sensor *s, const void *probe, size_t len, uint32_t ring_bytes)
{
	int err = ln_load(s, probe, len, ring_bytes);

	if (err)
		return fail(s, "the probe can't be loaded", err);
	err = prepare(s, ring_bytes);
	/* they do nothing until they are enabled */
	if (!err)
		err = ln_fexit_attach(s, probe, len);
	if (err) {
		fail(s, "the kernel refused a trampoline", err);
		unload(s);
	}
	return err;
}

struct ln_sensor *ln_open(const void *probe, size_t len, uint32_t ring_bytes, uint32_t self_pid,
			  uint32_t want, const char *calls, uint32_t how, const char *btf_path)
{
	struct ln_sensor *s = new_sensor(self_pid, want, calls);

	if (!s)
		return NULL;
	s->how = how;
	ln_lift_memlock();
	s->btf_path = btf_path ? strdup(btf_path) : NULL;
	if (btf_path && !s->btf_path)
		fail(s, "the probe can't be loaded", -ENOMEM);
	else
		open_probe(s, probe, len, ring_bytes);
	return s;
}

/*
 * What the module reports of, under the names of the probe's programs; of its system
 * calls those that are wanted stay in the configuration.
 */
static int list_module(struct ln_sensor *s)
{
	static const char *const entries[] = {"sched_exec", "sched_fork", "sched_exit", "sys_exit"};
	const size_t count = sizeof(entries) / sizeof(entries[0]);
	int nr;

	if (!s->programs)
		s->programs = calloc(count + LN_SYSCALLS_MAX, sizeof(*s->programs));
	if (!s->programs)
		return -ENOMEM;
	s->nprograms = 0;
	for (nr = -(int)count; nr < LN_SYSCALLS_MAX; nr++) {
		struct ln_program *p = &s->programs[s->nprograms];
		const char *name = nr < 0 ? entries[nr + count] : ln_syscall_name(nr);

		if (nr >= 0 && (!name || !ln_is_wanted(s, name)))
			s->config.syscalls[nr / 64] &= ~(1ULL << nr % 64);
		if (nr >= 0 && !(s->config.syscalls[nr / 64] >> nr % 64 & 1))
			continue;
		snprintf(p->name, sizeof(p->name), nr < 0 ? "%s" : "fill_%s", name);
		p->syscall = nr < 0 ? -1 : nr;
		p->loaded = true;
		s->nprograms++;
	}
	return 0;
}

int ln_module_change(struct ln_sensor *s)
{
	size_t i;
	int err;

	ln_module_calls(s);
	err = list_module(s);
	for (i = 0; i < s->nprograms; i++)
		s->programs[i].attached = s->config.enabled;
	return err ? err : ln_write_config(s);
}

struct ln_sensor *ln_open_module(uint32_t ring_bytes, uint32_t self_pid, uint32_t want,
				 const char *calls)
{
	struct ln_sensor *s = new_sensor(self_pid, want, calls);
	int err;

	if (!s)
		return NULL;
	s->is_module = true;
	err = ln_module_open(s, ring_bytes);
	if (!err)
		err = list_module(s);
	if (err) {
		fail(s, "the module can't be opened", err);
		unload(s);
	}
	return s;
}

static int attach_module(struct ln_sensor *s)
{
	size_t i;
	int err;

	s->config.enabled = 1;
	err = ln_write_config(s);
	if (err) {
		s->config.enabled = 0;
		return fail(s, "the module can't watch", err);
	}
	for (i = 0; i < s->nprograms; i++)
		s->programs[i].attached = true;
	return 0;
}

static void detach(struct ln_sensor *s)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		bpf_link__destroy(s->programs[i].link);
		s->programs[i].link = NULL;
		s->programs[i].attached = false;
	}
}

/* The tracepoint at every system call's end costs each of them: not for nothing. */
static bool is_needless(const struct ln_sensor *s, const struct ln_program *p)
{
	size_t i;

	if (s->fexit)
		return ln_is_exit(p);

	for (i = 0; i < LN_SYSCALLS_MAX / 64; i++) {
		if (s->config.syscalls[i])
			return false;
	}
	return ln_is_exit(p);
}

/* Attaches the entry programs; returns how many, or the last one's negative errno when none could be. */
static int attach_entries(struct ln_sensor *s)
{
	int count = 0, err = -ENOEXEC;
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		struct ln_program *p = &s->programs[i];

		if (!p->loaded || p->attached || p->syscall >= 0 || is_walker(p) ||
		    is_needless(s, p) || ln_is_uring(p->name))
			continue;
		p->link = ln_attach_entry(s, p->name);
		if (p->link) {
			p->attached = true;
			count++;
			continue;
		}
		err = -errno;
		free(p->log);
		p->log = strdup(strerror(-err));
	}
	return count ? count : err;
}

/* Only ever reached by a tail call is attached when what calls it is. */
static void mark_fillers(struct ln_sensor *s)
{
	bool on = s->nreturns > 0;
	size_t i;

	for (i = 0; i < s->nprograms; i++)
		on = on || (s->programs[i].attached && ln_is_exit(&s->programs[i]));
	for (i = 0; i < s->nprograms; i++) {
		if (s->programs[i].syscall >= 0 || is_walker(&s->programs[i]) ||
		    ln_is_exit(&s->programs[i]))
			s->programs[i].attached = on && s->programs[i].loaded;
	}
}

int ln_attach_missing(struct ln_sensor *s, const void *probe, size_t len)
{
	int err = ln_fexit_attach(s, probe, len);

	attach_entries(s); /* those that are attached are enough for their own events */
	mark_fillers(s);
	ln_uring_attach(s);
	return err;
}

int ln_attach(struct ln_sensor *s)
{
	int err;

	if (!s->object && !s->module)
		return s->failed_errno ? -s->failed_errno : -EINVAL;
	if (s->config.enabled)
		return -EALREADY;
	if (s->module)
		return attach_module(s);
	err = attach_entries(s);
	if (err < 0)
		return fail(s, "no program could be attached", err);
	mark_fillers(s);
	ln_uring_attach(s);
	s->config.enabled = 1; /* all at once: no event comes before its kin */
	err = ln_write_config(s);
	if (err) {
		s->config.enabled = 0;
		detach(s);
		return fail(s, "the probe's configuration can't be written", err);
	}
#ifdef __GLIBC__
	malloc_trim(0); /* loading took the kernel's types and more: free by now, but kept */
#endif
	return 0;
}

void ln_close(struct ln_sensor *s)
{
	if (!s)
		return;
	ln_thread_stop(s);
	ln_wait_end(s);
	detach(s);
	unload(s);
	free_programs(s);
	free(s->report);
	free(s->calls);
	free(s->btf_path);
	ln_waiter_free(&s->waiter);
	free(s);
}
