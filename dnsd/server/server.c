/*
 * server.c - see server.h.
 *
 *	server_run -> loop -> on_signal: server_reload: a new generation, the
 *	                                 old one retires
 *	                                 or the last one retires -> loop ends
 *	                      on_news: a generation has ended, or reported
 */
#include "dnsd/server/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "dnsd/server/control.h"
#include "host/notify.h"
#include "host/watch.h"
#include "impl.h"
#include "zones/store/read/store.h"

struct server {
	const char *file;
	struct event_base *base;
	struct event on_term, on_int, on_hup, on_news, on_resolv, on_links;
	int news; /* workers say that something is done */
	struct generation *current, *retiring;
	/* When the one that retires has ended. */
	bool reload_wanted, host_changed;
	struct watch resolv;
	bool stopping;
	unsigned reloads;
	struct control *control; /* NULL: none */
	bool stats_wanted;
	struct follow *follow; /* a client has the log of questions */
	struct event on_follow;
	int64_t trace; /* since when a client has all counted, in ms; or 0 */
	struct event on_watchdog;
	bool watched;       /* reports that are due are waited for */
	struct report past; /* of generations that have ended */
	int64_t started;
};

/* --- what the operator is told */

static void
listeners_log(const struct generation *g)
{
	const struct config *c = g->config;
	char text[CONFIG_LISTEN_TEXT];

	for (unsigned i = 0; i < c->listen_count; i++) {
		const char *network = c->listen[i].network;

		if (g->o.sockets[i].count == 0)
			continue;
		log_info("listening on %s, UDP and TCP%s%s",
		    config_listen_text(&c->listen[i], text),
		    network == NULL ? "" : ", all for network ",
		    network == NULL ? "" : network);
	}
}

static void
store_log(struct generation *g)
{
	struct snapshot *snapshot = NULL;
	struct store_meta meta;
	enum err err = snapshot_open(g->o.store, &snapshot);

	if (err == E_OK)
		err = snapshot_refresh(snapshot);
	if (err == E_OK)
		err = snapshot_meta(snapshot, &meta);
	atomic_store(&g->store_told, (int)err);
	if (err == E_OK)
		log_info("store %s: %" PRIu64 " commits", g->config->store,
		    meta.commits);
	else
		log_warn("store %s: %s; private names are answered with "
			 "SERVFAIL until there is a commit",
		    g->config->store,
		    err == E_SYSTEM ? strerror(errno) : err_str(err));
	snapshot_close(snapshot);
}

static void
generation_log(struct generation *g)
{
	const struct config *c = g->config;

	listeners_log(g);
	store_log(g);
	if (c->upstream_count > 0 || c->zone_count > 0)
		log_info("%u workers; other names go to %u upstreams and %u "
			 "zones of their own",
		    c->workers, c->upstream_count, c->zone_count);
	else
		log_info("%u workers; other names are refused", c->workers);
}

/* --- counters */

static void
reports_ask(struct server *s)
{
	generation_order(s->current, WORKER_REPORT);
	generation_order(s->retiring, WORKER_REPORT);
}

static void
alive_notify(const struct counters *sum, unsigned workers)
{
	notify("WATCHDOG=1\nSTATUS=%u workers; %" PRIu64 " questions, %" PRIu64
	       " of them forwarded, %" PRIu64 " failed",
	    workers, sum->udp.received + sum->tcp.received, sum->forward.asked,
	    sum->query.of[RCODE_SERVFAIL] + sum->forward.failed);
}

static void
stats_send(struct server *s)
{
	struct report_view view = { .generation = s->current,
		.sum = s->past,
		.reloads = s->reloads,
		.started = s->started,
		.trace = s->trace };

	if (!generation_has_reported(s->current) ||
	    !generation_has_reported(s->retiring))
		return;
	generation_sum(s->current, &view.sum);
	generation_sum(s->retiring, &view.sum);
	if (s->watched)
		alive_notify(&view.sum.counters, s->current->count);
	if (s->stats_wanted && s->control != NULL)
		control_tell(s->control, &view);
	s->watched = s->stats_wanted = false;
}

/* A third of the service manager's patience: a worker that hangs is found. */
static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	if (s->watched)
		log_error("a worker hangs: it has not reported in time; the "
			  "service manager is not told that all is well");
	else
		reports_ask(s);
	s->watched = true;
}

static bool
cache_empty(struct server *s, const char *text)
{
	struct dname name;

	if (text != NULL && !dname_parse(&name, text))
		return false;
	if (s->current->o.cache != NULL)
		cache_flush(s->current->o.cache, text == NULL ? NULL : &name);
	log_info("the cache was flushed%s%s, as the control socket asked",
	    text == NULL ? "" : " of ", text == NULL ? "" : text);
	return true;
}

/* --- the log of questions */

#define FOLLOW_MS 50 /* between two looks at what was asked */

