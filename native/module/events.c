// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The tracepoints and what their events are made of: the same fillers as the
 * eBPF probe's (native/sense/), called where probe/lanner.bpf.c calls them.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>
#include <trace/events/sched.h>
#include <trace/events/syscalls.h>

#include "access.h"
#include "kern.h"
#include "lanner.h"
#include "events.gen.h"
#include "sense/syscalls.h"
#include "sense/admit.h"
#include "peers.h"
#include "regs.h"
#include "judge.h"

struct filler {
	bool (*fill)(struct sense_buf *b);
	u16 type;
	u8 nparams;
	u8 class;
};

#define FILLER(name, event, class)                                                                 \
	[__NR_##name] = {sense_fill_##name, LN_EV_##event, LN_##event##_NPARAMS, LN_CLASS_##class},

static const struct filler fillers[LN_SYSCALLS_MAX] = {SENSE_SYSCALLS(FILLER)
#ifdef SENSE_X86
							       SENSE_LEGACY_SYSCALLS(FILLER)
#endif
};

static struct ln_config config;

/* Its making and end are not told; one that becomes a program is known by its exec. */
static bool is_kernel_thread(const struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/* Walks the paths that a record asked for. */
static void complete_record(struct sense_buf *b)
{
	while (sense_put_next_path(b))
		;
}

static bool watches_calls(void)
{
	static const u64 none[LN_SYSCALLS_MAX / 64];

	return memcmp(config.syscalls, none, sizeof(none));
}

/*
 * Up to 3.16 the tracepoint at calls' end is not put to use for kernel threads, nor so
 * for what they run (modprobe, core_pattern) and what that makes.
 */
static void watch_calls_of(struct task_struct *task)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(3, 17, 0)
	if (watches_calls())
		set_tsk_thread_flag(task, TIF_SYSCALL_TRACEPOINT);
#endif
}

static void on_exec(void *data, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	struct sense_buf *b;

	if (!sense_admits(&config, task->tgid))
		return;
	watch_calls_of(task);
	b = ln_begin(LN_CLASS_EXEC);
	if (!b) {
		sense_forget(task->tgid);
		return;
	}
	b->vital = true;
	b->want = READ_ONCE(config.want);
	sense_begin(b, LN_EV_EXECVE, LN_EXECVE_NPARAMS, task);
	sense_fill_exec(b, task, old_tid, bprm->filename);
	complete_record(b);
	ln_submit_vital(b, sense_tell_exec);
}

/* The event of making a task, and the flags asked for, by the system call that the current task is in. */
static u32 fork_event(struct sense_buf *b, u64 *flags)
{
	const struct pt_regs *regs = task_pt_regs(current);

	if (current->flags & PF_KTHREAD || !user_mode((struct pt_regs *)regs))
		return LN_EV_CLONE;
	return sense_fork_event(regs, regs_compat(), b->call.arg, flags);
}

static void on_fork(void *data, struct task_struct *maker, struct task_struct *child)
{
	struct sense_buf *b;
	u64 flags = 0;
	u32 event;

	if (!sense_admits(&config, child->tgid) || is_kernel_thread(child))
		return;
	b = ln_begin(LN_CLASS_PROCESS);
	if (!b) {
		sense_forget(child->tgid);
		return;
	}
	b->vital = true;
	event = fork_event(b, &flags);
	b->want = READ_ONCE(config.want);
	b->seeded = READ_ONCE(config.seeded);
	sense_begin(b, event, LN_CLONE_NPARAMS, child);
	sense_fill_fork(b, child, flags);
	complete_record(b);
	ln_submit_vital(b, sense_tell_fork);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
static void on_exit(void *data, struct task_struct *task, bool group_dead)
#else
static void on_exit(void *data, struct task_struct *task)
#endif
{
	struct sense_buf *b;

	if (!sense_admits(&config, task->tgid) || is_kernel_thread(task))
		return;
	if (!SENSE_READ(task, signal, live.counter))
		sense_forget(task->tgid);
	b = ln_begin(LN_CLASS_PROCESS);
	if (!b)
		return;
	b->vital = true;
	b->want = READ_ONCE(config.want);
	sense_begin(b, LN_EV_PROCEXIT, LN_PROCEXIT_NPARAMS, task);
	sense_fill_exit(b, task);
	ln_submit_vital(b, sense_tell_exit);
}

/* Fills the record of a call in and judges it, unless its draft was; what becomes of it. */
static enum verdict fill(struct sense_buf *b, const struct filler *f, enum verdict verdict)
{
	sense_begin(b, f->type, f->nparams, current);
	if (b->call.compat)
		b->flags |= LN_F_COMPAT;
	if (!f->fill(b))
		return VERDICT_DROP;
	if (verdict == VERDICT_PASS) /* of an open, by what its draft did not have */
		verdict = filter_judge(b, SENSE_NO_DRAFT);
	if (verdict == VERDICT_MARK)
		b->flags |= LN_F_FILTERED;
	return verdict;
}

/* Every system call's end comes here: what is not wanted leaves first. */
static void on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	enum verdict verdict = VERDICT_PASS;
	const struct filler *f;
	struct sense_buf *b;
	bool compat = regs_compat();
	u64 nr = regs_nr(regs);

	if (compat)
		nr = regs_compat_nr(regs);
	if (!sense_wants(&config, nr) || !sense_admits(&config, current->tgid))
		return;
	f = &fillers[nr];
	if (!f->fill || regs_is_refused(regs_raw_nr(regs), ret))
		return;
	if (!compat)
		verdict = filter_gate(regs, nr, ret);
	if (verdict == VERDICT_DROP)
		return;
	b = ln_begin(f->class);
	if (!b)
		return;
	b->want = READ_ONCE(config.want);
	b->call.ret = ret;
	b->call.nr = nr;
	regs_read(regs, compat, &b->call);
	if (verdict == VERDICT_PASS && sense_draft(b, f->type, f->nparams))
		verdict = filter_judge(b, SENSE_DRAFTED);
	if (verdict != VERDICT_DROP)
		verdict = fill(b, f, verdict);
	if (verdict == VERDICT_DROP) {
		ln_drop(b);
		return;
	}
	complete_record(b);
	ln_submit(b);
}

/* The compiler holds our functions against the kernel's declarations. */
static void __maybe_unused check_types(void)
{
	check_trace_callback_type_sched_process_exec(on_exec);
	check_trace_callback_type_sched_process_fork(on_fork);
	check_trace_callback_type_sched_process_exit(on_exit);
	check_trace_callback_type_sys_exit(on_sys_exit);
}

/* Processes first: an event's process is known before the event. */
static struct point {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
	bool registered;
	bool stuck; /* could not be taken off the tracepoint, and holds the module */
} points[] = {
	{.name = "sched_process_fork", .function = on_fork},
	{.name = "sched_process_exec", .function = on_exec},
	{.name = "sched_process_exit", .function = on_exit},
	{.name = "sys_exit", .function = on_sys_exit},
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 15, 0)
static void look(struct tracepoint *tracepoint, void *priv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!strcmp(tracepoint->name, points[i].name))
			points[i].tracepoint = tracepoint;
	}
}

