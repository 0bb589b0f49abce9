/*
 * udp_impl.h - a batch of packets, shared by reading it and by
 * answering what is in it.
 *
 * A message owns its slot: messages change places, slots do not.
 */
#ifndef DNSD_LISTEN_UDP_IMPL_H
#define DNSD_LISTEN_UDP_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>

#include "dnsd/listen/udp.h"

#define BATCH QUERY_BATCH /* packets a system call */

/* What a message points to.  Two cache lines. */
struct slot {
	struct iovec iov; /* first: a message is moved with its slot */
	struct sockaddr_in6 from;
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))]
	    __attribute__((aligned(sizeof(size_t))));
} __attribute__((aligned(64)));

struct batch {
	struct mmsghdr msg[BATCH];
	struct slot slot[BATCH];
	bool armed_wildcard; /* all messages have room for control data */
};

struct asked {
	struct query query;
	struct mmsghdr *message;
	uint32_t interface;
};

struct udp_buffers {
	struct batch in;
	struct asked asked[BATCH];  /* those being answered */
	struct query *query[BATCH]; /* theirs */

	/* Late replies: queued until flush, or until another socket's come. */
	struct batch out;
	unsigned queued;
	struct udp_listener *queued_by;

	uint8_t *memory;
	size_t memory_len;
	size_t slot_len;
};

struct udp_listener {
	struct client_path path; /* first: a path is cast back */
	struct event event;
	struct udp_options o;
	int fd;
	const struct config_listen *listen;
	bool watched; /* its event is added */
	bool wildcard;
	struct addr to; /* where not wildcard */
};

static inline struct slot *
slot_of(const struct mmsghdr *m)
{
	return (struct slot *)m->msg_hdr.msg_iov;
}

/* Makes a message, or all, as recvmmsg wants it. */
void udp_arm(const struct udp_buffers *, struct mmsghdr *, bool wildcard);
void udp_arm_all(struct udp_buffers *, bool wildcard);

/*
 * Reads the address that was asked out of the control data, and turns the
 * data round, so that the reply leaves from there.  False: there is none.
 */
bool udp_turn_control(struct mmsghdr *, struct addr *to, uint32_t *interface);
/* The control data for a reply that leaves from the client's `to`. */
void udp_set_control(struct mmsghdr *, const struct client *);

/*
 * Sends N messages.  One that cannot be sent (no route, no such source
 * address) is left out; where the socket is full all others are: the
 * askers ask again, and waiting would hold up everybody.
 */
void udp_send(const struct udp_listener *, struct mmsghdr *, unsigned n);

#endif
