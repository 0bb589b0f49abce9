/*
 * tcp_table.c - the connections of a worker: by number, and by last use.
 */
#include <assert.h>
#include <unistd.h>

#include "base/clock.h"
#include "tcp_impl.h"

int64_t
tcp_now(void)
{
	return clock_seconds(CLOCK_MONOTONIC_COARSE);
}

enum err
tcp_table_open(struct tcp_hub *hub)
{
	assert(hub->o.connections <= 1U << TCP_SLOT_BITS);
	TAILQ_INIT(&hub->by_use);
	TAILQ_INIT(&hub->unflushed);
	hub->slots = calloc(hub->o.connections, sizeof(hub->slots[0]));
	hub->free_slots =
	    calloc(hub->o.connections, sizeof(hub->free_slots[0]));
	return hub->slots == NULL || hub->free_slots == NULL ? E_NOMEM : E_OK;
}

/* False where it is full. */
static bool
slot_take(struct tcp_hub *hub, struct tcp_conn *c)
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
slot_of(uint64_t number)
{
	return (unsigned)(number & ((1 << TCP_SLOT_BITS) - 1));
}

struct tcp_conn *
tcp_conn_open(struct tcp_hub *hub, int fd)
{
	struct tcp_conn *c = calloc(1, sizeof(*c));

	if (c == NULL || !slot_take(hub, c)) {
		free(c);
		return NULL;
	}
	c->hub = hub;
	c->fd = fd;
	c->used = tcp_now();
	TAILQ_INSERT_TAIL(&hub->by_use, c, by_use);
	hub->count++;
	return c;
}

struct tcp_conn *
tcp_conn_find(const struct tcp_hub *hub, uint64_t number)
{
	unsigned slot = slot_of(number);
	struct tcp_conn *c;

	if (slot >= hub->slots_used)
		return NULL;
	c = hub->slots[slot];
	return c != NULL && c->number == number ? c : NULL;
}

void
tcp_conn_touch(struct tcp_conn *c)
{
	c->used = tcp_now();
	TAILQ_REMOVE(&c->hub->by_use, c, by_use);
	TAILQ_INSERT_TAIL(&c->hub->by_use, c, by_use);
}

void
tcp_conn_close(struct tcp_conn *c)
{
	struct tcp_hub *hub = c->hub;
	unsigned slot = slot_of(c->number);

	if (c->wants != 0)
		(void)event_del(&c->event);
	TAILQ_REMOVE(&hub->by_use, c, by_use);
	if (c->is_unflushed)
		TAILQ_REMOVE(&hub->unflushed, c, unflushed);
	hub->slots[slot] = NULL;
	hub->free_slots[hub->free_count++] = slot;
	hub->count--;
	(void)close(c->fd);
	free(c->in.at);
	free(c->out.at);
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
