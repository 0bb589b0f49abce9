/*
 * upstream_udp.c - see upstream_impl.h.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <linux/errqueue.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "upstream_impl.h"

#define BATCH     64
#define REPLY_MAX 4096 /* more than we said that we take */
#define ROUNDS    4    /* batches read before others get their turn */

/* Fewer ports than this, or than there may be, are too few to hide among. */
#define PORTS_LEAST 64

struct udp_socket {
	struct channel channel; /* first: cast back */
	int fd;                 /* 0: none; standard input is never ours */
	struct event event;
	struct udp_pool *pool;
};

struct udp_pool {
	struct forward *forward;
	struct event_base *base;
	int family;
	unsigned count, open, least; /* sockets; that have to be open */
	struct udp_socket *sockets;  /* COUNT, then one that is never open */

	/* What leaves by NEXT, or by one that is to be chosen. */
	struct udp_socket *next;
	unsigned queued;
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	uint8_t buf[BATCH][QUESTION_MAX];

	struct mmsghdr in[BATCH];
	struct iovec in_iov[BATCH];
	struct sockaddr_storage in_from[BATCH];
	uint8_t in_buf[BATCH][REPLY_MAX];
};

static void on_replies(evutil_socket_t, short, void *);

static bool
udp_socket_open(struct udp_socket *s)
{
	int on = 1, whole = IP_PMTUDISC_PROBE, family = s->pool->family;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	/* Never in fragments; and to number packets would cost 2 %. */
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
	/* So that "port unreachable" is told, with the question it is for. */
	if (family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	if (event_assign(&s->event, s->pool->base, fd, EV_READ | EV_PERSIST,
		on_replies, s) != 0 ||
	    event_add(&s->event, NULL) != 0) {
		(void)close(fd);
		return false;
	}
	s->fd = fd;
	s->pool->open++;
	return true;
}

/*
 * Gives up its port: the kernel chooses another at random when it sends next
 * (a new socket would do, and cost a question 4 % more).  What came to the old
 * one is nobody's.
 */
static void
socket_renew(const struct udp_socket *s)
{
	static const struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)connect(s->fd, &none, sizeof(none));
	while (recv(s->fd, NULL, 0, MSG_DONTWAIT) >= 0 || errno != EAGAIN)
		continue;
}

/*
 * Any one, with a port that it has had for no other batch: whoever has found
 * out which ports are open knows none that is used next.  The one that is
 * never open where there are too few to choose from.
 */
static struct udp_socket *
socket_choose(struct udp_pool *pool)
{
	uint32_t at =
	    (uint32_t)secret_next(&pool->forward->secret) * pool->count >> 16;
	struct udp_socket *s = &pool->sockets[at];

	if (s->fd == 0)
		(void)udp_socket_open(s);
	else if (LIST_EMPTY(&s->channel.attempts))
		socket_renew(s);
	for (unsigned i = 1; s->fd == 0 && i < pool->count; i++)
		s = &pool->sockets[(at + i) % pool->count];
	return pool->open >= pool->least ? s : &pool->sockets[pool->count];
}

static void
question_lose(const struct udp_socket *s, const uint8_t *msg)
{
	struct forward *f = s->pool->forward;
	struct attempt *a = attempt_find(f, &s->channel, dns_get16(msg));

	if (a != NULL)
		forward_lost(f, a);
}

/*
 * An error that is told here may be that of an earlier question on this
 * socket; then the second try shows it.
 */
static void
batch_send(struct udp_pool *pool)
{
	unsigned sent = 0, failures = 0;

	while (sent < pool->queued) {
		int n = sendmmsg(pool->next->fd, pool->msgs + sent,
		    pool->queued - sent, MSG_DONTWAIT);

		if (n > 0) {
			sent += (unsigned)n;
			failures = 0;
		} else if (errno == EAGAIN || errno == ENOBUFS ||
		    errno == ENOMEM) {
			break; /* as if lost on the way */
		} else if (++failures == 2) {
			question_lose(pool->next, pool->buf[sent++]);
			failures = 0;
		}
	}
	pool->queued = 0;
	pool->next = NULL;
}

struct channel *
udp_channel(struct udp_pool *pool)
{
	if (pool->queued == BATCH)
		batch_send(pool);
	if (pool->next == NULL)
		pool->next = socket_choose(pool);
	return &pool->next->channel;
}

