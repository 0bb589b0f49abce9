/*
 * txn.c - the keys of a transaction: got, put, deleted, and given to LMDB.
 */
#include "zones/store/write/txn.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "impl.h"

/* More than this of a transaction is given to LMDB before its end. */
#define OVERLAY_BYTES ((size_t)512 << 20)

/* What may be left where a page did not fit: blocks for root, or for folders.
 */
#define FULL_LEAVES ((uint64_t)1 << 20)

int
store_rc(const struct store *s, int rc)
{
	struct statvfs fs;

	if (rc == EIO && statvfs(s->path, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < FULL_LEAVES)
		return ENOSPC;
	return rc;
}

bool
txn_holds(struct store_txn *t, int rc)
{
	rc = store_rc(t->store, rc);
	if (rc != 0 && t->err == E_OK)
		t->err = store_err(rc);
	return t->err == E_OK;
}

int
txn_get(struct store_txn *t, struct store_key *key, MDB_val *v)
{
	struct overlay_entry *e;
	MDB_val k = key_val(key);
	int rc;

	if (t->err != E_OK || key->out.bad)
		return MDB_NOTFOUND;
	e = overlay_find(&t->overlay, key->buf, key->out.len);
	if (e != NULL) {
		*v = (MDB_val){ e->len, e->value };
		return e->value == NULL ? MDB_NOTFOUND : 0;
	}
	rc = guard_find(t->txn, t->store->env->dbi, &k, v);
	if (rc != 0 && rc != MDB_NOTFOUND)
		(void)txn_holds(t, rc);
	return rc;
}

void
txn_put(struct store_txn *t, const struct store_key *key, const void *value,
    size_t len)
{
	if (!txn_holds(t, key->out.bad ? MDB_BAD_VALSIZE : 0))
		return;
	t->changed = true;
	overlay_put(&t->overlay, key, value == NULL ? "" : value, len);
	if (t->overlay.bytes > OVERLAY_BYTES)
		txn_flush(t);
}

void
txn_delete(struct store_txn *t, const struct store_key *key)
{
	if (t->err != E_OK)
		return;
	t->changed = true;
	overlay_put(&t->overlay, key, NULL, 0);
}

static void
write_now(
    struct store_txn *t, struct store_key *key, const void *value, size_t len)
{
	MDB_val k = key_val(key), v = { .mv_size = len };
	MDB_cursor *cursor;

	if (!txn_holds(t,
		t->err != E_OK
		    ? 0
		    : mdb_cursor_open(t->txn, t->store->env->dbi, &cursor)))
		return;
	/* LMDB copies from it; its type is shared with reading. */
	memcpy(&v.mv_data, &value, sizeof(v.mv_data));
	(void)txn_holds(t, overlay_write(cursor, &k, &v, false, &t->sum));
	mdb_cursor_close(cursor);
	t->changed = true;
}

void
txn_put_now(
    struct store_txn *t, struct store_key *key, const void *value, size_t len)
{
	write_now(t, key, value, len);
	if (overlay_find(&t->overlay, key->buf, key->out.len) != NULL)
		overlay_put(&t->overlay, key, value, len);
}

void
txn_delete_now(struct store_txn *t, struct store_key *key)
{
	write_now(t, key, NULL, 0);
}

void
txn_delete_at(struct store_txn *t, MDB_val *k)
{
	MDB_val none = { 0 };

	(void)txn_holds(t, overlay_write(t->cursor, k, &none, false, &t->sum));
	t->changed = true;
}

void
txn_flush(struct store_txn *t)
{
	MDB_dbi dbi = t->store->env->dbi;

	if (t->err == E_OK)
		(void)txn_holds(
		    t, overlay_flush(&t->overlay, t->txn, dbi, &t->sum));
}

void
txn_delete_range(struct store_txn *t, const struct store_key *prefix)
{
	struct store_key start = *prefix;
	MDB_val k, v;
	int rc;

	start.out.buf = start.buf;
	txn_flush(t);
	while (t->err == E_OK) {
		k = key_val(&start);
		rc = guard_get(t->cursor, &k, &v, MDB_SET_RANGE);
		if (rc == MDB_NOTFOUND || (rc == 0 && !val_begins(&k, prefix)))
			return;
		if (txn_holds(t, rc))
			txn_delete_at(t, &k);
	}
}
