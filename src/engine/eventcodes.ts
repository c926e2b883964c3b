// SPDX-License-Identifier: Apache-2.0

/**
 * How many codes Falco's event table has for a name: an entry and an exit for each version that the event ever had. Old
 * versions are still in the table, for captures that hold them (compat/events.md §1, schema 4.5.1).
 */

/** System calls with events of their own; all others share one entry and one exit. */
const OWN_EVENTS: ReadonlySet<string> = new Set(
  ("open close read write brk execve clone socket bind connect listen accept send sendto recv recvfrom shutdown " +
    "getsockname getpeername socketpair setsockopt getsockopt sendmsg sendmmsg recvmsg recvmmsg accept4 creat pipe " +
    "eventfd futex stat lstat fstat stat64 lstat64 fstat64 epoll_wait poll select lseek llseek ioctl getcwd chdir " +
    "fchdir mkdir rmdir openat link linkat unlink unlinkat pread pwrite readv writev preadv pwritev dup signalfd kill " +
    "tkill tgkill nanosleep timerfd_create inotify_init getrlimit setrlimit prlimit fcntl switch mmap mmap2 munmap " +
    "splice ptrace rename renameat symlink symlinkat fork vfork sendfile quotactl setresuid setresgid setuid setgid " +
    "getuid geteuid getgid getegid getresuid getresgid getdents getdents64 setns flock semop semctl ppoll mount umount " +
    "semget access chroot setsid unshare setpgid bpf seccomp mkdirat fchmodat chmod fchmod renameat2 userfaultfd " +
    "openat2 mprotect execveat copy_file_range clone3 open_by_handle_at io_uring_setup io_uring_enter " +
    "io_uring_register mlock munlock mlockall munlockall capset dup2 dup3 mlock2 fsconfig epoll_create epoll_create1 " +
    "chown lchown fchown fchownat umount2 pipe2 inotify_init1 eventfd2 signalfd4 prctl memfd_create pidfd_getfd " +
    "pidfd_open init_module finit_module mknod mknodat newfstatat process_vm_readv process_vm_writev delete_module " +
    "setreuid setregid close_range").split(" "),
);

/** Names whose events had several versions; accept4's first two and newselect's have their elder's name. */
const VERSIONS: ReadonlyMap<string, number> = new Map([
  ["execve", 8],
  ["clone", 4],
  ["accept", 4],
  ["fork", 3],
  ["vfork", 3],
  ...[
    "brk",
    "ioctl",
    "select",
    "mkdir",
    "rmdir",
    "openat",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "dup",
    "bpf",
    "umount",
  ]
    .map((name) => [name, 2] as const),
]);

/** How many codes Falco's rules engine counts for these names of events. */
export function falcoCodes(names: Iterable<string>): number {
  let codes = 0;
  let generic = 0;
  for (const name of names) {
    if (OWN_EVENTS.has(name)) codes += 2 * (VERSIONS.get(name) ?? 1);
    else generic = 2;
  }
  return codes + generic;
}
