/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The system calls that events come from: X(name, event, class) for each, where
 * sense_fill_NAME(b) fills in a record of LN_EV_EVENT and tells whether it is to
 * be sent. Calls that arm64 never had are apart.
 */
#ifndef LANNER_SENSE_SYSCALLS_H
#define LANNER_SENSE_SYSCALLS_H

#include "exec.h"
#include "open.h"
#include "process.h"

#define SENSE_SYSCALLS(X)                                                                          \
	X(execve, EXECVE, EXEC)                                                                    \
	X(execveat, EXECVEAT, EXEC)                                                                \
	X(openat, OPENAT, OPEN)                                                                    \
	X(openat2, OPENAT2, OPEN)

#define SENSE_LEGACY_SYSCALLS(X)                                                                   \
	X(open, OPEN, OPEN)                                                                        \
	X(creat, CREAT, OPEN)

#endif
