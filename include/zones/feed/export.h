/*
 * export.h - all facts as a snapshot in the feed's format.
 */
#ifndef ZONES_FEED_EXPORT_H
#define ZONES_FEED_EXPORT_H

#include <stdio.h>

#include "zones/store/read/store.h"

/* So many facts were read. */
typedef void feed_exported(void *arg, uint64_t facts);

/*
 * While the snapshot is refreshed; what OUT could not take is to be asked of
 * OUT.  AGED: all that have addresses, with their age (docs/feed.md); else
 * those alone of which another claims one.  The callback, which may be NULL,
 * comes with each fact.
 */
enum err feed_export(struct snapshot *, FILE *out, bool aged, feed_exported *,
    void *arg) MUST_CHECK;

#endif
