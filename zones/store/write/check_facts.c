/*
 * check_facts.c - the summaries that a fact makes, written down once more.
 */
#include <strings.h>

#include "check_impl.h"

/* In NUMBER, which may be another network than the fact's own. */
static void
expect_claims(struct check *c, uint32_t number, const struct fact *f)
{
	uint8_t buf[CLAIM_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;
	struct wire_in in;
	struct claim claim;

	claim_encode(f, &out);
	in = wire_in(buf, out.len);
	(void)claim_next(&in, &claim);
	for (unsigned i = 0; i < 2 * f->address_count; i++) {
		if (!index_claim_key(&key, number, f, i))
			continue;
		check_claim_key(&key, &claim);
		check_expect(c, &key, buf, out.len);
	}
}

static void
expect_export(struct check *c, const struct fact *f)
{
	struct network to = { .number = NETWORK_NONE };
	uint8_t buf[BRIEF_MAX];
	struct wire_out value = wire_out(buf, sizeof(buf));
	struct store_key key;
	char title[FACT_TITLE];

	(void)lookup_network_named(c->snapshot, f->to, false, &to);
	if (!index_import_key(&key, to.number, c->number, f)) {
		check_say(c, true, "%s: its network is not there",
		    fact_title(f, title));
		return;
	}
	import_encode(f, &value);
	check_expect(c, &key, buf, value.len);
	expect_claims(c, to.number, f);
}

/* Pairs that differ in case alone make one summary. */
static bool
is_made_before(const struct fact *f, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (strcasecmp(f->metadata[j].key, f->metadata[i].key) == 0 &&
		    strcasecmp(f->metadata[j].value, f->metadata[i].value) == 0)
			return true;
	return false;
}

static void
expect_instance(struct check *c, const struct fact *f)
{
	uint8_t buf[BRIEF_MAX];
	struct wire_out brief = wire_out(buf, sizeof(buf));
	struct store_key key;

	brief_encode(f, &brief);
	expect_claims(c, c->number, f);
	key_parts(&key, c->number, KEY_INSTANCES, &f->app, 1);
	key_end_part(&key);
	index_entry_key(f, &key.out);
	check_expect(c, &key, buf, brief.len);
	if (f->name != NULL) {
		index_server_key(&key, c->number, f);
		check_expect(c, &key, buf, brief.len);
		index_group_key(&key, c->number, f, "");
		check_expect(c, &key, buf, brief.len);
	}
	if (f->group != NULL) {
		index_group_key(&key, c->number, f, f->group);
		check_expect(c, &key, buf, brief.len);
	}
	for (unsigned i = 0; i < f->metadata_count; i++)
		if (index_metadata_key(&key, c->number, f, &f->metadata[i]) &&
		    !is_made_before(f, i))
			check_expect(c, &key, buf, brief.len);
	for (unsigned i = 0; i < f->port_count; i++) {
		index_port_key(&key, c->number, f, &f->ports[i]);
		check_expect(c, &key, buf, brief.len);
	}
}

static void
count_instance(struct tally *t, const struct instance *i)
{
	struct tally_of *of;

	if (i->tier == TIER_STOPPED) {
		t->stopped++;
		return;
	}
	of = &t->tier[i->tier];
	of->instances++;
	of->six += i->six_count > 0;
	of->four += i->four_count > 0;
}

/* Its head counts what its pages hold. */
static void
check_tallies(struct check *c, const struct fact *f, struct app *app)
{
	struct wire_in regions = app->regions;
	struct label region = { 0 };
	struct tally head = { 0 }, now = { 0 };
	char title[FACT_TITLE];
	struct instance i;
	bool same = true, more = app_instance(app, &i);

	while (app_region(&regions, &region, &head)) {
		memset(&now, 0, sizeof(now));
		for (; more && label_compare(i.region, region) == 0;
		     more = app_instance(app, &i))
			count_instance(&now, &i);
		same = same && memcmp(&now, &head, sizeof(now)) == 0;
	}
	if (!same || more || regions.bad)
		check_say(c, true, "%s: its regions' numbers are wrong",
		    fact_title(f, title));
}

/* Its head says whether it stays without instances, and which it has. */
static void
check_head(struct check *c, const struct fact *f, bool implied)
{
	struct wire_in page = wire_in(NULL, 0), head;
	char title[FACT_TITLE];
	struct store_key key;
	uint8_t value[8];
	MDB_val v;

	key_parts(&key, c->number, KEY_INSTANCES, &f->app, 1);
	if (check_get(c, &key, &v))
		page = val_in(&v);
	head = pack_head(&page);
	key_parts(&key, c->number, KEY_FILLED, &f->app, 1);
	if (index_filled(head, value))
		check_expect(c, &key, value, sizeof(value));
	if (((wire_get8(&head) & APP_PUT) != 0) == implied)
		check_say(c, true,
		    "%s: its pages say that it was %sput by itself",
		    fact_title(f, title), implied ? "" : "not ");
}

static void
expect_app(struct check *c, const struct fact *f, bool implied)
{
	char title[FACT_TITLE];
	struct store_key key;
	struct app app;

	if (!lookup_app(c->snapshot, c->number, label_of(f->app), &app)) {
		check_say(c, true, "%s: has no pages", fact_title(f, title));
	} else if (implied && wire_left(&app.regions) == 0) {
		key_parts(&key, c->number, KEY_INSTANCES, &f->app, 1);
		check_say_key(c, &key, "no fact makes it");
		return;
	} else {
		check_tallies(c, f, &app);
		check_head(c, f, implied);
	}
	key_parts(&key, c->number, KEY_NAMES, &f->app, 1);
	check_expect(c, &key, NULL, 0);
	if (!implied && index_domain_key(&key, c->number, f))
		check_expect(c, &key, NULL, 0);
	expect_claims(c, c->number, f);
}

static void
expect_prefix(struct check *c, const struct fact *network,
    const struct prefix *p, const struct wire_out *number)
{
	char title[FACT_TITLE];
	struct store_key key;

	prefix_key(&key, &p->addr, p->len);
	check_expect(c, &key, number->buf, number->len);
	if ((c->snapshot->lengths[prefix_is_v4(p)][p->len / 8] &
		1 << p->len % 8) == 0)
		check_say(c, true, "%s: a prefix length is not searched",
		    fact_title(network, title));
}

static void
expect_network(struct check *c, const struct fact *f)
{
	uint8_t buf[4];
	struct wire_out number = wire_out(buf, sizeof(buf));
	struct store_key key;

	wire_put32(&number, c->number);
	key_parts(&key, NETWORK_NONE, KEY_NUMBER, &f->network, 1);
	check_expect(c, &key, buf, number.len);
	for (unsigned i = 0; i < f->prefix_count; i++)
		expect_prefix(c, f, &f->prefixes[i], &number);
	for (unsigned i = 0; i < f->address_count; i++) {
		if (!network_holds(f, &f->addresses[i], 128))
			continue;
		resolver_key(&key, &f->addresses[i]);
		check_expect(c, &key, buf, number.len);
	}
}

static void
expect_unique(struct check *c, const struct fact *f)
{
	struct store_key key, own;

	if (!unique_key(&key, f))
		return;
	fact_key(&own, c->number, f);
	check_expect(c, &key, own.buf, own.out.len);
}

void
check_fact(struct check *c, const struct fact *f, bool implied)
{
	struct store_key key;
	uint8_t expires[8];

	expect_unique(c, f);
	for (unsigned use = 0; use < NETWORK_USES; use++)
		c->uses[use] += (network_uses(f) & USES(use)) != 0;
	switch (f->kind) {
	case FACT_NETWORK:
		expect_network(c, f);
		break;
	case FACT_APP:
		expect_app(c, f, implied);
		break;
	case FACT_INSTANCE:
		expect_instance(c, f);
		break;
	case FACT_PEER:
		expect_claims(c, c->number, f);
		if (names_peer(&key, c->number, f, expires))
			check_expect(c, &key, expires, sizeof(expires));
		break;
	case FACT_EXPORT:
		expect_export(c, f);
		break;
	case FACT_ALIAS:
	case FACT_ZONE:
	case FACT_RECORD:
	case FACT_GATEWAY:
	case FACT_REGION:
	case FACT_DISTANCE: /* check_ranks() */
	case FACT_KINDS:
		break;
	}
}

static enum err
expect_row(void *arg, const char *from, const struct wire_out *row)
{
	struct check *c = arg;
	struct store_key key;

	key_init(&key, NETWORK_NONE, KEY_RANKS);
	key_text(&key, from);
	check_expect(c, &key, row->buf, row->len);
	return E_OK;
}

enum err
check_ranks(struct check *c)
{
	struct snapshot *s = c->snapshot;

	c->number = NETWORK_NONE;
	return rank_each(s->txn, s->env->dbi, expect_row, c);
}
