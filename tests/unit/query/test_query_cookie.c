/*
 * test_query_cookie.c - server cookies, and what is done for who has none.
 */
#include "zones/query/query.h"

#include "query_world.h"

#define NOW_2019 1559731985 /* Wed Jun  5 10:53:05 UTC 2019 */

static const uint8_t secrets[2][16] = {
	{ 0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc,
	    0x84, 0x9e, 0x37, 0xbf, 0xcf },
	{ 0xdd, 0x3b, 0xdf, 0x93, 0x44, 0xb6, 0x78, 0xb1, 0x85, 0xa6, 0xf5,
	    0xcb, 0x60, 0xfc, 0xa7, 0x15 },
};
static struct siphash_key key[2];

static int
start_with_secrets(void **state)
{
	(void)reset(state);
	memcpy(key, secrets, sizeof(key));
	env.secret = key;
	env.secret_count = 2;
	env.now = NOW_2019;
	env.unproven_size = 0;
	return 0;
}

static size_t
hex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;
	unsigned octet;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sscanf(text + 2 * i, "%2x", &octet), 1);
		out[i] = (uint8_t)octet;
	}
	return n;
}

/* Asks web.internal with a cookie; the reply's is told in hex. */
static void
ask_with(struct asked *a, const char *cookie, const char *from, bool tcp,
    char out[81])
{
	const struct ask q = { .name = "web.internal",
		.type = A6,
		.from = from,
		.bound = "acme",
		.size = 1232,
		.tcp = tcp };
	size_t len = ask_packet(&q, a->pkt, sizeof(a->pkt));
	size_t n = hex(cookie, a->pkt + len + 4);

	dns_put16(a->pkt + len - 2, (uint16_t)(n == 0 ? 0 : n + 4));
	dns_put16(a->pkt + len, EDNS_OPTION_COOKIE);
	dns_put16(a->pkt + len + 2, (uint16_t)n);
	ask_raw(a, &q, len + (n == 0 ? 0 : n + 4), &env);
	out[0] = '\0';
	if (a->reply == NULL || ldns_pkt_edns_data(a->reply) == NULL)
		return;
	for (size_t i = 4; i < ldns_rdf_size(ldns_pkt_edns_data(a->reply)); i++)
		(void)snprintf(out + 2 * (i - 4), 3, "%02x",
		    ldns_rdf_data(ldns_pkt_edns_data(a->reply))[i]);
}

