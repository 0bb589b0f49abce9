/*
 * store_network.c - networks: which one a flow belongs to, and what their
 * facts make findable.
 *
 * The longest prefix is found by asking for each length that is in use, the
 * longest first: a handful of look-ups however many networks there are.
 */
#include "zones/lookup.h"

#include "store_txn.h"
#include "zones/addr_text.h"

static void
prefix_key(struct store_key *key, const struct addr *a, uint8_t len)
{
	key_init(key, NETWORK_NONE, 'p');
	key_bytes(key, &len, 1);
	key_bytes(key, a->ip, 16);
}

static void
resolver_key(struct store_key *key, const struct addr *a)
{
	key_init(key, NETWORK_NONE, 'a');
	key_bytes(key, a->ip, 16);
}

static bool
has_number(struct wire_in in, uint32_t number)
{
	while (wire_left(&in) > 0)
		if (wire_get32(&in) == number)
			return true;
	return false;
}

/* The first of NUMBERS that is also in ONLY, where that is not NULL. */
static uint32_t
first_of(struct wire_in numbers, const struct wire_in *only)
{
	while (wire_left(&numbers) > 0) {
		uint32_t n = wire_get32(&numbers);

		if (only == NULL || has_number(*only, n))
			return n;
	}
	return NETWORK_NONE;
}

static uint32_t
longest_prefix(
    struct snapshot *s, const struct addr *a, const struct wire_in *only)
{
	for (int len = 128; len >= 0; len--) {
		struct addr masked;
		struct store_key key;
		struct wire_in numbers;
		uint32_t found;

		if ((s->lengths[len / 8] & 1 << len % 8) == 0)
			continue;
		masked = addr_masked(a, (unsigned)len);
		prefix_key(&key, &masked, (uint8_t)len);
		if (!snapshot_get(s, &key, &numbers))
			continue;
		found = first_of(numbers, only);
		if (found != NETWORK_NONE)
			return found;
	}
	return NETWORK_NONE;
}

static bool
get_network(struct snapshot *s, uint32_t number, struct wire_in *in)
{
	struct store_key key;

	key_init(&key, number, 'N');
	return number != NETWORK_NONE && snapshot_get(s, &key, in);
}

static void
read_network(struct snapshot *s, uint32_t number, struct network *out)
{
	struct wire_in in;

	out->number = NETWORK_NONE;
	out->ttl = FACT_TTL_DEFAULT;
	if (!get_network(s, number, &in))
		return;
	(void)wire_get64(&in);
	out->ttl = wire_get32(&in);
	out->number = number;
}

static enum lookup_why
find_network(struct snapshot *s, const struct addr *from, const struct addr *to,
    struct network *out)
{
	struct store_key key;
	struct wire_in owners;
	uint32_t found;

	resolver_key(&key, to);
	if (snapshot_get(s, &key, &owners)) {
		found = longest_prefix(s, from, &owners);
		read_network(s, found, out);
		return found == NETWORK_NONE ? LOOKUP_FOREIGN
					     : LOOKUP_DESTINATION;
	}
	found = longest_prefix(s, from, NULL);
	read_network(s, found, out);
	return found == NETWORK_NONE ? LOOKUP_NOBODY : LOOKUP_SOURCE;
}

static unsigned
flow_slot(const struct addr *from, const struct addr *to)
{
	uint64_t a[2], b[2];

	memcpy(a, from, 16);
	memcpy(b, to, 16);
	a[0] = (a[0] ^ b[1]) * 0x9e3779b97f4a7c15;
	a[0] ^= (a[1] ^ b[0]) * 0xc2b2ae3d27d4eb4f;
	return (unsigned)(a[0] >> 32) % FLOW_SLOTS;
}

