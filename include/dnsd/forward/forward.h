/*
 * forward.h - other people's names: cache, join, upstream, checks.
 *
 * One forwarder a worker, used by its thread alone; the cache is shared.
 * Nothing here can hold up a private name: what is in flight is bounded,
 * and a question beyond the bound fails at once.
 */
#ifndef DNSD_FORWARD_FORWARD_H
#define DNSD_FORWARD_FORWARD_H

#include <stdatomic.h>

#include "dnsd/config/config.h"
#include "dnsd/forward/cache.h"
#include "dnsd/forward/client.h"
#include "dnsd/forward/load.h"
#include "dnsd/forward/upstream.h"
#include "zones/query/query.h"

struct event_base;
struct forward;
struct tap;

struct forward_counters {
	uint64_t asked;   /* questions that came */
	uint64_t hits;    /* answered at once, from the cache */
	uint64_t stale;   /* answered with what had expired */
	uint64_t joined;  /* asked already, for somebody else */
	uint64_t sent;    /* messages to upstreams */
	uint64_t retried; /* of those, not the first for their question */
	uint64_t answered, failed;
	uint64_t over_limit; /* refused, as too many wait */
	uint64_t prefetched;
	uint64_t dropped_replies; /* late, or not what was asked for */
	uint64_t no_port;         /* unsent: too few ports were left */
};

/* An upstream as a worker knows it; ours until the forwarder is closed. */
struct forward_upstream {
	const char *url, *zone;
	const char *network; /* NULL: of all */
	bool up;
	unsigned waiting;
	int64_t srtt_us;     /* 0: never measured */
	int64_t evidence_us; /* when it last answered or failed to */
	struct upstream_tally tally;
	/* What it can; since when and until when, counted from now. */
	struct ability able[ABLE_COUNT_];
};

struct forward_options {
	const struct config *config; /* outlives the forwarder */
	struct event_base *base;
	struct query_env *env; /* the worker's own */
	struct cache *cache;   /* shared by the workers, as is the load */
	struct load *load;
	/* Shared, too, one an upstream: it was said that it is dead. */
	atomic_bool *dead;
	struct tap *tap; /* of worker WORKER's messages; NULL: nobody looks */
	unsigned worker;
	/* Most for questions over UDP at a time, of both families. */
	unsigned sockets;
};

enum err forward_open(
    struct forward **, const struct forward_options *) MUST_CHECK;
void forward_close(struct forward *); /* NULL is fine */

/*
 * Q is one that query_answer() left QUERY_FORWARD.  QUERY_SEND: the
 * reply, an answer from the cache or a failure, is in q->pkt.  QUERY_DROP:
 * the question waits, and client->path->send() gets the reply later.
 */
enum query_next forward_ask(
    struct forward *, struct query *, const struct client *) MUST_CHECK;

/* After a batch of questions or replies: what is queued leaves now. */
void forward_flush(struct forward *);

/* Questions that wait; a worker that retires waits for zero. */
unsigned forward_waiting(const struct forward *);
const struct forward_counters *forward_counters(const struct forward *);
/* From a question's arrival to its reply, where it had to wait; in ns. */
const struct histogram *forward_timing(const struct forward *);
/* COUNT at OUT, or fewer; how many there are. */
unsigned forward_upstreams(
    const struct forward *, struct forward_upstream *out, unsigned count);

#endif
