/*
 * check_facts.c - is there every summary that a fact makes?
 */
#include <stdarg.h>
#include <strings.h>

#include "base/addr_text.h"
#include "check_impl.h"
#include "zones/store/write/facts.h"

void
check_say(struct check *c, bool damage, const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	c->damaged = c->damaged || damage;
	c->report(c->arg, damage, line);
}

bool
check_get(struct check *c, struct store_key *key, MDB_val *v)
{
	MDB_val k = key_val(key);

	return mdb_get(c->snapshot->txn, c->snapshot->env->dbi, &k, v) == 0;
}

/* A summary of F: the key is there and has this value. */
static void
expect(struct check *c, const struct fact *f, struct store_key *key,
    const void *value, size_t len)
{
	enum key_kind kind = key_kind(key->buf);
	char title[FACT_TITLE];
	MDB_val v;

	c->expected[kind]++;
	if (!check_get(c, key, &v))
		check_say(c, true, "%s: its %s is missing",
		    fact_title(f, title), key_row(kind).name);
	else if (v.mv_size != len ||
	    (len > 0 && memcmp(v.mv_data, value, len) != 0))
		check_say(c, true, "%s: its %s is not what it says",
		    fact_title(f, title), key_row(kind).name);
}

/* Network ids to numbers; facts come network by network. */
static bool
find_number(struct check *c, const struct fact *f)
{
	struct store_key key;
	struct wire_in in;
	MDB_val v;

	if (strcmp(c->network, f->network) == 0)
		return true;
	key_init(&key, NETWORK_NONE, KEY_NUMBER);
	key_text(&key, f->network);
	if (!check_get(c, &key, &v))
		return false;
	in = val_in(&v);
	c->number = wire_get32(&in);
	(void)snprintf(c->network, sizeof(c->network), "%s", f->network);
	return true;
}

static void
check_claims(struct check *c, const struct fact *f)
{
	for (unsigned i = 0; i < f->address_count; i++) {
		char title[FACT_TITLE], text[ADDR_TEXT];
		struct wire_in claims = wire_in(NULL, 0);
		struct label app = label_of(f->app);
		struct label id = label_of(f->id);
		struct claim claim;
		bool has = false;

		c->expected[KEY_CLAIMS]++;
		(void)lookup_claims(
		    c->snapshot, c->number, &f->addresses[i], &claims);
		while (claim_next(&claims, &claim))
			has = has ||
			    (label_compare(claim.app, app) == 0 &&
				label_compare(claim.id, id) == 0 &&
				label_compare(
				    claim.region, label_of(f->region)) == 0 &&
				label_compare(
				    claim.server, label_of(f->name)) == 0 &&
				claim.expires == f->expires);
		if (!has)
			check_say(c, true, "%s: its claim to %s is missing",
			    fact_title(f, title),
			    addr_text(&f->addresses[i], text));
	}
}

static bool
is_same_brief(const struct instance *i, const struct wire_out *brief)
{
	struct wire_in in = wire_in(brief->buf, brief->len);
	struct instance b;

	wire_get_brief(&in, &b);
	return i->started == b.started && i->is_server == b.is_server &&
	    i->six_count == b.six_count && i->four_count == b.four_count &&
	    memcmp(i->six, b.six, 16U * b.six_count) == 0 &&
	    memcmp(i->four, b.four, 4U * b.four_count) == 0;
}

/* Is it in its app's pack, under its region? */
static void
check_packed(
    struct check *c, const struct fact *f, const struct wire_out *brief)
{
	struct label region = label_of(f->region), id = label_of(f->id);
	char title[FACT_TITLE];
	struct instance i;
	struct app app;
	bool has = false;

	c->expected[KEY_INSTANCES]++;
	if (lookup_app(c->snapshot, c->number, label_of(f->app), &app) &&
	    (!app.many || app_seek(&app, region)))
		while (!has && app_instance(&app, &i))
			has = label_compare(i.region, region) == 0 &&
			    label_compare(i.id, id) == 0 &&
			    is_same_brief(&i, brief);
	if (!has)
		check_say(c, true, "%s: is not in its app's pages",
		    fact_title(f, title));
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
check_instance(struct check *c, const struct fact *f)
{
	const char *const server[] = { f->name, f->app, f->id };
	const char *const group[] = { f->app, f->group, f->id };
	uint8_t buf[2048];
	struct wire_out brief = wire_out(buf, sizeof(buf));
	struct store_key key;

	brief_encode(f, &brief);
	check_packed(c, f, &brief);
	check_claims(c, f);
	if (f->name != NULL) {
		key_parts(&key, c->number, KEY_SERVER, server, 3);
		expect(c, f, &key, buf, brief.len);
	}
	if (f->group != NULL) {
		key_parts(&key, c->number, KEY_GROUP, group, 3);
		expect(c, f, &key, buf, brief.len);
	}
	for (unsigned i = 0; i < f->metadata_count; i++)
		if (index_metadata_key(&key, c->number, f, &f->metadata[i]) &&
		    !is_made_before(f, i))
			expect(c, f, &key, buf, brief.len);
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
		     more = app_instance(app, &i)) {
			now.started += i.started;
			now.stopped += !i.started;
			now.six += i.started ? i.six_count : 0;
			now.four += i.started ? i.four_count : 0;
		}
		same = same && now.started == head.started &&
		    now.stopped == head.stopped && now.six == head.six &&
		    now.four == head.four;
	}
	if (!same || more || regions.bad)
		check_say(c, true, "%s: its regions' numbers are wrong",
		    fact_title(f, title));
}