/* RFC 9018, appendix A, and what is no cookie of ours. */
static void
test_vectors(void **state)
{
	static const struct {
		int64_t now;
		const char *from, *cookie, *reply;
		bool proven;
	} rows[] = {
		/* A.1: a new one */
		{ NOW_2019, "198.51.100.100", "2464c4abcf10c957",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", false },
		/* A.2: the same again, not made anew */
		{ NOW_2019 + 60, "198.51.100.100",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", true },
		/* A.3: with the reserved octets of somebody else */
		{ 0x5cf78f71, "203.0.113.203",
		    "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
		    "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", true },
		/* so old that a new one is given */
		{ NOW_2019 + 1801, "198.51.100.100",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL,
		    true },
		/* too old, from the future, another's, another version */
		{ NOW_2019 + 3601, "198.51.100.100",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL,
		    false },
		{ NOW_2019 - 301, "198.51.100.100",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL,
		    false },
		{ NOW_2019, "198.51.100.101",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480", NULL,
		    false },
		{ NOW_2019, "198.51.100.100",
		    "2464c4abcf10c957020000005cf79f111f8130c3eee29480", NULL,
		    false },
		/* longer than ours */
		{ NOW_2019, "198.51.100.100",
		    "2464c4abcf10c957010000005cf79f111f8130c3eee2948000", NULL,
		    false },
		/* none */
		{ NOW_2019, "198.51.100.100", "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked a;
		char reply[81];

		print_message("row %zu\n", i);
		env.now = rows[i].now;
		ask_with(&a, rows[i].cookie, rows[i].from, false, reply);
		assert_int_equal(a.q.proven, rows[i].proven);
		if (rows[i].reply != NULL)
			assert_string_equal(reply, rows[i].reply);
		else
			assert_int_equal(strlen(reply), 2 * COOKIE_LEN);
		asked_release(&a);
	}
}

/* A.4: a secret of before is still taken; the reply is signed by the new. */
static void
test_secrets(void **state)
{
	static const uint8_t new[16] = { 0x44, 0x55, 0x36, 0xbc, 0xd2, 0x51,
		0x32, 0x98, 0x07, 0x5a, 0x5d, 0x37, 0x96, 0x63, 0xc9, 0x62 };
	static const char cookie[] =
	    "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
	struct asked a;
	char reply[81];

	(void)state;
	memcpy(&key[0], new, sizeof(new));
	env.now = 0x5cf7c609;
	ask_with(
	    &a, cookie, "2001:db8:220:1:59de:d0f4:8769:82b8", false, reply);
	assert_true(a.q.proven);
	assert_string_equal(
	    reply, "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
	asked_release(&a);
	env.secret_count = 1;
	ask_with(
	    &a, cookie, "2001:db8:220:1:59de:d0f4:8769:82b8", false, reply);
	assert_false(a.q.proven);
	asked_release(&a);
	env.secret_count = 0;
	ask_with(
	    &a, cookie, "2001:db8:220:1:59de:d0f4:8769:82b8", false, reply);
	assert_string_equal(reply, "");
	asked_release(&a);
}

/* Three AAAA are 125 octets with OPT, and a cookie 28 more. */
static void
test_unproven(void **state)
{
	static const char from[] = "198.51.100.100";
	static const char good[] =
	    "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	static const struct {
		const char *cookie;
		bool tcp, cut;
	} rows[] = {
		{ "", false, true },
		{ "2464c4abcf10c957", false, true },
		{ good, false, false },
		{ "", true, false },
	};

	(void)state;
	env.unproven_size = 120;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked a;
		char reply[81];

		print_message("row %zu\n", i);
		ask_with(&a, rows[i].cookie, from, rows[i].tcp, reply);
		assert_int_equal(ldns_pkt_tc(a.reply), rows[i].cut);
		assert_true(!rows[i].cut || a.q.len <= 120);
		asked_release(&a);
	}
}

/* Three a second, then each second one is cut to nothing. */
static void
test_limit(void **state)
{
	static const char good[] =
	    "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	static const struct {
		const char *from, *cookie;
		bool tcp;
		int64_t after;
		char what; /* answered, dropped, cut */
	} rows[] = {
		{ "198.51.100.100", "", false, 0, 'a' },
		{ "198.51.100.101", "", false, 0, 'a' },
		{ "198.51.100.102", "", false, 0, 'a' },
		{ "198.51.100.100", "", false, 0, 'd' },
		{ "198.51.100.100", "", false, 0, 'c' },
		{ "198.51.100.100", "", false, 0, 'd' },
		/* another prefix; who is there; the next second */
		{ "198.51.101.100", "", false, 0, 'a' },
		{ "198.51.100.100", "", true, 0, 'a' },
		{ "198.51.100.100", good, false, 0, 'a' },
		{ "198.51.100.100", "", false, 1, 'a' },
	};

	(void)state;
	assert_int_equal(query_limit_open(&env.limit, 3, 2), E_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked a;
		char reply[81];

		print_message("row %zu\n", i);
		env.now = NOW_2019 + rows[i].after;
		ask_with(&a, rows[i].cookie, rows[i].from, rows[i].tcp, reply);
		assert_int_equal(a.next == QUERY_DROP, rows[i].what == 'd');
		if (a.next == QUERY_DROP)
			continue;
		assert_int_equal(ldns_pkt_tc(a.reply), rows[i].what == 'c');
		assert_int_equal(
		    ldns_pkt_ancount(a.reply), rows[i].what == 'c' ? 0 : 3);
		asked_release(&a);
	}
	assert_int_equal(env.counters.limited, 3);
	query_limit_close(env.limit);
	env.limit = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors, start_with_secrets),
		cmocka_unit_test_setup(test_secrets, start_with_secrets),
		cmocka_unit_test_setup(test_unproven, start_with_secrets),
		cmocka_unit_test_setup(test_limit, start_with_secrets),
	};

	return cmocka_run_group_tests(tests, start, end);
}
