/*
 * listen_udp.c - see listen_udp.h.
 *
 *	recvmmsg -> one look at the store -> answer each in place -> sendmmsg
 */
#include "dnsd/listen_udp.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "dnsd/listen_socket.h"

#define BATCH 64 /* packets a system call */
/* Of those, so many go through the query path's steps side by side. */
#define GROUP 16
/* Full batches in a row before others of the worker have their turn. */
#define TURNS 4
/*
 * So many at once, and the socket is not watched while they are answered.
 * For each packet that leaves a watched socket the kernel tells the watcher
 * that there is room again: 0.1 µs, where not watching costs 1 µs in all.
 */
#define CROWD 16
/* Even where replies are to be smaller, questions of this size are read. */
#define QUESTION_MAX 4096
/*
 * What a buffer is longer than its payload.  An odd number of cache lines
 * in all, as buffers at multiples of a page would share a few sets of the
 * cache.
 */
#define PAD 64

/* What a message points to.  Two cache lines. */
struct slot {
	struct iovec iov; /* first: a message is moved with its slot */
	struct sockaddr_in6 from;
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
	    __attribute__((aligned(sizeof(size_t))));
} __attribute__((aligned(64)));

struct batch {
	struct mmsghdr msg[BATCH];
	struct slot slot[BATCH];
	bool armed_wildcard; /* all messages have room for control data */
};

struct asked {
	struct query query;
	uint32_t interface;
	bool unread; /* not a question for the query path */
};

struct udp_buffers {
	struct batch in;
	struct asked asked[GROUP]; /* those being answered */

	/* Late replies: queued until flush, or until another socket's come. */
	struct batch out;
	unsigned queued;
	struct udp_listener *queued_by;

	uint8_t *memory;
	size_t memory_len;
	size_t reply_max, slot_len;
};

struct udp_listener {
	struct client_path path; /* first: a path is cast back */
	struct event event;
	struct udp_options o;
	int fd;
	const struct config_listen *listen;
	bool watched; /* its event is added */
	bool wildcard;
	struct addr to; /* where not wildcard */
};

static struct slot *
slot_of(const struct mmsghdr *m)
{
	return (struct slot *)m->msg_hdr.msg_iov;
}

/* Makes a message as recvmmsg wants it. */
static void
arm(const struct udp_buffers *b, struct mmsghdr *m, bool wildcard)
{
	struct slot *s = slot_of(m);

	s->iov.iov_len = b->slot_len;
	m->msg_hdr.msg_namelen = sizeof(s->from);
	m->msg_hdr.msg_control = wildcard ? s->control : NULL;
	m->msg_hdr.msg_controllen = wildcard ? sizeof(s->control) : 0;
}

static void
arm_all(struct udp_buffers *b, bool wildcard)
{
	for (unsigned i = 0; i < BATCH; i++)
		arm(b, &b->in.msg[i], wildcard);
	b->in.armed_wildcard = wildcard;
}

static void
batch_init(struct batch *batch, uint8_t *memory, size_t stride)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct slot *s = &batch->slot[i];

		s->iov.iov_base = memory + i * stride;
		batch->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &s->from,
			.msg_iov = &s->iov,
			.msg_iovlen = 1,
		};
	}
}

enum err
udp_buffers_open(struct udp_buffers **out, size_t max_udp_size)
{
	struct udp_buffers *b;
	size_t stride;

	*out = NULL;
	b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	if (b == NULL)
		return E_NOMEM;
	memset(b, 0, sizeof(*b));
	b->reply_max = max_udp_size;
	b->slot_len = max_udp_size > QUESTION_MAX ? max_udp_size : QUESTION_MAX;
	stride = (b->slot_len + 127) / 128 * 128 + PAD;
	b->memory_len = 2 * BATCH * stride;
	/* Pages come when they are touched: most of these never are. */
	b->memory = mmap(NULL, b->memory_len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->memory == MAP_FAILED) {
		free(b);
		return E_NOMEM;
	}
	batch_init(&b->in, b->memory, stride);
	batch_init(&b->out, b->memory + BATCH * stride, stride);
	arm_all(b, false);
	*out = b;
	return E_OK;
}

void
udp_buffers_close(struct udp_buffers *b)
{
	if (b == NULL)
		return;
	(void)munmap(b->memory, b->memory_len);
	free(b);
}

/* An interface is told for addresses that mean something only there. */
static uint32_t
interface_of(const struct in6_addr *to, const struct sockaddr_in6 *from,
    uint32_t interface)
{
	return IN6_IS_ADDR_LINKLOCAL(to) || IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr) ? interface : 0;
}

/*
 * Reads the address that was asked out of the control data, and turns the
 * data round, so that the reply leaves from there (RFC 3542, 6.2; ip(7)).
 * The interface is left to the routes: what came in here need not go out
 * here.  False: there is none.
 */
