/*
 * tcp.c - the TCP listeners of a worker, and when its connections end.
 */
#include "dnsd/listen/tcp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnsd/listen/socket.h"
#include "tcp_impl.h"

#define ACCEPT_TURN 64 /* connections before others have their turn */

/* A second, while there is something to look after. */
static void
timer_set(struct tcp_hub *hub)
{
	const struct timeval in = { .tv_sec = 1 };

	if (hub->count > 0 || hub->paused)
		(void)evtimer_add(&hub->timer, &in);
}

/* RFC 7766, 6.2.3: a half full table has less patience, a full one little. */
static int64_t
idle_now(const struct tcp_hub *hub)
{
	unsigned most = hub->o.connections, idle = hub->o.idle;
	uint64_t part = (uint64_t)idle * 2 * (most - hub->count) / most;

	if (part > idle)
		part = idle;
	return part > idle / 8 ? (int64_t)part : (idle + 7) / 8;
}

static void
hub_pause(struct tcp_hub *hub, bool pause)
{
	struct tcp_listener *l;

	hub->paused = pause;
	SLIST_FOREACH(l, &hub->listeners, next)
	{
		if (pause)
			(void)event_del(&l->event);
		else
			(void)event_add(&l->event, NULL);
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_hub *hub = arg;
	int64_t latest = tcp_now() - idle_now(hub);
	struct tcp_conn *c;

	(void)fd;
	(void)what;
	while ((c = TAILQ_FIRST(&hub->by_use)) != NULL && c->used < latest) {
		if (c->waiting > 0) {
			tcp_conn_touch(c);
			continue;
		}
		hub->o.counters->idle++;
		tcp_conn_close(c);
	}
	if (hub->paused && !hub->retiring)
		hub_pause(hub, false);
	timer_set(hub);
}

/* --- accepting */

/* On a wildcard listener each connection has an address of its own. */
static struct addr
asked_address(const struct tcp_listener *l, int fd)
{
	struct sockaddr_in6 to = { 0 };
	socklen_t len = sizeof(to);

	if (l->wildcard && getsockname(fd, (struct sockaddr *)&to, &len) == 0)
		return addr_from_sockaddr(&to);
	return addr_from_sockaddr(&l->listen->address);
}

static uint32_t
network_of(const struct tcp_hub *hub, const struct tcp_arrival *a)
{
	const struct query_env *env = &hub->o.responder->env;
	struct network n = { .number = NETWORK_NONE };

	if (env->store == E_OK)
		(void)lookup_network(env->snapshot, &a->from, &a->to, &n);
	return n.number;
}

static void
conn_accept(struct tcp_listener *l, int fd, const struct sockaddr_in6 *from)
{
	struct tcp_hub *hub = l->hub;
	struct tcp_arrival a = { .listen = l->listen,
		.from = addr_from_sockaddr(from),
		.port = ntohs(from->sin6_port),
		.to = asked_address(l, fd),
		.fd = fd };
	struct tcp_conn *c;

	a.network = network_of(hub, &a);
	c = tcp_conn_open(hub, &a);
	if (c == NULL) {
		(void)close(fd);
		return;
	}
	hub->o.counters->accepted++;
	tcp_conn_start(c);
	if (!evtimer_pending(&hub->timer, NULL))
		timer_set(hub);
}

/* What the kernel is short of may be free again in a second. */
static void
accept_failed(struct tcp_hub *hub)
{
	unsigned more;

	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	if (log_may(&hub->accept_log, &more))
		log_warn("TCP connections cannot be accepted for a second: %s "
			 "(%u more such)",
		    strerror(errno), more);
	hub_pause(hub, true);
	timer_set(hub);
}

static void
conns_accept(struct tcp_listener *l)
{
	for (int i = 0; i < ACCEPT_TURN; i++) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		int fd = accept4(l->fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			accept_failed(l->hub);
			return;
		}
		conn_accept(l, fd, &from);
	}
}

static void
on_acceptable(evutil_socket_t listening, short what, void *arg)
{
	struct tcp_listener *l = arg;
	struct responder *r = l->hub->o.responder;

	(void)listening;
	(void)what;
	r->begin(r);
	conns_accept(l);
	r->end(r);
}

