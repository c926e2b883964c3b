/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The record format: the one truth of what crosses from kernel to user space.
 * Both drivers write it, recordings store it, src/events/record.ts reads it in
 * place. Little-endian; every record and every parameter starts at a multiple
 * of 8 bytes.
 *
 *	struct ln_record	fixed header
 *	struct ln_param[n]	where each parameter lies, n = nparams
 *	(zero bytes up to a multiple of 8)
 *	parameter bytes		each padded with zero bytes to a multiple of 8
 *
 * A parameter's encoding follows its type in the event table:
 *	numbers		8 bytes, two's complement, whatever their type's width
 *			(ptrace's DYN are numbers)
 *	text and paths	the bytes and one NUL, which len counts; zero-padded, so
 *			equality can compare whole words
 *	byte buffers	the bytes (several strings: each with its NUL)
 *	SOCKADDR	u8 family, then inet: 4 address bytes, u16 port;
 *			inet6: 16 address bytes, u16 port; unix: path and NUL
 *	SOCKTUPLE	u8 family, then inet/inet6: source address, u16 source
 *			port, destination address, u16 destination port; unix:
 *			u64, u64 socket addresses (source, destination), path
 *			and NUL. Packed; address bytes in network order, ports
 *			in host order.
 * len 0 means that the parameter is not there.
 */
#ifndef LANNER_WIRE_H
#define LANNER_WIRE_H

#define LN_WIRE_VERSION 1
#define LN_RECORD_MAX	32768 /* no record is longer */

struct ln_record {
	__u32 len;  /* bytes, this header and all padding included */
	__u16 type; /* event code: events.gen.h */
	__u16 nparams;
	__u64 ts;   /* ns since boot, time asleep included (CLOCK_BOOTTIME) */
	__u32 tid;  /* in the host's pid namespace */
	__u32 pid;  /* thread group */
	__u32 ppid; /* thread group of the real parent */
	__u32 uid;  /* effective, in the host's user namespace */
	__u32 gid;
	__u16 cpu;
	__u16 flags; /* LN_F_* */
};

#define LN_F_COMPAT    1 /* a 32-bit system call */
#define LN_F_TRUNCATED 2 /* a parameter did not fit and was cut */
#define LN_F_FILTERED  4 /* the filter, told to mark, would have dropped it */
#define LN_F_IO_URING  8 /* done through an io_uring, not by a system call of its own */

struct ln_param {
	__u16 len;  /* bytes, without padding */
	__u16 off8; /* from the record's start, in units of 8 bytes */
};

/* Classes and reasons that lost events are counted by; order = index. */
enum ln_class {
	LN_CLASS_EXEC,
	LN_CLASS_PROCESS,
	LN_CLASS_OPEN,
	LN_CLASS_NETWORK,
	LN_CLASS_OTHER,
	LN_CLASSES
};

enum ln_reason {
	LN_LOST_RING_FULL,    /* user space did not read fast enough */
	LN_LOST_SCRATCH_BUSY, /* every scratch buffer of this CPU was in use */
	LN_LOST_FAULT,	      /* memory that the event needs could not be read */
	LN_LOST_TOO_LONG,     /* did not fit into LN_RECORD_MAX */
	LN_LOST_PREEMPTED,    /* the program was running already, for a preempted task */
	LN_LOST_SKIPPED,      /* the same, of any call, wanted or not; at most so many */
	LN_LOST_FILTER_FULL, /* nothing is: what the filter asks could not be kept, and such events pass */
	LN_REASONS
};

/* What user space asks of the kernel beyond the events themselves. */
#define LN_WANT_ENV	1 /* the environment on exec */
#define LN_WANT_WORKDIR 2 /* the current directory on every event */
#define LN_WANT_DATA	4 /* the first bytes of what is sent and received */

#endif
