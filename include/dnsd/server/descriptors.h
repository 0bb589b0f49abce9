/*
 * descriptors.h - the process has so many descriptors; who may have how many.
 *
 * They are divided when a configuration is put in force, by a table, and no
 * part takes what is another's: connections of clients leave the forwarder
 * its ports, and both leave the control socket and SIGHUP what they need.
 * Half of them is kept for the next generation, as a reload has two for some
 * seconds.
 */
#ifndef DNSD_SERVER_DESCRIPTORS_H
#define DNSD_SERVER_DESCRIPTORS_H

#include "dnsd/config/config.h"

/* Of each worker, at a time. */
struct descriptors {
	unsigned sockets;     /* to upstreams, over UDP, of both families */
	unsigned connections; /* of clients, over TCP */
};

/* As many as the process may have, from now on. */
unsigned long descriptors_raise(void);

/*
 * Divides LIMIT; LISTENING are the sockets listened on.  What it does not
 * carry is logged, with the limit that would.  E_SYSTEM where it does not
 * carry the least that each part needs.
 */
enum err descriptors_divide(struct descriptors *, const struct config *,
    unsigned long limit, unsigned listening) MUST_CHECK;

#endif
