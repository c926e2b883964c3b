// SPDX-License-Identifier: Apache-2.0
/* A 32-bit static program without a library: opens a file of a name that does not exist and ends. */
static long call(long nr, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

void _start(void)
{
	call(295, -100, (long)"no-such-file", 0); /* openat */
	call(1, 0, 0, 0);			  /* exit */
}
