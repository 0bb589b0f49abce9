/*
 * put.c - one fact into the store, or out of it.
 */
#include "zones/store/write/txn.h"

#include "base/addr_text.h"
#include "impl.h"

/* The network is there, and all addresses are inside its prefixes. */
static enum err
check_network(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	char text[ADDR_TEXT];

	if (f->network == NULL || f->kind == FACT_NETWORK)
		return E_OK;
	if (f->kind == FACT_INSTANCE && f->region == NULL)
		return complain(why, "region", "must be given", "");
	if (!network_find(t, f->network))
		return t->err != E_OK
		    ? t->err
		    : complain(why, "network",
			  "must be put before what is in it", f->network);
	if (f->kind == FACT_EXPORT && !network_find(t, f->to))
		return t->err != E_OK
		    ? t->err
		    : complain(
			  why, "to", "must be a network that was put", f->to);
	for (unsigned i = 0; i < f->address_count; i++)
		if (!network_holds(&t->network, &f->addresses[i],
			f->blocks == NULL ? 128 : f->blocks[i]))
			return complain(why,
			    f->kind == FACT_APP || f->kind == FACT_EXPORT
				? "flycast"
				: "addresses",
			    "must lie inside the network's prefixes",
			    addr_text(&f->addresses[i], text));
	return f->kind == FACT_EXPORT && !network_find(t, f->network) ? t->err
								      : E_OK;
}

/* A new region of its app; OLD is what the instance was, or NULL. */
static enum err
check_region(struct store_txn *t, const struct fact *f, const struct fact *old,
    struct complaint *why)
{
	if (f->kind != FACT_INSTANCE ||
	    (old != NULL && strcmp(old->region, f->region) == 0) ||
	    index_has_room(t, t->number, f, old))
		return E_OK;
	return complain(why, "region",
	    "must be one of at most 1000 that its app is in", f->region);
}

/* Within a snapshot: of its network, which it has put before. */
static enum err
check_scope(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct store_key key;

	if (t->seen == NULL)
		return E_OK;
	if (t->scope != NULL &&
	    (f->network == NULL || strcmp(f->network, t->scope) != 0))
		return complain(why, "network",
		    "must be the one that the snapshot is of",
		    f->network == NULL ? "" : f->network);
	if (t->scope != NULL || f->network == NULL || f->kind == FACT_NETWORK)
		return E_OK;
	key_init(&key, t->number, KEY_NETWORK);
	if (!seen_has(t, &key))
		return complain(why, "network",
		    "must be put in the snapshot before what is in it",
		    f->network);
	if (f->kind != FACT_EXPORT)
		return E_OK;
	key_init(&key, network_number(t, f->to), KEY_NETWORK);
	return seen_has(t, &key)
	    ? E_OK
	    : complain(why, "to", "must be put in the snapshot before", f->to);
}

static uint32_t
number_of(const struct store_txn *t, const struct fact *f)
{
	return f->network == NULL ? NETWORK_NONE : t->number;
}

/* The fact that has the key, decoded; false where there is none. */
static bool
read_old(struct store_txn *t, struct store_key *key, const struct fact *f,
    struct fact *old, MDB_val *bytes)
{
	if (txn_get(t, key, bytes) != 0)
		return false;
	*old = (struct fact){ .kind = f->kind,
		.network = f->network,
		.app = f->app,
		.id = f->id,
		.to = f->to };
	if (!fact_decode(old, val_in(bytes), &t->arena))
		return txn_holds(t, MDB_CORRUPTED);
	return true;
}

