/*
 * snapshot.c - one thread's view, renewed once a batch.
 */
#include "zones/store/read/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "zones/store/read/env.h"

void
store_text(struct wire_in *in, char *out, size_t size)
{
	uint16_t len = wire_get16(in);
	const uint8_t *text = wire_take(in, len);

	out[0] = '\0';
	in->bad = in->bad || len >= size;
	if (!in->bad)
		(void)snprintf(out, size, "%.*s", len, (const char *)text);
}

enum err
store_head_read(struct store_head *h, const MDB_val *v)
{
	struct wire_in in = val_in(v);

	memset(h, 0, sizeof(*h));
	h->format = wire_get16(&in);
	if (!in.bad && h->format != 0 && h->format != STORE_FORMAT)
		return E_FORMAT;
	h->facts = wire_get64(&in);
	h->next_network = wire_get32(&in);
	h->meta.commits = wire_get64(&in);
	h->meta.committed_ms = (int64_t)wire_get64(&in);
	h->meta.heard_ms = (int64_t)wire_get64(&in);
	store_text(&in, h->meta.cursor, sizeof(h->meta.cursor));
	store_text(&in, h->meta.source, sizeof(h->meta.source));
	return in.bad || h->format == 0 ? E_DAMAGED : E_OK;
}

static int
own_get(struct snapshot *s, enum key_kind kind, MDB_val *v)
{
	struct store_key key;
	MDB_val k;

	key_init(&key, NETWORK_NONE, kind);
	k = key_val(&key);
	return guard_find(s->txn, s->env->dbi, &k, v);
}

static enum err
head_read(struct snapshot *s, struct store_head *h)
{
	MDB_val v;
	int rc = own_get(s, KEY_HEAD, &v);

	memset(h, 0, sizeof(*h));
	if (rc != 0)
		return rc == MDB_NOTFOUND ? E_ABSENT : store_err(rc);
	return store_head_read(h, &v);
}

/* What a flow's network depends on, but for the networks themselves. */
static void
lengths_read(struct snapshot *s)
{
	struct wire_in in = wire_in(NULL, 0);
	const uint8_t *lengths;
	MDB_val v;

	if (own_get(s, KEY_LENGTHS, &v) == 0)
		in = val_in(&v);
	s->generation = wire_get64(&in);
	lengths = wire_take(&in, sizeof(s->lengths));
	memset(s->lengths, 0, sizeof(s->lengths));
	if (lengths != NULL)
		memcpy(s->lengths, lengths, sizeof(s->lengths));
}

/* After a commit: is it ours to read, and did the networks change? */
static void
changes_read(struct snapshot *s)
{
	struct store_head head;
	MDB_stat stat = { 0 };

	(void)mdb_stat(s->txn, s->env->dbi, &stat);
	recent_forget(&s->recent, stat.ms_entries);
	s->state = head_read(s, &head);
	if (s->state == E_OK)
		lengths_read(s);
}

static void
snapshot_stop(struct snapshot *s)
{
	if (s->active)
		mdb_txn_reset(s->txn);
	s->active = false;
}

/* Its first transaction, and with it its slot; with the store locked. */
static enum err
snapshot_begin(struct snapshot *s)
{
	MDB_dbi *dbi = &s->env->dbi;
	int rc = slots_begin(s->env, MDB_RDONLY, &s->txn);

	if (rc == 0 && (rc = mdb_dbi_open(s->txn, NULL, 0, dbi)) == 0 &&
	    (rc = mdb_cursor_open(s->txn, *dbi, &s->point)) == 0)
		rc = mdb_cursor_open(s->txn, *dbi, &s->walk);
	s->active = rc == 0;
	return store_err(rc);
}

/* The store's environment is ours, whichever that is now. */
static void
env_look_for(struct snapshot *s)
{
	struct store *store = s->store;

	guard_thread();
	atomic_store(&s->turn, SNAPSHOT_RESTS);
	if (!store->kept)
		store_look(store);
	(void)pthread_mutex_lock(&store->lock);
	if (s->env == NULL) {
		s->env = store->env;
		s->state = s->env == NULL ? store->why : snapshot_begin(s);
		if (s->state != E_OK)
			snapshot_leave(s);
	}
	atomic_store(&s->turn, SNAPSHOT_READS);
	(void)pthread_mutex_unlock(&store->lock);
}

/* The number of the commit that now stands where that of the snapshot did. */
static size_t
commit_there(const struct snapshot *s, size_t txnid)
{
	const size_t *at = s->env->commit[txnid & 1];

	return at == NULL ? txnid : __atomic_load_n(at, __ATOMIC_RELAXED);
}

/*
 * LMDB takes the number from the lock file, and the pages from where that
 * number leads.  They differ for a moment when two commits are made meanwhile.
 */
#define TRIES 10

