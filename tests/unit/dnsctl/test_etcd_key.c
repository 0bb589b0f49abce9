/*
 * test_etcd_key.c - keys of etcd that are a fact's, and that are none.
 */
#include "dnsctl/etcd/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *key, *title; /* NULL: no fact's */
} rows[] = {
	{ "/dnsd/networks/acme", "network acme" },
	{ "/dnsd/regions/iad", "region iad" },
	{ "/dnsd/distances/iad/lhr", "distance iad/lhr" },
	{ "/dnsd/apps/acme/web", "app acme/web" },
	{ "/dnsd/instances/acme/web/i1", "instance acme/web/i1" },
	{ "/dnsd/peers/acme/p", "peer acme/p" },
	{ "/dnsd/zones/acme/corp.acme", "zone acme/corp.acme" },
	{ "/dnsd/records/acme/*.corp.acme/AAAA",
	    "record acme/*.corp.acme/AAAA" },
	{ "/dnsd/records/acme/corp.acme", NULL },
	/* what a part may be is for the rules to say */
	{ "/dnsd/apps/acme/W.b", "app acme/W.b" },
	{ "/dnsd/networks/", "network " },
	{ "/dnsd/instances/acme//i1", "instance acme//i1" },
	{ "/dnsd/networks", NULL },
	{ "/dnsd/networks/acme/", NULL },
	{ "/dnsd/networks/acme/web", NULL },
	{ "/dnsd/apps/acme", NULL },
	{ "/dnsd/instances/acme/web", NULL },
	{ "/dnsd/instances/acme/web/i1/x", NULL },
	{ "/dnsd/app/acme/web", NULL },
	{ "/dnsd/appsacme/web", NULL },
	{ "/dnsd//apps/acme/web", NULL },
	{ "/dnsd/", NULL },
	{ "/dnsd", NULL },
	{ "/dnsdd/networks/acme", NULL },
	{ "/other/networks/acme", NULL },
	{ "", NULL },
};

static void
test_rows(void **state)
{
	struct arena arena = { NULL };
	char title[FACT_TITLE];
	struct fact f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].key);
		assert_int_equal(
		    etcd_key_read(&f, &arena, "/dnsd", rows[i].key),
		    rows[i].title != NULL);
		if (rows[i].title != NULL)
			assert_string_equal(
			    fact_title(&f, title), rows[i].title);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
