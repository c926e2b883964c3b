// SPDX-License-Identifier: Apache-2.0
/* The same as other acts do by system calls, done through an io_uring; no library between. */
#include <linux/io_uring.h>
#include "calls.h"

#define ENTRIES	  8
#define BIND	  56 /* newer than some headers */
#define LISTEN	  57
#define SKIP	  (1U << 6) /* IOSQE_CQE_SKIP_SUCCESS */
#define MULTISHOT 1	    /* IORING_ACCEPT_MULTISHOT, in ioprio */

struct ring {
	int fd;
	unsigned *head, *tail, *mask, *array, *flags;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *completions;
};

static void *map(const struct ring *r, size_t size, off_t offset)
{
	void *at =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, offset);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static struct ring make(unsigned flags)
{
	struct io_uring_params p = {.flags = flags, .sq_thread_idle = 10};
	struct ring r = {.fd = must(syscall(SYS_io_uring_setup, ENTRIES, &p), "io_uring_setup")};
	char *sq = map(&r, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *cq = map(&r, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);

	r.head = (void *)(sq + p.sq_off.head);
	r.tail = (void *)(sq + p.sq_off.tail);
	r.mask = (void *)(sq + p.sq_off.ring_mask);
	r.array = (void *)(sq + p.sq_off.array);
	r.flags = (void *)(sq + p.sq_off.flags);
	r.cq_head = (void *)(cq + p.cq_off.head);
	r.cq_tail = (void *)(cq + p.cq_off.tail);
	r.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r.completions = (void *)(cq + p.cq_off.cqes);
	r.entries = map(&r, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	return r;
}

/* Puts one entry behind the others; the caller fills it in before it submits. */
static struct io_uring_sqe *add(struct ring *r, int operation, int fd, unsigned long data)
{
	unsigned at = *r->tail & *r->mask;
	struct io_uring_sqe *e = &r->entries[at];

	memset(e, 0, sizeof(*e));
	e->opcode = operation;
	e->fd = fd;
	e->user_data = data;
	r->array[at] = at;
	__atomic_store_n(r->tail, *r->tail + 1, __ATOMIC_RELEASE);
	return e;
}

static void enter(struct ring *r, unsigned submit, unsigned wait)
{
	unsigned flags = IORING_ENTER_GETEVENTS;

	if (__atomic_load_n(r->flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	must(syscall(SYS_io_uring_enter, r->fd, submit, wait, flags, NULL, 0), "io_uring_enter");
}

/* The next completion's result. */
static int take(struct ring *r)
{
	int result;

	if (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == *r->cq_head)
		enter(r, 0, 1);
	result = r->completions[*r->cq_head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	return result;
}

/* One entry, submitted and waited for. */
static int run(struct ring *r)
{
	enter(r, 1, 1);
	return take(r);
}

static int op(struct ring *r, int operation, int fd, const void *addr, unsigned len, uint64_t addr2,
	      unsigned flags)
{
	struct io_uring_sqe *e = add(r, operation, fd, operation);

	e->addr = (unsigned long)addr;
	e->len = len;
	e->addr2 = addr2;
	e->open_flags = flags;
	return run(r);
}

static int ring_open(struct ring *r, const char *path, int flags, unsigned mode)
{
	return op(r, IORING_OP_OPENAT, AT_FDCWD, path, mode, 0, flags);
}

static void act_ring_files(void)
{
	uint64_t how[3] = {O_RDONLY | O_CLOEXEC, 0, 0x08};
	struct ring r = make(0);
	int dir = make_directory("dir");

	mark();
	descriptor("made", ring_open(&r, "made", O_RDWR | O_CREAT | O_CLOEXEC, 0640));
	ring_open(&r, NOWHERE, O_RDONLY, 0);
	descriptor("second", op(&r, IORING_OP_OPENAT2, AT_FDCWD, "made", 24, (long)how, 0));
	op(&r, IORING_OP_OPENAT2, AT_FDCWD, "../made", 24, (long)how, 0);
	number("mkdirat", op(&r, IORING_OP_MKDIRAT, dir, "sub", 0750, 0, 0));
	op(&r, IORING_OP_MKDIRAT, AT_FDCWD, NOWHERE, 0700, 0, 0);
	number("linkat", op(&r, IORING_OP_LINKAT, AT_FDCWD, "made", dir, (long)"hard", 0));
	op(&r, IORING_OP_LINKAT, AT_FDCWD, NOWHERE, AT_FDCWD, (long)"hard", AT_SYMLINK_FOLLOW);
	number("symlinkat", op(&r, IORING_OP_SYMLINKAT, dir, "../made", 0, (long)"soft", 0));
	op(&r, IORING_OP_SYMLINKAT, AT_FDCWD, "target", 0, (long)NOWHERE, 0);
	number("renameat", op(&r, IORING_OP_RENAMEAT, dir, "hard", AT_FDCWD, (long)"moved", 1));
	op(&r, IORING_OP_RENAMEAT, AT_FDCWD, NOWHERE, AT_FDCWD, (long)"moved", 0);
	number("unlinkat", op(&r, IORING_OP_UNLINKAT, dir, "sub", 0, 0, AT_REMOVEDIR));
	op(&r, IORING_OP_UNLINKAT, AT_FDCWD, NOWHERE, 0, 0, 0);
	descriptor("dir", dir);
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	must(getsockname(fd, (void *)&address, &size), "getsockname");
	return ntohs(address.sin_port);
}

static int listening(void)
{
	struct sockaddr_in any = loopback(0);
	int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

	must(bind(fd, (void *)&any, sizeof(any)), "bind");
	must(listen(fd, 4), "listen");
	return fd;
}

static void act_ring_network(void)
{
	struct ring r = make(0);
	int listener = listening();
	struct sockaddr_in to = loopback(port_of(listener)), from = loopback(0),
			   nobody = loopback(1);
	struct iovec part = {"hello", 5};
	int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int udp = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int sender = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int spare = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	char buffer[64];
	struct iovec room = {buffer, sizeof(buffer)};
	struct msghdr received = {.msg_iov = &room, .msg_iovlen = 1};
	struct io_uring_sqe *e;
	int accepted;

	must(bind(udp, (void *)&from, sizeof(from)), "bind");
	from = loopback(port_of(udp));
	must(bind(sender, (void *)&(struct sockaddr_in){.sin_family = AF_INET}, sizeof(from)),
	     "bind");
	message.msg_name = &from;
	message.msg_namelen = sizeof(from);
	number("port", port_of(listener));
	number("to", port_of(udp));
	mark();
	number("connect", op(&r, IORING_OP_CONNECT, client, &to, 0, sizeof(to), 0));
	number("refused", op(&r, IORING_OP_CONNECT, spare, &nobody, 0, sizeof(nobody), 0));
	accepted = op(&r, IORING_OP_ACCEPT, listener, NULL, 0, 0, SOCK_CLOEXEC);
	op(&r, IORING_OP_ACCEPT, client, NULL, 0, 0, 0);
	number("sendmsg", op(&r, IORING_OP_SENDMSG, sender, &message, 1, 0, 0));
	number("recvmsg", op(&r, IORING_OP_RECVMSG, udp, &received, 1, 0, 0));
	e = add(&r, IORING_OP_SEND, sender, 1);
	e->addr = (unsigned long)"hello world";
	e->len = 11;
	e->addr2 = (unsigned long)&from;
	e->file_index = sizeof(from); /* its low half is addr_len, from 6.0 on */
	number("sendto", run(&r));
	number("send", op(&r, IORING_OP_SEND, client, "ping", 4, 0, 0));
	op(&r, IORING_OP_SEND, NO_FD, "lost", 4, 0, 0);
	number("recv", op(&r, IORING_OP_RECV, accepted, buffer, sizeof(buffer), 0, 0));
	number("own", port_of(client));
	number("from", port_of(sender));
	descriptor("client", client);
	descriptor("refused", spare);
	descriptor("accepted", accepted);
	descriptor("sender", sender);
	descriptor("udp", udp);
}

/* Newer operations: a kernel that has not got one of them says EINVAL, and nothing is done. */
static void act_ring_sockets(void)
{
	struct ring r = make(0);
	struct sockaddr_in any = loopback(0);
	int fd;

	mark();
	fd = op(&r, IORING_OP_SOCKET, AF_INET, NULL, 0, SOCK_STREAM | SOCK_CLOEXEC, 0);
	number("socket", fd);
	if (fd < 0)
		return;
	number("bind", op(&r, BIND, fd, &any, 0, sizeof(any), 0));
	number("listen", op(&r, LISTEN, fd, NULL, 7, 0, 0));
	number("port", port_of(fd));
	descriptor("fd", fd);
}

/* in a thread of the kernel's that works for the process */
static void act_ring_async(void)
{
	struct ring r = make(0);
	struct io_uring_sqe *e;
	char path[] = "made";

	mark();
	e = add(&r, IORING_OP_OPENAT, AT_FDCWD, 1);
	e->flags = IOSQE_ASYNC;
	e->addr = (unsigned long)path;
	e->open_flags = O_WRONLY | O_CREAT;
	e->len = 0600;
	enter(&r, 1, 0);
	strcpy(path, "gone"); /* the kernel has its own copy */
	descriptor("made", take(&r));
}

static void act_ring_sqpoll(void)
{
	struct ring r = make(IORING_SETUP_SQPOLL);

	mark();
	descriptor("made", ring_open(&r, "made", O_WRONLY | O_CREAT, 0600));
}

/* a chain: the second fails, and the third is never done */
static void act_ring_linked(void)
{
	const char *const paths[] = {"made", NOWHERE, "never"};
	struct ring r = make(0);
	unsigned i;

	mark();
	for (i = 0; i < 3; i++) {
		struct io_uring_sqe *e = add(&r, IORING_OP_OPENAT, AT_FDCWD, i + 1);

		e->addr = (unsigned long)paths[i];
		e->open_flags = i ? O_RDONLY : O_WRONLY | O_CREAT;
		e->len = 0600;
		e->flags = i < 2 ? IOSQE_IO_LINK : 0;
	}
	enter(&r, 3, 3);
	descriptor("made", take(&r));
	number("second", take(&r));
	number("third", take(&r));
}

/* into a table of the ring's instead of a descriptor */
static void act_ring_direct(void)
{
	int table[2] = {-1, -1};
	struct ring r = make(0);
	struct io_uring_sqe *e;

	descriptor("made", make_file("made"));
	must(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, table, 2), "register");
	mark();
	e = add(&r, IORING_OP_OPENAT, AT_FDCWD, 1);
	e->addr = (unsigned long)"made";
	e->open_flags = O_RDONLY;
	e->file_index = 2;
	number("result", run(&r));
}

/* a success that posts no completion */
static void act_ring_silent(void)
{
	struct ring r = make(0);
	struct io_uring_sqe *e;

	descriptor("made", make_file("made"));
	mark();
	e = add(&r, IORING_OP_OPENAT, AT_FDCWD, 1);
	e->addr = (unsigned long)"made";
	e->open_flags = O_RDONLY;
	e->flags = SKIP;
	enter(&r, 1, 0);
}

/* more completions than there is room for */
static void act_ring_overflow(void)
{
	struct ring r = make(0);
	unsigned i, j;

	descriptor("made", make_file("made"));
	mark();
	for (i = 0; i < 3; i++) {
		for (j = 0; j < ENTRIES; j++)
			add(&r, IORING_OP_NOP, -1, 1);
		enter(&r, ENTRIES, 0);
	}
	add(&r, IORING_OP_UNLINKAT, AT_FDCWD, 2)->addr = (unsigned long)"made";
	enter(&r, 1, 0);
	for (i = 0; i < 1000 && !access("made", F_OK); i++)
		usleep(1000); /* a worker of the kernel's does it */
}

/* a path that can't be read: the request is refused before it begins */
static void act_ring_refused(void)
{
	struct ring r = make(0);

	mark();
	number("result", ring_open(&r, (const char *)8, O_RDONLY, 0));
	number("busy", op(&r, IORING_OP_UNLINKAT, AT_FDCWD, "there", 0, 0, 0x8000));
}

/* one request, as many connections as come */
static void act_ring_multishot(void)
{
	struct ring r = make(0);
	int listener = listening();
	struct sockaddr_in to = loopback(port_of(listener));
	int i;

	number("port", port_of(listener));
	mark();
	add(&r, IORING_OP_ACCEPT, listener, 7)->ioprio = MULTISHOT;
	enter(&r, 1, 0);
	for (i = 0; i < 2; i++) {
		int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
		char from[] = "client0", key[] = "accepted0";

		from[6] += i;
		key[8] += i;
		must(connect(client, (void *)&to, sizeof(to)), "connect");
		number(from, port_of(client));
		descriptor(key, take(&r));
	}
}

const struct act ring_acts[] = {
	{"ring-files", act_ring_files},		{"ring-network", act_ring_network},
	{"ring-sockets", act_ring_sockets},	{"ring-async", act_ring_async},
	{"ring-sqpoll", act_ring_sqpoll},	{"ring-linked", act_ring_linked},
	{"ring-direct", act_ring_direct},	{"ring-silent", act_ring_silent},
	{"ring-overflow", act_ring_overflow},	{"ring-refused", act_ring_refused},
	{"ring-multishot", act_ring_multishot}, {NULL, NULL},
};
