/*
 * tcp_conn.c - a connection: questions in, replies out.
 *
 *	           all whole questions answered, all replies taken
 *	          .---------------------------------------------.
 *	          v                                             |
 *	  READS (EV_READ) ---- replies not taken ----> WRITES (EV_WRITE)
 *	          |                                             |
 *	   end of input                                  end of input, all
 *	          v                                      replies taken
 *	  FINISHES (no event) <---------------------------------'
 *	          |
 *	   nothing waits upstream
 *	          v
 *	       closed
 *
 * tcp_conn_settle() makes every transition.  A broken connection, one that is
 * silent for too long and one that never reads are closed from any state.
 */
#include "tcp_impl.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#include "dnsd/listen/socket.h"

/* Forwarded replies may pile up behind an asker that does not read. */
#define UNREAD_MAX (1 << 18)

static void on_event(evutil_socket_t, short, void *);

static bool
octets_keep(struct evbuffer **to, const uint8_t *octets, size_t len)
{
	if (len == 0)
		return true;
	if (*to == NULL)
		*to = evbuffer_new();
	return *to != NULL && evbuffer_add(*to, octets, len) == 0;
}

static void
octets_drop(struct evbuffer **b)
{
	evbuffer_free(*b);
	*b = NULL;
}

static void
conn_want(struct tcp_conn *c, short what)
{
	if (c->wants == what)
		return;
	if (c->wants != 0)
		(void)event_del(&c->event);
	c->wants = what;
	if (what == 0)
		return;
	(void)event_assign(&c->event, c->hub->o.base, c->fd,
	    (short)(what | EV_PERSIST), on_event, c);
	if (event_add(&c->event, NULL) != 0)
		c->dead = true;
}

/* What the connection does next, after whatever happened to it. */
void
tcp_conn_settle(struct tcp_conn *c)
{
	bool last = c->ended || c->hub->retiring;

	if (c->out != NULL)
		conn_want(c, EV_WRITE);
	else if (last && c->waiting == 0)
		c->dead = true;
	else
		conn_want(c, c->ended ? 0 : EV_READ);
	if (c->dead)
		tcp_conn_close(c);
}

/* As many octets as the kernel takes now. */
static size_t
conn_send(struct tcp_conn *c, const uint8_t *bytes, size_t len)
{
	ssize_t n;

	do
		n = send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		tcp_conn_touch(c);
		return (size_t)n;
	}
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		c->dead = true;
	return 0;
}

static void
conn_keep_out(struct tcp_conn *c, const uint8_t *bytes, size_t len)
{
	if (c->out != NULL && evbuffer_get_length(c->out) + len > UNREAD_MAX) {
		c->hub->o.counters->unread++;
		c->dead = true;
	} else if (!octets_keep(&c->out, bytes, len)) {
		c->dead = true;
	}
}

/* The turn's replies leave, behind what has not left before. */
static void
conn_send_turn(struct tcp_conn *c)
{
	struct tcp_hub *hub = c->hub;
	size_t sent = 0;

	if (hub->out_len > 0 && c->out == NULL)
		sent = conn_send(c, hub->out, hub->out_len);
	if (!c->dead)
		conn_keep_out(c, hub->out + sent, hub->out_len - sent);
	hub->out_len = 0;
}

static bool
conn_forward(struct tcp_conn *c, struct query *q)
{
	struct responder *r = c->hub->o.responder;
	struct client client = {
		.path = &c->hub->path,
		.to = c->to,
		.connection = c->number,
	};

	/* The reply may come before this returns. */
	c->waiting++;
	if (!r->forward(r, q, &client))
		return false;
	c->waiting--;
	return true;
}

/* Answers one question behind the replies of this turn. */
static void
conn_answer(struct tcp_conn *c, const uint8_t *pkt, size_t len)
{
	struct tcp_hub *hub = c->hub;
	struct query *q = &hub->query;
	uint8_t *out = hub->out + hub->out_len;

	assert(hub->out_len + TCP_MESSAGE <= sizeof(hub->out));
	memcpy(out + 2, pkt, len);
	q->pkt = out + 2;
	q->len = len;
	q->cap = DNS_TCP_MAX;
	q->from = c->from;
	q->port = c->port;
	q->to = c->to;
	q->bound = c->listen->network;
	q->tcp = true;
	hub->o.counters->received++;
	hub->o.responder->answer(hub->o.responder, &q, 1);
	switch (q->next) {
	case QUERY_DROP:
		return;
	case QUERY_FORWARD:
		if (!conn_forward(c, q))
			return;
		break;
	case QUERY_SEND:
		break;
	}
	assert(q->len <= q->cap);
	dns_put16(out, (uint16_t)q->len);
	hub->out_len += 2 + q->len;
	hub->o.counters->sent++;
	hub->o.responder->replies++;
}

