/*
 * test_store_zone.c - zones and records: what is stored, what is refused, and
 * what goes with what.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

#define ZONE(name) "{'put':'zone','network':'acme','name':'" name "'}\n"
#define RECORD(name, type, value)                                              \
	"{'put':'record','network':'acme','name':'" name "','type':'" type     \
	"','values':['" value "']}\n"
#define CORP ZONE("corp.acme")
#define DEEP ZONE("deep.corp.acme")
#define WWW  RECORD("www.corp.acme", "A", "192.0.2.1")
#define STAR RECORD("*.corp.acme", "AAAA", "fdaa::1")
#define LOW  RECORD("www.deep.corp.acme", "MX", "10 m.")
#define NAME RECORD("alias.corp.acme", "CNAME", "www.corp.acme.")
#define GONE(kind, rest)                                                       \
	"{'delete':'" kind "','network':'acme','name':'" rest "'}\n"

static const struct store_row rows[] = {
	{ ACME WWW, "", "must be in a zone that the network has" },
	{ ACME CORP WWW STAR, ACME CORP STAR WWW, NULL },
	/* one that ends alike */
	{ RECORD("xcorp.acme", "A", "192.0.2.1"), ACME CORP STAR WWW,
	    "must be in a zone that the network has" },
	/* a CNAME is alone, whichever comes first */
	{ RECORD("www.corp.acme", "CNAME", "a."), ACME CORP STAR WWW,
	    "must not stand beside the name's A: a CNAME is alone" },
	{ NAME RECORD("alias.corp.acme", "TXT", "a"), ACME CORP STAR WWW,
	    "must not stand beside the name's CNAME: a CNAME is alone" },
	{ "{'delete':'record','network':'acme','name':'www.corp.acme',"
	  "'type':'A'}\n" RECORD("www.corp.acme", "CNAME", "a."),
	    ACME CORP STAR RECORD("www.corp.acme", "CNAME", "a."), NULL },
	/* in a snapshot only what it puts counts */
	{ "{'snapshot':'begin'}\n" ACME CORP WWW NAME STAR "{'snapshot':'end'}",
	    ACME CORP STAR NAME WWW, NULL },
	{ "{'snapshot':'begin'}\n" ACME WWW "{'snapshot':'end'}",
	    ACME CORP STAR NAME WWW, "must be in a zone that the network has" },
	/* a zone goes with its records, and not with those of one below */
	{ DEEP LOW, ACME CORP DEEP STAR NAME LOW WWW, NULL },
	{ GONE("zone", "corp.acme"), ACME DEEP LOW, NULL },
	{ CORP WWW, ACME CORP DEEP LOW WWW, NULL },
	{ GONE("zone", "deep.corp.acme"), ACME CORP WWW, NULL },
	{ "{'snapshot':'begin','network':'acme'}\n" ZONE("a.b")
		RECORD("a.b", "CAA", "0 issue \\\"ca\\\"") "{'snapshot':'end'}",
	    ACME ZONE("a.b") RECORD("a.b", "CAA", "0 issue \\'ca\\'"), NULL },
	{ "{'delete':'network','id':'acme'}\n", "", NULL },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
