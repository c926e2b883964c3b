// SPDX-License-Identifier: Apache-2.0
/* Calls on sockets; all over the loopback interface. */
#include "calls.h"

static const char *const path = "socket";

static int bound(int type, struct sockaddr_in *address)
{
	int fd = must(socket(AF_INET, type, 0), "socket");
	socklen_t size = sizeof(*address);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(fd, (void *)address, sizeof(*address)), "bind");
	must(getsockname(fd, (void *)address, &size), "getsockname");
	return fd;
}

static int bound_unix(struct sockaddr_un *address)
{
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	must(bind(fd, (void *)address, sizeof(*address)), "bind");
	return fd;
}

/* Ports as facts: what the kernel chose for a socket's own end. */
static void local_port(const char *key, int fd)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);

	must(getsockname(fd, (void *)&address, &size), "getsockname");
	number(key, ntohs(address.sin6_port)); /* the port lies where IPv4 has it */
}

static void act_socket(void)
{
	mark();
	descriptor("tcp",
		   syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	descriptor("udp6", syscall(SYS_socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP));
	descriptor("unix", syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0));
	syscall(SYS_socket, 99, SOCK_STREAM, 0);
}

static void act_bind(void)
{
	struct sockaddr_in taken;
	struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct sockaddr_in any = {.sin_family = AF_INET};
	struct sockaddr_in own = {.sin_family = AF_INET};
	int used = bound(SOCK_STREAM, &taken);
	int udp = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int unixes = must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");

	int tcp = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int spare = bound(SOCK_STREAM, &own);

	close(spare); /* its port is free again */
	number("own", ntohs(own.sin_port));
	number("taken", ntohs(taken.sin_port));
	descriptor("used", used);
	mark();
	syscall(SYS_bind, udp, &any, sizeof(any));
	syscall(SYS_bind, unixes, &local, sizeof(local));
	syscall(SYS_bind, tcp, &own, sizeof(own));
	syscall(SYS_bind, used, &taken, sizeof(taken));
	descriptor("tcp", tcp);
	local_port("port", udp);
	descriptor("udp", udp);
	descriptor("unix", unixes);
}

static void act_connect(void)
{
	struct sockaddr_in server, closed;
	struct sockaddr_un local;
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
	int listener = bound(SOCK_STREAM, &server);
	int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int client6 = must(socket(AF_INET6, SOCK_STREAM, 0), "socket");
	int refused = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int unixes = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	int udp = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	must(listen(listener, 8), "listen");
	must(listen(bound_unix(&local), 8), "listen");
	bound(SOCK_STREAM, &closed);
	mapped.sin6_port = server.sin_port;
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
	number("port", ntohs(server.sin_port));
	number("closed", ntohs(closed.sin_port));
	mark();
	syscall(SYS_connect, client, &server, sizeof(server));
	syscall(SYS_connect, client6, &mapped, sizeof(mapped));
	syscall(SYS_connect, unixes, &local, sizeof(local));
	syscall(SYS_connect, udp, &server, sizeof(server));
	syscall(SYS_connect, refused, &closed, sizeof(closed));
	syscall(SYS_connect, NO_FD, &server, sizeof(server));
	local_port("own", client);
	local_port("own6", client6);
	local_port("own_udp", udp);
	descriptor("fd", client);
	descriptor("fd6", client6);
	descriptor("unix", unixes);
	descriptor("udp", udp);
	descriptor("refused", refused);
}

/* which end of a connection a copy of its descriptor is */
static void act_dup_socket(void)
{
	struct sockaddr_in server;
	int listener = bound(SOCK_STREAM, &server);
	int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int accepted;

	must(listen(listener, 1), "listen");
	must(connect(client, (void *)&server, sizeof(server)), "connect");
	accepted = must(accept(listener, NULL, NULL), "accept");
	local_port("from", client);
	number("port", ntohs(server.sin_port));
	mark();
	descriptor("listener", syscall(SYS_dup, listener));
	descriptor("client", syscall(SYS_dup, client));
	descriptor("accepted", syscall(SYS_dup, accepted));
	number("listener_from", listener);
	number("client_from", client);
	number("accepted_from", accepted);
}

static void act_listen(void)
{
	struct sockaddr_in server;
	int listener = bound(SOCK_STREAM, &server);

	descriptor("fd", listener);
	number("port", ntohs(server.sin_port));
	mark();
	syscall(SYS_listen, listener, 7);
	syscall(SYS_listen, NO_FD, 1);
}

