/*
 * responder.c - see responder.h.
 */
#include "dnsd/responder.h"

#include <time.h>

void
responder_begin(struct responder *r)
{
	struct timespec now;

	/* Seconds are enough for TTLs and `expires`; coarse costs 5 ns. */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
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
