/*
 * test_store_export.c - exports: what is refused, and what goes with what.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

#define BETA "{'put':'network','id':'beta','prefixes':['fdaa:0:19::/48']}\n"
#define EXPORT(from, app, to, more)                                            \
	"{'put':'export','network':'" from "','app':'" app "','to':'" to       \
	"'" more "}\n"
#define OUT   EXPORT("acme", "web", "beta", ",'flycast':['fdaa:0:19::f']")
#define BACK  EXPORT("beta", "api", "acme", ",'as':'b','instances':true")
#define BEGIN "{'snapshot':'begin'}\n"
#define END   "{'snapshot':'end'}\n"

static const struct store_row rows[] = {
	{ ACME OUT, "", "must be a network that was put" },
	{ ACME EXPORT("acme", "web", "acme", ""), "",
	    "must be another network" },
	{ ACME BETA EXPORT(
	      "acme", "web", "beta", ",'flycast':['fdaa:0:18::f']"),
	    "", "must lie inside the network's prefixes" },
	{ ACME BETA OUT BACK, ACME BETA OUT BACK, NULL },
	/* its addresses hold the prefixes of where it goes */
	{ "{'put':'network','id':'beta','prefixes':['fdaa:0:1a::/48']}",
	    ACME BETA OUT BACK,
	    "must hold every address in use in the network" },
	/* with its app; with the network that it goes to; with its own */
	{ WEB "{'delete':'app','network':'acme','name':'web'}", ACME BETA BACK,
	    NULL },
	{ OUT, ACME BETA OUT BACK, NULL },
	{ "{'delete':'network','id':'beta'}", ACME, NULL },
	{ BETA OUT BACK, ACME BETA OUT BACK, NULL },
	{ "{'delete':'network','id':'acme'}", BETA, NULL },
	{ ACME OUT, ACME BETA OUT, NULL },
	/* a snapshot of one network has its own exports */
	{ "{'snapshot':'begin','network':'acme'}\n" BACK END, ACME BETA OUT,
	    "must be the one that the snapshot is of" },
	{ "{'snapshot':'begin','network':'beta'}\n" BACK END,
	    ACME BETA OUT BACK, NULL },
	{ "{'snapshot':'begin','network':'beta'}\n" END, ACME BETA OUT, NULL },
	{ "{'snapshot':'begin','network':'acme'}\n" END, ACME BETA, NULL },
	{ OUT BACK, ACME BETA OUT BACK, NULL },
	/* ... of all, both networks */
	{ BEGIN ACME OUT END, ACME BETA OUT BACK,
	    "must be a network that was put" },
	{ BEGIN ACME BETA BACK END, ACME BETA BACK, NULL },
	{ BEGIN BETA END, BETA, NULL },
};

static void
test_rows(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	check_rows(&f, rows, sizeof(rows) / sizeof(rows[0]));
	fixture_close(&f);
}

/* The own app keeps its name, and who exports hears of it. */
static void
test_conflict(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(
	    fixture_apply(&f,
		ACME BETA "{'put':'app','network':'beta','name':'web'}\n" OUT),
	    E_OK);
	assert_string_equal(
	    f.conflict, "app beta/web has its name, and keeps it");
	assert_int_equal(
	    fixture_apply(&f, EXPORT("acme", "web", "beta", ",'as':'other'")),
	    E_OK);
	assert_string_equal(f.conflict, "");
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_conflict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
