/*
 * impl.h - a generation: all that came from one reading of the
 * configuration.
 *
 * At most two are alive: the current one, and one that retires.  They
 * share the store and the cache where the configuration says the same, and
 * sockets are handed on, so the older one is closed with its HEIR in sight.
 */
#ifndef DNSD_SERVER_IMPL_H
#define DNSD_SERVER_IMPL_H

#include "dnsd/server/worker.h"

struct generation {
	struct config *config;
	atomic_int store_told;   /* an enum err: what was said of it last */
	atomic_llong trace;      /* 0, or a number for one that runs */
	struct worker_options o; /* what all of its workers are given */
	struct worker **workers;
	unsigned count; /* workers */
};

/*
 * Owns CONFIG from now on, also if it fails.  OLD may be NULL.  NEWS is the
 * eventfd of worker.h.  What fails is logged.
 */
enum err generation_open(struct generation **, struct config *,
    const struct generation *old, int news) MUST_CHECK;
enum err generation_start(struct generation *) MUST_CHECK;

/* What HEIR has taken over is read by its workers alone from now on. */
void generation_hand_on(struct generation *old, const struct generation *heir);

/* NULL is fine for all of these; NULL has ended and reported nothing. */
void generation_order(struct generation *, enum worker_order);
bool generation_has_ended(const struct generation *);
bool generation_has_reported(const struct generation *);
void generation_sum(const struct generation *, struct report *sum);

/* Ends workers that still run.  HEIR keeps what it shares; NULL: none. */
void generation_close(struct generation *, const struct generation *heir);

#endif
