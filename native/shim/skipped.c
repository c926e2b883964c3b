// SPDX-License-Identifier: Apache-2.0
/*
 * Whether this kernel lets tasks preempt one another within a program on a
 * tracepoint, found by looking: a program there reads the kernel's own count of
 * what keeps preemption off. Where that is 0, the program is skipped for whoever
 * preempts a task that is within it.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "sensor.h"

#define COUNT_MASK 0xff /* PREEMPT_MASK: the rest are interrupts */
#define SEEN	   0x100
#define INSNS_MAX  16

#define CALL(helper) ((struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = (helper)})
#define MOVE(to, from)                                                                             \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from)})
#define DO(operation, to, value)                                                                   \
	((struct bpf_insn){                                                                        \
		.code = BPF_ALU64 | (operation) | BPF_K, .dst_reg = (to), .imm = (value)})
#define LOAD(size, to, from, at)                                                                   \
	((struct bpf_insn){.code = BPF_LDX | (size) | BPF_MEM,                                     \
			   .dst_reg = (to),                                                        \
			   .src_reg = (from),                                                      \
			   .off = (at)})
#define STORE(to, from)                                                                            \
	((struct bpf_insn){.code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = (to), .src_reg = (from)})
#define POINTER(to, kind, which)                                                                   \
	((struct bpf_insn){.code = BPF_LD | BPF_DW | BPF_IMM,                                      \
			   .dst_reg = (to),                                                        \
			   .src_reg = (kind),                                                      \
			   .imm = (which)})

#ifdef __x86_64__

/* Instructions that bring the count into r0; how many, 0 where it isn't found: before 6.15, which never skips. */
static size_t bring_count(struct bpf_insn *insns, const struct btf *btf)
{
	const int id = btf__find_by_name_kind(btf, "__preempt_count", BTF_KIND_VAR);

	if (id < 0)
		return 0;
	insns[0] = POINTER(BPF_REG_1, BPF_PSEUDO_BTF_ID, id);
	insns[1] = (struct bpf_insn){};
	insns[2] = CALL(BPF_FUNC_this_cpu_ptr);
	insns[3] = LOAD(BPF_W, BPF_REG_0, BPF_REG_0, 0);
	return 4;
}

#else

/* Where a member lies, looked for in nameless structures and unions as well; bytes, or -1. */
static int offset_of(const struct btf *btf, uint32_t id, const char *name)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	uint32_t i;

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_composite(type))
		return -1;
	for (i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;
		const char *known = btf__name_by_offset(btf, member->name_off);
		const int at = btf_member_bit_offset(type, i) / 8;
		int within;

		if (!strcmp(known, name))
			return at;
		within = *known ? -1 : offset_of(btf, member->type, name);
		if (within >= 0)
			return at + within;
	}
	return -1;
}

/* As above. The count is in what every task begins with. */
static size_t bring_count(struct bpf_insn *insns, const struct btf *btf)
{
	const int info = btf__find_by_name_kind(btf, "thread_info", BTF_KIND_STRUCT);
	const int at = info < 0 ? -1 : offset_of(btf, info, "preempt_count");

	if (at < 0)
		return 0;
	insns[0] = CALL(BPF_FUNC_get_current_task_btf);
	insns[1] = LOAD(BPF_DW, BPF_REG_0, BPF_REG_0, at);
	return 2;
}

#endif

static int load(const struct btf *btf, int map)
{
	struct bpf_insn insns[INSNS_MAX];
	size_t n = bring_count(insns, btf);

	if (!n)
		return -ENOENT;
	insns[n++] = DO(BPF_AND, BPF_REG_0, COUNT_MASK);
	insns[n++] = DO(BPF_OR, BPF_REG_0, SEEN);
	insns[n++] = POINTER(BPF_REG_1, BPF_PSEUDO_MAP_VALUE, map);
	insns[n++] = (struct bpf_insn){};
	insns[n++] = STORE(BPF_REG_1, BPF_REG_0);
	insns[n++] = DO(BPF_MOV, BPF_REG_0, 0);
	insns[n++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "lanner_look", "Dual MIT/GPL", insns, n,
			     NULL);
}

static void *nothing(void *arg)
{
	return arg;
}

/* Passes both tracepoints that are looked at: a thread's making, and some system calls. */
static void pass(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
}

/* Whether preemption is on in programs on a tracepoint. */
static bool is_on(int program, int map, const char *tracepoint)
{
	uint64_t count = 0;
	uint32_t zero = 0;
	int link;

	if (bpf_map_update_elem(map, &zero, &count, BPF_ANY))
		return false;
	link = bpf_raw_tracepoint_open(tracepoint, program);
	if (link < 0)
		return false;
	pass();
	close(link);
	return !bpf_map_lookup_elem(map, &zero, &count) && count == SEEN;
}

bool ln_is_skipped(void)
{
	struct btf *btf;
	struct utsname name;
	int map, program = -1;
	bool on = false;

	/* a kernel that never preempts does not say so, and may not count either */
	if (uname(&name) || !strstr(name.version, "PREEMPT"))
		return false;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return false;
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lanner_look", 4, 8, 1, NULL);
	if (map >= 0)
		program = load(btf, map);
	if (program >= 0)
		on = is_on(program, map, "sched_process_fork") || is_on(program, map, "sys_exit");
	if (program >= 0)
		close(program);
	if (map >= 0)
		close(map);
	btf__free(btf);
	return on;
}
