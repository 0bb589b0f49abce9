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
#include "dnsd/listen/socket.h"

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
	struct listen_sockets *sockets; /* borrowed */
	unsigned index;                 /* of the socket among them */
	struct event_base *base;
	struct responder *responder;
	struct udp_buffers *buffers;
	struct udp_counters *counters;
};

/* Reads from now on, whenever the base's loop runs. */
enum err udp_listener_open(
    struct udp_listener **, const struct udp_options *) MUST_CHECK;

/*
 * Reads no more where others read the socket now.  One that was not handed
 * on is read from until the end: what comes to it comes to nobody else.
 */
void udp_listener_retire(struct udp_listener *);
/* Reads no more; what has come to a socket that is left is answered. */
void udp_listener_stop(struct udp_listener *);

/* No question may wait any more. */
void udp_listener_close(struct udp_listener *); /* NULL is fine */

#endif