/* --- late replies */

static void
path_send(struct client_path *path, const struct client *client,
    const uint8_t *pkt, size_t len)
{
	struct tcp_hub *hub = (struct tcp_hub *)path;
	struct tcp_conn *c = tcp_conn_find(hub, client->connection);

	if (c == NULL)
		return;
	tcp_conn_queue(c, pkt, len);
	if (c->is_unflushed)
		return;
	c->is_unflushed = true;
	TAILQ_INSERT_TAIL(&hub->unflushed, c, unflushed);
}

/* Not within a turn, whose connection must not be closed under it. */
static void
path_flush(struct client_path *path)
{
	struct tcp_hub *hub = (struct tcp_hub *)path;
	struct tcp_conn *c;

	while (!hub->serving && (c = TAILQ_FIRST(&hub->unflushed)) != NULL) {
		TAILQ_REMOVE(&hub->unflushed, c, unflushed);
		c->is_unflushed = false;
		tcp_conn_flush(c);
	}
}

/* --- the hub's life */

enum err
tcp_hub_open(struct tcp_hub **out, const struct tcp_options *o)
{
	struct tcp_hub *hub = calloc(1, sizeof(*hub));

	*out = NULL;
	if (hub == NULL)
		return E_NOMEM;
	hub->path = (struct client_path){ path_send, path_flush };
	hub->o = *o;
	SLIST_INIT(&hub->listeners);
	if (tcp_table_open(hub) != E_OK ||
	    evtimer_assign(&hub->timer, o->base, on_timer, hub) != 0) {
		tcp_table_close(hub);
		free(hub);
		return E_NOMEM;
	}
	*out = hub;
	return E_OK;
}

enum err
tcp_hub_listen(
    struct tcp_hub *hub, const struct listen_sockets *sockets, unsigned i)
{
	struct tcp_listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return E_NOMEM;
	l->hub = hub;
	l->sockets = sockets;
	l->fd = sockets->tcp[i];
	l->listen = sockets->listen;
	l->wildcard = config_listen_is_wildcard(l->listen);
	if (event_assign(&l->event, hub->o.base, l->fd, EV_READ | EV_PERSIST,
		on_acceptable, l) != 0 ||
	    event_add(&l->event, NULL) != 0) {
		free(l);
		return E_NOMEM;
	}
	SLIST_INSERT_HEAD(&hub->listeners, l, next);
	return E_OK;
}

static void
listeners_close(struct tcp_hub *hub)
{
	struct tcp_listener *l;

	while ((l = SLIST_FIRST(&hub->listeners)) != NULL) {
		SLIST_REMOVE_HEAD(&hub->listeners, next);
		(void)event_del(&l->event);
		free(l);
	}
}

/*
 * Takes the connections that wait to be accepted, and lets go of the
 * address: new ones are for whoever else listens on it.
 */
static void
listener_end(struct tcp_listener *l)
{
	on_acceptable(l->fd, EV_READ, l);
	(void)shutdown(l->fd, SHUT_RDWR);
}

void
tcp_hub_retire(struct tcp_hub *hub)
{
	struct tcp_listener *l;

	SLIST_FOREACH(l, &hub->listeners, next)
	/* What waits at a socket of systemd's is for the next server. */
	if (!l->sockets->handed_on && !l->sockets->passed)
		listener_end(l);
	hub->retiring = true;
	listeners_close(hub);
	/* By slot, as a turn reorders the lists and may close others. */
	for (unsigned i = 0; i < hub->slots_used; i++)
		if (hub->slots[i] != NULL)
			tcp_conn_retire(hub->slots[i]);
}

unsigned
tcp_hub_connections(const struct tcp_hub *hub)
{
	return hub->count;
}

void
tcp_hub_close(struct tcp_hub *hub)
{
	if (hub == NULL)
		return;
	listeners_close(hub);
	tcp_table_close(hub);
	(void)evtimer_del(&hub->timer);
	free(hub);
}
