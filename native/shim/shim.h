/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim offers to src/native: one probe, loaded, attached and read.
 * All but ln_wait belong to one thread. int results are 0 or a
 * negative errno unless stated otherwise.
 */
#ifndef LANNER_SHIM_H
#define LANNER_SHIM_H

#include <stddef.h>
#include <stdint.h>

struct ln_sensor;

/*
 * Loads the probe (an ELF file in memory, copied) without attaching it. The
 * result is NULL only when memory is short: what the kernel refuses is in the
 * report. calls names the system calls to watch, separated by spaces, or is NULL
 * for all: the others cost nothing, processes' beginnings, programs and ends come
 * always. how: which way the ends of system calls are seen. btf_path names a BTF
 * file for a kernel that has none of its own, or is NULL.
 */
enum ln_attach_how {
	LN_ATTACH_AUTO,	    /* one of the last two: the cheaper, unless it would lose events here */
	LN_ATTACH_FEXIT,    /* by a trampoline on each watched call: others cost nothing */
	LN_ATTACH_SYS_EXIT, /* by the tracepoint at every call's end */
	LN_ATTACH_PERF,	    /* the same through perf, which keeps preemption off */
};

struct ln_sensor *ln_open(const void *probe, size_t len, uint32_t ring_bytes, uint32_t self_pid,
			  uint32_t want, const char *calls, uint32_t how, const char *btf_path);

/* The same with the kernel module, which must be loaded: its device is /dev/lanner. */
struct ln_sensor *ln_open_module(uint32_t ring_bytes, uint32_t self_pid, uint32_t want,
				 const char *calls);

/*
 * Puts the module into the kernel, from the bytes of lanner.ko, and takes it out
 * again. -EEXIST: it is there already; -EBUSY: a sensor uses it.
 */
int ln_module_insert(const void *image, size_t len);
int ln_module_remove(void);

/*
 * Tries what the sensor may use of bpf(2): loads, attaches and takes away again.
 * 0, or the kernel's negative errno; -ENOENT: its BTF does not know what to attach
 * to; -ESRCH: there is no BTF.
 */
enum ln_feature {
	LN_TRY_BPF,    /* bpf(2) at all: a map */
	LN_TRY_RING,   /* the ring buffer */
	LN_TRY_RAW_TP, /* raw tracepoints */
	LN_TRY_TP_BTF, /* the same with the kernel's types */
	LN_TRY_FEXIT,  /* a trampoline behind a system call's function */
	LN_TRY_LSM,    /* a security module's hook */
	LN_TRY_PERF,   /* perf running programs on tracepoints */
	LN_TRY_STEADY, /* -EBUSY: a program on a tracepoint is skipped while a preempted task is in it */
};
int ln_try(uint32_t feature);

/*
 * JSON: {"driver": "ebpf" | "module", "attach": "fexit" | "perf" | "tp_btf" | "raw_tp" | "tracepoint",
 *	  "error": null | {"what", "errno", "message"},
 *	  "programs": [{"name", "loaded", "attached", "verified", "log"}]}
 * message: what libbpf said, or "".
 * verified: instructions that the kernel's verifier walked; 0 when a program was refused, or the kernel does not tell.
 * Valid until the next call or ln_close. NULL when memory is short.
 */
const char *ln_report(struct ln_sensor *s);

/* Attaches what was loaded and lets events in; on an error nothing is attached. */
int ln_attach(struct ln_sensor *s);

/*
 * The ring's data, and behind it the first LN_RING_TAIL bytes of it (or all) once more, so
 * that a frame which goes over the end is in one piece; NULL when nothing was loaded.
 */
#define LN_RING_TAIL 65536
const void *ln_ring(struct ln_sensor *s);

/*
 * Bytes of committed frames at the reader's position: at most max unless the
 * first frame alone is longer, and none that begins behind the ring's end.
 */
uint32_t ln_peek(struct ln_sensor *s, uint32_t max);

/* Bytes of all frames that are there and not consumed, those still being written included. */
uint32_t ln_pending(struct ln_sensor *s);

/* Gives the next bytes, as ln_peek counted them, back to the kernel. */
void ln_consume(struct ln_sensor *s, uint32_t bytes);

/* Losses in the kernel as [class][reason]; writes at most n, returns how many. */
int ln_losses(struct ln_sensor *s, uint64_t *out, uint32_t n);

/*
 * Waiting. Each ln_arm lets one ln_wait, in another thread, wait until there is
 * something to read; it returns 1 then, and 0 once ln_wait_end was called, which
 * returns when nobody waits any more: whoever arms must call ln_wait, or it never
 * does.
 */
void ln_arm(struct ln_sensor *s);
int ln_wait(struct ln_sensor *s);
void ln_wait_end(struct ln_sensor *s);

/*
 * For a runtime with no thread to spare: a thread that goes through ln_wait again
 * and again, and calls wake when that returns 1. ln_thread_stop ends waiting and
 * joins it, so wake must not block.
 */
int ln_thread_start(struct ln_sensor *s, void (*wake)(void));
void ln_thread_stop(struct ln_sensor *s);

/*
 * Gives the kernel a plan's tables (filter.h), which from then on judge events: at
 * once and as a whole, so that none is lost. mark: what they would drop is sent
 * with LN_F_FILTERED. NULL: everything passes. -EOPNOTSUPP: the kernel refused
 * the probe's program that judges, and everything passes.
 */
int ln_filter_set(struct ln_sensor *s, const void *tables, size_t len, uint32_t mark);

/*
 * Tells the driver what is known of the processes that were found after ln_attach and
 * before the first record is taken (n of driver.h's ln_seed), by which the filter judges
 * them. To be called once, also where none was found.
 */
int ln_seed(struct ln_sensor *s, const void *seeds, uint32_t n);

/*
 * Asks for other events, as ln_open was asked: at once for those that it was asked for
 * already. probe: the bytes that ln_open was given (unused with the module).
 */
int ln_change(struct ln_sensor *s, const void *probe, size_t len, uint32_t want, const char *calls);

/* Detaches and frees everything. */
void ln_close(struct ln_sensor *s);

#endif
