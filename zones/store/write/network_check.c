/*
 * network_check.c - may a network have its prefixes, as the transaction
 * stands: no other network is within, and nothing of its own outside.
 */
#include "base/addr_text.h"
#include "left_impl.h"

/* Another network's prefix that holds P, or is the same. */
static uint32_t
find_around(struct store_txn *t, uint32_t number, const struct prefix *p,
    const uint8_t *lengths, struct prefix *found)
{
	struct store_key key;
	MDB_val v;

	for (unsigned len = 0; len <= p->len; len++) {
		struct wire_in in;
		uint32_t other;

		if ((lengths[len / 8] & 1 << len % 8) == 0)
			continue;
		*found =
		    (struct prefix){ addr_masked(&p->addr, len), (uint8_t)len };
		prefix_key(&key, &found->addr, found->len);
		if (txn_get(t, &key, &v) != 0)
			continue;
		in = val_in(&v);
		other = wire_get32(&in);
		if (other != number)
			return other;
	}
	return NETWORK_NONE;
}

/* Another network's prefix that P holds. */
static uint32_t
network_within(struct store_txn *t, uint32_t number, const struct prefix *p,
    const uint8_t *lengths, struct prefix *found)
{
	MDB_val k, v;

	for (unsigned len = p->len + 1U; len <= 128; len++) {
		bool more;

		if ((lengths[len / 8] & 1 << len % 8) == 0)
			continue;
		txn_flush(t);
		for (more = network_seek(t, &p->addr, len, &k, &v); more;
		     more = guard_get(t->cursor, &k, &v, MDB_NEXT) == 0) {
			struct wire_in in = val_in(&v);
			uint32_t other = wire_get32(&in);

			if (!network_prefix(&k, found) || found->len != len ||
			    !prefix_holds(p, &found->addr))
				break;
			if (other != number)
				return other;
		}
	}
	return NETWORK_NONE;
}

static enum err
complain_overlap(struct store_txn *t, uint32_t other, const struct prefix *p,
    const struct prefix *found, struct complaint *why)
{
	char text[PREFIX_TEXT], value[PREFIX_TEXT], rule[sizeof(why->rule)];
	char id[DNS_LABEL_MAX + 1];

	/* One that comes with this transaction may not be there yet. */
	network_id(t, other, id);
	(void)snprintf(rule, sizeof(rule), "must not overlap with %s of %s%s",
	    prefix_text(found, text),
	    id[0] == '\0' ? "another network" : "network ", id);
	return complain(why, "prefixes", rule, prefix_text(p, value));
}

static enum err
check_shared(const struct prefix *p, struct complaint *why)
{
	static const struct addr shared = { { 0xfd, 0xaa, [15] = 3 } };
	char text[PREFIX_TEXT];

	if (!prefix_holds(p, &shared))
		return E_OK;
	return complain(why, "prefixes",
	    "must not hold fdaa::3, the resolver that all networks share",
	    prefix_text(p, text));
}

/* What one network says must never change what another's are answered. */
static enum err
check_overlap(struct store_txn *t, const struct fact *f, uint32_t number,
    struct complaint *why)
{
	struct lengths l = network_lengths(t);

	for (unsigned i = 0; i < f->prefix_count; i++) {
		const struct prefix *p = &f->prefixes[i];
		const uint8_t *bits = l.bits[prefix_is_v4(p)];
		struct prefix found;
		uint32_t other;

		if (check_shared(p, why) != E_OK)
			return E_INPUT;
		other = find_around(t, number, p, bits, &found);
		if (other == NETWORK_NONE)
			other = network_within(t, number, p, bits, &found);
		if (other != NETWORK_NONE)
			return complain_overlap(t, other, p, &found, why);
	}
	return t->err;
}

static enum err
leaves_out(struct complaint *why, const struct addr *a)
{
	char text[ADDR_TEXT];

	return complain(why, "prefixes",
	    "must hold every address in use in the network",
	    addr_text(a, text));
}

/* It is put again, within the network: what it is now does not matter. */
static bool
moves(struct store_txn *t, const struct fact *network, const struct fact *key)
{
	struct arena arena = { 0 };
	struct fact f = *key;
	bool is =
	    left_find(t, &f, &arena) && network_outside(network, &f) == NULL;

	arena_release(&arena);
	return is;
}

static bool
claim_moves(
    struct store_txn *t, const struct fact *network, const struct claim *c)
{
	static const enum fact_kind kinds[] = {
		[CLAIM_INSTANCE] = FACT_INSTANCE,
		[CLAIM_PEER] = FACT_PEER,
		[CLAIM_APP] = FACT_APP,
		[CLAIM_EXPORT] = FACT_EXPORT,
	};
	const struct label *const label[] = { &c->app, &c->id, &c->server };
	bool export = c->kind == CLAIM_EXPORT;
	char text[3][DNS_LABEL_MAX + 1];
	struct fact key = { .kind = kinds[c->kind],
		.network = export ? text[1] : network->network,
		.app = export ? text[2] : text[0],
		.to = export ? network->network : NULL };

	for (size_t i = 0; i < 3; i++)
		(void)snprintf(text[i], sizeof(text[i]), "%.*s", label[i]->len,
		    (const char *)label[i]->at);
	if (c->kind == CLAIM_PEER)
		key.app = NULL;
	if (c->kind == CLAIM_PEER || c->kind == CLAIM_INSTANCE)
		key.id = text[1];
	return moves(t, network, &key);
}

/* The first address outside F's prefixes that somebody claims, and keeps. */
static enum err
check_claims_within(struct store_txn *t, uint32_t number, const struct fact *f,
    struct complaint *why)
{
	struct store_key key;
	struct addr a;
	MDB_val k, v;
	int rc;

	key_init(&key, number, KEY_CLAIMS);
	k = key_val(&key);
	rc = guard_get(t->cursor, &k, &v, MDB_SET_RANGE);
	for (; rc == 0 && val_begins(&k, &key) && key_addr(&k, &a);
	     rc = guard_get(t->cursor, &k, &v, MDB_NEXT)) {
		struct wire_in in = val_in(&v);
		struct claim c;

		while (!network_holds(f, &a, 128) && claim_next(&in, &c))
			if (!claim_moves(t, f, &c))
				return leaves_out(why, &a);
	}
	return E_OK;
}

/* Every address of the network is inside its new prefixes. */
static enum err
check_addresses(struct store_txn *t, uint32_t number, const struct fact *f,
    struct complaint *why)
{
	txn_flush(t);
	return t->err != E_OK ? t->err : check_claims_within(t, number, f, why);
}

static bool
has_prefix(const struct fact *f, const struct prefix *p)
{
	for (unsigned i = 0; i < f->prefix_count; i++)
		if (f->prefixes[i].len == p->len &&
		    addr_is_same(&f->prefixes[i].addr, &p->addr))
			return true;
	return false;
}

/* No prefix less than before: nothing can be left out. */
static bool
only_grows(const struct fact *old, const struct fact *new)
{
	for (unsigned i = 0; i < old->prefix_count; i++)
		if (!has_prefix(new, &old->prefixes[i]))
			return false;
	return true;
}

enum err
network_check(struct store_txn *t, uint32_t number, const struct fact *f,
    const struct fact *was, struct complaint *why)
{
	enum err err = check_overlap(t, f, number, why);

	if (err != E_OK || was == NULL || only_grows(was, f))
		return err;
	return check_addresses(t, number, f, why);
}
