/*
 * test_cursor.c - which cursors have an order.
 */
#include "dnsctl/source/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *stands, *wanted;
	bool reaches;
} rows[] = {
	{ "", "", true },
	{ "a", "a", true },
	{ "b", "a", false }, /* text has no order */
	{ "7", "7", true },
	{ "17", "9", true },
	{ "9", "17", false },
	{ "017", "9", true },
	{ "9", "009", true },
	{ "0", "00", true },
	{ "18446744073709551617", "18446744073709551616", true },
	{ "18446744073709551616", "18446744073709551617", false },
	{ "a/17", "a/9", true },
	{ "a/9", "a/17", false },
	{ "a/17", "b/9", false }, /* another source */
	{ "ab/17", "a/9", false },
	{ "a/17", "9", false },
	{ "17", "a/9", false },
	{ "a/b/2", "a/b/1", true },
	{ "a/2/b", "a/1/b", false },
	{ "a/", "a/", true },
	{ "a/1", "a/", false },
	{ "17x", "9x", false },
	{ "-17", "-9", false },
	{ "", "1", false },
	{ "1", "", false },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s %s\n", rows[i].stands, rows[i].wanted);
		assert_int_equal(cursor_reaches(rows[i].stands, rows[i].wanted),
		    rows[i].reaches);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
