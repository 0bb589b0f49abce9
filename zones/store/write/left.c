/*
 * left.c - facts that were left out, and that a source stands still: the keys
 * and their values.
 *
 *	key:    network, 0, u8 kind from 1, and each other part, 0
 *	value:  u8 what it waits for, u64 commit and u32 turn in which it
 *	        came, u64 its place there, four texts (u16 length, octets):
 *	        field, rule, value, cursor; then what is stored of a fact, or
 *	        nothing of one that could not be read
 */
#include "zones/store/write/left.h"

#include "impl.h"
#include "left_impl.h"
#include "zones/facts/field.h"

void
left_network_key(struct store_key *key, const char *network)
{
	key_init(key, NETWORK_NONE, KEY_LEFT);
	key_text(key, network == NULL ? "" : network);
	key_end_part(key);
}

void
left_kind_key(struct store_key *key, const char *network, enum fact_kind kind)
{
	left_network_key(key, network);
	wire_put8(&key->out, (uint8_t)(kind + 1));
}

void
left_key(struct store_key *key, const struct fact *f)
{
	const char *const part[] = { f->app, f->id, f->to };

	left_kind_key(key, f->network, f->kind);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i] == NULL)
			continue;
		key_text(key, part[i]);
		key_end_part(key);
	}
}

void
left_put(struct store_txn *t, const struct left *l)
{
	uint8_t buf[FACT_STORED_MAX + 1024];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;

	wire_put8(&out, (uint8_t)l->waits);
	wire_put64(&out, l->fresh ? t->head.meta.commits + 1 : 0);
	wire_put32(&out, t->turn);
	wire_put64(&out, l->place);
	text_put(&out, l->out.why.field);
	text_put(&out, l->out.why.rule);
	text_put(&out, l->out.why.value);
	text_put(&out, l->out.cursor);
	if (l->waits != LEFT_UNREAD)
		fact_encode(&l->out.fact, l->out.fact.age, &out);
	left_key(&key, &l->out.fact);
	if (txn_holds(t, out.bad ? MDB_BAD_VALSIZE : 0))
		txn_put(t, &key, buf, out.len);
	t->left = t->unsettled = true;
}

void
left_remove(struct store_txn *t, const struct fact *f)
{
	struct store_key key;
	MDB_val v;

	if (!t->left)
		return;
	left_key(&key, f);
	if (txn_get(t, &key, &v) == 0)
		txn_delete(t, &key);
}

void
left_forget(struct store_txn *t, const char *network)
{
	struct store_key key;

	if (!t->left)
		return;
	key_init(&key, NETWORK_NONE, KEY_LEFT);
	if (network == NULL)
		txn_delete_range(t, &key);
	for (int kind = FACT_NETWORK + 1; network != NULL && kind < FACT_KINDS;
	     kind++) {
		left_kind_key(&key, network, (enum fact_kind)kind);
		txn_delete_range(t, &key);
	}
}

/* Key parts behind the kind; false where they are not as many as it has. */
static bool
read_left_parts(struct fact *f, struct wire_in *in, struct arena *arena)
{
	const struct field *part = fact_fields(f->kind);

	for (part += fact_kind_has_network(f->kind); part->need == FIELD_KEY;
	     part++) {
		const char *at = (const char *)in->buf + in->pos;
		size_t len = strnlen(at, wire_left(in));

		fact_set_text(f, part, arena_copy(arena, at, len));
		(void)wire_take(in, len + 1);
	}
	return !in->bad && wire_left(in) == 0;
}

static bool
read_left_key(struct fact *f, const MDB_val *k, struct arena *arena)
{
	struct wire_in in = key_rest(k);
	const char *network = (const char *)in.buf;
	size_t len = strnlen(network, in.len);
	uint8_t kind;

	(void)wire_take(&in, len + 1);
	kind = wire_get8(&in);
	*f = (struct fact){ .kind = (enum fact_kind)(kind - 1) };
	if (in.bad || kind == 0 || kind > FACT_KINDS)
		return false;
	if (fact_kind_has_network(f->kind))
		f->network = arena_copy(arena, network, len);
	return read_left_parts(f, &in, arena);
}

