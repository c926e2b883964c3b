/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Numbers of 32-bit x86 system calls (int 0x80 and 32-bit programs) in the
 * 64-bit table, for the calls that events come from; 0 for the rest. Kept in
 * numeric order: arch/x86/entry/syscalls/syscall_32.tbl.
 */
#ifndef LANNER_PROBE_IA32_H
#define LANNER_PROBE_IA32_H

static const __u16 ia32_to_64[512] = {
	[2] = 57,    /* fork */
	[5] = 2,     /* open */
	[8] = 85,    /* creat */
	[9] = 86,    /* link */
	[10] = 87,   /* unlink */
	[11] = 59,   /* execve */
	[15] = 90,   /* chmod */
	[23] = 105,  /* setuid */
	[26] = 101,  /* ptrace */
	[38] = 82,   /* rename */
	[39] = 83,   /* mkdir */
	[40] = 84,   /* rmdir */
	[41] = 32,   /* dup */
	[63] = 33,   /* dup2 */
	[83] = 88,   /* symlink */
	[94] = 91,   /* fchmod */
	[120] = 56,  /* clone */
	[128] = 175, /* init_module */
	[190] = 58,  /* vfork */
	[213] = 105, /* setuid32 */
	[295] = 257, /* openat */
	[296] = 258, /* mkdirat */
	[301] = 263, /* unlinkat */
	[302] = 264, /* renameat */
	[303] = 265, /* linkat */
	[304] = 266, /* symlinkat */
	[306] = 268, /* fchmodat */
	[310] = 272, /* unshare */
	[330] = 292, /* dup3 */
	[346] = 308, /* setns */
	[350] = 313, /* finit_module */
	[353] = 316, /* renameat2 */
	[357] = 321, /* bpf */
	[358] = 322, /* execveat */
	[359] = 41,  /* socket */
	[362] = 42,  /* connect */
	[363] = 50,  /* listen */
	[364] = 288, /* accept4 */
	[369] = 44,  /* sendto */
	[370] = 46,  /* sendmsg */
	[371] = 45,  /* recvfrom */
	[372] = 47,  /* recvmsg */
	[374] = 323, /* userfaultfd */
	[435] = 435, /* clone3 */
	[437] = 437, /* openat2 */
};

#endif