static bool
turn_control(struct mmsghdr *m, struct addr *to, uint32_t *interface)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);

	if (c == NULL)
		return false;
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *six = (void *)CMSG_DATA(c);

		six->ipi6_ifindex = interface_of(
		    &six->ipi6_addr, &slot_of(m)->from, six->ipi6_ifindex);
		*interface = six->ipi6_ifindex;
		memcpy(to->ip, &six->ipi6_addr, 16);
		return true;
	}
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *four = (void *)CMSG_DATA(c);

		/* spec_dst is one of ours even for a broadcast. */
		four->ipi_ifindex = 0;
		*interface = 0;
		*to = addr_from_v4(&four->ipi_spec_dst);
		return true;
	}
	return false;
}

/* The control data for a reply that leaves from C's address. */
static void
set_control(struct mmsghdr *m, const struct client *client)
{
	struct slot *s = slot_of(m);
	struct cmsghdr *c = (void *)s->control;

	m->msg_hdr.msg_control = c;
	if (client->from.any.sa_family == AF_INET6) {
		struct in6_pktinfo six = { .ipi6_ifindex = client->interface };

		memcpy(&six.ipi6_addr, client->to.ip, 16);
		m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof(six));
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6,
			.cmsg_type = IPV6_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(six)) };
		memcpy(CMSG_DATA(c), &six, sizeof(six));
	} else {
		struct in_pktinfo four = { 0 };

		memcpy(&four.ipi_spec_dst, client->to.ip + 12, 4);
		m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof(four));
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
			.cmsg_type = IP_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(four)) };
		memcpy(CMSG_DATA(c), &four, sizeof(four));
	}
}

/*
 * Sends N messages.  One that cannot be sent (no route, no such source
 * address) is left out; where the socket is full all others are: the
 * askers ask again, and waiting would hold up everybody.
 */
static void
batch_send(const struct udp_listener *l, struct mmsghdr *m, unsigned n)
{
	while (n > 0) {
		int sent = sendmmsg(l->fd, m, n, MSG_DONTWAIT);

		if (sent > 0) {
			l->o.counters->sent += (unsigned)sent;
			m += sent;
			n -= (unsigned)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			l->o.counters->unsent += n;
			return;
		} else if (errno != EINTR) {
			l->o.counters->unsent++;
			m++;
			n--;
		}
	}
}

static struct client
client_of(struct udp_listener *l, const struct mmsghdr *m,
    const struct query *q, uint32_t interface)
{
	struct client c = {
		.path = &l->path,
		.to = q->to,
		.interface = interface,
	};

	memcpy(&c.from, &slot_of(m)->from, sizeof(c.from));
	return c;
}

static void
answer_begin(struct udp_listener *l, struct mmsghdr *m, struct asked *a)
{
	struct query *q = &a->query;
	struct slot *s = slot_of(m);

	a->interface = 0;
	a->unread = (m->msg_hdr.msg_flags & MSG_TRUNC) != 0;
	if (a->unread) {
		l->o.counters->oversize++;
		return;
	}
	q->to = l->to;
	a->unread = l->wildcard && !turn_control(m, &q->to, &a->interface);
	if (a->unread)
		return;
	q->pkt = s->iov.iov_base;
	q->len = m->msg_len;
	q->cap = l->o.buffers->slot_len;
	q->from = addr_from_sockaddr(&s->from);
	q->bound = l->listen->network;
	q->tcp = false;
	query_begin(q);
}

/* True: the message holds a reply. */
static bool
answer_end(struct udp_listener *l, struct mmsghdr *m, struct asked *a)
{
	struct responder *r = l->o.responder;
	struct client client;

	if (a->unread)
		return false;
	switch (query_end(&a->query, &r->env)) {
	case QUERY_DROP:
		return false;
	case QUERY_FORWARD:
		client = client_of(l, m, &a->query, a->interface);
		if (!responder_forward(r, &a->query, &client))
			return false;
		break;
	case QUERY_SEND:
		break;
	}
	slot_of(m)->iov.iov_len = a->query.len;
	return true;
}

/* Messages with replies come to the front; a message owns its slot. */
static void
move_to(struct mmsghdr *front, struct mmsghdr *m)
{
	struct mmsghdr moved = *front;

	if (front != m) {
		*front = *m;
		*m = moved;
	}
}

/* N questions from FIRST on; replies go behind the REPLIES there are. */
static unsigned
answer_group(
    struct udp_listener *l, unsigned first, unsigned n, unsigned replies)
{
	struct mmsghdr *msg = l->o.buffers->in.msg;
	struct asked *asked = l->o.buffers->asked;
	struct query_env *env = &l->o.responder->env;

