/*
 * test_forward_try.c - upstreams that are slow, refuse, fail or lie down.
 */
#include "forward_lab.h"

#define WWW "www.example.com. 300 IN A 192.0.2.1"

static struct lab lab;

static int
setup(void **state)
{
	(void)state;
	lab_open(&lab, 2);
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
reply_as(unsigned i, uint16_t flags, const char *records)
{
	const struct lab_reply r = { .flags = flags, .records = records };

	lab_make_reply(&lab, i, &r);
	lab_arrive(&lab, i);
}

/* A question that is asked and answered, so that things are learnt. */
static void
warm_up(unsigned questions)
{
	char name[32];

	for (unsigned i = 0; i < questions; i++) {
		(void)snprintf(name, sizeof(name), "warm%u.example", i);
		(void)lab_ask(&lab, name);
		lab_pass(&lab, 10);
		lab_reply(&lab, lab.sent_count - 1, "");
	}
	lab.got_count = 0;
}

static void
test_another_is_asked(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 390);
	assert_int_equal(lab.sent_count, 1);
	lab_pass(&lab, 30);
	assert_int_equal(lab.sent_count, 2);
	assert_int_not_equal(lab_asked(&lab, 0), lab_asked(&lab, 1));
	lab_reply(&lab, 1, WWW);
	assert_string_equal(lab.got, "NOERROR " WWW);
	/* The first one's reply is late: it is nobody's. */
	lab_reply(&lab, 0, WWW);
	assert_int_equal(lab.got_count, 1);
	assert_int_equal(forward_counters(lab.forward)->dropped_replies, 1);
}

static void
test_the_first_may_still_answer(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 450);
	assert_int_equal(lab.sent_count, 2);
	lab_reply(&lab, 0, WWW);
	assert_string_equal(lab.got, "NOERROR " WWW);
}

static void
test_patience_is_learnt(void **state)
{
	(void)state;
	lab_start(&lab);
	warm_up(40);
	lab.sent_count = 0;
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 120);
	assert_int_equal(lab.sent_count, 2);
}

static void
test_the_best_is_asked(void **state)
{
	unsigned asked[2] = { 0 };

	(void)state;
	lab_start(&lab);
	for (unsigned i = 0; i < 200; i++) {
		char name[32];

		lab.sent_count = 0;
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		(void)lab_ask(&lab, name);
		/* The second is five times as far. */
		lab_pass(&lab, lab_asked(&lab, 0) == 0 ? 10 : 50);
		asked[lab_asked(&lab, 0)]++;
		lab_reply(&lab, 0, "");
	}
	assert_true(asked[0] > 180);
	assert_true(asked[1] > 0);
}

static void
test_all_silent(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 3890);
	assert_int_equal(lab.got_count, 0);
	assert_true(lab.sent_count >= 4 && lab.sent_count <= TRIES_MAX);
	lab_pass(&lab, 40);
	assert_int_equal(lab.got_count, 1);
	assert_string_equal(lab.got, "SERVFAIL EDE22");
	assert_false(lab.ticking);
	/* RFC 9520: not asked again at once; but soon. */
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(lab.got, "SERVFAIL EDE22");
	lab_pass(&lab, 1001);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
}

static void
test_unreachable(void **state)
{
	(void)state;
	lab.unreachable = true;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_pass(&lab, 100);
	assert_int_equal(lab.got_count, 1);
	assert_string_equal(lab.got, "SERVFAIL EDE23");
}

static void
test_one_refused(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_lose(&lab, 0);
	lab_pass(&lab, 20);
	assert_int_equal(lab.sent_count, 2);
	assert_int_not_equal(lab_asked(&lab, 0), lab_asked(&lab, 1));
	lab_reply(&lab, 1, WWW);
	assert_string_equal(lab.got, "NOERROR " WWW);
}

/* What a first upstream says, and whether the second is asked. */
static const struct {
	uint16_t flags;
	int ede;
	bool another;
	const char *in_the_end;
} failures[] = {
	{ RCODE_SERVFAIL, 0, true, "SERVFAIL EDE22" },
	{ RCODE_SERVFAIL, 9000, true, "SERVFAIL EDE9000" },
	{ RCODE_REFUSED, 0, true, "REFUSED EDE22" },
	{ RCODE_NXDOMAIN, 0, false, "NXDOMAIN" },
	/* Neither an answer nor a SOA: it does not know. */
	{ RCODE_NOERROR, 0, true, "SERVFAIL EDE22" },
	/* It was validated and is bogus: no other may say otherwise. */
	{ RCODE_SERVFAIL, 6, false, "SERVFAIL EDE6" },
	{ RCODE_SERVFAIL, 7, false, "SERVFAIL EDE7" },
};

