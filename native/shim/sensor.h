/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim's files share. */
#ifndef LANNER_SENSOR_H
#define LANNER_SENSOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <bpf/libbpf.h>
#include <linux/types.h>

#include "wire.h"
#include "driver.h"
#include "shim.h"

#define LN_NAME_MAX 64

/* One program of the probe and what became of it. */
struct ln_program {
	char name[LN_NAME_MAX];
	int syscall; /* of a filler; -1: an entry program, which is attached */
	bool spare;  /* its place is taken by another: neither loaded nor reported */
	bool loaded;
	bool attached;
	char *log;	   /* why it was refused, or NULL */
	uint32_t verified; /* instructions that the verifier walked; 0: not known */
	struct bpf_link *link;
};

/* The kernel's ring buffer, mapped. */
struct ln_ring {
	unsigned long *consumer;
	const unsigned long *producer;
	const uint8_t *data;
	size_t page;
	uint32_t bytes;
};

/* Whoever waits for events: wait.c. */
struct ln_waiter {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { LN_IDLE, LN_ARMED, LN_ASLEEP } state;
	bool ended;
	int stop_fd; /* eventfd: readable once waiting must end */
	bool started;
	pthread_t thread;
	void (*wake)(void);
};

/*
 * fexit programs call each other only where the functions that they hang on look the
 * same in BTF, down to the names of arguments: each such family has programs of its
 * own. The first one's are the sensor's object.
 */
struct ln_family {
	uint32_t prototype;	 /* type id in the kernel's BTF */
	char model[LN_NAME_MAX]; /* a function of it */
	struct bpf_object *object;
	int fillers; /* its map */
};

#define LN_FAMILIES_MAX 4

/* What the first family's programs are loaded for. */
#ifdef __x86_64__
#define LN_FEXIT_MODEL "__x64_sys_openat"
#else
#define LN_FEXIT_MODEL "__arm64_sys_openat"
#endif

struct ln_module;

struct ln_sensor {
	struct bpf_object *object; /* the probe, or NULL */
	struct ln_module *module;  /* the kernel module instead, or NULL */
	struct ln_program *programs;
	size_t nprograms;
	struct ln_config config;
	char *btf_path; /* BTF of a kernel that has none; NULL: its own */
	char *calls;	/* to be watched, separated by spaces; NULL: all */
	bool is_module; /* opened by ln_open_module */
	bool raw_tp;	/* attached as raw_tp, since tp_btf can't be */
	bool perf;	/* perf runs the programs, but for those that hang on each call's return */
	enum ln_attach_how how;
	bool fexit; /* on each watched call's return instead of at every call's end */
	struct ln_return *returns; /* fexit.c */
	size_t nreturns;
	struct ln_family families[LN_FAMILIES_MAX];
	size_t nfamilies;
	int map_ring, map_config, map_fillers;
	uint32_t *wake;		  /* the map wake */
	struct ln_losses *losses; /* the map losses: a row for each possible CPU */
	uint32_t cpus;		  /* possible ones */
	struct ln_ring ring;
	struct ln_waiter waiter;
	const char *failed; /* the step that stopped everything, or NULL */
	int failed_errno;
	int refusal;	   /* the last refused program's negative errno, or 0 */
	char message[512]; /* libbpf's last complaint */
	char *report;
};

