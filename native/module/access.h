/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How native/sense/ reads memory when it is compiled as a kernel module. What is
 * looked at may be freed meanwhile by a task on another CPU (the file behind a
 * descriptor, the other end of a socket), and taking references here could
 * sleep, so nothing is dereferenced either: a read that would fault gives zero.
 */
#ifndef LANNER_MODULE_ACCESS_H
#define LANNER_MODULE_ACCESS_H

#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "compat.h"

#if defined(CONFIG_X86_64)
#define SENSE_X86
#elif defined(CONFIG_ARM64)
#define SENSE_ARM64
#else
#error "unknown architecture"
#endif

#define SENSE_INLINE static __maybe_unused

#define SENSE_MASK(value, mask) ((__u64)(value) & (mask))

#define SENSE_UNROLL /* the compiler knows best */

#define sense_likely(x)	  likely(x)
#define sense_unlikely(x) unlikely(x)

/* 0, or negative when the memory can't be read, which leaves zeros */
SENSE_INLINE long sense_read_kernel(void *to, __u32 size, const void *from)
{
	if (!copy_from_kernel_nofault(to, from, size))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

/* A member of 1, 2, 4 or 8 bytes: zero-extended, so that a cast gives it its type back. */
static __always_inline unsigned long sense_get(const volatile void *from, size_t size)
{
	unsigned long value = 0;

	BUILD_BUG_ON(size > sizeof(value));
	if (copy_from_kernel_nofault(&value, (const void *)from, size))
		return 0;
	return value;
}

#define SENSE_GET(p, member) ((typeof((p)->member))sense_get(&(p)->member, sizeof((p)->member)))
#define SENSE_READ1(p, a)    SENSE_GET(p, a)
#define SENSE_READ2(p, a, b)                                                                       \
	({                                                                                         \
		typeof((p)->a) hop2_ = SENSE_GET(p, a);                                            \
		SENSE_GET(hop2_, b);                                                               \
	})
#define SENSE_READ3(p, a, b, c)                                                                    \
	({                                                                                         \
		typeof((p)->a) hop3_ = SENSE_GET(p, a);                                            \
		SENSE_READ2(hop3_, b, c);                                                          \
	})
#define SENSE_READ_COUNT(a, b, c, name, ...) name
#define SENSE_READ(source, member...)                                                              \
	({                                                                                         \
		typeof(source) source_ = (source);                                                 \
		SENSE_READ_COUNT(member, SENSE_READ3, SENSE_READ2, SENSE_READ1)(source_, member);  \
	})

/* the address of a member, for reading arrays and whole structures */
#define SENSE_ADDRESS(pointer, type, member)                                                       \
	((const void *)((const char *)(pointer) + offsetof(type, member)))

/* bytes read with the NUL, or negative; in words, none of which crosses into another page */
SENSE_INLINE long sense_read_kernel_text(void *to, __u32 size, const void *from)
{
	__u32 n = 0;

	while (n < size) {
		const char *at = (const char *)from + n;
		__u32 step = 8 - ((unsigned long)at & 7);
		const char *end;

		step = min(step, size - n);
		if (copy_from_kernel_nofault((char *)to + n, at, step)) {
			memset(to, 0, size);
			return -EFAULT;
		}
		end = memchr((char *)to + n, 0, step);
		if (end)
			return end - (char *)to + 1;
		n += step;
	}
	if (n)
		((char *)to)[n - 1] = 0;
	return n;
}

SENSE_INLINE long sense_read_user(void *to, __u32 size, const void *from)
{
	if (!copy_from_user_nofault(to, (const void __user *)from, size))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

SENSE_INLINE long sense_read_user_text(void *to, __u32 size, const void *from)
{
	long n;

	pagefault_disable(); /* strncpy_from_user must not sleep */
	n = strncpy_from_user(to, (const char __user *)from, size);
	pagefault_enable();
	if (n < 0) {
		memset(to, 0, size);
		return n;
	}
	if (n < size)
		return n + 1;
	if (size)
		((char *)to)[size - 1] = 0;
	return size;
}

SENSE_INLINE __u64 sense_now(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 18, 0)
	return ktime_to_ns(ktime_get_boottime());
#else
	return ktime_get_boot_fast_ns();
#endif
}

SENSE_INLINE __u32 sense_cpu(void)
{
	return raw_smp_processor_id();
}

SENSE_INLINE struct task_struct *sense_current(void)
{
	return current;
}

#endif
