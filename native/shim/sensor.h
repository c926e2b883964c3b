/* SPDX-License-Identifier: Apache-2.0 */
/* What the shim's files share. */
#ifndef LANNER_SENSOR_H
#define LANNER_SENSOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <bpf/libbpf.h>
#include <linux/types.h>

#include "driver.h"
#include "wire.h"
#include "shim.h"

#define LN_NAME_MAX 64

/* One program of the probe and what became of it. */
struct ln_program {
	char name[LN_NAME_MAX];
	int syscall; /* of a filler; -1: an entry program, which is attached */
	bool spare;  /* its place is taken by another: neither loaded nor reported */
	bool loaded;
	bool attached;
	char *log; /* why it was refused, or NULL */
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
	int map_ring, map_config, map_wake, map_losses, map_fillers;
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
/* load.c: makes raw_tp programs of tp_btf ones, in the file's bytes */
void ln_use_raw_tp(char *probe, size_t len);
/* load.c: bpf_object__load with signals held back */
int ln_load_undisturbed(struct bpf_object *object);
/* sensor.c: what reload.c needs of it */
int ln_write_config(struct ln_sensor *s);
int ln_attach_missing(struct ln_sensor *s);
int ln_module_change(struct ln_sensor *s);
/* load.c: the entry at every system call's end, in either form */
bool ln_is_sys_exit(const struct ln_program *p);
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
