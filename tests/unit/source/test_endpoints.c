/*
 * test_endpoints.c - how a fleet that lost its source comes back.
 */
#include "dnsctl/source/endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NODES  1000
#define TENTHS 9 /* that a pause may fall into: not the first */

/* So many rounds of failures; the longest pause then. */
static const struct {
	unsigned rounds;
	uint32_t most;
} rows[] = { { 1, 200 }, { 2, 400 }, { 6, 6400 }, { 7, 10000 },
	{ 100000, 10000 } };

static void
test_pauses_are_spread(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t most = rows[i].most;
		unsigned in[TENTHS] = { 0 };

		for (unsigned node = 0; node < NODES; node++) {
			struct endpoints e = { .count = 3,
				.failures = 3 * rows[i].rounds,
				.rng.state = (uint64_t)node << 16 | 1 };
			uint32_t ms = endpoints_pause_ms(&e);

			assert_in_range(ms, most / 10, most);
			in[(ms - most / 10) * TENTHS /
			    (most - most / 10 + 1)]++;
		}
		for (unsigned t = 0; t < TENTHS; t++)
			assert_in_range(
			    in[t], NODES / TENTHS / 2, NODES / TENTHS * 2);
	}
}

/* The others are asked first, and at once. */
static void
test_none_before_all_failed(void **state)
{
	struct endpoints e = { .count = 3, .rng.state = 1 };

	(void)state;
	for (e.failures = 0; e.failures < 3; e.failures++)
		assert_int_equal(endpoints_pause_ms(&e), 0);
	assert_true(endpoints_pause_ms(&e) > 0);
}

/* Each process by its own lot: no two begin alike. */
static void
test_lots_differ(void **state)
{
	struct endpoints one, other;

	(void)state;
	assert_true(endpoints_read(&one, "relay://a,b", "relay://", ":1"));
	assert_true(endpoints_read(&other, "relay://a,b", "relay://", ":1"));
	assert_true(one.rng.state != other.rng.state);
	endpoints_release(&one);
	endpoints_release(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_are_spread),
		cmocka_unit_test(test_none_before_all_failed),
		cmocka_unit_test(test_lots_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
