// SPDX-License-Identifier: Apache-2.0
/* Calls that open, name and describe files. */
#include <linux/openat2.h>
#include "calls.h"

static void act_openat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	mark();
	descriptor("made", syscall(SYS_openat, dir, "../dir/made",
				   O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
	descriptor("cwd", syscall(SYS_openat, AT_FDCWD, ".",
				  O_RDONLY | O_DIRECTORY | 0100000 /* O_LARGEFILE */, 0640));
	syscall(SYS_openat, dir, "absent", O_WRONLY | O_TRUNC | O_APPEND | O_NONBLOCK, 0600);
	syscall(SYS_openat, NO_FD, NOWHERE, O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, (void *)1, O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDONLY | O_SYNC, 0600);
}

static void act_openat2(void)
{
	struct open_how how = {.flags = O_RDWR | O_CREAT,
			       .mode = 0600,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	int dir = make_directory("dir");

	descriptor("dir", dir);
	mark();
	descriptor("made", syscall(SYS_openat2, dir, "made", &how, sizeof(how)));
	syscall(SYS_openat2, dir, "../out", &how, sizeof(how));
}

#ifdef SYS_open
static void act_open(void)
{
	mark();
	descriptor("made", syscall(SYS_open, "made", O_WRONLY | O_CREAT, 0640));
	descriptor("null", syscall(SYS_open, "/dev/../dev/null", O_RDONLY | O_DSYNC, 0));
	syscall(SYS_open, NOWHERE, O_RDONLY);
	syscall(SYS_open, "absent", O_RDONLY);
}

static void act_creat(void)
{
	mark();
	descriptor("made", syscall(SYS_creat, "made", 0604));
	syscall(SYS_creat, "absent/file", 0600);
}

static void act_rename(void)
{
	make_file("old");
	mark();
	syscall(SYS_rename, "old", "new");
	syscall(SYS_rename, "old", NOWHERE);
}

static void act_link(void)
{
	make_file("old");
	mark();
	syscall(SYS_link, "old", "new");
	syscall(SYS_link, "old", "new");
}

static void act_symlink(void)
{
	mark();
	syscall(SYS_symlink, "target", "link");
	syscall(SYS_symlink, "/etc/shadow", "link");
}

static void act_unlink(void)
{
	make_file("file");
	mark();
	syscall(SYS_unlink, "file");
	syscall(SYS_unlink, "file");
}

static void act_mkdir(void)
{
	mark();
	syscall(SYS_mkdir, "made", 0750);
	syscall(SYS_mkdir, "/proc", 01777);
}

static void act_rmdir(void)
{
	make_directory("dir");
	mark();
	syscall(SYS_rmdir, "dir");
	syscall(SYS_rmdir, "dir");
}

static void act_chmod(void)
{
	make_file("file");
	mark();
	syscall(SYS_chmod, "file", 04755);
	syscall(SYS_chmod, NOWHERE, 0);
}
#endif

static void act_renameat(void)
{
	int dir = make_directory("dir");

	make_file("dir/old");
	descriptor("dir", dir);
	mark();
	syscall(SYS_renameat, dir, "old", AT_FDCWD, "new");
	syscall(SYS_renameat, NO_FD, "old", dir, "new");
}

static void act_renameat2(void)
{
	int dir = make_directory("dir");

	make_file("dir/old");
	make_file("new");
	descriptor("dir", dir);
	mark();
	syscall(SYS_renameat2, dir, "old", AT_FDCWD, "new", 2); /* RENAME_EXCHANGE */
	syscall(SYS_renameat2, dir, "old", AT_FDCWD, "new", 1); /* RENAME_NOREPLACE */
}

static void act_linkat(void)
{
	int dir = make_directory("dir");

	make_file("dir/old");
	descriptor("dir", dir);
	mark();
	syscall(SYS_linkat, dir, "old", AT_FDCWD, "new", 0);
	syscall(SYS_linkat, AT_FDCWD, "absent", dir, "new", AT_SYMLINK_FOLLOW);
}

static void act_symlinkat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	mark();
	syscall(SYS_symlinkat, "../target", dir, "link");
	syscall(SYS_symlinkat, "", dir, "link");
}

static void act_unlinkat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	make_directory("dir/sub");
	mark();
	syscall(SYS_unlinkat, dir, "sub", AT_REMOVEDIR);
	syscall(SYS_unlinkat, AT_FDCWD, "absent", 0);
}

