/*
 * follow.h - the lines of a source that goes on for ever, as they come.
 *
 * Each commit line ends a transaction.  Those that wait are stored together,
 * which costs one wait for the disk; what the end leaves without a commit
 * line is dropped.
 *
 * The store's lock is not held while the source is waited for: lines are
 * kept until their transaction is whole.  A transaction too large to be
 * kept is written as it comes.
 *
 *	             line            commit line
 *	QUEUEING ------------> QUEUEING ------------> QUEUEING, feed has more
 *	   | queue is full: stores what is whole      | rest, or enough:
 *	   v                                          v stores it
 *	WRITING  ------------> WRITING --commit-----> QUEUEING
 */
#ifndef ZONES_FEED_FOLLOW_H
#define ZONES_FEED_FOLLOW_H

#include <signal.h>

#include "zones/feed/feed.h"

struct feed_follow; /* owns its feed */

/*
 * NAME is the source's, for complaints and for the store; borrowed.
 * ALLOW_DELETE: see store_snapshot_end().
 */
enum err feed_follow_open(struct feed_follow **, struct store *,
    const struct feed_report *, const char *name, bool allow_delete) MUST_CHECK;
void feed_follow_close(struct feed_follow *); /* NULL is fine */

/*
 * One line without its newline.  Anything but E_OK ends it: E_INPUT is a
 * snapshot that was refused, and it was said why.
 */
enum err feed_follow_line(
    struct feed_follow *, const char *text, size_t len) MUST_CHECK;

/* Nothing is waiting to be read: stores what is whole. */
enum err feed_follow_rest(struct feed_follow *) MUST_CHECK;

/* No more will come. */
enum err feed_follow_end(struct feed_follow *) MUST_CHECK;

/* Reads FD to its end, or until *STOP: all of the above, in order. */
enum err feed_follow_read(
    struct feed_follow *, int fd, const volatile sig_atomic_t *stop) MUST_CHECK;

#endif