/* Or else it goes with its last instance. */
static bool
says_it_was_put(struct check *c, const struct fact *f)
{
	struct wire_in page = wire_in(NULL, 0), head;
	struct store_key key;
	MDB_val v;

	key_parts(&key, c->number, KEY_INSTANCES, &f->app, 1);
	if (check_get(c, &key, &v))
		page = val_in(&v);
	head = pack_head(&page);
	return (wire_get8(&head) & APP_PUT) != 0;
}

static void
check_app(struct check *c, const struct fact *f, bool implied)
{
	char title[FACT_TITLE];
	struct store_key key;
	struct app app;

	c->expected[KEY_NAMES]++;
	c->expected[KEY_APP] += !implied; /* others have no pages */
	if (!lookup_app(c->snapshot, c->number, label_of(f->app), &app))
		check_say(c, true, "%s: has no pages", fact_title(f, title));
	else
		check_tallies(c, f, &app);
	if (says_it_was_put(c, f) == implied)
		check_say(c, true,
		    "%s: its pages say that it was %sput by itself",
		    fact_title(f, title), implied ? "" : "not ");
	if (!implied && index_domain_key(&key, c->number, f))
		expect(c, f, &key, NULL, 0);
}

static void
expect_number(struct check *c, const struct fact *f, struct store_key *key)
{
	char title[FACT_TITLE];
	struct wire_in in = wire_in(NULL, 0);
	bool has = false;
	MDB_val v;

	c->expected[KEY_PREFIX]++;
	if (check_get(c, key, &v))
		in = val_in(&v);
	while (wire_left(&in) > 0)
		has = wire_get32(&in) == c->number || has;
	if (!has)
		check_say(
		    c, true, "%s: its prefix is missing", fact_title(f, title));
}

static void
check_network(struct check *c, const struct fact *f)
{
	struct addr resolver[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX];
	unsigned resolvers = fact_resolvers(f, resolver);
	char title[FACT_TITLE];
	struct store_key key;

	c->expected[KEY_NUMBER]++;
	for (unsigned i = 0; i < f->prefix_count; i++) {
		uint8_t len = f->prefixes[i].len;

		key_init(&key, NETWORK_NONE, KEY_PREFIX);
		key_bytes(&key, &len, 1);
		key_bytes(&key, f->prefixes[i].addr.ip, 16);
		expect_number(c, f, &key);
		if ((c->snapshot->lengths[len / 8] & 1 << len % 8) == 0)
			check_say(c, true,
			    "%s: a prefix length is not searched",
			    fact_title(f, title));
	}
	for (unsigned i = 0; i < resolvers; i++) {
		owner_key(&key, &resolver[i], c->number);
		expect(c, f, &key, NULL, 0);
		c->expected[KEY_RESOLVER]++;
	}
}

static bool
check_fact(void *arg, const struct fact *f, bool implied)
{
	struct check *c = arg;
	char title[FACT_TITLE];

	if (f->network != NULL && !find_number(c, f)) {
		check_say(c, true, "%s: its network has no number",
		    fact_title(f, title));
		return true;
	}
	switch (f->kind) {
	case FACT_NETWORK:
		check_network(c, f);
		break;
	case FACT_APP:
		check_app(c, f, implied);
		break;
	case FACT_INSTANCE:
		check_instance(c, f);
		break;
	case FACT_PEER:
		check_claims(c, f);
		break;
	case FACT_REGION:
	case FACT_DISTANCE:
	case FACT_KINDS:
		break;
	}
	return true;
}

static enum err
check_row(void *arg, const char *from, const struct wire_out *row)
{
	struct check *c = arg;
	struct fact f = { .kind = FACT_REGION, .id = from };
	struct store_key key;

	key_init(&key, NETWORK_NONE, KEY_RANKS);
	key_text(&key, from);
	expect(c, &f, &key, row->buf, row->len);
	return E_OK;
}

enum err
check_facts(struct check *c)
{
	struct snapshot *s = c->snapshot;
	enum err err = E_OK;

	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(
		    s, (enum fact_kind)kind, NULL, check_fact, c);
	return err == E_OK ? rank_each(s->txn, s->env->dbi, check_row, c) : err;
}
