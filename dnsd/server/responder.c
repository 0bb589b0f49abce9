/*
 * responder.c - see responder.h.
 */
#include "dnsd/server/responder.h"

#include <time.h>

void
responder_begin(struct responder *r)
{
	struct timespec now;

	/*
	 * Not the coarse clock: it runs up to a tick late, so that a peer's
	 * TTL reached a second too far at the beginning of each second.
	 */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	r->env.now = now.tv_sec;
	r->env.store = snapshot_refresh(r->env.snapshot);
}

void
responder_end(struct responder *r)
{
	snapshot_rest(r->env.snapshot);
	if (r->forward != NULL)
		forward_flush(r->forward);
}

bool
responder_forward(
    struct responder *r, struct query *q, const struct client *client)
{
	if (r->forward == NULL) {
		query_fail(q, &r->env, RCODE_SERVFAIL, EDE_NO_AUTHORITY);
		return true;
	}
	return forward_ask(r->forward, q, client) == QUERY_SEND;
}
