/*
 * test_store_many.c - an app of thousands of instances, put and deleted in
 * any order, against a model.
 */
#include "zones/store/write/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"
#include "zones/store/read/lookup.h"

#define MOST 4000

/* What is there: 0 is nothing, else the region's number and one. */
struct model {
	struct fixture f;
	struct rng rng;
	uint8_t has[MOST];
	enum tier tier[MOST];
	unsigned count;
};

static const char *const regions[] = { "ams", "fra", "iad", "iad-2", "lhr" };
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

static void
change(struct model *m, struct store_txn *t, unsigned id, bool is)
{
	unsigned region = rng_below(&m->rng, REGIONS);
	static const char *const tiers[] = { "'health':'warning'",
		"'health':'critical'", "'state':'draining'",
		"'state':'stopped'" };
	char line[256];

	m->count += (unsigned)is - (m->has[id] != 0);
	m->has[id] = (uint8_t)(is ? region + 1 : 0);
	m->tier[id] = (enum tier)rng_below(&m->rng, TIERS + 1);
	if (is)
		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'web','id':'i%u',"
		    "'region':'%s','addresses':['fdaa:0:18::%x'],%s}",
		    id, regions[region], id + 1, tiers[m->tier[id]]);
	else
		(void)snprintf(line, sizeof(line),
		    "{'delete':'instance','network':'acme','app':'web',"
		    "'id':'i%u'}",
		    id);
	assert_int_equal(fixture_lines(&m->f, t, line), E_OK);
	arena_reset(&m->f.arena);
}

static bool
is_label(struct label l, const char *text)
{
	return l.len == strlen(text) && memcmp(l.at, text, l.len) == 0;
}

static unsigned
id_of(struct label id)
{
	char text[64] = "";

	assert_true(id.len > 1 && id.len < sizeof(text));
	memcpy(text, id.at + 1, id.len - 1U);
	return (unsigned)strtoul(text, NULL, 10);
}

/* A walk meets all that is there once, in the order of regions and tiers. */
static void
check_walk(const struct model *m, struct app *app)
{
	bool met[MOST] = { false };
	struct instance i;
	unsigned n = 0, last = 0;

	while (app_instance(app, &i)) {
		unsigned id = id_of(i.id);

		assert_in_range(id, 0, MOST - 1);
		assert_false(met[id]);
		met[id] = true;
		n++;
		assert_int_not_equal(m->has[id], 0);
		assert_true(is_label(i.region, regions[m->has[id] - 1]));
		assert_int_equal(i.tier, m->tier[id]);
		assert_true(m->has[id] * 8U + i.tier >= last);
		last = m->has[id] * 8U + i.tier;
	}
	assert_int_equal(n, m->count);
}

/* A seek stands before the one that a walk has met at its number. */
static void
check_seeks(struct model *m, const struct app *app)
{
	static unsigned met[MOST];
	struct app walk = *app, seek;
	struct instance i;
	uint32_t n = 0;

	for (; app_instance(&walk, &i); n++)
		met[n] = id_of(i.id);
	for (unsigned round = 0; round < 20 && n > 0; round++) {
		uint32_t rank = rng_below(&m->rng, n);

		app_seek(app, rank, &seek);
		for (unsigned most = 100; rank < n && most > 0; most--) {
			assert_true(app_instance(&seek, &i));
			assert_int_equal(id_of(i.id), met[rank++]);
		}
		assert_true(rank < n || !app_instance(&seek, &i));
	}
}

static void
check_tallies(const struct model *m, const struct app *app)
{
	struct wire_in in = app->regions;
	struct label region;
	struct tally t;

	while (app_region(&in, &region, &t)) {
		unsigned has[TIERS + 1] = { 0 }, r = 0;

		while (r < REGIONS && !is_label(region, regions[r]))
			r++;
		assert_in_range(r, 0, REGIONS - 1);
		for (unsigned id = 0; id < MOST; id++)
			has[m->tier[id]] += m->has[id] == r + 1;
		assert_int_equal(t.stopped, has[TIER_STOPPED]);
		for (enum tier tier = TIER_WELL; tier < TIERS; tier++) {
			assert_int_equal(t.tier[tier].instances, has[tier]);
			assert_int_equal(t.tier[tier].six, has[tier]);
			assert_int_equal(t.tier[tier].four, 0);
		}
	}
}

