/*
 * worker.h - a thread that serves: an event base, sockets, a snapshot.
 *
 * Workers share the store, the cache, limits and the configuration, which
 * outlive them, and nothing else.  The main thread gives a worker orders, and
 * the worker tells through an eventfd that one has been carried out.
 *
 *	worker_open -> worker_start -> serves -- WORKER_RETIRE --> retires
 *	    |                                                        |
 *	    '----------------------> worker_close <-- worker_has_ended
 *
 * A worker that retires reads no more from sockets that were handed on to
 * another.  It ends when nothing waits any more, or after its time of grace.
 */
#ifndef DNSD_SERVER_WORKER_H
#define DNSD_SERVER_WORKER_H

#include "dnsd/config/config.h"
#include "dnsd/listen/socket.h"
#include "dnsd/server/report.h"
#include "dnsd/server/sketch.h"

struct worker;
struct tap;

/* Of each worker, at a time. */
struct descriptors {
	unsigned sockets;     /* to upstreams, over UDP, of both families */
	unsigned connections; /* of clients, over TCP */
};

struct worker_options {
	const struct config *config;
	struct store *store;
	atomic_int *store_told; /* all workers': the enum err last said of it */
	atomic_llong *trace;    /* see sketch.h */
	struct cache *cache;    /* NULL where nothing is forwarded */
	struct load *load;
	struct query_limit *limit, *network_limit; /* NULL: none */
	struct tap *tap;
	atomic_bool *dead; /* see forward_options */
	/* One an entry of config->listen; socket I of each is for worker
	 * I modulo the workers. */
	struct listen_sockets *sockets;
	unsigned index;
	struct descriptors may; /* it have */
	int news; /* eventfd: one is added when an order has been done */
};

enum worker_order {
	WORKER_REPORT = 1, /* copy what is told */
	WORKER_RETIRE = 2, /* end within WORKER_GRACE */
	WORKER_HURRY = 4   /* end within WORKER_HURRY_GRACE */
};

#define WORKER_GRACE       5 /* seconds */
#define WORKER_HURRY_GRACE 1

/* Sockets are read from worker_start() on.  What fails is logged. */
enum err worker_open(
    struct worker **, const struct worker_options *) MUST_CHECK;
enum err worker_start(struct worker *) MUST_CHECK;

/* May be called at any time from the main thread. */
void worker_order(struct worker *, enum worker_order);
bool worker_has_ended(struct worker *);

/* What a worker tells of itself. */
struct worker_told {
	struct report report;
	struct forward_upstream *upstreams; /* as the forwarder has them */
	unsigned upstream_count;
	struct sketch sketch;
};

/* All that were ordered; then it makes none until the next order. */
bool worker_has_reported(struct worker *);
/* Only then: the last one, or of all when it ended. */
struct worker_told *worker_told(struct worker *);

/* Waits for one that runs and was ordered to end.  NULL is fine. */
void worker_close(struct worker *);

#endif
