/*
 * forward.c - the spine: what becomes of a question for somebody else's
 * name.  See impl.h for the way that it goes when it has to wait.
 */
#include "dnsd/forward/forward.h"

#include <stdlib.h>

#include "impl.h"

static enum query_next
question_fail(
    struct forward *f, struct query *q, enum dns_rcode rcode, enum dns_ede ede)
{
	(void)query_fail(q, f->options.env, rcode, ede);
	return QUERY_SEND;
}

static struct pending *
pending_start(struct forward *f, const struct cache_key *key,
    struct upstream_set *set, uint32_t network)
{
	struct pending *p = pending_take(f, key);

	if (p == NULL)
		return NULL;
	p->set = set;
	p->network = network;
	try_start(f, p);
	return p;
}

/* Nobody waits for it: the asker has what is in the cache. */
static void
hit_prefetch(
    struct forward *f, const struct cache_key *key, struct upstream_set *set)
{
	if (f->in_flight >= f->most || pending_find(f, key) != NULL)
		return;
	f->counters.prefetched++;
	(void)pending_start(f, key, set, NETWORK_NONE);
}

/* Beyond a bound. */
static enum query_next
question_refuse(struct forward *f, struct query *q)
{
	unsigned more;

	f->counters.over_limit++;
	if (log_may(&f->limit_log, &more))
		log_event(LOG_LEVEL_WARN, "over_limit", "",
		    "forward: too many questions wait, %u in all; others get "
		    "SERVFAIL at once (%u more since the last such line)",
		    f->waiting, more);
	return question_fail(f, q, RCODE_SERVFAIL, EDE_OTHER);
}

/* ASKER waits for what KEY is; false where nobody can be asked. */
static bool
asker_wait(struct forward *f, struct asker *asker, const struct cache_key *key,
    struct upstream_set *set, bool stale)
{
	struct pending *p = pending_find(f, key);

	try_probes(f, set);
	if (p != NULL)
		f->counters.joined++;
	else if (upstream_any(set))
		p = pending_start(f, key, set, asker->network);
	if (p == NULL)
		return false;
	p->stale = p->stale || stale;
	SLIST_INSERT_HEAD(&p->askers, asker, next);
	return true;
}

static enum query_next
question_wait(struct forward *f, struct query *q, const struct client *client,
    const struct cache_key *key, struct upstream_set *set, bool stale)
{
	struct asker *asker = asker_take(f, q, client);

	if (asker != NULL && asker_wait(f, asker, key, set, stale))
		return QUERY_DROP;
	if (asker != NULL)
		asker_free(f, asker);
	return question_refuse(f, q);
}

static struct cache_key
key_of(const struct forward *f, const struct upstream_set *set,
    const struct dname *name, uint16_t qtype, const struct reply_to *to)
{
	struct cache_key key = { .scope = set->scope,
		.qtype = qtype,
		.edns_do = to->edns_do,
		.cd = (to->flags & DNS_CD) != 0,
		.name = name };

	cache_key_hash(&key, &f->seed);
	return key;
}

/* As a question of its own, but for its reply. */
static void
asker_ask_on(struct forward *f, struct asker *asker)
{
	const struct cache_space space = space_for(f, &asker->on);
	struct cache_key key =
	    key_of(f, asker->on_set, &asker->on, asker->qtype, &asker->to);
	struct cache_hit hit;
	enum cache_found found = cache_get(
	    f->options.cache, &key, forward_now(f) / 1000, &space, &hit);

	if ((found == CACHE_NONE || (found == CACHE_STALE && !hit.failing)) &&
	    asker_wait(f, asker, &key, asker->on_set, found == CACHE_STALE))
		return;
	if (found == CACHE_NONE) {
		if (asker->counter != NULL)
			asker->counter = &f->counters.failed;
		asker_fail(f, asker, RCODE_SERVFAIL, EDE_NO_AUTHORITY);
		asker_done(f, asker);
		return;
	}
	if (found == CACHE_STALE)
		answer_explain_stale(&hit.answer);
	follow(f, asker, asker->on_set, &asker->on, &hit.answer);
}

/* From the cache, straight to where the reply's records belong. */
static enum query_next
set_ask(struct forward *f, struct query *q, const struct client *client,
    struct upstream_set *set)
{
	struct cache_space space = space_for(f, &q->qname);
	struct asker *asker;
	struct cache_key key;
	struct cache_hit hit;
	struct reply_to to;

