// SPDX-License-Identifier: Apache-2.0
/*
 * The system calls of tests/live/events.test.ts: calls NAME performs what the
 * row of that name in `acts` does, in an empty current directory. What comes
 * before mark() is preparation; what comes after it, of the row's event type, is
 * what the test expects, no more. Facts that only the kernel knows go to
 * stdout as lines KEY=VALUE. Without a name it prints all names.
 */
#include "calls.h"

/* From here on the test looks at records: a call that nobody else makes, and that no row is about. */
void mark(void)
{
	syscall(SYS_dup, MARK);
}

void fail(const char *what)
{
	perror(what);
	exit(1);
}

int must(long result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

void number(const char *key, long long value)
{
	printf("%s=%lld\n", key, value);
}

/* What the kernel says of a descriptor, as KEY, KEY_dev and KEY_ino; dev as the kernel's new_encode_dev gives it. */
void descriptor(const char *key, int fd)
{
	struct stat st;

	must(fstat(fd, &st), key);
	printf("%s=%d\n", key, fd);
	printf("%s_dev=%u\n", key,
	       (minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 |
		       (minor(st.st_dev) & ~0xffU) << 12);
	printf("%s_ino=%llu\n", key, (unsigned long long)st.st_ino);
}

int make_file(const char *name)
{
	int fd = must(open(name, O_RDWR | O_CREAT | O_EXCL, 0644), name);

	return fd;
}

int make_directory(const char *name)
{
	must(mkdir(name, 0755), name);
	return must(open(name, O_RDONLY | O_DIRECTORY), name);
}

int join(pid_t child)
{
	int status = 0;

	must(waitpid(child, &status, 0), "waitpid");
	return status;
}

static const struct act *const tables[] = {file_acts,	 place_acts,	network_acts, evasion_acts,
					   process_acts, identity_acts, other_acts,   ring_acts};

int main(int argc, char **argv)
{
	const struct act *act;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (act = tables[i]; act->name; act++) {
			if (argc < 2) {
				puts(act->name);
			} else if (!strcmp(act->name, argv[1])) {
				act->perform();
				return 0;
			}
		}
	}
	if (argc < 2)
		return 0;
	fprintf(stderr, "calls: there is no %s\n", argv[1]);
	return 2;
}