static void
message_follow(void *arg, const struct tap_message *m)
{
	struct server *s = arg;
	struct evbuffer *out =
	    s->control == NULL ? NULL : control_follower(s->control);

	if (out != NULL)
		follow_print(s->follow, out, m);
}

static void
on_follow(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	tap_log_each(s->current->o.tap, message_follow, s);
	if (s->retiring != NULL)
		tap_log_each(s->retiring->o.tap, message_follow, s);
}

static bool
follow_begin(struct server *s, const char *whose)
{
	const struct timeval every = { .tv_usec = FOLLOW_MS * 1000 };

	if (s->follow != NULL)
		return false;
	s->follow = follow_open(s->current->o.store, whose);
	if (s->follow == NULL)
		return false;
	tap_log(s->current->o.tap, true);
	return event_add(&s->on_follow, &every) == 0;
}

static void
follow_end(struct server *s)
{
	(void)event_del(&s->on_follow);
	tap_log(s->current->o.tap, false);
	follow_close(s->follow);
	s->follow = NULL;
}

/* The current generation's: one that retires is not told of. */
static void
trace_set(struct server *s, bool on)
{
	s->trace = on ? clock_ms(CLOCK_REALTIME) : 0;
	atomic_store(&s->current->trace, s->trace);
}

static bool
control_obey(void *arg, enum control_ask what, bool on, const char *text)
{
	struct server *s = arg;

	switch (what) {
	case CONTROL_NOTHING:
		break;
	case CONTROL_REPORT:
		s->stats_wanted = true;
		reports_ask(s);
		break;
	case CONTROL_FLUSH:
		return cache_empty(s, text);
	case CONTROL_RELOAD:
		/* In the loop, as it may close the socket that asks. */
		event_active(&s->on_hup, EV_SIGNAL, 1);
		break;
	case CONTROL_FOLLOW:
		if (on)
			return follow_begin(s, text);
		follow_end(s);
		break;
	case CONTROL_TRACE:
		if (on && s->trace != 0)
			return false;
		trace_set(s, on);
		break;
	}
	return true;
}

/* --- generations */

/* The one in use, if its path is still wanted; else a new one. */
static enum err
control_renew(struct server *s, const char *path, struct control **out)
{
	*out = s->control;
	if (path == NULL)
		*out = NULL;
	else if (s->control == NULL ||
	    strcmp(control_path(s->control), path) != 0)
		return control_open(out, s->base, path, control_obey, s);
	return E_OK;
}

/* A netlink socket would be told; it is one more thing to be broken into by. */
static void
links_watch(struct server *s)
{
	const struct timeval second = { .tv_sec = 1 };

	if (config_has_links(s->current->config))
		(void)event_add(&s->on_links, &second);
	else
		(void)event_del(&s->on_links);
}

/* Puts a generation in the place of the current one. */
static enum err
server_use(struct server *s, struct config *config)
{
	struct generation *g = NULL;
	struct control *control = NULL;
	enum err err = generation_open(&g, config, s->current, s->news);

	if (err == E_OK)
		err = control_renew(s, g->config->control, &control);
	if (err == E_OK && s->current == NULL)
		rights_give_away(g->config);
	if (err == E_OK)
		err = generation_start(g);
	if (err != E_OK) {
		if (control != s->control)
			control_close(control);
		generation_close(g, s->current);
		return err;
	}
	if (control != s->control)
		control_close(s->control);
	s->control = control;
	s->retiring = s->current;
	s->current = g;
	generation_hand_on(s->retiring, g);
	generation_order(s->retiring, WORKER_RETIRE);
	tap_log(g->o.tap, s->follow != NULL);
	trace_set(s, s->trace != 0);
	generation_log(g);
	links_watch(s);
	notify("READY=1\nSTATUS=%u workers on %u addresses", g->count,
	    g->config->listen_count);
	return E_OK;
}

static enum err
server_load(struct server *s)
{
	char why[CONFIG_WHY];
	struct config *config;
	enum err err = config_read(&config, s->file, why);

	if (err != E_OK)
		log_error("%s", why);
	else
		log_set(config->log, config->log_level);
	if (err == E_OK && s->current == NULL)
		err = rights_become(config);
	else if (err == E_OK)
		err = rights_fit(s->current->config, config);
	if (err == E_OK)
		return server_use(s, config);
	config_free(config);
	return err;
}

/* As the configuration was read; who edits it now is not done with it. */
static void
server_follow_host(struct server *s)
{
	const struct config *old = s->current->config;
	bool links = config_links_have_changed(old);
	char why[CONFIG_WHY];
	struct config *config;

	s->host_changed = false;
	if (config_parse(&config, old->file, old->text, old->text_len, why) !=
	    E_OK)
		log_error("%s", why);
	else if (!links && config_has_same_upstreams(config, old))
		config_free(config);
	else if (server_use(s, config) == E_OK)
		log_info("%s",
		    links ? "interfaces have changed; those of today are used"
			  : CONFIG_RESOLV
			" has changed; its nameservers are used");
}

