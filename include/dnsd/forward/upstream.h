/*
 * upstream.h - a resolver that is asked: how fast, how well, what it can.
 *
 * Each worker has its own and learns for itself; times are microseconds of
 * a clock that never goes back.  Sockets are elsewhere: this is arithmetic.
 *
 *	up -> down     upstream_failed(), the fourth in a row
 *	down -> dead   upstream_failed(), a second and a half without a word
 *	any -> up      upstream_heard()
 *
 * One that is down is asked only where its set has no other; one that is
 * dead only by few at a time even then, so that nobody waits for nothing.
 * A probe of our own tells when it is back.
 */
#ifndef DNSD_FORWARD_UPSTREAM_H
#define DNSD_FORWARD_UPSTREAM_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "base/histogram.h"
#include "base/secret.h"
#include "dnsd/config/config.h"
#include "dnsd/forward/ability.h"
#include "dnsd/forward/answer.h"

#define UPSTREAM_TITLE 96 /* "tls://[ADDRESS%LINK]:PORT" */

/* What became of what it was asked.  Nothing but uint64_t. */
struct upstream_tally {
	uint64_t sent, answered, failed;
	struct histogram rtt; /* ns */
};

struct upstream {
	const struct config_upstream *config;
	union sockaddr_ip address;
	uint32_t number; /* among all of the forwarder */
	char title[UPSTREAM_TITLE];

	int64_t srtt_us, rttvar_us; /* 0: never measured */
	int64_t heard_us;           /* the last reply */
	int64_t probe_us;           /* down: no probe before */
	unsigned probes;            /* down: in vain, as far as they count */
	unsigned failures;          /* in a row */
	unsigned waiting;           /* questions that it has not answered */
	int64_t silent_us;          /* when the first of `failures` was sent */
	unsigned vain;              /* replies in a row that were of no use */
	bool dead;
	bool refused;        /* the last failure: it, or its network, said no */
	int64_t evidence_us; /* the last reply or failure */
	atomic_bool *told;   /* all workers': it was said that it is dead */
	struct upstream_tally tally;

	struct ability able[ABLE_COUNT_];
	uint8_t cookie[ANSWER_COOKIE_MAX]; /* ours, then the server's */
	uint8_t cookie_len;
};

/* Upstreams that can stand in for each other. */
struct upstream_set {
	struct upstream *upstream;
	unsigned count;
	uint64_t scope;      /* of what they say, in the cache */
	const char *zone;    /* whose they are; "." for all names */
	bool remove_private; /* rebind protection */
};

#define UPSTREAM_DOWN_AFTER   4
#define UPSTREAMS_IN_SET      32 /* so that a set of them is a number */
#define UPSTREAM_DEAD_WAITING 64
/* Half of the ids that a connection has: a free one is soon found. */
#define UPSTREAM_WAITING 32768

void upstream_init(struct upstream *, const struct config_upstream *,
    uint32_t number, struct secret *);

/* A reply to what was sent RTT_US ago. */
void upstream_heard(struct upstream *, int64_t rtt_us, int64_t now_us);
/* It was of use; a few in a row that are not make others be asked first. */
void upstream_helped(struct upstream *, bool helped);
/* Nothing came for what was sent at SENT_US, or that it was REFUSED. */
void upstream_failed(
    struct upstream *, int64_t sent_us, int64_t now_us, bool refused);

static inline bool
upstream_is_down(const struct upstream *up)
{
	return up->failures >= UPSTREAM_DOWN_AFTER;
}

/* How long to wait for it before another is asked too. */
int64_t upstream_patience_us(const struct upstream *, unsigned tries);

/*
 * The best that is not among the bits of TRIED and has not enough to do, or
 * NULL.
 */
struct upstream *upstream_choose(struct upstream_set *, uint32_t tried);

/* Whether upstream_choose() would find one, had none been tried. */
bool upstream_any(const struct upstream_set *);

/* Why upstream_any() is false: EDE_NO_AUTHORITY, or EDE_NETWORK_ERROR. */
enum dns_ede upstream_why_none(const struct upstream_set *);

/* True once for each time that one that is down should be probed. */
bool upstream_wants_probe(struct upstream *, int64_t now_us);

#endif
