/*
 * network.c - networks come, change and go, with what they are
 * found by.
 */
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
	uint8_t octets[4];
	struct wire_out out = wire_out(octets, sizeof(octets));
	struct store_key at = *key;
	struct wire_in in;
	MDB_val v;

	wire_put32(&out, number);
	if (is) {
		txn_put(t, key, out.buf, out.len);
		return;
	}
	/* Where networks move together, another may have it already. */
	at.out.buf = at.buf;
	if (txn_get(t, &at, &v) != 0)
		return;
	in = val_in(&v);
	if (wire_get32(&in) == number)
		txn_delete(t, key);
}

bool
network_seek(struct store_txn *t, const struct addr *a, unsigned len,
    MDB_val *k, MDB_val *v)
{
	struct store_key key;
	MDB_val at;

	prefix_key(&key, a, (uint8_t)len);
	at = key_val(&key);
	if (t->err != E_OK || guard_get(t->cursor, &at, v, MDB_SET_RANGE) != 0)
		return false;
	*k = at;
	key.out.len -= sizeof(a->ip);
	return val_begins(k, &key);
}

bool
network_prefix(const MDB_val *k, struct prefix *p)
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
	if (!network_seek(t, &start, p->len, &k, &v) ||
	    !network_prefix(&k, &found))
		return false;
	if (prefix_is_v4(&found) == prefix_is_v4(p))
		return true;
	return !prefix_is_v4(p) && network_seek(t, &behind_v4, p->len, &k, &v);
}

struct lengths
network_lengths(struct store_txn *t)
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

void
network_lengths_put(struct store_txn *t, const struct lengths *l)
{
	uint8_t buf[8 + sizeof(l->bits)];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;

	wire_put64(&out, l->generation);
	wire_put(&out, l->bits, sizeof(l->bits));
	key_init(&key, NETWORK_NONE, KEY_LENGTHS);
	txn_put(t, &key, buf, out.len);
}

/* The lengths in use, and a new generation: flows are looked up anew. */
static void
change_lengths(struct store_txn *t, const struct fact *f, bool is)
{
	struct lengths l = network_lengths(t);

	for (unsigned i = 0; i < f->prefix_count; i++) {
		const struct prefix *p = &f->prefixes[i];
		uint8_t *octet = &l.bits[prefix_is_v4(p)][p->len / 8];

		*octet &= (uint8_t) ~(1 << p->len % 8);
		if (is || length_is_used(t, p))
			*octet |= (uint8_t)(1 << p->len % 8);
	}
	l.generation++;
	network_lengths_put(t, &l);
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

bool
network_holds(const struct fact *network, const struct addr *a, unsigned len)
{
	for (unsigned i = 0; i < network->prefix_count; i++)
		if (network->prefixes[i].len <= len &&
		    prefix_holds(&network->prefixes[i], a))
			return true;
	return false;
}

const struct addr *
network_outside(const struct fact *network, const struct fact *f)
{
	for (unsigned i = 0; i < f->address_count; i++)
		if (!network_holds(network, &f->addresses[i],
			f->blocks == NULL ? 128 : f->blocks[i]))
			return &f->addresses[i];
	return NULL;
}

/* What F is found by.  A resolver elsewhere is others' too: it says nothing. */
void
network_index(
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
	t->networks_changed = true;
}

uint32_t
network_number_new(struct store_txn *t)
{
	return t->head.next_network++;
}

void
network_put(struct store_txn *t, const struct fact *f)
{
	uint8_t octets[4];
	struct wire_out number = wire_out(octets, sizeof(octets));
	struct store_key key;

	if (network_find(t, f->network)) {
		network_index(t, t->number, &t->network, false);
	} else {
		t->number = network_number_new(t);
		wire_put32(&number, t->number);
		key_init(&key, NETWORK_NONE, KEY_NUMBER);
		key_text(&key, f->network);
		txn_put(t, &key, octets, number.len);
	}
	network_index(t, t->number, f, true);
	memset(&t->network, 0, sizeof(t->network)); /* read it anew */
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
	network_index(t, t->number, &t->network, false);
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
