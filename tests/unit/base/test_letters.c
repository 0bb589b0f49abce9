/*
 * test_letters.c - lower case, in ASCII alone.
 */
#include "base/letters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_lower(void **state)
{
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *at = c == 0 ? NULL : strchr(upper, c);

		assert_int_equal(letter_lower((uint8_t)c),
		    at == NULL ? c : lower[at - upper]);
	}
}

/* Each octet in each place, among others of all kinds. */
static void
test_eight(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		uint8_t octets[8], found[8];
		uint64_t eight;

		for (unsigned i = 0; i < 8; i++)
			octets[i] = (uint8_t)(c + i * 37);
		memcpy(&eight, octets, 8);
		eight = letters_of(eight, 'A');
		memcpy(found, &eight, 8);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(
			    octets[i] | found[i], letter_lower(octets[i]));
	}
}

static void
test_text(void **state)
{
	char text[] = "AZaz09-_[@`{\xc3\x84";

	(void)state;
	text_lower(text);
	assert_string_equal(text, "azaz09-_[@`{\xc3\x84");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_eight),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
