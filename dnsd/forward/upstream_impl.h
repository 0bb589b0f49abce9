/*
 * upstream_impl.h - sockets to upstreams, for event.c.
 *
 * What arrives goes to forward_got(), what fails to forward_lost().
 */
#ifndef DNSD_FORWARD_UPSTREAM_IMPL_H
#define DNSD_FORWARD_UPSTREAM_IMPL_H

#include <openssl/ssl.h>

#include "impl.h"

struct event_base;

/*
 * upstream_udp.c: many sockets, each with a port of its own that the
 * kernel chose at random.  Each batch of questions leaves by any one of
 * them, by a port that it has not had before.
 */
struct udp_pool;

enum err udp_open(
    struct udp_pool **, struct forward *, struct event_base *) MUST_CHECK;
void udp_close(struct udp_pool *); /* NULL is fine */
uint32_t udp_channel(struct udp_pool *, const struct upstream *);
bool udp_ask(
    struct udp_pool *, struct attempt *, const uint8_t *msg, size_t len);
void udp_forget(struct udp_pool *, const struct attempt *);
void udp_flush(struct udp_pool *);

/*
 * upstream_stream.c: one connection to each upstream, TCP or TLS, that is
 * opened at the first question, carries many, and is closed when idle.
 */
struct stream_pool;

enum err stream_open(
    struct stream_pool **, struct forward *, struct event_base *) MUST_CHECK;
void stream_close(struct stream_pool *); /* NULL is fine */
bool stream_ask(
    struct stream_pool *, struct attempt *, const uint8_t *msg, size_t len);
void stream_forget(struct stream_pool *, struct attempt *);

/* upstream_tls.c */
/* TLS 1.2 or newer, certificates checked with the system's trust store. */
SSL_CTX *tls_context(void);
/* For one connection; NULL where there is no memory. */
SSL *tls_for(SSL_CTX *, const struct config_upstream *);

#endif
