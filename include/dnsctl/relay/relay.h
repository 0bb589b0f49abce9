/*
 * relay.h - a follower whose changes others follow, so that what a source
 * bears does not grow with the nodes: a few relays ask it, all others them.
 *
 *	GET /changes?after=CURSOR[&networks=A,B[&new=B]]
 *
 * answers with lines of the feed, for ever: what was committed since CURSOR,
 * or, where that is not remembered, a snapshot and what came since.  Networks
 * that are new to who asks come between two commits, whole.  A relay
 * holds nothing that its store and its source do not: it may end at any time,
 * and who follows it goes on elsewhere, with the same cursor.  Relays may
 * follow relays.
 *
 *	source --follow--> store --change--> backlog ---+--> who follows, a
 *	                     |                          |    connection each
 *	                     +--export--> rendering ----+
 */
#ifndef DNSCTL_RELAY_RELAY_H
#define DNSCTL_RELAY_RELAY_H

#include <signal.h>

#include "dnsctl/source/networks.h"
#include "zones/feed/feed.h"

/* Who we are, and who vouches for the others; NULL, all of them: no TLS. */
struct relay_identity {
	const char *cacert, *cert, *key; /* files */
};

struct relay;

/*
 * Serves what STORE, which the caller writes, holds and comes to hold, at
 * ADDRESS:PORT.  E_INPUT, and it was said why.
 */
enum err relay_open(struct relay **, struct store *, const char *address,
    const struct relay_identity *) MUST_CHECK;
void relay_close(struct relay *); /* NULL is fine */

/* Has the feed that reports to REPORT tell the relay, and it the former. */
void relay_hear(struct relay *, struct feed_report *);

bool relay_is_url(const char *source);

/* A store that follows relays; all of it is borrowed. */
struct relay_follow_options {
	const char *source;            /* relay://HOST:PORT,... */
	struct network_list *networks; /* these alone; NULL: all */
	struct relay_identity identity;
	const struct feed_report *report;
	const volatile sig_atomic_t *stop; /* looked at every second */
	bool allow_delete;                 /* feed.h */
};

/* As etcd_follow(). */
enum err relay_follow(
    const struct relay_follow_options *, struct store *) MUST_CHECK;

#endif
