/*
 * snapshot.c - one thread's view, renewed once a batch.
 */
#include "zones/store/read/store.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "zones/store/read/env.h"

/* No transaction was read.  Not 0: that is of a file without commits. */
#define TXNID_NONE SIZE_MAX

enum err
store_head_read(struct store_head *h, const MDB_val *v)
{
	struct wire_in in = val_in(v);
	const uint8_t *cursor, *source;
	uint16_t cursor_len, source_len;

	memset(h, 0, sizeof(*h));
	h->format = wire_get16(&in);
	if (!in.bad && h->format != 0 && h->format != STORE_FORMAT)
		return E_FORMAT;
	h->facts = wire_get64(&in);
	h->next_network = wire_get32(&in);
	h->meta.commits = wire_get64(&in);
	h->meta.committed_ms = (int64_t)wire_get64(&in);
	h->meta.heard_ms = (int64_t)wire_get64(&in);
	cursor_len = wire_get16(&in);
	cursor = wire_take(&in, cursor_len);
	source_len = wire_get16(&in);
	source = wire_take(&in, source_len);
	if (in.bad || cursor_len > CURSOR_MAX || source_len > CURSOR_MAX ||
	    h->format == 0)
		return E_DAMAGED;
	memcpy(h->meta.cursor, cursor, cursor_len);
	memcpy(h->meta.source, source, source_len);
	return E_OK;
}

static enum err
read_head(struct snapshot *s, struct store_head *h)
{
	struct store_key key;
	MDB_val k, v;
	int rc;

	memset(h, 0, sizeof(*h));
	key_init(&key, NETWORK_NONE, KEY_HEAD);
	k = key_val(&key);
	rc = mdb_get(s->txn, s->env->dbi, &k, &v);
	if (rc == MDB_NOTFOUND)
		return E_ABSENT;
	return rc != 0 ? store_err(rc) : store_head_read(h, &v);
}

/* What a flow's network depends on, but for the networks themselves. */
static void
read_lengths(struct snapshot *s)
{
	struct store_key key;
	struct wire_in in;
	const uint8_t *lengths;
	MDB_val k, v;

	s->generation = 0;
	memset(s->lengths, 0, sizeof(s->lengths));
	key_init(&key, NETWORK_NONE, KEY_LENGTHS);
	k = key_val(&key);
	if (mdb_get(s->txn, s->env->dbi, &k, &v) != 0)
		return;
	in = val_in(&v);
	s->generation = wire_get64(&in);
	lengths = wire_take(&in, sizeof(s->lengths));
	if (lengths != NULL)
		memcpy(s->lengths, lengths, sizeof(s->lengths));
}

/* After a commit: is it ours to read, and did the networks change? */
static void
read_what_changed(struct snapshot *s)
{
	struct store_head head;
	MDB_stat stat = { 0 };

	(void)mdb_stat(s->txn, s->env->dbi, &stat);
	recent_forget(&s->recent, stat.ms_entries);
	s->state = read_head(s, &head);
	if (s->state == E_OK)
		read_lengths(s);
}

static void
close_env(struct snapshot *s)
{
	if (s->env == NULL)
		return;
	mdb_cursor_close(s->point);
	mdb_cursor_close(s->walk);
	if (s->txn != NULL)
		mdb_txn_abort(s->txn);
	store_unref(s->store, s->env);
	s->point = s->walk = NULL;
	s->txn = NULL;
	s->env = NULL;
	s->active = false;
	s->txnid = TXNID_NONE;
}

/* Before another one, in which numbers mean other networks. */
static void
forget_env(struct snapshot *s)
{
	if (s->env == NULL)
		return;
	close_env(s);
	memset(&s->named, 0, sizeof(s->named));
	memset(s->flow, 0, FLOW_SLOTS * sizeof(*s->flow));
}

static enum err
begin(struct snapshot *s)
{
	int rc = store_read_begin(s->store, s->env, &s->txn);
	MDB_dbi dbi = s->env->dbi;

	if (rc == 0 && (rc = mdb_cursor_open(s->txn, dbi, &s->point)) == 0)
		rc = mdb_cursor_open(s->txn, dbi, &s->walk);
	s->active = rc == 0;
	return store_err(rc);
}

/* At most once a second: is the file that we have the one that is there? */
static void
look_again(struct snapshot *s, int64_t now)
{
	enum err why;
	struct store_env *e = store_look(s->store, &why);

	s->next_look = now + 1;
	if (e == s->env) {
		if (e != NULL)
			store_unref(s->store, e);
		else
			s->state = why;
		return;
	}
	forget_env(s);
	s->env = e;
	s->state = e == NULL ? why : begin(s);
	if (e != NULL && s->state != E_OK)
		forget_env(s);
}

static enum err
renew(struct snapshot *s)
{
	int rc;

	if (s->active)
		mdb_txn_reset(s->txn);
	s->active = false;
	rc = mdb_txn_renew(s->txn);
	if (rc == 0)
		s->active = true;
	s->walk_at = NULL;
	s->moment++;
	if (rc == 0 && (rc = mdb_cursor_renew(s->txn, s->point)) == 0)
		rc = mdb_cursor_renew(s->txn, s->walk);
	return store_err(rc);
}

enum err
snapshot_refresh(struct snapshot *s)
{
	int64_t now = clock_seconds(CLOCK_MONOTONIC_COARSE);
	size_t txnid;
	enum err err;

	if (now >= s->next_look)
		look_again(s, now);
	if (s->env == NULL)
		return s->state;
	if ((err = renew(s)) != E_OK)
		return err;
	recent_make_room(&s->recent);
	txnid = mdb_txn_id(s->txn);
	if (txnid != s->txnid) {
		s->txnid = txnid;
		read_what_changed(s);
	}
	return s->state;
}

void
snapshot_rest(struct snapshot *s)
{
	if (!s->active)
		return;
	mdb_txn_reset(s->txn);
	s->active = false;
}

enum err
snapshot_open(struct store *store, struct snapshot **out)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return E_NOMEM;
	(*out)->flow = recent_map(FLOW_SLOTS * sizeof(*(*out)->flow));
	if ((*out)->flow == NULL) {
		free(*out);
		*out = NULL;
		return E_NOMEM;
	}
	(*out)->store = store;
	(*out)->state = E_ABSENT;
	(*out)->txnid = TXNID_NONE;
	return E_OK;
}

void
snapshot_close(struct snapshot *s)
{
	if (s == NULL)
		return;
	close_env(s);
	recent_release(&s->recent);
	(void)munmap(s->flow, FLOW_SLOTS * sizeof(*s->flow));
	free(s);
}

enum err
snapshot_meta(struct snapshot *s, struct store_meta *meta)
{
	struct store_head head;
	enum err err;

	assert(s->active);
	err = read_head(s, &head);

	*meta = head.meta;
	return err;
}

enum err
snapshot_usage(struct snapshot *s, struct store_usage *usage)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc;

	assert(s->env != NULL);
	memset(usage, 0, sizeof(*usage));
	if ((rc = mdb_env_info(s->env->env, &info)) != 0 ||
	    (rc = mdb_env_stat(s->env->env, &stat)) != 0)
		return store_err(rc);
	usage->bytes_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	usage->bytes_map = info.me_mapsize;
	usage->readers = info.me_numreaders;
	usage->readers_max = info.me_maxreaders;
	return E_OK;
}
