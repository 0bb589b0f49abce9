/*
 * udp.h - questions in UDP packets.
 *
 * Packets are taken and sent in batches, and a reply is written over its
 * question: in a full batch two system calls serve 64 packets.  Nothing is
 * allocated after the start.
 *
 * One listener serves one socket; all listeners of a worker share its
 * buffers and its counters.
 */
#ifndef DNSD_LISTEN_UDP_H
#define DNSD_LISTEN_UDP_H

#include "dnsd/listen/responder.h"

struct event_base;
struct udp_buffers;
struct udp_listener;

struct udp_counters {
	uint64_t received, sent;
	uint64_t unsent;   /* replies that the kernel did not take */
	uint64_t oversize; /* questions larger than any we read: dropped */
};

/* Room for a batch of questions and one of late replies. */
enum err udp_buffers_open(
    struct udp_buffers **, size_t max_udp_size) MUST_CHECK;
void udp_buffers_close(struct udp_buffers *); /* NULL is fine */

struct udp_options {
	int fd;              /* the caller's */
	struct addr to;      /* it is bound to */
	bool wildcard;       /* which is any address of this machine */
	const char *network; /* everything here is its; or NULL */
	struct event_base *base;
	struct responder *responder;
	struct udp_buffers *buffers;
	struct udp_counters *counters;
};

/* Reads from now on, whenever the base's loop runs. */
enum err udp_listener_open(
    struct udp_listener **, const struct udp_options *) MUST_CHECK;

/* Reads no more: somebody else does. */
void udp_listener_retire(struct udp_listener *);
/* For good; REST: what has come is answered, as nobody else would. */
void udp_listener_stop(struct udp_listener *, bool rest);

/* No question may wait any more. */
void udp_listener_close(struct udp_listener *); /* NULL is fine */

#endif
