/*
 * put.c - one fact into the store, or out of it.
 */
#include "zones/store/write/txn.h"

#include "base/addr_text.h"
#include "left_impl.h"

const struct addr *
put_outside(struct store_txn *t, const struct fact *f)
{
	bool export = f->kind == FACT_EXPORT;
	const struct addr *outside = NULL;

	if (f->address_count > 0 &&
	    network_find(t, export ? f->to : f->network))
		outside = network_outside(&t->network, f);
	(void)network_find(t, f->network); /* that the fact is of, again */
	return outside;
}

/* The network is there, and all addresses are inside its prefixes. */
static enum err
check_network(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	const struct addr *outside;
	char text[ADDR_TEXT];

	if (f->network == NULL || f->kind == FACT_NETWORK)
		return E_OK;
	if (f->kind == FACT_INSTANCE && f->region == NULL)
		return complain(why, "region", "must be given", "");
	if (!network_find(t, f->network))
		return t->err != E_OK
		    ? t->err
		    : complain(why, "network", NETWORK_FIRST, f->network);
	if (f->kind == FACT_EXPORT && !network_find(t, f->to))
		return t->err != E_OK
		    ? t->err
		    : complain(
			  why, "to", "must be a network that was put", f->to);
	outside = put_outside(t, f);
	if (outside == NULL)
		return t->err;
	return complain(why,
	    f->kind == FACT_APP || f->kind == FACT_EXPORT ? "flycast"
							  : "addresses",
	    "must lie inside the network's prefixes", addr_text(outside, text));
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

uint32_t
put_number(const struct store_txn *t, const struct fact *f)
{
	return f->network == NULL ? NETWORK_NONE : t->number;
}

bool
put_read(struct store_txn *t, struct store_key *key, const struct fact *f,
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

void
put_index(struct store_txn *t, const struct fact *f, bool is)
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
		names_note_peer(t, t->number, f, is);
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

/* A source that says how old its facts are has put it again. */
static bool
is_as_old(const struct fact *old, const struct fact *f)
{
	return f->age == 0 || f->age == old->age || f->address_count == 0 ||
	    f->kind == FACT_NETWORK;
}

/* May the network be so?  Those that were judged together may. */
static enum err
check_prefixes(struct store_txn *t, const struct fact *f,
    const struct fact *old, struct complaint *why)
{
	if (f->kind != FACT_NETWORK || t->forced)
		return E_OK;
	return network_check(
	    t, old == NULL ? NETWORK_NONE : t->number, f, old, why);
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
	bool was, is;

	/* A network's key has the number that finding it says. */
	was = f->kind != FACT_NETWORK || network_find(t, f->network);
	if (was)
		fact_key(&key, put_number(t, f), f);
	was = was && put_read(t, &key, f, &old, &v);
	new.age = f->age != 0 ? f->age : t->head.facts;
	fact_encode(&new, new.age, &value);
	is = was && is_same_value(&v, &value);
	if (t->err != E_OK || (is && is_as_old(&old, f)))
		return t->err;
	if ((err = check_region(t, f, was ? &old : NULL, why)) != E_OK ||
	    (err = check_prefixes(t, f, was ? &old : NULL, why)) != E_OK ||
	    (err = unique_check(t, f, why)) != E_OK)
		return err;
	if (was)
		put_index(t, &old, false);
	if (f->kind == FACT_NETWORK) {
		network_put(t, f);
		fact_key(&key, t->number, f);
	}
	t->head.facts = new.age < t->head.facts ? t->head.facts : new.age;
	t->head.facts++;
	put_index(t, &new, true);
	txn_put(t, &key, value.buf, value.len);
	if (is) { /* nothing but its age, which the source has told */
		if (t->watch != NULL)
			t->watch(t->watch_arg, STORE_PUT, f);
		return t->err;
	}
	txn_changes(t, was ? STORE_CHANGED : STORE_PUT, f);
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
	if (err != E_OK)
		return err;
	left_remove(t, f);
	if (t->seen == NULL)
		return E_OK;
	if (f->kind == FACT_NETWORK && !network_find(t, f->network))
		return t->err;
	fact_key(&key, put_number(t, f), f);
	seen_add(t, &key);
	return E_OK;
}
