/*
 * facts.c - a fact's key, and all facts of a kind in the order of keys.
 */
#include "zones/store/write/facts.h"

#include <assert.h>

#include "impl.h"
#include "zones/facts/field.h"
#include "zones/facts/record.h"

static const enum key_kind key_of[FACT_KINDS] = {
	[FACT_NETWORK] = KEY_NETWORK,
	[FACT_REGION] = KEY_REGION,
	[FACT_DISTANCE] = KEY_DISTANCE,
	[FACT_APP] = KEY_APP,
	[FACT_INSTANCE] = KEY_INSTANCE,
	[FACT_PEER] = KEY_PEER,
	[FACT_GATEWAY] = KEY_GATEWAY,
	[FACT_ALIAS] = KEY_ALIAS,
	[FACT_ZONE] = KEY_ZONE,
	[FACT_RECORD] = KEY_RECORD,
	[FACT_EXPORT] = KEY_EXPORT,
};

/* What is no name makes a key that is not there, and cannot be written. */
static void
name_key(struct store_key *key, const struct fact *f)
{
	struct dname d;

	key->out.bad = !dname_parse(&d, f->id) || d.has_zero;
	key_labels(key, &d, 0, d.labels);
	if (f->kind == FACT_RECORD)
		wire_put16(&key->out, record_type(f->to));
}

void
fact_key(struct store_key *key, uint32_t network, const struct fact *f)
{
	const char *const part[] = { f->app, f->id, f->to };
	bool first = true;

	key_init(key, network, key_of[f->kind]);
	if (f->kind == FACT_NETWORK)
		return;
	if (f->kind == FACT_ZONE || f->kind == FACT_RECORD) {
		name_key(key, f);
		return;
	}
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
	const struct field *part = fact_fields(f->kind);
	struct wire_in rest = key_rest(k);

	for (part += fact_kind_has_network(f->kind); part->need == FIELD_KEY;
	     part++) {
		const char *at = (const char *)rest.buf + rest.pos;
		size_t len = strnlen(at, wire_left(&rest));

		if (len == 0 || len > DNS_LABEL_MAX)
			return false;
		fact_set_text(f, part, arena_copy(arena, at, len));
		(void)wire_take(&rest, len);
		if (part[1].need == FIELD_KEY)
			(void)wire_get8(&rest);
	}
	return !rest.bad && wire_left(&rest) == 0;
}

/* Labels, the last first. */
static bool
read_key_name(struct fact *f, const MDB_val *k, struct arena *arena)
{
	struct wire_in rest = key_rest(k);
	size_t type = f->kind == FACT_RECORD ? 2 : 0, len;
	char text[KEY_MAX + 1], *at = text + KEY_MAX;

	*at = '\0';
	while (wire_left(&rest) > type) {
		const char *label = (const char *)rest.buf + rest.pos;

		len = strnlen(label, wire_left(&rest));
		if (*at != '\0')
			*--at = '.';
		at -= len;
		memcpy(at, label, len);
		(void)wire_take(&rest, len + 1);
	}
	f->id = arena_text(arena, at);
	if (type > 0)
		f->to = record_type_text(wire_get16(&rest));
	return !rest.bad && *at != '\0' && (type == 0 || f->to != NULL);
}

static bool
find_kind(enum key_kind key, enum fact_kind *kind)
{
	int i = 0;

	while (i < FACT_KINDS && key_of[i] != key)
		i++;
	*kind = (enum fact_kind)i;
	return i < FACT_KINDS;
}

