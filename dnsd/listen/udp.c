/*
 * udp.c - see udp.h.
 *
 *	recvmmsg -> one look at the store -> answer each in place -> sendmmsg
 */
#include "dnsd/listen/udp.h"

#include <assert.h>

#include "udp_impl.h"

/* Full batches in a row before others of the worker have their turn. */
#define TURNS 4
/*
 * So many at once, and the socket is not watched while they are answered.
 * For each packet that leaves a watched socket the kernel tells the watcher
 * that there is room again: 0.1 µs, where not watching costs 1 µs in all.
 */
#define CROWD 16

static struct client
client_of(struct udp_listener *l, const struct asked *a)
{
	struct client c = {
		.path = &l->path,
		.to = a->query.to,
		.interface = a->interface,
	};

	memcpy(&c.from, &slot_of(a->message)->from, sizeof(c.from));
	return c;
}

/* False: no question for the query path. */
static bool
ask_begin(struct udp_listener *l, struct mmsghdr *m, struct asked *a)
{
	struct query *q = &a->query;
	struct slot *s = slot_of(m);

	if ((m->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		l->o.counters->oversize++;
		return false;
	}
	a->message = m;
	a->interface = 0;
	q->to = l->to;
	if (l->wildcard && !udp_turn_control(m, &q->to, &a->interface))
		return false;
	q->pkt = s->iov.iov_base;
	q->len = m->msg_len;
	q->cap = l->o.buffers->slot_len;
	q->from = addr_from_sockaddr(&s->from);
	q->bound = l->listen->network;
	q->port = ntohs(s->from.sin6_port);
	q->tcp = false;
	return true;
}

/* True: the message holds a reply. */
static bool
ask_end(struct udp_listener *l, struct asked *a)
{
	struct responder *r = l->o.responder;
	struct client client;

	switch (a->query.next) {
	case QUERY_DROP:
		return false;
	case QUERY_FORWARD:
		client = client_of(l, a);
		if (!r->forward(r, &a->query, &client))
			return false;
		break;
	case QUERY_SEND:
		break;
	}
	assert(a->query.len <= a->query.cap);
	slot_of(a->message)->iov.iov_len = a->query.len;
	return true;
}

/* Messages with replies come to the front; a message owns its slot. */
static void
message_move(struct mmsghdr *front, struct mmsghdr *m)
{
	struct mmsghdr moved = *front;

	if (front != m) {
		*front = *m;
		*m = moved;
	}
}

/* The first GOT messages; how many replies there are, now the first. */
static unsigned
batch_answer(struct udp_listener *l, unsigned got)
{
	struct mmsghdr *msg = l->o.buffers->in.msg;
	struct asked *asked = l->o.buffers->asked;
	unsigned count = 0, replies = 0;

	for (unsigned i = 0; i < got; i++)
		count += ask_begin(l, &msg[i], &asked[count]);
	l->o.responder->answer(l->o.responder, l->o.buffers->query, count);
	for (unsigned i = 0; i < count; i++)
		if (ask_end(l, &asked[i]))
			message_move(&msg[replies++], asked[i].message);
	return replies;
}

static void
listener_unwatch(struct udp_listener *l)
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
	int got = recvmmsg(l->fd, b->in.msg, BATCH, MSG_DONTWAIT, NULL);

	if (got <= 0)
		return false;
	if (got >= CROWD && l->watched)
		listener_unwatch(l);
	l->o.counters->received += (unsigned)got;
	r->begin(r);
	r->packets = (unsigned)got;
	r->replies = batch_answer(l, (unsigned)got);
	udp_send(l, b->in.msg, r->replies);
	r->end(r);
	for (int i = 0; i < got; i++)
		udp_arm(b, &b->in.msg[i], l->wildcard);
	return got == BATCH;
}

static void
listener_watch(struct udp_listener *l)
{
	l->watched = event_add(&l->event, NULL) == 0;
	/* Without the memory for it: we come again, and try again. */
	if (!l->watched)
		event_active(&l->event, EV_READ, 0);
}

static void
listener_turns(struct udp_listener *l)
{
	if (l->o.buffers->in.armed_wildcard != l->wildcard)
		udp_arm_all(l->o.buffers, l->wildcard);
	for (int i = 0; i < TURNS && listener_turn(l); i++)
		;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp_listener *l = arg;

	(void)fd;
	(void)what;
	listener_turns(l);
	if (!l->watched)
		listener_watch(l);
}

static void
queue_flush(struct udp_buffers *b)
{
	unsigned n = b->queued;

	b->queued = 0;
	if (n > 0)
		udp_send(b->queued_by, b->out.msg, n);
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
	m->msg_hdr.msg_namelen = sockaddr_len(&client->from);
	m->msg_hdr.msg_control = NULL;
	m->msg_hdr.msg_controllen = 0;
	if (l->wildcard)
		udp_set_control(m, client);
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
	l->wildcard = config_listen_is_wildcard(l->listen);
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
		listener_unwatch(l);
}

void
udp_listener_stop(struct udp_listener *l)
{
	listener_unwatch(l);
	if (!l->o.sockets->handed_on)
		listener_turns(l);
	l->fd = -1;
	listen_sockets_leave(l->o.sockets, l->o.index);
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
