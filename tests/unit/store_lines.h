/*
 * store_lines.h - lines of a feed that the store's tests share, and what the
 * store has after them.
 */
#ifndef TESTS_UNIT_STORE_LINES_H
#define TESTS_UNIT_STORE_LINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store_fixture.h"

#define ACME "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}\n"
#define INSTANCE(app, id, region, address)                                     \
	"{'put':'instance','network':'acme','app':'" app "','id':'" id         \
	"','region':'" region "','addresses':['" address "']}\n"
#define IAD  "{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}\n"
#define LHR  "{'put':'region','id':'lhr','latitude':51.47,'longitude':-0.45}\n"
#define FAR  "{'put':'distance','from':'lhr','to':'iad','ms':68}\n"
#define WEB  "{'put':'app','network':'acme','name':'web'}\n"
#define F0   INSTANCE("web", "f0", "iad", "fdaa:0:18::2")
#define F1   INSTANCE("web", "f1", "ams", "fdaa:0:18::3")
#define SHOP "{'put':'app','network':'acme','name':'web','domain':'web.shop'}\n"

/* No summary is wrong, and these are the facts: see fixture_dump(). */
static inline void
check_has(struct fixture *f, bool ages, const char *expected)
{
	char *has;

	f->loud = true;
	assert_int_equal(fixture_check(f), E_OK);
	has = fixture_dump(f, ages);
	assert_string_equal(has, expected);
	free(has);
}

/* One transaction a row; then all that is there, or the rule it breaks. */
struct store_row {
	const char *lines, *has, *broken;
};

static inline void
check_rows(struct fixture *f, const struct store_row *row, size_t count)
{
	bool any = false; /* before it there is no store to be checked */

	for (size_t i = 0; i < count; i++) {
		print_message("row %zu\n", i);
		assert_int_equal(fixture_apply(f, row[i].lines),
		    row[i].broken == NULL ? E_OK : E_INPUT);
		any = any || row[i].broken == NULL;
		if (row[i].broken != NULL)
			assert_string_equal(f->why.rule, row[i].broken);
		if (any)
			check_has(f, false, row[i].has);
	}
}

#endif
