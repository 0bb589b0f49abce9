/*
 * network.c - networks come, change and go, with what they are
 * found by.
 */
#include "base/addr_text.h"
#include "impl.h"

bool
network_find(struct store_txn *t, const char *id)
{
	struct store_key key;
	struct wire_in in;
	MDB_val v;

	if (t->network.network != NULL && strcmp(t->network.network, id) == 0)
		return true;
	memset(&t->network, 0, sizeof(t->network));
	arena_reset(&t->network_arena);
	key_init(&key, NETWORK_NONE, KEY_NUMBER);
	key_text(&key, id);
	if (txn_get(t, &key, &v) != 0)
		return false;
	in = val_in(&v);
	t->number = wire_get32(&in);
	key_init(&key, t->number, KEY_NETWORK);
	if (txn_get(t, &key, &v) != 0)
		return false;
	t->network.kind = FACT_NETWORK;
	if (fact_decode(&t->network, val_in(&v), &t->network_arena))
		return true;
	(void)txn_holds(t, MDB_CORRUPTED);
	memset(&t->network, 0, sizeof(t->network));
	return false;
}

static void
change_key(
    struct store_txn *t, const struct store_key *key, uint32_t number, bool is)
{
	struct wire_out out = wire_out(t->value, 4);

	struct store_key at = *key;
	struct wire_in in;
	MDB_val v;

	wire_put32(&out, number);
	if (is) {
		txn_put(t, key, out.buf, out.len);
		return;
	}
	/* In a snapshot, another network may have it already. */
	at.out.buf = at.buf;
	if (txn_get(t, &at, &v) != 0)
		return;
	in = val_in(&v);
	if (wire_get32(&in) == number)
		txn_delete(t, key);
}

/* The first key of a prefix of this length at or behind A. */
static bool
seek_prefix(struct store_txn *t, const struct addr *a, unsigned len, MDB_val *k,
    MDB_val *v)
{
	struct store_key key;

	prefix_key(&key, a, (uint8_t)len);
	*k = key_val(&key);
	if (t->err != E_OK ||
	    mdb_cursor_get(t->cursor, k, v, MDB_SET_RANGE) != 0)
		return false;
	key.out.len -= sizeof(a->ip);
	return val_begins(k, &key);
}

static bool
prefix_of_key(const MDB_val *k, struct prefix *p)
{
	struct wire_in in = key_rest(k);
	const uint8_t *ip;

	p->len = wire_get8(&in);
	ip = wire_take(&in, sizeof(p->addr.ip));
	if (ip != NULL)
		memcpy(p->addr.ip, ip, sizeof(p->addr.ip));
	return ip != NULL;
}

/* Some prefix of P's length and family is in use. */
static bool
length_is_used(struct store_txn *t, const struct prefix *p)
{
	static const struct addr behind_v4 = { { [9] = 1 } };
	struct addr start = { { 0 } };
	struct prefix found;
	MDB_val k, v;

	txn_flush(t);
	if (prefix_is_v4(p))
		start = addr_from_v4(start.ip);
	if (!seek_prefix(t, &start, p->len, &k, &v) ||
	    !prefix_of_key(&k, &found))
		return false;
	if (prefix_is_v4(&found) == prefix_is_v4(p))
		return true;
	return !prefix_is_v4(p) && seek_prefix(t, &behind_v4, p->len, &k, &v);
}

/* KEY_LENGTHS. */
struct lengths {
	uint64_t generation;
	uint8_t bits[2][17];
};

static struct lengths
read_lengths(struct store_txn *t)
{
	struct lengths l = { 0 };
	struct store_key key;
	const uint8_t *bits;
	struct wire_in in;
	MDB_val v;

	key_init(&key, NETWORK_NONE, KEY_LENGTHS);
	if (txn_get(t, &key, &v) != 0)
		return l;
	in = val_in(&v);
	l.generation = wire_get64(&in);
	bits = wire_take(&in, sizeof(l.bits));
	if (bits != NULL)
		memcpy(l.bits, bits, sizeof(l.bits));
	return l;
}

/* The lengths in use, and a new generation: flows are looked up anew. */
static void
change_lengths(struct store_txn *t, const struct fact *f, bool is)
{
	struct lengths l = read_lengths(t);
	uint8_t buf[8 + sizeof(l.bits)];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;

	for (unsigned i = 0; i < f->prefix_count; i++) {
		const struct prefix *p = &f->prefixes[i];
		uint8_t *octet = &l.bits[prefix_is_v4(p)][p->len / 8];

		*octet &= (uint8_t) ~(1 << p->len % 8);
		if (is || length_is_used(t, p))
			*octet |= (uint8_t)(1 << p->len % 8);
	}
	wire_put64(&out, l.generation + 1);
	wire_put(&out, l.bits, sizeof(l.bits));
	key_init(&key, NETWORK_NONE, KEY_LENGTHS);
	txn_put(t, &key, buf, out.len);
}