static void
check(struct model *m)
{
	struct network network;
	struct app app;
	bool has;

	m->f.loud = true;
	assert_int_equal(fixture_check(&m->f), E_OK);
	assert_int_equal(snapshot_refresh(m->f.snapshot), E_OK);
	assert_true(
	    lookup_network_named(m->f.snapshot, "acme", false, &network));
	has = lookup_app(m->f.snapshot, network.number, label_of("web"), &app);
	assert_int_equal(has, m->count > 0);
	if (has) {
		check_tallies(m, &app);
		check_seeks(m, &app);
		check_walk(m, &app);
	}
	snapshot_rest(m->f.snapshot);
}

static void
begin(struct model *m, const char *more)
{
	memset(m, 0, sizeof(*m));
	m->rng.state = 42;
	fixture_open(&m->f);
	assert_int_equal(
	    fixture_apply(&m->f,
		"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}"),
	    E_OK);
	assert_int_equal(fixture_apply(&m->f, more), E_OK);
}

/* So many changes, some to a transaction, drifting up or down. */
static void
run(struct model *m, unsigned changes, unsigned each, unsigned of,
    unsigned puts_of_8)
{
	while (changes > 0) {
		struct store_txn *t;

		store_begin(m->f.writer, &t);
		for (unsigned i = 0; i < each && changes > 0; i++, changes--)
			change(m, t, rng_below(&m->rng, of),
			    rng_below(&m->rng, 8) < puts_of_8);
		assert_int_equal(store_commit(t), E_OK);
		check(m);
	}
}

/* Around one page, a change a transaction. */
static void
test_few(void **state)
{
	static struct model m;

	(void)state;
	begin(&m, "");
	run(&m, 150, 1, 60, 6);
	run(&m, 150, 1, 60, 1);
	fixture_close(&m.f);
}

/* To thousands and back to nothing. */
static void
test_many(void **state)
{
	static struct model m;

	(void)state;
	begin(&m, "");
	run(&m, 9000, 1500, 3000, 8);
	assert_in_range(m.count, 2000, 3000);
	run(&m, 4000, 1000, 3000, 4);
	run(&m, 20000, 2500, 3000, 0);
	assert_in_range(m.count, 0, 40);
	run(&m, 600, 100, 60, 1);
	fixture_close(&m.f);
}

/*
 * The same between apps whose names begin alike, and a second network: what
 * stands beside an app's last page is no page of it.
 */
static void
test_beside(void **state)
{
	static struct model m;

	(void)state;
	begin(&m,
	    "{'put':'app','network':'acme','name':'we'}\n"
	    "{'put':'app','network':'acme','name':'web-2'}\n"
	    "{'put':'app','network':'acme','name':'webb'}\n"
	    "{'put':'network','id':'b','prefixes':['fdaa:1::/32']}\n"
	    "{'put':'instance','network':'b','app':'web','id':'i1',"
	    "'region':'ams','addresses':['fdaa:1::1']}");
	run(&m, 1000, 250, 400, 8);
	run(&m, 1000, 250, 400, 1);
	fixture_close(&m.f);
}

/*
 * The same in a store that has seen many facts: the first octets of what
 * stands behind the last page, an instance's age, look like an entry.
 */
static void
test_beside_old(void **state)
{
	static struct model m;
	struct fixture_raw raw;

	(void)state;
	begin(&m, "");
	fixture_raw_begin(&m.f, &raw);
	fixture_raw_patch(&raw, "\0\0\0\0m", 5, 2, "\0\0\0\0\0\004\0\001", 8);
	fixture_raw_sum(&raw);
	fixture_raw_end(&m.f, &raw);
	run(&m, 600, 300, 400, 8);
	fixture_close(&m.f);
}

