/*
 * test_query_network.c - whose question it is, and what is forwarded.
 */
#include "zones/query/query.h"

#include "query_world.h"

/* Whose question it is, with EDNS, so that it is told why not. */
static void
test_networks(void **state)
{
	static const struct {
		const char *from, *to, *bound, *name, *expected;
	} rows[] = {
		/* by destination */
		{ ME, "fdaa:0:18::3", NULL, "f1.vm.web.internal",
		    "NOERROR 5: fdaa:0:18::2" },
		/* acme's resolver, from gamma */
		{ "fdaa:0:1a:8000::1", "fdaa:0:18::3", NULL,
		    "f1.vm.web.internal", "REFUSED EDE18" },
		/* a resolver outside its networks' prefixes is everybody's */
		{ "fdaa:0:19::1", "fdaa::3", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ "fdaa:0:1a:8000::1", "fdaa::3", NULL, "web.internal",
		    "NOERROR 0: fdaa:0:1a:8000::1" },
		{ ME, "fdaa::3", NULL, "f1.vm.web.internal",
		    "NOERROR 5: fdaa:0:18::2" },
		{ ME, "10.9.9.9", NULL, "f1.vm.web.internal",
		    "NOERROR 5: fdaa:0:18::2" },
		{ "fdaa:0:19::1", "fdaa:0:18::3", NULL, "web.internal",
		    "REFUSED EDE18" },
		{ "fdaa:0:19::1", "10.9.9.9", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		/* any other destination: by source */
		{ "fdaa:0:19::1", "fdaa:0:18::1", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		/* bound */
		{ "192.0.2.1", "192.0.2.2", "beta", "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ ME, "fdaa:0:18::3", "beta", "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ ME, NULL, "none", "web.internal", "REFUSED EDE18" },
		/* nobody's */
		{ "192.0.2.1", NULL, NULL, "web.internal", "REFUSED EDE18" },
		{ "192.0.2.1", NULL, NULL, "example.com", "REFUSED EDE18" },
		{ "192.0.2.1", NULL, NULL, "localhost", "REFUSED EDE18" },
		/* not ours to answer, and no upstream */
		{ ME, NULL, NULL, "example.com", "REFUSED EDE20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.to = rows[i].to,
			.bound = rows[i].bound,
			.size = 1232 };

		print_message("row %zu\n", i);
		check(&q, rows[i].expected, true);
	}
}

/* What is forwarded, what for whom, and what never. */
static void
test_forwards(void **state)
{
	static const struct {
		const char *from, *name, *expected;
	} rows[] = {
		{ ME, "example.com", "forward" },
		{ ME, ".", "forward" },
		{ ME, "com", "forward" },
		{ ME, "arpa", "forward" },
		{ ME, "ip6.arpa", "forward" },
		{ ME, "8.8.8.8.in-addr.arpa", "forward" },
		{ ME, "172.in-addr.arpa", "forward" },
		{ ME, "\\000.8.8.in-addr.arpa", "forward" },
		{ ME, "f.ip6.arpa", "forward" },
		{ ME, "none.internal", "NXDOMAIN soa 5" },
		{ ME, "1.0.0.10.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "1.1.168.192.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "64.100.in-addr.arpa", "NOERROR soa 5" },
		{ ME, "1.0.0.127.in-addr.arpa", "NOERROR soa 5" },
		{ ME, "x.1.0.0.127.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "tv.home.arpa", "NXDOMAIN soa 5" },
		{ ME, "_dns.resolver.arpa", "NOERROR soa 5" },
		{ ME, "use-application-dns.net", "NXDOMAIN soa 5" },
		{ ME, "x.test", "NXDOMAIN soa 5" },
		{ ME, "x.c.f.ip6.arpa", "NXDOMAIN soa 5" },
		{ ME, "8.e.f.ip6.arpa", "NOERROR soa 5" },
		{ ME, "x.local", "NXDOMAIN soa 5" },
		{ ME, "x.onion", "NXDOMAIN soa 5" },
		/* allowed, of no network */
		{ "198.51.100.7", "example.com", "forward" },
		{ "198.51.100.7", "8.8.8.8.in-addr.arpa", "forward" },
		{ "198.51.100.7", "web.internal", "REFUSED EDE18" },
		{ "198.51.100.7", "internal", "REFUSED EDE18" },
		{ "198.51.100.7", "1.0.0.10.in-addr.arpa", "REFUSED EDE18" },
		{ "198.51.100.7", "localhost", "NOERROR 5: ::1" },
		{ "198.51.100.7", "x.onion", "NXDOMAIN soa 5" },
		{ "198.51.100.7", "_dns.resolver.arpa", "NOERROR soa 5" },
		{ "198.51.101.7", "example.com", "REFUSED EDE18" },
	};
	struct prefix allow;

	(void)state;
	assert_true(prefix_parse(&allow, "198.51.100.0/24"));
	env.forwards = true;
	env.allow = &allow;
	env.allow_count = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.size = 1232 };

		check(&q, rows[i].expected, true);
	}
	env.forwards = false;
	env.allow_count = 0;
}

/* What is forwarded is as it came. */
static void
test_untouched(void **state)
{
	const struct ask q = {
		.name = "eXample.com", .type = A6, .from = ME, .size = 4096
	};
	uint8_t sent[512];
	size_t len = ask_packet(&q, sent, sizeof(sent));
	struct asked a;

	(void)state;
	env.forwards = true;
	ask(&a, &q, &env);
	env.forwards = false;
	assert_int_equal(a.next, QUERY_FORWARD);
	assert_int_equal(a.q.len, len);
	assert_memory_equal(a.pkt, sent, len);
	assert_int_equal(a.q.edns_size, 4096);
	assert_int_equal(a.q.question_len, len - 12 - 11);
}

/* Before the first commit: nobody knows whose question it is. */
static void
test_no_store(void **state)
{
	static const struct {
		const char *from, *name, *expected;
	} rows[] = {
		{ ME, "web.internal", "SERVFAIL EDE14" },
		{ ME, "localhost", "NOERROR 5: ::1" },
		{ ME, "x.onion", "NXDOMAIN soa 5" },
		{ ME, "example.com", "SERVFAIL EDE14" },
		{ "198.51.100.7", "web.internal", "SERVFAIL EDE14" },
		{ "198.51.100.7", "1.0.0.10.in-addr.arpa", "SERVFAIL EDE14" },
		{ "198.51.100.7", "example.com", "forward" },
		{ "198.51.100.7", "8.8.8.8.in-addr.arpa", "forward" },
	};
	struct fixture none;
	struct prefix allow;

	(void)state;
	fixture_open(&none);
	assert_true(prefix_parse(&allow, "198.51.100.0/24"));
	env.forwards = true;
	env.allow = &allow;
	env.allow_count = 1;
	env.snapshot = none.snapshot;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.size = 1232 };

		check(&q, rows[i].expected, true);
	}
	env.snapshot = f.snapshot;
	env.forwards = false;
	env.allow_count = 0;
	fixture_close(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_networks, reset),
		cmocka_unit_test_setup(test_forwards, reset),
		cmocka_unit_test_setup(test_untouched, reset),
		cmocka_unit_test_setup(test_no_store, reset),
	};

	return cmocka_run_group_tests(tests, start, end);
}
