/*
 * test_dns_wire.c - names that are skipped, and OPT as it is written.
 */
#include "base/dns_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A name, and how many octets of it are stepped over. */
static const struct {
	const char *octets;
	size_t len, used;
	bool bad;
} names[] = {
	{ "\0", 1, 1, false },
	{ "\001a\0x", 4, 3, false },
	{ "\300\014x", 3, 2, false },
	{ "\001a\300\014x", 5, 4, false },
	{ "\377\377x", 3, 2, false }, /* wherever it points */
	/* Cut short. */
	{ "", 0, 0, true },
	{ "\001", 1, 0, true },
	{ "\001a", 2, 0, true },
	{ "\300", 1, 0, true },
	/* Lengths that are none (RFC 1035, 4.1.4). */
	{ "\100a\0", 3, 0, true },
	{ "\200a\0", 3, 0, true },
};

static void
test_skip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct wire_in in = wire_in(names[i].octets, names[i].len);

		wire_skip_name(&in);
		assert_int_equal(in.bad, names[i].bad);
		if (!in.bad)
			assert_int_equal(in.pos, names[i].used);
	}
}

static void
test_opt(void **state)
{
	static const uint8_t expected[] = { 0, 0, 41, 0x04, 0xd0, /* 1232 */
		1, 0, 0x80, 0, /* BADVERS' upper bits, version 0, DO */
		0, 14, 0, 10, 0, 2, 7, 8, /* a cookie */
		0, 15, 0, 4, 0, 18, 'n', 'o' };
	uint8_t buf[sizeof(expected)];
	struct wire_out out = wire_out(buf, sizeof(buf));
	const size_t options = 2 * OPTION_FIXED + 2 + 4;

	(void)state;
	wire_put_opt(&out, 1232, RCODE_BADVERS, true, options);
	wire_put_option(&out, EDNS_OPTION_COOKIE, "\007\010", 2);
	wire_put_ede(&out, EDE_PROHIBITED, "no");
	assert_false(out.bad);
	assert_int_equal(out.len, sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
	wire_put_ede(&out, EDE_OTHER, "");
	assert_true(out.bad);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_opt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
