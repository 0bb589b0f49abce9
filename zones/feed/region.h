/*
 * region.h - regions that a file names: what is in one that is not there is
 * warned of, once for each, when all of the file was taken.
 */
#ifndef ZONES_FEED_REGION_H
#define ZONES_FEED_REGION_H

#include "zones/feed/feed.h"

/* FACT was put, or DELETED. */
void feed_region_note(struct feed *, const struct fact *,
    const struct feed_where *, bool deleted);
/* Before the open transaction is committed. */
enum err feed_regions_tell(struct feed *) MUST_CHECK;

#endif
