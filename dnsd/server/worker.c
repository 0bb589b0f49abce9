/*
 * worker.c - see worker.h.
 */
#include "dnsd/server/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "impl.h"

/* Socket INDEX of its SOCKETS. */
struct served {
	struct udp_listener *udp;
	struct listen_sockets *sockets;
	unsigned index;
};

struct worker {
	struct worker_options o;
	struct event_base *base;
	struct worker_responder responder;
	struct udp_buffers *udp_buffers;
	struct served *served;
	unsigned served_count;
	struct tcp_hub *tcp;
	struct counters counters;

	/* The main thread's side; all else is the worker's own. */
	pthread_t thread;
	bool started;
	int wake; /* eventfd */
	atomic_uint orders;
	atomic_uint due, reports; /* wanted by now; made */
	atomic_bool ended;
	/* Settled while all that are due were made, or it has ended. */
	struct worker_told told;

	struct event on_wake;
	struct event on_tick; /* only while it retires */
	bool retiring;
	int64_t end_ms; /* monotonic; when it ends at the latest */
};

#define TICK_MS 20 /* a retiring worker looks whether it may end */

/* --- orders */

static void
news_post(const struct worker *w)
{
	const uint64_t one = 1;

	(void)!write(w->o.news, &one, sizeof(one));
}

static void
report_make(struct worker *w)
{
	const struct forward *f = w->responder.forward;
	struct report *r = &w->told.report;

	r->counters = w->counters;
	r->counters.query = w->responder.responder.env.counters;
	r->counters.tcp_open = tcp_hub_connections(w->tcp);
	r->timing = w->responder.timing;
	w->told.sketch = w->responder.sketch;
	if (f == NULL)
		return;
	r->counters.forward = *forward_counters(f);
	r->counters.forward_waiting = forward_waiting(f);
	r->forwarded = *forward_timing(f);
	(void)forward_upstreams(f, w->told.upstreams, w->told.upstream_count);
}

static bool
worker_is_busy(const struct worker *w)
{
	const struct forward *f = w->responder.forward;

	return tcp_hub_connections(w->tcp) > 0 ||
	    (f != NULL && forward_waiting(f) > 0);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = { .tv_usec = TICK_MS * 1000 };
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (worker_is_busy(w) && clock_ms(CLOCK_MONOTONIC) < w->end_ms)
		(void)evtimer_add(&w->on_tick, &soon);
	else
		(void)event_base_loopbreak(w->base);
}

static void
worker_retire(struct worker *w, int grace)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + grace * 1000;

	if (!w->retiring) {
		w->retiring = true;
		w->end_ms = end;
		for (unsigned i = 0; i < w->served_count; i++)
			if (w->served[i].sockets->handed_on)
				udp_listener_retire(w->served[i].udp);
		tcp_hub_retire(w->tcp);
	}
	if (end < w->end_ms)
		w->end_ms = end;
	on_tick(-1, 0, w);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	unsigned orders = atomic_exchange(&w->orders, 0);
	unsigned due = atomic_load(&w->due);
	uint64_t count;

	(void)what;
	(void)!read(fd, &count, sizeof(count));
	if ((orders & WORKER_HURRY) != 0)
		worker_retire(w, WORKER_HURRY_GRACE);
	else if ((orders & WORKER_RETIRE) != 0)
		worker_retire(w, WORKER_GRACE);
	/* By number: one that was made already may be read by now. */
	if (due != atomic_load(&w->reports)) {
		report_make(w);
		atomic_store(&w->reports, due);
		news_post(w);
	}
}

void
worker_order(struct worker *w, enum worker_order order)
{
	const uint64_t one = 1;

	if (order == WORKER_REPORT)
		atomic_fetch_add(&w->due, 1);
	atomic_fetch_or(&w->orders, order);
	(void)!write(w->wake, &one, sizeof(one));
}

bool
worker_has_ended(struct worker *w)
{
	return atomic_load(&w->ended);
}

bool
worker_has_reported(struct worker *w)
{
	return atomic_load(&w->reports) == atomic_load(&w->due) ||
	    worker_has_ended(w);
}

struct worker_told *
worker_told(struct worker *w)
{
	/* The last one is made here: made there, it could be while we read. */
	if (worker_has_ended(w))
		report_make(w);
	return &w->told;
}

/* --- life */

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	char name[16];

	(void)snprintf(name, sizeof(name), "worker %u", w->o.index);
	(void)pthread_setname_np(pthread_self(), name);
	if (w->o.config->steer && !steer_thread(w->o.index))
		log_warn(
		    "%s is not kept on a processor: %s", name, strerror(errno));
	(void)event_base_dispatch(w->base);
	for (unsigned i = 0; i < w->served_count; i++) {
		const struct served *s = &w->served[i];

		/* What waits there is for who has them now, or for us. */
		udp_listener_stop(s->udp, !s->sockets->handed_on);
		listen_sockets_leave(s->sockets, s->index);
	}
	atomic_store(&w->ended, true);
	news_post(w);
	return NULL;
}

