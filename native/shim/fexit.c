// SPDX-License-Identifier: Apache-2.0
/*
 * Attaching to the watched system calls alone, by BPF trampolines (fexit) on their
 * entry symbols, so that all others run as without a sensor. The programs are those
 * of the tracepoint at every call's end: both are given the registers and the
 * result. One small program, call_exit, is loaded once for each symbol and goes on
 * to sys_exit by a tail call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "sensor.h"
#ifdef __x86_64__
#include "sense/ia32.h"
#endif

#ifdef __x86_64__
#define NATIVE "__x64_sys_"
#define COMPAT "__ia32_"
#else
#define NATIVE "__arm64_sys_"
#endif

/* Where a call's entry symbol has another name than the call: 32-bit mmap and mmap2, 16-bit ids and both umounts. */
static const struct {
	const char *symbol, *call;
} others[] = {
	{"umount", "umount2"},	    {"oldumount", "umount"},	  {"mmap_pgoff", "mmap"},
	{"chown16", "chown"},	    {"lchown16", "lchown"},	  {"fchown16", "fchown"},
	{"setuid16", "setuid"},	    {"setgid16", "setgid"},	  {"setreuid16", "setreuid"},
	{"setregid16", "setregid"}, {"setresuid16", "setresuid"}, {"setresgid16", "setresgid"},
	{"ia32_mmap", "mmap"},
};

/* One symbol that call_exit hangs on. */
struct ln_return {
	uint32_t symbol; /* type id in the kernel's BTF */
	int program, link;
};

static bool is_on_sys_exit(const struct bpf_program *p)
{
	const char *section = bpf_program__section_name(p);
	const char *slash = strchr(section, '/');

	return slash && !strcmp(slash, "/sys_exit");
}

int ln_fexit_prepare(struct bpf_object *object, const char *model)
{
	struct bpf_program *p;
	int err;

	bpf_object__for_each_program(p, object)
	{
		if (!is_on_sys_exit(p))
			continue;
		err = bpf_program__set_expected_attach_type(p, BPF_TRACE_FEXIT);
		if (!err)
			err = bpf_program__set_attach_target(p, 0, model);
		if (err)
			return err;
	}
	return 0;
}

static bool is_loaded(const struct ln_sensor *s, const char *program)
{
	size_t i;

	for (i = 0; i < s->nprograms; i++) {
		if (!strcmp(s->programs[i].name, program))
			return s->programs[i].loaded;
	}
	return false;
}

/* The first object's programs once more, for functions that look otherwise; of its maps all but those of programs. */
static int load_family(const struct ln_sensor *s, const void *probe, size_t len,
		       struct ln_family *family)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lanner");
	struct bpf_object *object = bpf_object__open_mem(probe, len, &opts);
	struct bpf_program *p;
	struct bpf_map *map;
	size_t i;
	int err = 0;

	if (!object)
		return -errno;
	bpf_object__for_each_program(p, object) bpf_program__set_autoload(
		p, is_on_sys_exit(p) && is_loaded(s, bpf_program__name(p)));
	bpf_object__for_each_map(map, object)
	{
		const struct bpf_map *first =
			bpf_object__find_map_by_name(s->object, bpf_map__name(map));

		if (!err && bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY)
			err = first ? bpf_map__reuse_fd(map, bpf_map__fd(first)) : -ENOENT;
	}
	if (!err)
		err = ln_fexit_prepare(object, family->model);
	if (!err)
		err = ln_load_undisturbed(object);
	if (err) {
		bpf_object__close(object);
		return err;
	}
	family->object = object;
	family->fillers = bpf_object__find_map_fd_by_name(object, "fillers");
	ln_place_arranged(object);
	for (i = 0; i < s->nprograms; i++) {
		uint32_t nr = s->programs[i].syscall;
		int fd;

		if (s->programs[i].syscall < 0 || !s->programs[i].loaded)
			continue;
		p = bpf_object__find_program_by_name(object, s->programs[i].name);
		fd = bpf_program__fd(p);
		if (bpf_map_update_elem(family->fillers, &nr, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* The programs for functions that look like this one; loaded when it is the first such. */
static const struct ln_family *family_of(struct ln_sensor *s, const void *probe, size_t len,
					 const struct btf *btf, const struct btf_type *function,
					 int *err)
{
	struct ln_family *family;
	size_t i;

	for (i = 0; i < s->nfamilies; i++) {
		if (s->families[i].prototype == function->type)
			return &s->families[i];
	}
	if (s->nfamilies == LN_FAMILIES_MAX) {
		*err = -E2BIG;
		return NULL;
	}
	family = &s->families[s->nfamilies];
	family->prototype = function->type;
	snprintf(family->model, sizeof(family->model), "%s",
		 btf__name_by_offset(btf, function->name_off));
	*err = load_family(s, probe, len, family);
	if (family->object)
		s->nfamilies++;
	return *err ? NULL : family;
}

/* Loads call_exit, as it is in the object, for one more symbol. */
static int load_for(const struct bpf_insn *insns, size_t n, uint32_t symbol)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = symbol);

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "call_exit", "Dual MIT/GPL", insns, n, &opts);
}

