/*
 * store.h - the zone store: one LMDB environment, many snapshots.
 *
 * Who may do what
 *   - dnsctl writes (txn.h); dnsd opens the store read-only;
 *   - each worker owns one snapshot and shares it with nobody;
 *   - bytes that a look-up returns belong to LMDB.  They are valid until
 *     snapshot_rest() or the next snapshot_refresh().
 *
 * What a reader sees
 *   A commit is visible to every snapshot_refresh() that starts after it,
 *   whole or not at all.  A worker refreshes once a batch of packets and
 *   rests before it sleeps, so no snapshot is older than one batch: LMDB
 *   cannot use a page again that an old snapshot still holds.
 *
 * A store that is not there yet
 *   Opening for reading always succeeds.  While there is no store, or none
 *   that can be read, refresh says E_ABSENT (or the reason) and looks again
 *   at most once a second.  A store that was replaced by another file is
 *   opened anew in the same way; if that fails, the old one stays in use.
 */
#ifndef ZONES_STORE_READ_STORE_H
#define ZONES_STORE_READ_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define STORE_FORMAT 3
#define CURSOR_MAX   256 /* octets */

struct store;    /* the environment; one a process */
struct snapshot; /* a read transaction; one a thread */

/* PATH is a folder.  Shared by the snapshots of all threads. */
enum err store_open_reader(struct store **, const char *path) MUST_CHECK;
void store_close(struct store *); /* NULL is fine; after all its snapshots */

enum err snapshot_open(struct store *, struct snapshot **) MUST_CHECK;
enum err snapshot_refresh(struct snapshot *) MUST_CHECK;
void snapshot_rest(struct snapshot *);
void snapshot_close(struct snapshot *); /* NULL is fine */

/* What the store knows about itself. */
struct store_meta {
	char cursor[CURSOR_MAX + 1]; /* where its source stands; "" for none */
	char source[CURSOR_MAX + 1]; /* what it follows; "" for files */
	uint64_t commits;
	int64_t committed_ms; /* of the last commit, since 1970 */
	int64_t heard_ms;     /* last word from the source, since 1970 */
};

/* While it is refreshed from a store that is there. */
enum err snapshot_meta(struct snapshot *, struct store_meta *) MUST_CHECK;

struct store_usage {
	uint64_t bytes_used, bytes_map;
	unsigned readers, readers_max;
};

enum err snapshot_usage(struct snapshot *, struct store_usage *) MUST_CHECK;

#endif
