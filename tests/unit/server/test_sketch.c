/*
 * test_sketch.c - the heaviest are found, and errors are what is told.
 */
#include "dnsd/server/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST  20
#define BATCH 64
#define TRACE 7

/* Some of THOUSAND questions are for a few names, the others for many. */
static const struct {
	unsigned heavy;    /* names, each as heavy as the others */
	unsigned thousand; /* that are for them, in all */
	unsigned others;   /* different names in the rest */
	unsigned batch;    /* questions at once */
	unsigned workers;  /* each with a sketch */
} rows[] = {
	{ 1, 1000, 1, 1, 1 },      /* one name alone */
	{ 5, 500, 100000, 1, 1 },  /* looked at one by one */
	{ 5, 500, 100000, 64, 1 }, /* two looks for 64 */
	{ 1, 50, 100000, 1, 1 },
	{ 5, 500, 1000, 7, 4 },
	{ 10, 800, 100000, 64, 2 },
};

static struct query
question(unsigned number)
{
	struct query q = { .network = number % 7, .question_len = 10 };

	q.qname.len = 6;
	q.qname.wire[0] = 4;
	memcpy(q.qname.wire + 1, &number, 4);
	memcpy(q.from.ip + 12, &number, 4);
	return q;
}

/* What was asked, counted truly. */
static uint32_t truth[200000];

static void
ask_all(struct sketch **s, size_t row, struct rng *rng)
{
	struct query q[BATCH], *batch[BATCH];

	for (unsigned n = 0; n < 100000; n += rows[row].batch) {
		for (unsigned i = 0; i < rows[row].batch; i++) {
			unsigned name =
			    rng_below(rng, 1000) < rows[row].thousand
			    ? rng_below(rng, rows[row].heavy)
			    : 1000 + rng_below(rng, rows[row].others);

			truth[name]++;
			q[i] = question(name);
			batch[i] = &q[i];
		}
		sketch_see(s[rng_below(rng, rows[row].workers)], batch,
		    rows[row].batch, rng, 100, TRACE);
	}
}

static uint32_t
number_of(const uint8_t *key)
{
	uint32_t number;

	memcpy(&number, key + 1, sizeof(number));
	return number;
}

static void
check_found(const struct sketch_found *found, unsigned count, size_t row,
    unsigned wrong)
{
	bool seen[MOST] = { false };
	unsigned within = 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t number = number_of(found[i].key);
		uint64_t off = truth[number] > found[i].count
		    ? truth[number] - found[i].count
		    : found[i].count - truth[number];

		within += off <= found[i].error;
		if (number < rows[row].heavy)
			seen[number] = true;
		assert_true(i == 0 || found[i].count <= found[i - 1].count);
	}
	for (unsigned i = 0; i < rows[row].heavy; i++)
		assert_true(seen[i]);
	assert_true(within + wrong >= count);
}

static void
the_heaviest_are_found(void **state)
{
	struct rng rng = { 1 };

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct sketch_found found[MOST];
		struct sketch_window *w[8], *traced[4];
		struct sketch *s[4];
		unsigned workers = rows[row].workers;
		int64_t since = 200000;

		memset(truth, 0, sizeof(truth));
		for (unsigned i = 0; i < 4; i++) {
			s[i] = calloc(1, sizeof(*s[i]));
			w[2 * i] = &s[i]->window[0];
			w[2 * i + 1] = &s[i]->window[1];
			traced[i] = &s[i]->trace;
		}
		ask_all(s, row, &rng);
		/* Chance may take one of twenty beyond what is told. */
		check_found(found,
		    sketch_heaviest(w, 2 * workers, SKETCH_NAMES, found, MOST),
		    row, 2);
		/* Nothing is counted twice, or not at all, but by chance. */
		assert_in_range(
		    sketch_questions(w, 2 * workers, &since), 90000, 110000);
		assert_int_equal(since, 100000);
		/* And a trace leaves nothing to chance. */
		check_found(found,
		    sketch_heaviest(traced, workers, SKETCH_NAMES, found, MOST),
		    row, 0);
		assert_in_range(sketch_questions(traced, workers, &since),
		    100000, 100000 + rows[row].batch - 1);
		for (unsigned i = 0; i < 4; i++)
			free(s[i]);
	}
}

/* Each look is seen for as long as one window, and at most two. */
static const struct {
	int64_t second;
	unsigned names; /* seen then: one came each time */
} seconds[] = {
	{ 100, 1 },
	{ 129, 2 },
	{ 130, 3 },
	{ 159, 4 },
	{ 160, 3 },  /* the first two are gone */
	{ 1000, 2 }, /* long after: that of 160 is in the window before */
	{ 2000, 2 },
};

static void
what_is_old_goes(void **state)
{
	struct sketch *s = calloc(1, sizeof(*s));
	struct sketch_window *w[] = { &s->window[0], &s->window[1] };
	struct rng rng = { 1 };
	struct sketch_found found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		struct query q = question((unsigned)i), *one = &q;

		sketch_see(s, &one, 1, &rng, seconds[i].second, 0);
		assert_int_equal(
		    sketch_heaviest(w, 2, SKETCH_NAMES, found, MOST),
		    seconds[i].names);
	}
	free(s);
}

/* Nothing is counted before the first one; the next one begins anew. */
static const struct {
	int64_t trace;
	unsigned questions;
} traces[] = { { 0, 0 }, { 5, 1 }, { 5, 2 }, { 0, 2 }, { 6, 1 } };

static void
a_trace_is_its_own(void **state)
{
	struct sketch *s = calloc(1, sizeof(*s));
	struct sketch_window *w = &s->trace;
	struct query q = question(1), *one = &q;
	struct rng rng = { 1 };
	int64_t since = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		sketch_see(s, &one, 1, &rng, 100, traces[i].trace);
		assert_int_equal(
		    sketch_questions(&w, 1, &since), traces[i].questions);
	}
	free(s);
}

/* Of a question that could not be read there is no name. */
static void
no_name_is_none(void **state)
{
	struct sketch *s = calloc(1, sizeof(*s));
	struct sketch_window *w[] = { &s->window[0], &s->window[1] };
	struct query q = question(1), *one = &q;
	struct rng rng = { 1 };
	struct sketch_found found[MOST];

	(void)state;
	q.question_len = 0;
	sketch_see(s, &one, 1, &rng, 100, 0);
	assert_int_equal(sketch_heaviest(w, 2, SKETCH_NAMES, found, MOST), 0);
	assert_int_equal(sketch_heaviest(w, 2, SKETCH_ASKERS, found, MOST), 1);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heaviest_are_found),
		cmocka_unit_test(what_is_old_goes),
		cmocka_unit_test(a_trace_is_its_own),
		cmocka_unit_test(no_name_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