static void
test_failures(void **state)
{
	(void)state;
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct lab_reply r = { .flags = failures[i].flags,
			.ede = failures[i].ede };

		cache_flush(lab.cache, NULL);
		lab.sent_count = 0;
		(void)lab_ask(&lab, "www.example.com");
		lab_make_reply(&lab, 0, &r);
		lab_arrive(&lab, 0);
		assert_int_equal(lab.sent_count, failures[i].another ? 2 : 1);
		if (failures[i].another) {
			assert_int_not_equal(
			    lab_asked(&lab, 0), lab_asked(&lab, 1));
			lab_make_reply(&lab, 1, &r);
			lab_arrive(&lab, 1);
		}
		assert_string_equal(lab.got, failures[i].in_the_end);
	}
}

static void
test_truncated_goes_by_stream(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	assert_false(lab.sent[0].stream);
	reply_as(0, DNS_TC, "");
	assert_int_equal(lab.sent_count, 2);
	assert_true(lab.sent[1].stream);
	assert_ptr_equal(lab.sent[0].upstream, lab.sent[1].upstream);
	lab_reply(&lab, 1, WWW);
	assert_string_equal(lab.got, "NOERROR " WWW);
}

/* What of a question an upstream takes amiss: it gets none of it then. */
enum { COOKIE = 1, EDNS = 2 };

static bool
has(unsigned i, unsigned what)
{
	struct shape shape = lab.sent[i].shape;

	return ((what & COOKIE) != 0 && shape.cookie) ||
	    ((what & EDNS) != 0 && shape.edns);
}

static const struct {
	unsigned amiss;
	uint16_t rcode;
	bool with_edns;    /* its errors have OPT */
	unsigned messages; /* until there is an answer */
	enum able able;
} rungs[] = {
	{ COOKIE, RCODE_FORMERR, true, 2, ABLE_COOKIES },
	{ COOKIE, RCODE_FORMERR, false, 2, ABLE_COOKIES },
	{ COOKIE, RCODE_NOTIMP, true, 2, ABLE_COOKIES },
	{ COOKIE, 9, true, 2, ABLE_COOKIES },
	{ EDNS, RCODE_FORMERR, false, 3, ABLE_EDNS },
	{ EDNS, RCODE_FORMERR, true, 3, ABLE_EDNS },
	{ EDNS, RCODE_NOTIMP, false, 3, ABLE_EDNS },
	{ EDNS, RCODE_SERVFAIL, false, 3, ABLE_EDNS },
	{ EDNS, RCODE_REFUSED, false, 3, ABLE_EDNS },
};

static void
test_rungs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		const struct lab_reply bad = { .flags = rungs[i].rcode,
			.no_edns = !rungs[i].with_edns };
		struct ability *able;

		lab_close(&lab);
		lab_open(&lab, 1);
		lab_start(&lab);
		able = lab.forward->upstreams[0].able;
		(void)lab_ask(&lab, "www.example.com");
		for (unsigned s = 0; s < lab.sent_count; s++) {
			if (has(s, rungs[i].amiss)) {
				lab_make_reply(&lab, s, &bad);
				lab_arrive(&lab, s);
			} else {
				lab_reply(&lab, s, WWW);
			}
		}
		assert_int_equal(lab.sent_count, rungs[i].messages);
		assert_string_equal(lab.got, "NOERROR " WWW);
		assert_int_equal(
		    ability_is(&able[rungs[i].able], lab.now_us), LEARNT_NO);
		/* And so for the next one at once; but not for ever. */
		(void)lab_ask(&lab, "www.example.net");
		assert_false(has(lab.sent_count - 1, rungs[i].amiss));
		lab_pass(&lab, 301000);
		(void)lab_ask(&lab, "www.example.org");
		assert_true(has(lab.sent_count - 1, rungs[i].amiss));
	}
}

