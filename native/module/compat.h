/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel's own functions under the names and with the arguments of newer kernels.
 * For those before 5.10, and for RHEL 7's 3.10 and RHEL 8's 4.18, written from their
 * sources: it was never built there (docs/kernels.md).
 */
#ifndef LANNER_MODULE_COMPAT_H
#define LANNER_MODULE_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(3, 10, 0)
#error "a kernel before 3.10, which has less than this needs: it can't be watched"
#endif
/* arm64 has it since 3.16; from 3.15 on the module looks for it when it is loaded */
#if LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0) &&                                               \
	!(defined(CONFIG_TRACEPOINTS) && defined(CONFIG_HAVE_SYSCALL_TRACEPOINTS))
#error "a kernel without a tracepoint at the end of system calls: it can't be watched"
#endif

#include <linux/ktime.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 17, 0)
#include <linux/timekeeping.h>
#else
#include <linux/hrtimer.h>
#endif
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/unistd.h>
#include <asm/barrier.h>

/* Whether this is a kernel of RHEL or CentOS of a release or a later one: they have much of later kernels. */
#ifdef RHEL_RELEASE_CODE
#define LN_RHEL_SINCE(major, minor) (RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(major, minor))
#else
#define LN_RHEL_SINCE(major, minor) 0
#endif

#ifndef READ_ONCE
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#endif

#ifndef smp_load_acquire /* before 3.14; RHEL 7 has them */
#define smp_load_acquire(p)                                                                        \
	({                                                                                         \
		typeof(*(p)) loaded_ = READ_ONCE(*(p));                                            \
		smp_mb(); /* before all that follows */                                            \
		loaded_;                                                                           \
	})
/* what pairs with it */
#define smp_store_release(p, value)                                                                \
	do {                                                                                       \
		smp_mb(); /* after all before */                                                   \
		WRITE_ONCE(*(p), value);                                                           \
	} while (0)
#endif

/* What a tracepoint is called by: before 3.15 its name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 15, 0)
#define LN_TRACEPOINT(name, tracepoint) (tracepoint)
#else
#define LN_TRACEPOINT(name, tracepoint) (name)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 8, 0)
#ifndef copy_from_kernel_nofault /* RHEL 8 has it so */
#define copy_from_kernel_nofault probe_kernel_read
#endif

static inline long copy_from_user_nofault(void *to, const void __user *from, size_t size)
{
	long left = -EFAULT;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 0, 0) || LN_RHEL_SINCE(8, 1)
	if (access_ok(from, size)) {
#else
	if (access_ok(VERIFY_READ, from, size)) {
#endif
		pagefault_disable();
		left = __copy_from_user_inatomic(to, from, size);
		pagefault_enable();
	}
	return left ? -EFAULT : 0;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 16, 0)
#define __poll_t    unsigned int
#define EPOLLIN	    POLLIN
#define EPOLLRDNORM POLLRDNORM
#define EPOLLERR    POLLERR
#endif

/* System calls that are younger than some kernels: none of them makes these. */
#ifdef CONFIG_X86_64
#ifndef __NR_renameat2
#define __NR_renameat2 316
#endif
#ifndef __NR_bpf
#define __NR_bpf 321
#endif
#ifndef __NR_memfd_create
#define __NR_memfd_create 319
#endif
#ifndef __NR_kexec_file_load
#define __NR_kexec_file_load 320
#endif
#ifndef __NR_execveat
#define __NR_execveat 322
#endif
#ifndef __NR_userfaultfd
#define __NR_userfaultfd 323
#endif
#else
#ifndef __NR_renameat2
#define __NR_renameat2 276
#endif
#ifndef __NR_memfd_create
#define __NR_memfd_create 279
#endif
#ifndef __NR_bpf
#define __NR_bpf 280
#endif
#ifndef __NR_execveat
#define __NR_execveat 281
#endif
#ifndef __NR_userfaultfd
#define __NR_userfaultfd 282
#endif
#ifndef __NR_kexec_file_load
#define __NR_kexec_file_load 294
#endif
#endif
#ifndef __NR_umount
#define __NR_umount LN_NR_UMOUNT
#endif
#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup 425
#endif
#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif
#ifndef __NR_pidfd_getfd
#define __NR_pidfd_getfd 438
#endif
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif

#endif