uint8_t
network_uses(const struct fact *f)
{
	bool special =
	    f->expires != 0 || f->app_count > 0 || f->role < PEER_ROLE_USUAL;

	static_assert(ROLE_DEVELOPER == PEER_ROLE_USUAL, "as readers know it");
	if (f->kind == FACT_ALIAS)
		return USES(USE_ALIASES);
	if (f->kind == FACT_ZONE)
		return USES(USE_ZONES);
	for (unsigned i = 0; f->blocks != NULL && i < f->address_count; i++)
		special = special || f->blocks[i] < 128;
	return f->kind == FACT_PEER && special ? USES(USE_PEERS) : 0;
}

void
network_use(struct store_txn *t, uint32_t number, uint8_t uses, bool is)
{
	static const struct fact none;
	uint8_t buf[4 * NETWORK_USES];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in = wire_in(NULL, 0);
	struct store_key key;
	uint32_t all = 0;
	MDB_val v;

	if (uses == 0)
		return;
	key_init(&key, number, KEY_USES);
	if (txn_get(t, &key, &v) == 0)
		in = val_in(&v);
	for (unsigned use = 0; use < NETWORK_USES; use++) {
		uint32_t n = wire_get32(&in);

		if ((uses & USES(use)) != 0)
			n += is ? 1U : UINT32_MAX;
		wire_put32(&out, n);
		all |= n;
	}
	if (all == 0)
		txn_delete(t, &key);
	else
		txn_put(t, &key, buf, out.len);
	change_lengths(t, &none, true);
}

uint32_t
network_number(struct store_txn *t, const char *id)
{
	struct wire_in in = wire_in(NULL, 0);
	struct store_key key;
	MDB_val v;

	key_parts(&key, NETWORK_NONE, KEY_NUMBER, &id, 1);
	if (txn_get(t, &key, &v) == 0)
		in = val_in(&v);
	return wire_get32(&in);
}

