// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Paths of executables: each kept once, whatever processes run it, until the device is closed. */
#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "lanner.h"

#define PLACES_BITS 13 /* twice LN_EXEPATHS */
#define PLACES	    (1U << PLACES_BITS)
#define TRIES	    32 /* places that a path may be at */

struct place {
	u64 taken; /* key + 1; 0: free */
	struct ln_exepath path;
};

static struct place *places;

static u32 count;
static DEFINE_RAW_SPINLOCK(lock);

static struct place *place_of(u64 key, u32 try)
{
	return places + ((hash_64(key, PLACES_BITS) + try) & (PLACES - 1));
}

/* May be called with the lock held or without: what was written is never changed. */
const struct ln_exepath *ln_exepath_find(u64 key)
{
	u32 i;

	for (i = 0; i < TRIES; i++) {
		const struct place *place = place_of(key, i);
		const u64 taken = smp_load_acquire(&place->taken); /* before its path */

		if (!taken)
			break;
		if (taken == key + 1)
			return &place->path;
	}
	return NULL;
}

static int add(u64 key, const struct ln_exepath *path)
{
	u32 i;

	if (count == LN_EXEPATHS)
		return 1;
	for (i = 0; i < TRIES; i++) {
		struct place *place = place_of(key, i);

		if (place->taken)
			continue;
		place->path = *path;
		smp_store_release(&place->taken, key + 1); /* after its path */
		count++;
		return 0;
	}
	return 1;
}

int ln_exepath_add(u64 key, const struct ln_exepath *path)
{
	const struct ln_exepath *held = ln_exepath_find(key);
	unsigned long flags;
	int err = 0;

	if (!held) {
		raw_spin_lock_irqsave(&lock, flags);
		held = ln_exepath_find(key); /* another was faster */
		if (!held)
			err = add(key, path);
		raw_spin_unlock_irqrestore(&lock, flags);
	}
	return held && memcmp(held, path, sizeof(*path)) ? -1 : err;
}

int ln_exepaths_alloc(void)
{
	places = vzalloc(PLACES * sizeof(*places));
	return places ? 0 : -ENOMEM;
}

/* Nobody looks any more. */
void ln_exepaths_free(void)
{
	vfree(places);
	places = NULL;
	count = 0;
}
