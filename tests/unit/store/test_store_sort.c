/*
 * test_store_sort.c - keys come out in their order, the first of them soon.
 */
#include "zones/store/write/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "zones/store/write/overlay.h"

#define MOST    70000
#define KEY_LEN 40

static struct {
	uint8_t key[MOST][KEY_LEN];
	struct overlay_entry entry[MOST];
	struct sorted all[MOST];
} t;

/* Octets before the number, and how many octets the key has at most. */
static const struct {
	unsigned before, len;
} shapes[] = {
	{ 0, 8 },   /* told apart by the first word */
	{ 0, 3 },   /* shorter than a word; some begin another */
	{ 20, 28 }, /* by the last word and the octets behind */
	{ 32, 40 }, /* only by the octets behind */
};

static const size_t counts[] = { 0, 1, 2, 3, 16, 17, 33, 1000, 16384, 16385,
	MOST };

enum order { UP, DOWN, ORGAN, RANDOM, ORDERS };

static uint64_t
number_at(enum order order, size_t i, size_t count, struct rng *rng)
{
	switch (order) {
	case UP:
		return i;
	case DOWN:
		return count - i;
	case ORGAN:
		return i % 2 == 0 ? i : 2 * count - i;
	case RANDOM:
		return rng_next(rng) << 17 | i;
	case ORDERS:
		break;
	}
	return 0;
}

/* A number, its octets of zero left away: no two have the same key. */
static void
entry_make(size_t i, uint64_t number, size_t shape)
{
	uint8_t *key = t.key[i];
	struct wire_out out = wire_out(key, KEY_LEN);
	size_t len = shapes[shape].before;

	memset(key, 'x', KEY_LEN);
	out.len = len;
	for (int shift = 56; shift >= 0; shift -= 8)
		if (shapes[shape].len - len >= 8 || number >> shift != 0)
			wire_put8(&out, (uint8_t)(number >> shift));
	t.entry[i] =
	    (struct overlay_entry){ .in = { .key = key, .len = out.len } };
	t.all[i] = sorted_of(&t.entry[i]);
}

static int
order_of(const struct table_entry *a, const struct table_entry *b)
{
	int order = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void
check(size_t count)
{
	static bool met[MOST];
	struct sort sort;
	size_t ready = 0;

	memset(met, 0, sizeof(met));
	sort_start(&sort, t.all, count);
	for (size_t i = 0; i < count; i++) {
		const struct overlay_entry *e;

		if (i == ready)
			ready = sort_ready(&sort, i);
		assert_in_range(ready, i + 1, count);
		e = t.all[i].entry;
		assert_false(met[e - t.entry]);
		met[e - t.entry] = true;
		if (i > 0)
			assert_true(
			    order_of(&t.all[i - 1].entry->in, &e->in) < 0);
	}
	sort_end(&sort);
}

static void
test_orders(void **state)
{
	struct rng rng = { .state = 42 };

	(void)state;
	for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]);
	     shape++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
			for (enum order o = 0; o < ORDERS; o++) {
				for (size_t i = 0; i < counts[c]; i++)
					entry_make(i,
					    number_at(o, i, counts[c], &rng),
					    shape);
				check(counts[c]);
			}
}

/* The writer may fail at the first. */
static void
test_end_early(void **state)
{
	struct sort sort;

	(void)state;
	for (size_t i = 0; i < MOST; i++)
		entry_make(i, MOST - i, 0);
	sort_start(&sort, t.all, MOST);
	sort_end(&sort);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_end_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
