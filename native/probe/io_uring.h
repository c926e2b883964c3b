/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What is done through an io_uring, as the events of the system calls that do
 * the same. A request is remembered when it is submitted, with what it names,
 * which the kernel has copied by then; its record is made when it completes, by
 * the same code as that of a system call (native/sense/), in whatever thread
 * that comes to pass: all of them share the submitter's files and directory.
 *
 * A request whose completion can't be told apart, or won't be posted, is told
 * when it is submitted, as if it succeeded: rather that than not at all.
 *
 * All programs here are raw tracepoints, so that one table of fillers serves all
 * of them, and so that a kernel without these tracepoints refuses to attach them
 * rather than to load the probe.
 */
#ifndef LANNER_PROBE_IO_URING_H
#define LANNER_PROBE_IO_URING_H

#include "io_uring_types.h"
#include "io_uring_ops.h"
#include "io_uring_gather.h"

#define RING_REQUESTS 256 /* under way at once; more are told when submitted */

#define RING_CQE_F_MORE 2	  /* a multishot request goes on */
#define RING_F_CQE_SKIP (1U << 6) /* of a request's flags: a success posts nothing */
#define RING_ECANCELED	125

/* The tracepoint's arguments changed twice; up to 5.19 it did not name the request. */
typedef void (*btf_trace_io_uring_complete)(void *, struct io_ring_ctx *, void *,
					    struct io_uring_cqe *);
typedef void (*btf_trace_io_uring_submit_sqe)(void *, struct io_kiocb *, bool);

struct ring_name {
	const struct io_ring_ctx *ring;
	__u64 user_data;
};

struct {
	__uint(type, RING_MAP_HASH);
	__uint(max_entries, RING_REQUESTS);
	__type(key, const struct io_kiocb *);
	__type(value, struct ring_request);
} ring_requests SEC(".maps");

/* The request that a program knows by a number: where the kernel names a completion by nothing else. */
struct {
	__uint(type, RING_MAP_HASH);
	__uint(max_entries, RING_REQUESTS);
	__type(key, struct ring_name);
	__type(value, const struct io_kiocb *);
} ring_names SEC(".maps");

/* by opcode */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LN_RING_OPS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} ring_fillers SEC(".maps");

/* Whether completions name their request. */
SENSE_INLINE bool ring_completes_by_request(void)
{
	return bpf_core_field_exists(((struct io_kiocb *)0)->cqe);
}

SENSE_INLINE void ring_forget(const struct io_kiocb *request, const struct ring_request *r)
{
	struct ring_name name = {r->ring, r->user_data};

	bpf_map_delete_elem(&ring_names, &name);
	bpf_map_delete_elem(&ring_requests, &request);
}

/*
 * Keeps a request until it completes: a copy in which the arguments point to the
 * copies of what they pointed to. False when there is no room, or when its
 * completion couldn't be told from another's.
 */
SENSE_INLINE bool ring_keep(const struct io_kiocb *request, struct ring_request *r)
{
	struct ring_name name = {r->ring, r->user_data};
	struct ring_request *kept;
	__u32 i;

	for (i = 0; i < 2; i++) {
		r->text[i][0] = 0;
		if (!r->text_from[i])
			continue;
		if (ring_copy_text(r->text[i], r->text_from[i]) <= 0)
			r->text_from[i] = 0;
	}
	if (r->blob_from && ring_copy(r->blob, sizeof(r->blob), r->blob_from) < 0)
		r->blob_from = 0;
	if (bpf_map_update_elem(&ring_names, &name, &request,
				ring_completes_by_request() ? RING_ANY : RING_NOEXIST))
		return false;
	if (bpf_map_update_elem(&ring_requests, &request, r, RING_ANY))
		goto fail;
	kept = bpf_map_lookup_elem(&ring_requests, &request);
	if (!kept)
		goto fail;
	for (i = 0; i < 6; i++) {
		__u32 bit = 1U << i;

		if (kept->text_args[0] & bit)
			kept->call.arg[i] = kept->text_from[0] ? (__u64)kept->text[0] : 0;
		if (kept->text_args[1] & bit)
			kept->call.arg[i] = kept->text_from[1] ? (__u64)kept->text[1] : 0;
		if (kept->blob_arg & bit)
			kept->call.arg[i] = kept->blob_from ? (__u64)kept->blob : 0;
	}
	return true;
fail:
	bpf_map_delete_elem(&ring_names, &name);
	return false;
}

