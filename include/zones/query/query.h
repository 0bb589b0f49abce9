/*
 * query.h - from a question's packet to the answer's packet.
 *
 * packet -> parse -> name -> network -> facts -> answer -> packet
 *
 * The whole path is here and has no socket: dnsd runs it on packets,
 * dnsctl explain on a question that it makes up.  It allocates nothing,
 * takes no lock, and logs nothing unless the store itself fails.
 */
#ifndef ZONES_QUERY_QUERY_H
#define ZONES_QUERY_QUERY_H

#include <assert.h>

#include "base/addr.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "zones/names/name.h"
#include "zones/query/limit.h"
#include "zones/store/read/lookup.h"
#include "zones/store/read/store.h"

enum query_next {
	QUERY_SEND,   /* the reply is in pkt, len octets */
	QUERY_DROP,   /* deserves none */
	QUERY_FORWARD /* somebody else's name; pkt is as it came, or see led */
};

/* Why it is that network's, or nobody's (docs/operations.md, Addresses). */
enum query_why {
	WHY_NOT_ASKED,     /* not looked up */
	WHY_LISTENER,      /* the listener is bound to it */
	WHY_DESTINATION,   /* its resolver was asked, from inside */
	WHY_SOURCE,        /* its prefix holds the source */
	WHY_FOREIGN,       /* its resolver was asked, from outside: refused */
	WHY_ALLOWED,       /* of no network; forward.allow holds the source */
	WHY_NOBODY,        /* of no network: refused */
	WHY_NO_SUCH_BOUND, /* the listener's network is not in the store */
	WHY_NO_STORE,
	WHY_EXPIRED, /* the asker is a peer whose time is over: refused */
	WHY_ROLE,    /* ... of a lower role than its network asks: refused */
	WHY_COUNT_
};

const char *query_why_str(enum query_why);

#define COOKIE_LEN 24 /* octets: 8 of the client, 16 of the server */

struct query {
	/* The caller sets these.  The reply is written over the question. */
	uint8_t *pkt;
	size_t len, cap;      /* cap at least 512, and len */
	struct addr from, to; /* to: zero where not known */
	const char *bound;    /* network the listener is bound to, or NULL */
	uint16_t port;        /* it came from, for who looks on */
	bool tcp;

	/* query_answer() sets these; forwarding reads them. */
	enum query_next next;
	struct dname qname;
	uint16_t qtype, qclass;
	uint16_t flags;      /* as they came */
	size_t question_len; /* octets of the question section */
	bool edns, edns_do;
	bool nsid; /* asks who answers */
	uint8_t edns_version;
	uint16_t edns_size; /* what the asker takes over UDP, at least 512 */
	/* Cookies (RFC 7873): the client's, the server's; the reply's then. */
	uint8_t cookie[COOKIE_LEN];
	uint8_t cookie_len; /* 0: none */
	bool proven; /* the asker receives at its address: it has a cookie */
	uint32_t network;    /* the store's number, or NETWORK_NONE */
	uint32_t ttl;        /* the network's */
	uint8_t uses;        /* and it has: enum network_use, a bit each */
	struct wire_in apps; /* with USE_PEERS, that the asker sees; or all */
	enum query_why why;
	struct name name;
	/*
	 * Of a NAME_RECORD that is to be forwarded: so many CNAMEs of the
	 * network's own lead from it to the name at LED_TO of pkt, which is
	 * the one to be asked for.  They stand behind the question, to len.
	 */
	uint16_t led, led_to;
	uint64_t place; /* of its fact: see lookup.h */
	enum dns_rcode rcode;
	enum dns_ede ede;
	bool truncated, answered;
};

