/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Numbers of 32-bit x86 system calls (int 0x80 and 32-bit programs) in the
 * 64-bit table, for the calls that events come from; 0 for the rest. Kept in
 * numeric order: arch/x86/entry/syscalls/syscall_32.tbl.
 */
#ifndef LANNER_SENSE_IA32_H
#define LANNER_SENSE_IA32_H

/* sizes of the tables below: powers of two */
#define IA32_CALLS	 512
#define IA32_SOCKETCALLS 32

#define IA32_SOCKETCALL                                                                            \
	102 /* its first argument says which call, the second points to that one's arguments */
#define IA32_OLD_MMAP 90 /* its argument points to mmap's; the offset is in bytes */

/* what socketcall's first argument stands for, in the 64-bit table: include/uapi/linux/net.h */
static const __u16 ia32_socketcalls[IA32_SOCKETCALLS] = {
	[1] = 41,   /* socket */
	[2] = 49,   /* bind */
	[3] = 42,   /* connect */
	[4] = 50,   /* listen */
	[5] = 43,   /* accept */
	[9] = 44,   /* send */
	[10] = 45,  /* recv */
	[11] = 44,  /* sendto */
	[12] = 45,  /* recvfrom */
	[16] = 46,  /* sendmsg */
	[17] = 47,  /* recvmsg */
	[18] = 288, /* accept4 */
};

/* Whether one of these is send or recv: sendto and recvfrom without an address. */
static inline __attribute__((always_inline)) int ia32_has_no_address(unsigned int which)
{
	return which == 9 || which == 10;
}

/* Whether a call's user and group ids have 16 bits: others with them came later, under numbers of their own. */
static inline __attribute__((always_inline)) int ia32_has_small_ids(unsigned int nr)
{
	return nr == 16 || nr == 23 || nr == 46 || nr == 70 || nr == 71 || nr == 95 || nr == 164 ||
	       nr == 170 || nr == 182;
}

static const __u16 ia32_to_64[IA32_CALLS] = {
	[2] = 57,   /* fork */
	[5] = 2,    /* open */
	[8] = 85,   /* creat */
	[9] = 86,   /* link */
	[10] = 87,  /* unlink */
	[11] = 59,  /* execve */
	[12] = 80,  /* chdir */
	[15] = 90,  /* chmod */
	[16] = 94,  /* lchown */
	[21] = 165, /* mount */
	[22] = LN_NR_UMOUNT,
	[23] = 105, /* setuid */
	[26] = 101, /* ptrace */
	[37] = 62,  /* kill */
	[38] = 82,  /* rename */
	[39] = 83,  /* mkdir */
	[40] = 84,  /* rmdir */
	[41] = 32,  /* dup */
	[42] = 22,  /* pipe */
	[46] = 106, /* setgid */
	[52] = 166, /* umount2 */
	[61] = 161, /* chroot */
	[63] = 33,  /* dup2 */
	[66] = 112, /* setsid */
	[70] = 113, /* setreuid */
	[71] = 114, /* setregid */
	[74] = 170, /* sethostname */
	[83] = 88,  /* symlink */
	[87] = 167, /* swapon */
	[IA32_OLD_MMAP] = 9,
	[94] = 91,   /* fchmod */
	[95] = 93,   /* fchown */
	[120] = 56,  /* clone */
	[125] = 10,  /* mprotect */
	[128] = 175, /* init_module */
	[129] = 176, /* delete_module */
	[131] = 179, /* quotactl */
	[133] = 81,  /* fchdir */
	[164] = 117, /* setresuid */
	[170] = 119, /* setresgid */
	[172] = 157, /* prctl */
	[182] = 92,  /* chown */
	[185] = 126, /* capset */
	[190] = 58,  /* vfork */
	[192] = 9,   /* mmap2 */
	[198] = 94,  /* lchown32 */
	[203] = 113, /* setreuid32 */
	[204] = 114, /* setregid32 */
	[207] = 93,  /* fchown32 */
	[208] = 117, /* setresuid32 */
	[210] = 119, /* setresgid32 */
	[212] = 92,  /* chown32 */
	[213] = 105, /* setuid32 */
	[214] = 106, /* setgid32 */
	[217] = 155, /* pivot_root */
	[238] = 200, /* tkill */
	[270] = 234, /* tgkill */
	[283] = 246, /* kexec_load */
	[288] = 250, /* keyctl */
	[295] = 257, /* openat */
	[296] = 258, /* mkdirat */
	[298] = 260, /* fchownat */
	[301] = 263, /* unlinkat */
	[302] = 264, /* renameat */
	[303] = 265, /* linkat */
	[304] = 266, /* symlinkat */
	[306] = 268, /* fchmodat */
	[310] = 272, /* unshare */
	[330] = 292, /* dup3 */
	[331] = 293, /* pipe2 */
	[336] = 298, /* perf_event_open */
	[342] = 304, /* open_by_handle_at */
	[346] = 308, /* setns */
	[348] = 311, /* process_vm_writev */
	[350] = 313, /* finit_module */
	[353] = 316, /* renameat2 */
	[356] = 319, /* memfd_create */
	[357] = 321, /* bpf */
	[358] = 322, /* execveat */
	[359] = 41,  /* socket */
	[361] = 49,  /* bind */
	[362] = 42,  /* connect */
	[363] = 50,  /* listen */
	[364] = 288, /* accept4 */
	[369] = 44,  /* sendto */
	[370] = 46,  /* sendmsg */
	[371] = 45,  /* recvfrom */
	[372] = 47,  /* recvmsg */
	[374] = 323, /* userfaultfd */
	[425] = 425, /* io_uring_setup */
	[434] = 434, /* pidfd_open */
	[435] = 435, /* clone3 */
	[437] = 437, /* openat2 */
	[438] = 438, /* pidfd_getfd */
};

#endif
