/*
 * journal.h - what the last commits changed.
 *
 * A commit writes its entry over the one JOURNAL_LENGTH commits before it.
 */
#ifndef ZONES_STORE_WRITE_JOURNAL_H
#define ZONES_STORE_WRITE_JOURNAL_H

#include "zones/store/write/txn.h"

#define JOURNAL_LENGTH 1000

struct journal_entry {
	struct store_meta meta; /* as they were at its end */
	uint64_t txnid;         /* LMDB's number of it */
	struct store_changes changes;
};

/* The newest first; ends at the first false, which is no error. */
typedef bool journal_each(void *arg, const struct journal_entry *);
enum err snapshot_journal(
    struct snapshot *, journal_each *, void *arg) MUST_CHECK;

#endif
