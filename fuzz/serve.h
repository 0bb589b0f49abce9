/*
 * serve.h - a server in the thread of the program that asks it.
 */
#ifndef FUZZ_SERVE_H
#define FUZZ_SERVE_H

#include <event2/event.h>
#include <stdlib.h>

/* What it waits with. */
static inline struct event_base *
served(void)
{
	static struct event_base *base;

	if (base == NULL && (base = event_base_new()) == NULL)
		abort();
	return base;
}

/* It does what there is to do. */
static inline void
serve(void)
{
	(void)event_base_loop(served(), EVLOOP_NONBLOCK);
}

#endif
