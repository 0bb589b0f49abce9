/*
 * apply.h - a whole file into the store, or nothing of it.
 *
 * All of it is one transaction, which the end of the file commits; commit
 * lines within only say where the store then stands.
 */
#ifndef ZONES_FEED_APPLY_H
#define ZONES_FEED_APPLY_H

#include "zones/feed/feed.h"

enum feed_apply { FEED_STORE, FEED_TRY /* and leave the store as it is */ };

/*
 * Reads FD to its end.  ALLOW_DELETE: see store_snapshot_end().  NAME is the
 * file's, for complaints; the first one ends it with E_INPUT and leaves the
 * store as it was, as any failure does.
 */
enum err feed_apply(struct store *, const struct feed_report *,
    const char *name, int fd, enum feed_apply, bool allow_delete) MUST_CHECK;

#endif