/* One that had EDNS and lost it: TCP says so, and then it is known. */
static void
test_edns_is_lost(void **state)
{
	const struct lab_reply formerr = { .flags = RCODE_FORMERR,
		.no_edns = true };
	struct ability *able;

	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab_start(&lab);
	able = lab.forward->upstreams[0].able;
	(void)lab_ask(&lab, "www.example.com");
	lab_reply(&lab, 0, WWW);
	assert_int_equal(ability_is(&able[ABLE_EDNS], lab.now_us), LEARNT_YES);
	(void)lab_ask(&lab, "www.example.net");
	for (unsigned s = 1; s < lab.sent_count; s++) {
		if (lab.sent[s].shape.edns) {
			lab_make_reply(&lab, s, &formerr);
			lab_arrive(&lab, s);
		} else {
			assert_true(lab.sent[s].stream);
			lab_reply(&lab, s, "");
		}
	}
	assert_int_equal(lab.got_count, 2);
	assert_int_equal(ability_is(&able[ABLE_EDNS], lab.now_us), LEARNT_NO);
	(void)lab_ask(&lab, "www.example.org");
	assert_int_equal(lab.sent[lab.sent_count - 1].msg[11], 0);
	assert_false(lab.sent[lab.sent_count - 1].stream);
}

/* A header with an rcode and nothing else; what it is worth. */
static void
test_short_errors(void **state)
{
	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	for (unsigned s = 0; s < lab.sent_count; s++) {
		const struct lab_reply bad = { .flags = RCODE_FORMERR };

		if (!has(s, EDNS)) {
			lab_reply(&lab, s, WWW);
			continue;
		}
		lab_make_reply(&lab, s, &bad);
		memset(lab.pkt + 4, 0, 8);
		lab.pkt_len = DNS_HEADER;
		lab_arrive(&lab, s);
	}
	assert_string_equal(lab.got, "NOERROR " WWW);
	assert_int_equal(lab.sent_count, 3);
}

/* Nothing comes over UDP: TCP is tried, and then known to be the way. */
static void
test_stream_only(void **state)
{
	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	for (unsigned ms = 0; ms < 3900 && lab.got_count == 0; ms += 10) {
		lab_pass(&lab, 10);
		if (lab.sent[lab.sent_count - 1].stream)
			lab_reply(&lab, lab.sent_count - 1, WWW);
	}
	assert_string_equal(lab.got, "NOERROR " WWW);
	(void)lab_ask(&lab, "www.example.net");
	assert_true(lab.sent[lab.sent_count - 1].stream);
	lab_pass(&lab, 301000);
	(void)lab_ask(&lab, "www.example.org");
	assert_false(lab.sent[lab.sent_count - 1].stream);
}

static void
test_down_and_up(void **state)
{
	unsigned probes = 0;

	(void)state;
	lab_start(&lab);
	/* The first is silent, the second answers. */
	for (unsigned i = 0; i < 200; i++) {
		char name[32];
		unsigned from = lab.sent_count;

		(void)snprintf(name, sizeof(name), "n%u.example", i);
		(void)lab_ask(&lab, name);
		lab_pass(&lab, 450);
		for (unsigned s = from; s < lab.sent_count; s++)
			if (lab_asked(&lab, s) == 1)
				lab_reply(&lab, s, "");
	}
	assert_true(upstream_is_down(&lab.forward->upstreams[0]));
	assert_false(upstream_is_down(&lab.forward->upstreams[1]));
	assert_int_equal(lab.got_count, 200);

	/* From now on it gets probes of ours, further and further apart. */
	for (unsigned s = lab.sent_count - 100; s < lab.sent_count; s++)
		if (lab_asked(&lab, s) == 0) {
			probes++;
			assert_int_equal(lab.sent[s].msg[DNS_HEADER], 0);
		}
	assert_true(probes > 0 && probes < 10);

	/* One that answers brings it back. */
	for (unsigned i = 0;
	     i < 400 && upstream_is_down(&lab.forward->upstreams[0]); i++) {
		char name[32];
		unsigned from = lab.sent_count;

		(void)snprintf(name, sizeof(name), "m%u.example", i);
		(void)lab_ask(&lab, name);
		lab_pass(&lab, 100);
		for (unsigned s = from; s < lab.sent_count; s++)
			lab_reply(&lab, s, "");
	}
	assert_false(upstream_is_down(&lab.forward->upstreams[0]));
}

