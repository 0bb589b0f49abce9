/*
 * watchdog.c - see watchdog.h.
 */
#include "dnsd/server/watchdog.h"

#include <event2/event.h>
#include <sys/time.h>

#include "base/log.h"
#include "host/notify.h"

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct watchdog *w = arg;

	(void)fd;
	(void)what;
	if (w->waits) {
		log_error("a worker hangs: it has not reported in time; the "
			  "service manager is not told that all is well");
		return;
	}
	w->waits = true;
	w->ask(w->arg);
}

enum err
watchdog_open(struct watchdog *w, struct event_base *base,
    void (*ask)(void *arg), void *arg)
{
	uint64_t every = notify_watchdog() / 3;
	const struct timeval tv = { .tv_sec = (time_t)(every / 1000000),
		.tv_usec = (suseconds_t)(every % 1000000) };

	w->ask = ask;
	w->arg = arg;
	if (every == 0)
		return E_OK;
	return event_assign(&w->tick, base, -1, EV_PERSIST, on_tick, w) == 0 &&
		event_add(&w->tick, &tv) == 0
	    ? E_OK
	    : E_NOMEM;
}

bool
watchdog_heard(struct watchdog *w)
{
	bool waited = w->waits;

	w->waits = false;
	return waited;
}
