// SPDX-License-Identifier: Apache-2.0
/* Handing a plan's tables to the driver: into the probe's maps, or to the module. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "sensor.h"
#include "filter_tables.h"

/* Longer than a program of the probe runs, unless it is preempted. */
#define LN_GRACE_US 20000

_Static_assert(sizeof(struct ln_filter_step) == 32 && sizeof(struct ln_filter_text) == 272 &&
		       sizeof(struct ln_filter_piece) == 24 &&
		       sizeof(struct ln_filter_gate) == 9280 && sizeof(struct ln_seed) == 296,
	       "as src/engine/plan_tables.ts and src/native/seeds.ts write them");

static int map_of(const struct ln_sensor *s, const char *name)
{
	const struct bpf_map *map =
		s->object ? bpf_object__find_map_by_name(s->object, name) : NULL;

	return map ? bpf_map__fd(map) : -EOPNOTSUPP;
}

/* Makes a trie hold these texts and no others. */
static int fill_trie(int fd, const struct ln_filter_text *texts, uint32_t n)
{
	struct ln_filter_key key;
	uint32_t i;

	while (!bpf_map_get_next_key(fd, NULL, &key)) {
		if (bpf_map_delete_elem(fd, &key))
			return -errno;
	}
	for (i = 0; i < n; i++) {
		key.bits = texts[i].bits;
		memcpy(key.text, texts[i].text, sizeof(key.text));
		if (bpf_map_update_elem(fd, &key, &texts[i].sets, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int write_generation(struct ln_sensor *s, const struct ln_filter_tables *t,
			    uint32_t generation)
{
	const int prefixes = map_of(s, generation == 1 ? "filter_prefixes_1" : "filter_prefixes_2");
	const int suffixes = map_of(s, generation == 1 ? "filter_suffixes_1" : "filter_suffixes_2");
	const int steps = map_of(s, "filter_steps"), heads = map_of(s, "filter_heads");
	const int gates = map_of(s, "filter_gates");
	const uint32_t index = generation - 1;
	struct ln_filter_head head;
	uint32_t i;
	int err;

	if (prefixes < 0 || suffixes < 0 || steps < 0 || heads < 0 || gates < 0)
		return -EOPNOTSUPP;
	ln_filter_read_head(t, &head);
	if (bpf_map_update_elem(heads, &index, &head, BPF_ANY) ||
	    bpf_map_update_elem(gates, &index, t->gate, BPF_ANY))
		return -errno;
	for (i = 0; i < t->header->nsteps; i++) {
		uint32_t at = index * LN_FILTER_STEPS_MAX + i;

		if (bpf_map_update_elem(steps, &at, t->steps + i, BPF_ANY))
			return -errno;
	}
	err = fill_trie(prefixes, t->prefixes, t->header->nprefixes);
	return err ? err : fill_trie(suffixes, t->suffixes, t->header->nsuffixes);
}

/* Whether the kernel took the program that judges. */
static bool has_filter(const struct ln_sensor *s)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(s->object, "walk_filter");

	return p && bpf_program__fd(p) >= 0;
}

/*
 * Comes back when every program that is running now has ended: they run in RCU
 * sections, and this call (since 4.3) is synchronize_rcu.
 */
static void wait_for_programs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(LN_GRACE_US);
}

static int set_maps(struct ln_sensor *s, const void *tables, size_t len, uint32_t mark)
{
	struct ln_filter_active active = {};
	struct ln_filter_tables t;
	uint32_t zero = 0;
	int fd, err;

	if (!s->object || !has_filter(s))
		return -EOPNOTSUPP;
	fd = map_of(s, "filter_active");
	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, &active))
		return -errno;
	if (tables) {
		err = ln_filter_read(tables, len, &t);
		if (err)
			return err;
		active.generation = active.generation == 1 ? 2 : 1;
		/* a program that began before the last switch may still read these */
		wait_for_programs();
		err = write_generation(s, &t, active.generation);
		if (err)
			return err;
		active.mark = mark;
	} else {
		active.generation = 0;
	}
	return bpf_map_update_elem(fd, &zero, &active, BPF_ANY) ? -errno : 0;
}

int ln_filter_set(struct ln_sensor *s, const void *tables, size_t len, uint32_t mark)
{
	return s->module ? ln_module_filter(s, tables, len, mark) : set_maps(s, tables, len, mark);
}

/* The fact of a seed's executable, whose path is kept if there is room. */
static uint64_t exepath_fact(int fd, const struct ln_seed *seed)
{
	const uint64_t key = ln_exepath_key(seed->exepath.words);
	struct ln_exepath held;

	if (!seed->exepath.len)
		return LN_FACT_NOBODYS;
	if (bpf_map_update_elem(fd, &key, &seed->exepath, BPF_NOEXIST) &&
	    (bpf_map_lookup_elem(fd, &key, &held) || memcmp(&held, &seed->exepath, sizeof(held))))
		return LN_FACT_NOBODYS;
	return LN_FACT(seed->pid, key);
}

static int write_seeds(const struct ln_sensor *s, const struct ln_seed *seeds, uint32_t n)
{
	const int fd = map_of(s, "seeds"), paths = map_of(s, "exepaths");
	uint32_t i;

	if (fd < 0 || paths < 0)
		return -EOPNOTSUPP;
	for (i = 0; i < n; i++) {
		const uint32_t key = seeds[i].pid & (LN_PROCESSES - 1);
		struct ln_process facts;

		ln_seed_facts(seeds + i, exepath_fact(paths, seeds + i), &facts);
		if (bpf_map_update_elem(fd, &key, &facts, BPF_ANY))
			return -errno;
	}
	return 0;
}

int ln_seed(struct ln_sensor *s, const void *seeds, uint32_t n)
{
	int err = s->module ? ln_module_seed(s, seeds, n) : write_seeds(s, seeds, n);

	if (err)
		return err;
	s->config.seeded = 1;
	return ln_write_config(s);
}
