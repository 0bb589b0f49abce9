/*
 * test_forward_stale.c - expired answers, and answers about to expire.
 */
#include "forward_lab.h"

#define WWW   "www.example.com. 300 IN A 192.0.2.1"
#define STALE "www.example.com. 30 IN A 192.0.2.1"

static struct lab lab;

static int
setup(void **state)
{
	(void)state;
	lab_open(&lab, 1);
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 10);
	lab_reply(&lab, 0, WWW);
	lab.sent_count = lab.got_count = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

static void
test_stale_after_waiting(void **state)
{
	(void)state;
	lab_pass(&lab, 301000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
	assert_int_equal(lab.sent_count, 1);
	lab_pass(&lab, 1790);
	assert_int_equal(lab.got_count, 0);
	/* RFC 8767: 1.8 seconds, TTL 30; RFC 8914: 3. */
	lab_pass(&lab, 20);
	assert_int_equal(lab.got_count, 1);
	assert_string_equal(lab.got, "NOERROR EDE3 " STALE);
	/* A reply that comes after all is kept. */
	lab_reply(&lab, 0, "www.example.com. 60 IN A 192.0.2.9");
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(
	    lab.got, "NOERROR www.example.com. 60 IN A 192.0.2.9");
}

static void
test_fresh_in_time(void **state)
{
	(void)state;
	lab_pass(&lab, 301000);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 1700);
	lab_reply(&lab, 0, "www.example.com. 60 IN A 192.0.2.9");
	assert_string_equal(
	    lab.got, "NOERROR www.example.com. 60 IN A 192.0.2.9");
	lab_pass(&lab, 5000);
	assert_int_equal(lab.got_count, 1);
}

static void
test_failing_for_a_while(void **state)
{
	(void)state;
	lab_pass(&lab, 301000);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 5100);
	assert_int_equal(lab.got_count, 1);
	assert_false(lab.ticking);
	lab.sent_count = 0;
	/* It has just failed: at once, and nobody is asked. */
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(lab.got, "NOERROR EDE3 " STALE);
	assert_int_equal(lab.sent_count, 0);
	lab_pass(&lab, 5001);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
}

static void
test_servfail_gives_stale(void **state)
{
	const struct lab_reply r = { .flags = RCODE_SERVFAIL };

	(void)state;
	lab_pass(&lab, 301000);
	(void)lab_ask(&lab, "www.example.com");
	lab_make_reply(&lab, 0, &r);
	lab_arrive(&lab, 0);
	assert_string_equal(lab.got, "NOERROR EDE3 " STALE);
}

static void
test_bogus_is_no_failure(void **state)
{
	const struct lab_reply r = { .flags = RCODE_SERVFAIL, .ede = 6 };

	(void)state;
	lab_pass(&lab, 301000);
	(void)lab_ask(&lab, "www.example.com");
	lab_make_reply(&lab, 0, &r);
	lab_arrive(&lab, 0);
	assert_string_equal(lab.got, "SERVFAIL EDE6");
}

static void
test_a_day_at_most(void **state)
{
	(void)state;
	lab_pass(&lab, (300 + 86400 - 3) * 1000);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 5100);
	assert_string_equal(lab.got, "NOERROR EDE3 " STALE);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 5100);
	assert_string_equal(lab.got, "SERVFAIL EDE22");
}

static void
test_stale_nxdomain(void **state)
{
	const struct lab_reply r = { .flags = RCODE_NXDOMAIN,
		.records = "|example.com. 60 IN SOA a. b. 1 2 3 4 60" };

	(void)state;
	(void)lab_ask(&lab, "nx.example.com");
	lab_make_reply(&lab, 0, &r);
	lab_arrive(&lab, 0);
	lab_pass(&lab, 61000);
	(void)lab_ask(&lab, "nx.example.com");
	lab_pass(&lab, 2000);
	assert_string_equal(
	    lab.got, "NXDOMAIN EDE19 example.com. 30 IN SOA a. b. 1 2 3 4 60");
}

static void
test_prefetch(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	lab_pass(&lab, 269000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_int_equal(lab.sent_count, 0);
	/* The last tenth. */
	lab_pass(&lab, 2000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_int_equal(lab.sent_count, 1);
	/* Once is enough. */
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_int_equal(lab.sent_count, 1);
	lab.got_count = 0;
	lab_reply(&lab, 0, WWW);
	assert_int_equal(lab.got_count, 0);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(lab.got, "NOERROR " WWW);
}

static void
test_no_prefetch_of_rare_names(void **state)
{
	(void)state;
	lab_pass(&lab, 275000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_int_equal(lab.sent_count, 0);
}

static void
test_failed_prefetch_changes_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 275000);
	(void)lab_ask(&lab, "www.example.com");
	assert_int_equal(lab.sent_count, 1);
	lab_pass(&lab, 5100);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(
	    lab.got, "NOERROR www.example.com. 20 IN A 192.0.2.1");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_stale_after_waiting),
		TEST(test_fresh_in_time),
		TEST(test_failing_for_a_while),
		TEST(test_servfail_gives_stale),
		TEST(test_bogus_is_no_failure),
		TEST(test_a_day_at_most),
		TEST(test_stale_nxdomain),
		TEST(test_prefetch),
		TEST(test_no_prefetch_of_rare_names),
		TEST(test_failed_prefetch_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
