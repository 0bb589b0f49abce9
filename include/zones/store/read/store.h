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
 *   that can be read, refresh says E_ABSENT (or the reason).  Within a second
 *   what is open is held against what is there: another file, or another lock
 *   file, is opened anew.  Where the new one cannot be read the old one stays
 * in use, unless it is damaged itself.
 */
#ifndef ZONES_STORE_READ_STORE_H
#define ZONES_STORE_READ_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define STORE_FORMAT 5
#define CURSOR_MAX   256 /* octets */

struct store;    /* the environment; one a process */
struct snapshot; /* a read transaction; one a thread */

/* PATH is a folder.  Shared by the snapshots of all threads. */
enum err store_open_reader(struct store **, const char *path) MUST_CHECK;
void store_close(struct store *); /* NULL is fine; after all its snapshots */

/*
 * From now on a thread looks what is there; else who refreshes does.  No error
 * where it does already.
 */
enum err store_keep(struct store *) MUST_CHECK;

enum err snapshot_open(struct store *, struct snapshot **) MUST_CHECK;
enum err snapshot_refresh(struct snapshot *) MUST_CHECK;
/*
 * RUN reads, and holds nothing that has to be given back.  False: the store
 * broke, RUN may have been left where it was, and what was read since the
 * refresh is worth nothing.
 */
bool snapshot_run(struct snapshot *, void (*run)(void *), void *arg) MUST_CHECK;
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

#endif
