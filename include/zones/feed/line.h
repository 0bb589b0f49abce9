/*
 * line.h - one line of a feed, read and checked as far as it can be
 * without the store.  Lines share nothing: each has its arena.
 */
#ifndef ZONES_FEED_LINE_H
#define ZONES_FEED_LINE_H

#include "zones/facts/json.h"
#include "zones/store/read/store.h"

enum feed_verb {
	FEED_PUT,
	FEED_DELETE,
	FEED_WITHDRAW, /* see store_withdraw(); no line says so */
	FEED_COMMIT,
	FEED_SNAPSHOT_BEGIN,
	FEED_SNAPSHOT_END,
	FEED_KEEP, /* could not be read: of a fact, or of none that is known */
	FEED_NOTHING /* an empty line */
};

struct feed_line {
	enum feed_verb verb;
	struct fact fact;    /* put; delete: the key */
	bool named;          /* the fact's kind is known, for complaints */
	const char *cursor;  /* commit; snapshot end, where not NULL */
	const char *network; /* snapshot begin: the only one, or NULL */
	bool allow_delete;   /* snapshot begin: as much as it likes */
	const struct complaint *why; /* keep: what is wrong with it */
};

#define FEED_LINE_MAX (1024 * 1024) /* octets, without its end */

/* LINE's memory is the arena's. */
void feed_line_read(
    struct feed_line *line, struct arena *, const char *text, size_t len);

#endif
