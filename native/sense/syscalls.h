/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The system calls that events come from: X(name, event, class) for each, where
 * sense_fill_NAME(b) fills in a record of LN_EV_EVENT and tells whether it is to
 * be sent. Calls that arm64 never had are apart.
 */
#ifndef LANNER_SENSE_SYSCALLS_H
#define LANNER_SENSE_SYSCALLS_H

#include "exec.h"
#include "identity.h"
#include "memory.h"
#include "mount.h"
#include "names.h"
#include "network.h"
#include "open.h"
#include "other.h"
#include "owner.h"
#include "process.h"
#include "system.h"

#define SENSE_SYSCALLS(X)                                                                          \
	X(execve, EXECVE, EXEC)                                                                    \
	X(execveat, EXECVEAT, EXEC)                                                                \
	X(openat, OPENAT, OPEN)                                                                    \
	X(openat2, OPENAT2, OPEN)                                                                  \
	X(renameat, RENAMEAT, OTHER)                                                               \
	X(renameat2, RENAMEAT2, OTHER)                                                             \
	X(linkat, LINKAT, OTHER)                                                                   \
	X(symlinkat, SYMLINKAT, OTHER)                                                             \
	X(unlinkat, UNLINKAT, OTHER)                                                               \
	X(mkdirat, MKDIRAT, OTHER)                                                                 \
	X(fchmod, FCHMOD, OTHER)                                                                   \
	X(fchmodat, FCHMODAT, OTHER)                                                               \
	X(socket, SOCKET, NETWORK)                                                                 \
	X(connect, CONNECT, NETWORK)                                                               \
	X(listen, LISTEN, NETWORK)                                                                 \
	X(accept, ACCEPT, NETWORK)                                                                 \
	X(accept4, ACCEPT4, NETWORK)                                                               \
	X(sendto, SENDTO, NETWORK)                                                                 \
	X(sendmsg, SENDMSG, NETWORK)                                                               \
	X(recvfrom, RECVFROM, NETWORK)                                                             \
	X(recvmsg, RECVMSG, NETWORK)                                                               \
	X(ptrace, PTRACE, PROCESS)                                                                 \
	X(setuid, SETUID, PROCESS)                                                                 \
	X(setns, SETNS, PROCESS)                                                                   \
	X(unshare, UNSHARE, PROCESS)                                                               \
	X(dup, DUP, OTHER)                                                                         \
	X(pipe2, PIPE2, OTHER)                                                                     \
	X(dup3, DUP3, OTHER)                                                                       \
	X(userfaultfd, USERFAULTFD, OTHER)                                                         \
	X(bpf, BPF, OTHER)                                                                         \
	X(init_module, INIT_MODULE, OTHER)                                                         \
	X(finit_module, FINIT_MODULE, OTHER)                                                       \
	X(setgid, SETGID, PROCESS)                                                                 \
	X(setreuid, SETREUID, PROCESS)                                                             \
	X(setregid, SETREGID, PROCESS)                                                             \
	X(setresuid, SETRESUID, PROCESS)                                                           \
	X(setresgid, SETRESGID, PROCESS)                                                           \
	X(setsid, SETSID, PROCESS)                                                                 \
	X(capset, CAPSET, PROCESS)                                                                 \
	X(prctl, PRCTL, PROCESS)                                                                   \
	X(kill, KILL, PROCESS)                                                                     \
	X(tkill, TKILL, PROCESS)                                                                   \
	X(tgkill, TGKILL, PROCESS)                                                                 \
	X(process_vm_writev, PROCESS_VM_WRITEV, PROCESS)                                           \
	X(pidfd_open, PIDFD_OPEN, PROCESS)                                                         \
	X(pidfd_getfd, PIDFD_GETFD, PROCESS)                                                       \
	X(open_by_handle_at, OPEN_BY_HANDLE_AT, OPEN)                                              \
	X(bind, BIND, NETWORK)                                                                     \
	X(fchown, FCHOWN, OTHER)                                                                   \
	X(fchownat, FCHOWNAT, OTHER)                                                               \
	X(chdir, CHDIR, OTHER)                                                                     \
	X(fchdir, FCHDIR, OTHER)                                                                   \
	X(chroot, CHROOT, OTHER)                                                                   \
	X(pivot_root, PIVOT_ROOT, OTHER)                                                           \
	X(mount, MOUNT, OTHER)                                                                     \
	X(umount2, UMOUNT2, OTHER)                                                                 \
	X(swapon, SWAPON, OTHER)                                                                   \
	X(quotactl, QUOTACTL, OTHER)                                                               \
	X(mmap, MMAP, OTHER)                                                                       \
	X(mprotect, MPROTECT, OTHER)                                                               \
	X(memfd_create, MEMFD_CREATE, OTHER)                                                       \
	X(io_uring_setup, IO_URING_SETUP, OTHER)                                                   \
	X(delete_module, DELETE_MODULE, OTHER)                                                     \
	X(kexec_load, KEXEC_LOAD, OTHER)                                                           \
	X(kexec_file_load, KEXEC_FILE_LOAD, OTHER)                                                 \
	X(perf_event_open, PERF_EVENT_OPEN, OTHER)                                                 \
	X(sethostname, SETHOSTNAME, OTHER)                                                         \
	X(keyctl, KEYCTL, OTHER)

#define SENSE_LEGACY_SYSCALLS(X)                                                                   \
	X(open, OPEN, OPEN)                                                                        \
	X(creat, CREAT, OPEN)                                                                      \
	X(rename, RENAME, OTHER)                                                                   \
	X(link, LINK, OTHER)                                                                       \
	X(symlink, SYMLINK, OTHER)                                                                 \
	X(unlink, UNLINK, OTHER)                                                                   \
	X(mkdir, MKDIR, OTHER)                                                                     \
	X(rmdir, RMDIR, OTHER)                                                                     \
	X(chmod, CHMOD, OTHER)                                                                     \
	X(pipe, PIPE, OTHER)                                                                       \
	X(umount, UMOUNT, OTHER)                                                                   \
	X(dup2, DUP2, OTHER)                                                                       \
	X(chown, CHOWN, OTHER)                                                                     \
	X(lchown, LCHOWN, OTHER)

#endif
