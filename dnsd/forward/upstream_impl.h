/*
 * upstream_impl.h - sockets to upstreams, for event.c.
 *
 * What arrives goes to forward_got(), what fails to forward_lost().  What is
 * opened is NULL without memory; what is closed or flushed may be NULL.
 */
#ifndef DNSD_FORWARD_UPSTREAM_IMPL_H
#define DNSD_FORWARD_UPSTREAM_IMPL_H

#include "impl.h"

struct event_base;

/*
 * upstream_udp.c: many sockets of one address family, each with a port of its
 * own that the kernel chose at random.  Each batch of questions leaves by any
 * one of them, by a port that it has not had before.
 */
struct udp_pool;

struct udp_pool *udp_open(struct forward *, struct event_base *, int family);
void udp_close(struct udp_pool *);
/* For the message that udp_ask() queues next. */
struct channel *udp_channel(struct udp_pool *);
bool udp_ask(const struct attempt *, const uint8_t *msg, size_t len);
void udp_flush(struct udp_pool *);

/*
 * upstream_stream.c: one connection to each upstream, TCP or TLS, that is
 * opened at the first question, carries many, and is closed when idle.
 */
struct stream_pool;

struct stream_pool *stream_open(struct forward *, struct event_base *);
void stream_close(struct stream_pool *);
struct channel *stream_channel(struct stream_pool *, const struct upstream *);
bool stream_ask(const struct attempt *, const uint8_t *msg, size_t len);

#endif
