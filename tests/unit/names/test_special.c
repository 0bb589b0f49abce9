/*
 * test_special.c - special-use names: each may be taken for an ordinary one.
 */
#include "zones/names/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *option, *name;
	enum name_kind kind, without;
} rows[] = {
	{ "localhost", "a.localhost", NAME_LOCALHOST, NAME_OTHER },
	{ "invalid", "x.invalid", NAME_NEVER, NAME_OTHER },
	{ "test", "test", NAME_NEVER, NAME_OTHER },
	{ "local", "printer.local", NAME_NEVER, NAME_OTHER },
	{ "onion", "x.onion", NAME_NEVER, NAME_OTHER },
	{ "alt", "a.b.alt", NAME_NEVER, NAME_OTHER },
	{ "home.arpa", "tv.home.arpa", NAME_NEVER, NAME_OTHER },
	{ "resolver.arpa", "_dns.resolver.arpa", NAME_EMPTY, NAME_OTHER },
	{ "use-application-dns.net", "use-application-dns.net", NAME_NEVER,
	    NAME_OTHER },
	{ "127.in-addr.arpa", "1.0.0.127.in-addr.arpa", NAME_LOOPBACK,
	    NAME_REVERSE },
	{ "::1",
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
	    ".ip6.arpa",
	    NAME_LOOPBACK, NAME_REVERSE },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
test_rows(void **state)
{
	(void)state;
	assert_int_equal(ROWS, NAME_SPECIALS);
	for (size_t i = 0; i < ROWS; i++) {
		special_set one;
		struct dname d;
		struct name n;

		print_message("%s\n", rows[i].option);
		assert_true(dname_parse(&d, rows[i].name));
		name_read(&n, &d, 0);
		assert_int_equal(n.kind, rows[i].kind);
		assert_true(special_named(rows[i].option, &one));
		name_read(&n, &d, one);
		assert_int_equal(n.kind, rows[i].without);
		name_read(&n, &d, ~one);
		assert_int_equal(n.kind, rows[i].kind);
	}
}

static void
test_no_row(void **state)
{
	static const char *const texts[] = { "", "home", "arpa", "internal",
		"Test" };
	special_set one;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(special_named(texts[i], &one));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
