/*
 * pool.c - questions in flight: room for them, and finding them.
 *
 * Each pool hands out what was given back last, else what was never used:
 * memory is touched only as far as it was ever needed.
 */
#include "impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define PENDING_SPARE 64 /* beyond the askers': prefetches and probes */

static uint32_t
table_size(unsigned entries)
{
	uint32_t size = 64;

	while (size < entries * 2)
		size *= 2;
	return size;
}

enum err
pools_open(struct forward *f)
{
	uint32_t size = table_size(f->most + PENDING_SPARE);

	f->table_mask = size - 1;
	f->pendings = calloc(f->most + PENDING_SPARE, sizeof(*f->pendings));
	f->askers = calloc(f->most, sizeof(*f->askers));
	f->by_key = calloc(size, sizeof(*f->by_key));
	f->by_id = calloc(size, sizeof(*f->by_id));
	if (f->pendings == NULL || f->askers == NULL || f->by_key == NULL ||
	    f->by_id == NULL)
		return E_NOMEM;
	return E_OK;
}

void
pools_close(struct forward *f)
{
	free(f->pendings);
	free(f->askers);
	free(f->by_key);
	free(f->by_id);
}

static struct pending_list *
key_bucket(struct forward *f, const struct cache_key *key)
{
	return &f->by_key[key->hash & f->table_mask];
}

static bool
key_is_same(const struct cache_key *a, const struct cache_key *b)
{
	return a->hash == b->hash && a->scope == b->scope &&
	    a->qtype == b->qtype && a->edns_do == b->edns_do &&
	    a->cd == b->cd && name_is_same(a->name, b->name);
}

struct pending *
pending_find(struct forward *f, const struct cache_key *key)
{
	struct pending *p;

	LIST_FOREACH(p, key_bucket(f, key), by_key)
	if (key_is_same(&p->key, key))
		return p;
	return NULL;
}

struct pending *
pending_take(struct forward *f, const struct cache_key *key)
{
	struct pending *p = LIST_FIRST(&f->pendings_free);

	if (p != NULL)
		LIST_REMOVE(p, by_key);
	else if (f->pendings_used < f->most + PENDING_SPARE)
		p = &f->pendings[f->pendings_used++];
	else
		return NULL;
	memset(p, 0, offsetof(struct pending, name));
	p->key = *key;
	p->name = *key->name;
	p->key.name = &p->name;
	LIST_INSERT_HEAD(key_bucket(f, key), p, by_key);
	f->in_flight++;
	return p;
}

/* Its askers have been answered. */
void
pending_free(struct forward *f, struct pending *p)
{
	assert(SLIST_EMPTY(&p->askers));
	for (unsigned i = 0; i < p->tries; i++)
		attempt_end(&p->attempt[i]);
	wheel_unset(p);
	LIST_REMOVE(p, by_key);
	LIST_INSERT_HEAD(&f->pendings_free, p, by_key);
	f->in_flight--;
}

struct asker *
asker_take(
    struct forward *f, const struct query *q, const struct client *client)
{
	const struct config *c = f->options.config;
	struct asker *asker = SLIST_FIRST(&f->askers_free);

	if (!load_take(f->options.load, q->network, c->in_flight,
		c->in_flight_network))
		return NULL;
	f->waiting++;
	if (asker != NULL)
		SLIST_REMOVE_HEAD(&f->askers_free, next);
	else
		asker = &f->askers[f->askers_used++];
	assert(f->askers_used <= f->most);
	asker->network = q->network;
	asker->client = *client;
	asker->from = q->from;
	asker->port = q->port;
	asker->bound = q->bound;
	asker->qtype = q->qtype;
	asker->follows = asker->led_count = 0;
	asker->led_len = 0;
	asker->counter = NULL;
	asker->came_us = forward_now(f);
	reply_to_query(&asker->to, q, f->options.env);
	asker->to.question =
	    memcpy(asker->question, asker->to.question, q->question_len);
	asker->to.cookie = memcpy(asker->cookie, q->cookie, q->cookie_len);
	return asker;
}

struct asker *
asker_pop(struct pending *p)
{
	struct asker *asker = SLIST_FIRST(&p->askers);

	if (asker != NULL)
		SLIST_REMOVE_HEAD(&p->askers, next);
	return asker;
}

void
asker_free(struct forward *f, struct asker *asker)
{
	assert(f->waiting > 0);
	f->waiting--;
	load_give(f->options.load, asker->network);
	SLIST_INSERT_HEAD(&f->askers_free, asker, next);
}

static struct attempt_list *
id_bucket(const struct forward *f, const struct channel *channel, uint16_t id)
{
	uint32_t mixed = (uint32_t)((uintptr_t)channel >> 4) * 0x9e3779b1U;

	return &f->by_id[(id ^ mixed >> 9) & f->table_mask];
}

struct attempt *
attempt_find(
    const struct forward *f, const struct channel *channel, uint16_t id)
{
	struct attempt *a;

	LIST_FOREACH(a, id_bucket(f, channel, id), by_id)
	if (a->channel == channel && a->id == id)
		return a;
	return NULL;
}

struct attempt *
attempt_take(struct forward *f, struct pending *p, struct upstream *up,
    struct shape shape, struct channel *channel)
{
	struct attempt *a = &p->attempt[p->tries];

	if (p->tries == TRIES_MAX)
		return NULL;
	p->tries++;
	*a = (struct attempt){ .pending = p,
		.upstream = up,
		.sent_us = forward_now(f),
		.channel = channel,
		.shape = shape,
		.waits = true };
	/* Far fewer wait on a channel than there are ids. */
	do {
		a->id = secret_next(&f->secret);
	} while (attempt_find(f, channel, a->id) != NULL);
	LIST_INSERT_HEAD(id_bucket(f, channel, a->id), a, by_id);
	LIST_INSERT_HEAD(&channel->attempts, a, in_channel);
	up->waiting++;
	return a;
}

void
attempt_end(struct attempt *a)
{
	if (!a->waits)
		return;
	a->waits = false;
	a->upstream->waiting--;
	LIST_REMOVE(a, by_id);
	LIST_REMOVE(a, in_channel);
}
