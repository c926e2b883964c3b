// SPDX-License-Identifier: GPL-2.0 OR MIT
/* One ring of records for each CPU, mapped by the reader (device.h), and writing to them. */
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>

#include "access.h"
#include "kern.h"
#include "lanner.h"
#include "events.gen.h"
#include "sense/record.h"
#include "told.h"

#define RING_MIN (1U << 20) /* a CPU's share, however many there are */
#define RING_MAX (1U << 28)

/*
 * A CPU's side of its ring. The reader may write anywhere in the mapping: what
 * the module must rely on is here and not there.
 */
struct cpu_ring {
	struct ln_device_ring *shared;
	u8 *data;
	u64 head;
	u64 losses[LN_CLASSES * LN_REASONS];
	struct sense_buf *scratch;
	int users;
};

static struct cpu_ring __percpu *rings;
static void *area; /* the whole mapping */
static unsigned long area_bytes;
static u32 ring_bytes;

DECLARE_WAIT_QUEUE_HEAD(ln_readers);

/* Waking takes locks that the traced task may hold, so it is done from an interrupt. */
static void wake_readers(struct irq_work *work)
{
	wake_up_interruptible(&ln_readers);
}

static struct irq_work waker;

static struct ln_device_control *control(void)
{
	return area;
}

static void lose(struct cpu_ring *r, u32 class, u32 reason)
{
	u32 index = class * LN_REASONS + reason;

	r->losses[index]++;
	WRITE_ONCE(r->shared->losses[index], r->losses[index]);
}

/* Copies into the ring's data, around its end if need be. */
static void ring_write(struct cpu_ring *r, u64 at, const void *from, u32 len)
{
	u32 offset = at & (ring_bytes - 1);
	u32 first = min(len, ring_bytes - offset);

	memcpy(r->data + offset, from, first);
	memcpy(r->data, (const u8 *)from + first, len - first);
}

/* vital: may use the part of the ring that others leave free. */
static bool ring_put(struct cpu_ring *r, const void *record, u32 len, bool vital)
{
	const u32 header[2] = {len, 0};
	u32 total = LN_FRAME_HEADER + len;
	u32 usable = vital ? ring_bytes : ring_bytes - ring_bytes / LN_RESERVED_PART;

	/* a position that the reader made up leaves no room either, or some: both are harmless */
	if (r->head + total - READ_ONCE(r->shared->consumer) > usable)
		return false;
	ring_write(r, r->head, header, sizeof(header));
	ring_write(r, r->head + sizeof(header), record, len);
	r->head += total;
	smp_store_release(&r->shared->producer, r->head); /* after the frame */
	return true;
}

struct sense_buf *ln_begin(u32 class)
{
	struct cpu_ring *r;

	/* tracepoints may be called with preemption on: system calls' since 6.13 */
	preempt_disable_notrace();
	rcu_read_lock();
	r = this_cpu_ptr(rings);
	if (r->users++) {
		lose(r, class, LN_LOST_SCRATCH_BUSY);
		r->users--;
		rcu_read_unlock();
		preempt_enable_notrace();
		return NULL;
	}
	barrier();
	WRITE_ONCE(r->shared->since, sense_now());
	smp_mb(); /* the reader sees `since` before any later time can be taken: device.h */
	r->scratch->class = class;
	r->scratch->vital = false;
	return r->scratch;
}

static void end(struct cpu_ring *r)
{
	smp_store_release(&r->shared->since, 0); /* after the producer's position */
	barrier();
	r->users--;
	rcu_read_unlock();
	preempt_enable_notrace();
}

void ln_drop(struct sense_buf *b)
{
	end(this_cpu_ptr(rings));
}

/* Hands a record to user space; false when it is lost. */
static bool send(struct cpu_ring *r, struct sense_buf *b)
{
	u32 len = sense_finish(b);

	if (b->faults)
		lose(r, b->class, LN_LOST_FAULT);
	if (!len) {
		lose(r, b->class, LN_LOST_TOO_LONG);
		return false;
	}
	if (!ring_put(r, b->record, len, b->vital)) {
		lose(r, b->class, LN_LOST_RING_FULL);
		return false;
	}
	if (READ_ONCE(control()->wake)) {
		WRITE_ONCE(control()->wake, 0);
		irq_work_queue(&waker);
	}
	return true;
}

void ln_submit(struct sense_buf *b)
{
	struct cpu_ring *r = this_cpu_ptr(rings);

	send(r, b);
	end(r);
}

void ln_submit_vital(struct sense_buf *b, bool (*tell)(struct sense_buf *b))
{
	struct cpu_ring *r = this_cpu_ptr(rings);
	const struct ln_record *header = (const void *)b->record;

	if (!send(r, b))
		sense_forget(header->pid);
	else if (tell(b))
		lose(r, b->class, LN_LOST_FILTER_FULL);
	end(r);
}

/* The size of each CPU's ring: what was asked for, shared out. */
static u32 share(u32 bytes)
{
	u32 each = clamp_t(u32, bytes / num_possible_cpus(), RING_MIN, RING_MAX);

	return roundup_pow_of_two(each);
}

int ln_rings_alloc(struct ln_device_setup *setup)
{
	unsigned long stride;
	int cpu;

	if (area)
		return -EBUSY;
	init_irq_work(&waker, wake_readers);
	ring_bytes = share(setup->ring_bytes);
	stride = PAGE_SIZE + ring_bytes;
	area_bytes = PAGE_SIZE + nr_cpu_ids * stride;
	rings = alloc_percpu(struct cpu_ring);
	area = vmalloc_user(area_bytes);
	if (!rings || !area)
		goto fail;
	for_each_possible_cpu(cpu) {
		struct cpu_ring *r = per_cpu_ptr(rings, cpu);

		r->shared = area + PAGE_SIZE + cpu * stride;
		r->data = (u8 *)r->shared + PAGE_SIZE;
		r->scratch = vzalloc(sizeof(*r->scratch));
		if (!r->scratch)
			goto fail;
	}
	setup->ring_bytes = ring_bytes;
	setup->cpus = nr_cpu_ids;
	return 0;
fail:
	ln_rings_free();
	return -ENOMEM;
}

int ln_rings_map(struct vm_area_struct *vma)
{
	if (!area || vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_ALIGN(area_bytes))
		return -EINVAL;
	return remap_vmalloc_range(vma, area, 0);
}

bool ln_rings_any(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct cpu_ring *r = per_cpu_ptr(rings, cpu);

		if (READ_ONCE(r->shared->producer) != READ_ONCE(r->shared->consumer))
			return true;
	}
	return false;
}

/* Nobody writes any more, and no mapping is left. */
void ln_rings_free(void)
{
	int cpu;

	if (area)
		irq_work_sync(&waker);
	if (rings) {
		for_each_possible_cpu(cpu)
			vfree(per_cpu_ptr(rings, cpu)->scratch);
	}
	free_percpu(rings);
	rings = NULL;
	vfree(area);
	area = NULL;
}
