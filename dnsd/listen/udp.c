/*
 * udp.c - see udp.h.
 *
 *	recvmmsg -> one look at the store -> answer each in place -> sendmmsg
 */
#include "dnsd/listen/udp.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>

#define BATCH QUERY_BATCH /* packets a system call */
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
/*
 * Replies of up to so many octets are sent whole, with DF (RFC 9715, 3.1):
 * hardly any link cannot carry them.  An id by which to put fragments
 * together would cost 0.06 µs a packet.
 */
#define WHOLE_MAX 1232

/* What a message points to and keeps when it changes place. */
struct slot {
	struct iovec iov; /* first */
	struct sockaddr_in6 from;
	uint32_t interface; /* it came through; 0: any */
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
	    __attribute__((aligned(sizeof(size_t))));
} __attribute__((aligned(64)));

struct batch {
	struct mmsghdr msg[BATCH];
	struct slot slot[BATCH];
};

struct udp_buffers {
	struct batch in;
	struct query question[BATCH]; /* of the first messages */
	struct query *query[BATCH];   /* them */

	/* Late replies: queued until flush, or until another socket's come. */
	struct batch out;
	unsigned queued;
	struct udp_listener *queued_by;

	size_t slot_len;
	uint8_t memory[] __attribute__((aligned(64)));
};

struct udp_listener {
	struct client_path path; /* first: a path is cast back */
	struct event event;
	struct udp_options o;
	bool watched; /* its event is added */
};

static inline struct slot *
message_slot(const struct mmsghdr *m)
{
	return (struct slot *)m->msg_hdr.msg_iov;
}

/* Makes a message as recvmmsg wants it. */
static void
message_arm(const struct udp_buffers *b, struct mmsghdr *m)
{
	struct slot *s = message_slot(m);

	s->iov.iov_len = b->slot_len;
	m->msg_hdr.msg_namelen = sizeof(s->from);
	m->msg_hdr.msg_controllen = sizeof(s->control);
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
			.msg_control = s->control,
		};
	}
}

enum err
udp_buffers_open(struct udp_buffers **out, size_t max_udp_size)
{
	size_t len = max_udp_size > QUESTION_MAX ? max_udp_size : QUESTION_MAX;
	size_t stride = (len + 127) / 128 * 128 + PAD;
	/* Pages come when they are touched: most of these never are. */
	struct udp_buffers *b =
	    aligned_alloc(64, sizeof(*b) + 2 * BATCH * stride);

	*out = b;
	if (b == NULL)
		return E_NOMEM;
	memset(b, 0, sizeof(*b));
	b->slot_len = len;
	batch_init(&b->in, b->memory, stride);
	batch_init(&b->out, b->memory + BATCH * stride, stride);
	for (unsigned i = 0; i < BATCH; i++) {
		message_arm(b, &b->in.msg[i]);
		b->query[i] = &b->question[i];
	}
	return E_OK;
}

void
udp_buffers_close(struct udp_buffers *b)
{
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
 * Reads the address that was asked out of the control data (RFC 3542, 6.2;
 * ip(7)), and turns that round, so that the reply leaves from there.  The
 * interface is left to the routes: what came in here need not go out here.
 * False: there is none.
 */
static bool
control_turn(struct mmsghdr *m, struct addr *to)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);
	struct slot *s = message_slot(m);

	if (c == NULL)
		return false;
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *six = (void *)CMSG_DATA(c);

		s->interface = six->ipi6_ifindex =
		    interface_of(&six->ipi6_addr, &s->from, six->ipi6_ifindex);
		memcpy(to->ip, &six->ipi6_addr, 16);
		return true;
	}
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *four = (void *)CMSG_DATA(c);

		/* spec_dst is one of ours even for a broadcast. */
		four->ipi_ifindex = 0;
		*to = addr_from_v4(&four->ipi_spec_dst);
		return true;
	}
	return false;
}

