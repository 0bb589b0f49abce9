/*
 * upstream_stream.c - TCP and TLS to upstreams (RFC 7766, RFC 7858).
 *
 *	CLOSED -> OPENING   stream_ask()
 *	OPENING -> OPEN     on_stream_event(), connected and the certificate is
 *good OPEN -> CLOSED      on_stream_event(), idle OPEN -> OPENING
 *stream_broken(), and questions go again any -> CLOSED       stream_broken(),
 *before it was open, or repeatedly
 *
 * Nothing is lost when a server closes a connection that it has tired of:
 * what it has not answered is asked again on the next one.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/log.h"
#include "upstream_impl.h"

#define IDLE_TCP 10 /* seconds; RFC 7766, 6.2.3: a few */
#define IDLE_TLS 60 /* a handshake costs more */
#define SILENCE  3  /* seconds without a word while questions wait */
#define VAIN     2  /* connections in vain before questions are lost */

struct stream {
	struct channel channel; /* first: cast back */
	struct stream_pool *pool;
	struct upstream *upstream;
	struct bufferevent *bev; /* NULL: closed */
	unsigned vain;           /* connections in a row without a reply */
	bool open;
	bool owed; /* asked since the last reply */
};

struct stream_pool {
	struct forward *forward;
	struct event_base *base;
	SSL_CTX *tls;
	struct log_limit log_limit;
	struct stream streams[]; /* one for each upstream, by its number */
};

static bool
is_tls(const struct stream *s)
{
	return s->upstream->config->transport == UPSTREAM_TLS;
}

/* How long it may be silent from now on. */
static void
stream_wait(struct stream *s, bool owed)
{
	struct timeval wait = { .tv_sec = is_tls(s) ? IDLE_TLS : IDLE_TCP };

	if (owed)
		wait.tv_sec = SILENCE;
	s->owed = owed;
	(void)bufferevent_set_timeouts(s->bev, &wait, NULL);
}

static void
stream_shut(struct stream *s)
{
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	s->bev = NULL;
	s->open = s->owed = false;
}

static void
message_send(struct stream *s, const uint8_t *msg, size_t len)
{
	uint8_t whole[2 + QUESTION_MAX];

	/* RFC 7766, 8: length and message in one write. */
	dns_put16(whole, (uint16_t)len);
	memcpy(whole + 2, msg, len);
	(void)bufferevent_write(s->bev, whole, len + 2);
	if (!s->owed)
		stream_wait(s, true);
}

