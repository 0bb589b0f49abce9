/*
 * sink.h - dnstap's thread: from rings to a socket or a file.
 *
 * A reader that is slow or away costs frames, and nobody else anything: the
 * thread waits for it, the rings fill, and workers count what they lose.
 */
#ifndef DNSD_TAP_SINK_H
#define DNSD_TAP_SINK_H

#include "ring.h"

struct sink;

/* One ring a worker. */
enum err sink_open(struct sink **, const struct config *, struct store *,
    struct ring *) MUST_CHECK;
/* The thread, once the process has given away what it may give away. */
enum err sink_start(struct sink *) MUST_CHECK;
/* False: its reader is stuck, and it keeps the rings.  NULL is fine. */
bool sink_close(struct sink *);
/* Frames that a writer did not take, or that nobody was there for. */
uint64_t sink_lost(const struct sink *);

#endif