static void
index_fact(struct store_txn *t, const struct fact *f, bool is)
{
	unique_write(t, f, is);
	if (f->network != NULL)
		network_use(t, t->number, network_uses(f), is);
	switch (f->kind) {
	case FACT_INSTANCE:
		(is ? index_instance : unindex_instance)(t, t->number, f);
		break;
	case FACT_PEER:
		(is ? index_claims : unindex_claims)(t, t->number, f);
		break;
	case FACT_APP:
		(is ? index_app : unindex_app)(t, t->number, f);
		break;
	case FACT_EXPORT:
		index_export(t, t->number, f, is);
		break;
	case FACT_REGION:
	case FACT_DISTANCE:
		t->ranks_changed = true;
		break;
	case FACT_ALIAS:
	case FACT_ZONE:
	case FACT_RECORD: /* is what it is found by */
	case FACT_GATEWAY:
	case FACT_NETWORK: /* network_put() and network_delete() */
	case FACT_KINDS:
		break;
	}
}

/* Age apart, which says when it was written. */
static bool
is_same_value(const MDB_val *old, const struct wire_out *new)
{
	return old->mv_size == new->len &&new->len >= 8 &&
	    memcmp((const uint8_t *)old->mv_data + 8, new->buf + 8,
		new->len - 8) == 0;
}

static enum err
write_fact(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	uint8_t buf[FACT_STORED_MAX];
	struct wire_out value = wire_out(buf, sizeof(buf));
	struct fact new = *f, old;
	struct store_key key;
	enum err err;
	MDB_val v;
	bool was;

	/* A network's key has the number that finding it says. */
	was = f->kind != FACT_NETWORK || network_find(t, f->network);
	if (was)
		fact_key(&key, number_of(t, f), f);
	was = was && read_old(t, &key, f, &old, &v);
	new.age = t->head.facts;
	fact_encode(&new, new.age, &value);
	if (t->err != E_OK || (was && is_same_value(&v, &value)))
		return t->err;
	if ((err = check_region(t, f, was ? &old : NULL, why)) != E_OK ||
	    (err = unique_check(t, f, why)) != E_OK)
		return err;
	if (was)
		index_fact(t, &old, false);
	if (f->kind == FACT_NETWORK) {
		if ((err = network_put(t, f, why)) != E_OK)
			return err;
		fact_key(&key, t->number, f);
	}
	t->head.facts++;
	index_fact(t, &new, true);
	txn_put(t, &key, value.buf, value.len);
	txn_changes(t, was ? STORE_CHANGED : STORE_PUT, &new);
	if (f->network != NULL)
		txn_touch(t, t->number);
	return t->err;
}

enum err
store_put(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct store_key key;
	enum err err;

	t->conflict[0] = '\0';
	if (t->err != E_OK)
		return t->err;
	if ((err = check_network(t, f, why)) != E_OK ||
	    (err = check_scope(t, f, why)) != E_OK ||
	    (err = zone_check_record(t, f, why)) != E_OK)
		return err;
	err = write_fact(t, f, why);
	arena_reset(&t->arena);
	if (err != E_OK || t->seen == NULL)
		return err;
	if (f->kind == FACT_NETWORK && !network_find(t, f->network))
		return t->err;
	fact_key(&key, number_of(t, f), f);
	seen_add(t, &key);
	return E_OK;
}

static void
delete_fact(struct store_txn *t, const struct fact *f)
{
	struct store_key key;
	struct fact old;
	MDB_val v;

	fact_key(&key, number_of(t, f), f);
	if (!read_old(t, &key, f, &old, &v))
		return;
	index_fact(t, &old, false);
	txn_delete(t, &key);
	txn_changes(t, STORE_DELETED, &old);
	if (f->network != NULL)
		txn_touch(t, t->number);
}

/* The ids first: deleting moves cursors. */
struct ids {
	struct ids *next;
	char id[DNS_LABEL_MAX + 1];
};

