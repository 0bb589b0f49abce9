/*
 * feed.h - decoded lines into the store, a transaction at a time.
 *
 * What a source commits is never split, and never stored before what came
 * earlier; several of its commits may become one of the store's, which
 * costs one wait for the disk (follow.h decides when).
 *
 * What is wrong with a fact is told to the feed's reporter, at the end of what
 * belongs together, as that is judged by the state it leaves.  A strict feed
 * then returns E_INPUT and is to be aborted; a lenient one counts it,
 * leaves it out and goes on: the store keeps it in mind (left.h).
 *
 * A snapshot with a line that may be of any fact, or that would delete more
 * than is allowed, ends a lenient feed too: nothing of it is stored but why.
 */
#ifndef ZONES_FEED_FEED_H
#define ZONES_FEED_FEED_H

#include "zones/feed/line.h"
#include "zones/store/write/txn.h"

/* Where a line came from: file and line, or a key and no line. */
struct feed_where {
	const char *name;
	uint64_t line; /* from 1; 0: NAME says it all */
};

/* A fact that a commit has left out. */
struct feed_left {
	struct feed_left *next;
	struct feed_where where;
	const char *title; /* or NULL */
	struct complaint why;
};

#define FEED_LEFT_MAX 100 /* that are told of one commit, of any number */

/* What the feed tells; all of it is valid during the call only. */
struct feed_report {
	void *arg;
	/* TITLE is the fact's, or NULL where the line names none. */
	void (*bad)(void *arg, const struct feed_where *, const char *title,
	    const struct complaint *);
	/* Taken, but so that not all of it is answered: TEXT says what. */
	void (*warning)(void *arg, const struct feed_where *, const char *title,
	    const char *text);
	/* What was committed at CURSOR is on the disk, but for LEFT, and as
	 * many MORE. */
	void (*committed)(void *arg, const char *cursor,
	    const struct feed_left *left, uint64_t more);
	/* NULL is fine: each change as it is taken; what all came to, when it
	 * is stored, or would be. */
	store_each_change *change;
	void (*stored)(void *arg, const struct store_changes *);
	/* NULL is fine: the open transaction and its changes were dropped. */
	void (*dropped)(void *arg);
	/* NULL is fine: how far a whole file was read. */
	void (*progress)(void *arg, uint64_t lines, uint64_t octets);
};

struct feed_counts {
	uint64_t puts, deletes, commits, bad, conflicts;
};

struct feed {
	struct store *store;              /* borrowed */
	const struct feed_report *report; /* borrowed */
	const char *source;               /* what is followed, or NULL */
	bool strict;
	bool dry;          /* nothing is stored: only what would be is told */
	bool allow_delete; /* a snapshot may delete as much as it likes */
	struct feed_counts counts;

	/* Private. */
	struct store_txn *txn;
	bool in_snapshot, snapshot_any;
	bool failed;               /* it is strict, and something was wrong */
	struct feed_where *places; /* of lines that wait for the end */
	size_t place_count, place_room;
	struct feed_left *left, **left_end; /* since the last commit */
	uint64_t left_count;
	struct feed_regions *regions; /* that lines named, or NULL */
	struct arena cursors_memory;
	struct feed_cursor *cursors, **cursors_end; /* whole, not stored */
	unsigned whole;                             /* how many these are */
};

void feed_init(struct feed *, struct store *, const struct feed_report *,
    const char *source, bool strict);
/* Drops what was not stored; one that is all zero is fine. */
void feed_release(struct feed *);

/*
 * Takes a line into the open transaction, which it begins if need be.
 * Anything but E_OK ends the feed: abort it.
 */
enum err feed_take(struct feed *, const struct feed_line *,
    const struct feed_where *) MUST_CHECK;

/* Of what is no fact: tells and counts; E_INPUT if strict. */
enum err feed_complain(struct feed *, const struct feed_where *,
    const struct feed_line *, const struct complaint *) MUST_CHECK;

/* Writes the open transaction, if there is one, to disk and tells. */
enum err feed_store(struct feed *) MUST_CHECK;
void feed_abort(struct feed *);

#endif
