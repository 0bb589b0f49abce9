/*
 * event.c - the forwarder's carrier in the server: libevent,
 * sockets and a timer that runs only while a question waits.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "upstream_impl.h"

struct event_carrier {
	struct carrier carrier; /* first: a carrier is cast to this */
	struct forward *forward;
	struct event *timer;
	struct udp_pool *udp;
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

static uint32_t
carrier_channel(struct carrier *carrier, const struct upstream *up, bool stream)
{
	if (stream)
		return STREAM_CHANNEL + up->number;
	return udp_channel(carrier_own(carrier)->udp, up);
}

static bool
carrier_ask(
    struct carrier *carrier, struct attempt *a, const uint8_t *msg, size_t len)
{
	if (a->shape.stream)
		return stream_ask(carrier_own(carrier)->streams, a, msg, len);
	return udp_ask(carrier_own(carrier)->udp, a, msg, len);
}

static void
carrier_flush(struct carrier *carrier)
{
	udp_flush(carrier_own(carrier)->udp);
}

static void
carrier_forget(struct carrier *carrier, struct attempt *a)
{
	if (a->shape.stream)
		stream_forget(carrier_own(carrier)->streams, a);
	else
		udp_forget(carrier_own(carrier)->udp, a);
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
on_tick(evutil_socket_t fd, short what, void *arg)
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

	udp_close(c->udp);
	stream_close(c->streams);
	if (c->timer != NULL)
		event_free(c->timer);
	free(c);
}

static enum err
sockets_open(struct event_carrier *c, struct event_base *base)
{
	enum err err = udp_open(&c->udp, c->forward, base);

	if (err == E_OK)
		err = stream_open(&c->streams, c->forward, base);
	return err;
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
		.forget = carrier_forget,
		.ticks = carrier_ticks,
		.close = carrier_close };
	c->timer = event_new(options->base, -1, EV_PERSIST, on_tick, c);
	err = forward_open_on(&c->forward, options, &c->carrier);
	if (err != E_OK)
		return err;
	err = sockets_open(c, options->base);
	if (err == E_OK && c->timer == NULL)
		err = E_NOMEM;
	if (err != E_OK)
		forward_close(c->forward);
	else
		*out = c->forward;
	return err;
}