static int
txn_renew(struct snapshot *s)
{
	int rc = MDB_SUCCESS;

	for (int i = 0; i < TRIES; i++) {
		snapshot_stop(s);
		if ((rc = mdb_txn_renew(s->txn)) != 0)
			return rc;
		s->active = true;
		if (commit_there(s, mdb_txn_id(s->txn)) == mdb_txn_id(s->txn))
			return rc;
	}
	guard_mark(&s->env->guard, E_LOCK);
	return rc;
}

/* Who keeps the store is to look at once. */
static void
keeper_call(const struct snapshot *s)
{
	if (s->store->kept)
		(void)eventfd_write(s->store->news.of[NEWS_CALL], 1);
}

static enum err
snapshot_renew(struct snapshot *s)
{
	int rc = txn_renew(s);

	s->walk_at = NULL;
	s->moment++;
	if (rc == 0 && (rc = mdb_cursor_renew(s->txn, s->point)) == 0)
		rc = mdb_cursor_renew(s->txn, s->walk);
	/* None goes away by itself: another environment may. */
	if (rc != 0)
		guard_mark(&s->env->guard, store_err(rc));
	if (guard_hurt(&s->env->guard) != E_OK)
		keeper_call(s);
	return guard_hurt(&s->env->guard);
}

/* At most once a second, where nobody keeps the store. */
static bool
look_is_due(struct snapshot *s)
{
	int64_t now;

	if (s->store->kept)
		return false;
	now = clock_seconds(CLOCK_MONOTONIC_COARSE);
	if (now < s->next_look)
		return false;
	s->next_look = now + 1;
	return true;
}

enum err
snapshot_refresh(struct snapshot *s)
{
	bool due = look_is_due(s);
	size_t txnid;
	enum err err;

	if (atomic_exchange(&s->turn, SNAPSHOT_READS) == SNAPSHOT_TAKEN || due)
		env_look_for(s);
	if (s->env == NULL) {
		errno = s->store->why_system;
		return s->state;
	}
	if ((err = snapshot_renew(s)) != E_OK)
		return err;
	recent_make_room(&s->recent);
	txnid = mdb_txn_id(s->txn);
	if (txnid != s->txnid) {
		s->txnid = txnid;
		changes_read(s);
	}
	return s->state;
}

/*
 * A commit later than the next may write over a reader's pages that has no slot
 * to say so; it has a later number then where the reader's stood.
 */
static bool
is_read_whole(struct snapshot *s)
{
	size_t there;

	if (!s->active)
		return s->env == NULL || guard_hurt(&s->env->guard) == E_OK;
	there = commit_there(s, s->txnid);
	if (there < s->txnid)
		guard_mark(&s->env->guard, E_DAMAGED);
	if (there != s->txnid && !s->env->guard.locks)
		snapshot_forget(s);
	else if (guard_hurt(&s->env->guard) == E_OK)
		return true;
	keeper_call(s);
	return false;
}

bool
snapshot_run(struct snapshot *s, void (*run)(void *), void *arg)
{
	if (s != NULL && s->env != NULL)
		return guard_run(&s->env->guard, run, arg) && is_read_whole(s);
	run(arg);
	return true;
}

void
snapshot_rest(struct snapshot *s)
{
	snapshot_stop(s);
	if (atomic_load_explicit(&s->turn, memory_order_relaxed) ==
	    SNAPSHOT_READS)
		atomic_store_explicit(
		    &s->turn, SNAPSHOT_RESTS, memory_order_release);
}

/* One line for each flow; then the keys asked for lately. */
#define FLOWS_OCTETS (FLOW_SLOTS * sizeof(struct flow))
#define MAP_OCTETS   (FLOWS_OCTETS + RECENT_OCTETS)

/* No memory until it is used, and large pages then. */
static enum err
tables_map(struct snapshot *s)
{
	void *at = mmap(NULL, MAP_OCTETS, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return E_NOMEM;
	(void)madvise(at, MAP_OCTETS, MADV_HUGEPAGE);
	s->flow = at;
	recent_start(&s->recent, s->flow + FLOW_SLOTS);
	return E_OK;
}

enum err
snapshot_open(struct store *store, struct snapshot **out)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL || tables_map(s) != E_OK) {
		free(s);
		return E_NOMEM;
	}
	s->store = store;
	s->state = E_ABSENT;
	s->txnid = TXNID_NONE;
	(void)pthread_mutex_lock(&store->lock);
	LIST_INSERT_HEAD(&store->snapshots, s, beside);
	(void)pthread_mutex_unlock(&store->lock);
	*out = s;
	return E_OK;
}

void
snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->store->lock);
	snapshot_leave(s);
	LIST_REMOVE(s, beside);
	(void)pthread_mutex_unlock(&s->store->lock);
	(void)munmap(s->flow, MAP_OCTETS);
	free(s);
}

enum err
snapshot_meta(struct snapshot *s, struct store_meta *meta)
{
	struct store_head head;
	enum err err;

	assert(s->active);
	err = head_read(s, &head);
	*meta = head.meta;
	return err;
}
