// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a command under the probe and prints what was done through io_urings, one
 * line an event: its name, `ok` or the error, and the path that it speaks of or
 * the type of the socket that it works on. In the order of time.
 *
 *	rings PROBE.bpf.o COMMAND...
 */
#include <sys/wait.h>
#include <unistd.h>

#include "events.gen.h"
#include "tool.h"

#define RING_BYTES (16U << 20)

static const struct {
	const char *name;
	unsigned short event, about; /* parameter that is shown */
} events[] = {
	{"openat", LN_EV_OPENAT, LN_OPENAT_name},
	{"openat2", LN_EV_OPENAT2, LN_OPENAT2_name},
	{"renameat2", LN_EV_RENAMEAT2, LN_RENAMEAT2_newpath},
	{"unlinkat", LN_EV_UNLINKAT, LN_UNLINKAT_name},
	{"mkdirat", LN_EV_MKDIRAT, LN_MKDIRAT_path},
	{"symlinkat", LN_EV_SYMLINKAT, LN_SYMLINKAT_linkpath},
	{"linkat", LN_EV_LINKAT, LN_LINKAT_newpath},
	{"socket", LN_EV_SOCKET, LN_SOCKET_fd_type},
	{"bind", LN_EV_BIND, LN_BIND_fd_type},
	{"connect", LN_EV_CONNECT, LN_CONNECT_fd_type},
	{"listen", LN_EV_LISTEN, LN_LISTEN_fd_type},
	{"accept4", LN_EV_ACCEPT4, LN_ACCEPT4_fd_type},
	{"sendto", LN_EV_SENDTO, LN_SENDTO_fd_type},
	{"sendmsg", LN_EV_SENDMSG, LN_SENDMSG_fd_type},
	{"recvfrom", LN_EV_RECVFROM, LN_RECVFROM_fd_type},
	{"recvmsg", LN_EV_RECVMSG, LN_RECVMSG_fd_type},
};

static void show(const struct ln_record *r)
{
	const struct ln_param *p = (const void *)(r + 1);
	long long result = p[0].len == 8 ? *(const long long *)parameter(r, 0) : -1;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const unsigned int about = events[i].about;

		if (events[i].event != r->type)
			continue;
		printf("ring: %s ", events[i].name);
		if (result < 0)
			printf("%lld", result);
		else
			printf("ok");
		/* a socket's type is a number, which is a character */
		printf(" %s\n", p[about].len ? parameter(r, about) : "-");
	}
}

int main(int argc, char **argv)
{
	struct reader reader;
	const struct ln_record *r;
	size_t len;
	void *probe;
	pid_t child;

	if (argc < 3)
		die("usage: rings PROBE.bpf.o COMMAND...");
	probe = read_file(argv[1], &len);
	reader = reader_of(ln_open(probe, len, RING_BYTES, getpid(), 0, NULL, LN_ATTACH_AUTO, NULL),
			   RING_BYTES);
	child = fork();
	if (!child) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	while ((r = next_record(&reader))) {
		if (r->flags & LN_F_IO_URING)
			show(r);
	}
	printf("rings: %s\n", ln_report(reader.sensor));
	return 0;
}