static void act_mkdirat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	mark();
	syscall(SYS_mkdirat, dir, "sub", 0700);
	syscall(SYS_mkdirat, AT_FDCWD, NOWHERE, 0700);
}

static void act_fchmod(void)
{
	int file = make_file("file");

	descriptor("file", file);
	mark();
	syscall(SYS_fchmod, file, 02640);
	syscall(SYS_fchmod, NO_FD, 0777);
}

static void act_fchmodat(void)
{
	int dir = make_directory("dir");

	descriptor("dir", dir);
	make_file("dir/file");
	mark();
	syscall(SYS_fchmodat, dir, "file", 01111);
	syscall(SYS_fchmodat, dir, "absent", 0);
}

/* every kind of file that a descriptor can be */
static void act_dup(void)
{
	int pair[2];
	int fds[8], n = 0, i;

	must(mkfifo("fifo", 0600), "mkfifo");
	must(pipe(pair), "pipe");
	fds[n++] = make_file("file");
	fds[n++] = make_directory("dir");
	fds[n++] = must(open("fifo", O_RDWR), "fifo");
	fds[n++] = pair[0];
	fds[n++] = must(syscall(SYS_eventfd2, 0, 0), "eventfd");
	fds[n++] = must(memfd_create("secret", 0), "memfd_create");
	fds[n++] = must(socket(AF_NETLINK, SOCK_RAW, 0), "netlink");
	fds[n++] = must(open("/proc/self/ns/uts", O_RDONLY), "namespace");
	unlink("file");
	mark();
	for (i = 0; i < n; i++) {
		char key[8];

		snprintf(key, sizeof(key), "fd%d", i);
		number(key, fds[i]);
		snprintf(key, sizeof(key), "copy%d", i);
		descriptor(key, syscall(SYS_dup, fds[i]));
	}
	syscall(SYS_dup, NO_FD);
}

#ifdef SYS_dup2
static void act_dup2(void)
{
	int file = make_file("file");

	descriptor("file", file);
	mark();
	syscall(SYS_dup2, file, 20);
	syscall(SYS_dup2, NO_FD, 21);
}
#endif

static void act_dup3(void)
{
	int file = make_file("file");

	descriptor("file", file);
	mark();
	syscall(SYS_dup3, file, 20, O_CLOEXEC);
	syscall(SYS_dup3, file, file, 0);
}

#ifdef SYS_pipe
static void act_pipe(void)
{
	int fds[2];

	mark();
	must(syscall(SYS_pipe, fds), "pipe");
	syscall(SYS_pipe, NULL);
	number("first", fds[0]);
	descriptor("second", fds[1]);
}
#endif

static void act_pipe2(void)
{
	int fds[2];

	mark();
	must(syscall(SYS_pipe2, fds, O_CLOEXEC | O_NONBLOCK | O_DIRECT), "pipe2");
	syscall(SYS_pipe2, fds, O_APPEND);
	number("first", fds[0]);
	descriptor("second", fds[1]);
}

const struct act file_acts[] = {
	{"openat", act_openat},
	{"openat2", act_openat2},
#ifdef SYS_open
	{"open", act_open},
	{"creat", act_creat},
	{"rename", act_rename},
	{"link", act_link},
	{"symlink", act_symlink},
	{"unlink", act_unlink},
	{"mkdir", act_mkdir},
	{"rmdir", act_rmdir},
	{"chmod", act_chmod},
	{"dup2", act_dup2},
#endif
	{"renameat", act_renameat},
	{"renameat2", act_renameat2},
	{"linkat", act_linkat},
	{"symlinkat", act_symlinkat},
	{"unlinkat", act_unlinkat},
	{"mkdirat", act_mkdirat},
	{"fchmod", act_fchmod},
	{"fchmodat", act_fchmodat},
	{"dup", act_dup},
	{"dup3", act_dup3},
	{"pipe2", act_pipe2},
#ifdef SYS_pipe
	{"pipe", act_pipe},
#endif
	{NULL, NULL},
};
