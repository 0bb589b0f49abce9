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

/* The number joins the prefix's list, behind the others, or leaves it. */
static void
change_prefix(
    struct store_txn *t, const struct prefix *p, uint32_t number, bool is)
{
	struct wire_in in = wire_in(NULL, 0);
	struct store_key key;
	struct wire_out out;
	MDB_val v;

	prefix_key(&key, &p->addr, p->len);
	if (txn_get(t, &key, &v) == 0)
		in = val_in(&v);
	out = txn_room(t, in.len + 4);
	while (wire_left(&in) > 0) {
		uint32_t n = wire_get32(&in);

		if (n != number)
			wire_put32(&out, n);
	}
	if (is)
		wire_put32(&out, number);
	if (out.len == 0)
		txn_delete(t, &key);
	else
		txn_put(t, &key, out.buf, out.len);
}

/*
 * A key for each network, since all may have the same resolver; and how
 * many there are, to tell a resolver's address from others.
 */
static void
change_resolver(
    struct store_txn *t, const struct addr *a, uint32_t number, bool is)
{
	struct store_key owner, owners;
	struct wire_out out = wire_out(t->value, 4);
	uint32_t count = 0;
	MDB_val v;

	owner_key(&owner, a, number);
	resolver_key(&owners, a);
	if (txn_get(t, &owners, &v) == 0) {
		struct wire_in in = val_in(&v);

		count = wire_get32(&in);
	}
	wire_put32(&out, is ? count + 1 : count - 1);
	if (is)
		txn_put(t, &owner, NULL, 0);
	else
		txn_delete(t, &owner);
	if (is || count > 1)
		txn_put(t, &owners, out.buf, out.len);
	else
		txn_delete(t, &owners);
}

static bool
length_is_used(struct store_txn *t, uint8_t len)
{
	struct store_key key;
	MDB_val k, v;

	txn_flush(t);
	key_init(&key, NETWORK_NONE, KEY_PREFIX);
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

	key_init(&key, NETWORK_NONE, KEY_LENGTHS);
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

static bool
has_prefix(const struct fact *f, const struct prefix *p)
{
	for (unsigned i = 0; f != NULL && i < f->prefix_count; i++)
		if (f->prefixes[i].len == p->len &&
		    addr_is_same(&f->prefixes[i].addr, &p->addr))
			return true;
	return false;
}

/*
 * What F is found by, but for prefixes that BUT has too: of two networks
 * with one prefix, the older stays the first whatever else changes.
 */
static void
index_network(struct store_txn *t, uint32_t number, const struct fact *f,
    const struct fact *but, bool is)
{
	for (unsigned i = 0; i < f->prefix_count; i++)
		if (!has_prefix(but, &f->prefixes[i]))
			change_prefix(t, &f->prefixes[i], number, is);
	for (unsigned i = 0; i < f->address_count; i++)
		change_resolver(t, &f->addresses[i], number, is);
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

static bool
is_inside(const struct fact *network, const struct addr *a)
{
	for (unsigned i = 0; i < network->prefix_count; i++)
		if (prefix_holds(&network->prefixes[i], a))
			return true;
	return false;
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

		while (!is_inside(f, &a) && claim_next(&in, &c))
			if (t->seen == NULL || is_seen(t, t->number, &c))
				return leaves_out(why, &a);
	}
	return E_OK;
}

struct flycast_check {
	struct store_txn *txn;
	const struct fact *network;
	struct complaint *why;
	enum err err;
};

static bool
check_flycast(void *arg, const struct fact *app, bool implied)
{
	struct flycast_check *c = arg;
	struct store_key key;

	fact_key(&key, c->txn->number, app);
	if (implied || (c->txn->seen != NULL && !seen_has(c->txn, &key)))
		return true;
	for (unsigned i = 0; i < app->address_count && c->err == E_OK; i++)
		if (!is_inside(c->network, &app->addresses[i]))
			c->err = leaves_out(c->why, &app->addresses[i]);
	return c->err == E_OK;
}

/*
 * Every address of the network is inside its new prefixes; within a
 * snapshot, every one that the snapshot has put.
 */
static enum err
check_addresses(
    struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct flycast_check c = { t, f, why, E_OK };
	enum err err;

	txn_flush(t);
	if (t->err != E_OK)
		return t->err;
	if ((err = check_claims(t, f, why)) != E_OK)
		return err;
	err = store_each_fact(t->txn, t->store->env->dbi, FACT_APP, f->network,
	    check_flycast, &c);
	return err != E_OK ? err : c.err;
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
	if (was) {
		if (!only_grows(&t->network, f) &&
		    (err = check_addresses(t, f, why)) != E_OK)
			return err;
		index_network(t, t->number, &t->network, f, false);
	} else {
		t->number = t->head.next_network++;
		wire_put32(&number, t->number);
		key_init(&key, NETWORK_NONE, KEY_NUMBER);
		key_text(&key, f->network);
		txn_put(t, &key, t->value, number.len);
	}
	index_network(t, t->number, f, was ? &t->network : NULL, true);
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
	index_network(t, t->number, &t->network, NULL, false);
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
