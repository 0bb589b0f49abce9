/*
 * facts.c - a fact's key, and all facts of a kind in the order of keys.
 */
#include "zones/store/write/facts.h"

#include "impl.h"

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

/* Key parts behind the kind: text, each but the last ended by a zero. */
static bool
read_parts(struct fact *f, const MDB_val *k, struct arena *arena)
{
	const char **const of[FACT_KINDS][3] = {
		[FACT_REGION] = { &f->id },
		[FACT_DISTANCE] = { &f->id, &f->to },
		[FACT_APP] = { &f->app },
		[FACT_INSTANCE] = { &f->app, &f->id },
		[FACT_PEER] = { &f->id },
	};
	const char *at = (const char *)k->mv_data + 5;
	size_t left = k->mv_size - 5;

	for (int i = 0; i < 3 && of[f->kind][i] != NULL; i++) {
		const char *zero = memchr(at, 0, left);
		size_t len = zero == NULL ? left : (size_t)(zero - at);

		*of[f->kind][i] = arena_copy(arena, at, len);
		at += zero == NULL ? len : len + 1;
		left -= zero == NULL ? len : len + 1;
	}
	return left == 0;
}

struct facts {
	MDB_txn *txn;
	MDB_dbi dbi;
	enum fact_kind kind;
	fact_each *each;
	void *arg;
	struct arena arena;
	bool stop;
};

static char
kind_letter(enum fact_kind kind)
{
	struct fact f = { .kind = kind };
	struct store_key key;

	fact_key(&key, NETWORK_NONE, &f);
	return (char)key.buf[4];
}

static enum err
tell(struct facts *w, const MDB_val *k, const MDB_val *v, const char *network)
{
	struct fact f = { .kind = w->kind, .network = network };

	if (!read_parts(&f, k, &w->arena) ||
	    !fact_decode(&f, val_in(v), &w->arena))
		return E_DAMAGED;
	w->stop = !w->each(w->arg, &f, false);
	return E_OK;
}

/* An app has an 'a' page always, and an 'A' where it was put by itself. */
static enum err
tell_app(
    struct facts *w, uint32_t number, const MDB_val *page, const char *network)
{
	struct store_key key;
	struct fact f = { .kind = FACT_APP, .network = network };
	MDB_val k, v;
	int rc;

	if (memchr((const uint8_t *)page->mv_data + 5, 0, page->mv_size - 5) !=
	    NULL)
		return E_OK; /* a later page */
	key_init(&key, number, 'A');
	key_bytes(&key, (const uint8_t *)page->mv_data + 5, page->mv_size - 5);
	k = key_val(&key);
	rc = mdb_get(w->txn, w->dbi, &k, &v);
	if (rc == 0)
		return tell(w, &k, &v, network);
	if (rc != MDB_NOTFOUND)
		return store_err(rc);
	if (!read_parts(&f, page, &w->arena))
		return E_DAMAGED;
	w->stop = !w->each(w->arg, &f, true);
	return E_OK;
}

static enum err
walk(struct facts *w, uint32_t number, const char *network)
{
	char letter = w->kind == FACT_APP ? 'a' : kind_letter(w->kind);
	struct store_key prefix;
	MDB_cursor *cursor;
	enum err err = E_OK;
	MDB_val k, v;
	int rc;

	key_init(&prefix, number, letter);
	k = key_val(&prefix);
	if ((rc = mdb_cursor_open(w->txn, w->dbi, &cursor)) != 0)
		return store_err(rc);
	rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && err == E_OK && !w->stop && val_begins(&k, &prefix)) {
		err = w->kind == FACT_APP ? tell_app(w, number, &k, network)
					  : tell(w, &k, &v, network);
		arena_reset(&w->arena);
		rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return err != E_OK || rc == MDB_NOTFOUND ? err : store_err(rc);
}

/* One network, found in the list of all of them. */
static enum err
walk_network(struct facts *w, const MDB_val *k, const MDB_val *v)
{
	struct wire_in in = val_in(v);
	uint32_t number = wire_get32(&in);
	struct arena arena = { 0 };
	const char *id =
	    arena_copy(&arena, (const char *)k->mv_data + 5, k->mv_size - 5);
	enum err err = in.bad ? E_DAMAGED : walk(w, number, id);

	arena_release(&arena);
	return err;
}

static enum err
walk_networks(struct facts *w, const char *only)
{
	struct store_key prefix;
	MDB_cursor *cursor;
	enum err err = E_OK;
	MDB_val k, v;
	int rc;

	key_init(&prefix, NETWORK_NONE, 'n');
	k = key_val(&prefix);
	if ((rc = mdb_cursor_open(w->txn, w->dbi, &cursor)) != 0)
		return store_err(rc);
	rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && err == E_OK && !w->stop && val_begins(&k, &prefix)) {
		size_t len = k.mv_size - 5;

		if (only == NULL ||
		    (len == strlen(only) &&
			memcmp((const char *)k.mv_data + 5, only, len) == 0))
			err = walk_network(w, &k, &v);
		rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return err != E_OK || rc == MDB_NOTFOUND ? err : store_err(rc);
}

enum err
store_each_fact(MDB_txn *txn, MDB_dbi dbi, enum fact_kind kind,
    const char *network, fact_each *each, void *arg)
{
	struct facts w = {
		.txn = txn, .dbi = dbi, .kind = kind, .each = each, .arg = arg
	};
	enum err err = kind == FACT_REGION || kind == FACT_DISTANCE
	    ? walk(&w, NETWORK_NONE, NULL)
	    : walk_networks(&w, network);

	arena_release(&w.arena);
	return err;
}

enum err
snapshot_facts(struct snapshot *s, enum fact_kind kind, const char *network,
    fact_each *each, void *arg)
{
	return store_each_fact(s->txn, s->env->dbi, kind, network, each, arg);
}
