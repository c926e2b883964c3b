// SPDX-License-Identifier: Apache-2.0
/*
 * The load of bench/soak.ts: load ACT [ARGUMENT]... does one thing to the process tree again and again until its
 * parent ends. What is to be found in /proc by a check stays for some seconds under the name that `stay` gives it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds that one stays, and how many acts there are for each that does. */
#define STAY   "4"
#define ONE_IN 40

/* Containers whose traces are still there. */
#define KEPT 32

static char self[PATH_MAX];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static pid_t make(void)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	return child;
}

static void run_stay(const char *name)
{
	execl(self, name, "stay", STAY, NULL);
	_exit(127);
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* brief: children that live a millisecond, some of them with a program of their own */
static void brief(unsigned int turn, char **argv)
{
	pid_t child = make();

	(void)argv;
	if (child == 0) {
		if (turn % ONE_IN == 0)
			run_stay("brief");
		if (turn % 2)
			execl("/bin/true", "true", NULL);
		_exit(0);
	}
}

/* storm: a child that execs twenty times in a row */
static void storm(unsigned int turn, char **argv)
{
	(void)argv;
	if (make() == 0) {
		execl(self, "storm", "again", "20", turn % 10 ? "end" : "stay", NULL);
		_exit(127);
	}
}

/* again COUNT end|stay: an exec of the storm */
static int again(char **argv)
{
	char count[16];
	int left = atoi(argv[0]);

	if (left == 0) {
		if (!strcmp(argv[1], "stay"))
			run_stay("storm");
		return 0;
	}
	snprintf(count, sizeof(count), "%d", left - 1);
	execl(self, "storm", "again", count, argv[1], NULL);
	return 127;
}

static void *exec_in_thread(void *name)
{
	if (name)
		run_stay(name);
	execl("/bin/true", "true", NULL);
	return NULL;
}

static void *wait_in_thread(void *unused)
{
	pause();
	return unused;
}

/* threads: a child of five threads of which the last one execs, so that the others end and it becomes the first */
static void threads(unsigned int turn, char **argv)
{
	pthread_t thread;

	(void)argv;
	if (make() == 0) {
		for (int i = 0; i < 3; i++)
			pthread_create(&thread, NULL, wait_in_thread, NULL);
		pthread_create(&thread, NULL, exec_in_thread, turn % ONE_IN ? NULL : "threads");
		pause();
		_exit(0);
	}
}

/* orphans: a child that ends before its own child does */
static void orphans(unsigned int turn, char **argv)
{
	(void)argv;
	if (make() == 0) {
		if (make() == 0) {
			usleep(1000);
			if (turn % ONE_IN == 0)
				run_stay("orphans");
			_exit(0);
		}
		_exit(0);
	}
}

/* reuse: a child that gets the pid of the one before it; needs the right to say which pid is next */
static void reuse(unsigned int turn, char **argv)
{
	char text[16];
	int next = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC), length;
	pid_t first = make(), second;

	(void)argv;
	if (first == 0)
		_exit(0);
	waitpid(first, NULL, 0);
	length = snprintf(text, sizeof(text), "%d", first - 1);
	if (next < 0 || write(next, text, length) != length)
		fail("ns_last_pid");
	close(next);
	second = make();
	if (second == 0) {
		if (turn % ONE_IN == 0)
			run_stay("reuse");
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	if (second == first)
		putchar('r'); /* it worked: nobody else was quicker */
	fflush(stdout);
}

static void put(const char *directory, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(path);
	close(fd);
}

/* A container's id tells the number that its name has. */
static void paths_of(unsigned int number, char **argv, char id[65], char *cgroup, char *data)
{
	char digits[13];

	memset(id, 'a', 64);
	id[64] = 0;
	snprintf(digits, sizeof(digits), "50a4%08x", number);
	memcpy(id, digits, 12);
	snprintf(cgroup, PATH_MAX, "%s/%s", argv[0], id);
	snprintf(data, PATH_MAX, "%s/%s", argv[1], id);
}

static void remove_container(unsigned int number, char **argv)
{
	static const char *const files[] = {"config.v2.json", "hostconfig.json"};
	char id[65], cgroup[PATH_MAX], data[PATH_MAX], path[PATH_MAX + 32];

	paths_of(number, argv, id, cgroup, data);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", data, files[i]);
		unlink(path);
	}
	rmdir(data);
	for (int i = 0; rmdir(cgroup) && errno == EBUSY && i < 100; i++)
		usleep(1000);
}

/*
 * containers CGROUPS DATA FIRST: Docker's traces of a container that runs one program: a cgroup below CGROUPS, and
 * below DATA what dockerd writes before it starts one, numbered from FIRST on. They go when KEPT others have come: an
 * engine takes its time, too.
 */
static void container(unsigned int turn, char **argv)
{
	char id[65], cgroup[PATH_MAX], data[PATH_MAX], text[512];
	unsigned int number = atoi(argv[2]) + turn;
	pid_t child;

	paths_of(number, argv, id, cgroup, data);
	if (mkdir(data, 0700) || mkdir(cgroup, 0755))
		fail(cgroup);
	snprintf(text, sizeof(text),
		 "{\"ID\":\"%s\",\"Name\":\"/soak-%u\",\"Config\":{\"Image\":\"soak:%u\"}}", id,
		 number, number);
	put(data, "config.v2.json", text);
	put(data, "hostconfig.json", "{\"Privileged\":false}");
	child = make();
	if (child == 0) {
		put(cgroup, "cgroup.procs", "0");
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	if (turn >= KEPT)
		remove_container(number - KEPT, argv);
}

static const struct {
	const char *name;
	void (*act)(unsigned int turn, char **argv);
	unsigned int pause_us;
} acts[] = {
	{"brief", brief, 4000},	     {"storm", storm, 200000}, {"threads", threads, 30000},
	{"orphans", orphans, 20000}, {"reuse", reuse, 20000},  {"containers", container, 1000},
};

int main(int argc, char **argv)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0 || argc < 2)
		return 2;
	if (!strcmp(argv[1], "again") && argc > 3)
		return again(argv + 2);
	if (!strcmp(argv[1], "stay") && argc > 2)
		return sleep(atoi(argv[2]));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		if (strcmp(argv[1], acts[i].name))
			continue;
		for (unsigned int turn = 0;; turn++) {
			acts[i].act(turn, argv + 2);
			reap();
			usleep(acts[i].pause_us);
		}
	}
	return 2;
}
