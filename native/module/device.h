/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the module and the shim agree on: /dev/lanner.
 *
 * The device can be opened by one reader at a time, with CAP_SYS_ADMIN. The
 * reader sets up rings (LN_IOC_SETUP), maps them, may say which events it can do
 * without (LN_IOC_FILTER, LN_IOC_SEED), and lets the others in (LN_IOC_CONFIG). When
 * the last descriptor and mapping are gone, however that came, the module stops
 * watching and frees everything.
 *
 * The mapping: one page with struct ln_device_control, then for each of `cpus`
 * processors one page with struct ln_device_ring and `ring_bytes` bytes of data.
 * Frames are those of a BPF ring buffer: __u32 length, __u32 zero, the record,
 * padded to 8 bytes. A frame may wrap around the end of its ring's data.
 */
#ifndef LANNER_DEVICE_H
#define LANNER_DEVICE_H

#include <linux/ioctl.h>

#define LN_DEVICE_NAME	  "lanner"
#define LN_DEVICE_VERSION 3
#define LN_FRAME_HEADER	  8

struct ln_device_setup {
	__u32 version;			      /* in: LN_DEVICE_VERSION */
	__u32 wire;			      /* in: LN_WIRE_VERSION */
	__u32 ring_bytes;		      /* in: for all CPUs together; out: each CPU's */
	__u32 cpus;			      /* out */
	__u64 syscalls[LN_SYSCALLS_MAX / 64]; /* out: bit n: there are events of system call n */
};

#define LN_IOC_SETUP  _IOWR('L', 1, struct ln_device_setup)
#define LN_IOC_CONFIG _IOW('L', 2, struct ln_config)
#define LN_IOC_FILTER _IOW('L', 3, struct ln_device_filter)
#define LN_IOC_SEED   _IOW('L', 4, struct ln_device_seeds)

/*
 * A plan's tables (filter.h), by which events are judged as soon as the request
 * comes back: each by all of these or all of those before.
 */
struct ln_device_filter {
	__u64 tables; /* their address; 0: everything passes */
	__u32 bytes;
	__u32 mark; /* 1: what would be dropped is sent with LN_F_FILTERED */
};

/* Processes that were found after events were let in: driver.h's seeds. */
struct ln_device_seeds {
	__u64 seeds; /* address of struct ln_seed */
	__u32 count;
	__u32 pad;
};

struct ln_device_control {
	__u32 wake; /* as the probe's map `wake`: native/driver.h */
};

/*
 * `since` is what lets the reader put the rings' records in the order of time: a
 * record that appears later than the reader looked at `since` has no earlier
 * time than that, or than the reader's clock if it was 0.
 */
struct ln_device_ring {
	__u64 producer; /* bytes ever written */
	__u64 since;	/* a record is under way that began no earlier; 0: none */
	__u64 losses[LN_CLASSES * LN_REASONS];
	__u64 apart[256 - 2 - LN_CLASSES * LN_REASONS];
	__u64 consumer; /* bytes ever read, written by the reader: another cache line */
};

#endif
