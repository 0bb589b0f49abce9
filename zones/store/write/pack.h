/*
 * pack.h - changing a pack; failures are remembered by the transaction.
 */
#ifndef ZONES_STORE_WRITE_PACK_H
#define ZONES_STORE_WRITE_PACK_H

#include "paged.h"

/* A pack as a list in pages: paged_change() changes it. */
struct paged pack_of(struct store_txn *, struct store_key *prefix);
/* Its head; false where there is no such pack. */
bool pack_read_head(const struct paged *, struct wire_in *head);
/* All pages go. */
void pack_drop(const struct paged *);

#endif
