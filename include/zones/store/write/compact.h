/*
 * compact.h - giving back what a store's file has and does not need.
 *
 * Pages that commits gave up are used again, not given back; and not used again
 * while a reader may need them.
 */
#ifndef ZONES_STORE_WRITE_COMPACT_H
#define ZONES_STORE_WRITE_COMPACT_H

#include "zones/store/write/txn.h"

/*
 * Puts a copy in the file's place, or leaves it as it is; how long the file
 * was, and is, in octets.  Between transactions.  Readers go on, with the old
 * file for a second; other writers wait.  E_ABSENT where there is nothing yet.
 */
enum err store_compact(
    struct store *, uint64_t *before, uint64_t *after) MUST_CHECK;

#endif
