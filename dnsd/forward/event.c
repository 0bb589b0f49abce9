/*
 * event.c - the forwarder's carrier in the server: libevent, sockets and
 * a timer that runs only while a question waits.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "upstream_impl.h"

struct event_carrier {
	struct carrier carrier; /* first: a carrier is cast to this */
	struct forward *forward;
	struct event *timer;
	/* NULL: no upstream has an address of that family. */
	struct udp_pool *v4, *v6;
	struct stream_pool *streams;
};

static struct event_carrier *
carrier_own(struct carrier *carrier)
{
	return (struct event_carrier *)(void *)carrier;
}

static int64_t
carrier_now_us(struct carrier *carrier)
{
	(void)carrier;
	return clock_us(CLOCK_MONOTONIC);
}

static struct udp_pool **
udp_of(struct event_carrier *c, const struct upstream *up)
{
	return up->address.any.sa_family == AF_INET ? &c->v4 : &c->v6;
}

static struct channel *
carrier_channel(struct carrier *carrier, const struct upstream *up, bool stream)
{
	struct event_carrier *c = carrier_own(carrier);

	return stream ? stream_channel(c->streams, up)
		      : udp_channel(*udp_of(c, up));
}

static bool
carrier_ask(struct carrier *carrier, const struct attempt *a,
    const uint8_t *msg, size_t len)
{
	(void)carrier;
	return a->shape.stream ? stream_ask(a, msg, len) : udp_ask(a, msg, len);
}

static void
carrier_flush(struct carrier *carrier)
{
	udp_flush(carrier_own(carrier)->v4);
	udp_flush(carrier_own(carrier)->v6);
}

static void
carrier_ticks(struct carrier *carrier, bool on)
{
	static const struct timeval every = { .tv_usec = TICK_US };

	if (on)
		(void)event_add(carrier_own(carrier)->timer, &every);
	else
		(void)event_del(carrier_own(carrier)->timer);
}

static void
on_forward_tick(evutil_socket_t fd, short what, void *arg)
{
	struct event_carrier *c = arg;

	(void)fd;
	(void)what;
	forward_tick(c->forward);
}

static void
carrier_close(struct carrier *carrier)
{
	struct event_carrier *c = carrier_own(carrier);

	udp_close(c->v4);
	udp_close(c->v6);
	stream_close(c->streams);
	if (c->timer != NULL)
		event_free(c->timer);
	free(c);
}

static bool
carrier_open(struct event_carrier *c, struct event_base *base)
{
	struct forward *f = c->forward;

	c->timer = event_new(base, -1, EV_PERSIST, on_forward_tick, c);
	c->streams = stream_open(f, base);
	for (unsigned i = 0; i < f->upstream_count; i++) {
		const struct upstream *up = &f->upstreams[i];
		struct udp_pool **udp = udp_of(c, up);

		if (*udp == NULL)
			*udp = udp_open(f, base, up->address.any.sa_family);
		if (*udp == NULL)
			return false;
	}
	return c->timer != NULL && c->streams != NULL;
}

enum err
forward_open(struct forward **out, const struct forward_options *options)
{
	struct event_carrier *c = calloc(1, sizeof(*c));
	enum err err;

	*out = NULL;
	if (c == NULL)
		return E_NOMEM;
	c->carrier = (struct carrier){ .now_us = carrier_now_us,
		.channel = carrier_channel,
		.ask = carrier_ask,
		.flush = carrier_flush,
		.ticks = carrier_ticks,
		.close = carrier_close };
	err = forward_open_on(&c->forward, options, &c->carrier);
	if (err != E_OK)
		return err;
	if (!carrier_open(c, options->base)) {
		forward_close(c->forward);
		return E_NOMEM;
	}
	*out = c->forward;
	return E_OK;
}
