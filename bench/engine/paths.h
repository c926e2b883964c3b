/* SPDX-License-Identifier: Apache-2.0 */
/* What records hold: numbers, texts, paths made absolute as Falco does, and the ends of sockets. */
#ifndef BENCH_PATHS_H
#define BENCH_PATHS_H

#include "../../native/events.gen.h"
#include "../../native/wire.h"
#include "facts.h"

/* Falco's numbering, where it is not the kernel's. */
#define OPEN_READ	   (1 << 0)
#define OPEN_WRITE	   (1 << 1)
#define OPEN_TRUNCATE	   (1 << 8)
#define OPEN_DIRECTORY	   (1 << 10)
#define EXE_UPPER_LAYER	   (1 << 1)
#define EXE_FROM_MEMFD	   (1 << 2)
#define CAP_DAC_OVERRIDE   (1ull << 1)
#define CAP_SYS_MODULE	   (1ull << 16)
#define CAP_SYS_ADMIN	   (1ull << 21)
#define FAMILY_INET	   2
#define FAMILY_INET6	   10
#define FAMILY_PACKET	   17
#define IPPROTO_IS_TCP	   6
#define EINPROGRESS_RESULT 115
#define PATH_LIMIT	   1024

enum {
	REQUEST_TRACEME = 1,
	REQUEST_POKETEXT = 5,
	REQUEST_POKEDATA = 6,
	REQUEST_ATTACH = 11,
	REQUEST_SETREGSET = 19,
	REQUEST_SEIZE = 20,
	REQUEST_SETREGS = 27,
};

static inline const struct ln_param *param(const struct ln_record *r, int index)
{
	return (const struct ln_param *)(r + 1) + index;
}

static inline u32 length(const struct ln_record *r, int index)
{
	return index < r->nparams ? param(r, index)->len : 0;
}

static inline const char *bytes(const struct ln_record *r, int index)
{
	return (const char *)r + param(r, index)->off8 * 8;
}

static inline bool has(const struct ln_record *r, int index)
{
	return length(r, index) >= 8;
}

static inline s64 number(const struct ln_record *r, int index)
{
	return *(const s64 *)bytes(r, index);
}

static inline struct text text_of(const struct ln_record *r, int index)
{
	u32 len = length(r, index);

	return len ? (struct text){bytes(r, index), len - 1} : TEXT("<NA>");
}

/* Joining paths by their text alone; see src/fields/path.ts. */

static inline bool is_normal(struct text path)
{
	const char *at = path.at, *end = path.at + path.len;

	if (path.len == 0 || *at != '/')
		return false;
	if (path.len == 1)
		return true;
	if (end[-1] == '/')
		return false;
	while ((at = memchr(at, '/', end - at))) {
		at++;
		if (*at == '/')
			return false;
		if (*at == '.' && (at + 1 == end || at[1] == '/'))
			return false;
		if (*at == '.' && at[1] == '.' && (at + 2 == end || at[2] == '/'))
			return false;
	}
	return true;
}

static char joined_path[PATH_LIMIT + 1];

static inline struct text join(struct text dir, struct text path)
{
	const char *at = path.at, *end = path.at + path.len;
	bool absolute = path.len && *path.at == '/';
	size_t slash = !absolute && dir.len && dir.at[dir.len - 1] != '/';
	size_t base = absolute ? 0 : dir.len + slash, to = base;
	char *out = joined_path;

	if ((absolute ? 1 : base) + path.len + 1 > PATH_LIMIT)
		return TEXT("/DIR_TOO_LONG/FILENAME_TOO_LONG");
	if (!absolute) {
		memcpy(out, dir.at, dir.len);
		if (slash)
			out[dir.len] = '/';
	}
	while (at < end) {
		if (*at == '.' && (to == 0 || out[to - 1] == '/')) {
			if (at + 1 == end || at[1] == '/') {
				at += 2;
				continue;
			}
			if (at[1] == '.' && (at + 2 == end || at[2] == '/')) {
				if (to > 1)
					for (to--; to > 0 && out[to - 1] != '/'; to--)
						;
				at += 3;
				continue;
			}
		} else if (*at == '/' &&
			   ((to > 0 && out[to - 1] == '/') || (to == 0 && base > 0))) {
			at++;
			continue;
		}
		out[to++] = *at++;
	}
	if (to > 1 && out[to - 1] == '/')
		to--;
	return (struct text){out, to};
}

static inline struct text working_directory(const struct ln_record *r, const struct process *p,
					    int workdir)
{
	static char with_slash[PATH_LIMIT * 5];
	struct text cwd = length(r, workdir) > 1 ? text_of(r, workdir)
			  : p && p->cwd.at	 ? p->cwd
						 : TEXT(".");

	if (cwd.len >= sizeof(with_slash) - 1 || (cwd.len && cwd.at[cwd.len - 1] == '/'))
		return cwd;
	memcpy(with_slash, cwd.at, cwd.len);
	with_slash[cwd.len] = '/';
	return (struct text){with_slash, cwd.len + 1};
}

/* A relative path joined to its directory, any other as it was passed. */
static inline struct text joined(const struct ln_record *r, const struct process *p, int path,
				 int dir, int workdir)
{
	struct text text = text_of(r, path);

	if (!length(r, path) || text.len == 0 || *text.at == '/')
		return text;
	return join(length(r, dir) > 1 ? text_of(r, dir) : working_directory(r, p, workdir), text);
}