static void accepting(long (*call)(int listener))
{
	struct sockaddr_in server;
	struct sockaddr_un local;
	int listener = bound(SOCK_STREAM, &server);
	int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int other = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int unix_client = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	int unix_listener = bound_unix(&local);
	int accepted;

	must(listen(listener, 4), "listen");
	must(listen(unix_listener, 4), "listen");
	must(connect(client, (void *)&server, sizeof(server)), "connect");
	must(connect(other, (void *)&server, sizeof(server)), "connect");
	must(connect(unix_client, (void *)&local, sizeof(local)), "connect");
	must(fcntl(listener, F_SETFL, O_NONBLOCK), "fcntl");
	local_port("client", client);
	local_port("other", other);
	number("port", ntohs(server.sin_port));
	mark();
	accepted = call(listener); /* another still waits */
	descriptor("fd", accepted);
	descriptor("second", call(listener));
	descriptor("unix", call(unix_listener));
	call(listener);
	call(NO_FD);
}

static long call_accept(int listener)
{
	return syscall(SYS_accept, listener, NULL, NULL);
}

static long call_accept4(int listener)
{
	return syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
}

static void act_accept(void)
{
	accepting(call_accept);
}

static void act_accept4(void)
{
	accepting(call_accept4);
}

/* a UDP socket that sends and one that is sent to */
static void datagrams(int *sender, int *receiver, struct sockaddr_in *to)
{
	struct sockaddr_in from;

	*sender = bound(SOCK_DGRAM, &from);
	*receiver = bound(SOCK_DGRAM, to);
	number("from", ntohs(from.sin_port));
	number("to", ntohs(to->sin_port));
	descriptor("sender", *sender);
	descriptor("receiver", *receiver);
}

static void act_sendto(void)
{
	struct sockaddr_in to;
	int sender, receiver, pair[2];

	datagrams(&sender, &receiver, &to);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	descriptor("pair", pair[0]);
	mark();
	syscall(SYS_sendto, sender, "hello\nworld", 11, 0, &to, sizeof(to));
	syscall(SYS_sendto, pair[0], "ping", 4, 0, NULL, 0);
	syscall(SYS_sendto, NO_FD, "lost", 4, 0, &to, sizeof(to));
}

static void act_sendmsg(void)
{
	struct sockaddr_in to;
	struct iovec iov[2] = {{"hello", 5}, {" world", 6}};
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = iov, .msg_iovlen = 2};
	int sender, receiver;

	datagrams(&sender, &receiver, &to);
	mark();
	syscall(SYS_sendmsg, sender, &message, 0);
	syscall(SYS_sendmsg, NO_FD, &message, 0);
}

static void act_recvfrom(void)
{
	struct sockaddr_in to, from;
	socklen_t size = sizeof(from);
	char buffer[200];
	int sender, receiver;

	datagrams(&sender, &receiver, &to);
	must(sendto(sender, "hello", 5, 0, (void *)&to, sizeof(to)), "sendto");
	mark();
	syscall(SYS_recvfrom, receiver, buffer, sizeof(buffer), 0, &from, &size);
	syscall(SYS_recvfrom, receiver, buffer, sizeof(buffer), MSG_DONTWAIT, &from, &size);
}

static void act_recvmsg(void)
{
	struct sockaddr_in to, from;
	char buffer[200];
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	int sender, receiver;

	datagrams(&sender, &receiver, &to);
	must(sendto(sender, "hello", 5, 0, (void *)&to, sizeof(to)), "sendto");
	mark();
	syscall(SYS_recvmsg, receiver, &message, 0);
	syscall(SYS_recvmsg, receiver, &message, MSG_DONTWAIT);
}

/* a socket that is not connected: to one peer, to it again, to another, to the first */
static void act_peers(void)
{
	struct sockaddr_in from, first, second;
	int sender = bound(SOCK_DGRAM, &from);
	const struct sockaddr_in *const to[] = {&first, &first, &second, &first};
	size_t i;

	bound(SOCK_DGRAM, &first);
	bound(SOCK_DGRAM, &second);
	mark();
	for (i = 0; i < 4; i++)
		syscall(SYS_sendto, sender, "ping", 4, 0, to[i], sizeof(*to[i]));
	number("from", ntohs(from.sin_port));
	number("first", ntohs(first.sin_port));
	number("second", ntohs(second.sin_port));
	descriptor("sender", sender);
}

const struct act network_acts[] = {
	{"peers", act_peers},
	{"dup-socket", act_dup_socket},
	{"socket", act_socket},
	{"bind", act_bind},
	{"connect", act_connect},
	{"listen", act_listen},
	{"accept", act_accept},
	{"accept4", act_accept4},
	{"sendto", act_sendto},
	{"sendmsg", act_sendmsg},
	{"recvfrom", act_recvfrom},
	{"recvmsg", act_recvmsg},
	{NULL, NULL},
};
