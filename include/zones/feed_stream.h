/*
 * feed_stream.h - the text of a feed, as it arrives, into the store.
 *
 *	apply	strict: all of it is one transaction, which its end commits
 *	follow	each commit line ends a transaction; those that wait are
 *		stored together; what the end leaves without one is dropped
 *
 * The store's lock is not held while a follower waits for its source: lines
 * are kept until their transaction is whole.  A transaction too large to
 * be kept is written as it comes.
 *
 *	             line            commit line
 *	QUEUEING ------------> QUEUEING ------------> QUEUEING, feed has more
 *	   | queue is full: stores what is whole      | rest, or enough:
 *	   v                                          v stores it
 *	WRITING  ------------> WRITING --commit-----> QUEUEING
 */
#ifndef ZONES_FEED_STREAM_H
#define ZONES_FEED_STREAM_H

#include <signal.h>

#include "zones/feed.h"

#define FEED_LINE_MAX (1024 * 1024) /* octets, without its end */

struct feed_stream; /* owns its feed */

/* NAME is the file's, for complaints; "-" is standard input. */
enum err feed_stream_open(struct feed_stream **, struct store *,
    const struct feed_report *, const char *name, bool follow) MUST_CHECK;
void feed_stream_close(struct feed_stream *); /* NULL is fine */

/* One line without its newline.  Anything but E_OK ends the stream. */
enum err feed_stream_line(
    struct feed_stream *, const char *text, size_t len) MUST_CHECK;

/* Nothing is waiting to be read: stores what is whole. */
enum err feed_stream_rest(struct feed_stream *) MUST_CHECK;

/* No more will come. */
enum err feed_stream_end(struct feed_stream *) MUST_CHECK;

/* Reads FD to its end, or until *STOP: all of the above, in order. */
enum err feed_stream_read(
    struct feed_stream *, int fd, const volatile sig_atomic_t *stop) MUST_CHECK;

const struct feed_counts *feed_stream_counts(const struct feed_stream *);

#endif