/* Takes whole questions while replies are taken; returns octets used. */
static size_t
conn_answer_all(struct tcp_conn *c, const uint8_t *in, size_t len)
{
	struct wire_in w = wire_in(in, len);
	size_t used = 0;

	while (!c->dead && c->out == NULL) {
		uint16_t size = wire_get16(&w);
		const uint8_t *pkt = wire_take(&w, size);

		if (pkt == NULL)
			break;
		conn_answer(c, pkt, size);
		used = w.pos;
		if (c->hub->out_len > TCP_WRITE)
			conn_send_turn(c);
	}
	return used;
}

/* What was kept and, if READ, what the kernel has; into the hub's buffer. */
static size_t
conn_gather(struct tcp_conn *c, bool readable)
{
	uint8_t *in = c->hub->in;
	size_t len = 0;
	ssize_t n;

	if (c->in != NULL) {
		len = evbuffer_get_length(c->in);
		(void)evbuffer_remove(c->in, in, len);
		octets_drop(&c->in);
	}
	if (!readable)
		return len;
	n = recv(c->fd, in + len, TCP_READ, MSG_DONTWAIT);
	if (n > 0)
		return len + (size_t)n;
	if (n == 0)
		c->ended = true;
	else if (errno != EAGAIN && errno != EINTR)
		c->dead = true;
	return len;
}

/* A turn: in, answer, out. */
static void
conn_serve(struct tcp_conn *c, bool readable)
{
	struct tcp_hub *hub = c->hub;
	struct responder *r = hub->o.responder;
	size_t len = conn_gather(c, readable), used;

	if (len == 0 || c->dead)
		return;
	r->begin(r);
	used = conn_answer_all(c, hub->in, len);
	if (used > 0)
		tcp_conn_touch(c);
	conn_send_turn(c);
	r->end(r);
	if (!c->dead && !octets_keep(&c->in, hub->in + used, len - used))
		c->dead = true;
}

static void
conn_send_kept(struct tcp_conn *c)
{
	if (c->out == NULL)
		return;
	if (evbuffer_write(c->out, c->fd) > 0)
		tcp_conn_touch(c);
	else if (errno != EAGAIN && errno != EINTR)
		c->dead = true;
	if (evbuffer_get_length(c->out) == 0)
		octets_drop(&c->out);
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_conn *c = arg;
	struct tcp_hub *hub = c->hub;

	(void)fd;
	hub->serving = true;
	conn_send_kept(c);
	if (c->out == NULL && !c->dead)
		conn_serve(c, (what & EV_READ) != 0);
	tcp_conn_settle(c);
	hub->serving = false;
	tcp_path_flush(&hub->path);
}

/* --- late replies */

void
tcp_path_send(struct client_path *path, const struct client *client,
    const uint8_t *pkt, size_t len)
{
	struct tcp_hub *hub = (struct tcp_hub *)path;
	struct tcp_conn *c = tcp_conn_find(hub, client->connection);
	uint8_t size[2];

	if (c == NULL)
		return;
	dns_put16(size, (uint16_t)len);
	conn_keep_out(c, size, sizeof(size));
	conn_keep_out(c, pkt, len);
	if (c->waiting > 0)
		c->waiting--;
	hub->o.counters->sent++;
	if (!c->is_unflushed)
		TAILQ_INSERT_TAIL(&hub->unflushed, c, unflushed);
	c->is_unflushed = true;
}

/* Not within a turn, whose connection must not be closed under it. */
void
tcp_path_flush(struct client_path *path)
{
	struct tcp_hub *hub = (struct tcp_hub *)path;
	struct tcp_conn *c;

	while (!hub->serving && (c = TAILQ_FIRST(&hub->unflushed)) != NULL) {
		TAILQ_REMOVE(&hub->unflushed, c, unflushed);
		c->is_unflushed = false;
		/* Who WRITES has questions here: his own turn sends first. */
		if (!c->dead && c->wants != EV_WRITE)
			conn_send_kept(c);
		tcp_conn_settle(c);
	}
}

void
tcp_conn_retire(struct tcp_conn *c)
{
	if (c->wants == EV_READ)
		on_event(c->fd, EV_READ, c);
	else
		tcp_conn_settle(c);
}