/* A flow asks again and again; its network changes only with networks. */
enum lookup_why
lookup_network(struct snapshot *s, const struct addr *from,
    const struct addr *to, struct network *out)
{
	struct flow *f = &s->flow[flow_slot(from, to)];

	if (f->generation != s->generation || !addr_is_same(&f->from, from) ||
	    !addr_is_same(&f->to, to) || f->generation == 0) {
		f->from = *from;
		f->to = *to;
		f->generation = s->generation;
		f->why = find_network(s, from, to, &f->network);
	}
	*out = f->network;
	return f->why;
}

bool
lookup_network_named(struct snapshot *s, const char *id, struct network *out)
{
	struct store_key key;
	struct wire_in in;

	out->number = NETWORK_NONE;
	key_init(&key, NETWORK_NONE, 'n');
	key_text(&key, id);
	if (snapshot_get(s, &key, &in))
		read_network(s, wire_get32(&in), out);
	return out->number != NETWORK_NONE;
}

bool
lookup_network_facts(
    struct snapshot *s, uint32_t network, struct network_facts *out)
{
	struct store_key key;
	struct wire_in in;

	memset(out, 0, sizeof(*out));
	if (!get_network(s, network, &in))
		return false;
	(void)wire_get64(&in);
	(void)wire_get32(&in);
	out->prefix_count = wire_get8(&in);
	out->prefixes = wire_take(&in, 17U * out->prefix_count);
	(void)wire_get8(&in); /* are the resolvers the default */
	out->resolver_count = wire_get8(&in);
	out->resolvers = wire_take(&in, 16U * out->resolver_count);
	out->id = wire_get_label(&in);
	if (in.bad)
		return false;
	key_init(&key, network, '#');
	if (snapshot_get(s, &key, &in))
		out->commits = wire_get32(&in);
	return true;
}

/* The writing half. */

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
	key_init(&key, NETWORK_NONE, 'n');
	key_text(&key, id);
	if (txn_get(t, &key, &v) != 0)
		return false;
	in = val_in(&v);
	t->number = wire_get32(&in);
	key_init(&key, t->number, 'N');
	if (txn_get(t, &key, &v) != 0)
		return false;
	t->network.kind = FACT_NETWORK;
	if (fact_decode(&t->network, val_in(&v), &t->network_arena))
		return true;
	(void)txn_holds(t, MDB_CORRUPTED);
	memset(&t->network, 0, sizeof(t->network));
	return false;
}

/* A list of numbers with one more, behind the others, or one less. */
static void
change_numbers(
    struct store_txn *t, struct store_key *key, uint32_t number, bool is)
{
	struct wire_out out = wire_out(t->value, sizeof(t->value));
	struct wire_in in = wire_in(NULL, 0);
	MDB_val v;

	if (txn_get(t, key, &v) == 0)
		in = val_in(&v);
	while (wire_left(&in) > 0) {
		uint32_t n = wire_get32(&in);

		if (n != number)
			wire_put32(&out, n);
	}
	if (is)
		wire_put32(&out, number);
	if (out.bad)
		(void)txn_holds(t, MDB_BAD_VALSIZE);
	else if (out.len == 0)
		txn_delete(t, key);
	else
		txn_put(t, key, out.buf, out.len);
}

static bool
length_is_used(struct store_txn *t, uint8_t len)
{
	struct store_key key;
	MDB_val k, v;

	txn_flush(t);
	key_init(&key, NETWORK_NONE, 'p');
	key_bytes(&key, &len, 1);
	k = key_val(&key);
	return t->err == E_OK &&
	    mdb_cursor_get(t->cursor, &k, &v, MDB_SET_RANGE) == 0 &&
	    val_begins(&k, &key);
}

