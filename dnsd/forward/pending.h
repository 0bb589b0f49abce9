/*
 * pending.h - questions that wait: what they are, and finding them.
 *
 * A question that waits is a `pending`; who waits for it are its `askers`;
 * what was sent for it are its `attempts`.  All come from pools that are as
 * large as the bounds in the configuration, and are reserved once.
 */
#ifndef DNSD_FORWARD_PENDING_H
#define DNSD_FORWARD_PENDING_H

#include <sys/queue.h>

#include "dnsd/forward/cache.h"
#include "dnsd/forward/client.h"
#include "dnsd/forward/upstream.h"
#include "zones/query/query.h"

struct forward;

#define TRIES_MAX     12   /* attempts for one question */
#define QUESTION_MAX  384  /* octets of a message that we send */
#define QUESTION_NAME 256  /* for its name, of which eight are worked on */
#define OUR_UDP_SIZE  1232 /* what upstreams may send over UDP */
#define TICK_US       8000 /* how coarse time-outs are */
#define WHEEL_SLOTS   1024 /* ticks; more than a question may wait */

/* How a question is put. */
struct shape {
	bool stream, edns, cookie;
};

/* What messages leave by and replies come by; a carrier's. */
struct channel {
	LIST_HEAD(, attempt) attempts; /* that wait */
};

struct attempt {
	LIST_ENTRY(attempt) by_id;      /* in forward.by_id */
	LIST_ENTRY(attempt) in_channel; /* as long as it waits */
	struct pending *pending;
	struct upstream *upstream;
	int64_t sent_us;
	uint64_t letters; /* a bit for each letter's case; 0: as asked */
	struct channel *channel;
	uint16_t id;
	struct shape shape;
	bool waits;
	bool capitals;      /* in the name as it was sent */
	bool failed;        /* answered, and it was of no use */
	bool lost;          /* known not to be answered */
	bool doubted;       /* a reply lacked a secret */
	bool needs_letters; /* the replies, and those to all that follow */
	bool needs_cookie;
};

#define LED_MAX 1024 /* octets of CNAMEs that led away */

struct asker {
	SLIST_ENTRY(asker) next;
	struct client client;
	struct addr from;
	const char *bound; /* the network of the listener, or NULL */
	uint32_t network;
	int64_t came_us;
	uint16_t qtype, port;
	uint64_t *counter;  /* of what becomes of him; NULL: he was counted */
	struct reply_to to; /* with these two: */
	uint8_t cookie[COOKIE_LEN];
	uint8_t question[DNS_NAME_MAX + 4];
	/* Records behind his question that have led to the one that waits. */
	uint8_t follows, led_count;
	uint16_t led_len;
	uint8_t led[LED_MAX];
	/* What they lead to, until that is asked for. */
	struct dname on;
	struct upstream_set *on_set;
};

struct pending {
	LIST_ENTRY(pending) by_key; /* in forward.by_key, or free */
	LIST_ENTRY(pending) in_slot;
	SLIST_HEAD(askers, asker) askers;
	struct upstream_set *set;
	uint32_t network; /* of who asked first; NETWORK_NONE: nobody did */
	struct upstream *probe; /* our own question to this one; no askers */
	struct cache_key key;   /* its name is `name` */
	int64_t started_us;
	int64_t retry_us; /* then another upstream is asked */
	uint32_t tried;   /* bits: upstreams of the set, this round */
	uint8_t tries;
	uint8_t rounds; /* how often all of the set were tried */
	bool stale;     /* the cache has something to fall back on */
	bool is_set;    /* in a slot of the wheel */
	/* Not cleared from here on: memory is touched as it is needed. */
	struct dname name;
	struct attempt attempt[TRIES_MAX]; /* TRIES */
};

LIST_HEAD(attempt_list, attempt);
LIST_HEAD(pending_list, pending);

/* pool.c */
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
/* One that waits, or NULL. */
struct attempt *attempt_find(
    const struct forward *, const struct channel *, uint16_t id);
/* One more, known by a random id; NULL where there were enough. */
struct attempt *attempt_take(struct forward *, struct pending *,
    struct upstream *, struct shape, struct channel *);
/* It waits no longer; what it was is known until the question ends. */
void attempt_end(struct attempt *);

/* wheel.c */
/* Microseconds; one look at the carrier's clock a batch. */
int64_t forward_now(struct forward *);
void wheel_set(struct forward *, struct pending *, int64_t due_us);
void wheel_unset(struct pending *);
/* The next that is due by now, taken out; NULL where there is none. */
struct pending *wheel_due(struct forward *);

/* question.c */
size_t question_write(uint8_t out[QUESTION_MAX], const struct attempt *);
/* The question's name as the attempt wrote it. */
void question_name(uint8_t out[QUESTION_NAME], const struct attempt *);

#endif