/* Why a fact is not in the answer; explain tells. */
enum query_fate {
	FATE_TAKEN,
	FATE_NOTHING_ELSE, /* taken, as nothing better is there */
	FATE_STOPPED,
	FATE_CRITICAL,
	FATE_DRAINING,
	FATE_OTHER_REGION,
	FATE_FARTHER, /* beyond the N of topN */
	FATE_EXPIRED,
	FATE_INTERACTIVE, /* a peer that is in no answer */
	FATE_OTHER_APP,
	FATE_HIDDEN,     /* of an app that the asker is not to see */
	FATE_NO_ADDRESS, /* none of the type asked for */
	FATE_NO_PORT,    /* none of the name asked for */
	FATE_COUNT_
};

/* "APP.internal", "REGION.APP.internal", ...; and what it is asked for. */
const char *query_form_str(enum name_kind);
enum dns_type query_form_type(enum name_kind);

/* Sees what the path reads; NULL in the server. */
struct query_watch {
	void (*fact)(struct query_watch *, const char *kind, struct label app,
	    struct label id, enum query_fate);
	void (*note)(struct query_watch *, const char *text);
};

struct query_counters {
	/* Replies by rcode: with records, if any; BADVERS is a FORMERR. */
	uint64_t of[RCODE_REFUSED + 1];
	uint64_t nodata, dropped, truncated;
	uint64_t cut_tcp;    /* answers that 65,535 octets could not hold */
	uint64_t limited;    /* beyond their prefix's rate: dropped, or cut */
	uint64_t over_limit; /* refused: beyond their network's */
};

/* What a worker lends to each of its questions; all but limits are its own. */
struct query_env {
	struct snapshot *snapshot; /* refreshed by the caller */
	enum err store;            /* what that refresh said */
	int64_t now;               /* seconds since 1970 that are over */
	const char *region;        /* the node's own; "" if not known */
	const char *id;        /* of at most QUERY_ID_MAX octets; NULL: none */
	uint16_t max_udp_size; /* at least 512 */
	bool forwards;         /* there are upstreams */
	bool bound_stays;      /* all of the questions' bound do: lookup.h */
	const struct prefix *allow;
	unsigned allow_count;
	special_set ordinary; /* special-use names that are not special here */
	const struct siphash_key *secret; /* for cookies; the first signs */
	unsigned secret_count;            /* 0: no cookies */
	uint16_t unproven_size; /* most over UDP without one; 0: as for all */
	struct query_limit *limit;         /* NULL: none */
	struct query_limit *network_limit; /* of private answers; NULL: none */
	struct rng rng;
	struct query_watch *watch;
	struct query_counters counters;
	struct query_scratch *scratch;
};

/* Allocates the scratch; E_NOMEM. */
enum err query_env_init(struct query_env *) MUST_CHECK;
void query_env_release(struct query_env *);

/*
 * Answers N questions that came together, in their order, and sets what each
 * is to do `next`.  Between a refresh and a rest of the snapshot.
 */
#define QUERY_BATCH 64 /* at most; many at once save time */
void query_answer(struct query *const *, unsigned n, struct query_env *);

#define QUERY_ID_MAX 64

/* The node's id, for who asked and may know; at NULL: no NSID is told. */
struct label query_nsid(const struct query *, const struct query_env *);

/* Octets that a reply to this asker may have. */
static inline size_t
query_reply_max(const struct query *q, const struct query_env *env)
{
	size_t max = DNS_UDP_MIN;

	if (q->tcp)
		max = DNS_TCP_MAX;
	else if (q->edns)
		max = q->edns_size < env->max_udp_size ? q->edns_size
						       : env->max_udp_size;
	if (env->unproven_size > 0 && max > env->unproven_size && !q->tcp &&
	    !q->proven)
		max = env->unproven_size;
	assert(env->max_udp_size >= DNS_UDP_MIN && q->cap >= DNS_UDP_MIN);
	return max < q->cap ? max : q->cap;
}

/*
 * Writes a reply without records over the question, which pkt still holds:
 * header, question, OPT with EDE where the asker has EDNS.
 */
enum query_next query_fail(
    struct query *, const struct query_env *, enum dns_rcode, enum dns_ede);

#endif
