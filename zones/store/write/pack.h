/*
 * pack.h - changing a pack, a page at a time; failures are remembered by the
 * transaction.
 */
#ifndef ZONES_STORE_WRITE_PACK_H
#define ZONES_STORE_WRITE_PACK_H

#include "zones/store/read/pack.h"

struct store_txn;

struct pack {
	struct store_txn *txn;
	struct store_key *prefix;
};

/* The first page; false where there is no such pack. */
bool pack_read(const struct pack *, MDB_val *page);
/* The pack with another head; made where it is not there. */
void pack_write_head(const struct pack *, struct wire_in head);
/*
 * Puts or replaces an entry, and the head where HEAD is not NULL; makes the
 * pack where it is not there.
 */
void pack_put(
    const struct pack *, const struct pack_entry *, const struct wire_in *head);
/* The other way; nothing where it is not there. */
void pack_delete(const struct pack *, const void *key, size_t len);
/* All pages. */
void pack_drop(const struct pack *);

#endif
