/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Memory that programs may run from, and other processes' memory. */
#ifndef LANNER_SENSE_MEMORY_H
#define LANNER_SENSE_MEMORY_H

#include "network.h"

#define SENSE_PROT_EXEC 4
#define SENSE_MAP_PAGE	4096 /* unit of the offset of 32-bit x86's mmap2 */

/* in Falco's numbering; the low three bits are the kernel's */
SENSE_INLINE __u32 sense_prot_flags(__u64 prot)
{
	return (prot & 7) | SENSE_MOVE(prot, 0x8, 1 << 3) | /* SEM */
	       SENSE_MOVE(prot, 0x01000000, 1 << 4) |	    /* GROWSDOWN */
	       SENSE_MOVE(prot, 0x02000000, 1 << 5);	    /* GROWSUP */
}

SENSE_INLINE __u32 sense_map_flags(__u64 flags)
{
	return (flags & 3) |			    /* SHARED, PRIVATE */
	       SENSE_MOVE(flags, 0x10, 1 << 2) |    /* FIXED */
	       SENSE_MOVE(flags, 0x20, 1 << 3) |    /* ANONYMOUS */
	       SENSE_MOVE(flags, 0x40, 1 << 4) |    /* 32BIT */
	       SENSE_MOVE(flags, 0x4000, 1 << 6) |  /* NORESERVE */
	       SENSE_MOVE(flags, 0x8000, 1 << 7) |  /* POPULATE */
	       SENSE_MOVE(flags, 0x10000, 1 << 8) | /* NONBLOCK */
	       SENSE_MOVE(flags, 0x100, 1 << 9) |   /* GROWSDOWN */
	       SENSE_MOVE(flags, 0x800, 1 << 10) |  /* DENYWRITE */
	       SENSE_MOVE(flags, 0x1000, 1 << 11) | /* EXECUTABLE */
	       SENSE_MOVE(flags, 0x2000, 1 << 14);  /* LOCKED */
}

/* Only what may be executed afterwards. */
SENSE_INLINE bool sense_fill_mmap(struct sense_buf *b)
{
	const struct mm_struct *mm = SENSE_READ(sense_current(), mm);
	__u64 prot = b->call.arg[2];
	__s64 fd = SENSE_FD(b->call.arg[4]);
	__u64 rss;

	if (!(prot & SENSE_PROT_EXEC))
		return false;
	rss = KERN_MM_PAGES(mm, 0) + KERN_MM_PAGES(mm, 1) + KERN_MM_PAGES(mm, 3);
	sense_put_number(b, LN_MMAP_res, b->call.ret);
	sense_put_number(b, LN_MMAP_vm_size, SENSE_READ(mm, total_vm) * SENSE_PAGE_KB);
	sense_put_number(b, LN_MMAP_vm_rss, rss * SENSE_PAGE_KB);
	sense_put_number(b, LN_MMAP_vm_swap, KERN_MM_PAGES(mm, 2) * SENSE_PAGE_KB);
	sense_put_number(b, LN_MMAP_addr, b->call.arg[0]);
	sense_put_number(b, LN_MMAP_length, b->call.arg[1]);
	sense_put_number(b, LN_MMAP_prot, sense_prot_flags(prot));
	sense_put_number(b, LN_MMAP_flags, sense_map_flags(b->call.arg[3]));
	sense_put_number(b, LN_MMAP_fd, fd);
	sense_put_number(b, LN_MMAP_offset,
			 b->call.compat ? b->call.arg[5] * SENSE_MAP_PAGE : b->call.arg[5]);
	sense_put_fd(b, LN_MMAP_fd_type, fd);
	sense_put_workdir(b, LN_MMAP_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_mprotect(struct sense_buf *b)
{
	__u64 prot = b->call.arg[2];

	if (!(prot & SENSE_PROT_EXEC))
		return false;
	sense_put_number(b, LN_MPROTECT_res, b->call.ret);
	sense_put_number(b, LN_MPROTECT_addr, b->call.arg[0]);
	sense_put_number(b, LN_MPROTECT_length, b->call.arg[1]);
	sense_put_number(b, LN_MPROTECT_prot, sense_prot_flags(prot));
	sense_put_workdir(b, LN_MPROTECT_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_memfd_create(struct sense_buf *b)
{
	sense_put_number(b, LN_MEMFD_CREATE_fd, b->call.ret);
	sense_put_user_text(b, LN_MEMFD_CREATE_name, b->call.arg[0]);
	sense_put_number(b, LN_MEMFD_CREATE_flags, (__u32)b->call.arg[1]);
	sense_put_fd(b, LN_MEMFD_CREATE_fd_type, b->call.ret);
	sense_put_workdir(b, LN_MEMFD_CREATE_workdir);
	return true;
}

SENSE_INLINE bool sense_fill_process_vm_writev(struct sense_buf *b)
{
	const struct sense_msghdr header = {.iov = b->call.arg[1], .iovlen = b->call.arg[2]};
	__u64 len = b->call.ret >= 0 ? (__u64)b->call.ret : SENSE_SNAPLEN;
	__u64 from = sense_first_iov(b, &header, &len);

	sense_put_number(b, LN_PROCESS_VM_WRITEV_res, b->call.ret);
	sense_put_number(b, LN_PROCESS_VM_WRITEV_pid, SENSE_FD(b->call.arg[0]));
	sense_put_data(b, LN_PROCESS_VM_WRITEV_data, from, len, SENSE_SNAPLEN);
	sense_put_workdir(b, LN_PROCESS_VM_WRITEV_workdir);
	return true;
}

#endif