static struct ids *
instance_ids(struct store_txn *t, const struct fact *app, struct arena *arena)
{
	struct store_key prefix;
	struct ids *first = NULL;
	MDB_val k, v;
	int rc;

	txn_flush(t);
	key_init(&prefix, t->number, KEY_INSTANCE);
	key_text(&prefix, app->app);
	key_end_part(&prefix);
	k = key_val(&prefix);
	rc = mdb_cursor_get(t->cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && val_begins(&k, &prefix)) {
		struct ids *i = arena_take(arena, sizeof(*i));
		size_t len = k.mv_size - prefix.out.len;

		if (len < sizeof(i->id))
			memcpy(i->id, (const char *)k.mv_data + prefix.out.len,
			    len);
		i->next = first;
		first = i;
		rc = mdb_cursor_get(t->cursor, &k, &v, MDB_NEXT);
	}
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
	return first;
}

/* Each instance by itself, as its summaries are its own. */
static void
delete_instances(struct store_txn *t, const struct fact *app)
{
	struct arena arena = { 0 };

	if (t->err == E_OK)
		for (struct ids *i = instance_ids(t, app, &arena); i != NULL;
		     i = i->next)
			delete_fact(t,
			    &(struct fact){ .kind = FACT_INSTANCE,
				.network = app->network,
				.app = app->app,
				.id = i->id });
	arena_release(&arena);
}

static void
delete_zone(struct store_txn *t, const struct fact *zone)
{
	struct arena arena = { 0 };
	struct zone_record *r = zone_records(t, zone, &arena);

	delete_fact(t, zone);
	for (; r != NULL; r = r->next)
		delete_fact(t,
		    &(struct fact){ .kind = FACT_RECORD,
			.network = zone->network,
			.id = r->name,
			.to = r->type });
	arena_release(&arena);
}

static bool
forget_unique(void *arg, const struct fact *f, bool implied)
{
	(void)implied;
	unique_write(arg, f, false);
	return true;
}

static void
delete_exports(struct store_txn *t, const char *network, enum key_kind kind,
    const char *app)
{
	struct arena arena = { 0 };
	char from[DNS_LABEL_MAX + 1];

	for (struct export_fact *e =
		 export_facts(t, t->number, kind, app, &arena);
	     e != NULL && t->err == E_OK; e = e->next) {
		network_id(t, e->number, from);
		if (network_find(t, from))
			delete_fact(t,
			    &(struct fact){ .kind = FACT_EXPORT,
				.network = from,
				.app = e->app,
				.to = e->to == NULL ? network : e->to });
		if (!network_find(t, network))
			break;
	}
	arena_release(&arena);
}

/* First what stands elsewhere of what is in it. */
static void
delete_network(struct store_txn *t, const char *id)
{
	enum err err;

	delete_exports(t, id, KEY_EXPORT, NULL);
	delete_exports(t, id, KEY_IMPORT, NULL);
	txn_flush(t);
	if (t->err != E_OK)
		return;
	err = store_each_fact(
	    t->txn, t->store->env->dbi, FACT_PEER, id, forget_unique, t);
	t->err = t->err != E_OK ? t->err : err;
	network_delete(t, id);
}

static enum err
delete_checked(
    struct store_txn *t, const struct fact *f, bool all, struct complaint *why)
{
	t->conflict[0] = '\0';
	if (t->err != E_OK)
		return t->err;
	if (t->seen != NULL)
		return complain(why, "delete",
		    "has no place in a snapshot: what it does not put goes",
		    fact_kind_str(f->kind));
	if (f->network != NULL && !network_find(t, f->network))
		return t->err; /* nothing of it is there */
	if (f->kind == FACT_NETWORK)
		delete_network(t, f->network);
	else if (f->kind == FACT_ZONE)
		delete_zone(t, f);
	else
		delete_fact(t, f);
	if (f->kind == FACT_APP && all) {
		delete_instances(t, f);
		delete_exports(t, f->network, KEY_EXPORT, f->app);
	}
	arena_reset(&t->arena);
	return t->err;
}

enum err
store_delete(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	return delete_checked(t, f, true, why);
}

enum err
store_withdraw(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	return delete_checked(t, f, false, why);
}
