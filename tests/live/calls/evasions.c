// SPDX-License-Identifier: Apache-2.0
/* Ways around a sensor that goes by what programs say: docs/evasion.md. */
#include <pthread.h>
#include <sys/mount.h>
#include "calls.h"

#ifdef __x86_64__
/* A 32-bit system call from a 64-bit program. */
static long call32(long nr, long a, long b, long c, long d)
{
	long result;

	/* the kernel clobbers r8 to r11 */
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* what a register may hold above the 32 bits that count */
#define DIRT 0x100000000

static long raw_call(unsigned long nr, long a, long b, long c, long d)
{
	register long fourth asm("r10") = d;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(fourth)
		     : "memory", "rcx", "r11");
	return result;
}

/* A call by a number with something in its upper half, which kernels before 5.14 refuse: there without. */
static long dirty_call(unsigned long dirt, long nr, long a, long b, long c, long d)
{
	long result = raw_call(dirt | nr, a, b, c, d);

	return result == -ENOSYS ? raw_call(nr, a, b, c, d) : result;
}

static void act_dirty_number(void)
{
	mark();
	descriptor("made",
		   dirty_call(DIRT, SYS_openat, AT_FDCWD, (long)"made", O_RDWR | O_CREAT, 0640));
	dirty_call(-DIRT, SYS_openat, AT_FDCWD, (long)"made", O_RDWR | O_CREAT | O_EXCL, 0640);
}

/* numbers of descriptors, flags, families and lengths, each with something above its 32 bits */
static void act_dirty_arguments(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	mark();
	descriptor("made", raw_call(SYS_openat, DIRT | (uint32_t)AT_FDCWD, (long)"made",
				    DIRT | O_RDWR | O_CREAT, DIRT | 0640));
	fd = raw_call(SYS_socket, DIRT | AF_INET, DIRT | SOCK_DGRAM, DIRT, 0);
	descriptor("fd", fd);
	number("result", raw_call(SYS_connect, DIRT | fd, (long)&to, DIRT | sizeof(to), 0));
}

/* memory that 32 bits can point to */
static char *low_memory(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		fail("mmap");
	return low;
}

/* 5 is open; in the 64-bit table it is fstat */
static void act_open32(void)
{
	char *low = low_memory();

	strcpy(low, "made");
	mark();
	descriptor("made", call32(5, (long)low, O_RDWR | O_CREAT, 0640, 0));
	call32(5, (long)low, O_RDWR | O_CREAT | O_EXCL, 0640, 0);
}

/* the program of ia32/, which the test puts beside this one */
static void act_program32(void)
{
	pid_t child;

	mark();
	child = fork();
	if (!child) {
		execl("../calls32", "calls32", NULL);
		_exit(1);
	}
	number("child", child);
	number("status", join(child));
}

/* 102 is socketcall, all calls on sockets in one: 1 is socket, 3 is connect */
static void act_socketcall(void)
{
	char *low = low_memory();
	struct sockaddr_in *to = (void *)(low + 256);
	uint32_t *args = (void *)low;
	int fd;

	args[0] = AF_INET;
	args[1] = SOCK_DGRAM;
	args[2] = 0;
	mark();
	fd = call32(102, 1, (long)args, 0, 0);
	descriptor("fd", fd);
	to->sin_family = AF_INET;
	to->sin_port = htons(53);
	to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	args[0] = fd;
	args[1] = (long)to;
	args[2] = sizeof(*to);
	number("result", call32(102, 3, (long)args, 0, 0));
}

/* the same with something above the 32 bits of each register that count; then send and recv: 9 and 10 */
static void act_dirty_socketcall(void)
{
	uint32_t *args = (void *)low_memory();
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	descriptor("sender", pair[0]);
	descriptor("receiver", pair[1]);
	args[0] = AF_INET;
	args[1] = SOCK_DGRAM;
	args[2] = 0;
	strcpy((char *)(args + 16), "ping");
	mark();
	descriptor("fd", call32(DIRT | 102, DIRT | 1, DIRT | (long)args, 0, 0));
	args[0] = pair[0];
	args[1] = (long)(args + 16);
	args[2] = 4;
	args[3] = 0;
	call32(102, 9, (long)args, 0, 0);
	args[0] = pair[1];
	call32(102, 10, (long)args, 0, 0);
}