/* Makes the record of b->call, of a request or of what is left of one. */
SENSE_INLINE void ring_tell(void *ctx, struct sense_buf *b, __u32 opcode)
{
	bpf_tail_call(ctx, &ring_fillers, opcode);
	lose(b->class, LN_LOST_FAULT); /* its filler was there a moment ago */
	scratch_put(b);
}

/* The configuration, when requests of this kind are wanted and this process is not the sensor. */
SENSE_INLINE const struct ln_config *ring_admit(__u32 opcode)
{
	const struct ln_config *c = probe_config();

	if (!c || !c->enabled || !(c->rings >> (opcode & (LN_RING_OPS - 1)) & 1))
		return NULL;
	return c->self_pid != bpf_get_current_pid_tgid() >> 32 ? c : NULL;
}

/* sqe: the submission entry of a request that the kernel would not even prepare, else NULL. */
SENSE_INLINE int ring_submitted(void *ctx, const struct io_kiocb *request, const void *sqe)
{
	__u32 opcode = SENSE_READ(request, opcode);
	const struct ln_config *c = ring_admit(opcode);
	struct ring_request *r;
	struct sense_buf *b;

	if (!c)
		return 0;
	b = scratch_get(ring_class(opcode));
	if (!b)
		return 0;
	r = (struct ring_request *)b->record;
	ring_begin(r, request, opcode);
	if (sqe)
		ring_gather_entry(r, sqe, opcode);
	else
		ring_gather(r, request, opcode);
	if (!(SENSE_READ(request, flags) & RING_F_CQE_SKIP) && ring_keep(request, r)) {
		scratch_put(b);
		return 0;
	}
	b->call = r->call;
	b->call.file = sense_file_of(r->fd);
	b->want = c->want;
	ring_tell(ctx, b, opcode);
	return 0;
}

SEC("raw_tp/io_uring_submit_req")
int io_submit_req(__u64 *ctx)
{
	const struct trace_event_raw_io_uring_submit_req *shown = (const void *)ctx;

	if (by_perf.others)
		return ring_submitted(ctx, SENSE_READ(shown, req), NULL);
	return ring_submitted(ctx, (const void *)argument(ctx, 0), NULL);
}

/* the same up to 6.3 */
SEC("raw_tp/io_uring_submit_sqe")
int io_submit_sqe(__u64 *ctx)
{
	bool alone = bpf_core_type_exists(btf_trace_io_uring_submit_sqe);

	return ring_submitted(ctx, (const void *)argument(ctx, alone ? 0 : 1), NULL);
}

/* A request that could not be prepared; it completes with the error. */
SEC("raw_tp/io_uring_req_failed")
int io_failed(__u64 *ctx)
{
	const struct trace_event_raw_io_uring_req_failed *shown = (const void *)ctx;

	if (by_perf.others) {
		const struct io_kiocb *request = SENSE_READ(shown, req);

		return ring_submitted(ctx, request, ring_last_entry(SENSE_READ(request, ctx)));
	}
	return ring_submitted(ctx, (const void *)argument(ctx, 1), (const void *)argument(ctx, 0));
}

/*
 * Threads that work for a process are of its thread group, so that current's
 * files and directories are its own; whoever else completes a request cancels
 * what a process left behind that is gone.
 */