void
network_id(struct store_txn *t, uint32_t number, char out[DNS_LABEL_MAX + 1])
{
	struct wire_in in = wire_in(NULL, 0);
	struct store_key key;
	struct label id;
	MDB_val v;

	out[0] = '\0';
	if (number == NETWORK_NONE)
		return;
	key_init(&key, number, KEY_NETWORK);
	if (txn_get(t, &key, &v) == 0)
		in = val_in(&v);
	(void)wire_get64(&in);
	id = wire_get_label(&in);
	(void)snprintf(
	    out, DNS_LABEL_MAX + 1, "%.*s", id.len, (const char *)id.at);
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

bool
network_holds(const struct fact *network, const struct addr *a, unsigned len)
{
	for (unsigned i = 0; i < network->prefix_count; i++)
		if (network->prefixes[i].len <= len &&
		    prefix_holds(&network->prefixes[i], a))
			return true;
	return false;
}

/* What F is found by.  A resolver elsewhere is others' too: it says nothing. */
static void
index_network(
    struct store_txn *t, uint32_t number, const struct fact *f, bool is)
{
	struct store_key key;

	for (unsigned i = 0; i < f->prefix_count; i++) {
		prefix_key(&key, &f->prefixes[i].addr, f->prefixes[i].len);
		change_key(t, &key, number, is);
	}
	for (unsigned i = 0; i < f->address_count; i++) {
		if (!network_holds(f, &f->addresses[i], 128))
			continue;
		resolver_key(&key, &f->addresses[i]);
		change_key(t, &key, number, is);
	}
	change_lengths(t, f, is);
}

/* One that a snapshot has not put goes with its end, or is judged itself. */
static bool
stays(const struct store_txn *t, uint32_t number)
{
	struct store_key key;

	key_init(&key, number, KEY_NETWORK);
	return t->seen == NULL || t->scope != NULL || seen_has(t, &key);
}

/* Another network's prefix that holds P, or is the same. */
static uint32_t
network_around(struct store_txn *t, uint32_t number, const struct prefix *p,
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
		if (other != number && stays(t, other))
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
		for (more = seek_prefix(t, &p->addr, len, &k, &v); more;
		     more = mdb_cursor_get(t->cursor, &k, &v, MDB_NEXT) == 0) {
			struct wire_in in = val_in(&v);
			uint32_t other = wire_get32(&in);

			if (!prefix_of_key(&k, found) || found->len != len ||
			    !prefix_holds(p, &found->addr))
				break;
			if (other != number && stays(t, other))
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

	network_id(t, other, id);
	(void)snprintf(rule, sizeof(rule),
	    "must not overlap with %s of network %s", prefix_text(found, text),
	    id);
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
	struct lengths l = read_lengths(t);

	for (unsigned i = 0; i < f->prefix_count; i++) {
		const struct prefix *p = &f->prefixes[i];
		const uint8_t *bits = l.bits[prefix_is_v4(p)];
		struct prefix found;
		uint32_t other;

		if (check_shared(p, why) != E_OK)
			return E_INPUT;
		other = network_around(t, number, p, bits, &found);
		if (other == NETWORK_NONE)
			other = network_within(t, number, p, bits, &found);
		if (other != NETWORK_NONE)
			return complain_overlap(t, other, p, &found, why);
	}
	return t->err;
}

/* In a snapshot: it stays. */
static bool
is_seen(struct store_txn *t, uint32_t number, const struct claim *c)
{
	static const enum fact_kind kinds[] = {
		[CLAIM_INSTANCE] = FACT_INSTANCE,
		[CLAIM_PEER] = FACT_PEER,
		[CLAIM_APP] = FACT_APP,
		[CLAIM_EXPORT] = FACT_EXPORT,
	};
	const struct label *const label[] = { &c->app, &c->id, &c->server };
	char text[3][DNS_LABEL_MAX + 1];
	struct fact f = { .kind = kinds[c->kind] };
	struct store_key key;

	for (size_t i = 0; i < 3; i++)
		(void)snprintf(text[i], sizeof(text[i]), "%.*s", label[i]->len,
		    (const char *)label[i]->at);
	f.app = c->kind == CLAIM_EXPORT ? text[2]
	    : c->kind == CLAIM_PEER     ? NULL
					: text[0];
	if (c->kind == CLAIM_EXPORT) {
		number = network_number(t, text[1]);
		f.to = t->network.network;
	} else if (c->kind != CLAIM_APP) {
		f.id = text[1];
	}
	fact_key(&key, number, &f);
	return seen_has(t, &key);
}

static enum err
leaves_out(struct complaint *why, const struct addr *a)
{
	char text[ADDR_TEXT];

	return complain(why, "prefixes",
	    "must hold every address in use in the network",
	    addr_text(a, text));
}

/* The first address outside F's prefixes that somebody claims. */
static enum err
check_claims(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct store_key key;
	struct addr a;
	MDB_val k, v;
	int rc;

	key_init(&key, t->number, KEY_CLAIMS);
	k = key_val(&key);
	rc = mdb_cursor_get(t->cursor, &k, &v, MDB_SET_RANGE);
	for (; rc == 0 && val_begins(&k, &key) && key_addr(&k, &a);
	     rc = mdb_cursor_get(t->cursor, &k, &v, MDB_NEXT)) {
		struct wire_in in = val_in(&v);
		struct claim c;

		while (!network_holds(f, &a, 128) && claim_next(&in, &c))
			if (t->seen == NULL || is_seen(t, t->number, &c))
				return leaves_out(why, &a);
	}
	return E_OK;
}

/*
 * Every address of the network is inside its new prefixes; within a
 * snapshot, every one that the snapshot has put.
 */
static enum err
check_addresses(
    struct store_txn *t, const struct fact *f, struct complaint *why)
{
	txn_flush(t);
	return t->err != E_OK ? t->err : check_claims(t, f, why);
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
network_put(struct store_txn *t, const struct fact *f, struct complaint *why)
{
	bool was = network_find(t, f->network);
	struct wire_out number = wire_out(t->value, 4);
	struct store_key key;
	enum err err;

	if (t->err != E_OK)
		return t->err;
	err = check_overlap(t, f, was ? t->number : NETWORK_NONE, why);
	if (err != E_OK)
		return err;
	if (was) {
		if (!only_grows(&t->network, f) &&
		    (err = check_addresses(t, f, why)) != E_OK)
			return err;
		index_network(t, t->number, &t->network, false);
	} else {
		t->number = t->head.next_network++;
		wire_put32(&number, t->number);
		key_init(&key, NETWORK_NONE, KEY_NUMBER);
		key_text(&key, f->network);
		txn_put(t, &key, t->value, number.len);
	}
	index_network(t, t->number, f, true);
	memset(&t->network, 0, sizeof(t->network)); /* read it anew */
	return t->err;
}

void
network_delete(struct store_txn *t, const char *id)
{
	uint8_t number[4];
	struct wire_out out = wire_out(number, sizeof(number));
	struct store_key key;

	if (!network_find(t, id))
		return;
	txn_changes(t, STORE_DELETED, &t->network);
	index_network(t, t->number, &t->network, false);
	key_init(&key, NETWORK_NONE, KEY_NUMBER);
	key_text(&key, id);
	txn_delete(t, &key);
	wire_put32(&out, t->number);
	key_copy(&key, number, sizeof(number));
	names_write(t); /* or its list of apps would come again */
	txn_delete_range(t, &key);
	memset(&t->network, 0, sizeof(t->network));
	t->touched = NETWORK_NONE;
}
