/*
 * guard.h - a file that is cut, overwritten or damaged under LMDB.
 *
 * What is mapped but no longer in the file is SIGBUS for who reads it; what is
 * damaged leads LMDB to an assertion, or astray.  None of these ends us:
 *   - within guard_get() LMDB is left, and MDB_CORRUPTED is what it said;
 *   - elsewhere, in a map that is guarded, zeros take the missing page's
 *     place and who reads goes on;
 *   - either way the guard is marked: nothing that was read since the last
 *     look at the mark is to be believed.
 * Any other fault is as deadly as it was.
 */
#ifndef ZONES_STORE_READ_GUARD_H
#define ZONES_STORE_READ_GUARD_H

#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

/* No value of ours is so large: damage would have us read past the map. */
#define VALUE_MOST ((size_t)64 << 20)

struct guard {
	atomic_int hurt;  /* enum err: why its store is not to be read */
	const char *data; /* where it is mapped; NULL: nobody knows */
	bool locks;       /* the lock file is mapped: readers have slots */
};

/*
 * Around mdb_env_open(); one environment at a time in a process, as its maps
 * are found by their being new.
 */
void guard_begin(struct guard *, MDB_env *);
void guard_opened(struct guard *);
void guard_end(struct guard *); /* before mdb_env_close() */

/* For each thread that reads: its faults are for us, even if it blocks all. */
void guard_thread(void);

void guard_mark(struct guard *, enum err);

static inline enum err
guard_hurt(struct guard *g)
{
	return (enum err)atomic_load_explicit(&g->hurt, memory_order_relaxed);
}

/*
 * As mdb_cursor_get() and mdb_get().  Within guard_run() the whole of RUN is
 * left; false then.  It holds nothing that has to be given back.
 */
bool guard_run(struct guard *, void (*run)(void *), void *arg);
int guard_get(MDB_cursor *, MDB_val *key, MDB_val *value, MDB_cursor_op);
int guard_find(MDB_txn *, MDB_dbi, MDB_val *key, MDB_val *value);

#endif
