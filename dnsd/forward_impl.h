/*
 * forward_impl.h - what the sources of the forwarder share.
 *
 * A question that waits is a `pending`; who waits for it are its `askers`;
 * what was sent for it are its `attempts`.  All three come from pools that
 * are as large as the bounds in the configuration, and are reserved once.
 *
 *   forward_ask: pending_find ------------- joined
 *        |                                     |
 *   pending_start -> try_next -> [ waiting ] <-'
 *                       ^          |  |  |
 *        no reply in time,         |  |  '- TC: again as a stream
 *        SERVFAIL, unreachable: ---'  |
 *        another upstream             '- accepted, or no time left:
 *                                        pending_finish -> askers, cache
 *
 * The core has no sockets and no clock: a `carrier` sends for it and tells
 * it what came; tests are carriers too.
 */
#ifndef DNSD_FORWARD_IMPL_H
#define DNSD_FORWARD_IMPL_H

#include <sys/queue.h>

#include "base/rng.h"
#include "dnsd/cache.h"
#include "dnsd/forward.h"
#include "dnsd/upstream.h"
#include "zones/log.h"

#define TRIES_MAX      8       /* attempts for one question */
#define QUESTION_MAX   384     /* octets of a message that we send */
#define GIVE_UP_US     5000000 /* a question is answered by then */
#define STALE_AFTER_US 1800000 /* RFC 8767, 5: client response timer */
#define OUR_UDP_SIZE   1232    /* what upstreams may send over UDP */
#define TICK_US        8000    /* how coarse time-outs are */
#define WHEEL_SLOTS    1024    /* ticks; more than GIVE_UP_US */
#define WHEEL_NONE     UINT64_MAX
#define STREAM_CHANNEL 0x1000000 /* channels below are UDP sockets */

struct attempt {
	LIST_ENTRY(attempt) by_id;      /* in forward.by_id */
	TAILQ_ENTRY(attempt) in_stream; /* the carrier's */
	struct pending *pending;
	struct upstream *upstream; /* NULL: not in use */
	int64_t sent_us;
	uint64_t letters; /* a bit for each letter's case; 0: as asked */
	uint32_t channel; /* UDP socket or stream that it left by */
	uint16_t id;
	bool stream;
	bool lost;        /* known not to be answered */
	bool in_a_stream; /* the carrier's */
	bool cookie;      /* one was sent */
};

struct load {
	LIST_ENTRY(load) chain;
	uint32_t network;
	unsigned waiting;
};

struct asker {
	SLIST_ENTRY(asker) next;
	struct client client;
	struct load *load;
	uint16_t id, flags, limit;
	bool edns, edns_do;
	uint8_t qname[DNS_NAME_MAX]; /* as the asker wrote it */
};

struct pending {
	LIST_ENTRY(pending) by_key; /* in forward.by_key, or free */
	TAILQ_ENTRY(pending) in_slot;
	SLIST_HEAD(askers, asker) askers;
	struct upstream_set *set;
	struct upstream *probe; /* our own question to this one; no askers */
	struct cache_key key;   /* its name is `name` */
	int64_t started_us;
	int64_t retry_us; /* then another upstream is asked */
	uint64_t due_tick;
	uint32_t tried; /* bits: upstreams of the set, this round */
	uint8_t tries;
	uint8_t rounds; /* how often all of the set were tried */
	bool stale;     /* the cache has something to fall back on */
	struct attempt attempt[TRIES_MAX];
	struct plain_name name;
};

LIST_HEAD(attempt_list, attempt);
LIST_HEAD(pending_list, pending);
LIST_HEAD(load_list, load);
TAILQ_HEAD(slot_list, pending);

/* Sockets and timer, or a test in their place. */
struct carrier {
	/* The clock, in microseconds; never goes back. */
	int64_t (*now_us)(struct carrier *);
	/* What an attempt to this upstream would leave by. */
	uint32_t (*channel)(
	    struct carrier *, const struct upstream *, bool stream);
	/* Queues a message; false where it cannot be sent. */
	bool (*ask)(
	    struct carrier *, struct attempt *, const uint8_t *msg, size_t len);
	/* What is queued leaves. */
	void (*flush)(struct carrier *);
	/* The attempt is over; nobody waits for a reply. */
	void (*forget)(struct carrier *, struct attempt *);
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
	int64_t now_us;
	bool now_known; /* until the batch ends */

	struct upstream *upstreams; /* of all sets */
	unsigned upstream_count;
	struct upstream_set *sets; /* [0]: forward.upstreams; then the zones */
	struct zone_table *zones;

	/* Pools, and what is found by hash. */
	unsigned most, most_network;
	unsigned waiting;   /* askers */
	unsigned in_flight; /* pendings */
	struct pending *pendings;
	struct asker *askers;
	struct load *loads;
	unsigned pendings_used, askers_used, loads_used;
	struct pending_list pendings_free;
	struct askers askers_free;
	struct load_list loads_free;
	struct pending_list *by_key;
	struct attempt_list *by_id;
	struct load_list *by_network;
	uint32_t table_mask;

