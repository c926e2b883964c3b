/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What user space goes by of a process (native/driver.h): what the record of its making
 * or its last exec told it, whatever became of it since (src/host/processes.ts). What
 * is not surely so is not known.
 *
 * A driver gives kern_told(pid) and kern_seed(pid), which it may have to share with
 * other processes; kern_exepath(key), NULL when there is none; and kern_add_exepath(key,
 * path), which is 0 unless the path is not kept: below 0, or above when there is no room.
 */
#ifndef LANNER_SENSE_TOLD_H
#define LANNER_SENSE_TOLD_H

#include "path.h"

_Static_assert(LN_EXECVE_comm < SENSE_PARAMS_MASK && sizeof(struct ln_process) == 48,
	       "facts are what records have, eight bytes each");

/* Some of the kernel's compilers would take two words, or one of a neighbour's, at once. */
SENSE_INLINE void sense_write_fact(__u64 *fact, __u64 value)
{
	*(volatile __u64 *)fact = value;
}

/* A fact as it is known of a process, or 0. */
SENSE_INLINE __u64 sense_fact(__u32 pid, const __u64 *told, const __u64 *seed)
{
	__u64 fact = *(const volatile __u64 *)told;

	if (!fact)
		fact = *(const volatile __u64 *)seed;
	return LN_FACT_OF(fact) == pid ? fact : 0;
}

/* All that is known of a process: each fact, or 0. */
SENSE_INLINE void sense_facts(__u32 pid, struct ln_process *facts)
{
	const struct ln_process *told = kern_told(pid), *seed = kern_seed(pid);
	__u32 i;

	__builtin_memset(facts, 0, sizeof(*facts));
	if (!told || !seed)
		return;
	facts->host = sense_fact(pid, &told->host, &seed->host);
	facts->loginuid = sense_fact(pid, &told->loginuid, &seed->loginuid);
	facts->exepath = sense_fact(pid, &told->exepath, &seed->exepath);
	SENSE_UNROLL
	for (i = 0; i < LN_COMM_WORDS; i++)
		facts->name[i] = sense_fact(pid, told->name + i, seed->name + i);
}

/* A fact of a maker as its child's. */
SENSE_INLINE __u64 sense_inherited(__u32 pid, __u64 fact)
{
	return fact ? LN_FACT(pid, fact & LN_FACT_MASK) : LN_FACT_NOBODYS;
}

/* The n-th word of a parameter, zero behind its end. index and n are constant. */
SENSE_INLINE __u64 sense_param_word(const struct sense_buf *b, __u32 index, __u32 n)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));

	if (table[index].len <= 8 * n)
		return 0;
	return *(const __u64 *)(b->record +
				SENSE_MASK(((__u64)table[index].off8 << 3) + 8 * n, 0x7ff8));
}

SENSE_INLINE void sense_tell_name(struct sense_buf *b, struct ln_process *told, __u32 pid,
				  __u32 index)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	const __u64 low = sense_param_word(b, index, 0), high = sense_param_word(b, index, 1);
	const bool known = table[index].len > 0 && table[index].len <= LN_COMM_MAX;
	__u32 i;

	SENSE_UNROLL
	for (i = 0; i < LN_COMM_WORDS; i++)
		sense_write_fact(told->name + i, known ? LN_FACT(pid, ln_name_word(low, high, i))
						       : LN_FACT_NOBODYS);
}

/*
 * The fact of the executable that an exec's record names, in `full` whether it is only
 * for want of room that it is not known. The buffer's path is not in use any more.
 */
SENSE_INLINE __u64 sense_exepath_fact(struct sense_buf *b, __u32 pid, bool *full)
{
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	const __u32 len = table[LN_EXECVE_trusted_exepath].len;
	const __u64 from = (__u64)table[LN_EXECVE_trusted_exepath].off8 << 3;
	struct ln_exepath *path = (void *)b->path;
	__u64 key;
	int kept;

	/* a path's last word is zero behind its end */
	if (len < 2 || len > LN_EXEPATH_MAX)
		return LN_FACT_NOBODYS;
	/* user space takes " (deleted)" away */
	if (b->record[SENSE_MASK(from + len - 2, 0x7fff)] == ')')
		return LN_FACT_NOBODYS;
	__builtin_memset(path, 0, sizeof(*path));
	path->len = len;
	sense_read_kernel(path->words, SENSE_MASK(len - 1, LN_EXEPATH_MAX - 1) + 1,
			  b->record + SENSE_MASK(from, 0x7ff8));
	key = ln_exepath_key(path->words);
	kept = kern_add_exepath(key, path);
	*full = kept > 0;
	return kept ? LN_FACT_NOBODYS : LN_FACT(pid, key);
}

