/*
 * delete.c - one fact out of the store, with what cannot be without it.
 *
 * store_delete() takes that out of what the source has, too; after
 * store_withdraw() it waits for the fact to come again.
 */
#include "zones/store/write/txn.h"

#include "left_impl.h"
#include "zones/facts/field.h"

static void
delete_fact(struct store_txn *t, const struct fact *f)
{
	struct store_key key;
	struct fact old;
	MDB_val v;

	fact_key(&key, put_number(t, f), f);
	if (!put_read(t, &key, f, &old, &v))
		return;
	put_index(t, &old, false);
	txn_delete(t, &key);
	txn_changes(t, STORE_DELETED, &old);
	if (f->network != NULL)
		txn_touch(t, t->number);
}

static bool
forget_unique(void *arg, const struct fact *f, bool implied)
{
	(void)implied;
	unique_write(arg, f, false);
	return true;
}

/* Exports that are stored; T's number is the network's. */
static void
drop_exports(struct store_txn *t, const char *network, enum key_kind kind,
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
drop_network(struct store_txn *t, const char *id)
{
	enum err err;

	drop_exports(t, id, KEY_EXPORT, NULL);
	drop_exports(t, id, KEY_IMPORT, NULL);
	err = store_facts(t, FACT_PEER, id, forget_unique, t);
	t->err = t->err != E_OK ? t->err : err;
	network_delete(t, id);
}

void
delete_drop(struct store_txn *t, const struct fact *f)
{
	if (f->network != NULL && !network_find(t, f->network))
		return; /* nothing of it is there */
	if (f->kind == FACT_NETWORK)
		drop_network(t, f->network);
	else
		delete_fact(t, f);
	arena_reset(&t->arena);
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
	rc = guard_get(t->cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && val_begins(&k, &prefix)) {
		struct ids *i = arena_take(arena, sizeof(*i));
		size_t len = k.mv_size - prefix.out.len;

		if (len < sizeof(i->id))
			memcpy(i->id, (const char *)k.mv_data + prefix.out.len,
			    len);
		i->next = first;
		first = i;
		rc = guard_get(t->cursor, &k, &v, MDB_NEXT);
	}
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
	return first;
}

/* What waits and begins with an app. */
static void
forget_of_app(struct store_txn *t, const struct fact *app, enum fact_kind kind)
{
	struct store_key key;

	if (!t->left)
		return;
	left_kind_key(&key, app->network, kind);
	key_text(&key, app->app);
	key_end_part(&key);
	txn_delete_range(t, &key);
}

/* Each instance by itself, as its summaries are its own. */
static void
delete_with_app(struct store_txn *t, const struct fact *app)
{
	struct arena arena = { 0 };

	forget_of_app(t, app, FACT_INSTANCE);
	forget_of_app(t, app, FACT_EXPORT);
	if (network_find(t, app->network))
		drop_exports(t, app->network, KEY_EXPORT, app->app);
	if (network_find(t, app->network) && t->err == E_OK)
		for (struct ids *i = instance_ids(t, app, &arena); i != NULL;
		     i = i->next)
			delete_drop(t,
			    &(struct fact){ .kind = FACT_INSTANCE,
				.network = app->network,
				.app = app->app,
				.id = i->id });
	arena_release(&arena);
}

/* A fact that is stored, and has lost what it needs; it may wait already. */
static bool
keep_left(void *arg, const struct fact *f, bool implied)
{
	struct store_txn *t = arg;
	bool in_zone = f->kind == FACT_RECORD;
	struct left l = { .out = { .fact = *f }, .waits = LEFT_OTHERS };
	struct store_key key;
	MDB_val v;

	left_key(&key, f);
	(void)complain(&l.out.why, in_zone ? "name" : "network",
	    in_zone ? ZONE_FIRST : NETWORK_FIRST, in_zone ? f->id : f->network);
	(void)snprintf(
	    l.out.cursor, sizeof(l.out.cursor), "%s", t->head.meta.cursor);
	if (!implied && txn_get(t, &key, &v) != 0)
		left_put(t, &l);
	return t->err == E_OK;
}

static void
keep_stored(struct store_txn *t, const struct fact *f)
{
	struct store_key key;
	struct fact old;
	MDB_val v;

	if (!network_find(t, f->network))
		return;
	fact_key(&key, t->number, f);
	if (put_read(t, &key, f, &old, &v))
		(void)keep_left(t, &old, false);
}

/* Keys first, as keeping moves cursors. */
struct into {
	const char *network;
	struct arena arena;
	struct into_fact {
		struct into_fact *next;
		struct fact key;
	} * first;
};

static bool
gather_into(void *arg, const struct fact *f, bool implied)
{
	struct into *in = arg;
	struct into_fact *i;

	(void)implied;
	if (strcmp(f->to, in->network) != 0)
		return true;
	i = arena_take(&in->arena, sizeof(*i));
	i->key = (struct fact){ .kind = FACT_EXPORT,
		.network = arena_text(&in->arena, f->network),
		.app = arena_text(&in->arena, f->app),
		.to = in->network };
	i->next = in->first;
	in->first = i;
	return true;
}

/* Exports into a network stand with others. */
static void
forget_into(struct store_txn *t, const char *network)
{
	struct into in = { .network = network };

	left_each(t, FACT_EXPORT, NULL, gather_into, &in);
	for (struct into_fact *i = in.first; i != NULL; i = i->next)
		left_remove(t, &i->key);
	arena_release(&in.arena);
}

static void
keep_into(struct store_txn *t, const char *network)
{
	struct into in = { .network = network };
	struct export_fact *e = NULL;
	char from[DNS_LABEL_MAX + 1];

	if (network_find(t, network))
		e = export_facts(t, t->number, KEY_IMPORT, NULL, &in.arena);
	for (; e != NULL; e = e->next) {
		network_id(t, e->number, from);
		keep_stored(t,
		    &(struct fact){ .kind = FACT_EXPORT,
			.network = from,
			.app = e->app,
			.to = network });
	}
	arena_release(&in.arena);
}

/* Before the network goes, and with it all that is in it. */
static void
keep_network(struct store_txn *t, const char *network)
{
	keep_into(t, network);
	for (int kind = 0; kind < FACT_KINDS && t->err == E_OK; kind++)
		if (kind != FACT_NETWORK &&
		    fact_kind_has_network((enum fact_kind)kind))
			t->err = store_facts(
			    t, (enum fact_kind)kind, network, keep_left, t);
}

static void
forget_network(struct store_txn *t, const char *network)
{
	struct store_key key;

	if (!t->left)
		return;
	left_network_key(&key, network);
	txn_delete_range(t, &key);
	forget_into(t, network);
}

static void
delete_record(struct store_txn *t, const struct fact *f, bool all)
{
	(all ? left_remove : keep_stored)(t, f);
	delete_drop(t, f);
}

static void
delete_zone(struct store_txn *t, const struct fact *zone, bool all)
{
	struct arena arena = { 0 };
	struct zone_record *r = zone_records(t, zone, all, &arena);

	left_remove(t, zone);
	delete_drop(t, zone);
	for (; r != NULL; r = r->next)
		delete_record(t,
		    &(struct fact){ .kind = FACT_RECORD,
			.network = zone->network,
			.id = r->name,
			.to = r->type },
		    all);
	arena_release(&arena);
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
	if (f->kind != FACT_ZONE)
		left_remove(t, f);
	if (f->kind == FACT_NETWORK)
		(all ? forget_network : keep_network)(t, f->network);
	if (f->kind == FACT_ZONE)
		delete_zone(t, f, all);
	else
		delete_drop(t, f);
	if (f->kind == FACT_APP && all)
		delete_with_app(t, f);
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
