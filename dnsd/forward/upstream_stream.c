/*
 * upstream_stream.c - TCP and TLS to upstreams (RFC 7766, RFC 7858).
 *
 *	CLOSED -> OPENING   stream_ask()
 *	OPENING -> OPEN     on_event(), connected and the certificate is good
 *	OPEN -> CLOSED      on_timer(), idle
 *	OPEN -> OPENING     stream_broken(), and questions go again
 *	any -> CLOSED       stream_broken(), before it was open, or repeatedly
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
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "upstream_impl.h"

#define IDLE_TCP 10 /* seconds; RFC 7766, 6.2.3: a few */
#define IDLE_TLS 60 /* a handshake costs more */
#define SILENCE  3  /* seconds without a word while questions wait */
#define VAIN     2  /* connections in vain before questions are lost */

TAILQ_HEAD(stream_attempts, attempt);

struct stream {
	struct stream_pool *pool;
	struct upstream *upstream;
	struct bufferevent *bev; /* NULL: closed */
	struct event *timer;
	struct stream_attempts attempts;
	unsigned vain; /* connections in a row that brought no reply */
	bool open;
	bool owed; /* asked since the last reply */
};

struct stream_pool {
	struct forward *forward;
	struct event_base *base;
	SSL_CTX *tls;
	struct log_limit log_limit;
	struct stream *streams; /* one for each upstream, by its number */
	uint8_t in[DNS_TCP_MAX];
};

static void
timer_set(struct stream *s)
{
	bool tls = s->upstream->config->transport == UPSTREAM_TLS;
	struct timeval wait = { .tv_sec = tls ? IDLE_TLS : IDLE_TCP };

	if (s->owed)
		wait.tv_sec = SILENCE;
	(void)event_add(s->timer, &wait);
}

static void
stream_shut(struct stream *s)
{
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	s->bev = NULL;
	s->open = s->owed = false;
	(void)event_del(s->timer);
}

static void
message_send(struct stream *s, const uint8_t *msg, size_t len)
{
	uint8_t whole[2 + QUESTION_MAX];

	/* RFC 7766, 8: length and message in one write. */
	dns_put16(whole, (uint16_t)len);
	memcpy(whole + 2, msg, len);
	(void)bufferevent_write(s->bev, whole, len + 2);
	if (!s->owed) {
		s->owed = true;
		timer_set(s);
	}
}

static void on_read(struct bufferevent *, void *);
static void on_event(struct bufferevent *, short, void *);

static struct bufferevent *
bufferevent_make(struct stream *s)
{
	/* Deferred, so that no call of ours is called back from within. */
	int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct event_base *base = s->pool->base;
	SSL *ssl;

	if (s->upstream->config->transport != UPSTREAM_TLS)
		return bufferevent_socket_new(base, -1, options);
	if (s->pool->tls == NULL)
		s->pool->tls = tls_context();
	if (s->pool->tls == NULL)
		return NULL;
	ssl = tls_for(s->pool->tls, s->upstream->config);
	if (ssl == NULL)
		return NULL;
	return bufferevent_openssl_socket_new(
	    base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, options);
}

static bool
stream_connect(struct stream *s)
{
	struct upstream *up = s->upstream;
	int on = 1;

	s->bev = bufferevent_make(s);
	if (s->bev == NULL)
		return false;
	bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
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

static void
attempts_lose(struct stream *s)
{
	struct attempt *a;

	while ((a = TAILQ_FIRST(&s->attempts)) != NULL) {
		TAILQ_REMOVE(&s->attempts, a, in_stream);
		a->in_a_stream = false;
		forward_lost(s->pool->forward, a);
	}
}

static void
attempts_ask_again(struct stream *s)
{
	uint8_t msg[QUESTION_MAX];
	struct attempt *a;

	TAILQ_FOREACH (a, &s->attempts, in_stream)
		message_send(s, msg, question_write(msg, a));
}

static void
stream_broken(struct stream *s)
{
	bool again = s->open && s->vain < VAIN && !TAILQ_EMPTY(&s->attempts);

	stream_shut(s);
	s->vain++;
	if (again && stream_connect(s))
		attempts_ask_again(s);
	else
		attempts_lose(s);
	forward_flush(s->pool->forward);
}

static void
failure_log(struct stream *s)
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
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *s = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		s->open = true;
		return;
	}
	if (!s->open)
		failure_log(s);
	stream_broken(s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	if (s->owed)
		stream_broken(s);
	else
		stream_shut(s);
}

/* A whole message into IN; false where there is none. */
static bool
message_take(struct evbuffer *input, uint8_t in[DNS_TCP_MAX], size_t *len)
{
	uint8_t prefix[2];

	if (evbuffer_copyout(input, prefix, 2) != 2)
		return false;
	*len = dns_get16(prefix);
	if (evbuffer_get_length(input) < 2 + *len)
		return false;
	(void)evbuffer_drain(input, 2);
	(void)evbuffer_remove(input, in, *len);
	return true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);
	struct stream *s = arg;
	struct stream_pool *pool = s->pool;
	size_t len;

	while (message_take(input, pool->in, &len)) {
		s->vain = 0;
		forward_got(pool->forward, STREAM_CHANNEL + s->upstream->number,
		    NULL, pool->in, len);
	}
	s->owed = !TAILQ_EMPTY(&s->attempts);
	timer_set(s);
	forward_flush(pool->forward);
}

bool
stream_ask(
    struct stream_pool *pool, struct attempt *a, const uint8_t *msg, size_t len)
{
	struct stream *s = &pool->streams[a->upstream->number];

	if (s->bev == NULL && !stream_connect(s))
		return false;
	TAILQ_INSERT_TAIL(&s->attempts, a, in_stream);
	a->in_a_stream = true;
	message_send(s, msg, len);
	return true;
}

void
stream_forget(struct stream_pool *pool, struct attempt *a)
{
	if (a->in_a_stream)
		TAILQ_REMOVE(
		    &pool->streams[a->upstream->number].attempts, a, in_stream);
	a->in_a_stream = false;
}

enum err
stream_open(
    struct stream_pool **out, struct forward *f, struct event_base *base)
{
	struct stream_pool *pool = calloc(1, sizeof(*pool));

	*out = NULL;
	if (pool == NULL)
		return E_NOMEM;
	pool->forward = f;
	pool->base = base;
	pool->streams = calloc(f->upstream_count + 1, sizeof(*pool->streams));
	for (unsigned i = 0; pool->streams != NULL && i < f->upstream_count;
	     i++) {
		struct stream *s = &pool->streams[i];

		s->pool = pool;
		s->upstream = &f->upstreams[i];
		TAILQ_INIT(&s->attempts);
		s->timer = evtimer_new(base, on_timer, s);
		if (s->timer == NULL)
			break;
	}
	if (pool->streams == NULL ||
	    (f->upstream_count > 0 &&
		pool->streams[f->upstream_count - 1].timer == NULL)) {
		stream_close(pool);
		return E_NOMEM;
	}
	*out = pool;
	return E_OK;
}

void
stream_close(struct stream_pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0;
	     pool->streams != NULL && i < pool->forward->upstream_count; i++) {
		if (pool->streams[i].timer == NULL)
			continue;
		stream_shut(&pool->streams[i]);
		event_free(pool->streams[i].timer);
	}
	SSL_CTX_free(pool->tls);
	free(pool->streams);
	free(pool);
}