/* Whether a living process's facts are where this one's go. */
SENSE_INLINE bool sense_displaces(const struct ln_process *told, __u32 pid)
{
	const struct ln_process *seed = kern_seed(pid);
	__u64 held = *(const volatile __u64 *)told->name;

	if (!held && seed)
		held = *(const volatile __u64 *)seed->name;
	return LN_FACT_OF(held) && LN_FACT_OF(held) != pid;
}

/*
 * To be called when user space was told of an exec. True when not all could be kept
 * that the filter might ask, for want of room.
 */
SENSE_INLINE bool sense_tell_exec(struct sense_buf *b)
{
	const struct ln_record *header = (const void *)b->record;
	const struct ln_param *table = (const void *)(b->record + sizeof(struct ln_record));
	const __u32 pid = header->pid, walked = b->walked;
	struct ln_process *told = kern_told(pid);
	__u64 loginuid, exepath;
	bool full = false, displaces;

	if (!told)
		return false;
	displaces = sense_displaces(told, pid);
	loginuid = table[LN_EXECVE_loginuid].len == 8
			   ? LN_FACT(pid, (__u32)sense_param_word(b, LN_EXECVE_loginuid, 0))
			   : LN_FACT_NOBODYS;
	exepath = sense_exepath_fact(b, pid, &full);
	if (walked)
		sense_write_fact(&told->host, LN_FACT(pid, !(walked & SENSE_CGROUP_MARKED)));
	sense_write_fact(&told->loginuid, loginuid);
	sense_write_fact(&told->exepath, exepath);
	sense_tell_name(b, told, pid, LN_EXECVE_comm);
	return full || displaces;
}

/*
 * The same of a making. What the record does not have is what the maker, the current
 * task, has. Before user space had read /proc it may have found the child there, later
 * than its record tells of it. A thread's facts are nobody's.
 */
SENSE_INLINE bool sense_tell_fork(struct sense_buf *b)
{
	const struct ln_record *header = (const void *)b->record;
	const __u32 pid = header->pid, walked = b->walked;
	struct ln_process *told = kern_told(pid);
	struct ln_process maker;
	bool displaces;

	if (!told || header->tid != pid)
		return false;
	displaces = sense_displaces(told, pid);
	sense_facts(SENSE_READ(sense_current(), tgid), &maker);
	if (!b->seeded)
		maker.loginuid = maker.exepath = 0;
	if (walked)
		sense_write_fact(&told->host, LN_FACT(pid, !(walked & SENSE_CGROUP_MARKED)));
	sense_write_fact(&told->loginuid, sense_inherited(pid, maker.loginuid));
	sense_write_fact(&told->exepath, sense_inherited(pid, maker.exepath));
	if (b->seeded)
		sense_tell_name(b, told, pid, LN_CLONE_comm);
	else
		sense_write_fact(told->name, LN_FACT_NOBODYS);
	return displaces;
}

/* The same of an end, which tells nothing that was not known before. */
SENSE_INLINE bool sense_tell_exit(struct sense_buf *b)
{
	(void)b;
	return false;
}

/* To be called where user space was not told, and when the process ends. */
SENSE_INLINE void sense_forget(__u32 pid)
{
	struct ln_process *told = kern_told(pid);
	__u32 i;

	if (!told)
		return;
	SENSE_UNROLL
	for (i = 0; i < sizeof(*told) / sizeof(__u64); i++) {
		__u64 *fact = (__u64 *)told + i;
		const __u32 held = LN_FACT_OF(*(volatile __u64 *)fact);

		if (!held || held == pid) /* another's is kept */
			sense_write_fact(fact, LN_FACT_NOBODYS);
	}
}

#endif
