// SPDX-License-Identifier: Apache-2.0
/*
 * A process that changes what it is in every way there is, and opens FOLDER/STEP after each. By the name that it is
 * called by: alpha goes through all; beta and gamma are what it becomes; elder opens what it reads the names of, or execs; many
 * runs NUMBER programs of different paths; storm begins processes that rename themselves, fork and exec until it is
 * killed.
 *
 *	alpha FOLDER	elder FOLDER	many FOLDER NUMBER	storm FOLDER
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *folder;

static void path_of(char path[512], const char *name)
{
	snprintf(path, 512, "%s/%s", folder, name);
}

static void step(const char *name)
{
	char path[512];

	path_of(path, name);
	close(open(path, O_RDONLY));
}

static void become(const char *name)
{
	char path[512];

	path_of(path, name);
	execl(path, name, folder, NULL);
	perror(path);
	_exit(1);
}

static void write_to(const char *file, const char *text)
{
	const int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("%s stays\n", file);
	close(fd);
}

/* A child that opens a file and, if it is to, becomes another program. */
static void child(const char *name, const char *program)
{
	const pid_t pid = fork();

	if (!pid) {
		step(name);
		if (program)
			become(program);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void *rename_thread(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "thread");
	step("in-thread");
	child("threads-child", NULL);
	return NULL;
}

static void *become_gamma(void *unused)
{
	(void)unused;
	become("gamma");
	return NULL;
}

static void alpha(void)
{
	char from[512], to[512];
	pthread_t thread;
	pid_t pid;

	step("start");
	prctl(PR_SET_NAME, "renamed");
	step("renamed");
	pthread_create(&thread, NULL, rename_thread, NULL);
	pthread_join(thread, NULL);
	write_to("/proc/self/comm", "written");
	step("written");
	write_to("/proc/self/loginuid", "4242");
	step("login");
	child("child", "beta");
	pid = vfork();
	if (!pid) {
		step("vfork-child");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	path_of(from, "alpha");
	path_of(to, "moved");
	rename(from, to);
	step("moved");
	pthread_create(&thread, NULL, become_gamma, NULL);
	pause();
}

static void elder(void)
{
	char name[64];

	prctl(PR_SET_NAME, "elderly");
	puts("ready");
	fflush(stdout);
	while (fgets(name, sizeof(name), stdin)) {
		name[strcspn(name, "\n")] = 0;
		if (!strcmp(name, "exec"))
			become("elder");
		if (strstr(name, "child"))
			child(name, NULL);
		else
			step(name);
		puts("done");
		fflush(stdout);
	}
}

static void many(int n)
{
	char path[512], self[512];
	int i;

	path_of(self, "many");
	for (i = 0; i < n; i++) {
		pid_t pid;

		snprintf(path, sizeof(path), "%s/many-%d", folder, i);
		if (link(self, path))
			perror(path);
		pid = vfork();
		if (!pid) {
			execl(path, "one", folder, NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
		unlink(path);
	}
}

/* One process of a storm: it goes by one of four names, and lives long enough to be found in /proc. */
static void drop(unsigned int n)
{
	char name[8];

	snprintf(name, sizeof(name), "n%u", n % 4);
	prctl(PR_SET_NAME, name);
	step(name);
	if (n % 3 == 0)
		become(n % 2 ? "beta" : "gamma");
	if (n % 5 == 0)
		child("drop-child", "gamma");
	usleep(n * 7919 % 60000);
	step(name);
	_exit(0);
}

static void storm(void)
{
	unsigned int n;

	signal(SIGCHLD, SIG_IGN);
	for (n = 0;; n++) {
		if (!fork())
			drop(n);
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	folder = argv[1];
	if (!strcmp(argv[0], "one")) {
		step("one");
		return 0;
	}
	if (!strcmp(argv[0], "beta")) {
		step("exec");
		child("exec-child", NULL);
		return 0;
	}
	if (!strcmp(argv[0], "gamma")) {
		step("thread-exec");
		return 0;
	}
	if (argc > 2)
		many(atoi(argv[2]));
	else if (strstr(argv[0], "elder"))
		elder();
	else if (strstr(argv[0], "storm"))
		storm();
	else
		alpha();
	return 0;
}
