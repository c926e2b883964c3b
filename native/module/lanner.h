/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the module's files share. */
#ifndef LANNER_MODULE_H
#define LANNER_MODULE_H

#include <linux/mm_types.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "compat.h"
#include "wire.h"
#include "driver.h"
#include "device.h"

struct sense_buf;

/* ring.c: memory for records; only while the device is open */
int ln_rings_alloc(struct ln_device_setup *setup);
int ln_rings_map(struct vm_area_struct *vma);
bool ln_rings_any(void);
void ln_rings_free(void);
extern wait_queue_head_t ln_readers;

/*
 * ring.c: one record. From ln_begin, which gives the CPU's buffer or NULL (a
 * counted loss), to ln_submit or ln_drop, the task can't be preempted.
 */
struct sense_buf *ln_begin(u32 class);
void ln_submit(struct sense_buf *b);
/* the same of a process's life, of which `tell` has the filter know what user space was told */
void ln_submit_vital(struct sense_buf *b, bool (*tell)(struct sense_buf *b));
void ln_drop(struct sense_buf *b);

/* events.c: what is watched */
int ln_events_find(void);
int ln_events_config(const struct ln_config *config);
void ln_events_stop(void);
void ln_events_syscalls(u64 *bits);

/* filter.c: judging by these tables from now on, or not at all */
int ln_filter_load(const struct ln_device_filter *wanted);
int ln_filter_seed(const struct ln_device_seeds *seeds);
int ln_filter_alloc(void);
void ln_filter_free(void);

/* filter.c: what is known of processes (driver.h) */
extern struct ln_process *ln_told;
extern struct ln_process *ln_seeds;

/* exepaths.c: as native/sense/told.h's kern_exepath and kern_add_exepath */
const struct ln_exepath *ln_exepath_find(u64 key);
int ln_exepath_add(u64 key, const struct ln_exepath *path);
int ln_exepaths_alloc(void);
void ln_exepaths_free(void);

#endif
