/*
 * test_histogram.c - each number is in the bucket that says so.
 */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	uint64_t number;
	unsigned bucket;
	uint64_t bound; /* of that bucket */
} rows[] = {
	{ 0, 0, 0 },
	{ 7, 7, 7 }, /* exact below 8 */
	{ 8, 8, 8 },
	{ 15, 15, 15 }, /* and in the first octave */
	{ 16, 16, 17 },
	{ 17, 16, 17 },
	{ 18, 17, 19 },
	{ 64, 32, 71 },
	{ 1000, 63, 1023 },
	{ 1024, 64, 1151 },
	{ UINT64_C(1) << 33, 248, (UINT64_C(9) << 30) - 1 },
	{ (UINT64_C(1) << 34) - 1, 255, (UINT64_C(1) << 34) - 1 },
	/* what is too large is in the last one */
	{ UINT64_C(1) << 34, 255, (UINT64_C(1) << 34) - 1 },
	{ UINT64_MAX, 255, (UINT64_C(1) << 34) - 1 },
};

static void
buckets_hold_their_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    histogram_bucket(rows[i].number), rows[i].bucket);
		assert_int_equal(
		    histogram_bound(rows[i].bucket), rows[i].bound);
	}
}

/* No gap, no overlap, and an eighth wide at most. */
static void
buckets_follow_each_other(void **state)
{
	(void)state;
	for (unsigned b = 1; b < HISTOGRAM_BUCKETS; b++) {
		uint64_t first = histogram_bound(b - 1) + 1;
		uint64_t last = histogram_bound(b);

		assert_int_equal(histogram_bucket(first), b);
		assert_int_equal(histogram_bucket(last), b);
		assert_true((last - first) * 8 <= first);
	}
}

static void
additions_are_summed(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, 10, 3);
	histogram_add(&h, -5, 2); /* of a clock that was set back */
	histogram_add(&h, 100, 0);
	assert_int_equal(h.sum, 30);
	assert_int_equal(h.count[10], 3);
	assert_int_equal(h.count[0], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_hold_their_numbers),
		cmocka_unit_test(buckets_follow_each_other),
		cmocka_unit_test(additions_are_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
