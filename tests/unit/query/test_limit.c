/*
 * test_limit.c - a network that asks more than it may is refused, and no other.
 */
#include "zones/query/limit.h"

#include <pthread.h>

#include "query_world.h"

static void
test_network(void **state)
{
	static const struct {
		const char *name, *from;
		bool tcp;
		int64_t after;
		int ede; /* 0: refused, as it is too many; -1: answered */
	} rows[] = {
		{ "web.internal", ME, false, 0, -1 },
		/* nobody's, and other people's, do not count */
		{ "web.internal", "192.0.2.1", false, 0, EDE_PROHIBITED },
		{ "example.org", ME, false, 0, EDE_NOT_AUTHORITATIVE },
		/* whoever of the network asks, and what */
		{ "none.internal", "fdaa:0:18::9", true, 0, -1 },
		{ "web.internal", ME, false, 0, EDE_OTHER },
		{ "none.internal", "fdaa:0:18::9", true, 0, EDE_OTHER },
		{ "example.org", ME, false, 0, EDE_NOT_AUTHORITATIVE },
		/* the others go on */
		{ "web.internal", "fdaa:0:19::1", false, 0, -1 },
		{ "web.internal", ME, false, 1, -1 },
	};

	(void)state;
	assert_int_equal(query_limit_open(&env.network_limit, 2, 0), E_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.size = 1232,
			.tcp = rows[i].tcp };
		struct asked a;

		print_message("row %zu\n", i);
		env.now = NOW + rows[i].after;
		ask(&a, &q, &env);
		assert_int_equal(asked_ede(&a), rows[i].ede);
		assert_int_equal(a.q.rcode == RCODE_REFUSED, rows[i].ede >= 0);
		asked_release(&a);
	}
	assert_int_equal(env.counters.over_limit, 2);
	query_limit_close(env.network_limit);
	env.network_limit = NULL;
}

#define WORKERS 4
#define EACH    20000
#define RATE    30000

static struct query_limit *shared;

static void *
worker(void *arg)
{
	unsigned *passed = arg;

	for (int i = 0; i < EACH; i++)
		*passed +=
		    query_limit_take_network(shared, 7, NOW) == LIMIT_PASS;
	return NULL;
}

/* Whichever worker a network's questions come to. */
static void
test_workers_count_together(void **state)
{
	unsigned passed[WORKERS] = { 0 }, all = 0;
	pthread_t thread[WORKERS];

	(void)state;
	assert_int_equal(query_limit_open(&shared, RATE, 0), E_OK);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, worker, &passed[i]), 0);
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		all += passed[i];
	}
	assert_int_equal(all, RATE);
	/* The others are not pushed out, as they have places of their own. */
	for (uint32_t other = 0; other < 1000; other++)
		assert_int_equal(query_limit_take_network(shared, other, NOW),
		    other == 7 ? LIMIT_DROP : LIMIT_PASS);
	query_limit_close(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_network, reset),
		cmocka_unit_test(test_workers_count_together),
	};

	return cmocka_run_group_tests(tests, start, end);
}
