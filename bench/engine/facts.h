/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that bench/stream.ts writes: everything that is known when events are
 * judged. Little-endian; after the head lie, each at a multiple of 8:
 *
 *	events, processes, users	arrays of the structs below
 *	texts				bytes that the structs point into
 *	records				as native/wire.h has them
 */
#ifndef BENCH_FACTS_H
#define BENCH_FACTS_H

#include "words.h"

struct head {
	u32 events, processes, users, texts; /* counts; texts in bytes */
	u64 boot_time;
};

struct event {
	u32 at;	     /* offset of the record */
	s32 process; /* index, -1 for none */
};

/* In the file a text is its place; pointers are set by find_facts. */
struct process {
	s32 parent;
	u32 tty, exe_flags, container;
	u64 cap_effective, start_time;
	u64 privileged; /* the container */
	struct text comm, exe, exepath, args, cmdline, cwd, repository;
};

struct user {
	u64 uid;
	struct text name;
};

struct facts {
	const struct head *head;
	const struct event *events;
	struct process *processes;
	struct user *users;
	const u8 *records;
};

static inline void point(struct text *text, const char *texts)
{
	text->at = text->len == (size_t)-1 ? NULL : texts + (size_t)text->at;
}

static inline void find_facts(struct facts *facts, u8 *file)
{
	const struct head *head = (const void *)file;
	const char *texts;

	facts->head = head;
	facts->events = (const void *)(head + 1);
	facts->processes = (void *)(facts->events + head->events);
	facts->users = (void *)(facts->processes + head->processes);
	texts = (const void *)(facts->users + head->users);
	facts->records = (const u8 *)texts + head->texts;
	for (u32 i = 0; i < head->processes; i++) {
		struct process *p = &facts->processes[i];

		point(&p->comm, texts);
		point(&p->exe, texts);
		point(&p->exepath, texts);
		point(&p->args, texts);
		point(&p->cmdline, texts);
		point(&p->cwd, texts);
		point(&p->repository, texts);
	}
	for (u32 i = 0; i < head->users; i++)
		point(&facts->users[i].name, texts);
}

static inline const struct process *process_at(const struct facts *facts, s32 index)
{
	return index < 0 ? NULL : &facts->processes[index];
}

static inline const struct process *parent(const struct facts *facts, const struct process *p)
{
	return p ? process_at(facts, p->parent) : NULL;
}

static inline struct text user_name(const struct facts *facts, u32 uid)
{
	for (u32 i = 0; i < facts->head->users; i++)
		if (facts->users[i].uid == uid)
			return facts->users[i].name;
	return TEXT("<NA>");
}

#endif