int ln_events_find(void)
{
	size_t i;

	for_each_kernel_tracepoint(look, NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (points[i].tracepoint)
			continue;
		pr_err("lanner: this kernel has no tracepoint %s (CONFIG_FTRACE_SYSCALLS)\n",
		       points[i].name);
		return -ENOENT;
	}
	return 0;
}
#else
/* They go by name, and none is looked for: compat.h sees to it that they are there. */
int ln_events_find(void)
{
	return 0;
}
#endif

/*
 * Before 5.11 taking a function off a tracepoint needs memory, and fails without. The
 * function stays then, does nothing, and keeps the module from leaving the kernel until
 * it could be taken off when the device was opened and closed again.
 */
static void unregister(struct point *p)
{
	const int err = tracepoint_probe_unregister(LN_TRACEPOINT(p->name, p->tracepoint),
						    p->function, NULL);

	if (err && !p->stuck) {
		pr_warn("lanner: no leave of %s (%d): the module stays in use\n", p->name, err);
		__module_get(THIS_MODULE);
	} else if (!err && p->stuck) {
		module_put(THIS_MODULE); /* the device's own hold is still there */
	}
	p->stuck = err;
	p->registered = err;
}

void ln_events_stop(void)
{
	size_t i;

	WRITE_ONCE(config.enabled, 0);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (points[i].registered)
			unregister(points + i);
	}
	tracepoint_synchronize_unregister();
	peers_forget(); /* their memory is soon another socket's */
}

/* The tracepoint at every system call's end costs each of them: not for nothing. */
static bool is_needless(const void *function)
{
	return function == on_sys_exit && !watches_calls();
}

static int watch(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		int err;

		if (points[i].registered || is_needless(points[i].function))
			continue;
		err = tracepoint_probe_register(LN_TRACEPOINT(points[i].name, points[i].tracepoint),
						points[i].function, NULL);
		if (err)
			return err;
		points[i].registered = true;
	}
	return 0;
}

int ln_events_config(const struct ln_config *new)
{
	struct ln_config next = *new;
	int err;

	next.enabled = config.enabled; /* events pass as before until all is in place */
	config = next;
	if (!new->enabled) {
		WRITE_ONCE(config.enabled, 0);
		return 0;
	}
	err = watch();
	if (err) {
		ln_events_stop();
		return err;
	}
	WRITE_ONCE(config.enabled, 1); /* all at once: no event comes before its kin */
	return 0;
}

void ln_events_syscalls(u64 *bits)
{
	u32 nr;

	memset(bits, 0, LN_SYSCALLS_MAX / 8);
	for (nr = 0; nr < LN_SYSCALLS_MAX; nr++) {
		if (fillers[nr].fill)
			bits[nr / 64] |= 1ULL << nr % 64;
	}
}
