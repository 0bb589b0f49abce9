/*
 * txn.c - a transaction: begin, remember the first failure, commit.
 */
#include "zones/store/write/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "impl.h"

/* More than this of a transaction is given to LMDB before its end. */
#define OVERLAY_BYTES ((size_t)512 << 20)

static bool
disk_is_full(const struct store *s)
{
	struct statvfs fs;

	return statvfs(s->path, &fs) == 0 && fs.f_bavail == 0;
}

bool
txn_holds(struct store_txn *t, int rc)
{
	/* LMDB calls a short write EIO; what makes writes short is this. */
	if (rc == EIO && disk_is_full(t->store))
		rc = ENOSPC;
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
	rc = mdb_get(t->txn, t->store->env->dbi, &k, v);
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

void
txn_put_now(
    struct store_txn *t, struct store_key *key, const void *value, size_t len)
{
	MDB_val k = key_val(key), v = { .mv_size = len };

	if (t->err != E_OK)
		return;
	/* LMDB copies from it; its type is shared with reading. */
	memcpy(&v.mv_data, &value, sizeof(v.mv_data));
	(void)txn_holds(t, mdb_put(t->txn, t->store->env->dbi, &k, &v, 0));
	if (overlay_find(&t->overlay, key->buf, key->out.len) != NULL)
		overlay_put(&t->overlay, key, value, len);
	t->changed = true;
}

void
txn_delete_now(struct store_txn *t, struct store_key *key)
{
	MDB_val k = key_val(key);
	int rc;

	if (t->err != E_OK)
		return;
	rc = mdb_del(t->txn, t->store->env->dbi, &k, NULL);
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
	t->changed = true;
}

void
txn_flush(struct store_txn *t)
{
	MDB_dbi dbi = t->store->env->dbi;

	if (t->err == E_OK)
		(void)txn_holds(t, overlay_flush(&t->overlay, t->txn, dbi));
	names_write(t);
}

/* Nearly all values fit what is there. */
struct wire_out
txn_room(struct store_txn *t, size_t len)
{
	if (len <= sizeof(t->value))
		return wire_out(t->value, sizeof(t->value));
	return wire_out(arena_take(&t->arena, len), len);
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
		rc = mdb_cursor_get(t->cursor, &k, &v, MDB_SET_RANGE);
		if (rc == MDB_NOTFOUND || (rc == 0 && !val_begins(&k, prefix)))
			return;
		if (txn_holds(t, rc))
			(void)txn_holds(t, mdb_cursor_del(t->cursor, 0));
		t->changed = true;
	}
}

void
fact_key(struct store_key *key, uint32_t network, const struct fact *f)
{
	static const char kinds[] = {
		[FACT_NETWORK] = 'N',
		[FACT_REGION] = 'r',
		[FACT_DISTANCE] = 'd',
		[FACT_APP] = 'A',
		[FACT_INSTANCE] = 'i',
		[FACT_PEER] = 'P',
	};
	const char *const part[] = { f->app, f->id, f->to };
	bool first = true;

	key_init(key, network, kinds[f->kind]);
	if (f->kind == FACT_NETWORK)
		return;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i] == NULL)
			continue;
		if (!first)
			key_end_part(key);
		key_text(key, part[i]);
		first = false;
	}
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A store that never saw a commit has no head: it gets its first here. */
static void
read_head(struct store_txn *t)
{
	struct store_key key;
	MDB_val v;

	key_init(&key, NETWORK_NONE, 'm');
	if (txn_get(t, &key, &v) == 0)
		t->err = store_head_read(&t->head, &v);
	else
		t->head.next_network = 1;
}

void
store_begin(struct store *s, struct store_txn **out)
{
	struct store_txn *t = calloc(1, sizeof(*t));
	int dead;

	if (t == NULL)
		abort(); /* as arena.h: a tool without memory is no tool */
	*out = t;
	t->store = s;
	(void)mdb_reader_check(s->env->env, &dead);
	if (txn_holds(t, mdb_txn_begin(s->env->env, NULL, 0, &t->txn)) &&
	    txn_holds(t, mdb_cursor_open(t->txn, s->env->dbi, &t->cursor)))
		read_head(t);
}

