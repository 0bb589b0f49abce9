/*
 * store_lookup.c - apps, instances, peers and regions of a snapshot.
 */
#include "zones/lookup.h"

#include "store_pack.h"

static void
key_label(struct store_key *key, struct label l)
{
	key_bytes(key, l.at, l.len);
}

static void
key_part(struct store_key *key, struct label l)
{
	key_label(key, l);
	key_end_part(key);
}

static void
app_key(struct store_key *key, uint32_t network, struct label name)
{
	key_init(key, network, 'a');
	key_label(key, name);
}

static void
instance_key(
    struct store_key *key, uint32_t network, struct label app, struct label id)
{
	key_init(key, network, 'i');
	key_part(key, app);
	key_label(key, id);
}

uint64_t
lookup_expect_app(struct snapshot *s, uint32_t network, struct label name)
{
	struct store_key key;

	app_key(&key, network, name);
	return snapshot_expect(s, &key);
}

uint64_t
lookup_expect_instance(
    struct snapshot *s, uint32_t network, struct label app, struct label id)
{
	struct store_key key;

	instance_key(&key, network, app, id);
	return snapshot_expect(s, &key);
}

void
lookup_fetch(const struct snapshot *s, uint64_t place)
{
	if (place != LOOKUP_NO_PLACE)
		recent_fetch(&s->recent, place);
}

bool
lookup_app(
    struct snapshot *s, uint32_t network, struct label name, struct app *app)
{
	struct store_key key;
	struct wire_in head;
	MDB_val k, v;

	app_key(&key, network, name);
	if (!snapshot_get(s, &key, &app->page))
		return false;
	app->name = name;
	app->snapshot = s;
	app->network = network;
	head = pack_head_of(&app->page, &app->many);
	(void)wire_get8(&head); /* flags */
	app->regions = head;
	/* Its other pages are found from here. */
	k = key_val(&key);
	return !app->many || mdb_cursor_get(s->pages, &k, &v, MDB_SET) == 0;
}

bool
app_region(struct wire_in *in, struct label *region, struct tally *t)
{
	if (wire_left(in) == 0)
		return false;
	*region = wire_get_label(in);
	t->started = wire_get32(in);
	t->stopped = wire_get32(in);
	t->six = wire_get32(in);
	t->four = wire_get32(in);
	return !in->bad;
}

/* Region, a zero octet, id. */
static void
split_entry(const struct pack_entry *e, struct instance *out)
{
	const uint8_t *zero = memchr(e->key, 0, e->key_len);
	size_t region = zero == NULL ? 0 : (size_t)(zero - e->key);

	out->region = (struct label){ e->key, (uint8_t)region };
	out->id = (struct label){ e->key + region + 1,
		(uint8_t)(zero == NULL ? 0 : e->key_len - region - 1) };
}

/* The pages of an app follow each other: network, 'a', app, 0, ... */
static bool
next_page(struct app *app)
{
	struct store_key start;
	MDB_val k, v;

	if (!app->many ||
	    mdb_cursor_get(app->snapshot->pages, &k, &v, MDB_NEXT) != 0)
		return false;
	app_key(&start, app->network, app->name);
	key_end_part(&start);
	if (!val_begins(&k, &start))
		return false;
	app->page = val_in(&v);
	(void)pack_head(&app->page);
	return true;
}

bool
app_instance(struct app *app, struct instance *out)
{
	struct pack_entry e;
	struct wire_in in;

	while (!pack_next(&app->page, &e))
		if (!next_page(app))
			return false;
	split_entry(&e, out);
	out->app = app->name;
	in = wire_in(e.payload, e.payload_len);
	wire_get_brief(&in, out);
	return true;
}

