/*
 * test_fact.c - a fact's name, and what is complained of.
 */
#include "zones/facts/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char LONGEST[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void
test_title(void **state)
{
	char title[FACT_TITLE];
	struct fact f = { .kind = FACT_INSTANCE };

	(void)state;
	assert_string_equal(fact_title(&f, title), "instance");
	f.network = "n";
	assert_string_equal(fact_title(&f, title), "instance n");
	f.app = f.id = LONGEST;
	f.network = LONGEST;
	assert_int_equal(strlen(fact_title(&f, title)), 9 + 3 * 63 + 2);
}

/* What is told fits a line: no control characters, no half a character. */
static void
test_complaint(void **state)
{
	struct complaint why;
	char text[400];

	(void)state;
	assert_int_equal(
	    complain(&why, "f", "rule", "a\nb\x1b[0m\x7f"), E_INPUT);
	assert_string_equal(why.field, "f");
	assert_string_equal(why.rule, "rule");
	assert_string_equal(why.value, "a?b?[0m?");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(complain(&why, "", "", text), E_INPUT);
	assert_int_equal(strlen(why.value), sizeof(why.value) - 1);
	assert_string_equal(why.value + sizeof(why.value) - 4, "...");
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	assert_int_equal(complain(&why, "", "", text + 1), E_INPUT);
	assert_int_equal((uint8_t)why.value[strlen(why.value) - 4], 0xa9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
