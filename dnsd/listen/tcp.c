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
	int64_t latest = clock_seconds(CLOCK_MONOTONIC_COARSE) - idle_now(hub);
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
	return addr_from_sockaddr(&l->sockets->listen->address);
}

static void
conn_accept(struct tcp_listener *l, int fd, const struct sockaddr_in6 *from)
{
	struct tcp_hub *hub = l->hub;
	const struct query_env *env = &hub->o.responder->env;
	struct network network = { .number = NETWORK_NONE };
	const struct tcp_conn new = { .hub = hub,
		.listen = l->sockets->listen,
		.from = addr_from_sockaddr(from),
		.port = ntohs(from->sin6_port),
		.to = asked_address(l, fd),
		.fd = fd,
		.used = clock_seconds(CLOCK_MONOTONIC_COARSE) };
	struct tcp_conn *c;

	if (env->store == E_OK)
		(void)lookup_network(
		    env->snapshot, &new.from, &new.to, &network);
	c = tcp_conn_open(&new, network.number);
	if (c == NULL) {
		(void)close(fd);
		return;
	}
	hub->o.counters->accepted++;
	tcp_conn_settle(c);
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
on_acceptable(evutil_socket_t listening, short what, void *arg)
{
	struct tcp_listener *l = arg;
	struct responder *r = l->hub->o.responder;
	int fd = 0;

	(void)what;
	r->begin(r);
	for (int i = 0; fd >= 0 && i < ACCEPT_TURN; i++) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);

		fd = accept4(listening, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			accept_failed(l->hub);
		else
			conn_accept(l, fd, &from);
	}
	r->end(r);
}

/* --- the hub's life */

enum err
tcp_hub_open(struct tcp_hub **out, const struct tcp_options *o)
{
	struct tcp_hub *hub = calloc(1, sizeof(*hub));

	*out = NULL;
	if (hub == NULL)
		return E_NOMEM;
	hub->path = (struct client_path){ tcp_path_send, tcp_path_flush };
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
	l->wildcard = config_listen_is_wildcard(sockets->listen);
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
 * At a socket that nobody takes over, who waits is accepted, and new ones are
 * for whoever else listens there; at one of systemd's, for the next server.
 */
void
tcp_hub_retire(struct tcp_hub *hub)
{
	struct tcp_listener *l;

	SLIST_FOREACH(l, &hub->listeners, next)
	{
		if (l->sockets->handed_on || l->sockets->passed)
			continue;
		on_acceptable(l->fd, EV_READ, l);
		(void)shutdown(l->fd, SHUT_RDWR);
	}
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
