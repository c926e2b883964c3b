/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The filter's tables, as src/engine/plan_tables.ts writes them and both drivers
 * read them: which events user space can do without. Little-endian.
 *
 *	struct ln_filter_header
 *	struct ln_filter_step[nsteps]
 *	struct ln_filter_text[nprefixes]   in front of a path, or the whole of it with its NUL
 *	struct ln_filter_text[nsuffixes]   at its end: the bytes stand in reverse
 *	struct ln_filter_piece[npieces]    anywhere in it
 *	struct ln_filter_gate
 *
 * An event is judged by going from step to step, from its type's start to
 * LN_FILTER_PASS or LN_FILTER_DROP; a step leads to later ones only. What a driver
 * can't find out about an event is `unknown`; `missing` is an end of a socket that
 * rules find no value for either.
 */
#ifndef LANNER_FILTER_H
#define LANNER_FILTER_H

#define LN_FILTER_VERSION    5
#define LN_FILTER_EVENTS     512 /* event codes */
#define LN_FILTER_STEPS_MAX  4096
#define LN_FILTER_TEXTS_MAX  4096 /* prefixes; suffixes */
#define LN_FILTER_PIECES_MAX 4
#define LN_FILTER_PATH_MAX   256 /* a path with its NUL; a longer one is unknown */

#define LN_FILTER_PASS 0xffff
#define LN_FILTER_DROP 0xfffe

struct ln_filter_header {
	__u32 version;
	__u32 nsteps, nprefixes, nsuffixes, npieces;
	__u32 pad;
	__u16 start[LN_FILTER_EVENTS]; /* by event code */
};

enum ln_filter_kind {
	LN_FILTER_NUMBER = 1, /* number parameter `index` is in [a, b]; how: LN_FILTER_S64.. */
	LN_FILTER_ID,	      /* effective uid (how 0) or gid (1) is in [a, b] */
	LN_FILTER_PORT, /* port of the tuple's source (how 0) or destination (1) is in [a, b] */
	LN_FILTER_BITS, /* of the bits a of number parameter `index`: LN_FILTER_ANY.. */
	LN_FILTER_PATH, /* path parameter `index`, relative to parameter `bits` (0: to none), or one of
			   LN_FILTER_NAME.., is in set a */
	LN_FILTER_NETWORK, /* address of the end `how`, of `index` bytes, begins with `bits` bits of a and b */
	LN_FILTER_CONTAINER, /* the process is in a container */
	LN_FILTER_LOGINUID   /* the process's is in [a, b]; one that is not set is -1 */
};

enum { LN_FILTER_S64, LN_FILTER_S32, LN_FILTER_U32 };
enum { LN_FILTER_ANY, LN_FILTER_ALL, LN_FILTER_NONE };

#define LN_FILTER_NONE 0xff

/* Texts that a process has, where a path's parameter would stand: records have fewer. */
#define LN_FILTER_NAME	  62
#define LN_FILTER_EXEPATH 63

/*
 * The parameters by which a socket's ends are known: `tuple`, if it is there and the
 * call did what it is for, else `fd_tuple`, the descriptor's own; `role`, of calls on
 * a socket that waits for clients, of which only the source is an end. LN_FILTER_NONE: none.
 */
struct ln_filter_ends {
	__u8 tuple, fd_tuple, result, role;
};

struct ln_filter_step {
	__u8 kind, index, how, bits;
	__u16 yes, no, unknown, missing; /* where to go: a step, PASS or DROP */
	struct ln_filter_ends ends;	 /* of PORT and NETWORK */
	__s64 a, b;
};

/* A key of an LPM trie and its value: bit n of sets means that such paths are in set n. */
struct ln_filter_text {
	__u64 sets; /* those of all shorter texts that it begins with, too; no set has paths and names */
	__u32 bits; /* of text: 8 for each byte */
	__u8 text[LN_FILTER_PATH_MAX];
	__u32 pad;
};

/*
 * What the probe's map filter_active holds. Tables come in two generations; user
 * space writes the one that is not in use and then switches, so that every event
 * is judged by one whole plan.
 */
struct ln_filter_active {
	__u32 generation; /* 1 or 2; 0: everything passes */
	__u32 mark;	  /* 1: what would be dropped is sent with LN_F_FILTERED */
};

/* The last eight bytes read so far, the newest lowest, are this under the mask. */
struct ln_filter_piece {
	__u64 value, mask, sets;
};

/* What the probe's map filter_heads holds for each generation. */
struct ln_filter_head {
	__u16 start[LN_FILTER_EVENTS];
	__u32 npieces, pad;
	struct ln_filter_piece pieces[LN_FILTER_PIECES_MAX];
};

/*
 * The gate: what rules out most opens for a few instructions each, before a buffer
 * is taken and the steps are gone through. It judges a 64-bit open or openat by its
 * result, its flags and an absolute path. Bit n of a mask stands for the clauses n,
 * n + 64... of the plan: an open that can meet none is dropped.
 */
#define LN_FILTER_GATE_CALLS 2 /* open, openat */
#define LN_FILTER_FLAGS	     4 /* groups of four of Falco's flags, of those that open is asked for */
#define LN_FILTER_BUCKETS    256

/* Two characters in a row, each `.` or `/`, where the path's end counts as `/`: most paths have none. */
enum ln_filter_pair {
	LN_FILTER_DOTS,	     /* .. */
	LN_FILTER_DOT_SLASH, /* ./ */
	LN_FILTER_SLASH_DOT, /* /. */
	LN_FILTER_PAIRS
};

struct ln_filter_call {
	__u64 ok, failed; /* can be met by a result from 0 on, below 0 */
	__u64 flags[LN_FILTER_FLAGS][16];
};

struct ln_filter_gate {
	struct ln_filter_call calls[LN_FILTER_GATE_CALLS];
	__u64 any;			/* whatever the path is */
	__u64 pairs[LN_FILTER_PAIRS];	/* only by a path that has this pair */
	__u64 head4[LN_FILTER_BUCKETS]; /* by a path that begins with the four bytes of a bucket */
	__u64 head8[LN_FILTER_BUCKETS];
	__u64 tail4[LN_FILTER_BUCKETS]; /* that ends with them, the last byte highest */
	__u64 tail8[LN_FILTER_BUCKETS];
};

/* The bucket of four and of eight bytes, the first lowest. */
#define LN_FILTER_BUCKET4(bytes) ((__u32)((__u32)(bytes)*0x9e3779b1U) >> 24)
#define LN_FILTER_BUCKET8(bytes) ((__u64)((bytes)*0x9e3779b97f4a7c15ULL) >> 56)

/* A key of the probe's tries filter_prefixes_N and filter_suffixes_N. */
struct ln_filter_key {
	__u32 bits;
	__u8 text[LN_FILTER_PATH_MAX];
};

#endif