/* The page at or before the region's first entry. */
static bool
seek_page(struct app *app, struct label region)
{
	MDB_cursor *cursor = app->snapshot->pages;
	struct store_key key;
	MDB_val k, v;
	int rc;

	key_init(&key, app->network, 'a');
	key_part(&key, app->name);
	key_part(&key, region);
	k = key_val(&key);
	rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
	rc = mdb_cursor_get(
	    cursor, &k, &v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	if (rc != 0)
		return false;
	app->page = val_in(&v);
	(void)pack_head(&app->page);
	return true;
}

/*
 * Walks from the page on, and steps back to before the entry found: its
 * page is at hand, so only the cursor in it moves.
 */
bool
app_seek(struct app *app, struct label region)
{
	struct instance i;
	size_t before;

	if (!app->many || !seek_page(app, region))
		return false;
	do {
		before = app->page.pos;
		if (wire_left(&app->page) == 0)
			before = 0;
		if (!app_instance(app, &i))
			return false;
	} while (label_compare(i.region, region) < 0);
	if (before == 0)
		before = sizeof(uint32_t); /* a later page: its head is empty */
	app->page.pos = before;
	return label_compare(i.region, region) == 0;
}

bool
lookup_instance(struct snapshot *s, uint32_t network, struct label app,
    struct label id, struct instance *out)
{
	struct store_key key;
	struct wire_in in;

	instance_key(&key, network, app, id);
	if (!snapshot_get(s, &key, &in))
		return false;
	(void)wire_get64(&in); /* its age */
	wire_get_brief(&in, out);
	out->app = app;
	out->id = id;
	out->region = wire_get_label(&in);
	return !in.bad;
}

bool
lookup_app_fact(struct snapshot *s, uint32_t network, struct label app,
    struct instance *flycast, struct label *domain)
{
	struct store_key key;
	struct wire_in in;

	key_init(&key, network, 'A');
	key_label(&key, app);
	if (!snapshot_get(s, &key, &in))
		return false;
	(void)wire_get64(&in);
	wire_get_brief(&in, flycast);
	*domain = wire_get_label(&in);
	return !in.bad;
}

bool
peer_is_interactive(struct label name)
{
	static const char start[] = "interactive-";

	return name.len >= sizeof(start) - 1 &&
	    memcmp(name.at, start, sizeof(start) - 1) == 0;
}

bool
store_read_peer(struct wire_in in, struct peer *out)
{
	(void)wire_get64(&in);
	wire_get_brief(&in, &out->address);
	out->address.started = true;
	out->region = wire_get_label(&in);
	out->expires = (int64_t)wire_get64(&in);
	return !in.bad;
}

bool
lookup_peer(
    struct snapshot *s, uint32_t network, struct label name, struct peer *out)
{
	struct store_key key;
	struct wire_in in;

	key_init(&key, network, 'P');
	key_label(&key, name);
	out->name = name;
	return snapshot_get(s, &key, &in) && store_read_peer(in, out);
}

bool
lookup_claims(struct snapshot *s, uint32_t network, const struct addr *addr,
    struct wire_in *claims)
{
	struct store_key key;

	key_init(&key, network, 'R');
	key_bytes(&key, addr->ip, 16);
	return snapshot_get(s, &key, claims);
}

bool
claim_next(struct wire_in *claims, struct claim *c)
{
	struct wire_in in;
	uint16_t len;

	if (wire_left(claims) == 0)
		return false;
	len = wire_get16(claims);
	in = wire_in(wire_take(claims, len), len);
	if (claims->bad)
		return false;
	(void)wire_get64(&in); /* its age */
	c->is_peer = wire_get8(&in) == FACT_PEER;
	c->region = wire_get_label(&in);
	c->app = wire_get_label(&in);
	c->id = wire_get_label(&in);
	c->server = wire_get_label(&in);
	c->expires = (int64_t)wire_get64(&in);
	return !in.bad;
}

bool
lookup_claim_within(
    struct snapshot *s, uint32_t network, const struct prefix *prefix)
{
	struct store_key key;
	struct addr found;
	MDB_val k, v;

	key_init(&key, network, 'R');
	key_bytes(&key, prefix->addr.ip, 16);
	k = key_val(&key);
	if (!s->active || mdb_cursor_get(s->point, &k, &v, MDB_SET_RANGE) != 0)
		return false;
	if (k.mv_size != key.out.len || memcmp(k.mv_data, key.buf, 5) != 0)
		return false;
	memcpy(found.ip, (const uint8_t *)k.mv_data + 5, 16);
	return prefix_holds(prefix, &found);
}

bool
lookup_region(struct snapshot *s, struct label region)
{
	struct store_key key;
	struct wire_in in;

	key_init(&key, NETWORK_NONE, 'r');
	key_label(&key, region);
	return snapshot_get(s, &key, &in);
}

bool
lookup_distances(struct snapshot *s, struct label from, struct wire_in *row)
{
	struct store_key key;

	key_init(&key, NETWORK_NONE, 'o');
	key_label(&key, from);
	return snapshot_get(s, &key, row);
}

bool
distance_next(struct wire_in *row, struct label *region, uint32_t *us)
{
	if (wire_left(row) == 0)
		return false;
	*region = wire_get_label(row);
	*us = wire_get32(row);
	return !row->bad;
}
