/*
 * test_store_snapshot.c - the same again is not written, and what a snapshot
 * has not put goes.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

static const char sample[] =
    ACME "{'put':'network','id':'b','prefixes':['fdaa:0:19::/48']}\n" IAD LHR
	FAR SHOP F0 F1 "{'put':'peer','network':'acme','name':'p','addresses':"
	 "['fdaa:0:18::9']}\n";

/* Putting what is there writes nothing, whatever came before it. */
static void
test_put_again(void **state)
{
	struct fixture f;
	char *before, *after;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, sample), E_OK);
	assert_true(f.changed);
	before = fixture_dump(&f, true);
	assert_int_equal(fixture_apply(&f, sample), E_OK);
	assert_false(f.changed);
	after = fixture_dump(&f, true);
	assert_string_equal(after, before);
	free(before);
	free(after);
	fixture_close(&f);
}

/* A snapshot: what it has not put goes, what is the same is not written. */
static const struct {
	const char *lines;
	const char *has; /* with ages */
} snapshots[] = {
	/* the same again: every age as it was */
	{ NULL,
	    "0 " ACME
	    "1 {'put':'network','id':'b','prefixes':['fdaa:0:19::/48']"
	    "}\n2 " IAD "3 " LHR "4 " FAR "5 " SHOP "6 " F0 "7 " F1
	    "8 {'put':'peer','network':'acme','name':'p','addresses':"
	    "['fdaa:0:18::9']}\n" },
	/* one instance changed, one gone; peer, region, network gone */
	{ "{'snapshot':'begin'}\n" ACME IAD FAR SHOP INSTANCE("web", "f1",
	      "ord", "fdaa:0:18::3") "{'snapshot':'end','commit':'c'}",
	    "0 " ACME "2 " IAD "4 " FAR "5 " SHOP
	    "9 " INSTANCE("web", "f1", "ord", "fdaa:0:18::3") },
	/* the app's own fact is not mentioned: implied */
	{ "{'snapshot':'begin'}\n" ACME IAD FAR INSTANCE(
	      "web", "f1", "ord", "fdaa:0:18::3") "{'snapshot':'end'}",
	    "0 " ACME "2 " IAD "4 " FAR
	    "# app acme/web\n9 " INSTANCE("web", "f1", "ord", "fdaa:0:18::3") },
	/* of one network: another's facts, regions and the network's
	 * own fact stay */
	{ "{'put':'network','id':'b','prefixes':['fdaa:0:19::/48']}\n"
	  "{'put':'app','network':'b','name':'x'}\n"
	  "{'snapshot':'begin','network':'acme'}\n" F0 "{'snapshot':'end'}",
	    "0 " ACME "10 {'put':'network','id':'b','prefixes':"
	    "['fdaa:0:19::/48']}\n2 " IAD "4 " FAR
	    "# app acme/web\n11 {'put':'app','network':'b','name':'x'}"
	    "\n12 " F0 },
	/* of one network, which is put too; nothing in it */
	{ "{'snapshot':'begin','network':'acme'}\n" ACME "{'snapshot':'end'}",
	    "0 " ACME "10 {'put':'network','id':'b','prefixes':"
	    "['fdaa:0:19::/48']}\n2 " IAD "4 " FAR
	    "11 {'put':'app','network':'b','name':'x'}\n" },
	/* prefixes may leave out what goes with this snapshot */
	{ F0 "{'snapshot':'begin'}\n{'put':'network','id':'acme',"
	     "'prefixes':['fdaa:5::/32']}\n{'snapshot':'end'}",
	    "14 {'put':'network','id':'acme','prefixes':"
	    "['fdaa:5::/32']}\n" },
	/* nothing: all goes */
	{ "{'snapshot':'begin'}\n{'snapshot':'end'}", "" },
};

static void
test_snapshot(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	f.loud = true;
	assert_int_equal(fixture_apply(&f, sample), E_OK);
	for (size_t i = 0; i < sizeof(snapshots) / sizeof(snapshots[0]); i++) {
		char again[4096];

		print_message("row %zu\n", i);
		(void)snprintf(again, sizeof(again),
		    "{'snapshot':'begin'}\n%s{'snapshot':'end'}", sample);
		if (fixture_apply(&f,
			snapshots[i].lines == NULL
			    ? again
			    : snapshots[i].lines) != E_OK)
			fail_msg(
			    "%s %s %s", f.why.field, f.why.rule, f.why.value);
		check_has(&f, true, snapshots[i].has);
	}
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_again),
		cmocka_unit_test(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