static void
control_put(
    struct mmsghdr *m, int level, int type, const void *info, size_t len)
{
	struct cmsghdr *c = m->msg_hdr.msg_control;

	m->msg_hdr.msg_controllen = CMSG_SPACE(len);
	*c = (struct cmsghdr){ .cmsg_level = level,
		.cmsg_type = type,
		.cmsg_len = CMSG_LEN(len) };
	memcpy(CMSG_DATA(c), info, len);
}

/* For a reply that leaves from the client's `to`. */
static void
control_set(struct mmsghdr *m, const struct client *client)
{
	struct in6_pktinfo six = { .ipi6_ifindex = client->interface };
	struct in_pktinfo four = { 0 };

	memcpy(&six.ipi6_addr, client->to.ip, 16);
	memcpy(&four.ipi_spec_dst, client->to.ip + 12, 4);
	if (client->from.any.sa_family == AF_INET6)
		control_put(m, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof(six));
	else
		control_put(m, IPPROTO_IP, IP_PKTINFO, &four, sizeof(four));
}

/* IPv4: by us, and without DF also on the way. */
static void
fragments_allow(const struct udp_listener *l, bool may)
{
	int mode = may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE;

	(void)setsockopt(
	    l->o.fd, IPPROTO_IP, IP_MTU_DISCOVER, &mode, sizeof(mode));
}

static bool
any_is_large(const struct mmsghdr *m, unsigned n)
{
	bool large = false;

	for (unsigned i = 0; i < n; i++)
		large |= message_slot(&m[i])->iov.iov_len > WHOLE_MAX;
	return large;
}

/*
 * One that cannot be sent (no route, no such source address) is left out; where
 * the socket is full all others are: the askers ask again, and waiting would
 * hold up everybody.
 */
static void
messages_send(const struct udp_listener *l, struct mmsghdr *m, unsigned n)
{
	bool four = addr_is_v4(&l->o.to), cut = four && any_is_large(m, n);

	if (cut)
		fragments_allow(l, true);
	while (n > 0) {
		int sent = sendmmsg(l->o.fd, m, n, MSG_DONTWAIT);

		if (sent > 0) {
			l->o.counters->sent += (unsigned)sent;
			m += sent;
			n -= (unsigned)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			l->o.counters->unsent += n;
			n = 0;
		} else if (errno == EMSGSIZE && four && !cut) {
			cut = true;
			fragments_allow(l, true);
		} else if (errno != EINTR) {
			l->o.counters->unsent++;
			m++;
			n--;
		}
	}
	if (cut)
		fragments_allow(l, false);
}