bool
udp_ask(const struct attempt *a, const uint8_t *msg, size_t len)
{
	struct udp_socket *s = (struct udp_socket *)(void *)a->channel;
	struct udp_pool *pool = s->pool;
	unsigned i = pool->queued;

	if (s->fd == 0) {
		pool->forward->counters.no_port++;
		pool->next = NULL;
		return false;
	}
	memcpy(pool->buf[i], msg, len);
	pool->iov[i].iov_len = len;
	pool->msgs[i].msg_hdr.msg_name = &a->upstream->address;
	pool->msgs[i].msg_hdr.msg_namelen = sockaddr_len(&a->upstream->address);
	pool->queued++;
	return true;
}

void
udp_flush(struct udp_pool *pool)
{
	if (pool != NULL && pool->queued > 0)
		batch_send(pool);
}

/* RFC 1122, 4.1.3.3: the question comes back with what was wrong. */
static void
errors_read(struct udp_socket *s)
{
	uint8_t control[512], data[DNS_HEADER];
	struct iovec iov = { data, sizeof(data) };

	for (int i = 0; i < BATCH; i++) {
		struct msghdr msg = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };

		if (recvmsg(s->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) <
		    (ssize_t)sizeof(data))
			return;
		question_lose(s, data);
	}
}

static void
on_replies(evutil_socket_t fd, short what, void *arg)
{
	struct udp_socket *s = arg;
	struct udp_pool *pool = s->pool;
	int n = BATCH;

	(void)what;
	for (int round = 0; round < ROUNDS && n == BATCH; round++) {
		n = recvmmsg(fd, pool->in, BATCH, MSG_DONTWAIT, NULL);
		/* Whoever sent since may have been told that there is one. */
		if (n < 0)
			errors_read(s);
		for (int i = 0; i < n; i++) {
			forward_got(pool->forward, &s->channel,
			    (struct sockaddr *)&pool->in_from[i],
			    pool->in_buf[i], pool->in[i].msg_len);
			pool->in[i].msg_hdr.msg_namelen =
			    sizeof(pool->in_from[i]);
		}
	}
	forward_flush(pool->forward);
}

static void
messages_init(struct udp_pool *pool)
{
	for (unsigned i = 0; i < BATCH; i++) {
		pool->iov[i].iov_base = pool->buf[i];
		pool->msgs[i].msg_hdr.msg_iov = &pool->iov[i];
		pool->msgs[i].msg_hdr.msg_iovlen = 1;
		pool->in_iov[i] =
		    (struct iovec){ pool->in_buf[i], sizeof(pool->in_buf[i]) };
		pool->in[i].msg_hdr = (struct msghdr){
			.msg_name = &pool->in_from[i],
			.msg_namelen = sizeof(pool->in_from[i]),
			.msg_iov = &pool->in_iov[i],
			.msg_iovlen = 1,
		};
	}
}

struct udp_pool *
udp_open(struct forward *f, struct event_base *base, int family)
{
	struct udp_pool *pool = calloc(1, sizeof(*pool));
	unsigned count = f->options.sockets / 2;

	if (pool != NULL)
		pool->sockets = calloc(count + 1, sizeof(*pool->sockets));
	if (pool == NULL || pool->sockets == NULL) {
		free(pool);
		return NULL;
	}
	pool->forward = f;
	pool->base = base;
	pool->family = family;
	pool->count = count;
	pool->least = count < PORTS_LEAST ? count : PORTS_LEAST;
	messages_init(pool);
	for (unsigned i = 0; i <= count; i++)
		pool->sockets[i].pool = pool;
	/* All at the start: later there may be none to have. */
	for (unsigned i = 0; i < count; i++)
		if (!udp_socket_open(&pool->sockets[i]))
			break;
	if (pool->open < count)
		log_warn("forward: %u of %u sockets for questions over UDP "
			 "cannot be opened: %s; with fewer than %u, questions "
			 "fail",
		    count - pool->open, count, strerror(errno), pool->least);
	return pool;
}

void
udp_close(struct udp_pool *pool)
{
	if (pool == NULL)
		return;
	for (unsigned i = 0; i < pool->count; i++) {
		struct udp_socket *s = &pool->sockets[i];

		if (s->fd == 0)
			continue;
		(void)event_del(&s->event);
		(void)close(s->fd);
	}
	free(pool->sockets);
	free(pool);
}
