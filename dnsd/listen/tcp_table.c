/*
 * tcp_table.c - the connections of a worker: by number, by last use, and how
 * many are whose.
 */
#include <assert.h>
#include <sys/random.h>
#include <unistd.h>

#include "tcp_impl.h"

enum err
tcp_table_open(struct tcp_hub *hub)
{
	assert(hub->o.connections <= 1U << TCP_SLOT_BITS);
	TAILQ_INIT(&hub->by_use);
	TAILQ_INIT(&hub->unflushed);
	hub->slots = calloc(hub->o.connections, sizeof(hub->slots[0]));
	hub->free_slots =
	    calloc(hub->o.connections, sizeof(hub->free_slots[0]));
	if (hub->slots == NULL || hub->free_slots == NULL)
		return E_NOMEM;
	return getrandom(&hub->key, sizeof(hub->key), 0) < 0 ? E_SYSTEM : E_OK;
}

/* --- whose they are */

enum { OF_NETWORK, OF_CLIENT };

static uint32_t *
held_by(struct tcp_hub *hub, uint64_t kind, const void *who, size_t len)
{
	return &hub->held[siphash(&hub->key, kind, who, len) % TCP_HELD];
}

static bool
conn_goes_before(const struct tcp_conn *a, const struct tcp_conn *b)
{
	if (*a->of_network != *b->of_network)
		return *a->of_network > *b->of_network;
	if (*a->of_client != *b->of_client)
		return *a->of_client > *b->of_client;
	return a->turn < b->turn;
}

#define LOOKS 64

/*
 * The one that goes first, of those that do not wait; NULL where none is found.
 * In a table of many some are looked at: who has a tenth of it is among them,
 * save once in a thousand times.
 */
static struct tcp_conn *
conn_of_most(struct tcp_hub *hub)
{
	struct rng *rng = &hub->o.responder->env.rng;
	struct tcp_conn *first = NULL;

	for (unsigned i = 0; i < hub->slots_used && i < LOOKS; i++) {
		struct tcp_conn *c = hub->slots[hub->slots_used <= LOOKS
			? i
			: rng_below(rng, hub->slots_used)];

		if (c != NULL && c->waiting == 0 &&
		    (first == NULL || conn_goes_before(c, first)))
			first = c;
	}
	return first;
}

/* For NEW; not where it would be the next to go. */
static bool
room_make(struct tcp_hub *hub, const struct tcp_conn *new)
{
	struct tcp_conn *c;

	if (hub->count < hub->o.connections)
		return true;
	hub->o.counters->evicted++;
	c = conn_of_most(hub);
	if (c == NULL || conn_goes_before(new, c))
		return false;
	tcp_conn_close(c);
	return true;
}

/* --- by number */

/* False where it is full. */
static bool
conn_slot_take(struct tcp_hub *hub, struct tcp_conn *c)
{
	unsigned slot;

	if (hub->free_count > 0)
		slot = hub->free_slots[--hub->free_count];
	else if (hub->slots_used < hub->o.connections)
		slot = hub->slots_used++;
	else
		return false;
	hub->slots[slot] = c;
	c->number = ++hub->serial << TCP_SLOT_BITS | slot;
	return true;
}

static unsigned
conn_slot(uint64_t number)
{
	return (unsigned)(number & ((1 << TCP_SLOT_BITS) - 1));
}

struct tcp_conn *
tcp_conn_open(const struct tcp_conn *new, uint32_t network)
{
	struct tcp_hub *hub = new->hub;
	struct tcp_conn *c = malloc(sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = *new;
	c->of_network = held_by(hub, OF_NETWORK, &network, sizeof(network));
	/* Who has an IPv6 address has a /56 of them. */
	c->of_client = held_by(hub, OF_CLIENT, c->from.ip,
	    addr_is_v4(&c->from) ? sizeof(c->from.ip) : 56 / 8);
	c->turn = ++hub->turns;
	if (!room_make(hub, c) || !conn_slot_take(hub, c)) {
		free(c);
		return NULL;
	}
	++*c->of_network;
	++*c->of_client;
	TAILQ_INSERT_TAIL(&hub->by_use, c, by_use);
	hub->count++;
	return c;
}

struct tcp_conn *
tcp_conn_find(const struct tcp_hub *hub, uint64_t number)
{
	unsigned slot = conn_slot(number);
	struct tcp_conn *c;

	if (slot >= hub->slots_used)
		return NULL;
	c = hub->slots[slot];
	return c != NULL && c->number == number ? c : NULL;
}

void
tcp_conn_touch(struct tcp_conn *c)
{
	c->used = clock_seconds(CLOCK_MONOTONIC_COARSE);
	c->turn = ++c->hub->turns;
	TAILQ_REMOVE(&c->hub->by_use, c, by_use);
	TAILQ_INSERT_TAIL(&c->hub->by_use, c, by_use);
}

void
tcp_conn_close(struct tcp_conn *c)
{
	struct tcp_hub *hub = c->hub;
	unsigned slot = conn_slot(c->number);

	if (c->wants != 0)
		(void)event_del(&c->event);
	TAILQ_REMOVE(&hub->by_use, c, by_use);
	if (c->is_unflushed)
		TAILQ_REMOVE(&hub->unflushed, c, unflushed);
	hub->slots[slot] = NULL;
	hub->free_slots[hub->free_count++] = slot;
	hub->count--;
	--*c->of_network;
	--*c->of_client;
	(void)close(c->fd);
	if (c->in != NULL)
		evbuffer_free(c->in);
	if (c->out != NULL)
		evbuffer_free(c->out);
	free(c);
}

void
tcp_table_close(struct tcp_hub *hub)
{
	struct tcp_conn *c;

	while ((c = TAILQ_FIRST(&hub->by_use)) != NULL)
		tcp_conn_close(c);
	free(hub->slots);
	free(hub->free_slots);
}
