/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How native/sense/ reads memory and the kernel's structures when it is
 * compiled as BPF: nothing is dereferenced, everything is probe-read, and a
 * read that fails leaves zero.
 */
#ifndef LANNER_PROBE_ACCESS_H
#define LANNER_PROBE_ACCESS_H

#if defined(__TARGET_ARCH_x86)
#define SENSE_X86
#elif defined(__TARGET_ARCH_arm64)
#define SENSE_ARM64
#else
#error "unknown architecture"
#endif

#define SENSE_INLINE static __attribute__((always_inline, unused))

#define SENSE_READ(source, member...)                                                              \
	({                                                                                         \
		typeof(source) source_ = (source);                                                 \
		BPF_CORE_READ(source_, member);                                                    \
	})

/*
 * An index below 2^n that the verifier must be able to see is one: the compiler
 * would otherwise drop the mask where it knows better.
 */
#define SENSE_MASK(value, mask)                                                                    \
	({                                                                                         \
		__u64 masked_ = (value);                                                           \
		asm volatile("%0 &= %1" : "+r"(masked_) : "i"(mask));                              \
		masked_;                                                                           \
	})

/* loops over words on the stack, which verifiers before 5.12 want at constant places */
#define SENSE_UNROLL _Pragma("clang loop unroll(full)")

#define sense_likely(x)	  __builtin_expect(!!(x), 1)
#define sense_unlikely(x) __builtin_expect(!!(x), 0)

/* 0, or negative when the memory can't be read */
SENSE_INLINE long sense_read_kernel(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_kernel(to, size, from);
}

/* bytes read with the NUL, or negative */
SENSE_INLINE long sense_read_kernel_text(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_kernel_str(to, size, from);
}

SENSE_INLINE long sense_read_user(void *to, __u32 size, const void *from)
{
	return bpf_probe_read_user(to, size, from);
}

SENSE_INLINE long sense_read_user_text(void *to, __u32 size, const void *from)
{
	long n = bpf_probe_read_user_str(to, size, from);

	/* up to 5.10 nothing is said to be read of an empty string */
	if (n == 0 && size) {
		*(__u8 *)to = 0;
		return 1;
	}
	return n;
}

SENSE_INLINE __u64 sense_now(void)
{
	return bpf_ktime_get_boot_ns();
}

SENSE_INLINE __u32 sense_cpu(void)
{
	return bpf_get_smp_processor_id();
}

SENSE_INLINE struct task_struct *sense_current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* the address of a member, for reading arrays and whole structures */
#define SENSE_ADDRESS(pointer, type, member)                                                       \
	((const void *)((const char *)(pointer) + bpf_core_field_offset(((type *)0)->member)))

#endif
