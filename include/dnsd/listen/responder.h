/*
 * responder.h - what a worker answers with, for any of its listeners.
 *
 * A listener answers its packets in batches: begin, its questions, end.
 * Between begin and end the worker sees one commit of the store; outside
 * of it no transaction is held.  Who makes the worker fills this in.
 */
#ifndef DNSD_LISTEN_RESPONDER_H
#define DNSD_LISTEN_RESPONDER_H

#include "dnsd/forward/client.h"
#include "zones/query/query.h"

struct responder {
	struct query_env env;
	/* Of this batch, told by the listener before its end. */
	unsigned packets; /* read at once; 0 where it is a stream */
	unsigned replies; /* to these questions, not to those that waited */
	void (*begin)(struct responder *);
	/* query_answer(), and what is seen of it. */
	void (*answer)(struct responder *, struct query *const *, unsigned n);
	void (*end)(struct responder *);
	/*
	 * For a question with QUERY_FORWARD: sends it on.  True: a reply is
	 * in its packet already; false: one comes through the client's path
	 * later.
	 */
	bool (*forward)(
	    struct responder *, struct query *, const struct client *);
};

#endif
