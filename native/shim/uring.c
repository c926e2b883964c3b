// SPDX-License-Identifier: Apache-2.0
/*
 * The probe's programs for io_uring: io_NAME hang on its tracepoints, ring_NAME
 * are reached from those by the operation's number and make the event of system
 * call NAME, walk_ring ends their records. They are loaded only where such an
 * event is wanted, and attached together or not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "sensor.h"

/* include/uapi/linux/io_uring.h: enum io_uring_op; 0 is no event's */
static const struct {
	const char *call;
	uint8_t operations[2];
} calls[] = {
	{"openat", {18}},     {"openat2", {28}},    {"renameat2", {35}}, {"unlinkat", {36}},
	{"mkdirat", {37}},    {"symlinkat", {38}},  {"linkat", {39}},	 {"socket", {45}},
	{"bind", {56}},	      {"connect", {16}},    {"listen", {57}},	 {"accept4", {13}},
	{"sendto", {26, 47}}, {"sendmsg", {9, 48}}, {"recvfrom", {27}},	 {"recvmsg", {10}},
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

bool ln_is_uring(const char *program)
{
	return !strncmp(program, "io_", 3) || !strncmp(program, "ring_", 5) ||
	       !strcmp(program, "walk_ring");
}

bool ln_uring_is_wanted(const struct ln_sensor *s, const char *program)
{
	return strncmp(program, "ring_", 5) || ln_is_wanted(s, program + 5);
}

/* NULL for a program that makes no event */
static const uint8_t *operations(const char *program)
{
	size_t i;

	for (i = 0; i < CALLS; i++) {
		if (!strncmp(program, "ring_", 5) && !strcmp(program + 5, calls[i].call))
			return calls[i].operations;
	}
	return NULL;
}

static int put(const struct ln_sensor *s, const char *table, uint32_t index, int program)
{
	int fd = bpf_object__find_map_fd_by_name(s->object, table);

	return fd < 0 ? fd : bpf_map_update_elem(fd, &index, &program, BPF_ANY);
}

int ln_uring_place(const struct ln_sensor *s, const char *program, int fd)
{
	const uint8_t *operation = operations(program);
	int err = 0;

	if (!operation)
		return 0;
	err = put(s, "ring_fillers", operation[0], fd);
	return err || !operation[1] ? err : put(s, "ring_fillers", operation[1], fd);
}

void ln_uring_want(struct ln_sensor *s)
{
	size_t i;

	s->config.rings = 0;
	for (i = 0; i < s->nprograms; i++) {
		const struct ln_program *p = &s->programs[i];
		const uint8_t *operation = operations(p->name);

		if (!operation || !p->loaded || !ln_uring_is_wanted(s, p->name))
			continue;
		s->config.rings |= 1ULL << operation[0];
		if (operation[1])
			s->config.rings |= 1ULL << operation[1];
	}
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

int ln_uring_list_missing(struct ln_sensor *s)
{
	size_t i;
	int n = 0;

	if (!find(s, "io_complete"))
		return 0;
	for (i = 0; i < CALLS; i++) {
		struct ln_program *p = &s->programs[s->nprograms];
		char name[LN_NAME_MAX];

		snprintf(name, sizeof(name), "ring_%s", calls[i].call);
		if (!ln_is_wanted(s, calls[i].call) || find(s, name))
			continue;
		memset(p, 0, sizeof(*p));
		memcpy(p->name, name, sizeof(name));
		p->syscall = -1;
		s->nprograms++;
		n++;
	}
	return n;
}

/* 0, or why not: a kernel without the tracepoint says ENOENT. */
static int attach(struct ln_sensor *s, const char *name)
{
	struct ln_program *p = find(s, name);

	if (!p || !p->loaded)
		return -EINVAL; /* refused, and reported as such */
	p->link = ln_attach_entry(s, name);
	p->attached = p->link;
	return p->link ? 0 : -errno;
}

void ln_uring_attach(struct ln_sensor *s)
{
	struct ln_program *complete = find(s, "io_complete");
	bool on;
	size_t i;
	int err;

	if (!s->config.rings || !complete || complete->attached || complete->log)
		return;
	err = attach(s, "io_submit_req");
	if (err)
		err = attach(s, "io_submit_sqe");
	if (!err)
		err = attach(s, "io_complete");
	on = !err;
	if (on) { /* kernels that have not got these either fail no request so early, or tell less of it */
		attach(s, "io_failed");
		attach(s, "io_overflow");
	} else if (complete->loaded) {
		complete->loaded = false;
		complete->log =
			strdup(err == -ENOENT ? "it has no tracepoints for io_uring's requests"
					      : strerror(-err));
	}
	for (i = 0; i < s->nprograms; i++) {
		struct ln_program *p = &s->programs[i];

		if (!ln_is_uring(p->name))
			continue;
		if (!on) {
			bpf_link__destroy(p->link);
			p->link = NULL;
			p->attached = false;
		} else if (strncmp(p->name, "io_", 3)) {
			p->attached = p->loaded;
		}
	}
}