/* Where the parameters of open, openat and openat2 are. */
struct open_params {
	int fd, name, flags, fd_type, dir, dirfd, workdir;
	bool fails_as_file; /* what a failed call is taken for */
};

#define OPEN_PARAMS(EVENT, dirfd, fails)                                                           \
	{                                                                                          \
		LN_##EVENT##_fd, LN_##EVENT##_name, LN_##EVENT##_flags, LN_##EVENT##_fd_type,      \
			LN_##EVENT##_name_dir, dirfd, LN_##EVENT##_workdir, fails                  \
	}

static const struct open_params OPEN = OPEN_PARAMS(OPEN, -1, false);
static const struct open_params OPENAT = OPEN_PARAMS(OPENAT, LN_OPENAT_dirfd, true);
static const struct open_params OPENAT2 = OPEN_PARAMS(OPENAT2, LN_OPENAT2_dirfd, true);

struct file {
	struct text name;
	size_t slash; /* of the last one, or -1 */
};

static inline void open_file(struct file *file, const struct ln_record *r, const struct process *p,
			     const struct open_params *at, bool known)
{
	struct text path = text_of(r, at->name);
	const char *slash;

	if (!known && !at->fails_as_file) {
		file->name = joined(r, p, at->name, at->dir, at->workdir);
	} else if (is_normal(path) && path.len < PATH_LIMIT - 1) {
		file->name = path;
	} else if (length(r, at->dir) > 1) {
		file->name = join(text_of(r, at->dir), path);
	} else if (at->dirfd >= 0 && has(r, at->dirfd) && number(r, at->dirfd) != -100) {
		file->name = join(TEXT("<UNKNOWN>"), path);
	} else {
		file->name = join(working_directory(r, p, at->workdir), path);
	}
	slash = memrchr(file->name.at, '/', file->name.len);
	file->slash = slash ? (size_t)(slash - file->name.at) : (size_t)-1;
}

static inline struct text directory(const struct file *file)
{
	if (file->slash == (size_t)-1 || file->slash == 0)
		return TEXT("/");
	return (struct text){file->name.at, file->slash};
}

static inline struct text filename(const struct file *file)
{
	if (file->slash == (size_t)-1)
		return TEXT("/");
	return (struct text){file->name.at + file->slash + 1, file->name.len - file->slash - 1};
}

/* Sockets that the process connects or sends from. */
struct socket_params {
	int res, tuple, fd_type, fd_tuple, fd_proto;
};

#define SOCKET_PARAMS(EVENT)                                                                       \
	{                                                                                          \
		LN_##EVENT##_res, LN_##EVENT##_tuple, LN_##EVENT##_fd_type, LN_##EVENT##_fd_tuple, \
			LN_##EVENT##_fd_proto                                                      \
	}

static const struct socket_params CONNECT = SOCKET_PARAMS(CONNECT);
static const struct socket_params SENDTO = SOCKET_PARAMS(SENDTO);
static const struct socket_params SENDMSG = SOCKET_PARAMS(SENDMSG);

struct ends {
	const u8 *local, *remote;
	int size; /* of an address */
	u16 local_port, remote_port;
};

static inline bool is_mapped(const u8 *address)
{
	static const u8 prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

static inline bool read_ends(struct ends *ends, const struct ln_record *r,
			     const struct socket_params *at, bool completed)
{
	int index = completed && length(r, at->tuple) ? at->tuple : at->fd_tuple;
	const u8 *tuple = (const u8 *)bytes(r, index);
	u32 len = length(r, index);

	if (len == 13 && tuple[0] == FAMILY_INET) {
		ends->size = 4;
		ends->local = tuple + 1;
		ends->remote = tuple + 7;
	} else if (len == 37 && tuple[0] == FAMILY_INET6) {
		int skip = is_mapped(tuple + 1) && is_mapped(tuple + 19) ? 12 : 0;

		ends->size = 16 - skip;
		ends->local = tuple + 1 + skip;
		ends->remote = tuple + 19 + skip;
	} else {
		return false;
	}
	memcpy(&ends->local_port, ends->local + ends->size, 2);
	memcpy(&ends->remote_port, ends->remote + ends->size, 2);
	return true;
}

static inline bool tuple_differs(const struct ln_record *r, const struct socket_params *at)
{
	u32 len = length(r, at->tuple);

	return len && len == length(r, at->fd_tuple) &&
	       memcmp(bytes(r, at->tuple), bytes(r, at->fd_tuple), len) != 0;
}

static inline bool is_any(const struct ends *ends)
{
	static const u8 any[4];

	return ends->size == 4 && (memcmp(ends->local, any, 4) == 0 ||
				   (ends->remote_port && memcmp(ends->remote, any, 4) == 0));
}

static inline bool is_loopback(const struct ends *ends)
{
	return ends->size == 4 &&
	       (ends->local[0] == 127 || (ends->remote_port && ends->remote[0] == 127));
}

/* Falco looks at the first network of a list only. */
static inline bool server_is_private(const struct ends *ends)
{
	return ends->size == 4 && ends->remote_port && ends->remote[0] == 10;
}

static inline bool in_ports(const struct set *ports, u16 port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (atoi(ports->words[i].at) == port)
			return true;
	return false;
}

#endif
