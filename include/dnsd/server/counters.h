/*
 * counters.h - what a worker has counted, and its sum over all workers.
 *
 * Each worker counts in structs of its own, without locks or atomics; who
 * wants to know asks it for a copy (worker.h).  A new counter is a field in
 * its module's struct and a row in counters.c.
 */
#ifndef DNSD_SERVER_COUNTERS_H
#define DNSD_SERVER_COUNTERS_H

#include <stddef.h>

#include "dnsd/forward/forward.h"
#include "dnsd/listen/tcp.h"
#include "dnsd/listen/udp.h"
#include "zones/query/query.h"

/* Nothing but uint64_t. */
struct counters {
	struct udp_counters udp;
	struct tcp_counters tcp;
	struct query_counters query;
	struct forward_counters forward;
	/* Now, not since the start: these go down again. */
	uint64_t tcp_open, forward_waiting;
};

/*
 * Calls EACH for every counter, in a fixed order: "udp_received", ...
 */
void counters_each(const struct counters *,
    void (*each)(void *arg, const char *name, uint64_t value), void *arg);

#endif