	for (unsigned i = 0; i < n; i++)
		answer_begin(l, &msg[first + i], &asked[i]);
	for (unsigned i = 0; i < n; i++)
		if (!asked[i].unread)
			query_read(&asked[i].query, env);
	for (unsigned i = 0; i < n; i++)
		if (!asked[i].unread)
			query_fetch(&asked[i].query, env);
	for (unsigned i = 0; i < n; i++)
		if (answer_end(l, &msg[first + i], &asked[i]))
			move_to(&msg[replies++], &msg[first + i]);
	return replies;
}

static unsigned
answer_all(struct udp_listener *l, unsigned got)
{
	unsigned replies = 0;

	for (unsigned first = 0; first < got; first += GROUP) {
		unsigned n = got - first < GROUP ? got - first : GROUP;

		replies = answer_group(l, first, n, replies);
	}
	return replies;
}

static void
unwatch(struct udp_listener *l)
{
	(void)event_del(&l->event);
	l->watched = false;
}

/* False: nothing more is there. */
static bool
turn(struct udp_listener *l)
{
	struct udp_buffers *b = l->o.buffers;
	int got = recvmmsg(l->fd, b->in.msg, BATCH, MSG_DONTWAIT, NULL);

	if (got <= 0)
		return false;
	if (got >= CROWD && l->watched)
		unwatch(l);
	l->o.counters->received += (unsigned)got;
	responder_begin(l->o.responder);
	batch_send(l, b->in.msg, answer_all(l, (unsigned)got));
	responder_end(l->o.responder);
	for (int i = 0; i < got; i++)
		arm(b, &b->in.msg[i], l->wildcard);
	return got == BATCH;
}

static void
watch(struct udp_listener *l)
{
	l->watched = event_add(&l->event, NULL) == 0;
	/* Without the memory for it: we come again, and try again. */
	if (!l->watched)
		event_active(&l->event, EV_READ, 0);
}

static void
turns(struct udp_listener *l)
{
	if (l->o.buffers->in.armed_wildcard != l->wildcard)
		arm_all(l->o.buffers, l->wildcard);
	for (int i = 0; i < TURNS && turn(l); i++)
		;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp_listener *l = arg;

	(void)fd;
	(void)what;
	turns(l);
	if (!l->watched)
		watch(l);
}

static void
queue_flush(struct udp_buffers *b)
{
	unsigned n = b->queued;

	b->queued = 0;
	if (n > 0)
		batch_send(b->queued_by, b->out.msg, n);
}

/* A late reply.  The queue is the worker's: one socket's at a time. */
static void
path_send(struct client_path *path, const struct client *client,
    const uint8_t *pkt, size_t len)
{
	struct udp_listener *l = (struct udp_listener *)path;
	struct udp_buffers *b = l->o.buffers;
	struct mmsghdr *m;
	struct slot *s;

	if (b->queued == BATCH || (b->queued > 0 && b->queued_by != l))
		queue_flush(b);
	if (len > b->slot_len) {
		l->o.counters->unsent++;
		return;
	}
	b->queued_by = l;
	m = &b->out.msg[b->queued++];
	s = slot_of(m);
	memcpy(s->iov.iov_base, pkt, len);
	s->iov.iov_len = len;
	memcpy(&s->from, &client->from, sizeof(s->from));
	m->msg_hdr.msg_namelen = client->from.any.sa_family == AF_INET
	    ? sizeof(client->from.v4)
	    : sizeof(client->from.v6);
	m->msg_hdr.msg_control = NULL;
	m->msg_hdr.msg_controllen = 0;
	if (l->wildcard)
		set_control(m, client);
}

static void
path_flush(struct client_path *path)
{
	queue_flush(((struct udp_listener *)path)->o.buffers);
}

enum err
udp_listener_open(struct udp_listener **out, const struct udp_options *o)
{
	struct udp_listener *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return E_NOMEM;
	l->path = (struct client_path){ path_send, path_flush };
	l->o = *o;
	l->fd = o->sockets->udp[o->index];
	l->listen = o->sockets->listen;
	l->wildcard = listen_is_wildcard(l->listen);
	if (!l->wildcard)
		l->to = addr_from_sockaddr(&l->listen->address);
	if (event_assign(&l->event, o->base, l->fd, EV_READ | EV_PERSIST,
		on_readable, l) != 0 ||
	    event_add(&l->event, NULL) != 0) {
		free(l);
		return E_NOMEM;
	}
	l->watched = true;
	*out = l;
	return E_OK;
}

void
udp_listener_retire(struct udp_listener *l)
{
	if (l->o.sockets->handed_on)
		unwatch(l);
}

void
udp_listener_stop(struct udp_listener *l)
{
	unwatch(l);
	if (!l->o.sockets->handed_on)
		turns(l);
	l->fd = -1;
	listen_sockets_leave(l->o.sockets, l->o.index);
}

void
udp_listener_close(struct udp_listener *l)
{
	if (l == NULL)
		return;
	(void)event_del(&l->event);
	free(l);
}