	/* Time-outs: a slot for each tick. */
	uint64_t tick;
	bool ticking;
	struct slot_list slots[WHEEL_SLOTS];

	struct log_limit log_limit;
	struct client_path *paths[PATHS_MAX]; /* to be flushed */
	unsigned path_count;
	uint8_t out[DNS_TCP_MAX];
	uint8_t room[DNS_TCP_MAX]; /* records that moved; large cache hits */
	uint8_t ede[ANSWER_EDE_MAX];
};

/* With a carrier that the caller made; it is closed with the forwarder. */
enum err forward_open_on(struct forward **, const struct forward_options *,
    struct carrier *) MUST_CHECK;

/* From the carrier.  FROM is NULL for streams.  PKT may be written to. */
void forward_got(struct forward *, uint32_t channel,
    const struct sockaddr *from, uint8_t *pkt, size_t len);
/* The attempt cannot be answered: refused, unreachable, broken. */
void forward_lost(struct forward *, struct attempt *);
void forward_tick(struct forward *);
/* After a batch of the calls above: everything queued leaves. */
void forward_settle(struct forward *);

int64_t forward_now(struct forward *);

/* forward_pool.c */
enum err pools_open(struct forward *) MUST_CHECK;
void pools_close(struct forward *);
struct pending *pending_find(struct forward *, const struct cache_key *);
struct pending *pending_take(struct forward *, const struct cache_key *);
void pending_free(struct forward *, struct pending *);
/* NULL where a bound says no. */
struct asker *asker_take(
    struct forward *, const struct query *, const struct client *);
struct asker *asker_pop(struct pending *);
void asker_free(struct forward *, struct asker *);
struct attempt *attempt_find(
    const struct forward *, uint32_t channel, uint16_t id);
/* A free attempt, known by a random id; NULL where all are in use. */
struct attempt *attempt_take(
    struct forward *, struct pending *, uint32_t channel);
void attempt_free(struct forward *, struct attempt *);

/* forward_wheel.c */
void wheel_init(struct forward *);
void wheel_set(struct forward *, struct pending *, int64_t due_us);
void wheel_unset(struct forward *, struct pending *);
/* The next that is due by now, taken out; NULL where there is none. */
struct pending *wheel_due(struct forward *);

/* forward_question.c */
size_t question_write(uint8_t out[QUESTION_MAX], const struct attempt *);
/* The question's name as the attempt wrote it. */
void question_name(uint8_t out[DNS_NAME_MAX], const struct attempt *);

/* forward_check.c */
enum forward_drop {
	DROP_NOT,
	DROP_SHORT,
	DROP_NOT_RESPONSE,
	DROP_ID,
	DROP_SENDER,
	DROP_QUESTION,
	DROP_LETTERS,
	DROP_COOKIE,
	DROP_MALFORMED,
	DROP_COUNT_
};

/* All but the cookie, which is behind the records. */
enum forward_drop forward_check(const struct attempt *,
    const struct sockaddr *from, const uint8_t *pkt, size_t len);
enum forward_drop forward_check_cookie(
    const struct attempt *, const struct answer_reply *);
/* An accepted reply teaches what the upstream can. */
void forward_learn(
    const struct attempt *, const uint8_t *pkt, const struct answer_reply *);
/* A reply lacked what the upstream had been learnt to return. */
void forward_doubt(const struct attempt *);
const char *forward_drop_str(enum forward_drop);

/* forward_zone.c */
struct route {
	enum config_zone_action action;
	struct upstream_set *set; /* ZONE_FORWARD */
};

enum err zones_open(struct forward *) MUST_CHECK;
void zones_close(struct forward *);
struct route zone_route(struct forward *, const struct query *);

/* forward_try.c */
/* Our own questions to those that are down, when it is time. */
void try_probes(struct forward *, struct upstream_set *);
void try_start(struct forward *, struct pending *);
/* The same upstream once more, after it has answered. */
void try_again(struct forward *, struct attempt *, bool stream);
/* Another upstream than the one that did not help; false: none is left. */
bool try_instead(struct forward *, struct attempt *);
/* A is of no use: another at the next tick, unless one is under way. */
void try_soon(struct forward *, struct attempt *);
void try_due(struct forward *, struct pending *);

/* forward_finish.c */
/* Keeps the answer and gives it to all askers; P is gone. */
void finish(struct forward *, struct pending *, const struct answer *);
/* No upstream has answered: what is stale, or SERVFAIL; P is gone. */
void finish_failed(struct forward *, struct pending *);
/* The askers get what is stale; P goes on for the cache's sake. */
void finish_stale(struct forward *, struct pending *);
/* Adds an explanation to an answer whose own are at EDE. */
void answer_explain(struct answer *, uint8_t ede[ANSWER_EDE_MAX], int code);
void answer_explain_stale(struct answer *, uint8_t ede[ANSWER_EDE_MAX]);

#endif
