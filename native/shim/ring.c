// SPDX-License-Identifier: Apache-2.0
/*
 * The reader's side of a BPF ring buffer (Linux, Documentation/bpf/ringbuf.rst).
 * Not libbpf's ring_buffer, which calls back for each record: here the caller
 * reads the frames in place and learns only how many bytes of them are complete.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sensor.h"

/* What is mapped once more behind the end: pages in memory count twice, so not all of it. */
static size_t tail_of(uint32_t bytes)
{
	return bytes < LN_RING_TAIL ? bytes : LN_RING_TAIL;
}

int ln_ring_map(struct ln_ring *r, int fd, uint32_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer, *rest;

	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	rest = mmap(NULL, page + (size_t)bytes + tail_of(bytes), PROT_READ, MAP_SHARED, fd, page);
	if (rest == MAP_FAILED) {
		int err = -errno;

		munmap(consumer, page);
		return err;
	}
	r->consumer = consumer;
	r->producer = rest;
	r->data = (const uint8_t *)rest + page;
	r->page = page;
	r->bytes = bytes;
	return 0;
}

void ln_ring_unmap(struct ln_ring *r)
{
	if (!r->consumer)
		return;
	munmap(r->consumer, r->page);
	munmap((void *)r->producer, r->page + (size_t)r->bytes + tail_of(r->bytes));
	r->consumer = NULL;
	r->data = NULL;
}

bool ln_ring_empty(const struct ln_ring *r)
{
	return __atomic_load_n(r->consumer, __ATOMIC_RELAXED) ==
	       __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
}

const void *ln_ring(struct ln_sensor *s)
{
	return s->ring.data;
}

uint32_t ln_peek(struct ln_sensor *s, uint32_t max)
{
	const struct ln_ring *r = &s->ring;
	unsigned long at, start, end, wrap;

	if (!r->consumer)
		return 0;
	if (s->module)
		ln_module_merge(s);
	start = *r->consumer; /* written by this thread only */
	end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	/* what begins behind the ring's end is read from its start, the next time */
	wrap = start - (start & (r->bytes - 1)) + r->bytes;
	if (end > wrap)
		end = wrap;
	for (at = start; at < end;) {
		const uint32_t *head = (const uint32_t *)(r->data + (at & (r->bytes - 1)));
		uint32_t len = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		unsigned long next;

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		len &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		next = at + ((BPF_RINGBUF_HDR_SZ + (unsigned long)len + 7) & ~7UL);
		if (next - start > max && at != start)
			break;
		at = next;
	}
	return at - start;
}

uint32_t ln_pending(struct ln_sensor *s)
{
	const struct ln_ring *r = &s->ring;
	uint32_t merged;

	if (!r->consumer)
		return 0;
	merged = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - *r->consumer;
	return s->module ? merged + ln_module_pending(s) : merged;
}

void ln_consume(struct ln_sensor *s, uint32_t bytes)
{
	if (s->ring.consumer)
		__atomic_store_n(s->ring.consumer, *s->ring.consumer + bytes, __ATOMIC_RELEASE);
}
