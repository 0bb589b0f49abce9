/*
 * responder.h - what a worker answers with, for any of its listeners.
 *
 * A listener answers its packets in batches: begin, each question, end.
 * Between begin and end the worker sees one commit of the store; outside
 * of it no transaction is held.
 */
#ifndef DNSD_SERVER_RESPONDER_H
#define DNSD_SERVER_RESPONDER_H

#include "dnsd/forward/client.h"
#include "dnsd/forward/forward.h"
#include "zones/query/query.h"

struct responder {
	struct query_env env;
	struct forward *forward; /* NULL: nothing is forwarded */
};

void responder_begin(struct responder *);
void responder_end(struct responder *);

/*
 * For a Q with QUERY_FORWARD: sends it on.  True: a reply is in q->pkt
 * already; false: it comes through CLIENT's path later.
 */
bool responder_forward(
    struct responder *, struct query *, const struct client *) MUST_CHECK;

#endif
