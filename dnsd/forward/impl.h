/*
 * impl.h - what the sources of the forwarder share.
 *
 *   forward_ask: pending_find --------------- joined
 *        |                                       |
 *   pending_take -> try_start -> [ waiting ] <---'
 *                       ^           |  |  |
 *        no reply in time, or no    |  |  '- an error, TC, or doubt: the
 *        rung left: another <-------'  |     same one's next rung (ladder.c)
 *        upstream                      '- accepted, or no time left:
 *                                         finish -> cache, askers
 *
 * The core has no sockets and no clock: a `carrier` sends for it and tells
 * it what came; tests are carriers too.
 */
#ifndef DNSD_FORWARD_IMPL_H
#define DNSD_FORWARD_IMPL_H

#include "base/log.h"
#include "base/secret.h"
#include "dnsd/forward/forward.h"
#include "pending.h"

#define GIVE_UP_US     3900000 /* a question is answered within 4 s */
#define STALE_AFTER_US 1800000 /* RFC 8767, 5: client response timer */

/* Sockets and timer, or a test in their place. */
struct carrier {
	/* The clock, in microseconds; never goes back. */
	int64_t (*now_us)(struct carrier *);
	/* What an attempt to this upstream would leave by. */
	struct channel *(*channel)(
	    struct carrier *, const struct upstream *, bool stream);
	/* Queues a message; false where it cannot be sent. */
	bool (*ask)(struct carrier *, const struct attempt *,
	    const uint8_t *msg, size_t len);
	/* What is queued leaves. */
	void (*flush)(struct carrier *);
	/* forward_tick() is wanted every TICK_US, or no longer. */
	void (*ticks)(struct carrier *, bool on);
	void (*close)(struct carrier *);
};

#define PATHS_MAX 16

struct forward {
	struct forward_options options;
	struct carrier *carrier;
	struct secret secret;
	struct siphash_key seed;
	struct forward_counters counters;
	struct histogram timing;
	int64_t now_us;
	bool now_known; /* until the batch ends */

	struct upstream *upstreams; /* of all sets */
	unsigned upstream_count;
	struct zone *zones; /* [0]: forward.upstreams */
	uint32_t *zone_buckets;
	uint32_t zone_count, zone_mask;

	/* Pools, and what is found by hash. */
	unsigned most;
	unsigned waiting;   /* askers */
	unsigned in_flight; /* pendings */
	struct pending *pendings;
	struct asker *askers;
	unsigned pendings_used, askers_used;
	struct pending_list pendings_free;
	struct askers askers_free;
	struct askers led_on; /* to be asked for what their chains lead to */
	struct pending_list *by_key;
	struct attempt_list *by_id;
	uint32_t table_mask;

	/* Time-outs: a slot for each tick. */
	uint64_t tick;
	bool ticking;
	struct pending_list slots[WHEEL_SLOTS];

	struct log_limit log_limit, failure_log, limit_log;
	struct client_path *paths[PATHS_MAX]; /* to be flushed */
	unsigned path_count;
	uint8_t out[DNS_TCP_MAX];
	uint8_t room[DNS_TCP_MAX]; /* what upstreams say; large cache hits */
	uint8_t ede[ANSWER_EDE_MAX];

	/* follow.c: the private end of a chain, and the whole. */
	bool asking; /* the snapshot is the batch's, and fresh */
	uint8_t home[DNS_TCP_MAX], whole[DNS_TCP_MAX];
};

/* With a carrier that the caller made; it is closed with the forwarder. */
enum err forward_open_on(struct forward **, const struct forward_options *,
    struct carrier *) MUST_CHECK;

/*
 * From the carrier, with a forward_flush() after a batch of calls.  FROM is
 * NULL for streams.  PKT may be written to.
 */
void forward_got(struct forward *, const struct channel *,
    const struct sockaddr *from, uint8_t *pkt, size_t len);
/* The attempt cannot be answered: refused, unreachable, broken. */
void forward_lost(struct forward *, struct attempt *);
void forward_tick(struct forward *);

/* seen.c: to the tap, where somebody looks. */
void seen_reply(
    struct forward *, const struct asker *, const uint8_t *pkt, size_t len);
void seen_attempt(struct forward *, const struct attempt *, bool response,
    const uint8_t *pkt, size_t len);

/* zone.c */
struct route {
	struct upstream_set *set; /* NULL: to nobody, and why */
	enum dns_rcode rcode;
	enum dns_ede ede;
};

enum err zones_open(struct forward *) MUST_CHECK;
void zones_close(struct forward *);
struct route zone_route(
    struct forward *, const struct dname *, uint32_t network);

/* ladder.c */
/* As what is known of the upstream allows. */
struct shape ladder_first(const struct upstream *, int64_t now_us);
/* The next time for P; false where enough was tried. */
bool ladder_next(const struct pending *, const struct upstream *,
    int64_t now_us, struct shape *) __attribute__((warn_unused_result));
/* Once more after an unhelpful reply to A; false: ask another. */
bool ladder_after(const struct attempt *, const struct answer_reply *,
    int64_t now_us, struct shape *) __attribute__((warn_unused_result));
/* Over TCP, where doubt is settled; false: not for this question. */
bool ladder_settle(const struct pending *, const struct upstream *,
    int64_t now_us, struct shape *) __attribute__((warn_unused_result));
/* The replies to A must have what those to one before it had to. */
void ladder_require(struct attempt *, int64_t now_us);

/* try.c */
/* Our own questions to those that are down, when it is time. */
void try_probes(struct forward *, struct upstream_set *);
void try_start(struct forward *, struct pending *);
/*
 * After an unhelpful reply to A: the same upstream once more, or another;
 * false where none is left.
 */
bool try_after(struct forward *, struct attempt *, const struct answer_reply *);
/* A is of no use: another at the next tick, unless one is under way. */
void try_soon(struct forward *, struct attempt *);
/* A reply to A lacked a secret: over TCP too, while A goes on. */
void try_settle(struct forward *, struct attempt *);
void try_due(struct forward *, struct pending *);

/* asker.c */
/* Room in F for an answer, behind that of a question for the name. */
struct cache_space space_for(struct forward *, const struct dname *);
void asker_reply(struct forward *, const struct asker *, const struct answer *);
void asker_fail(
    struct forward *, const struct asker *, enum dns_rcode, enum dns_ede);
/* He has his reply. */
void asker_done(struct forward *, struct asker *);
/* One more explanation, in the room at its `ede`. */
void answer_explain(struct answer *, enum dns_ede code);
void answer_explain_stale(struct answer *);

/* follow.c */
/*
 * ANSWER, of SET for NAME, to the asker, who is done, or in f->led_on where
 * it leads on.
 */
void follow(struct forward *, struct asker *, const struct upstream_set *,
    const struct dname *, const struct answer *);
/* The same where his network's own zones lead on from his question. */
void follow_own(struct forward *, struct asker *, const struct query *);
/* By how many CNAMEs they do. */
static inline unsigned
led_by(const struct query *q)
{
	return q->name.kind == NAME_RECORD ? q->led : 0;
}

/* finish.c */
/* Keeps the answer and gives it to all askers; P is gone. */
void finish(struct forward *, struct pending *, const struct answer *);
/* No upstream has answered: what is stale, or SERVFAIL; P is gone. */
void finish_failed(struct forward *, struct pending *);
/* The askers get what is stale; P goes on for the cache's sake. */
void finish_stale(struct forward *, struct pending *);

#endif
