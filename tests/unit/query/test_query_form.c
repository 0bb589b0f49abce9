/*
 * test_query_form.c - the forms of names: each kind has its row.
 */
#include "zones/query/query.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_rows(void **state)
{
	(void)state;
	for (enum name_kind kind = NAME_OTHER; kind < NAME_KINDS; kind++) {
		print_message("%u\n", (unsigned)kind);
		assert_non_null(query_form_str(kind));
		assert_int_not_equal(query_form_type(kind), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
