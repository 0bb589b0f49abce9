/*
 * test_store_names.c - the list of thousands of apps, which come and go in any
 * order, against a model.
 */
#include "zones/store/write/txn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"
#include "zones/store/read/lookup.h"

#define MOST 6000

struct model {
	struct fixture f;
	struct rng rng;
	bool has[MOST];
	unsigned count;
};

/* In the order of N; of any length there may be. */
static void
name_of(unsigned n, char out[64])
{
	(void)snprintf(out, 64, "a%05u%.*s", n, (int)(n * 7919 % 58),
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void
change(struct model *m, struct store_txn *t, unsigned n, bool is)
{
	char name[64], line[256];

	name_of(n, name);
	m->count += (unsigned)is - m->has[n];
	m->has[n] = is;
	(void)snprintf(line, sizeof(line),
	    "{'%s':'app','network':'acme','name':'%s'}", is ? "put" : "delete",
	    name);
	assert_int_equal(fixture_lines(&m->f, t, line), E_OK);
	arena_reset(&m->f.arena);
}

/* The strings one behind the other; each begins as the list goes on. */
static size_t
join(struct fixture *f, char *out)
{
	struct network network;
	struct wire_in strings;
	size_t len = 0, before = SIZE_MAX;
	struct range range;

	assert_int_equal(snapshot_refresh(f->snapshot), E_OK);
	assert_true(lookup_network_named(f->snapshot, "acme", false, &network));
	range_names(&range, f->snapshot, network.number);
	while (range_name_strings(&range, &strings)) {
		/* a page that is not the last is at least a quarter full */
		assert_in_range(before, 1014, SIZE_MAX);
		assert_in_range(strings.len, 2, 4080);
		before = strings.len;
		while (wire_left(&strings) > 0) {
			uint8_t n = wire_get8(&strings);
			const uint8_t *at = wire_take(&strings, n);

			assert_non_null(at);
			assert_int_equal(at[0], len == 0 ? 'a' : ',');
			assert_int_not_equal(at[n - 1], ',');
			memcpy(out + len, at, n);
			len += n;
		}
	}
	snapshot_rest(f->snapshot);
	return len;
}

static void
check(struct model *m)
{
	static char list[64 * MOST], expected[64 * MOST + 1];
	size_t len = 0;

	m->f.loud = true;
	assert_int_equal(fixture_check(&m->f), E_OK);
	for (unsigned n = 0; n < MOST; n++) {
		if (!m->has[n])
			continue;
		if (len > 0)
			expected[len++] = ',';
		name_of(n, expected + len);
		len += strlen(expected + len);
	}
	assert_int_equal(join(&m->f, list), len);
	assert_memory_equal(list, expected, len);
}

static void
begin(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->rng.state = 42;
	fixture_open(&m->f);
	assert_int_equal(
	    fixture_apply(&m->f,
		"{'put':'network','id':'aaaa','prefixes':['fdaa:1::/32']}\n"
		"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}\n"
		"{'put':'network','id':'next','prefixes':['fdaa:2::/32']}\n"
		"{'put':'app','network':'aaaa','name':'web'}\n"
		"{'put':'app','network':'next','name':'web'}"),
	    E_OK);
}

/* So many changes, some to a transaction, drifting up or down. */
static void
run(struct model *m, unsigned changes, unsigned each, unsigned of,
    unsigned puts_of_8)
{
	while (changes > 0) {
		struct store_txn *t;

		store_begin(m->f.writer, &t);
		for (unsigned i = 0; i < each && changes > 0; i++, changes--)
			change(m, t, rng_below(&m->rng, of),
			    rng_below(&m->rng, 8) < puts_of_8);
		assert_int_equal(store_commit(t), E_OK);
		check(m);
	}
}

/* Around one page and two, a change a transaction. */
static void
test_few(void **state)
{
	static struct model m;

	(void)state;
	begin(&m);
	run(&m, 400, 1, 300, 7);
	run(&m, 600, 1, 300, 1);
	fixture_close(&m.f);
}

static void
test_many(void **state)
{
	static struct model m;

	(void)state;
	begin(&m);
	run(&m, 6000, 500, MOST, 8);
	run(&m, 6000, 50, MOST, 4);
	run(&m, 6000, 1000, MOST, 1);
	run(&m, 20000, 2500, MOST, 0);
	fixture_close(&m.f);
}

/* All at once, then one behind the other from either end. */
static void
test_in_order(void **state)
{
	static struct model m;
	struct store_txn *t;

	(void)state;
	begin(&m);
	store_begin(m.f.writer, &t);
	for (unsigned n = 1000; n < 3000; n++)
		change(&m, t, n, true);
	assert_int_equal(store_commit(t), E_OK);
	check(&m);
	for (unsigned n = 0; n < 300; n++) {
		store_begin(m.f.writer, &t);
		change(&m, t, 3000 + n, true);
		change(&m, t, 999 - n, true);
		assert_int_equal(store_commit(t), E_OK);
		check(&m);
	}
	for (unsigned n = 0; n < 6000; n += 20) {
		store_begin(m.f.writer, &t);
		for (unsigned i = n; i < n + 20; i++)
			change(&m, t, i, false);
		assert_int_equal(store_commit(t), E_OK);
		check(&m);
	}
	assert_int_equal(m.count, 0);
	fixture_close(&m.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
