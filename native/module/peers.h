/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What each unconnected socket spoke with last, as probe/peers.h has it for eBPF. */
#ifndef LANNER_MODULE_PEERS_H
#define LANNER_MODULE_PEERS_H

#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define PEERS_BITS 11

/* One socket each; of two at one place the later one is remembered, and the other's next peer is new. */
static struct peers_place {
	const struct sock *sk;
	__u64 ino;
	struct sense_end end;
} peers[1 << PEERS_BITS];

static DEFINE_RAW_SPINLOCK(peers_lock);

SENSE_INLINE bool kern_peer_is_new(const struct sock *sk, __u64 ino, const struct sense_end *end)
{
	struct peers_place *place = peers + hash_64((unsigned long)sk ^ ino, PEERS_BITS);
	unsigned long flags;
	bool is_new;

	raw_spin_lock_irqsave(&peers_lock, flags);
	is_new = place->sk != sk || place->ino != ino || !sense_same_end(&place->end, end);
	place->sk = sk;
	place->ino = ino;
	place->end = *end;
	raw_spin_unlock_irqrestore(&peers_lock, flags);
	return is_new;
}

/* Nobody asks any more, until events are let in again. */
static void peers_forget(void)
{
	memset(peers, 0, sizeof(peers));
}

#endif
