/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The system calls that events come from: X(name, event, class) for each, where
 * sense_fill_NAME(b) fills in a record of LN_EV_EVENT and tells whether it is to
 * be sent. Calls that arm64 never had are apart.
 */
#ifndef LANNER_SENSE_SYSCALLS_H
#define LANNER_SENSE_SYSCALLS_H

#include "exec.h"
#include "names.h"
#include "network.h"
#include "open.h"
#include "other.h"
#include "process.h"

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
	X(dup3, DUP3, OTHER)                                                                       \
	X(userfaultfd, USERFAULTFD, OTHER)                                                         \
	X(bpf, BPF, OTHER)                                                                         \
	X(init_module, INIT_MODULE, OTHER)                                                         \
	X(finit_module, FINIT_MODULE, OTHER)

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
	X(dup2, DUP2, OTHER)

#endif
