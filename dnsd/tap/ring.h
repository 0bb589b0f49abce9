/*
 * ring.h - messages from one thread to one other, without a lock.
 *
 * Records stand one behind the other, each whole; one that does not fit before
 * the end begins anew at the start.  Head and tail only grow.
 */
#ifndef DNSD_TAP_RING_H
#define DNSD_TAP_RING_H

#include "dnsd/tap/tap.h"

#define RING_SIZE (1 << 20) /* a power of two */

struct ring {
	uint8_t *bytes;
	_Alignas(64) atomic_size_t head; /* the writer's */
	atomic_ullong lost;
	_Alignas(64) atomic_size_t tail; /* the reader's */
};

enum err ring_init(struct ring *) MUST_CHECK;
void ring_release(struct ring *);

void ring_put(struct ring *, const struct tap_message *);
/* The oldest, valid until ring_next(); false: there is none. */
bool ring_first(struct ring *, struct tap_message *);
void ring_next(struct ring *);

#endif
