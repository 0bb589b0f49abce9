/*
 * test_time_text.c - times that RFC 3339 has, and that it has not.
 */
#include "zones/facts/time_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int64_t seconds;
	const char *again; /* as it is written; NULL: no time */
} rows[] = {
	{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z" },
	{ "2026-03-01T12:34:56Z", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2026-03-01t12:34:56z", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2026-03-01 12:34:56Z", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2026-03-01T12:34:56.987Z", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2026-03-01T14:34:56+02:00", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2026-03-01T07:04:56-05:30", 1772368496, "2026-03-01T12:34:56Z" },
	{ "2024-02-29T00:00:00Z", 1709164800, "2024-02-29T00:00:00Z" },
	{ "1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z" },
	{ "2016-12-31T23:59:60Z", 1483228800, "2017-01-01T00:00:00Z" },
	{ "9999-12-31T23:59:59Z", 253402300799, "9999-12-31T23:59:59Z" },
	{ "", 0, NULL },
	{ "2026-03-01", 0, NULL },
	{ "2026-03-01T12:34:56", 0, NULL }, /* whose time? */
	{ "2026-03-01T12:34Z", 0, NULL },
	{ "2026-3-1T12:34:56Z", 0, NULL },
	{ "2026-02-29T00:00:00Z", 0, NULL }, /* no leap year */
	{ "2100-02-29T00:00:00Z", 0, NULL },
	{ "2026-04-31T00:00:00Z", 0, NULL },
	{ "2026-13-01T00:00:00Z", 0, NULL },
	{ "2026-00-01T00:00:00Z", 0, NULL },
	{ "2026-01-00T00:00:00Z", 0, NULL },
	{ "2026-03-01T24:00:00Z", 0, NULL },
	{ "2026-03-01T12:60:00Z", 0, NULL },
	{ "2026-03-01T12:34:61Z", 0, NULL },
	{ "2026-03-01T12:34:56.Z", 0, NULL },
	{ "2026-03-01T12:34:56+2:00", 0, NULL },
	{ "2026-03-01T12:34:56+24:00", 0, NULL },
	{ "2026-03-01T12:34:56Z ", 0, NULL },
	{ "-026-03-01T12:34:56Z", 0, NULL },
};

static void
test_rows(void **state)
{
	char again[TIME_TEXT];
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].text);
		assert_int_equal(
		    time_parse(&seconds, rows[i].text), rows[i].again != NULL);
		assert_true(seconds == rows[i].seconds);
		if (rows[i].again != NULL)
			assert_string_equal(
			    time_text(seconds, again), rows[i].again);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
