// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel module as driver (native/module/device.h). It has a ring for each
 * CPU; their frames are put in the order of time into one buffer, which the rest
 * of the shim reads as it reads the probe's ring.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sensor.h"
#include "module/device.h"

#define LN_MERGE_BYTES (1U << 20) /* records put in order and not yet read */
#define LN_NS_PER_S    1000000000ULL

/* The kernel's clock, as it is read where it must not wait, may be that far from CLOCK_BOOTTIME; ns. */
#define LN_CLOCK_SLACK 20000
/* A CPU that makes no progress (of a virtual machine that is not run) holds up the others' records so long; ns. */
#define LN_PATIENCE 100000000ULL

/* The reader's place in one CPU's ring. */
struct cursor {
	struct ln_device_ring *ring;
	const uint8_t *data;
	uint64_t at;
	uint64_t end; /* of what was there when the rings were last looked at */
	uint64_t ts;  /* of the record at `at` */
};

struct ln_module {
	int fd;
	struct ln_device_setup setup;
	void *map;
	size_t map_bytes;
	struct cursor *cursors;
	struct cursor **ready; /* those with records, while merging */
	uint8_t *merged;
	uint32_t merged_bytes; /* a power of two: the buffer repeats itself in memory */
	size_t merged_span;
	unsigned long produced, consumed;
};

/*
 * Maps the buffer at one of its places. Without a file in memory, before Linux 3.17, the
 * pages of the first are shown at the others too: mremap of no bytes leaves them there.
 */
static bool map_place(int fd, uint8_t *base, size_t at, uint32_t bytes)
{
	const int shared = MAP_SHARED | MAP_FIXED;

	if (fd >= 0)
		return mmap(base + at, bytes, PROT_READ | PROT_WRITE, shared, fd, 0) != MAP_FAILED;
	if (at)
		return mremap(base, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, base + at) !=
		       MAP_FAILED;
	return mmap(base, bytes, PROT_READ | PROT_WRITE, shared | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

/* Maps a buffer again and again over `span` bytes, so that positions may go on as in a ring of that size. */
static uint8_t *map_repeated(uint32_t bytes, size_t span)
{
	int fd = syscall(SYS_memfd_create, "lanner-records", 1U /* MFD_CLOEXEC */);
	uint8_t *base = MAP_FAILED;
	size_t at;

	if (fd < 0 && errno != ENOSYS)
		return NULL;
	if (fd < 0 || !ftruncate(fd, bytes))
		base = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0);
	for (at = 0; base != MAP_FAILED && at < span; at += bytes) {
		if (!map_place(fd, base, at, bytes)) {
			munmap(base, span);
			base = MAP_FAILED;
		}
	}
	if (fd >= 0)
		close(fd);
	return base == MAP_FAILED ? NULL : base;
}

static int map_rings(struct ln_module *m)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint32_t cpu;

	m->map_bytes = page + m->setup.cpus * (page + m->setup.ring_bytes);
	m->map = mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return -errno;
	}
	/* a child that lives on must not keep the device open */
	madvise(m->map, m->map_bytes, MADV_DONTFORK);
	m->cursors = calloc(m->setup.cpus, sizeof(*m->cursors));
	m->ready = calloc(m->setup.cpus, sizeof(struct cursor *));
	if (!m->cursors || !m->ready)
		return -ENOMEM;
	for (cpu = 0; cpu < m->setup.cpus; cpu++) {
		uint8_t *ring = (uint8_t *)m->map + page + cpu * (page + m->setup.ring_bytes);

		m->cursors[cpu].ring = (struct ln_device_ring *)ring;
		m->cursors[cpu].data = ring + page;
	}
	return 0;
}

int ln_module_insert(const void *image, size_t len)
{
	return syscall(SYS_init_module, image, (unsigned long)len, "") ? -errno : 0;
}

