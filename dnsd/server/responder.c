/*
 * responder.c - see impl.h.
 */
#include "impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"

static struct worker_responder *
responder_own(struct responder *r)
{
	return (struct worker_responder *)(void *)r;
}

/* It turned bad, or well: each worker sees it, the first one says it. */
static void
responder_store_changed(struct worker_responder *own)
{
	enum err now = own->responder.env.store;
	const char *path = own->options->config->store;
	bool kept_out =
	    now == E_SYSTEM && errno == EACCES && own->options->config->sandbox;

	own->store_was = now;
	if (atomic_exchange(own->options->store_told, (int)now) == (int)now)
		return;
	if (now == E_OK)
		log_event(LOG_LEVEL_INFO, "store_good", path,
		    "store %s: can be read; private names are answered", path);
	else
		log_event(LOG_LEVEL_ERROR, "store_bad", path,
		    "store %s: %s; private names get SERVFAIL until it can be "
		    "read%s",
		    path, now == E_SYSTEM ? strerror(errno) : err_str(now),
		    kept_out ? "; a lock.mdb that was made anew is out of the "
			       "sandbox's reach until a restart"
			     : "");
}

static void
responder_begin(struct responder *r)
{
	struct worker_responder *own = responder_own(r);

	/*
	 * Not the coarse clock: it runs up to a tick late, so that a peer's
	 * TTL reached a second too far at the beginning of each second.
	 */
	own->began_ns = clock_ns(CLOCK_REALTIME);
	own->cached = 0;
	r->packets = r->replies = 0;
	r->env.now = own->began_ns / 1000000000;
	r->env.store = snapshot_refresh(r->env.snapshot);
	if (r->env.store != own->store_was)
		responder_store_changed(own);
}

#define SEEN_MAX 1232 /* octets of a question; the rest is not told */

/* Questions, which their replies are written over. */
struct responder_seen {
	size_t len[QUERY_BATCH];
	uint8_t pkt[QUERY_BATCH][SEEN_MAX];
};

static void
message_see(struct worker_responder *own, const struct query *q,
    enum tap_kind kind, const uint8_t *pkt, size_t len)
{
	const struct tap_message m = { .kind = kind,
		.tcp = q->tcp,
		.network = q->network,
		.asker = q->from,
		.asker_port = q->port,
		.server = q->to,
		.asked_ns = own->began_ns,
		.told_ns = clock_ns(CLOCK_REALTIME),
		.pkt = pkt,
		.len = len };

	tap_put(own->options->tap, own->options->index, &m);
}

/* False: nobody looks, or there is no memory to show anything. */
static bool
questions_keep(struct worker_responder *own, struct query *const *q, unsigned n)
{
	if (tap_wanted(own->options->tap) == 0)
		return false;
	if (own->seen == NULL)
		own->seen = malloc(sizeof(*own->seen));
	for (unsigned i = 0; own->seen != NULL && i < n; i++) {
		size_t len = q[i]->len < SEEN_MAX ? q[i]->len : SEEN_MAX;

		own->seen->len[i] = len;
		memcpy(own->seen->pkt[i], q[i]->pkt, len);
	}
	return own->seen != NULL;
}

static void
questions_see(struct worker_responder *own, struct query *const *q, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		message_see(own, q[i], TAP_CLIENT_QUERY, own->seen->pkt[i],
		    own->seen->len[i]);
		if (q[i]->next == QUERY_SEND)
			message_see(own, q[i], TAP_CLIENT_RESPONSE, q[i]->pkt,
			    q[i]->len);
	}
}

static void
responder_answer(struct responder *r, struct query *const *q, unsigned n)
{
	struct worker_responder *own = responder_own(r);
	bool seen = questions_keep(own, q, n);

	query_answer(q, n, &r->env);
	if (seen)
		questions_see(own, q, n);
	sketch_see(
	    &own->sketch, q, n, &r->env.rng, r->env.now, *own->options->trace);
}

/* Once a batch: a look at the clock and three additions. */
static void
responder_end(struct responder *r)
{
	struct worker_responder *own = responder_own(r);
	int64_t took = clock_ns(CLOCK_REALTIME) - own->began_ns;

	histogram_add(&own->timing.stored, took, r->replies - own->cached);
	histogram_add(&own->timing.cached, took, own->cached);
	histogram_add(&own->timing.packets, r->packets, r->packets > 0);
	snapshot_rest(r->env.snapshot);
	if (own->forward != NULL)
		forward_flush(own->forward);
}

static bool
responder_forward(
    struct responder *r, struct query *q, const struct client *client)
{
	struct worker_responder *own = responder_own(r);

	if (own->forward == NULL) {
		(void)query_fail(q, &r->env, RCODE_SERVFAIL, EDE_NO_AUTHORITY);
		return true;
	}
	if (forward_ask(own->forward, q, client) != QUERY_SEND)
		return false;
	own->cached++;
	if (tap_wanted(own->options->tap) != 0)
		message_see(own, q, TAP_CLIENT_RESPONSE, q->pkt, q->len);
	return true;
}

static enum err
responder_env_open(struct query_env *env, const struct worker_options *o)
{
	const struct config *c = o->config;
	enum err err = query_env_init(env);

	if (err == E_OK)
		err = snapshot_open(o->store, &env->snapshot);
	if (err != E_OK)
		return err;
	if (getrandom(&env->rng.state, sizeof(env->rng.state), 0) < 0)
		return E_SYSTEM;
	env->rng.state |= 1;
	env->region = c->region == NULL ? "" : c->region;
	env->id = c->id;
	env->bound_stays = true;
	env->max_udp_size = c->max_udp_size;
	env->forwards = c->upstream_count > 0 || c->zone_count > 0;
	env->allow = c->allow;
	env->allow_count = c->allow_count;
	env->secret = c->secrets;
	env->secret_count = c->secret_count;
	env->unproven_size = c->unproven_size;
	for (unsigned i = 0; i < c->ordinary_count; i++)
		env->ordinary |= c->ordinary[i];
	env->limit = o->limit;
	env->network_limit = o->network_limit;
	return E_OK;
}

enum err
worker_responder_open(struct worker_responder *r,
    const struct worker_options *o, struct event_base *base)
{
	struct query_env *env = &r->responder.env;
	const struct forward_options options = {
		.config = o->config,
		.base = base,
		.env = env,
		.cache = o->cache,
		.load = o->load,
		.dead = o->dead,
		.tap = o->tap,
		.worker = o->index,
		.sockets = o->may.sockets,
	};
	enum err err;

	r->options = o;
	r->responder = (struct responder){ .begin = responder_begin,
		.answer = responder_answer,
		.end = responder_end,
		.forward = responder_forward };
	err = responder_env_open(env, o);
	if (err != E_OK || !env->forwards)
		return err;
	return forward_open(&r->forward, &options);
}

void
worker_responder_close(struct worker_responder *r)
{
	forward_close(r->forward);
	snapshot_close(r->responder.env.snapshot);
	query_env_release(&r->responder.env);
	free(r->seen);
}
