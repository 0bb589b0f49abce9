/*
 * test_limit.c - a network that asks more than it may is refused, and no other.
 */
#include "zones/query/limit.h"

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
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(
	    test_network, reset) };

	return cmocka_run_group_tests(tests, start, stop);
}
