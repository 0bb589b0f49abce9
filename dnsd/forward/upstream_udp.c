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
	int fd;           /* 0: none; standard input is never ours */
	unsigned waiting; /* attempts that left by it */
	struct event event;
	struct udp_pool *pool;
	uint32_t channel;
};

/* Sockets of one address family, and what leaves by one of them next. */
struct udp_family {
	int family;
	struct udp_socket *sockets;
	struct udp_socket *next; /* NULL: to be chosen */
	unsigned open;           /* sockets */
	unsigned queued;
	struct attempt *attempt[BATCH]; /* NULL: forgotten */
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	uint8_t buf[BATCH][QUESTION_MAX];
};

struct udp_pool {
	struct forward *forward;
	struct event_base *base;
	unsigned count; /* sockets of each family */
	unsigned least; /* that have to be open */
	struct udp_family v4, v6;
	struct mmsghdr in[BATCH];
	struct iovec in_iov[BATCH];
	struct sockaddr_storage in_from[BATCH];
	uint8_t in_buf[BATCH][REPLY_MAX];
};

static void on_readable(evutil_socket_t, short, void *);

static int
socket_make(int family)
{
	int on = 1, whole = IP_PMTUDISC_PROBE;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	/* Never in fragments; and to number packets would cost 2 %. */
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
	/* So that "port unreachable" is told, with the question it is for. */
	if (family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	return fd;
}

static void
socket_close(struct udp_family *family, struct udp_socket *s)
{
	if (s->fd == 0)
		return;
	(void)event_del(&s->event);
	(void)close(s->fd);
	s->fd = 0;
	family->open--;
}

static bool
socket_open(struct udp_family *family, struct udp_socket *s)
{
	int fd = socket_make(family->family);

	if (fd < 0)
		return false;
	if (event_assign(&s->event, s->pool->base, fd, EV_READ | EV_PERSIST,
		on_readable, s) != 0 ||
	    event_add(&s->event, NULL) != 0) {
		(void)close(fd);
		return false;
	}
	s->fd = fd;
	family->open++;
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
 * out which ports are open knows none that is used next.  NULL where there
 * are too few to choose from.
 */
static struct udp_socket *
socket_choose(struct udp_pool *pool, struct udp_family *family)
{
	uint32_t at =
	    (uint32_t)secret_next(&pool->forward->secret) * pool->count >> 16;
	struct udp_socket *s = &family->sockets[at];

	if (s->fd == 0)
		(void)socket_open(family, s);
	else if (s->waiting == 0)
		socket_renew(s);
	for (unsigned i = 1; s->fd == 0 && i < pool->count; i++)
		s = &family->sockets[(at + i) % pool->count];
	return s->fd != 0 && family->open >= pool->least ? s : NULL;
}

static struct udp_family *
family_of(struct udp_pool *pool, const struct upstream *up)
{
	return up->address.any.sa_family == AF_INET ? &pool->v4 : &pool->v6;
}

static bool
error_is_passing(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

/*
 * An error that is told here may be that of an earlier question on this
 * socket; then the second try shows it.
 */
static void
batch_send(struct udp_pool *pool, struct udp_family *family)
{
	unsigned sent = 0, failures = 0;

	while (sent < family->queued) {
		struct attempt *a = family->attempt[sent];
		int n = sendmmsg(family->next->fd, family->msgs + sent,
		    family->queued - sent, MSG_DONTWAIT);

		if (n > 0) {
			sent += (unsigned)n;
			failures = 0;
			continue;
		}
		if (error_is_passing(errno))
			break; /* as if lost on the way */
		if (++failures < 2)
			continue;
		if (a != NULL)
			forward_lost(pool->forward, a);
		sent++;
		failures = 0;
	}
	family->queued = 0;
	family->next = NULL;
}

uint32_t
udp_channel(struct udp_pool *pool, const struct upstream *up)
{
	struct udp_family *family = family_of(pool, up);

	if (family->queued == BATCH)
		batch_send(pool, family);
	if (family->next == NULL)
		family->next = socket_choose(pool, family);
	return family->next == NULL ? 0 : family->next->channel;
}

bool
udp_ask(
    struct udp_pool *pool, struct attempt *a, const uint8_t *msg, size_t len)
{
	struct udp_family *family = family_of(pool, a->upstream);
	unsigned i = family->queued;

	if (family->next == NULL) {
		pool->forward->counters.no_port++;
		return false;
	}
	memcpy(family->buf[i], msg, len);
	family->iov[i].iov_len = len;
	family->msgs[i].msg_hdr.msg_name = &a->upstream->address;
	family->msgs[i].msg_hdr.msg_namelen =
	    sockaddr_len(&a->upstream->address);
	family->attempt[i] = a;
	family->next->waiting++;
	family->queued++;
	return true;
}

void
udp_forget(struct udp_pool *pool, const struct attempt *a)
{
	struct udp_family *family = family_of(pool, a->upstream);

	if (a->unsent)
		return;
	family->sockets[a->channel % pool->count].waiting--;
	for (unsigned i = 0; i < family->queued; i++)
		if (family->attempt[i] == a)
			family->attempt[i] = NULL;
}

void
udp_flush(struct udp_pool *pool)
{
	if (pool->v4.queued > 0)
		batch_send(pool, &pool->v4);
	if (pool->v6.queued > 0)
		batch_send(pool, &pool->v6);
}

/* RFC 1122, 4.1.3.3: the question comes back with what was wrong. */
static void
errors_read(struct udp_socket *s)
{
	struct forward *f = s->pool->forward;
	uint8_t control[512], data[DNS_HEADER];
	struct iovec iov = { data, sizeof(data) };
	struct attempt *a;

	for (int i = 0; i < BATCH; i++) {
		struct msghdr msg = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };

		if (recvmsg(s->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) <
		    (ssize_t)sizeof(data))
			return;
		a = attempt_find(f, s->channel, dns_get16(data));
		if (a != NULL)
			forward_lost(f, a);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp_socket *s = arg;
	struct udp_pool *pool = s->pool;
	int n;

	(void)fd;
	(void)what;
	for (int round = 0; round < ROUNDS; round++) {
		/* It may be another one after each batch of replies. */
		n = recvmmsg(s->fd, pool->in, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno != EAGAIN)
			errors_read(s);
		for (int i = 0; i < n; i++) {
			forward_got(pool->forward, s->channel,
			    (struct sockaddr *)&pool->in_from[i],
			    pool->in_buf[i], pool->in[i].msg_len);
			pool->in[i].msg_hdr.msg_namelen =
			    sizeof(pool->in_from[i]);
		}
		if (n < BATCH)
			break;
	}
	forward_flush(pool->forward);
}

static bool
family_init(struct udp_pool *pool, struct udp_family *family, int af)
{
	family->family = af;
	family->sockets = calloc(pool->count, sizeof(*family->sockets));
	if (family->sockets == NULL)
		return false;
	for (unsigned i = 0; i < pool->count; i++) {
		family->sockets[i].pool = pool;
		family->sockets[i].channel =
		    i + (af == AF_INET6 ? pool->count : 0);
	}
	for (unsigned i = 0; i < BATCH; i++) {
		family->iov[i].iov_base = family->buf[i];
		family->msgs[i].msg_hdr.msg_iov = &family->iov[i];
		family->msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return true;
}

/* All at the start: later there may be none to have. */
static void
family_open(struct udp_pool *pool, struct udp_family *family)
{
	for (unsigned i = 0; family->open < pool->count && i < pool->count; i++)
		if (!socket_open(family, &family->sockets[i]))
			break;
	if (family->open < pool->count)
		log_warn("forward: %u of %u sockets for questions over UDP "
			 "cannot be opened: %s; with fewer than %u, questions "
			 "fail",
		    pool->count - family->open, pool->count, strerror(errno),
		    pool->least);
}

enum err
udp_open(struct udp_pool **out, struct forward *f, struct event_base *base)
{
	struct udp_pool *pool = calloc(1, sizeof(*pool));

	*out = NULL;
	if (pool == NULL)
		return E_NOMEM;
	pool->forward = f;
	pool->base = base;
	pool->count = f->options.sockets / 2;
	pool->least = pool->count < PORTS_LEAST ? pool->count : PORTS_LEAST;
	for (unsigned i = 0; i < BATCH; i++) {
		pool->in_iov[i] =
		    (struct iovec){ pool->in_buf[i], sizeof(pool->in_buf[i]) };
		pool->in[i].msg_hdr = (struct msghdr){
			.msg_name = &pool->in_from[i],
			.msg_namelen = sizeof(pool->in_from[i]),
			.msg_iov = &pool->in_iov[i],
			.msg_iovlen = 1,
		};
	}
	if (!family_init(pool, &pool->v4, AF_INET) ||
	    !family_init(pool, &pool->v6, AF_INET6)) {
		udp_close(pool);
		return E_NOMEM;
	}
	for (unsigned i = 0; i < f->upstream_count; i++)
		family_open(pool, family_of(pool, &f->upstreams[i]));
	*out = pool;
	return E_OK;
}

static void
family_release(struct udp_pool *pool, struct udp_family *family)
{
	for (unsigned i = 0; family->sockets != NULL && i < pool->count; i++)
		socket_close(family, &family->sockets[i]);
	free(family->sockets);
}

void
udp_close(struct udp_pool *pool)
{
	if (pool == NULL)
		return;
	family_release(pool, &pool->v4);
	family_release(pool, &pool->v6);
	free(pool);
}
