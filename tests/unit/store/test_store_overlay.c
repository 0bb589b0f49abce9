/*
 * test_store_overlay.c - keys reach LMDB in their order: it takes them behind
 * the last into an empty store, and no others.
 */
#include "zones/store/write/overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"
#include "zones/store/read/pages.h"

/* Octets before the number, and how many octets the key has at most. */
static const struct {
	unsigned before, len;
} shapes[] = {
	{ 0, 8 },   /* told apart by the first word */
	{ 0, 3 },   /* shorter than a word; some begin another */
	{ 20, 28 }, /* by the last word and the octets behind */
	{ 32, 40 }, /* only by the octets behind */
};

static const unsigned counts[] = { 1, 2, 3, 16, 17, 1000, 20000 };

enum order { UP, DOWN, ORGAN, RANDOM, ORDERS };

static uint64_t
number_at(enum order order, unsigned i, unsigned count, struct rng *rng)
{
	switch (order) {
	case UP:
		return i;
	case DOWN:
		return count - i;
	case ORGAN:
		return i % 2 == 0 ? i : 2 * count - i;
	case RANDOM:
		return rng_next(rng) << 15 | i;
	case ORDERS:
		break;
	}
	return 0;
}

/* A number, its octets of zero left away: no two have the same key. */
static void
key_make(struct store_key *key, uint64_t number, size_t shape)
{
	static const char fill[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	size_t len = shapes[shape].before;

	key_copy(key, fill, len);
	for (int shift = 56; shift >= 0; shift -= 8)
		if (shapes[shape].len - len >= 8 || number >> shift != 0)
			wire_put8(&key->out, (uint8_t)(number >> shift));
	if (key->out.len == 0)
		wire_put8(&key->out, 0); /* LMDB's least */
}

static uint64_t
sum_there(const struct fixture_raw *raw)
{
	MDB_cursor *cursor;
	uint64_t sum = 0;
	MDB_val k, v;

	assert_int_equal(mdb_cursor_open(raw->txn, raw->dbi, &cursor), 0);
	while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		sum += pages_pair(k.mv_data, k.mv_size, v.mv_data, v.mv_size);
	mdb_cursor_close(cursor);
	return sum;
}

static void
check(struct fixture *f, size_t shape, enum order order, unsigned count)
{
	struct rng rng = { .state = 42 };
	struct overlay o = { 0 };
	struct fixture_raw raw;
	struct store_key key;
	uint64_t sum = 0;
	MDB_stat stat;

	for (unsigned i = 0; i < count; i++) {
		key_make(&key, number_at(order, i, count, &rng), shape);
		overlay_put(&o, &key, &i, sizeof(i));
	}
	fixture_raw_begin(f, &raw);
	assert_int_equal(mdb_drop(raw.txn, raw.dbi, 0), 0);
	assert_int_equal(overlay_flush(&o, raw.txn, raw.dbi, &sum), 0);
	assert_int_equal(mdb_stat(raw.txn, raw.dbi, &stat), 0);
	assert_int_equal(stat.ms_entries, count);
	assert_null(overlay_find(&o, key.buf, key.out.len));
	assert_int_equal(sum, sum_there(&raw));
	fixture_raw_end(f, &raw);
}

static void
test_orders(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]);
	     shape++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
			for (enum order o = 0; o < ORDERS; o++)
				check(&f, shape, o, counts[c]);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
