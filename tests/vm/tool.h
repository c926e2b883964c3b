/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs that hold drivers to account in a guest share (_GNU_SOURCE). */
#ifndef LANNER_TOOL_H
#define LANNER_TOOL_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#include "wire.h"
#include "shim/shim.h"

#define FILE_MAX (16 << 20)

/* What is wrong with the test itself, or with the start of a sensor: exit code 2. */
static inline void __attribute__((noreturn)) die(const char *what)
{
	printf("%s: %s\n", program_invocation_short_name, what);
	exit(2);
}

/* A whole file: the probe, or a plan's tables. */
static inline void *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *bytes = malloc(FILE_MAX);

	if (!f || !bytes)
		die(path);
	*len = fread(bytes, 1, FILE_MAX, f);
	fclose(f);
	return bytes;
}

/* A way of attaching by the name that --attach has for it. */
static inline enum ln_attach_how attach_how(const char *name)
{
	static const char *const names[] = {
		[LN_ATTACH_AUTO] = "auto",
		[LN_ATTACH_FEXIT] = "fexit",
		[LN_ATTACH_SYS_EXIT] = "sys_exit",
		[LN_ATTACH_PERF] = "perf",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return i;
	}
	die("no such way of attaching");
}

/* The same sensor, attached. Of processes that are there already it knows nothing. */
static inline struct ln_sensor *attached(struct ln_sensor *s)
{
	if (!s || ln_attach(s))
		die(s ? ln_report(s) : "no memory");
	if (ln_seed(s, NULL, 0))
		die("no seeds can be told");
	return s;
}

/* The reader's place in a sensor's ring. */
struct reader {
	struct ln_sensor *sensor;
	__u32 ring_bytes;
	__u64 at, end; /* read so far; of what was there when last looked at */
	__u32 taken;   /* bytes that the kernel gets back at the next look */
};

/* A sensor that was asked for a ring of so many bytes, attached. */
static inline struct reader reader_of(struct ln_sensor *s, __u32 ring_bytes)
{
	return (struct reader){.sensor = attached(s), .ring_bytes = ring_bytes};
}

/* The next record, or NULL when there is none; valid until the next call. */
static inline const struct ln_record *next_record(struct reader *r)
{
	const struct ln_record *record;
	const char *frame;

	if (r->at == r->end) {
		ln_consume(r->sensor, r->taken);
		r->taken = ln_peek(r->sensor, 1 << 18);
		r->end += r->taken;
		if (!r->taken)
			return NULL;
	}
	frame = (const char *)ln_ring(r->sensor) + (r->at & (r->ring_bytes - 1));
	record = (const void *)(frame + 8);
	if (*(const __u32 *)frame != record->len || record->len > LN_RECORD_MAX)
		die("a frame's length is not its record's");
	r->at += 8 + ((record->len + 7) & ~7U);
	return record;
}

/* Where parameter i of a record begins. */
static inline const char *parameter(const struct ln_record *r, unsigned int i)
{
	const struct ln_param *p = (const void *)(r + 1);

	return (const char *)r + p[i].off8 * 8;
}

/*
 * Events of a class that were lost: not those whose memory could not be read, which came,
 * nor calls that need not have been watched, nor what the filter had no room for, which came.
 */
static inline size_t lost_of(struct ln_sensor *s, unsigned int class)
{
	uint64_t losses[LN_CLASSES * LN_REASONS];
	size_t sum = 0, i;

	if (ln_losses(s, losses, LN_CLASSES * LN_REASONS) != LN_CLASSES * LN_REASONS)
		die("no counters of losses");
	for (i = 0; i < LN_REASONS; i++) {
		if (i != LN_LOST_FAULT && i != LN_LOST_SKIPPED && i != LN_LOST_FILTER_FULL)
			sum += losses[class * LN_REASONS + i];
	}
	return sum;
}

static inline size_t lost(struct ln_sensor *s)
{
	size_t sum = 0;
	unsigned int class;

	for (class = 0; class < LN_CLASSES; class ++)
		sum += lost_of(s, class);
	return sum;
}

#endif
