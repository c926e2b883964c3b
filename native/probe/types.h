/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The integer types and map constants that the probe needs. Not taken from
 * <linux/types.h> and <linux/bpf.h>: those include <asm/types.h>, which lies in
 * a directory of the host's architecture where clang -target bpf doesn't look.
 */
#ifndef LANNER_PROBE_TYPES_H
#define LANNER_PROBE_TYPES_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

/* enum bpf_map_type, flags of bpf_ringbuf_output and of maps: include/uapi/linux/bpf.h */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_RINGBUF = 27,
};

#define BPF_RB_NO_WAKEUP    1
#define BPF_RB_FORCE_WAKEUP 2
#define BPF_RB_AVAIL_DATA   0
#define BPF_RB_RING_SIZE    1
#define BPF_F_MMAPABLE	    1024 /* Linux 5.5 */

#endif