static int attach(struct ln_return *r, const struct bpf_insn *insns, size_t n, uint32_t symbol)
{
	int err;

	r->symbol = symbol;
	r->program = load_for(insns, n, symbol);
	if (r->program < 0)
		return -errno;
	r->link = bpf_raw_tracepoint_open(NULL, r->program);
	if (r->link >= 0)
		return 0;
	err = -errno;
	close(r->program);
	return err;
}

static bool is_attached(const struct ln_sensor *s, uint32_t symbol)
{
	size_t i;

	for (i = 0; i < s->nreturns; i++) {
		if (s->returns[i].symbol == symbol)
			return true;
	}
	return false;
}

/* The call whose entry symbol a function of the kernel is, or NULL. */
static const char *call_of(const char *function)
{
	size_t i;

	if (!strncmp(function, NATIVE, strlen(NATIVE))) {
		function += strlen(NATIVE);
#ifdef COMPAT
	} else if (!strncmp(function, COMPAT, strlen(COMPAT))) {
		function += strlen(COMPAT);
		if (!strncmp(function, "compat_", 7))
			function += 7;
		if (strncmp(function, "sys_", 4))
			return NULL;
		function += 4;
#endif
	} else {
		return NULL;
	}
	/* without arguments: one function under several names, or several under one */
	if (!strcmp(function, "setsid"))
		return NULL;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(function, others[i].symbol))
			return others[i].call;
	}
	return function;
}

static int number_of(const char *call)
{
	int nr;

	for (nr = 0; nr < LN_SYSCALLS_MAX; nr++) {
		const char *name = ln_syscall_name(nr);

		if (name && !strcmp(name, call))
			return nr;
	}
	return -1;
}

static bool is_watched(const struct ln_sensor *s, const char *call)
{
	int nr = number_of(call);

#ifdef COMPAT
	if (!strcmp(call, "socketcall")) /* 32-bit, for several */
		return s->config.compat[IA32_SOCKETCALL / 64] >> IA32_SOCKETCALL % 64 & 1;
#endif
	return nr >= 0 && s->config.syscalls[nr / 64] >> nr % 64 & 1;
}

static int attach_to(struct ln_sensor *s, const struct ln_family *family, uint32_t symbol)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(family->object, "call_exit");
	struct ln_return *more = realloc(s->returns, (s->nreturns + 1) * sizeof(*more));
	int err;

	if (!more)
		return -ENOMEM;
	s->returns = more;
	if (!p)
		return -ENOENT;
	err = attach(more + s->nreturns, bpf_program__insns(p), bpf_program__insn_cnt(p), symbol);
	if (!err)
		s->nreturns++;
	return err;
}

int ln_fexit_attach(struct ln_sensor *s, const void *probe, size_t len)
{
	__u64 seen[LN_SYSCALLS_MAX / 64] = {};
	struct btf *btf;
	uint32_t id, n;
	int err = 0;

	if (!s->fexit)
		return 0;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	if (!s->nfamilies) { /* the first one is the object itself */
		id = btf__find_by_name_kind(btf, LN_FEXIT_MODEL, BTF_KIND_FUNC);
		s->families[0].prototype = btf__type_by_id(btf, id)->type;
		s->families[0].object = s->object;
		s->families[0].fillers = s->map_fillers;
		snprintf(s->families[0].model, sizeof(s->families[0].model), "%s", LN_FEXIT_MODEL);
		s->nfamilies = 1;
	}
	n = btf__type_cnt(btf);
	for (id = 1; id < n && !err; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const struct ln_family *family;
		const char *name, *call;
		int nr;

		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		call = call_of(name);
		/* what stands there twice is found by its first place */
		if (!call || !is_watched(s, call) ||
		    btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) != (int)id)
			continue;
		nr = number_of(call); /* -1: socketcall */
		if (nr >= 0 && !strncmp(name, NATIVE, strlen(NATIVE)))
			seen[nr / 64] |= 1ULL << nr % 64;
		if (is_attached(s, id))
			continue;
		family = family_of(s, probe, len, btf, type, &err);
		if (family)
			err = attach_to(s, family, id);
	}
	btf__free(btf);
	if (err)
		return err;
	for (id = 0; id < LN_SYSCALLS_MAX; id++) {
		/* umount is 32-bit programs' alone: there need be none */
		if (id == LN_NR_UMOUNT ||
		    !((s->config.syscalls[id / 64] & ~seen[id / 64]) >> id % 64 & 1))
			continue;
		s->failed = "this kernel does not tell where a watched system call comes in";
		snprintf(s->message, sizeof(s->message), "%s", ln_syscall_name(id));
		return -ENOENT;
	}
	return 0;
}

void ln_fexit_detach(struct ln_sensor *s)
{
	size_t i;

	for (i = 0; i < s->nreturns; i++) {
		close(s->returns[i].link);
		close(s->returns[i].program);
	}
	free(s->returns);
	s->returns = NULL;
	s->nreturns = 0;
	for (i = 1; i < s->nfamilies; i++)
		bpf_object__close(s->families[i].object);
	memset(s->families, 0, sizeof(s->families));
	s->nfamilies = 0;
}

uint64_t ln_fexit_misses(const struct ln_sensor *s)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->nreturns; i++)
		sum += ln_misses(s->returns[i].program);
	return sum;
}
