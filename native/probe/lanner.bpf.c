/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The eBPF probe. Programs hang on tp_btf tracepoints and read their arguments
 * from ctx as numbers, never through BTF pointers, so that the shim can load the
 * same programs as raw tracepoints where tp_btf can't be had, and have perf run
 * them where a tracepoint's would be skipped (context.h).
 */
#include "types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "wire.h"
#include "driver.h"
#include "filter.h"
#include "events.gen.h"
#include "kernel.h"
#include "access.h"
#include "kern.h"
#include "sense/syscalls.h"
#include "sense/admit.h"
#include "maps.h"
#include "peers.h"
#include "regs.h"
#include "context.h"

/* its making and end are told of no kernel thread; one that becomes a program is known by its exec */
#define PF_KTHREAD 0x00200000

/* The configuration, when events of this thread group pass. */
SENSE_INLINE const struct ln_config *admit(__u32 tgid)
{
	const struct ln_config *c = probe_config();

	return c && sense_admits(c, tgid) ? c : NULL;
}

WALKER(sched_process_exec, exec)
WALKER(sched_process_fork, fork)
WALKER(sys_exit, syscall)

#include "filter_maps.h"

SEC("tp_btf/sched_process_exec")
int sched_exec(__u64 *ctx)
{
	const struct ln_config *c = admit(bpf_get_current_pid_tgid() >> 32);
	const struct task_struct *task;
	struct sense_buf *b;

	if (!c)
		return 0;
	b = scratch_get(LN_CLASS_EXEC);
	if (!b) {
		sense_forget(bpf_get_current_pid_tgid() >> 32);
		return 0;
	}
	b->vital = true;
	task = own_task(ctx);
	b->want = c->want;
	sense_begin(b, LN_EV_EXECVE, LN_EXECVE_NPARAMS, task);
	sense_fill_exec(b, task, exec_old_tid(ctx), exec_filename(ctx));
	COMPLETE(ctx, b, exec);
	return 0;
}

/* Registers are too many for the stack; the buffer's path is not in use before the record is complete. */
SENSE_INLINE struct pt_regs *registers(struct sense_buf *b)
{
	return (struct pt_regs *)b->path;
}

/* The event of making a task, and the flags asked for, by the system call its maker is in. */
SENSE_INLINE __u32 fork_event(struct sense_buf *b, const struct task_struct *maker, __u64 *flags)
{
	struct pt_regs *regs = registers(b);

	if (SENSE_READ(maker, flags) & PF_KTHREAD || !regs_of_task(maker, regs))
		return LN_EV_CLONE;
	return sense_fork_event(regs, regs_compat(maker), b->call.arg, flags);
}

