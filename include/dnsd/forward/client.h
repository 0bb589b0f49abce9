/*
 * client.h - where a reply goes.
 *
 * Copied with a question that has to wait.  A listener is not freed while
 * one that came through it waits.
 */
#ifndef DNSD_FORWARD_CLIENT_H
#define DNSD_FORWARD_CLIENT_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct client;

/* What a listener (UDP) or a connection table (TCP) implements. */
struct client_path {
	/* Sends or queues a copy; nothing where the client has gone. */
	void (*send)(struct client_path *, const struct client *,
	    const uint8_t *pkt, size_t len);
	/* What is queued leaves now. */
	void (*flush)(struct client_path *);
};

struct client {
	struct client_path *path;
	union sockaddr_ip from;
	struct addr to;      /* the address that was asked; zero: as bound */
	uint32_t interface;  /* it came through; 0: any */
	uint64_t connection; /* TCP: which one, by a number not used again */
};

#endif
