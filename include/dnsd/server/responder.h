/*
 * responder.h - a worker's own responder: a snapshot and a forwarder.
 */
#ifndef DNSD_SERVER_RESPONDER_H
#define DNSD_SERVER_RESPONDER_H

#include "dnsd/forward/forward.h"
#include "dnsd/listen/responder.h"
#include "dnsd/server/sketch.h"
#include "dnsd/server/worker.h"

struct worker_responder {
	struct responder responder; /* first: it is cast to this */
	struct forward *forward;    /* NULL: nothing is forwarded */
	struct timing timing;
	const struct worker_options *options;
	enum err store_was;
	int64_t began_ns;
	struct sketch sketch;
	struct responder_seen *seen; /* while somebody looks; else NULL */
	unsigned cached; /* replies of this batch, at once from the cache */
};

/*
 * R is all zero.  What the worker has is borrowed.  To be closed also if it
 * fails.
 */
enum err worker_responder_open(struct worker_responder *,
    const struct worker_options *, struct event_base *) MUST_CHECK;

/* Before the listeners: the forwarder knows them as paths of clients. */
void worker_responder_close(struct worker_responder *);

#endif