static enum err
worker_base_open(struct worker *w)
{
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->wake < 0)
		return E_SYSTEM;
	w->base = event_base_new();
	if (w->base == NULL ||
	    event_assign(&w->on_wake, w->base, w->wake, EV_READ | EV_PERSIST,
		on_wake, w) != 0 ||
	    event_add(&w->on_wake, NULL) != 0 ||
	    evtimer_assign(&w->on_tick, w->base, on_tick, w) != 0)
		return E_NOMEM;
	return E_OK;
}

static enum err
socket_serve(struct worker *w, struct listen_sockets *s, unsigned i)
{
	const struct udp_options o = {
		.fd = s->udp[i],
		.to = addr_from_sockaddr(&s->listen->address),
		.wildcard = config_listen_is_wildcard(s->listen),
		.network = s->listen->network,
		.base = w->base,
		.responder = &w->responder.responder,
		.buffers = w->udp_buffers,
		.counters = &w->counters.udp,
	};
	struct served *served =
	    realloc(w->served, (w->served_count + 1) * sizeof(*served));
	enum err err;

	if (served == NULL)
		return E_NOMEM;
	w->served = served;
	served += w->served_count;
	*served = (struct served){ .sockets = s, .index = i };
	err = udp_listener_open(&served->udp, &o);
	if (err != E_OK)
		return err;
	w->served_count++;
	return tcp_hub_listen(w->tcp, s, i);
}

static enum err
sockets_serve(struct worker *w)
{
	enum err err = E_OK;

	for (unsigned l = 0; l < w->o.config->listen_count; l++) {
		struct listen_sockets *s = &w->o.sockets[l];

		for (unsigned i = w->o.index; i < s->count && err == E_OK;
		     i += w->o.config->workers)
			err = socket_serve(w, s, i);
	}
	return err;
}

static enum err
upstreams_open(struct worker *w)
{
	const struct forward *f = w->responder.forward;
	struct worker_told *t = &w->told;

	if (f != NULL)
		t->upstream_count = forward_upstreams(f, NULL, 0);
	t->upstreams = calloc(t->upstream_count + 1, sizeof(*t->upstreams));
	return t->upstreams == NULL ? E_NOMEM : E_OK;
}

static enum err
parts_open(struct worker *w)
{
	const struct config *c = w->o.config;
	struct tcp_options tcp = { .connections = w->o.may.connections,
		.idle = c->tcp_idle,
		.responder = &w->responder.responder,
		.counters = &w->counters.tcp };
	enum err err = worker_base_open(w);

	if (err == E_OK)
		err = worker_responder_open(&w->responder, &w->o, w->base);
	if (err == E_OK)
		err = upstreams_open(w);
	if (err == E_OK)
		err = udp_buffers_open(&w->udp_buffers, c->max_udp_size);
	tcp.base = w->base;
	if (err == E_OK)
		err = tcp_hub_open(&w->tcp, &tcp);
	return err == E_OK ? sockets_serve(w) : err;
}

enum err
worker_open(struct worker **out, const struct worker_options *o)
{
	struct worker *w = calloc(1, sizeof(*w));
	enum err err;

	*out = w;
	if (w == NULL)
		return E_NOMEM;
	w->o = *o;
	w->wake = -1;
	err = parts_open(w);
	if (err == E_OK)
		return E_OK;
	log_error("worker %u cannot be set up: %s", o->index,
	    err == E_SYSTEM ? strerror(errno) : err_str(err));
	worker_close(w);
	*out = NULL;
	return err;
}

enum err
worker_start(struct worker *w)
{
	sigset_t all, before;

	/* Signals are for the main thread alone. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&w->thread, NULL, worker_run, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errno != 0) {
		log_error("worker %u cannot be started: %s", w->o.index,
		    strerror(errno));
		return E_SYSTEM;
	}
	w->started = true;
	return E_OK;
}

/* What closed connections put off to the loop's next turn is done in it. */
static void
worker_base_close(struct worker *w)
{
	(void)event_del(&w->on_wake);
	(void)event_del(&w->on_tick);
	(void)event_base_loop(w->base, EVLOOP_NONBLOCK);
	event_base_free(w->base);
}

void
worker_close(struct worker *w)
{
	if (w == NULL)
		return;
	if (w->started)
		(void)pthread_join(w->thread, NULL);
	worker_responder_close(&w->responder);
	for (unsigned i = 0; i < w->served_count; i++)
		udp_listener_close(w->served[i].udp);
	free(w->served);
	tcp_hub_close(w->tcp);
	udp_buffers_close(w->udp_buffers);
	if (w->base != NULL)
		worker_base_close(w);
	if (w->wake >= 0)
		(void)close(w->wake);
	free(w->told.upstreams);
	free(w);
}
