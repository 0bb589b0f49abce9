/*
 * app.c - an app's pages, read: see pack.h.
 */
#include "zones/store/read/lookup.h"

#include <assert.h>

#include "zones/store/read/pack.h"

bool
lookup_app_at(struct snapshot *s, uint64_t place, uint32_t network,
    struct label name, struct app *app)
{
	const struct recent_key key = { .network = network,
		.kind = KEY_INSTANCES,
		.first = name,
		.place = place };
	struct wire_in head;

	if (!snapshot_get(s, &key, &app->page))
		return false;
	app->name = name;
	app->snapshot = s;
	app->network = network;
	head = pack_head_of(&app->page, &app->many);
	(void)wire_get8(&head); /* flags */
	app->regions = head;
	walk_start(s, &app->walk);
	return true;
}

bool
lookup_app(
    struct snapshot *s, uint32_t network, struct label name, struct app *app)
{
	return lookup_app_at(s, LOOKUP_NO_PLACE, network, name, app);
}

#define TALLY_LEN 12 /* octets of one tier */

/* From where it is known to be. */
static inline void
tier_read(const uint8_t *at, struct tally_of *t)
{
	struct wire_in in = wire_in(at, TALLY_LEN);

	t->instances = wire_get32(&in);
	t->six = wire_get32(&in);
	t->four = wire_get32(&in);
}

static bool
unwell_read(struct wire_in *in, struct tally *t)
{
	const uint8_t *at = wire_take(in, 2 * TALLY_LEN);

	if (at == NULL)
		return false;
	t->stopped &= ~TALLY_UNWELL;
	tier_read(at, &t->tier[TIER_CRITICAL]);
	tier_read(at + TALLY_LEN, &t->tier[TIER_DRAINING]);
	return true;
}

bool
app_region(struct wire_in *in, struct label *region, struct tally *t)
{
	const uint8_t *at;

	if (wire_left(in) == 0)
		return false;
	*region = wire_get_label(in);
	t->stopped = wire_get32(in);
	at = wire_take(in, TALLY_LEN);
	if (at == NULL)
		return false;
	tier_read(at, &t->tier[TIER_WELL]);
	memset(&t->tier[TIER_CRITICAL], 0, 2 * sizeof(t->tier[0]));
	return (t->stopped & TALLY_UNWELL) == 0 || unwell_read(in, t);
}

uint32_t
tally_all(const struct tally *t)
{
	return t->stopped + t->tier[TIER_WELL].instances +
	    t->tier[TIER_CRITICAL].instances + t->tier[TIER_DRAINING].instances;
}

/* The later pages of an app: KEY_INSTANCES, app, 0, ... */
static void
later_pages(const struct app *app, struct store_key *key)
{
	key_init(key, app->network, KEY_INSTANCES);
	key_part(key, app->name);
}

static bool
app_page_next(struct app *app)
{
	struct store_key later;
	MDB_val k, v;

	if (!app->many)
		return false;
	later_pages(app, &later);
	if (!walk_next(app->snapshot, &app->walk, later.buf, later.out.len,
		later.out.len, &k, &v))
		return false;
	app->page = val_in(&v);
	(void)pack_head(&app->page);
	return true;
}

/* An entry of an app's page: region, a zero octet, order and id; and a brief.
 */
static inline bool
entry_next(struct wire_in *page, struct pack_entry *e)
{
	if (!pack_next(page, e))
		return false;
	if (e->payload_len >= BRIEF_START &&
	    e->payload_len >= brief_len(e->payload))
		return true;
	page->bad = true;
	return false;
}

static inline bool
entry_is_in(const struct pack_entry *e, struct label region)
{
	return e->key_len > region.len && e->key[region.len] == 0 &&
	    label_same((struct label){ e->key, region.len }, region);
}

unsigned
app_addresses(const struct app *app, enum tier tier, struct label region,
    unsigned size, const uint8_t **address, unsigned max)
{
	struct wire_in page = app->page;
	struct pack_entry e;
	unsigned count = 0;

	assert(!app->many && (size == 16 || size == 4));
	while (entry_next(&page, &e)) {
		const uint8_t *at = e.payload + BRIEF_START;
		unsigned n = e.payload[1];

		if (e.payload[0] >> BRIEF_TIER_SHIFT != tier ||
		    (region.at != NULL && !entry_is_in(&e, region)))
			continue;
		if (size != 16) {
			at += 16 * n;
			n = e.payload[2];
		}
		if (n > max - count)
			n = max - count;
		for (; n > 0; n--, at += size)
			address[count++] = at;
	}
	return count;
}

bool
app_instance(struct app *app, struct instance *out)
{
	struct pack_entry e;
	size_t region = 0;

	while (!entry_next(&app->page, &e))
		if (!app_page_next(app))
			return false;
	while (region < e.key_len && e.key[region] != 0)
		region++;
	out->app = app->name;
	out->region = (struct label){ e.key, (uint8_t)region };
	out->id = (struct label){ e.key + region + 2,
		(uint8_t)(region + 2 > e.key_len ? 0
						 : e.key_len - region - 2) };
	brief_read(e.payload, out);
	brief_services(e.payload, e.payload_len, out);
	return true;
}

/* The page that has number *RANK, which becomes its place in there. */
static bool
list_find(struct wire_in pages, uint32_t *rank, struct label *start)
{
	while (wire_left(&pages) > 0) {
		uint16_t has;

		*start = wire_get_label(&pages);
		has = wire_get16(&pages);
		if (*rank < has)
			return !pages.bad;
		*rank -= has;
	}
	return false;
}

static bool
app_page_find(const struct app *app, uint32_t *rank, struct label *start)
{
	struct store_key pages;
	struct walk walk;
	MDB_val k, v;

	key_init(&pages, app->network, KEY_COUNTS);
	key_part(&pages, app->name);
	walk_start(app->snapshot, &walk);
	while (walk_next(app->snapshot, &walk, pages.buf, pages.out.len,
	    pages.out.len, &k, &v)) {
		struct wire_in in = val_in(&v);
		uint32_t has = wire_get32(&in);

		if (*rank < has)
			return list_find(in, rank, start);
		*rank -= has;
	}
	return false;
}

void
app_seek(const struct app *app, uint32_t rank, struct app *at)
{
	struct label start = { 0 };
	struct store_key key;
	struct pack_entry e;
	MDB_val v;

	*at = *app;
	if (app->many && !app_page_find(app, &rank, &start))
		rank = 0;
	if (start.len > 0) {
		later_pages(app, &key);
		key_bytes(&key, start.at, start.len);
		if (walk_seek(app->snapshot, &at->walk, &key, &v)) {
			at->page = val_in(&v);
			(void)pack_head(&at->page);
		}
	}
	while (rank > 0 && pack_next(&at->page, &e))
		rank--;
}