/* 90 is the first mmap: its one argument points to all of them, and its offset is in bytes */
static void act_old_mmap(void)
{
	int file = must(open("/proc/self/exe", O_RDONLY), "exe");
	uint32_t *args = (void *)low_memory();

	args[0] = 0;
	args[1] = 4096;
	args[2] = PROT_READ | PROT_EXEC;
	args[3] = MAP_PRIVATE;
	args[4] = file;
	args[5] = 4096;
	descriptor("exe", file);
	mark();
	number("mapped", (uint32_t)call32(90, (long)args, 0, 0, 0));
}

/* 23 and 182 are setuid and chown with ids of 16 bits: what is above them does not count */
static void act_small_ids(void)
{
	char *low = low_memory();

	close(make_file("file"));
	strcpy(low, "file");
	mark();
	call32(23, 0x10000, 0, 0, 0);
	call32(182, (long)low, 0x10001, 0xffff, 0);
}
#endif

static char swapped[64] = "fifo";

static void *swap(void *ignored)
{
	int fd;

	(void)ignored;
	sleep(1); /* the other thread waits in open by now, on a busy machine, too: the kernel has read the name */
	strcpy(swapped, "innocent");
	fd = must(open("fifo", O_WRONLY), "fifo");
	usleep(100000);
	close(fd);
	return NULL;
}

/* opens a fifo, which waits for a writer, while another thread changes the name that was passed */
static void act_toctou(void)
{
	pthread_t thread;

	must(mkfifo("fifo", 0600), "mkfifo");
	make_file("innocent");
	if (pthread_create(&thread, NULL, swap, NULL))
		fail("pthread_create");
	mark();
	descriptor("opened", syscall(SYS_openat, AT_FDCWD, swapped, O_RDONLY | O_NOFOLLOW));
	pthread_join(thread, NULL);
}

static char *
	page; /* of a file; what is thrown away of it comes back when it is asked for, but not to a sensor */

static void *throw_away(void *ignored)
{
	int fd;

	(void)ignored;
	sleep(1);
	must(madvise(page, 4096, MADV_DONTNEED), "madvise");
	fd = must(open("fifo", O_WRONLY), "fifo");
	usleep(100000);
	close(fd);
	return NULL;
}

/* the same, but that the memory with the name is not there any more when the call returns */
static void act_vanish(void)
{
	pthread_t thread;
	int fd = make_file("text");

	must(mkfifo("fifo", 0600), "mkfifo");
	must(pwrite(fd, "fifo", 5, 0), "pwrite");
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED || pthread_create(&thread, NULL, throw_away, NULL))
		fail("mmap");
	mark();
	descriptor("opened", syscall(SYS_openat, AT_FDCWD, page, O_RDONLY | O_NOFOLLOW));
	pthread_join(thread, NULL);
}

/* one file by all the names that it can have */
static void act_names(void)
{
	char here[4096], path[8192];
	int dir;

	if (!getcwd(here, sizeof(here)))
		fail("getcwd");
	dir = make_directory("dir");
	make_directory("other");
	make_file("dir/secret");
	must(symlink("dir/secret", "symlink"), "symlink");
	must(symlink("dir", "dirlink"), "symlink");
	must(link("dir/secret", "hardlink"), "link");
	must(unshare(CLONE_NEWNS), "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	must(mount("dir", "other", NULL, MS_BIND, NULL), "bind");
	mark();
	syscall(SYS_openat, AT_FDCWD, "symlink", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "dirlink/secret", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "other/../dir/./secret", O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/root%s/dir/secret", here);
	syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/secret", dir);
	syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "other/secret", O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, "hardlink", O_RDONLY);
	must(chroot("dir"), "chroot");
	descriptor("file", syscall(SYS_openat, AT_FDCWD, "/secret", O_RDONLY));
}

const struct act evasion_acts[] = {
#ifdef __x86_64__
	{"open32", act_open32},
	{"program32", act_program32},
	{"socketcall", act_socketcall},
	{"dirty-number", act_dirty_number},
	{"dirty-arguments", act_dirty_arguments},
	{"dirty-socketcall", act_dirty_socketcall},
	{"old-mmap", act_old_mmap},
	{"small-ids", act_small_ids},
#endif
	{"toctou", act_toctou},
	{"vanish", act_vanish},
	{"names", act_names},
	{NULL, NULL},
};