bool
left_read(struct left *l, const MDB_val *k, const MDB_val *v, uint64_t commit,
    uint32_t turn, struct arena *arena)
{
	struct wire_in in = val_in(v);
	const char *network;

	memset(l, 0, sizeof(*l));
	l->waits = (enum left_waits)wire_get8(&in);
	l->fresh = wire_get64(&in) == commit;
	l->fresh = wire_get32(&in) == turn && l->fresh;
	l->place = wire_get64(&in);
	store_text(&in, l->out.why.field, sizeof(l->out.why.field));
	store_text(&in, l->out.why.rule, sizeof(l->out.why.rule));
	store_text(&in, l->out.why.value, sizeof(l->out.why.value));
	store_text(&in, l->out.cursor, sizeof(l->out.cursor));
	if (in.bad || !read_left_key(&l->out.fact, k, arena))
		return false;
	network = l->out.fact.network;
	if (l->waits != LEFT_UNREAD &&
	    !fact_decode(
		&l->out.fact, wire_in(in.buf + in.pos, wire_left(&in)), arena))
		return false;
	l->out.fact.network = network;
	return true;
}

bool
left_holds(const MDB_val *k, const MDB_val *v, struct arena *arena)
{
	struct left l;
	bool holds = left_read(&l, k, v, 0, 0, arena);

	arena_reset(arena);
	return holds;
}

bool
left_find(struct store_txn *t, struct fact *f, struct arena *arena)
{
	struct store_key key;
	struct left l;
	MDB_val k, v;

	left_key(&key, f);
	if (!t->left || txn_get(t, &key, &v) != 0)
		return false;
	k = key_val(&key);
	if (!txn_holds(
		t, left_read(&l, &k, &v, 0, 0, arena) ? 0 : MDB_CORRUPTED))
		return false;
	*f = l.out.fact;
	return l.waits != LEFT_UNREAD;
}

void
left_each(struct store_txn *t, enum fact_kind kind, const char *network,
    fact_each *each, void *arg)
{
	struct arena arena = { 0 };
	struct store_key prefix;
	bool more = t->left;
	struct left l;
	MDB_val k, v;
	int rc;

	txn_flush(t);
	key_init(&prefix, NETWORK_NONE, KEY_LEFT);
	if (network != NULL)
		left_kind_key(&prefix, network, kind);
	k = key_val(&prefix);
	rc = t->err == E_OK ? guard_get(t->cursor, &k, &v, MDB_SET_RANGE)
			    : MDB_NOTFOUND;
	for (; more && rc == 0 && val_begins(&k, &prefix);
	     rc = guard_get(t->cursor, &k, &v, MDB_NEXT)) {
		if (!txn_holds(t,
			left_read(&l, &k, &v, 0, 0, &arena) ? 0
							    : MDB_CORRUPTED))
			break;
		if (l.out.fact.kind == kind)
			more = each(arg, &l.out.fact, false);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

void
store_halt(struct store_txn *t, const char *why)
{
	struct store_key key;

	key_init(&key, NETWORK_NONE, KEY_HALTED);
	txn_put(t, &key, why, strnlen(why, HALTED_MAX));
}

void
left_goes_on(struct store_txn *t)
{
	struct store_key key;
	MDB_val v;

	key_init(&key, NETWORK_NONE, KEY_HALTED);
	if (txn_get(t, &key, &v) == 0)
		txn_delete(t, &key);
}

enum err
snapshot_halted(struct snapshot *s, char why[HALTED_MAX + 1])
{
	struct store_key key;
	MDB_val k, v;
	int rc;

	why[0] = '\0';
	key_init(&key, NETWORK_NONE, KEY_HALTED);
	k = key_val(&key);
	rc = guard_find(s->txn, s->env->dbi, &k, &v);
	if (rc != 0)
		return rc == MDB_NOTFOUND ? E_OK : store_err(rc);
	if (v.mv_size > HALTED_MAX)
		return E_DAMAGED;
	memcpy(why, v.mv_data, v.mv_size);
	why[v.mv_size] = '\0';
	return E_OK;
}

enum err
snapshot_left_out(struct snapshot *s, left_out_each *each, void *arg)
{
	struct arena arena = { 0 };
	struct store_key prefix;
	MDB_cursor *cursor;
	enum err err = E_OK;
	struct left l;
	MDB_val k, v;
	int rc = mdb_cursor_open(s->txn, s->env->dbi, &cursor);

	if (rc != 0)
		return store_err(rc);
	key_init(&prefix, NETWORK_NONE, KEY_LEFT);
	k = key_val(&prefix);
	rc = guard_get(cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && err == E_OK && val_begins(&k, &prefix)) {
		if (!left_read(&l, &k, &v, 0, 0, &arena))
			err = E_DAMAGED;
		else if (!each(arg, &l.out))
			break;
		arena_reset(&arena);
		rc = guard_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	arena_release(&arena);
	return err != E_OK || rc == 0 || rc == MDB_NOTFOUND ? err
							    : store_err(rc);
}