/* The lengths in use, and a new generation: flows are looked up anew. */
static void
change_lengths(struct store_txn *t, const struct fact *f, bool is)
{
	uint8_t buf[25] = { 0 };
	struct wire_out out = wire_out(buf, 8);
	uint64_t generation = 0;
	struct store_key key;
	MDB_val v;

	key_init(&key, NETWORK_NONE, 'L');
	if (txn_get(t, &key, &v) == 0 && v.mv_size == sizeof(buf)) {
		struct wire_in in = val_in(&v);

		memcpy(buf, v.mv_data, sizeof(buf));
		generation = wire_get64(&in);
	}
	wire_put64(&out, generation + 1);
	for (unsigned i = 0; i < f->prefix_count; i++) {
		uint8_t len = f->prefixes[i].len;

		buf[8 + len / 8] &= (uint8_t) ~(1 << len % 8);
		if (is || length_is_used(t, len))
			buf[8 + len / 8] |= (uint8_t)(1 << len % 8);
	}
	txn_put(t, &key, buf, sizeof(buf));
}

static void
index_network(
    struct store_txn *t, uint32_t number, const struct fact *f, bool is)
{
	struct addr resolver[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX];
	unsigned resolvers = fact_resolvers(f, resolver);
	struct store_key key;

	for (unsigned i = 0; i < f->prefix_count; i++) {
		prefix_key(&key, &f->prefixes[i].addr, f->prefixes[i].len);
		change_numbers(t, &key, number, is);
	}
	for (unsigned i = 0; i < resolvers; i++) {
		resolver_key(&key, &resolver[i]);
		change_numbers(t, &key, number, is);
	}
	change_lengths(t, f, is);
}

static bool
is_seen(struct store_txn *t, uint32_t number, const struct claim *c)
{
	char app[DNS_LABEL_MAX + 1] = "", id[DNS_LABEL_MAX + 1] = "";
	struct fact f = { .kind = c->is_peer ? FACT_PEER : FACT_INSTANCE,
		.app = c->is_peer ? NULL : app,
		.id = id };
	struct store_key key;

	memcpy(app, c->app.at, c->app.len);
	memcpy(id, c->id.at, c->id.len);
	fact_key(&key, number, &f);
	return seen_has(t, &key);
}

/*
 * Every address of the network is inside its new prefixes; within a
 * snapshot, every one that the snapshot has put.
 */
static enum err
check_addresses(
    struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct store_key key;
	MDB_val k, v;
	int rc;

	txn_flush(t);
	key_init(&key, t->number, 'R');
	k = key_val(&key);
	rc = mdb_cursor_get(t->cursor, &k, &v, MDB_SET_RANGE);
	for (; rc == 0 && val_begins(&k, &key) && k.mv_size == 21;
	     rc = mdb_cursor_get(t->cursor, &k, &v, MDB_NEXT)) {
		struct wire_in in = val_in(&v);
		char text[ADDR_TEXT];
		struct claim c;
		struct addr a;
		bool inside = false;

		memcpy(a.ip, (const uint8_t *)k.mv_data + 5, 16);
		for (unsigned i = 0; i < f->prefix_count; i++)
			inside = inside || prefix_holds(&f->prefixes[i], &a);
		while (!inside && claim_next(&in, &c))
			if (t->seen == NULL || is_seen(t, t->number, &c))
				return complain(why, "prefixes",
				    "must hold every address in use in the "
				    "network",
				    addr_text(&a, text));
	}
	return E_OK;
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
	if (was) {
		if ((err = check_addresses(t, f, why)) != E_OK)
			return err;
		index_network(t, t->number, &t->network, false);
	} else {
		t->number = t->head.next_network++;
		wire_put32(&number, t->number);
		key_init(&key, NETWORK_NONE, 'n');
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
	index_network(t, t->number, &t->network, false);
	key_init(&key, NETWORK_NONE, 'n');
	key_text(&key, id);
	txn_delete(t, &key);
	wire_put32(&out, t->number);
	key.out = wire_out(key.buf, sizeof(key.buf));
	key_bytes(&key, number, sizeof(number));
	txn_delete_range(t, &key);
	memset(&t->network, 0, sizeof(t->network));
	t->touched = NETWORK_NONE;
}