static void
test_all_down_is_cheap(void **state)
{
	(void)state;
	lab_start(&lab);
	for (unsigned i = 0; i < 300; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%u.example", i);
		(void)lab_ask(&lab, name);
	}
	lab_pass(&lab, 6000);
	assert_int_equal(lab.got_count, 300);
	lab.got_count = lab.sent_count = 0;
	for (unsigned i = 0; i < 300; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "m%u.example", i);
		(void)lab_ask(&lab, name);
	}
	lab_pass(&lab, 20);
	/* Few may try; the others are not kept waiting. */
	assert_true(lab.sent_count <= 2 * UPSTREAM_DEAD_WAITING + 2);
	assert_true(lab.got_count >= 300 - 2 * UPSTREAM_DEAD_WAITING);
	assert_string_equal(lab.got, "SERVFAIL EDE22");
}

/* Networks in order, and whether their question waits; 12 in all, 6 each. */
static const struct {
	uint32_t network;
	bool waits;
} bounds[] = {
	{ 1, true },
	{ 1, true },
	{ 1, true },
	{ 1, true },
	{ 1, true },
	{ 1, true },
	/* One more than a network may have. */
	{ 1, false },
	{ 2, true },
	{ 2, true },
	{ 2, true },
	/* The last quarter is for those that have none. */
	{ 2, false },
	{ 3, true },
	{ 3, false },
	{ 4, true },
	{ 5, true },
	{ 6, false },
};

static void
test_bounds(void **state)
{
	struct lab_question q = { .network = 0 };
	char name[32];

	(void)state;
	lab.config.in_flight = 12;
	lab.config.in_flight_network = 6;
	lab_start(&lab);
	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		q.name = name;
		q.network = bounds[i].network;
		assert_int_equal(lab_ask_as(&lab, &q),
		    bounds[i].waits ? QUERY_DROP : QUERY_SEND);
		if (!bounds[i].waits)
			assert_string_equal(lab.got, "SERVFAIL EDE0");
	}
	assert_int_equal(forward_waiting(lab.forward), 12);
	assert_int_equal(forward_counters(lab.forward)->over_limit, 4);
	lab_reply(&lab, 0, "");
	assert_int_equal(lab_ask_as(&lab, &q), QUERY_DROP);
}

/* Another worker's questions count as well. */
static void
test_bounds_over_workers(void **state)
{
	(void)state;
	lab.config.in_flight = 8;
	lab.config.in_flight_network = 3;
	lab_start(&lab);
	assert_true(load_take(lab.load, 7, 8, 3));
	assert_true(load_take(lab.load, 7, 8, 3));
	assert_int_equal(
	    lab_ask_as(&lab,
		&(struct lab_question){ .name = "a.example", .network = 7 }),
	    QUERY_DROP);
	assert_int_equal(
	    lab_ask_as(&lab,
		&(struct lab_question){ .name = "b.example", .network = 7 }),
	    QUERY_SEND);
	assert_int_equal(
	    lab_ask_as(&lab,
		&(struct lab_question){ .name = "c.example", .network = 8 }),
	    QUERY_DROP);
}

static void
test_nobody_to_ask(void **state)
{
	(void)state;
	lab.config.upstream_count = 0;
	lab_start(&lab);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(lab.got, "REFUSED EDE20");
}

static void
test_not_for_a_resolver(void **state)
{
	const struct lab_question no_recursion = { .name = "a.example",
		.no_recursion = true };
	const struct lab_question transfer = { .name = "a.example",
		.type = TYPE_AXFR };

	(void)state;
	lab_start(&lab);
	assert_int_equal(lab_ask_as(&lab, &no_recursion), QUERY_SEND);
	assert_string_equal(lab.got, "REFUSED EDE20");
	assert_int_equal(lab_ask_as(&lab, &transfer), QUERY_SEND);
	assert_string_equal(lab.got, "REFUSED EDE20");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_another_is_asked),
		TEST(test_the_first_may_still_answer),
		TEST(test_patience_is_learnt),
		TEST(test_the_best_is_asked),
		TEST(test_all_silent),
		TEST(test_unreachable),
		TEST(test_one_refused),
		TEST(test_failures),
		TEST(test_truncated_goes_by_stream),
		TEST(test_rungs),
		TEST(test_edns_is_lost),
		TEST(test_short_errors),
		TEST(test_stream_only),
		TEST(test_down_and_up),
		TEST(test_all_down_is_cheap),
		TEST(test_bounds),
		TEST(test_bounds_over_workers),
		TEST(test_nobody_to_ask),
		TEST(test_not_for_a_resolver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
