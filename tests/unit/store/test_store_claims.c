/*
 * test_store_claims.c - facts that claim one address.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

/* Two claims to an address: the newest owns it, both are told. */
static void
test_conflicts(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(
	    fixture_apply(
		&f, ACME F0 INSTANCE("web", "f1", "ams", "fdaa:0:18::2")),
	    E_OK);
	assert_string_equal(
	    f.conflict, "instance web/f0 has one of its addresses too");
	assert_int_equal(fixture_check(&f), E_OK);
	assert_int_equal(f.notes, 1);
	assert_string_equal(f.finding,
	    "address fdaa:0:18::2 has 2 owners: the newest, instance web/f1, "
	    "owns its reverse name");
	/* putting the same again makes it no newer */
	assert_int_equal(fixture_apply(&f, F0), E_OK);
	assert_string_equal(f.conflict, "");
	assert_int_equal(fixture_check(&f), E_OK);
	assert_non_null(strstr(f.finding, "web/f1,"));
	/* a change does */
	assert_int_equal(
	    fixture_apply(&f, INSTANCE("web", "f0", "ord", "fdaa:0:18::2")),
	    E_OK);
	assert_string_equal(
	    f.conflict, "instance web/f1 has one of its addresses too");
	assert_int_equal(fixture_check(&f), E_OK);
	assert_non_null(strstr(f.finding, "web/f0,"));
	/* a peer of the same name as an instance's id is another */
	assert_int_equal(
	    fixture_apply(&f,
		"{'put':'peer','network':'acme','name':'f0','addresses':"
		"['fdaa:0:18::2']}\n{'delete':'app','network':'acme','name':"
		"'web'}"),
	    E_OK);
	assert_int_equal(fixture_check(&f), E_OK);
	assert_int_equal(f.notes, 0);
	fixture_close(&f);
}

/* What is in the store, and the prefix that then comes. */
static const struct {
	const char *there, *prefix, *rule;
} overlaps[] = {
	{ "'fdaa:0:18::/48'", "fdaa:0:18::/48",
	    "must not overlap with fdaa:0:18::/48 of network a" },
	/* within it, and around it */
	{ "'fdaa:0:18::/48'", "fdaa:0:18:8000::/49",
	    "must not overlap with fdaa:0:18::/48 of network a" },
	{ "'fdaa:0:18:8000::/49','10.0.0.0/8'", "fdaa:0:18::/48",
	    "must not overlap with fdaa:0:18:8000::/49 of network a" },
	{ "'10.0.0.0/8'", "10.1.0.0/16",
	    "must not overlap with 10.0.0.0/8 of network a" },
	{ "'10.1.2.0/24'", "0.0.0.0/0",
	    "must not overlap with 10.1.2.0/24 of network a" },
	/* beside it; and IPv4 is not in IPv6 */
	{ "'fdaa:0:18::/49'", "fdaa:0:18:8000::/49", NULL },
	{ "'10.0.0.0/9'", "10.128.0.0/9", NULL },
	{ "'10.0.0.0/8'", "::/64", NULL },
	{ "'::/64'", "0.0.0.0/0", NULL },
	/* the resolver of all */
	{ "'10.0.0.0/8'", "fdaa::/48",
	    "must not hold fdaa::3, the resolver that all networks share" },
	{ "'10.0.0.0/8'", "::/0",
	    "must not hold fdaa::3, the resolver that all networks share" },
};

static void
test_overlaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++) {
		struct fixture f;
		char lines[512];
		enum err err;

		(void)snprintf(lines, sizeof(lines),
		    "{'put':'network','id':'a','prefixes':[%s]}\n"
		    "{'put':'network','id':'b','prefixes':['%s']}",
		    overlaps[i].there, overlaps[i].prefix);
		print_message("%s\n", lines);
		fixture_open(&f);
		err = fixture_apply(&f, lines);
		if (overlaps[i].rule == NULL) {
			assert_int_equal(err, E_OK);
			assert_int_equal(fixture_check(&f), E_OK);
		} else {
			assert_int_equal(err, E_INPUT);
			assert_string_equal(f.why.rule, overlaps[i].rule);
			assert_string_equal(f.why.value, overlaps[i].prefix);
		}
		fixture_close(&f);
	}
}

/* Whole, cut and joined, a network's own prefixes may nest and change. */
static void
test_own_prefixes(void **state)
{
	static const char *const own[] = { "'fdaa:0:18::/48'",
		"'fdaa:0:18::/48','fdaa:0:18:8000::/49'",
		"'fdaa:0:18:8000::/49','10.0.0.0/8'",
		"'fdaa:0:18::/47','10.0.0.0/8','10.1.0.0/16'" };
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		char line[512];

		(void)snprintf(line, sizeof(line),
		    "{'put':'network','id':'a','prefixes':[%s]}", own[i]);
		assert_int_equal(fixture_apply(&f, line), E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
	}
	fixture_close(&f);
}

/* More facts with one address than any list in one buffer. */
static void
test_many_claims(void **state)
{
	struct store_txn *t;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	store_begin(f.writer, &t);
	assert_int_equal(fixture_lines(&f, t, ACME), E_OK);
	for (unsigned i = 0; i < 3000; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'anycast','id':"
		    "'%u','region':'iad','addresses':['fdaa:0:18::2']}",
		    i);
		assert_int_equal(fixture_lines(&f, t, line), E_OK);
		arena_reset(&f.arena);
	}
	assert_int_equal(store_commit(t), E_OK);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_own_prefixes),
		cmocka_unit_test(test_many_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