SEC("tp_btf/sched_process_fork")
int sched_fork(__u64 *ctx)
{
	const struct task_struct *child = fork_child(ctx);
	const struct ln_config *c = admit(SENSE_READ(child, tgid));
	struct sense_buf *b;
	__u64 flags = 0;
	__u32 event;

	if (!c || SENSE_READ(child, flags) & PF_KTHREAD || is_workers_waking(child))
		return 0;
	b = scratch_get(LN_CLASS_PROCESS);
	if (!b) {
		sense_forget(SENSE_READ(child, tgid));
		return 0;
	}
	b->vital = true;
	event = fork_event(b, fork_maker(ctx), &flags);
	b->want = c->want;
	b->seeded = c->seeded;
	sense_begin(b, event, LN_CLONE_NPARAMS, child);
	sense_fill_fork(b, child, flags);
	COMPLETE(ctx, b, fork);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int sched_exit(__u64 *ctx)
{
	const struct ln_config *c = admit(bpf_get_current_pid_tgid() >> 32);
	const struct task_struct *task = own_task(ctx);
	struct sense_buf *b;

	if (!c || SENSE_READ(task, flags) & PF_KTHREAD)
		return 0;
	if (!SENSE_READ(task, signal, live.counter))
		sense_forget(SENSE_READ(task, tgid));
	b = scratch_get(LN_CLASS_PROCESS);
	if (!b)
		return 0;
	b->vital = true;
	b->want = c->want;
	sense_begin(b, LN_EV_PROCEXIT, LN_PROCEXIT_NPARAMS, task);
	sense_fill_exit(b, task);
	SUBMIT_exit(b);
	return 0;
}

/*
 * A register of the call. `direct` is constant: the verifier knows what `regs`
 * points to, so that it is read without a call.
 */
#define REG(regs, member, direct)                                                                  \
	({                                                                                         \
		__u64 value_ = 0;                                                                  \
		if (direct)                                                                        \
			value_ = (regs)->member;                                                   \
		else                                                                               \
			sense_read_kernel(&value_, sizeof((regs)->member), &(regs)->member);       \
		value_;                                                                            \
	})

/* Takes the call's result and arguments in. */
SENSE_INLINE void call_begin(__u64 *ctx, struct sense_buf *b, const struct ln_config *c)
{
	struct pt_regs *regs = registers(b);

	bpf_probe_read_kernel(regs, sizeof(*regs), exit_registers(ctx));
	b->want = c->want;
	b->call.ret = exit_result(ctx);
	b->call.ring = false;
	regs_read(regs, regs_compat(sense_current()), &b->call);
	b->call.nr = b->call.compat ? regs_compat_nr(regs) : regs_nr(regs);
	sense_filter_of(b)->draft = SENSE_NO_DRAFT;
}

/* What the program at every call's end is given: registers with their type or without, or what a trace shows. */
enum given { GIVEN_TYPES, GIVEN_ADDRESS, GIVEN_TRACE };

enum gate { GATE_PASS, GATE_DROP, GATE_MARK };

/* What the gate has to say to a 64-bit call: it knows of opens only. */
SENSE_INLINE enum gate at_gate(const struct pt_regs *regs, __u64 nr, __s64 ret, bool direct)
{
	const struct ln_filter_active *active;
	const struct ln_filter_gate *gate;
	__u64 path, flags;
	__u32 which;

	if (nr == NR_OPENAT) {
		which = 1;
		path = REG(regs, REGS_ARG1, direct);
		flags = REG(regs, REGS_ARG2, direct);
#ifdef SENSE_X86
	} else if (nr == NR_OPEN) {
		which = 0;
		path = REG(regs, REGS_ARG0, direct);
		flags = REG(regs, REGS_ARG1, direct);
#endif
	} else {
		return GATE_PASS;
	}
	active = filter_current();
	if (!active || !active->generation)
		return GATE_PASS;
	gate = filter_gate(active->generation);
	if (!gate)
		return GATE_PASS;
	if (sense_gate_open(gate, which, ret, sense_open_flags(flags), path))
		return GATE_PASS;
	return active->mark ? GATE_MARK : GATE_DROP;
}

/*
 * Every system call's end comes here, so what is not wanted leaves first: only
 * its number is read. A 32-bit call has other numbers; whether it is one costs
 * another read and is asked only of a number that would pass as either.
 */
SENSE_INLINE int at_exit(__u64 *ctx, enum given given)
{
	const struct trace_event_raw_sys_exit *shown = (const void *)ctx;
	const struct pt_regs *regs = given == GIVEN_TRACE ? NULL : (const void *)ctx[0];
	const __s64 ret = given == GIVEN_TRACE ? shown->ret : (__s64)ctx[1];
	const bool direct = given != GIVEN_ADDRESS;
	const struct ln_config *c = probe_config();
	enum gate gate = GATE_PASS;
	struct sense_buf *b;
	bool maybe_compat;
	__u64 raw, nr;

	if (!c || !c->enabled)
		return 0;
	/* a trace shows the lower half */
	raw = given == GIVEN_TRACE ? (__u64)shown->id : REG(regs, REGS_NR_MEMBER, direct);
	nr = regs_nr_of(raw);
	if (nr >= LN_SYSCALLS_MAX)
		return 0;
	maybe_compat = sense_has_bit(c->compat, nr);
	if (!maybe_compat && !sense_has_bit(c->syscalls, nr))
		return 0;
	if (regs_is_refused(raw, ret))
		return 0;
	if (given == GIVEN_TRACE)
		regs = current_registers();
	if (!maybe_compat) {
		gate = at_gate(regs, nr, ret, direct);
		if (gate == GATE_DROP)
			return 0;
	}
	if (regs_compat(sense_current()))
		nr = regs_native_nr(nr, regs_is_multiplex(nr) ? REG(regs, REGS_WHICH_MEMBER, false)
							      : 0);
	if (!sense_wants(c, nr) || !sense_admits(c, bpf_get_current_pid_tgid() >> 32))
		return 0;
	if (gate == GATE_MARK && (b = scratch_get(LN_CLASS_OPEN))) {
		call_begin(ctx, b, c);
		sense_filter_of(b)->at = LN_FILTER_DROP;
	}
	bpf_tail_call(ctx, &fillers, nr);
	return 0;
}

SEC("tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	return at_exit(ctx, GIVEN_TYPES);
}

/* The same where tp_btf can't be had. */
SEC("tp_btf/sys_exit")
int sys_exit_raw(__u64 *ctx)
{
	return at_exit(ctx, GIVEN_ADDRESS);
}

/* The same where perf runs it. */
SEC("tp_btf/sys_exit")
int sys_exit_perf(__u64 *ctx)
{
	return at_exit(ctx, GIVEN_TRACE);
}

/* Holds sys_exit where call_exit is used. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} to_sys_exit SEC(".maps");

/* The shim hangs it on each watched call (native/shim/fexit.c), small since once for each. */
SEC("tp_btf/sys_exit")
int call_exit(__u64 *ctx)
{
	const struct ln_config *c = probe_config();

	if (c && c->enabled)
		bpf_tail_call(ctx, &to_sys_exit, 0);
	return 0;
}

/* What all fillers do around their own sense_fill_NAME. */
SENSE_INLINE int fill(__u64 *ctx, __u32 type, __u32 nparams, __u32 class,
		      bool (*fill_in)(struct sense_buf *b))
{
	const struct ln_config *c = probe_config();
	const struct task_struct *task = sense_current();
	struct sense_buf *b;
	bool drafted = false;

	if (!c)
		return 0;
	if (class == LN_CLASS_OPEN && (b = scratch_owned())) { /* the filter let its draft pass */
		drafted = true;
	} else {
		b = scratch_get(class);
		if (!b)
			return 0;
		call_begin(ctx, b, c);
		if (sense_draft(b, type, nparams)) {
			sense_filter_of(b)->draft = SENSE_DRAFTED;
			FILTER(ctx, b);
			sense_filter_of(b)->draft = SENSE_NO_DRAFT;
		}
	}
	sense_begin(b, type, nparams, task);
	if (b->call.compat)
		b->flags |= LN_F_COMPAT;
	if (!fill_in(b)) {
		scratch_put(b);
		return 0;
	}
	if (drafted && sense_filter_of(b)->at == LN_FILTER_DROP)
		b->flags |= LN_F_FILTERED;
	else
		FILTER(ctx, b); /* of an open, by what its draft did not have */
	COMPLETE(ctx, b, syscall);
	return 0;
}

#define FILLER(name, event, class)                                                                 \
	SEC("tp_btf/sys_exit")                                                                     \
	int fill_##name(__u64 *ctx)                                                                \
	{                                                                                          \
		return fill(ctx, LN_EV_##event, LN_##event##_NPARAMS, LN_CLASS_##class,            \
			    sense_fill_##name);                                                    \
	}

SENSE_SYSCALLS(FILLER)
#ifdef SENSE_X86
SENSE_LEGACY_SYSCALLS(FILLER)
#endif

#include "io_uring.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
