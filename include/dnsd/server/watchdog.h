/*
 * watchdog.h - the service manager hears that every worker works.
 *
 * Three times within the manager's limit the server asks each worker for a
 * report.  One that hangs gives none; then the manager hears nothing, ends
 * the server and starts another.
 */
#ifndef DNSD_SERVER_WATCHDOG_H
#define DNSD_SERVER_WATCHDOG_H

#include <event2/event_struct.h>
#include <stdbool.h>

#include "base/err.h"

/* All zero: nobody wants to hear anything. */
struct watchdog {
	struct event tick;
	bool waits; /* for reports that were asked for */
	void (*ask)(void *arg);
	void *arg;
};

/* Calls ASK from the base's loop, if the manager has a limit. */
enum err watchdog_open(struct watchdog *, struct event_base *,
    void (*ask)(void *arg), void *arg) MUST_CHECK;

/* Every report is there.  True: it was waited for; tell the manager. */
bool watchdog_heard(struct watchdog *);

#endif