/* In order, as a snapshot loads them, and all deleted with the app. */
static void
test_in_order(void **state)
{
	static struct model m;
	struct store_txn *t;

	(void)state;
	begin(&m, "");
	store_begin(m.f.writer, &t);
	for (unsigned id = 0; id < 3000; id++)
		change(&m, t, id, true);
	assert_int_equal(store_commit(t), E_OK);
	check(&m);
	assert_int_equal(fixture_apply(&m.f,
			     "{'delete':'app','network':'acme','name':'web'}"),
	    E_OK);
	memset(m.has, 0, sizeof(m.has));
	m.count = 0;
	check(&m);
	fixture_close(&m.f);
}

/* Put and deleted within one transaction: what it leaves can be read. */
static void
test_come_and_gone(void **state)
{
	static struct model m;

	(void)state;
	begin(&m, "");
	for (unsigned round = 0; round < 20; round++) {
		struct store_txn *t;
		unsigned n = 1 + rng_below(&m.rng, MOST - 1);

		store_begin(m.f.writer, &t);
		for (unsigned id = 0; id < n; id++)
			change(&m, t, id, true);
		for (unsigned id = 0; id < n; id++)
			change(&m, t, id, false);
		assert_int_equal(store_commit(t), E_OK);
		snapshot_close(m.f.snapshot);
		store_close(m.f.reader);
		assert_int_equal(
		    store_open_reader(&m.f.reader, m.f.path), E_OK);
		assert_int_equal(
		    snapshot_open(m.f.reader, &m.f.snapshot), E_OK);
		check(&m);
	}
	fixture_close(&m.f);
}

/* In region R, whose name is as long as one can be. */
static enum err
put_far(struct model *m, struct store_txn *t, unsigned id, unsigned r)
{
	char line[256];
	enum err err;

	(void)snprintf(line, sizeof(line),
	    "{'put':'instance','network':'acme','app':'web','id':'i%u',"
	    "'region':'r%062u','addresses':['fdaa:0:18::%x']}",
	    id, r, id + 1);
	err = fixture_lines(&m->f, t, line);
	arena_reset(&m->f.arena);
	return err;
}

static void
check_refused(struct model *m, struct store_txn *t, unsigned id, unsigned r)
{
	m->f.why = (struct complaint){ .field = "" };
	assert_int_equal(put_far(m, t, id, r), E_INPUT);
	assert_string_equal(m->f.why.field, "region");
	assert_string_equal(
	    m->f.why.rule, "must be one of at most 1000 that its app is in");
	assert_int_equal(strlen(m->f.why.value), DNS_LABEL_MAX);
}

/* One region too many is that instance's mistake and nobody else's. */
static void
test_regions(void **state)
{
	static struct model m;
	const unsigned most = FACT_REGIONS_MAX;
	struct store_txn *t;

	(void)state;
	begin(&m, "");
	store_begin(m.f.writer, &t);
	for (unsigned i = 0; i < most; i++)
		assert_int_equal(put_far(&m, t, i, i), E_OK);
	check_refused(&m, t, most, most);
	/* into a region that is there; from one that goes; from one that
	 * another is in too */
	assert_int_equal(put_far(&m, t, most, 0), E_OK);
	assert_int_equal(put_far(&m, t, 1, most), E_OK);
	check_refused(&m, t, most, most + 1);
	assert_int_equal(put_far(&m, t, 0, 0), E_OK);
	assert_int_equal(store_commit(t), E_OK);
	m.f.loud = true;
	assert_int_equal(fixture_check(&m.f), E_OK);
	/* there is room again */
	store_begin(m.f.writer, &t);
	assert_int_equal(put_far(&m, t, 1, 2), E_OK);
	assert_int_equal(put_far(&m, t, most, most), E_OK);
	assert_int_equal(store_commit(t), E_OK);
	assert_int_equal(fixture_check(&m.f), E_OK);
	fixture_close(&m.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_beside_old),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_come_and_gone),
		cmocka_unit_test(test_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
