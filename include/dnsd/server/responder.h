/*
 * responder.h - a worker's own responder: a snapshot and a forwarder.
 */
#ifndef DNSD_SERVER_RESPONDER_H
#define DNSD_SERVER_RESPONDER_H

#include "dnsd/config/config.h"
#include "dnsd/forward/forward.h"
#include "dnsd/listen/responder.h"

struct worker_responder {
	struct responder responder; /* first: it is cast to this */
	struct forward *forward;    /* NULL: nothing is forwarded */
};

struct worker_responder_options {
	const struct config *config;
	struct store *store;
	struct cache *cache; /* NULL where nothing is forwarded */
	struct event_base *base;
};

/* All that the options name is borrowed.  To be closed also if it fails. */
enum err worker_responder_open(struct worker_responder *,
    const struct worker_responder_options *) MUST_CHECK;

/* Before the listeners: the forwarder knows them as paths of clients. */
void worker_responder_close(struct worker_responder *);

/* Questions that wait upstream. */
unsigned worker_responder_waiting(const struct worker_responder *);

#endif