#pragma GCC visibility push(hidden)
/* load.c: fills object, programs and raw_tp. */
int ln_load(struct ln_sensor *s, const void *probe, size_t len, uint32_t ring_bytes);
/* load.c: makes the programs such as this kernel is given, in the file's bytes */
void ln_adapt(const struct ln_sensor *s, char *probe, size_t len);
/* perf.c: whether programs on tracepoints are skipped while preempted tasks are within them */
bool ln_is_skipped(void);
/* 0 where this process may have perf run programs, or why it may not: a negative errno */
int ln_try_perf(void);
/* tells the probe's programs what they will be given; before they are loaded */
int ln_perf_tell(const struct ln_sensor *s, struct bpf_object *object);
/* attaches a program that is in the object; NULL and errno */
struct bpf_link *ln_attach_entry(const struct ln_sensor *s, const char *program);
/* load.c: bpf_object__load with signals held back */
int ln_load_undisturbed(struct bpf_object *object);
/* sensor.c: what reload.c needs of it */
int ln_write_config(struct ln_sensor *s);
int ln_attach_missing(struct ln_sensor *s, const void *probe, size_t len);
int ln_module_change(struct ln_sensor *s);
/* losses.c: how often the kernel left a program out because it was running already on that CPU; since 5.12 it counts */
uint64_t ln_misses(int program);
/* fexit.c. Makes fexit programs of an object's, for functions like the model. */
int ln_fexit_prepare(struct bpf_object *object, const char *model);
/* Hangs on what is watched and was not before; an error leaves what was attached. */
int ln_fexit_attach(struct ln_sensor *s, const void *probe, size_t len);
void ln_fexit_detach(struct ln_sensor *s);
uint64_t ln_fexit_misses(const struct ln_sensor *s);
/* sensor.c: puts each program X where the others reach it, the map to_X */
void ln_place_arranged(const struct bpf_object *object);
/* load.c: an entry at system calls' ends, in any form */
bool ln_is_exit(const struct ln_program *p);
/* fillers.c: the system call of program fill_NAME; -1: none, -2: not on this machine. */
int ln_filler_syscall(const char *program);
/* whether a system call is to be watched */
bool ln_is_wanted(const struct ln_sensor *s, const char *call);
/* fills in which 32-bit calls may be wanted, once config.syscalls is known */
void ln_find_compat(struct ln_sensor *s);
/* uring.c: io_uring's programs, all beside the others */
bool ln_is_uring(const char *program);
bool ln_uring_is_wanted(const struct ln_sensor *s, const char *program);
int ln_uring_list_missing(struct ln_sensor *s); /* to s->programs, which must have room */
int ln_uring_place(const struct ln_sensor *s, const char *program, int fd);
void ln_uring_want(struct ln_sensor *s);   /* once it is known which programs are loaded */
void ln_uring_attach(struct ln_sensor *s); /* the report says when it could not */
/* the name of a system call that there are events of, or NULL */
const char *ln_syscall_name(int nr);
/* ring.c */
int ln_ring_map(struct ln_ring *r, int fd, uint32_t bytes);
void ln_ring_unmap(struct ln_ring *r);
bool ln_ring_empty(const struct ln_ring *r);
/* wait.c */
int ln_waiter_init(struct ln_waiter *w);
void ln_waiter_free(struct ln_waiter *w);
/* module.c: the kernel module as driver. Opening may fail half-way; closing undoes what was done. */
int ln_module_open(struct ln_sensor *s, uint32_t ring_bytes);
void ln_module_close(struct ln_sensor *s);
int ln_module_config(struct ln_sensor *s);
int ln_module_filter(struct ln_sensor *s, const void *tables, size_t len, uint32_t mark);
int ln_module_seed(struct ln_sensor *s, const void *seeds, uint32_t n);
int ln_module_fd(const struct ln_sensor *s);
void ln_module_wake(struct ln_sensor *s, uint32_t value);
bool ln_module_any(const struct ln_sensor *s);
void ln_module_merge(struct ln_sensor *s); /* takes new records into s->ring */
void ln_module_calls(struct ln_sensor *s); /* takes all its calls into s->config */
uint32_t ln_module_pending(const struct ln_sensor *s);
int ln_module_losses(const struct ln_sensor *s, uint64_t *out, uint32_t n);
/* features.c: kernels before 5.11 charge maps to it. Needs CAP_SYS_RESOURCE, and may well do without. */
void ln_lift_memlock(void);
#pragma GCC visibility pop

#endif