bool
fact_read(struct fact *f, const char *network, const MDB_val *k,
    const MDB_val *v, struct arena *arena)
{
	*f = (struct fact){ .network = network };
	return find_kind(key_kind(k->mv_data), &f->kind) &&
	    (f->kind == FACT_ZONE || f->kind == FACT_RECORD
		    ? read_key_name(f, k, arena)
		    : read_parts(f, k, arena)) &&
	    fact_decode(f, val_in(v), arena);
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

static enum err
pass_fact(
    struct facts *w, const MDB_val *k, const MDB_val *v, const char *network)
{
	struct fact f;

	if (!fact_read(&f, network, k, v, &w->arena))
		return E_DAMAGED;
	w->stop = !w->each(w->arg, &f, false);
	return E_OK;
}

/* An app has a page always, and a fact where it was put by itself. */
static enum err
pass_app(
    struct facts *w, uint32_t number, const MDB_val *page, const char *network)
{
	struct store_key key;
	struct fact f = { .kind = FACT_APP, .network = network };
	struct wire_in app = key_rest(page);
	MDB_val k, v;
	int rc;

	if (memchr(app.buf, 0, app.len) != NULL)
		return E_OK; /* a later page */
	key_init(&key, number, KEY_APP);
	key_bytes(&key, app.buf, app.len);
	k = key_val(&key);
	rc = guard_find(w->txn, w->dbi, &k, &v);
	if (rc == 0)
		return pass_fact(w, &k, &v, network);
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
	struct store_key prefix;
	MDB_cursor *cursor;
	enum err err = E_OK;
	MDB_val k, v;
	int rc;

	key_init(&prefix, number,
	    w->kind == FACT_APP ? KEY_INSTANCES : key_of[w->kind]);
	k = key_val(&prefix);
	if ((rc = mdb_cursor_open(w->txn, w->dbi, &cursor)) != 0)
		return store_err(rc);
	rc = guard_get(cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && err == E_OK && !w->stop && val_begins(&k, &prefix)) {
		err = w->kind == FACT_APP ? pass_app(w, number, &k, network)
					  : pass_fact(w, &k, &v, network);
		arena_reset(&w->arena);
		rc = guard_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return err != E_OK || rc == MDB_NOTFOUND ? err : store_err(rc);
}

/* One network, by its key in the list of all of them. */
static enum err
walk_network(struct facts *w, const MDB_val *k, const MDB_val *v)
{
	struct wire_in in = val_in(v), id = key_rest(k);
	uint32_t number = wire_get32(&in);
	struct arena arena = { 0 };
	const char *name = arena_copy(&arena, (const char *)id.buf, id.len);
	enum err err = in.bad ? E_DAMAGED : walk(w, number, name);

	arena_release(&arena);
	return err;
}

static enum err
walk_networks(struct facts *w)
{
	struct store_key prefix;
	MDB_cursor *cursor;
	enum err err = E_OK;
	MDB_val k, v;
	int rc;

	key_init(&prefix, NETWORK_NONE, KEY_NUMBER);
	k = key_val(&prefix);
	if ((rc = mdb_cursor_open(w->txn, w->dbi, &cursor)) != 0)
		return store_err(rc);
	rc = guard_get(cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && err == E_OK && !w->stop && val_begins(&k, &prefix)) {
		err = walk_network(w, &k, &v);
		rc = guard_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return err != E_OK || rc == MDB_NOTFOUND ? err : store_err(rc);
}

/* Of one network, or of all; none that is there is no error. */
static enum err
walk_in_networks(struct facts *w, const char *only)
{
	struct store_key key;
	MDB_val k, v;
	int rc;

	if (only == NULL)
		return walk_networks(w);
	key_parts(&key, NETWORK_NONE, KEY_NUMBER, &only, 1);
	k = key_val(&key);
	rc = guard_find(w->txn, w->dbi, &k, &v);
	if (rc == 0)
		return walk_network(w, &k, &v);
	return rc == MDB_NOTFOUND ? E_OK : store_err(rc);
}

enum err
store_each_fact(MDB_txn *txn, MDB_dbi dbi, enum fact_kind kind,
    const char *network, fact_each *each, void *arg)
{
	struct facts w = {
		.txn = txn, .dbi = dbi, .kind = kind, .each = each, .arg = arg
	};
	enum err err = fact_kind_has_network(kind)
	    ? walk_in_networks(&w, network)
	    : walk(&w, NETWORK_NONE, NULL);

	arena_release(&w.arena);
	return err;
}

enum err
store_facts(struct store_txn *t, enum fact_kind kind, const char *network,
    fact_each *each, void *arg)
{
	txn_flush(t);
	return t->err != E_OK ? t->err
			      : store_each_fact(t->txn, t->store->env->dbi,
				    kind, network, each, arg);
}

enum err
snapshot_facts(struct snapshot *s, enum fact_kind kind, const char *network,
    fact_each *each, void *arg)
{
	assert(s->active);
	return store_each_fact(s->txn, s->env->dbi, kind, network, each, arg);
}
