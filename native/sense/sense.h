/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What every event carries: C shared by the drivers. A driver includes, in this
 * order: the kernel's types (its own declarations in the probe, the kernel's
 * headers in a module), its definitions of
 *
 *	SENSE_X86 or SENSE_ARM64	the architecture
 *	SENSE_INLINE			how functions here are declared
 *	SENSE_READ(p, a, b...)		p->a->b..., 0 where memory can't be read
 *	SENSE_ADDRESS(p, type, member)	&p->member
 *	SENSE_MASK(value, mask)		value & mask, never optimised away
 *	sense_read_kernel/user(to, size, from)		0 or negative
 *	sense_read_kernel/user_text(to, size, from)	bytes with NUL, or negative
 *	sense_now, sense_cpu, sense_current
 *	kern_*, KERN_*			what kernels lay out differently
 *
 * and then this file. Loops have constant bounds, since a verifier reads them.
 */
#ifndef LANNER_SENSE_H
#define LANNER_SENSE_H

#define SENSE_PATH_MAX	 4096 /* a path or string with its NUL */
#define SENSE_NAME_MAX	 255
#define SENSE_PATH_DEPTH 96 /* names in a path that is walked up */
#define SENSE_PATHS_MAX	 16 /* paths of one record that are walked */
#define SENSE_ARGS_MAX	 4096

/* up to eight characters as the number whose bytes they are */
#define SENSE_TEXT8(text)                                                                          \
	({                                                                                         \
		__u64 word_ = 0;                                                                   \
		__builtin_memcpy(&word_, text, sizeof(text) - 1);                                  \
		word_;                                                                             \
	})

/* makes a compiler forget what it knows of a variable: a bound that it sees to hold already would not reach a verifier */
#define SENSE_OPAQUE(variable) asm volatile("" : "+r"(variable))
#define SENSE_ARGV_MAX	       16 /* pointers read of a failed exec's argv */

#define SENSE_CGROUP_SEEN   1
#define SENSE_CGROUP_MARKED 2 /* one may be a container's, or is not known whole */

/* one system call as it returns */
struct sense_call {
	__u64 arg[6];
	__s64 ret;
	__u32 nr;	 /* in the 64-bit table, also for a 32-bit call */
	__u32 compat;	 /* a 32-bit system call: its pointers have 4 bytes */
	__u32 small_ids; /* an old one of these: its user and group ids have 2 */
	__u32 ring; /* a request of an io_uring (the rest is for these): arguments may point to kernel memory */
	const struct file *file;	/* what the descriptor that it works on stands for */
	const struct file *made;	/* what it made */
	const struct task_struct *task; /* who submitted it */
	const void *request;		/* the kernel's, while it is remembered */
};

/* a path still to be walked, and the parameter that it becomes or, after others, is appended to */
struct sense_path {
	const struct vfsmount *mount; /* NULL: node is a cgroup's */
	const void *node;	      /* struct dentry or struct kern_cgroup */
	__u64 prefix;		      /* what comes before the path: up to eight characters */
	__u32 prefix_len;
	__u32 index;
};

/*
 * Where one record is put together. Kept in memory that nobody else writes
 * meanwhile; what the code must remember lies here rather than in registers, so
 * that a verifier sees the same state whichever way the code came.
 */
struct sense_buf {
	__u32 busy;   /* the driver's: users of this buffer, one of them owns it */
	__u32 class;  /* LN_CLASS_* to count a loss under */
	__u32 len;    /* bytes of record written, a multiple of 8 */
	__u32 want;   /* LN_WANT_* */
	__u32 flags;  /* LN_F_* */
	__u32 faults; /* reads of memory that failed and should not have */
	__u32 npaths; /* in paths: walked last, one after the other (sense_put_next_path) */
	__u32 next_path;
	__u32 path_at; /* path[path_at..SENSE_PATH_MAX) is the path walked last, NUL included */
	__u32 vital;   /* the driver's: of a process's life, for which the ring keeps room */
	__u32 walked;  /* SENSE_CGROUP_*, of those whose paths were walked */
	__u32 seeded;  /* ln_config's, as of the record's beginning */
	const void *path_of;		 /* the cgroup that it is of, NULL for anything else */
	const struct task_struct *owner; /* the driver's: who put it to use */
	struct sense_call call;
	struct sense_path paths[SENSE_PATHS_MAX];
	__u8 name[SENSE_NAME_MAX + 1];
	__u8 path[SENSE_PATH_MAX + SENSE_NAME_MAX + 1] __attribute__((aligned(8)));
	__u8 record[LN_RECORD_MAX + 2 * SENSE_PATH_MAX + 64] __attribute__((aligned(8)));
};

#endif
