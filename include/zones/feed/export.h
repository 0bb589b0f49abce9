/*
 * export.h - all facts as a snapshot in the feed's format.
 */
#ifndef ZONES_FEED_EXPORT_H
#define ZONES_FEED_EXPORT_H

#include <stdio.h>

#include "zones/store/read/store.h"

/*
 * While the snapshot is refreshed; what OUT could not take is to be asked of
 * OUT.
 */
enum err feed_export(struct snapshot *, FILE *out) MUST_CHECK;

#endif
