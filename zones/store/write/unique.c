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

bool
unique_owner(struct store_txn *t, const struct fact *f, struct fact *owner,
    struct arena *arena)
{
	char network[DNS_LABEL_MAX + 1];
	struct store_key key, own;
	struct wire_in in;
	MDB_val k, v;

	if (!unique_key(&key, f) || txn_get(t, &key, &v) != 0)
		return false;
	owner_key(t, f, &own);
	if (key_is(&own, &v))
		return false;
	in = val_in(&v);
	network_id(t, wire_get32(&in), network);
	key_copy(&key, v.mv_data, v.mv_size);
	k = key_val(&key);
	if (!txn_holds(t, txn_get(t, &key, &v)) ||
	    !txn_holds(t,
		fact_read(owner, arena_text(arena, network), &k, &v, arena)
		    ? 0
		    : MDB_CORRUPTED))
		return false;
	if (owner->kind == FACT_GATEWAY)
		owner->network = NULL;
	return true;
}

enum err
unique_check(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	char title[FACT_TITLE], rule[160];
	struct arena arena = { 0 };
	enum err err = t->err;
	struct fact owner;

	if (unique_owner(t, f, &owner, &arena)) {
		(void)snprintf(rule, sizeof(rule),
		    "must be no other %s's; %s has it", fact_kind_str(f->kind),
		    fact_title(&owner, title));
		err = complain(why,
		    f->kind == FACT_GATEWAY ? "number" : "public_key", rule,
		    "");
	}
	arena_release(&arena);
	return t->err != E_OK ? t->err : err;
}

bool
unique_differs(const struct fact *a, const struct fact *b)
{
	struct store_key one, other;

	return !unique_key(&one, a) || !unique_key(&other, b) ||
	    one.out.len != other.out.len ||
	    memcmp(one.buf, other.buf, one.out.len) != 0;
}

/* Another fact may have it already. */
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
