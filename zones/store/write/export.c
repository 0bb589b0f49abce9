/*
 * export.c - apps that another network has too, by the name that it has there.
 *
 * The fact stands with the network that exports, and what questions look at
 * with the one that imports: none of them ever leaves its own keys.
 */
#include "impl.h"

bool
index_import_key(
    struct store_key *key, uint32_t to, uint32_t number, const struct fact *f)
{
	if (f->kind != FACT_EXPORT || to == NETWORK_NONE)
		return false;
	key_parts(key, to, KEY_IMPORT, &f->as, 1);
	key_end_part(key);
	wire_put32(&key->out, number);
	key_text(key, f->app);
	return true;
}

void
import_encode(const struct fact *f, struct wire_out *out)
{
	wire_put8(out, f->instances);
	wire_put_addr_list(out, 0, f->addresses, f->address_count);
}

/* Whoever has the name there already: it keeps it. */
static void
note_name(struct store_txn *t, uint32_t to, const struct fact *f)
{
	struct store_key key;
	MDB_val v;

	key_parts(&key, to, KEY_INSTANCES, &f->as, 1);
	if (txn_get(t, &key, &v) == 0)
		(void)snprintf(t->conflict, sizeof(t->conflict),
		    "app %s/%s has its name, and keeps it", f->to, f->as);
}

void
index_export(
    struct store_txn *t, uint32_t number, const struct fact *f, bool is)
{
	uint8_t buf[BRIEF_MAX];
	struct wire_out value = wire_out(buf, sizeof(buf));
	uint32_t to = network_number(t, f->to);
	struct store_key key;

	if (!index_import_key(&key, to, number, f))
		return;
	import_encode(f, &value);
	if (is)
		txn_put(t, &key, buf, value.len);
	else
		txn_delete(t, &key);
	network_use(t, to, USES(USE_IMPORTS), is);
	(is ? index_claims : unindex_claims)(t, to, f);
	if (is)
		note_name(t, to, f);
	txn_touch(t, to);
}

/* The keys first: deleting moves cursors. */
struct export_fact *
export_facts(struct store_txn *t, uint32_t number, enum key_kind kind,
    const char *app, struct arena *arena)
{
	struct export_fact *first = NULL;
	struct store_key prefix;
	MDB_val k, v;
	int rc;

	txn_flush(t);
	key_init(&prefix, number, kind);
	if (app != NULL) {
		key_text(&prefix, app);
		key_end_part(&prefix);
	}
	k = key_val(&prefix);
	rc = guard_get(t->cursor, &k, &v, MDB_SET_RANGE);
	for (; rc == 0 && val_begins(&k, &prefix);
	     rc = guard_get(t->cursor, &k, &v, MDB_NEXT)) {
		struct wire_in in = key_rest(&k);
		const char *name = (const char *)in.buf;
		struct export_fact *e = arena_take(arena, sizeof(*e));

		(void)wire_take(&in, strnlen(name, in.len) + 1);
		e->number = kind == KEY_IMPORT ? wire_get32(&in) : number;
		e->app = kind == KEY_EXPORT
		    ? arena_copy(arena, name, strnlen(name, k.mv_size))
		    : NULL;
		name = arena_copy(
		    arena, (const char *)in.buf + in.pos, wire_left(&in));
		*(kind == KEY_EXPORT ? &e->to : &e->app) = name;
		e->next = first;
		first = e;
	}
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
	return first;
}
