/*
 * test_store_recent.c - what a snapshot remembers is never what a commit
 * made untrue: apps that come and go, asked for again and again.
 */
#include "zones/store/write/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"

/* More than the table of a small store has places. */
#define APPS 4000

struct model {
	struct fixture f;
	struct rng rng;
	bool has[APPS];
	uint32_t network;
};

/* Names that are the begin of others, and some that are long. */
static struct label
app_label(char name[64], unsigned n)
{
	static const char tail[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop";
	int len = snprintf(name, 64, "a%u%.*s", n / 4, (int)(n % 4) * 14, tail);

	return (struct label){ (const uint8_t *)name, (uint8_t)len };
}

static void
change(struct model *m, struct store_txn *t, unsigned n, bool is)
{
	char name[64], line[256];

	(void)app_label(name, n);
	(void)snprintf(line, sizeof(line),
	    "{'%s':'app','network':'acme','name':'%s'}", is ? "put" : "delete",
	    name);
	assert_int_equal(fixture_lines(&m->f, t, line), E_OK);
	arena_reset(&m->f.arena);
	m->has[n] = is;
}

static void
ask(struct model *m, unsigned n)
{
	struct snapshot *s = m->f.snapshot;
	char name[64];
	struct label l = app_label(name, n);
	uint64_t place = lookup_place_app(m->network, l);
	struct app app;

	lookup_expect(s, place);
	lookup_fetch(s, place);
	assert_int_equal(lookup_app(s, m->network, l, &app), m->has[n]);
	/* The same name in a network that does not have it. */
	assert_false(lookup_app(s, m->network + 1, l, &app));
	assert_false(lookup_app(s, m->network + 1, l, &app));
}

static void
ask_many(struct model *m, unsigned times)
{
	assert_int_equal(snapshot_refresh(m->f.snapshot), E_OK);
	for (unsigned i = 0; i < times; i++)
		ask(m, rng_below(&m->rng, APPS));
	snapshot_rest(m->f.snapshot);
}

static void
change_some(struct model *m, unsigned times)
{
	struct store_txn *t;

	store_begin(m->f.writer, &t);
	for (unsigned i = 0; i < times; i++)
		change(
		    m, t, rng_below(&m->rng, APPS), rng_below(&m->rng, 2) == 0);
	assert_int_equal(store_commit(t), E_OK);
}

static void
model_open(struct model *m)
{
	struct network network;

	fixture_open(&m->f);
	assert_int_equal(
	    fixture_apply(&m->f,
		"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}"),
	    E_OK);
	assert_int_equal(snapshot_refresh(m->f.snapshot), E_OK);
	assert_true(
	    lookup_network_named(m->f.snapshot, "acme", false, &network));
	m->network = network.number;
	snapshot_rest(m->f.snapshot);
}

static void
test_against_model(void **state)
{
	static struct model m = { .rng = { 20 } };

	(void)state;
	model_open(&m);
	for (unsigned round = 0; round < 60; round++) {
		change_some(&m, round < 2 ? APPS : 20);
		ask_many(&m, 2 * APPS);
		ask_many(&m, APPS / 4); /* the same commit, seen anew */
	}
	fixture_close(&m.f);
}

/* More than there is room for is asked, while these are in use. */
static void
test_values_stay(void **state)
{
	enum { HELD = 40 };
	static struct model m = { .rng = { 21 } };
	struct app held[HELD];
	uint8_t was[HELD][64];
	char name[64];

	(void)state;
	model_open(&m);
	change_some(&m, 4 * APPS);
	for (unsigned round = 0; round < 3; round++) {
		unsigned count = 0;

		assert_int_equal(snapshot_refresh(m.f.snapshot), E_OK);
		for (unsigned n = 0; n < APPS && count < HELD; n++) {
			struct app *app = &held[count];

			ask(&m, n); /* what is remembered is a copy */
			if (!lookup_app(m.f.snapshot, m.network,
				app_label(name, n), app))
				continue;
			assert_in_range(app->page.len, 1, sizeof(was[0]));
			memcpy(was[count++], app->page.buf, app->page.len);
		}
		assert_int_equal(count, HELD);
		for (unsigned n = 0; n < APPS; n++)
			ask(&m, n);
		for (unsigned i = 0; i < HELD; i++)
			assert_memory_equal(
			    held[i].page.buf, was[i], held[i].page.len);
		snapshot_rest(m.f.snapshot);
	}
	fixture_close(&m.f);
}

/* A listener's network: its TTL changes, it goes, it comes back. */
static void
test_named(void **state)
{
	static const struct {
		const char *line;
		bool is;
		uint32_t ttl;
	} rows[] = {
		{ "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}",
		    true, 5 },
		{ "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48'],"
		  "'ttl':9}",
		    true, 9 },
		{ "{'put':'app','network':'acme','name':'web'}", true, 9 },
		{ "{'delete':'network','id':'acme'}", false, 0 },
		{ "{'put':'network','id':'acme','prefixes':['fdaa:0:19::/48'],"
		  "'ttl':7}",
		    true, 7 },
	};
	static const char id[] = "acme";
	struct fixture f;
	struct network n;

	(void)state;
	fixture_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(fixture_apply(&f, rows[i].line), E_OK);
		for (unsigned again = 0; again < 4; again++) {
			bool stays = again > 1;

			assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
			assert_int_equal(
			    lookup_network_named(f.snapshot, id, stays, &n),
			    rows[i].is);
			if (rows[i].is)
				assert_int_equal(n.ttl, rows[i].ttl);
			assert_false(
			    lookup_network_named(f.snapshot, "acm", stays, &n));
			snapshot_rest(f.snapshot);
		}
	}
	fixture_close(&f);
}

/* A row that is remembered to be absent is as empty as one that was not. */
static void
test_no_row(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(
	    fixture_apply(
		&f, "{'put':'region','id':'iad','latitude':0,'longitude':0}"),
	    E_OK);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	for (unsigned again = 0; again < 2; again++) {
		struct wire_in row = wire_in(NULL, 0);

		assert_false(
		    lookup_distances(f.snapshot, label_of("lhr"), &row));
		assert_int_equal(wire_left(&row), 0);
	}
	snapshot_rest(f.snapshot);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_values_stay),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