/* False: no question for the query path. */
static bool
message_read(struct udp_listener *l, struct mmsghdr *m, struct query *q)
{
	struct slot *s = message_slot(m);

	if ((m->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		l->o.counters->oversize++;
		return false;
	}
	s->interface = 0;
	q->to = l->o.to;
	if (l->o.wildcard && !control_turn(m, &q->to))
		return false;
	q->pkt = s->iov.iov_base;
	q->len = m->msg_len;
	q->cap = l->o.buffers->slot_len;
	q->from = addr_from_sockaddr(&s->from);
	q->bound = l->o.network;
	q->port = ntohs(s->from.sin6_port);
	q->tcp = false;
	return true;
}

/* True: the message holds a reply. */
static bool
message_write(struct udp_listener *l, struct mmsghdr *m, struct query *q)
{
	struct responder *r = l->o.responder;
	struct slot *s = message_slot(m);

	if (q->next == QUERY_DROP)
		return false;
	if (q->next == QUERY_FORWARD) {
		struct client client = {
			.path = &l->path, .to = q->to, .interface = s->interface
		};

		memcpy(&client.from, &s->from, sizeof(s->from));
		if (!r->forward(r, q, &client))
			return false;
	}
	assert(q->len <= q->cap);
	s->iov.iov_len = q->len;
	if (!l->o.wildcard)
		m->msg_hdr.msg_controllen = 0;
	return true;
}

static void
message_move(struct mmsghdr *front, struct mmsghdr *m)
{
	struct mmsghdr moved = *front;

	if (front != m) {
		*front = *m;
		*m = moved;
	}
}

/*
 * The first GOT messages.  Those with questions come to the front, and of them
 * those with replies, which are so many.
 */
static unsigned
batch_answer(struct udp_listener *l, unsigned got)
{
	struct udp_buffers *b = l->o.buffers;
	struct mmsghdr *msg = b->in.msg;
	unsigned count = 0, replies = 0;

	for (unsigned i = 0; i < got; i++)
		if (message_read(l, &msg[i], b->query[count]))
			message_move(&msg[count++], &msg[i]);
	l->o.responder->answer(l->o.responder, b->query, count);
	for (unsigned i = 0; i < count; i++)
		if (message_write(l, &msg[i], b->query[i]))
			message_move(&msg[replies++], &msg[i]);
	return replies;
}

void
udp_listener_retire(struct udp_listener *l)
{
	(void)event_del(&l->event);
	l->watched = false;
}

/* False: nothing more is there. */
static bool
listener_turn(struct udp_listener *l)
{
	struct responder *r = l->o.responder;
	struct udp_buffers *b = l->o.buffers;
	int got = recvmmsg(l->o.fd, b->in.msg, BATCH, MSG_DONTWAIT, NULL);

	if (got <= 0)
		return false;
	if (got >= CROWD && l->watched)
		udp_listener_retire(l);
	l->o.counters->received += (unsigned)got;
	r->begin(r);
	r->packets = (unsigned)got;
	r->replies = batch_answer(l, (unsigned)got);
	messages_send(l, b->in.msg, r->replies);
	r->end(r);
	for (int i = 0; i < got; i++)
		message_arm(b, &b->in.msg[i]);
	return got == BATCH;
}

static void
listener_turns(struct udp_listener *l)
{
	for (int i = 0; i < TURNS && listener_turn(l); i++)
		;
}

static void
on_packets(evutil_socket_t fd, short what, void *arg)
{
	struct udp_listener *l = arg;

	(void)fd;
	(void)what;
	listener_turns(l);
	if (l->watched)
		return;
	l->watched = event_add(&l->event, NULL) == 0;
	/* Without the memory for it: we come again, and try again. */
	if (!l->watched)
		event_active(&l->event, EV_READ, 0);
}

static void
queue_flush(struct udp_buffers *b)
{
	unsigned n = b->queued;

	b->queued = 0;
	if (n > 0)
		messages_send(b->queued_by, b->out.msg, n);
}

/* A late reply.  The queue is the worker's: one socket's at a time. */
static void
udp_path_send(struct client_path *path, const struct client *client,
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
	s = message_slot(m);
	memcpy(s->iov.iov_base, pkt, len);
	s->iov.iov_len = len;
	memcpy(&s->from, &client->from, sizeof(s->from));
	m->msg_hdr.msg_namelen = sockaddr_len(&client->from);
	m->msg_hdr.msg_controllen = 0;
	if (l->o.wildcard)
		control_set(m, client);
}

static void
udp_path_flush(struct client_path *path)
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
	l->path = (struct client_path){ udp_path_send, udp_path_flush };
	l->o = *o;
	if (event_assign(&l->event, o->base, o->fd, EV_READ | EV_PERSIST,
		on_packets, l) != 0 ||
	    event_add(&l->event, NULL) != 0) {
		free(l);
		return E_NOMEM;
	}
	l->watched = true;
	*out = l;
	return E_OK;
}

void
udp_listener_stop(struct udp_listener *l, bool rest)
{
	udp_listener_retire(l);
	if (rest)
		listener_turns(l);
	l->o.fd = -1;
}

void
udp_listener_close(struct udp_listener *l)
{
	if (l == NULL)
		return;
	assert(l->o.buffers->queued == 0);
	(void)event_del(&l->event);
	free(l);
}
