/*
 * test_store_range.c - walks over one snapshot, several at a time, with
 * look-ups between their steps: each meets what it meets alone.
 */
#include "zones/store/read/lookup.h"

#include "zones/store/read/brief.h"

#include "store_lines.h"

#define MANY 300 /* instances: more than one page holds */

struct walks {
	struct fixture f;
	uint32_t network;
};

static struct label
text(const char *at)
{
	return (struct label){ (const uint8_t *)at, (uint8_t)strlen(at) };
}

static void
put_many(struct fixture *f, const char *app)
{
	struct store_txn *t;

	store_begin(f->writer, &t);
	for (unsigned i = 0; i < MANY; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'%s',"
		    "'id':'i%03u','region':'%s','group':'g',"
		    "'addresses':['fdaa:0:18::%x']}",
		    app, i, i < MANY / 2 ? "iad" : "lhr", i + 1);
		assert_int_equal(fixture_lines(f, t, line), E_OK);
		arena_reset(&f->arena);
	}
	assert_int_equal(store_commit(t), E_OK);
}

static void
begin(struct walks *w)
{
	struct network n;

	fixture_open(&w->f);
	assert_int_equal(
	    fixture_apply(&w->f,
		ACME
		"{'put':'app','network':'acme','name':'a','domain':'x.y'}\n"
		"{'put':'app','network':'acme','name':'b','domain':'x.y'}\n"
		"{'put':'app','network':'acme','name':'c','domain':'x.y'}\n"
		"{'put':'peer','network':'acme','name':'p1','addresses':"
		"['fdaa:0:18::1']}\n"
		"{'put':'peer','network':'acme','name':'p2','addresses':"
		"['fdaa:0:18::2']}\n"
		"{'put':'peer','network':'acme','name':'p3','addresses':"
		"['fdaa:0:18::3']}"),
	    E_OK);
	put_many(&w->f, "m1");
	put_many(&w->f, "m2");
	assert_int_equal(snapshot_refresh(w->f.snapshot), E_OK);
	assert_true(lookup_network_named(w->f.snapshot, "acme", false, &n));
	w->network = n.number;
}

static void
end(struct walks *w)
{
	snapshot_rest(w->f.snapshot);
	fixture_close(&w->f);
}

/* One that is not remembered yet: the tree is asked. */
static void
look_up(struct walks *w)
{
	static unsigned n;
	char name[16];
	struct peer peer;

	(void)snprintf(name, sizeof(name), "none%u", n++);
	assert_false(lookup_peer(w->f.snapshot, w->network, text(name), &peer));
}

static void
test_ranges(void **state)
{
	struct range peers, group, names;
	struct wire_in strings;
	struct instance i;
	struct walks w;
	struct peer peer;
	unsigned n = 0;

	(void)state;
	begin(&w);
	range_peers(&peers, w.f.snapshot, w.network);
	range_group(&group, w.f.snapshot, w.network, text("m1"), text("g"));
	while (range_peer(&peers, &peer)) {
		assert_int_equal(peer.name.len, 2);
		assert_int_equal(peer.name.at[1], '1' + n++);
		assert_true(range_instance(&group, ORDER_LAST, &i));
		assert_int_equal(i.id.at[3], '0' + n - 1);
		range_names(&names, w.f.snapshot, w.network);
		assert_true(range_name_strings(&names, &strings));
		look_up(&w);
	}
	assert_int_equal(n, 3);
	for (; range_instance(&group, ORDER_LAST, &i); n++)
		look_up(&w);
	assert_int_equal(n, MANY);
	end(&w);
}

/* Apps of one domain, each looked up when it is met. */
static void
test_domain(void **state)
{
	struct instance flycast;
	struct label app, domain;
	struct dname d;
	struct range r;
	struct walks w;
	unsigned n = 0;

	(void)state;
	begin(&w);
	assert_true(dname_parse(&d, "x.y"));
	range_domain(&r, w.f.snapshot, w.network, &d, 0, 2);
	while (range_app(&r, &app)) {
		assert_int_equal(app.len, 1);
		assert_int_equal(app.at[0], 'a' + n++);
		assert_true(lookup_app_fact(
		    w.f.snapshot, w.network, app, &flycast, &domain));
		look_up(&w);
	}
	assert_int_equal(n, 3);
	end(&w);
}

/* Apps of many pages, one of them twice, from a region on. */
static void
test_apps(void **state)
{
	struct app one, two, from, again;
	struct instance i;
	struct walks w;

	(void)state;
	begin(&w);
	assert_true(lookup_app(w.f.snapshot, w.network, text("m1"), &one));
	app_seek(&one, MANY / 2, &again);
	assert_true(lookup_app(w.f.snapshot, w.network, text("m2"), &two));
	assert_true(one.many && two.many);
	from = two;
	app_seek(&from, MANY / 2, &two);
	for (unsigned n = 0; n < MANY; n++) {
		assert_true(app_instance(&one, &i));
		assert_int_equal(
		    i.id.at[1] * 100 + i.id.at[2] * 10 + i.id.at[3],
		    '0' * 111 + n);
		assert_int_equal(app_instance(&two, &i), n < MANY / 2);
		assert_int_equal(app_instance(&again, &i), n < MANY / 2);
		look_up(&w);
	}
	assert_false(app_instance(&one, &i));
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_apps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
