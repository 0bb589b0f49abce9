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
	assert_string_equal(f.conflict, "instance web/f0");
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
	assert_string_equal(f.conflict, "instance web/f1");
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
	/* two networks with one prefix are told, too */
	assert_int_equal(
	    fixture_apply(
		&f, "{'put':'network','id':'b','prefixes':['fdaa:0:18::/48']}"),
	    E_OK);
	assert_int_equal(fixture_check(&f), E_OK);
	assert_int_equal(f.notes, 1);
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
		cmocka_unit_test(test_many_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
