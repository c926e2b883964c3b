// SPDX-License-Identifier: Apache-2.0
/* Calls that change what paths mean, and files' owners; mounts in a namespace of the act's own. */
#include <sys/mount.h>
#include "calls.h"

static void act_chdir(void)
{
	make_directory("dir");
	mark();
	syscall(SYS_chdir, "dir");
	syscall(SYS_chdir, NOWHERE);
}

static void act_fchdir(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	mark();
	syscall(SYS_fchdir, dir);
	syscall(SYS_fchdir, NO_FD);
}

static void act_chroot(void)
{
	make_directory("dir");
	mark();
	syscall(SYS_chroot, NOWHERE);
	syscall(SYS_chroot, "dir");
}

static void own_mounts(void)
{
	must(unshare(CLONE_NEWNS), "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
}

static void act_mount(void)
{
	make_directory("dir");
	own_mounts();
	mark();
	syscall(SYS_mount, "some", "dir", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_MGC_VAL, NULL);
	syscall(SYS_mount, "/proc", "dir", NULL, MS_BIND | MS_REC, NULL);
	syscall(SYS_mount, "none", NOWHERE, "nosuchfs", MS_RDONLY, NULL);
}

static void act_umount2(void)
{
	make_directory("dir");
	own_mounts();
	must(mount("some", "dir", "tmpfs", 0, NULL), "mount");
	mark();
	syscall(SYS_umount2, "dir", MNT_DETACH | UMOUNT_NOFOLLOW);
	syscall(SYS_umount2, NOWHERE, 0);
}

#ifdef __x86_64__
/* 22 of the 32-bit calls, which are told of under their own name */
static void act_umount(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	const char *const names[] = {"dir", NOWHERE};
	size_t i;

	if (low == MAP_FAILED)
		fail("mmap");
	make_directory("dir");
	own_mounts();
	must(mount("some", "dir", "tmpfs", 0, NULL), "mount");
	mark();
	for (i = 0; i < 2; i++) {
		long result;

		strcpy(low, names[i]);
		asm volatile("int $0x80"
			     : "=a"(result)
			     : "a"(22), "b"(low)
			     : "memory", "r8", "r9", "r10", "r11");
	}
}
#endif

static void act_pivot_root(void)
{
	make_directory("root");
	own_mounts();
	must(mount("some", "root", "tmpfs", 0, NULL), "mount");
	make_directory("root/old");
	mark();
	syscall(SYS_pivot_root, "root", "root/old");
	syscall(SYS_pivot_root, NOWHERE, "/");
}

static void act_swapon(void)
{
	make_file("swap");
	mark();
	number("result", syscall(SYS_swapon, "swap", 0x8005) < 0 ? -errno : 0);
}

static void act_quotactl(void)
{
	mark();
	number("result",
	       syscall(SYS_quotactl, 0x800007 << 8 | 1, NOWHERE, 1000, NULL) < 0 ? -errno : 0);
}

#ifdef SYS_chown
static void act_chown(void)
{
	make_file("file");
	mark();
	syscall(SYS_chown, "file", 65534, -1);
	syscall(SYS_chown, NOWHERE, 0, 0);
}

static void act_lchown(void)
{
	must(symlink("absent", "link"), "symlink");
	mark();
	syscall(SYS_lchown, "link", 1, 2);
	syscall(SYS_lchown, "absent", 1, 2);
}
#endif

static void act_fchown(void)
{
	int file = make_file("file");

	descriptor("file", file);
	mark();
	syscall(SYS_fchown, file, 1, 2);
	syscall(SYS_fchown, NO_FD, 1, 2);
}

static void act_fchownat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	make_file("dir/file");
	mark();
	syscall(SYS_fchownat, dir, "file", 1, 2, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_fchownat, dir, "absent", 1, 2, 0);
}

static void act_open_by_handle_at(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} of = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int dir = make_directory("dir"), mount_id;

	make_file("file");
	must(name_to_handle_at(AT_FDCWD, "file", &of.handle, &mount_id, 0), "name_to_handle_at");
	number("mount", dir);
	mark();
	descriptor("file", syscall(SYS_open_by_handle_at, dir, &of.handle, O_RDONLY | O_CLOEXEC));
	syscall(SYS_open_by_handle_at, NO_FD, &of.handle, O_RDWR);
}

const struct act place_acts[] = {
	{"chdir", act_chdir},
	{"fchdir", act_fchdir},
	{"chroot", act_chroot},
	{"mount", act_mount},
	{"umount2", act_umount2},
#ifdef __x86_64__
	{"umount", act_umount},
#endif
	{"pivot_root", act_pivot_root},
	{"swapon", act_swapon},
	{"quotactl", act_quotactl},
#ifdef SYS_chown
	{"chown", act_chown},
	{"lchown", act_lchown},
#endif
	{"fchown", act_fchown},
	{"fchownat", act_fchownat},
	{"open_by_handle_at", act_open_by_handle_at},
	{NULL, NULL},
};
