/*
 * report.h - what a server tells of itself: docs/instruments.md has its form.
 *
 * Each worker makes a report of its own when it is asked; they are added up
 * here, with those of workers that have ended.
 */
#ifndef DNSD_SERVER_REPORT_H
#define DNSD_SERVER_REPORT_H

#include "base/histogram.h"
#include "dnsd/forward/forward.h"
#include "dnsd/listen/tcp.h"
#include "dnsd/listen/udp.h"
#include "zones/query/query.h"

#define REPORT_VERSION 1

struct evbuffer;

/*
 * Counted without locks or atomics, by each worker.  A new counter is a field
 * in its module's struct and a row in counters.c.  Nothing but uint64_t.
 */
struct counters {
	struct udp_counters udp;
	struct tcp_counters tcp;
	struct query_counters query;
	struct forward_counters forward;
	/* Now, not since the start: these go down again. */
	uint64_t tcp_open, forward_waiting;
};

/* counters.c: the I-th, "udp_received", ...; false: there are no more. */
bool counter_at(
    const struct counters *, unsigned i, const char **name, uint64_t *value);

/* How long replies took, by what they are from.  Nothing but uint64_t. */
struct timing {
	struct histogram stored, cached; /* from a batch's arrival, in ns */
	struct histogram packets;        /* of a batch */
};

/* Nothing but uint64_t. */
struct report {
	struct counters counters;
	struct timing timing;
	struct histogram forwarded; /* see forward_timing() */
};

void report_add(struct report *sum, const struct report *);

/* All that is told: of the generation whose workers have reported. */
struct generation;
struct report_view {
	const struct generation *generation;
	struct report sum; /* since the start, also of others */
	unsigned reloads;
	int64_t started; /* seconds since 1970 */
	int64_t trace;   /* 0, or since when, in ms */
};

/* One JSON object and a line's end. */
void report_print(struct evbuffer *, const struct report_view *);
/* What the trace has seen, like the report's member top. */
void report_print_trace(struct evbuffer *, const struct report_view *);
/* A few of each worker's counters, for people: a table. */
void report_print_workers(struct evbuffer *, const struct report_view *);
/* The counters for people: a name and a number a line. */
void report_print_counters(struct evbuffer *, const struct report_view *);

#endif
