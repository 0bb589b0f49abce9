/*
 * test_wire.c - cursors over bytes: nothing moves past an end.
 */
#include "base/wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

/* Reading N octets of so many; AT_END is what is left. */
static const struct {
	size_t len, n, left;
	bool bad;
} takes[] = {
	{ 9, 0, 9, false }, /* nothing is always there */
	{ 9, 9, 0, false }, /* all of it */
	{ 9, 10, 0, true }, /* one more */
	{ 0, 0, 0, false }, /* an empty buffer has nothing, and that is fine */
	{ 0, 1, 0, true }, { 9, SIZE_MAX, 0, true }, /* no sum overflows */
};

static void
test_take(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		struct wire_in in = wire_in(bytes, takes[i].len);
		const uint8_t *at = wire_take(&in, takes[i].n);

		assert_int_equal(in.bad, takes[i].bad);
		assert_int_equal(at == NULL, takes[i].bad);
		assert_int_equal(wire_left(&in), takes[i].left);
	}
}

static void
test_numbers(void **state)
{
	struct wire_in in = wire_in(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(wire_get8(&in), 1);
	assert_int_equal(wire_get16(&in), 0x0203);
	assert_int_equal(wire_get32(&in), 0x04050607);
	assert_int_equal(wire_left(&in), 2);
	in = wire_in(bytes, sizeof(bytes));
	assert_true(wire_get64(&in) == 0x0102030405060708);
	/* Half a number is none, and the cursor stays bad. */
	assert_int_equal(wire_get16(&in), 0);
	assert_true(in.bad);
	assert_int_equal(wire_get8(&in), 0);
	assert_int_equal(wire_left(&in), 0);
}

static void
test_out(void **state)
{
	uint8_t buf[16];
	struct wire_out out = wire_out(buf, 15);
	struct wire_in in;

	(void)state;
	wire_put8(&out, 1);
	wire_put16(&out, 0x0203);
	wire_put32(&out, 0x04050607);
	wire_put64(&out, 0x08090a0b0c0d0e0f);
	assert_false(out.bad);
	assert_int_equal(out.len, 15);
	in = wire_in(buf, out.len);
	for (unsigned i = 1; i <= 15; i++)
		assert_int_equal(wire_get8(&in), i);
	/* Full: nothing is written, not even what would be empty. */
	buf[15] = 0xee;
	wire_put8(&out, 0x10);
	assert_true(out.bad);
	assert_int_equal(out.len, 15);
	assert_int_equal(buf[15], 0xee);
	assert_null(wire_room(&out, 0));
}

/* What does not fit is not begun. */
static void
test_out_whole(void **state)
{
	uint8_t buf[8] = { 0 };
	struct wire_out out = wire_out(buf, 3);

	(void)state;
	wire_put(&out, bytes, 4);
	assert_true(out.bad);
	assert_int_equal(out.len, 0);
	assert_int_equal(buf[0], 0);
	out = wire_out(buf, 3);
	wire_put(&out, NULL, 0); /* no bytes need no address */
	assert_false(out.bad);
	wire_put(&out, bytes, 3);
	assert_false(out.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
