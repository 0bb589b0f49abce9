/*
 * check_made.c - what facts make, and what is there.
 */
#include "check_impl.h"

struct made {
	struct table_entry in;
	uint64_t value; /* its hash */
	uint32_t times;
};

static uint64_t
hash_value(const void *value, size_t len)
{
	return hash_bytes(len == 0 ? "" : value, len);
}

static uint64_t
sum_of(const struct store_key *key, uint64_t value)
{
	return hash_mix(hash_bytes(key->buf, key->out.len), value);
}

static void
gather_made(struct check *c, const struct store_key *key, uint64_t value)
{
	struct made *m = table_find(&c->made, key->buf, key->out.len);

	if (m == NULL) {
		m = arena_take(&c->made_arena, sizeof(*m) + key->out.len);
		memcpy(m + 1, key->buf, key->out.len);
		*m = (struct made){ .in = { (const uint8_t *)(m + 1),
					key->out.len },
			.value = value };
		table_add(&c->made, &m->in);
	}
	m->times++;
}

static void
find_made(struct check *c, const struct store_key *key, uint64_t value)
{
	struct made *m = table_find(&c->made, key->buf, key->out.len);

	if (m == NULL || m->times == 0)
		check_say_key(c, key, "no fact makes it");
	else if (m->times != 1 || m->value != value)
		check_say_key(c, key, "is not what its facts make of it");
	if (m != NULL)
		m->times = 0; /* a second one is too many */
}

void
check_expect(
    struct check *c, const struct store_key *key, const void *value, size_t len)
{
	uint64_t hash = hash_value(value, len);

	if (c->pass == CHECK_SUM)
		c->made_sum += sum_of(key, hash);
	else
		gather_made(c, key, hash);
}

void
check_meet(
    struct check *c, const struct store_key *key, const void *value, size_t len)
{
	uint64_t hash = hash_value(value, len);

	if (c->pass == CHECK_SUM)
		c->there_sum += sum_of(key, hash);
	else
		find_made(c, key, hash);
}

bool
check_get(struct check *c, struct store_key *key, MDB_val *v)
{
	MDB_val k = key_val(key);

	return guard_find(c->snapshot->txn, c->snapshot->env->dbi, &k, v) == 0;
}

/* All of a network has been gone through. */
static void
expect_uses(struct check *c)
{
	uint8_t buf[sizeof(c->uses)];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;
	uint32_t all = 0;

	for (unsigned use = 0; use < NETWORK_USES; use++) {
		wire_put32(&out, c->uses[use]);
		all |= c->uses[use];
	}
	memset(c->uses, 0, sizeof(c->uses));
	if (all == 0 || c->pass == CHECK_NAME)
		return;
	key_init(&key, c->number, KEY_USES);
	check_expect(c, &key, buf, out.len);
}

void
check_enter(struct check *c, uint32_t number)
{
	struct network_facts facts;
	struct store_key key;
	MDB_val v;

	expect_uses(c);
	c->number = number;
	c->has_network = true;
	if (number == NETWORK_NONE)
		return;
	key_init(&key, number, KEY_NETWORK);
	c->has_network = check_get(c, &key, &v);
	(void)snprintf(c->network, sizeof(c->network), "%u", number);
	if (lookup_network_facts(c->snapshot, number, &facts))
		(void)snprintf(c->network, sizeof(c->network), "%.*s",
		    facts.id.len, (const char *)facts.id.at);
}

void
check_missing(struct check *c)
{
	for (size_t i = 0; i < c->made.slots; i++) {
		const struct made *m = (const void *)c->made.slot[i].entry;
		struct store_key key;
		struct wire_in in;

		if (m == NULL || m->times == 0)
			continue;
		key_copy(&key, m->in.key, m->in.len);
		in = wire_in(m->in.key, m->in.len);
		check_enter(c, wire_get32(&in));
		check_say_key(c, &key, "is missing");
	}
}
