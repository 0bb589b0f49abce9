/*
 * unique.c - what no two facts may have: a peer's public key, a gateway's
 * number.
 *
 * A key says what it is, and its value whose: the key of the fact.
 */
#include "impl.h"

bool
unique_key(struct store_key *key, const struct fact *f)
{
	bool is_peer = f->kind == FACT_PEER && f->public_key != NULL;

	key_init(key, NETWORK_NONE, KEY_UNIQUE);
	key_text(key, fact_kind_str(f->kind));
	key_end_part(key);
	if (is_peer)
		key_text(key, f->public_key);
	else
		wire_put32(&key->out, f->number);
	return is_peer || f->kind == FACT_GATEWAY;
}

static void
owner_key(struct store_txn *t, const struct fact *f, struct store_key *key)
{
	fact_key(key, f->network == NULL ? NETWORK_NONE : t->number, f);
}

/* What a snapshot did not put goes at its end. */
static bool
goes(const struct store_txn *t, const struct store_key *owner)
{
	struct wire_in in = wire_in(owner->buf, owner->out.len);

	return t->seen != NULL && !seen_has(t, owner) &&
	    (t->scope == NULL || wire_get32(&in) == t->number);
}

static enum err
complain_owner(struct store_txn *t, const MDB_val *owner, struct complaint *why)
{
	char network[DNS_LABEL_MAX + 1], title[FACT_TITLE], rule[160];
	struct arena arena = { 0 };
	struct wire_in in = val_in(owner);
	struct store_key key;
	struct fact f;
	MDB_val k, v;
	enum err err;

	key_copy(&key, owner->mv_data, owner->mv_size);
	k = key_val(&key);
	network_id(t, wire_get32(&in), network);
	if (txn_get(t, &key, &v) != 0 ||
	    !fact_read(&f, network, &k, &v, &arena)) {
		(void)txn_holds(t, MDB_CORRUPTED);
		arena_release(&arena);
		return t->err;
	}
	if (f.kind == FACT_GATEWAY)
		f.network = NULL;
	(void)snprintf(rule, sizeof(rule), "must be no other %s's; %s has it",
	    fact_kind_str(f.kind), fact_title(&f, title));
	err = complain(
	    why, f.kind == FACT_GATEWAY ? "number" : "public_key", rule, "");
	arena_release(&arena);
	return err;
}

enum err
unique_check(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct store_key key, own, owner;
	MDB_val v;

	if (!unique_key(&key, f) || txn_get(t, &key, &v) != 0)
		return t->err;
	owner_key(t, f, &own);
	key_copy(&owner, v.mv_data, v.mv_size);
	if (key_is(&own, &v) || goes(t, &owner))
		return E_OK;
	return complain_owner(t, &v, why);
}

/* In a snapshot, another fact may have it already. */
void
unique_write(struct store_txn *t, const struct fact *f, bool is)
{
	struct store_key key, own;
	MDB_val v;

	if (!unique_key(&key, f))
		return;
	owner_key(t, f, &own);
	if (is)
		txn_put(t, &key, own.buf, own.out.len);
	else if (txn_get(t, &key, &v) == 0 && key_is(&own, &v))
		txn_delete(t, &key);
}
