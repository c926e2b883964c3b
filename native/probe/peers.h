/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What each unconnected socket spoke with last: native/sense/network.h asks. */
#ifndef LANNER_PROBE_PEERS_H
#define LANNER_PROBE_PEERS_H

#define PEERS_LRU_HASH 9 /* include/uapi/linux/bpf.h */
#define PEERS_MAX      8192

/* the inode's number with it, since a socket's memory is soon another's */
struct peers_key {
	const struct sock *sk;
	__u64 ino;
};

struct {
	__uint(type, PEERS_LRU_HASH);
	__uint(max_entries, PEERS_MAX);
	__type(key, struct peers_key);
	__type(value, struct sense_end);
} peers SEC(".maps");

SENSE_INLINE bool kern_peer_is_new(const struct sock *sk, __u64 ino, const struct sense_end *end)
{
	const struct peers_key key = {sk, ino};
	const struct sense_end *last = bpf_map_lookup_elem(&peers, &key);

	if (last && sense_same_end(last, end))
		return false;
	if (bpf_map_update_elem(&peers, &key, end, 0))
		lose(LN_CLASS_NETWORK, LN_LOST_FILTER_FULL);
	return true;
}

#endif
