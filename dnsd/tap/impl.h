/*
 * impl.h - from a ring to a frame: what the sources of the tap share.
 */
#ifndef DNSD_TAP_IMPL_H
#define DNSD_TAP_IMPL_H

#include "dnsd/tap/tap.h"

#define RING_SIZE (1 << 20) /* a power of two */

/*
 * ring.c: messages from one thread to one other, without a lock.  Records
 * stand one behind the other, each whole; one that does not fit before the end
 * begins anew at the start.  Head and tail only grow.  All zero is an empty
 * one.
 */
struct ring {
	atomic_size_t head; /* the writer's */
	atomic_ullong lost;
	uint8_t bytes[RING_SIZE]; /* not touched before it is used */
	atomic_size_t tail;       /* the reader's */
	char apart[64];           /* from the next one's head */
};

void ring_put(struct ring *, const struct tap_message *);
/* The oldest, valid until ring_next(); false: there is none. */
bool ring_first(struct ring *, struct tap_message *);
void ring_next(struct ring *);

/* frame.c: a message as dnstap has it. */
#define FRAME_MAX (DNS_TCP_MAX + 1024)

/* ID is the node's, NETWORK its name or "".  The frame's length. */
size_t frame_write(uint8_t out[FRAME_MAX], const struct tap_message *,
    const char *id, const char *network);

/*
 * sink.c: dnstap's thread, from rings to a socket or a file.
 *
 * A reader that is slow or away costs frames, and nobody else anything: the
 * thread waits for it, the rings fill, and workers count what they lose.
 */
struct sink;

/* One ring a worker. */
enum err sink_open(struct sink **, const struct config *, struct store *,
    struct ring *) MUST_CHECK;
/* False: its reader is stuck, and it keeps the rings.  NULL is fine. */
bool sink_close(struct sink *);
/* See tap_start(). */
enum err sink_start(struct sink *) MUST_CHECK;
/* Frames that a writer did not take, or that nobody was there for. */
uint64_t sink_lost(const struct sink *);

#endif