/* TLS 1.2 or newer, certificates checked with the system's trust store. */
static SSL_CTX *
tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_default_verify_paths(ctx) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* RFC 8310, 8.1: the strict profile, with the name from the configuration. */
static SSL *
tls_start(struct stream_pool *pool, const struct config_upstream *config)
{
	SSL *ssl;

	if (pool->tls == NULL)
		pool->tls = tls_context();
	ssl = pool->tls == NULL ? NULL : SSL_new(pool->tls);
	if (ssl != NULL && SSL_set1_host(ssl, config->name) == 1 &&
	    SSL_set_tlsext_host_name(ssl, config->name) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static struct bufferevent *
bufferevent_make(const struct stream *s)
{
	/* Deferred, so that no call of ours is called back from within. */
	int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct event_base *base = s->pool->base;
	SSL *ssl;

	if (!is_tls(s))
		return bufferevent_socket_new(base, -1, options);
	ssl = tls_start(s->pool, s->upstream->config);
	return ssl == NULL ? NULL
			   : bufferevent_openssl_socket_new(base, -1, ssl,
				 BUFFEREVENT_SSL_CONNECTING, options);
}

static void on_read(struct bufferevent *, void *);
static void on_stream_event(struct bufferevent *, short, void *);

static bool
stream_connect(struct stream *s)
{
	struct upstream *up = s->upstream;
	int on = 1;

	s->bev = bufferevent_make(s);
	if (s->bev == NULL)
		return false;
	bufferevent_setcb(s->bev, on_read, NULL, on_stream_event, s);
	if (bufferevent_socket_connect(s->bev, &up->address.any,
		(int)sockaddr_len(&up->address)) != 0 ||
	    bufferevent_enable(s->bev, EV_READ | EV_WRITE) != 0) {
		stream_shut(s);
		return false;
	}
	(void)setsockopt(bufferevent_getfd(s->bev), IPPROTO_TCP, TCP_NODELAY,
	    &on, sizeof(on));
	return true;
}

static bool
is_waited_for(const struct stream *s)
{
	const struct attempt *a;

	LIST_FOREACH(a, &s->channel.attempts, in_channel)
	if (!a->lost)
		return true;
	return false;
}

static void
stream_broken(struct stream *s)
{
	bool again = s->open && s->vain < VAIN && is_waited_for(s);
	uint8_t msg[QUESTION_MAX];
	struct attempt *a;

	stream_shut(s);
	s->vain++;
	again = again && stream_connect(s);
	LIST_FOREACH(a, &s->channel.attempts, in_channel)
	if (!again)
		forward_lost(s->pool->forward, a);
	else if (!a->lost)
		message_send(s, msg, question_write(msg, a));
	forward_flush(s->pool->forward);
}

static void
connection_log(struct stream *s)
{
	unsigned long why = bufferevent_get_openssl_error(s->bev);
	SSL *ssl = bufferevent_openssl_get_ssl(s->bev);
	long verify = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
	const char *text = strerror(EVUTIL_SOCKET_ERROR());
	unsigned more;

	if (why != 0)
		text = ERR_reason_error_string(why);
	if (verify != X509_V_OK)
		text = X509_verify_cert_error_string(verify);
	if (log_may(&s->pool->log_limit, &more))
		log_warn("forward: %s: no connection: %s (%u more since the "
			 "last such line)",
		    s->upstream->title, text == NULL ? "failed" : text, more);
}

static void
on_stream_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *s = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		s->open = true;
		return;
	}
	if (!s->open && (what & BEV_EVENT_TIMEOUT) == 0)
		connection_log(s);
	if (s->owed || (what & BEV_EVENT_TIMEOUT) == 0)
		stream_broken(s);
	else
		stream_shut(s);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);
	struct stream *s = arg;
	struct forward *f = s->pool->forward;
	uint8_t *at;
	size_t len;

	while ((at = evbuffer_pullup(input, 2)) != NULL) {
		len = 2U + dns_get16(at);
		at = evbuffer_pullup(input, (ev_ssize_t)len);
		if (at == NULL)
			break;
		s->vain = 0;
		forward_got(f, &s->channel, NULL, at + 2, len - 2);
		(void)evbuffer_drain(input, len);
	}
	stream_wait(s, is_waited_for(s));
	forward_flush(f);
}

struct channel *
stream_channel(struct stream_pool *pool, const struct upstream *up)
{
	return &pool->streams[up->number].channel;
}

bool
stream_ask(const struct attempt *a, const uint8_t *msg, size_t len)
{
	struct stream *s = (struct stream *)(void *)a->channel;

	if (s->bev == NULL && !stream_connect(s))
		return false;
	message_send(s, msg, len);
	return true;
}

struct stream_pool *
stream_open(struct forward *f, struct event_base *base)
{
	struct stream_pool *pool = calloc(
	    1, sizeof(*pool) + f->upstream_count * sizeof(pool->streams[0]));

	if (pool == NULL)
		return NULL;
	pool->forward = f;
	pool->base = base;
	for (unsigned i = 0; i < f->upstream_count; i++) {
		pool->streams[i].pool = pool;
		pool->streams[i].upstream = &f->upstreams[i];
	}
	return pool;
}

void
stream_close(struct stream_pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0; i < pool->forward->upstream_count; i++)
		stream_shut(&pool->streams[i]);
	SSL_CTX_free(pool->tls);
	free(pool);
}
