/*
 * overlay.h - what a transaction has written, before LMDB has it.
 *
 * A load writes a million keys that LMDB would have to find a place for one
 * by one, all over its tree.  They are kept here, found by a hash, and
 * given to LMDB in the order of keys: four times as fast, and the pages
 * of a new store come out full.
 */
#ifndef ZONES_STORE_WRITE_OVERLAY_H
#define ZONES_STORE_WRITE_OVERLAY_H

#include "base/arena.h"
#include "table.h"
#include "zones/store/read/env.h"

struct sorted;

struct overlay_entry {
	struct table_entry in;
	uint8_t *value; /* NULL: deleted */
	uint32_t len, room;
};

/* Embedded; all zero is empty. */
struct overlay {
	struct arena arena;
	struct table table;
	struct sorted *all; /* as they came; as many as the table has */
	size_t room, bytes;
};

/* NULL: LMDB knows. */
struct overlay_entry *overlay_find(
    const struct overlay *, const void *key, size_t len);
/* Copies the value; NULL deletes. */
void overlay_put(
    struct overlay *, const struct store_key *, const void *value, size_t len);
/* In the order of keys until the next put; of as many as the table has. */
void overlay_sort(struct overlay *);
const struct overlay_entry *overlay_at(const struct overlay *, size_t i);
/* All of it, in the order of keys; then it is empty. */
int overlay_flush(struct overlay *, MDB_txn *, MDB_dbi, uint64_t *sum);
/*
 * One key to LMDB, in or, where the value is NULL, out: SUM is that of all of
 * its pairs (pages.h).  NEW: it is behind all that are there.
 */
int overlay_write(
    MDB_cursor *, MDB_val *k, MDB_val *v, bool new, uint64_t *sum);
void overlay_release(struct overlay *);

#endif
