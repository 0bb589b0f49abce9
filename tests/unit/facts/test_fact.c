/*
 * test_fact.c - a fact's name, what is complained of, a network's resolvers.
 */
#include "zones/facts/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/addr_text.h"

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

static void
test_resolvers(void **state)
{
	static const char *const prefixes[] = { "fdaa:0:18::/48", "10.0.0.0/8",
		"fdaa:1::/32", "fdaa:0:19::/48" };
	struct addr out[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX], given;
	struct prefix list[4];
	struct fact f = {
		.kind = FACT_NETWORK, .prefixes = list, .prefix_count = 4
	};
	char text[ADDR_TEXT];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_true(prefix_parse(&list[i], prefixes[i]));
	assert_int_equal(fact_resolvers(&f, out), 2);
	assert_string_equal(addr_text(&out[0], text), "fdaa:0:18::3");
	assert_string_equal(addr_text(&out[1], text), "fdaa:0:19::3");
	assert_true(addr_parse(&given, "fdaa::3"));
	f.addresses = &given;
	f.address_count = 1;
	assert_int_equal(fact_resolvers(&f, out), 1);
	assert_string_equal(addr_text(&out[0], text), "fdaa::3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_complaint),
		cmocka_unit_test(test_resolvers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