void
txn_touch(struct store_txn *t, uint32_t network)
{
	uint64_t commit = t->head.meta.commits + 1;
	struct store_key key;
	uint8_t buf[12];
	struct wire_out out = wire_out(buf, sizeof(buf));
	uint32_t count = 0;
	MDB_val v;

	if (t->touched == network)
		return;
	t->touched = network;
	key_init(&key, network, '#');
	if (txn_get(t, &key, &v) == 0) {
		struct wire_in in = val_in(&v);

		count = wire_get32(&in);
		if (wire_get64(&in) == commit)
			return;
	}
	wire_put32(&out, count + 1);
	wire_put64(&out, commit);
	txn_put(t, &key, buf, out.len);
}

static void
set_text(char out[CURSOR_MAX + 1], const char *text, bool *changed)
{
	size_t len = strnlen(text, CURSOR_MAX);

	if (strlen(out) == len && memcmp(out, text, len) == 0)
		return;
	memset(out, 0, CURSOR_MAX + 1);
	memcpy(out, text, len);
	*changed = true;
}

void
store_mark(struct store_txn *t, const char *cursor)
{
	set_text(t->head.meta.cursor, cursor, &t->changed);
}

void
store_heard(struct store_txn *t, const char *source)
{
	set_text(t->head.meta.source, source, &t->changed);
	t->head.meta.heard_ms = now_ms();
	t->heard = true;
}

bool
store_changed(const struct store_txn *t)
{
	return t->changed || t->heard;
}

enum err
store_txn_meta(struct store_txn *t, struct store_meta *meta)
{
	*meta = t->head.meta;
	return t->err;
}

const char *
store_conflict(const struct store_txn *t)
{
	return t->conflict[0] == '\0' ? NULL : t->conflict;
}

static void
put_head(const struct store_head *h, struct wire_out *out)
{
	wire_put16(out, STORE_FORMAT);
	wire_put64(out, h->facts);
	wire_put32(out, h->next_network);
	wire_put64(out, h->meta.commits);
	wire_put64(out, (uint64_t)h->meta.committed_ms);
	wire_put64(out, (uint64_t)h->meta.heard_ms);
	wire_put16(out, (uint16_t)strlen(h->meta.cursor));
	wire_put(out, h->meta.cursor, strlen(h->meta.cursor));
	wire_put16(out, (uint16_t)strlen(h->meta.source));
	wire_put(out, h->meta.source, strlen(h->meta.source));
}

static void
write_head(struct store_txn *t)
{
	uint8_t buf[1024];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;

	/* Word without news is no commit: the store's age is its facts'. */
	if (t->changed || t->head.meta.commits == 0) {
		t->head.meta.commits++;
		t->head.meta.committed_ms = now_ms();
	}
	put_head(&t->head, &out);
	key_init(&key, NETWORK_NONE, 'm');
	txn_put(t, &key, buf, out.len);
}

static void
txn_free(struct store_txn *t)
{
	arena_release(&t->arena);
	arena_release(&t->network_arena);
	overlay_release(&t->overlay);
	names_release(t);
	seen_free(t->seen);
	free(t);
}

enum err
store_commit(struct store_txn *t)
{
	enum err err;

	txn_flush(t);
	if (t->ranks_changed)
		rank_write(t);
	write_head(t);
	txn_flush(t);
	if (t->err == E_OK) {
		MDB_txn *txn = t->txn;

		mdb_cursor_close(t->cursor);
		t->txn = NULL; /* gone, whatever commit says */
		if (txn_holds(t, mdb_txn_commit(txn)))
			store_lengthen(t->store->env);
	} else if (t->txn != NULL) {
		mdb_txn_abort(t->txn);
	}
	err = t->err;
	txn_free(t);
	return err;
}

void
store_abort(struct store_txn *t)
{
	if (t == NULL)
		return;
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	txn_free(t);
}