static void
server_reload(struct server *s)
{
	bool done;

	s->reload_wanted = false;
	notify(
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_us(CLOCK_MONOTONIC));
	done = server_load(s) == E_OK;
	if (done) {
		s->reloads++;
		log_info("%s: reloaded", s->file);
	} else {
		notify("READY=1\nSTATUS=not reloaded: the log says why");
		log_error("%s: not reloaded; the configuration from before "
			  "stays in use",
		    s->file);
	}
	if (s->control != NULL)
		control_reloaded(s->control, done);
}

static void
server_drop(
    struct server *s, struct generation **g, const struct generation *heir)
{
	generation_sum(*g, &s->past);
	s->past.counters.tcp_open = 0;
	s->past.counters.forward_waiting = 0;
	if (s->follow != NULL)
		tap_log_each((*g)->o.tap, message_follow, s);
	generation_close(*g, heir);
	*g = NULL;
}

/* What is wanted, one at a time. */
static void
server_turn(struct server *s)
{
	if (s->retiring != NULL || s->stopping)
		return;
	if (s->reload_wanted)
		server_reload(s);
	else if (s->host_changed)
		server_follow_host(s);
}

/* --- events */

static void
on_news(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	uint64_t count;

	(void)what;
	(void)!read(fd, &count, sizeof(count));
	if (s->retiring != NULL && generation_has_ended(s->retiring))
		server_drop(s, &s->retiring, s->current);
	stats_send(s);
	if (s->stopping && s->retiring == NULL &&
	    generation_has_ended(s->current))
		(void)event_base_loopbreak(s->base);
	else
		server_turn(s);
}

static void
on_host(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	s->host_changed |= what == EV_READ
	    ? watch_changed(&s->resolv)
	    : config_links_have_changed(s->current->config);
	server_turn(s);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct server *s = arg;

	(void)what;
	if (number == SIGHUP) {
		s->reload_wanted = true;
		server_turn(s);
		return;
	}
	if (!s->stopping)
		log_info("stopping, as %s asks",
		    number == SIGTERM ? "SIGTERM" : "SIGINT");
	notify("STOPPING=1");
	s->stopping = true;
	generation_order(s->current, WORKER_HURRY);
	generation_order(s->retiring, WORKER_HURRY);
}

/* --- life */

static enum err
server_base_open(struct server *s)
{
	s->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->base = event_base_new();
	if (s->news < 0 || s->base == NULL)
		return E_SYSTEM;
	if (!watch_open(&s->resolv, CONFIG_RESOLV))
		log_warn(CONFIG_RESOLV ": cannot be watched: %s; it is read "
				       "when the configuration is",
		    strerror(errno));
	return E_OK;
}

/* A timer (OF: -1) is not added yet. */
static bool
event_set_up(struct server *s, struct event *e, int of, short what,
    event_callback_fn callback)
{
	return event_assign(e, s->base, of, (short)(what | EV_PERSIST),
		   callback, s) == 0 &&
	    (of < 0 || event_add(e, NULL) == 0);
}

static enum err
events_watch(struct server *s)
{
	uint64_t every = notify_watchdog() / 3;
	const struct timeval beat = { .tv_sec = (time_t)(every / 1000000),
		.tv_usec = (suseconds_t)(every % 1000000) };

	return event_set_up(s, &s->on_news, s->news, EV_READ, on_news) &&
		event_set_up(s, &s->on_term, SIGTERM, EV_SIGNAL, on_signal) &&
		event_set_up(s, &s->on_int, SIGINT, EV_SIGNAL, on_signal) &&
		event_set_up(s, &s->on_hup, SIGHUP, EV_SIGNAL, on_signal) &&
		event_set_up(
		    s, &s->on_resolv, s->resolv.fd, EV_READ, on_host) &&
		event_set_up(s, &s->on_links, -1, 0, on_host) &&
		event_set_up(s, &s->on_follow, -1, 0, on_follow) &&
		event_set_up(s, &s->on_watchdog, -1, 0, on_watchdog) &&
		(every == 0 || event_add(&s->on_watchdog, &beat) == 0)
	    ? E_OK
	    : E_NOMEM;
}

enum err
server_run(const char *file)
{
	struct server s = { .file = file,
		.resolv.fd = -1,
		.started = clock_seconds(CLOCK_REALTIME) };
	enum err err;

	(void)signal(SIGPIPE, SIG_IGN);
	err = server_base_open(&s);
	/* Signals first: one that comes early is obeyed in the loop. */
	if (err == E_OK)
		err = events_watch(&s);
	if (err == E_OK)
		err = server_load(&s);
	if (err == E_OK && event_base_dispatch(s.base) < 0)
		err = E_SYSTEM;
	control_close(s.control);
	generation_close(s.retiring, s.current);
	generation_close(s.current, NULL);
	if (s.base != NULL)
		event_base_free(s.base);
	watch_close(&s.resolv);
	if (s.news >= 0)
		(void)close(s.news);
	if (err == E_OK)
		log_info("stopped");
	return err;
}