SENSE_INLINE int ring_completed(void *ctx, const struct io_ring_ctx *ring,
				const struct io_kiocb *request, __u64 user_data, __s32 res,
				__u32 flags)
{
	struct ring_name name = {ring, user_data};
	const struct ln_config *c = probe_config();
	struct ring_request *r;
	struct sense_buf *b;

	if (!c || !c->enabled)
		return 0;
	if (request && !ring_admit(SENSE_READ(request, opcode)))
		return 0;
	if (!request) {
		const struct io_kiocb **named = bpf_map_lookup_elem(&ring_names, &name);

		if (!named)
			return 0;
		request = *named;
	}
	r = bpf_map_lookup_elem(&ring_requests, &request);
	if (!r || r->ring != ring || r->user_data != user_data)
		return 0;
	if (r->tgid != bpf_get_current_pid_tgid() >> 32) {
		if (res != -RING_ECANCELED)
			lose(ring_class(r->opcode), LN_LOST_FAULT);
		ring_forget(request, r);
		return 0;
	}
	b = scratch_get(ring_class(r->opcode));
	if (!b) {
		ring_forget(request, r);
		return 0;
	}
	b->call = r->call;
	b->call.ret = res;
	b->call.file = SENSE_READ(request, file);
	b->call.made = res < 0	 ? NULL
		       : r->slot ? ring_slot(ring, r->slot == RING_SLOT_ANY ? res : r->slot - 1)
				 : sense_file_of(res);
	b->call.request = flags & RING_CQE_F_MORE ? NULL : request;
	b->want = c->want;
	ring_tell(ctx, b, r->opcode);
	return 0;
}

SEC("raw_tp/io_uring_complete")
int io_complete(__u64 *ctx)
{
	const struct trace_event_raw_io_uring_complete *shown = (const void *)ctx;
	const struct io_ring_ctx *ring = (const void *)argument(ctx, 0);

	if (by_perf.others)
		return ring_completed(ctx, SENSE_READ(shown, ctx), SENSE_READ(shown, req),
				      SENSE_READ(shown, user_data), SENSE_READ(shown, res),
				      SENSE_READ(shown, cflags));
	if (bpf_core_type_exists(btf_trace_io_uring_complete)) {
		const struct io_uring_cqe *cqe = (const void *)argument(ctx, 2);

		return ring_completed(ctx, ring, (const void *)argument(ctx, 1),
				      SENSE_READ(cqe, user_data), SENSE_READ(cqe, res),
				      SENSE_READ(cqe, flags));
	}
	if (ring_completes_by_request())
		return ring_completed(ctx, ring, (const void *)argument(ctx, 1), argument(ctx, 2),
				      argument(ctx, 3), argument(ctx, 4));
	return ring_completed(ctx, ring, NULL, argument(ctx, 1), argument(ctx, 2),
			      argument(ctx, 3));
}

/* A completion that found no room among those to be read. */
SEC("raw_tp/io_uring_cqe_overflow")
int io_overflow(__u64 *ctx)
{
	const struct trace_event_raw_io_uring_cqe_overflow *shown = (const void *)ctx;

	if (by_perf.others)
		return ring_completed(ctx, SENSE_READ(shown, ctx), NULL,
				      SENSE_READ(shown, user_data), SENSE_READ(shown, res),
				      SENSE_READ(shown, cflags));
	return ring_completed(ctx, (const void *)argument(ctx, 0), NULL, argument(ctx, 1),
			      argument(ctx, 2), argument(ctx, 3));
}

int walk_ring(__u64 *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} to_walk_ring SEC(".maps");

SEC("raw_tp")
int walk_ring(__u64 *ctx)
{
	WALK(ctx, ring);
}

SENSE_INLINE int ring_fill(void *ctx, __u32 type, __u32 nparams,
			   bool (*fill_in)(struct sense_buf *b))
{
	struct sense_buf *b = scratch_owned();
	const struct io_kiocb *request;
	const struct ring_request *r;

	if (!b)
		return 0;
	sense_begin(b, type, nparams, b->call.task);
	b->flags |= LN_F_IO_URING;
	if (b->call.compat)
		b->flags |= LN_F_COMPAT;
	fill_in(b);
	request = b->call.request;
	r = request ? bpf_map_lookup_elem(&ring_requests, &request) : NULL;
	if (r)
		ring_forget(request, r);
	COMPLETE(ctx, b, ring);
	return 0;
}

#define RING_FILLER(name, event, class)                                                            \
	SEC("raw_tp")                                                                              \
	int ring_##name(__u64 *ctx)                                                                \
	{                                                                                          \
		return ring_fill(ctx, LN_EV_##event, LN_##event##_NPARAMS, sense_fill_##name);     \
	}

RING_CALLS(RING_FILLER)

#endif
