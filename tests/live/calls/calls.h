/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the helper share: main.c says what it is. */
#ifndef CALLS_H
#define CALLS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK	-424242
#define NOWHERE "/nowhere/at/all"
#define NO_FD	999

struct act {
	const char *name;
	void (*perform)(void);
};

extern const struct act file_acts[], place_acts[], network_acts[], process_acts[], identity_acts[],
	other_acts[], evasion_acts[], ring_acts[];

void mark(void);
void fail(const char *what);
int must(long result, const char *what);
void number(const char *key, long long value);
void descriptor(const char *key, int fd);
int make_file(const char *name);
int make_directory(const char *name);
int join(pid_t child);

#endif
