/*
 * tcp.h - questions on TCP connections (RFC 7766).
 *
 * Many questions come on one connection, as fast as the asker likes.  All
 * whole ones that have arrived are answered at once, their replies leave in
 * one write, and a question that waits upstream holds up none behind it.
 *
 *   - An idle connection costs its struct alone: buffers are the worker's,
 *     and a connection has one of its own only while a question is here in
 *     part or a reply is not yet taken.
 *   - Who does not read its replies is not read from either.
 *   - Who asks nothing for the idle time is closed, and the sooner the fuller
 *     the table is.  Octets that make up no whole question do not count.
 *   - Where there are too many, one that waits for nothing gives way: of the
 *     network that has most, of the client (an IPv6 /56, an IPv4 address) that
 *     has most in it, the one that has been silent longest.  Who would have
 *     to go himself, or for whom nobody can, is not taken in.
 *   - What the kernel keeps for a connection is bounded; see socket.c.
 */
#ifndef DNSD_LISTEN_TCP_H
#define DNSD_LISTEN_TCP_H

#include "dnsd/listen/responder.h"
#include "dnsd/listen/socket.h"

struct event_base;
struct tcp_hub;

struct tcp_counters {
	uint64_t accepted, received, sent; /* connections, questions, replies */
	uint64_t idle;                     /* closed after the idle time */
	uint64_t evicted; /* closed for newer ones, or the newer one itself */
	uint64_t unread;  /* closed, as the asker does not read */
};

struct tcp_options {
	struct event_base *base;
	struct responder *responder;
	unsigned connections; /* most at a time */
	unsigned idle;        /* seconds */
	struct tcp_counters *counters;
};

enum err tcp_hub_open(struct tcp_hub **, const struct tcp_options *) MUST_CHECK;

/*
 * Accepts from now on, whenever the base's loop runs, on the TCP socket I of
 * the SOCKETS, which are borrowed.
 */
enum err tcp_hub_listen(struct tcp_hub *, const struct listen_sockets *sockets,
    unsigned i) MUST_CHECK;

/* Accepts no more (who waits already is accepted), and closes each connection
 * as soon as nothing waits. */
void tcp_hub_retire(struct tcp_hub *);
unsigned tcp_hub_connections(const struct tcp_hub *);

/* Closes all; no question may wait any more. */
void tcp_hub_close(struct tcp_hub *); /* NULL is fine */

#endif