int ln_module_remove(void)
{
	return syscall(SYS_delete_module, LN_DEVICE_NAME, O_NONBLOCK) ? -errno : 0;
}

void ln_module_calls(struct ln_sensor *s)
{
	memcpy(s->config.syscalls, s->module->setup.syscalls, sizeof(s->config.syscalls));
}

int ln_module_open(struct ln_sensor *s, uint32_t ring_bytes)
{
	struct ln_module *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	s->module = m;
	m->fd = open("/dev/" LN_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	if (m->fd < 0)
		return -errno;
	m->setup.version = LN_DEVICE_VERSION;
	m->setup.wire = LN_WIRE_VERSION;
	m->setup.ring_bytes = ring_bytes;
	if (ioctl(m->fd, LN_IOC_SETUP, &m->setup))
		return -errno;
	err = map_rings(m);
	if (err)
		return err;
	m->merged_bytes = ring_bytes < LN_MERGE_BYTES ? ring_bytes : LN_MERGE_BYTES;
	m->merged_span = 2 * (size_t)ring_bytes;
	m->merged = map_repeated(m->merged_bytes, m->merged_span);
	if (!m->merged)
		return -ENOMEM;
	ln_module_calls(s);
	s->ring.consumer = &m->consumed;
	s->ring.producer = &m->produced;
	s->ring.data = m->merged;
	s->ring.bytes = ring_bytes;
	return 0;
}

void ln_module_close(struct ln_sensor *s)
{
	struct ln_module *m = s->module;

	if (!m)
		return;
	memset(&s->ring, 0, sizeof(s->ring));
	s->module = NULL;
	if (m->merged)
		munmap(m->merged, m->merged_span);
	if (m->map)
		munmap(m->map, m->map_bytes);
	if (m->fd >= 0)
		close(m->fd);
	free(m->cursors);
	free(m->ready);
	free(m);
}

int ln_module_config(struct ln_sensor *s)
{
	return ioctl(s->module->fd, LN_IOC_CONFIG, &s->config) ? -errno : 0;
}

int ln_module_filter(struct ln_sensor *s, const void *tables, size_t len, uint32_t mark)
{
	const struct ln_device_filter filter = {
		.tables = (uintptr_t)tables,
		.bytes = tables ? len : 0,
		.mark = mark,
	};

	return ioctl(s->module->fd, LN_IOC_FILTER, &filter) ? -errno : 0;
}

int ln_module_seed(struct ln_sensor *s, const void *seeds, uint32_t n)
{
	const struct ln_device_seeds found = {.seeds = (uintptr_t)seeds, .count = n};

	return ioctl(s->module->fd, LN_IOC_SEED, &found) ? -errno : 0;
}

int ln_module_fd(const struct ln_sensor *s)
{
	return s->module->fd;
}

void ln_module_wake(struct ln_sensor *s, uint32_t value)
{
	struct ln_device_control *control = s->module->map;

	__atomic_store_n(&control->wake, value, __ATOMIC_SEQ_CST);
}

bool ln_module_any(const struct ln_sensor *s)
{
	const struct ln_module *m = s->module;
	uint32_t cpu;

	for (cpu = 0; cpu < m->setup.cpus; cpu++) {
		const struct ln_device_ring *ring = m->cursors[cpu].ring;

		if (__atomic_load_n(&ring->producer, __ATOMIC_ACQUIRE) !=
		    __atomic_load_n(&ring->consumer, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

uint32_t ln_module_pending(const struct ln_sensor *s)
{
	const struct ln_module *m = s->module;
	uint32_t cpu, bytes = 0;

	for (cpu = 0; cpu < m->setup.cpus; cpu++)
		bytes += __atomic_load_n(&m->cursors[cpu].ring->producer, __ATOMIC_ACQUIRE) -
			 m->cursors[cpu].at;
	return bytes;
}

int ln_module_losses(const struct ln_sensor *s, uint64_t *out, uint32_t n)
{
	const struct ln_module *m = s->module;
	uint32_t cpu, i;

	memset(out, 0, n * sizeof(*out));
	for (cpu = 0; cpu < m->setup.cpus; cpu++) {
		for (i = 0; i < n; i++)
			out[i] +=
				__atomic_load_n(&m->cursors[cpu].ring->losses[i], __ATOMIC_RELAXED);
	}
	return n;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * LN_NS_PER_S + t.tv_nsec;
}

/* No record that is still to appear has an earlier time: device.h. */
static uint64_t watermark(const struct ln_module *m)
{
	uint64_t clock = now() - LN_CLOCK_SLACK;
	uint64_t mark = clock;
	uint32_t cpu;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (cpu = 0; cpu < m->setup.cpus; cpu++) {
		uint64_t since = __atomic_load_n(&m->cursors[cpu].ring->since, __ATOMIC_ACQUIRE);

		if (since && since < mark)
			mark = since;
	}
	return mark > clock - LN_PATIENCE ? mark : clock - LN_PATIENCE;
}

/* Bytes of the frame at the cursor, whose record's time is left there. Neither word can wrap: both are aligned. */
static uint32_t look(struct cursor *c, uint32_t mask)
{
	uint32_t len = *(const uint32_t *)(c->data + (c->at & mask));

	c->ts = *(const uint64_t *)(c->data +
				    ((c->at + LN_FRAME_HEADER + offsetof(struct ln_record, ts)) &
				     mask));
	return LN_FRAME_HEADER + ((len + 7) & ~7U);
}

/* Moves the frame at the cursor to the merged buffer; false when there is no room for it. */
static bool take(struct ln_module *m, struct cursor *c)
{
	uint32_t mask = m->setup.ring_bytes - 1;
	uint32_t bytes = look(c, mask);
	uint32_t offset = c->at & mask;
	uint32_t first = m->setup.ring_bytes - offset;
	uint8_t *to = m->merged + (m->produced & (m->merged_bytes - 1));

	if (m->produced + bytes - m->consumed > m->merged_bytes)
		return false;
	if (first > bytes)
		first = bytes;
	memcpy(to, c->data + offset, first);
	memcpy(to + first, c->data, bytes - first);
	m->produced += bytes;
	c->at += bytes;
	return true;
}

/* Leaves the cursors that have a record from before the mark in m->ready; how many. */
static uint32_t find_ready(struct ln_module *m, uint64_t mark)
{
	uint32_t cpu, n = 0;

	for (cpu = 0; cpu < m->setup.cpus; cpu++) {
		struct cursor *c = &m->cursors[cpu];

		c->end = __atomic_load_n(&c->ring->producer, __ATOMIC_ACQUIRE);
		if (c->at == c->end)
			continue;
		look(c, m->setup.ring_bytes - 1);
		if (c->ts < mark)
			m->ready[n++] = c;
	}
	return n;
}

static uint32_t earliest(const struct ln_module *m, uint32_t n)
{
	uint32_t i, best = 0;

	for (i = 1; i < n; i++) {
		if (m->ready[i]->ts < m->ready[best]->ts)
			best = i;
	}
	return best;
}

void ln_module_merge(struct ln_sensor *s)
{
	struct ln_module *m = s->module;
	uint64_t mark = watermark(m);
	uint32_t n = find_ready(m, mark);
	uint32_t cpu;

	while (n) {
		uint32_t i = earliest(m, n);
		struct cursor *c = m->ready[i];

		if (!take(m, c))
			break;
		if (c->at != c->end)
			look(c, m->setup.ring_bytes - 1);
		if (c->at == c->end || c->ts >= mark)
			m->ready[i] = m->ready[--n];
	}
	for (cpu = 0; cpu < m->setup.cpus; cpu++)
		__atomic_store_n(&m->cursors[cpu].ring->consumer, m->cursors[cpu].at,
				 __ATOMIC_RELEASE);
}