	reply_to_query(&to, q, f->options.env);
	key = key_of(f, set, &q->qname, q->qtype, &to);
	space.room = q->pkt + DNS_HEADER + q->question_len;
	space.room_len = reply_room(&to, 0);
	switch (cache_get(
	    f->options.cache, &key, forward_now(f) / 1000, &space, &hit)) {
	case CACHE_FRESH:
		f->counters.hits++;
		if (hit.prefetch)
			hit_prefetch(f, &key, set);
		break;
	case CACHE_STALE:
		if (!hit.failing && upstream_any(set))
			return question_wait(f, q, client, &key, set, true);
		if (!hit.failing)
			try_probes(f, set);
		f->counters.stale++;
		answer_explain_stale(&hit.answer);
		break;
	case CACHE_NONE:
		if (upstream_any(set) || pending_find(f, &key) != NULL)
			return question_wait(f, q, client, &key, set, false);
		try_probes(f, set);
		f->counters.failed++;
		return question_fail(
		    f, q, RCODE_SERVFAIL, upstream_why_none(set));
	}
	if (!hit.answer.chain) {
		q->rcode = (enum dns_rcode)hit.answer.rcode;
		q->len = reply_write(q->pkt, &to, &hit.answer);
		return QUERY_SEND;
	}
	/* It may lead on from here, for this asker. */
	asker = asker_take(f, q, client);
	if (asker == NULL)
		return question_refuse(f, q);
	follow(f, asker, set, &q->qname, &hit.answer);
	return QUERY_DROP;
}

/* CNAMEs of the asker's network lead from his question to another one. */
static enum query_next
own_ask(struct forward *f, struct query *q, const struct client *client)
{
	struct asker *asker = asker_take(f, q, client);

	if (asker == NULL)
		return question_refuse(f, q);
	follow_own(f, asker, q);
	return QUERY_DROP;
}

static enum query_next
route_ask(struct forward *f, struct query *q, const struct client *client)
{
	struct route route;

	if (led_by(q) > 0)
		return own_ask(f, q, client);
	route = zone_route(f, &q->qname, q->network);
	if (route.set == NULL)
		return question_fail(f, q, route.rcode, route.ede);
	return set_ask(f, q, client, route.set);
}

enum query_next
forward_ask(struct forward *f, struct query *q, const struct client *client)
{
	enum query_next next;

	f->counters.asked++;
	/* A transfer is no question; who wants no recursion, no relay. */
	if ((q->flags & DNS_RD) == 0 || q->qtype == TYPE_AXFR ||
	    q->qtype == TYPE_IXFR)
		return question_fail(
		    f, q, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
	f->asking = true;
	next = route_ask(f, q, client);
	f->asking = false;
	return next;
}

void
forward_flush(struct forward *f)
{
	struct asker *asker;

	do { /* what cannot be sent may be answered by a stale chain */
		while ((asker = SLIST_FIRST(&f->led_on)) != NULL) {
			SLIST_REMOVE_HEAD(&f->led_on, next);
			asker_ask_on(f, asker);
		}
		f->carrier->flush(f->carrier);
	} while (!SLIST_EMPTY(&f->led_on));
	for (unsigned i = 0; i < f->path_count; i++)
		f->paths[i]->flush(f->paths[i]);
	f->path_count = 0;
	f->now_known = false;
	if (f->in_flight == 0 && f->ticking) {
		f->ticking = false;
		f->carrier->ticks(f->carrier, false);
	}
}

void
forward_tick(struct forward *f)
{
	struct pending *p;

	while ((p = wheel_due(f)) != NULL)
		try_due(f, p);
	forward_flush(f);
}

unsigned
forward_waiting(const struct forward *f)
{
	return f->waiting;
}

const struct forward_counters *
forward_counters(const struct forward *f)
{
	return &f->counters;
}

const struct histogram *
forward_timing(const struct forward *f)
{
	return &f->timing;
}

enum err
forward_open_on(struct forward **out, const struct forward_options *options,
    struct carrier *carrier)
{
	struct forward *f = calloc(1, sizeof(*f));
	enum err err;

	*out = NULL;
	if (f == NULL) {
		carrier->close(carrier);
		return E_NOMEM;
	}
	f->options = *options;
	f->carrier = carrier;
	f->seed = *cache_seed(options->cache);
	f->most = options->config->in_flight;
	err = pools_open(f);
	if (err == E_OK)
		err = zones_open(f);
	if (err == E_OK)
		*out = f;
	else
		forward_close(f);
	return err;
}

/* Questions that still wait are never answered: the worker is ending. */
void
forward_close(struct forward *f)
{
	if (f == NULL)
		return;
	f->carrier->close(f->carrier);
	zones_close(f);
	pools_close(f);
	free(f);
}
