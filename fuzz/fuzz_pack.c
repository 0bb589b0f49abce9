/*
 * fuzz_pack.c - a sequence of changes to a store, against a model.
 *
 * Two octets a change: what, and of which app, instance and region.  The
 * instances' names are so long that few fill a page.  After each
 * transaction the store has what the model has, and after the last one its
 * check finds every summary to be what the facts make.
 */
#include "zones/store/write/txn.h"

#include "store_alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define APPS 2
#define IDS  32

/* Some pages, and few enough to try many. */
#define CHANGES_MAX 32
#define ADDRESSES   4
#define ID_LONG     "i%u-------------------------------------------------------"

struct model {
	uint8_t region[APPS][IDS]; /* 0: not there */
	bool put[APPS];            /* the app by itself */
};

static struct model now, committed;

static const char first[] =
    "{'snapshot':'begin'}\n"
    "{'put':'network','id':'n','prefixes':['fdaa:0:18::/48']}\n"
    "{'snapshot':'end'}";

/* A fact without a line: reading lines is fuzz_feed.c's. */
static void
put_fact(struct store_txn *t, const struct fact *fact)
{
	FIXTURE_MUST(store_put(t, fact, &alone.why) == E_OK);
}

/* Of its addresses the last is another's too. */
static void
put_instance(struct store_txn *t, unsigned app, unsigned id, unsigned region)
{
	struct addr address[ADDRESSES] = { 0 };
	char app_text[8], id_text[64], region_text[8];
	const struct fact fact = { .kind = FACT_INSTANCE,
		.network = "n",
		.app = app_text,
		.id = id_text,
		.region = region_text,
		.group = "g",
		.addresses = address,
		.address_count = ADDRESSES,
		.state = (uint8_t)(id % (FACT_STOPPED + 1)),
		.health = (uint8_t)(id / 4 % (FACT_CRITICAL + 1)) };

	(void)snprintf(app_text, sizeof(app_text), "a%u", app);
	(void)snprintf(id_text, sizeof(id_text), ID_LONG, id);
	(void)snprintf(region_text, sizeof(region_text), "r%u", region);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		memcpy(address[i].ip, "\xfd\xaa\0\0\0\x18", 6);
		address[i].ip[7] = (uint8_t)(i < ADDRESSES - 1 ? app : 15);
		address[i].ip[13] = (uint8_t)(i < ADDRESSES - 1 ? id : 0);
		address[i].ip[15] = (uint8_t)(i < ADDRESSES - 1 ? i : id % 4);
	}
	put_fact(t, &fact);
	now.region[app][id] = (uint8_t)(region + 1);
}

static void
drop(struct store_txn *t, const struct fact *key, bool withdraw)
{
	FIXTURE_MUST((withdraw ? store_withdraw(t, key, &alone.why)
			       : store_delete(t, key, &alone.why)) == E_OK);
}

static void
change(struct store_txn *t, uint8_t what, uint8_t which)
{
	unsigned app = which & 1, id = which >> 1 & 31, region = which >> 6;
	char name[8], id_text[64], domain[8];
	struct fact key = { .kind = FACT_APP, .network = "n", .app = name };

	(void)snprintf(name, sizeof(name), "a%u", app);
	(void)snprintf(id_text, sizeof(id_text), ID_LONG, id);
	switch (what % 8) {
	case 0:
		(void)snprintf(domain, sizeof(domain), "d.d%u", region);
		key.domain = domain;
		put_fact(t, &key);
		now.put[app] = true;
		break;
	case 1:
		drop(t, &key, true);
		now.put[app] = false;
		break;
	case 2:
		if (id != 0)
			break; /* or there would never be many */
		drop(t, &key, false);
		now.put[app] = false;
		memset(now.region[app], 0, sizeof(now.region[app]));
		break;
	case 3:
	case 4:
		key.kind = FACT_INSTANCE;
		key.id = id_text;
		drop(t, &key, false);
		now.region[app][id] = 0;
		break;
	default:
		put_instance(t, app, id, region);
	}
}

/* Takes what is there out of a copy of the model: nothing may be left. */
static bool
meet(void *arg, const struct fact *fact, bool implied)
{
	struct model *m = arg;
	unsigned app = (unsigned)(fact->app[1] - '0');
	unsigned id, region;

	assert(app < APPS);
	if (fact->kind == FACT_APP) {
		assert(m->put[app] == !implied);
		m->put[app] = false;
		return true;
	}
	id = (unsigned)strtoul(fact->id + 1, NULL, 10);
	region = (unsigned)(fact->region[1] - '0');
	assert(id < IDS && m->region[app][id] == region + 1);
	m->region[app][id] = 0;
	return true;
}

/* WHOLE: and its summaries, which an input that ends here has looked at. */
static void
check(bool whole)
{
	static const struct model nothing;
	struct model left = committed;

	alone.loud = true;
	FIXTURE_MUST(!whole || fixture_check(&alone) == E_OK);
	FIXTURE_MUST(snapshot_refresh(alone.snapshot) == E_OK);
	FIXTURE_MUST(snapshot_facts(
			 alone.snapshot, FACT_APP, NULL, meet, &left) == E_OK);
	FIXTURE_MUST(snapshot_facts(alone.snapshot, FACT_INSTANCE, NULL, meet,
			 &left) == E_OK);
	snapshot_rest(alone.snapshot);
	FIXTURE_MUST(memcmp(&left, &nothing, sizeof(left)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_txn *t;

	alone_begin(first);
	memset(&now, 0, sizeof(now));
	committed = now;
	store_begin(alone.writer, &t);
	for (size_t i = 0; i + 1 < size && i < CHANGES_MAX * 2; i += 2) {
		if (data[i] < 0xf8) {
			change(t, data[i], data[i + 1]);
			continue;
		}
		if (data[i] < 0xfe) {
			FIXTURE_MUST(store_commit(t) == E_OK);
			committed = now;
			check(false);
		} else {
			store_abort(t);
			now = committed;
		}
		store_begin(alone.writer, &t);
	}
	FIXTURE_MUST(store_commit(t) == E_OK);
	committed = now;
	check(true);
	arena_reset(&alone.arena);
	return 0;
}
