/*
 * txn.h - the writing half of the store; only the feed uses it.
 *
 * One transaction at a time in one process; a second process waits in
 * store_begin() until the first commits or dies.  A transaction remembers
 * its first failure: after one, every call is a no-op and store_commit()
 * aborts and returns it.  A complaint is not a failure: the fact was left
 * out, nothing was changed by it, and the transaction goes on.
 *
 *	store_begin(s, &txn);
 *	err = store_put(txn, &fact, &why);
 *	store_mark(txn, "cursor");
 *	err = store_commit(txn);
 */
#ifndef ZONES_STORE_WRITE_TXN_H
#define ZONES_STORE_WRITE_TXN_H

#include "zones/facts/fact.h"
#include "zones/store/read/store.h"

struct store_txn;

struct store_options {
	const char *path;
	size_t map_bytes; /* 0: reserve plenty, grow by itself */
	bool no_sync;     /* a crash of the machine may lose commits */
};

/* Makes the folder and the store where they are not there. */
enum err store_open_writer(
    struct store **, const struct store_options *) MUST_CHECK;

void store_begin(struct store *, struct store_txn **);

/*
 * E_OK; E_INPUT with *why; otherwise the transaction has failed.  Putting a
 * fact that is there writes nothing; deleting one that is not is no error.
 * A network's fact comes before the facts in it.
 */
enum err store_put(
    struct store_txn *, const struct fact *, struct complaint *why) MUST_CHECK;
enum err store_delete(struct store_txn *, const struct fact *key,
    struct complaint *why) MUST_CHECK;

/*
 * As delete, but of its own fact only: an app's instances stay, and while
 * there are any, so does the app; what is in a network waits for the network.
 * For sources in which each fact comes and goes by itself.
 */
enum err store_withdraw(struct store_txn *, const struct fact *key,
    struct complaint *why) MUST_CHECK;

/*
 * A transaction is judged by the state that it leaves.  What store_put() has
 * refused is left out until then, and kept in mind behind it: each end of
 * what belongs together tries all that may fit now.
 *
 * WHOLE: the fact was read, and can be tried; else only its key is known.
 * PLACE is handed back at the end.  False: the open snapshot is of another
 * network, and nothing was kept.
 */
bool store_leave_out(struct store_txn *, const struct fact *, bool whole,
    const struct complaint *, uint64_t place) MUST_CHECK;

/*
 * The end, at CURSOR (or NULL).  Of what was left out since the last one, EACH
 * is told in the order of places: WHY it stays out, or that it is in, and what
 * store_conflict() says of it.
 */
typedef void store_each_settled(void *arg, uint64_t place, const struct fact *,
    const struct complaint *why, const char *other);
enum err store_settle(struct store_txn *, const char *cursor,
    store_each_settled *, void *arg) MUST_CHECK;

/*
 * What another fact has of what PUT gave this one: "instance web/a1 has one of
 * its addresses too"; else NULL.  Valid until the next put.
 */
const char *store_conflict(const struct store_txn *);

/*
 * Between the two, every fact is to be put that shall remain: of all, or
 * of one network, whose own fact stays.  The end deletes what was not put;
 * what was left out within stays as it was.  It is E_INPUT, and nothing was
 * deleted, where that would be more than half of the store or of a network,
 * and not ANY number may go.
 */
void store_snapshot_begin(struct store_txn *, const char *network);
enum err store_snapshot_end(
    struct store_txn *, bool any, struct complaint *why) MUST_CHECK;

/* The source stands still, and why, until the next mark. */
#define HALTED_MAX 511
void store_halt(struct store_txn *, const char *why);

/* The source's position, kept with the transaction. */
void store_mark(struct store_txn *, const char *cursor);
/* What is followed; and that it was heard of now. */
void store_heard(struct store_txn *, const char *source);

bool store_changed(const struct store_txn *); /* there is what to commit */

enum store_change { STORE_PUT, STORE_CHANGED, STORE_DELETED, STORE_CHANGES };

/* How many facts; a network that goes is one, whatever was in it. */
struct store_changes {
	uint32_t count[STORE_CHANGES][FACT_KINDS];
};

/* So far. */
const struct store_changes *store_changes(const struct store_txn *);
/*
 * EACH is told of every change from now on, and of facts of which the source
 * says that they are newer; a deleted fact is what it was.
 */
typedef void store_each_change(
    void *arg, enum store_change, const struct fact *);
void store_watch(struct store_txn *, store_each_change *, void *arg);

/* Writes the transaction to disk, or leaves the store as it was. */
enum err store_commit(struct store_txn *) MUST_CHECK;
void store_abort(struct store_txn *); /* NULL is fine */

/* The cursor as it stands in this transaction. */
enum err store_txn_meta(struct store_txn *, struct store_meta *) MUST_CHECK;
/* The same of the last commit, for who has no transaction. */
enum err store_standing(struct store *, struct store_meta *) MUST_CHECK;

#endif
