/*
 * test_forward.c - a question's way, step by step, on the test's clock.
 */
#include "forward_lab.h"

#include "base/letters.h"

#define WWW "www.example.com. 300 IN A 192.0.2.1"
#define SOA "example.com. 900 IN SOA ns.example.com. h.example.com. 1 2 3 4 60"

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
test_answer(void **state)
{
	(void)state;
	lab_start(&lab);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
	assert_int_equal(lab.sent_count, 1);
	lab_reply(&lab, 0, WWW);
	assert_int_equal(lab.got_count, 1);
	assert_int_equal(lab.got_id, 1);
	assert_string_equal(lab.got, "NOERROR " WWW);
	/* Nothing waits, so nothing ticks. */
	assert_false(lab.ticking);
	assert_int_equal(forward_waiting(lab.forward), 0);
}

static void
test_ttl_counts_down(void **state)
{
	(void)state;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_reply(&lab, 0, WWW);
	lab_pass(&lab, 10500);
	assert_int_equal(lab_ask(&lab, "WWW.example.com"), QUERY_SEND);
	assert_string_equal(
	    lab.got, "NOERROR WWW.example.com. 290 IN A 192.0.2.1");
	assert_int_equal(lab.got_id, 2);
	assert_memory_equal(lab.pkt + DNS_HEADER, "\003WWW\007example", 12);
	lab_pass(&lab, 289000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
	assert_string_equal(
	    lab.got, "NOERROR www.example.com. 1 IN A 192.0.2.1");
	lab_pass(&lab, 1000);
	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
}

/* What is the same question, and what is another one. */
static const struct {
	struct lab_question first, second;
	bool same;
} keys[] = {
	{ { .name = "a.example" }, { .name = "a.example" }, true },
	{ { .name = "a.example" }, { .name = "A.EXAMPLE" }, true },
	{ { .name = "a.example" }, { .name = "a.example", .no_edns = true },
	    true },
	{ { .name = "a.example" }, { .name = "a.example", .tcp = true }, true },
	{ { .name = "a.example" }, { .name = "a.example", .network = 7 },
	    true },
	{ { .name = "a.example" }, { .name = "a.example", .flags = DNS_AD },
	    true },
	{ { .name = "a.example" }, { .name = "a.example", .type = TYPE_AAAA },
	    false },
	{ { .name = "a.example" }, { .name = "a.example", .edns_do = true },
	    false },
	{ { .name = "a.example" }, { .name = "a.example", .flags = DNS_CD },
	    false },
	{ { .name = "a.example" }, { .name = "b.example" }, false },
	{ { .name = "a.example" }, { .name = "a.a.example" }, false },
};

static void
test_joined(void **state)
{
	(void)state;
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		unsigned sent = lab.sent_count;

		assert_int_equal(lab_ask_as(&lab, &keys[i].first), QUERY_DROP);
		assert_int_equal(lab_ask_as(&lab, &keys[i].second), QUERY_DROP);
		assert_int_equal(lab.sent_count, sent + (keys[i].same ? 1 : 2));
		lab.got_count = 0;
		for (unsigned s = sent; s < lab.sent_count; s++)
			lab_reply(&lab, s, "");
		assert_int_equal(lab.got_count, 2);
	}
}

static void
test_cached_by_key(void **state)
{
	(void)state;
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct lab_reply soa = { .records =
						   "|example. 60 IN SOA a. b. "
						   "1 2 3 4 60" };

		cache_flush(lab.cache, NULL);
		assert_int_equal(lab_ask_as(&lab, &keys[i].first), QUERY_DROP);
		lab_make_reply(&lab, lab.sent_count - 1, &soa);
		lab_arrive(&lab, lab.sent_count - 1);
		assert_int_equal(lab_ask_as(&lab, &keys[i].second),
		    keys[i].same ? QUERY_SEND : QUERY_DROP);
		if (!keys[i].same)
			lab_reply(&lab, lab.sent_count - 1, "");
	}
}

/* How long an answer is fresh; 0: it is asked for again at once. */
static const struct {
	const char *records;
	uint16_t flags;
	unsigned seconds;
} lifetimes[] = {
	{ WWW, 0, 300 },
	{ "www.example.com. 0 IN A 192.0.2.1", 0, 0 },
	/* The least of all records. */
	{ "www.example.com. 300 IN A 192.0.2.1;"
	  "www.example.com. 7 IN A 192.0.2.2",
	    0, 7 },
	{ "www.example.com. 90 IN CNAME a.example.net.;"
	  "a.example.net. 30 IN A 192.0.2.1",
	    0, 30 },
	/* At most a day; a TTL with the first bit set is none. */
	{ "www.example.com. 604800 IN A 192.0.2.1", 0, 86400 },
	{ "www.example.com. 3000000000 IN A 192.0.2.1", 0, 0 },
	/* RFC 2308: the lesser of TTL and MINIMUM; nothing without a SOA. */
	{ "|" SOA, 0, 60 },
	{ "|" SOA, RCODE_NXDOMAIN, 60 },
	{ "|example.com. 5 IN SOA a. b. 1 2 3 4 900", RCODE_NXDOMAIN, 5 },
	{ "|example.com. 90000 IN SOA a. b. 1 2 3 4 90000", 0, 10800 },
	{ "", RCODE_NXDOMAIN, 0 },
	{ "", 0, 0 },
	/* It knows nothing: as good as a failure. */
	{ "|com. 60 IN NS ns.example.com.", 0, 5 },
	{ "www.example.com. 90 IN CNAME a.example.com.|" SOA, 0, 60 },
	/* RFC 9520. */
	{ "", RCODE_SERVFAIL, 5 },
	{ "", RCODE_REFUSED, 0 },
};

static void
test_lifetimes(void **state)
{
	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(lifetimes) / sizeof(lifetimes[0]); i++) {
		const struct lab_reply r = { .records = lifetimes[i].records,
			.flags = lifetimes[i].flags };

		cache_flush(lab.cache, NULL);
		assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
		lab_make_reply(&lab, lab.sent_count - 1, &r);
		lab_arrive(&lab, lab.sent_count - 1);
		if (lifetimes[i].seconds > 0) {
			lab_pass(&lab, lifetimes[i].seconds * 1000 - 1);
			assert_int_equal(
			    lab_ask(&lab, "www.example.com"), QUERY_SEND);
			lab_pass(&lab, 1);
		}
		assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
		lab_make_reply(&lab, lab.sent_count - 1, &r);
		lab_arrive(&lab, lab.sent_count - 1);
	}
}

/* What becomes of records that the question has no business with. */
static const struct {
	const char *comes, *stays;
} bailiwick[] = {
	{ WWW ";evil.example. 300 IN A 192.0.2.66", WWW },
	{ "evil.example. 300 IN A 192.0.2.66;" WWW, WWW },
	{ WWW ";evil.example. 300 IN A 192.0.2.66;"
	      "www.example.com. 300 IN A 192.0.2.2",
	    WWW " www.example.com. 300 IN A 192.0.2.2" },
	{ "www.example.com. 60 IN CNAME c.example.net.;"
	  "c.example.net. 60 IN A 192.0.2.3",
	    "www.example.com. 60 IN CNAME c.example.net. "
	    "c.example.net. 60 IN A 192.0.2.3" },
	{ "evil.example. 60 IN A 192.0.2.66;"
	  "www.example.com. 60 IN CNAME c.example.net.;"
	  "c.example.net. 60 IN A 192.0.2.3",
	    "www.example.com. 60 IN CNAME c.example.net. "
	    "c.example.net. 60 IN A 192.0.2.3" },
	{ "example.com. 60 IN DNAME example.net.;"
	  "www.example.com. 60 IN CNAME www.example.net.;"
	  "www.example.net. 60 IN A 192.0.2.3",
	    "example.com. 60 IN DNAME example.net. "
	    "www.example.com. 60 IN CNAME www.example.net. "
	    "www.example.net. 60 IN A 192.0.2.3" },
	/* Authority: zones that the name is in. */
	{ WWW "|example.com. 60 IN NS ns.example.com.",
	    WWW " example.com. 60 IN NS ns.example.com." },
	/* Whoever sends up to the root has no answer; nor is a proof of ours.
	 */
	{ WWW "|. 60 IN NS ns.example.com.", WWW },
	{ WWW "|a.victim.example. 60 IN NSEC b.victim.example. A", WWW },
	{ WWW "|victim.example. 60 IN NS ns.evil.example.", WWW },
	{ WWW "|com.victim. 60 IN NS ns.evil.example.;"
	      "com. 60 IN NS ns.com.",
	    WWW " com. 60 IN NS ns.com." },
	{ WWW "|w.example.com. 60 IN NS ns.evil.example.", WWW },
	/* Whatever order they stand in. */
	{ "c.example.net. 60 IN A 192.0.2.3;"
	  "b.example.net. 60 IN CNAME c.example.net.;"
	  "www.example.com. 60 IN CNAME b.example.net.",
	    "c.example.net. 60 IN A 192.0.2.3 "
	    "b.example.net. 60 IN CNAME c.example.net. "
	    "www.example.com. 60 IN CNAME b.example.net." },
	/* Of two CNAMEs of a name the first leads; the other goes. */
	{ "www.example.com. 60 IN CNAME b.example.net.;"
	  "www.example.com. 60 IN CNAME c.example.net.;"
	  "b.example.net. 60 IN A 192.0.2.3",
	    "www.example.com. 60 IN CNAME b.example.net. "
	    "b.example.net. 60 IN A 192.0.2.3" },
	/* Additional: what is at or below the name. */
	{ WWW "||ns.evil.example. 60 IN A 192.0.2.66", WWW },
	{ WWW "||a.www.example.com. 60 IN A 192.0.2.6",
	    WWW " a.www.example.com. 60 IN A 192.0.2.6" },
	{ WWW "||awww.example.com. 60 IN A 192.0.2.6", WWW },
};

static void
test_bailiwick(void **state)
{
	(void)state;
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(bailiwick) / sizeof(bailiwick[0]); i++) {
		char want[512];

		(void)snprintf(
		    want, sizeof(want), "NOERROR %s", bailiwick[i].stays);
		cache_flush(lab.cache, NULL);
		(void)lab_ask(&lab, "www.example.com");
		lab_reply(&lab, lab.sent_count - 1, bailiwick[i].comes);
		assert_string_equal(lab.got, want);
		/* And so from the cache. */
		assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_SEND);
		assert_string_equal(lab.got, want);
	}
}

static void
test_moved_rdata(void **state)
{
	static const char mail[] = "www.example.com. 60 IN MX 5 m.example.com. "
				   "example.com. 60 IN NS ns.example.com.";
	char want[512];

	(void)state;
	lab_start(&lab);
	(void)snprintf(want, sizeof(want), "NOERROR %s", mail);
	(void)lab_ask_as(&lab,
	    &(struct lab_question){
		.name = "www.example.com", .type = TYPE_MX });
	lab_reply(&lab, 0,
	    "evil.example. 60 IN MX 5 m.evil.example.;"
	    "www.example.com. 60 IN MX 5 m.example.com.|"
	    "example.com. 60 IN NS ns.example.com.");
	assert_string_equal(lab.got, want);
}

static void
test_rebind(void **state)
{
	(void)state;
	lab.config.rebind_protection = true;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_reply(&lab, 0,
	    "www.example.com. 60 IN A 10.0.0.1;" WWW
	    ";www.example.com. 60 IN A 192.168.3.4");
	assert_string_equal(lab.got, "NOERROR EDE15 " WWW);
	(void)lab_ask_as(&lab,
	    &(struct lab_question){ .name = "six.example", .type = TYPE_AAAA });
	lab_reply(&lab, 1,
	    "six.example. 60 IN AAAA fdaa:0:18::3;"
	    "six.example. 60 IN AAAA ::ffff:127.0.0.1;"
	    "six.example. 60 IN AAAA ::1");
	assert_string_equal(lab.got, "NOERROR EDE15");
	/* HTTPS: "1 . alpn=h2 ipv4hint=192.0.2.1", then with 10.0.0.1 too. */
	(void)lab_ask_as(
	    &lab, &(struct lab_question){ .name = "web.example", .type = 65 });
	lab_reply(&lab, 2,
	    "web.example. 60 IN TYPE65 \\# 18 "
	    "000100 00010003026832 00040004c0000201;"
	    "web.example. 60 IN TYPE65 \\# 22 "
	    "000100 00010003026832 00040008c00002010a000001");
	assert_int_equal(dns_get16(lab.pkt + 6), 1);
	assert_non_null(strstr(lab.got, "NOERROR EDE15 web.example."));
}

/*
 * Chains that lead on: what the upstream says, what is asked for then (NULL:
 * nothing), what that upstream says, and the whole.
 */
static const struct {
	const char *first, *asked, *second, *got;
	uint16_t first_rcode, second_rcode;
} chains[] = {
	/* Left open: by one that does not resolve what it is not asked for. */
	{ "www.example.com. 90 IN CNAME a.example.net.", "a.example.net",
	    "a.example.net. 30 IN A 192.0.2.3",
	    "NOERROR www.example.com. 90 IN CNAME a.example.net. "
	    "a.example.net. 30 IN A 192.0.2.3",
	    0, 0 },
	{ "www.example.com. 90 IN CNAME a.example.net.", "a.example.net",
	    "|example.net. 60 IN SOA a. b. 1 2 3 4 60",
	    "NXDOMAIN www.example.com. 90 IN CNAME a.example.net. "
	    "example.net. 60 IN SOA a. b. 1 2 3 4 60",
	    0, RCODE_NXDOMAIN },
	/* Into a zone that has upstreams of its own: the rest is theirs. */
	{ "www.example.com. 90 IN CNAME b.corp.example.;"
	  "b.corp.example. 90 IN A 192.0.2.66",
	    "b.corp.example", "b.corp.example. 30 IN A 192.0.2.3",
	    "NOERROR www.example.com. 90 IN CNAME b.corp.example. "
	    "b.corp.example. 30 IN A 192.0.2.3",
	    0, 0 },
	/* And out of it again, whence nothing more leads. */
	{ "www.example.com. 90 IN CNAME b.corp.example.;"
	  "b.corp.example. 90 IN CNAME c.example.",
	    "b.corp.example", "",
	    "NOERROR www.example.com. 90 IN CNAME b.corp.example. "
	    ". 0 IN SOA a. b. 1 2 3 4 0",
	    0, 0 },
	/* Into a private name: here without a store.  No other says more. */
	{ "www.example.com. 90 IN CNAME web.internal.;"
	  "web.internal. 90 IN A 192.0.2.66",
	    NULL, NULL,
	    "SERVFAIL EDE14 www.example.com. 90 IN CNAME web.internal.", 0, 0 },
	{ "www.example.com. 90 IN CNAME web.internal.|"
	  ". 90 IN SOA a. b. 1 2 3 4 60",
	    NULL, NULL,
	    "SERVFAIL EDE14 www.example.com. 90 IN CNAME web.internal.",
	    RCODE_NXDOMAIN, 0 },
	{ "www.example.com. 90 IN CNAME a.localhost.", NULL, NULL,
	    "NOERROR www.example.com. 90 IN CNAME a.localhost. "
	    "a.localhost. 5 IN A 127.0.0.1",
	    0, 0 },
};

static struct config_upstream corp_upstream = { .port = 53,
	.address = { { [15] = 1 } } };
static struct config_zone corp = { .suffix = (char[]){ "corp.example" },
	.upstreams = &corp_upstream,
	.upstream_count = 1 };

static void
chain_play(size_t i)
{
	const struct lab_reply first = { .records = chains[i].first,
		.flags = chains[i].first_rcode };
	const struct lab_reply second = { .records = chains[i].second,
		.flags = chains[i].second_rcode };
	unsigned sent = lab.sent_count;
	uint8_t name[DNS_NAME_MAX];
	struct dname want;

	assert_int_equal(lab_ask(&lab, "www.example.com"), QUERY_DROP);
	lab_make_reply(&lab, sent, &first);
	lab_arrive(&lab, sent);
	if (chains[i].asked != NULL) {
		assert_int_equal(lab.sent_count, sent + 2);
		assert_true(dname_parse(&want, chains[i].asked));
		for (unsigned k = 0; k < want.len; k++)
			name[k] = letter_lower(
			    lab.sent[sent + 1].msg[DNS_HEADER + k]);
		assert_memory_equal(name, want.wire, want.len);
		lab_make_reply(&lab, sent + 1, &second);
		lab_arrive(&lab, sent + 1);
	}
	assert_int_equal(
	    lab.sent_count, sent + (chains[i].asked == NULL ? 1 : 2));
}

static void
test_chains(void **state)
{
	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab.config.zones = &corp;
	lab.config.zone_count = 1;
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		unsigned got = lab.got_count;

		cache_flush(lab.cache, NULL);
		chain_play(i);
		assert_int_equal(lab.got_count, got + 1);
		assert_string_equal(lab.got, chains[i].got);
		assert_int_equal(forward_waiting(lab.forward), 0);
	}
	/* From the cache as well, in the letters of this question. */
	cache_flush(lab.cache, NULL);
	chain_play(2);
	assert_int_equal(lab_ask(&lab, "WWW.example.com"), QUERY_SEND);
	assert_string_equal(lab.got,
	    "NOERROR WWW.example.com. 90 IN CNAME b.corp.example. "
	    "b.corp.example. 30 IN A 192.0.2.3");
}

/* Each part leads to the other: it ends. */
static void
test_chain_in_a_circle(void **state)
{
	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab.config.zones = &corp;
	lab.config.zone_count = 1;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	for (unsigned s = 0; s < lab.sent_count && s < 20; s++)
		lab_reply(&lab, s,
		    s % 2 == 0 ? "www.example.com. 0 IN CNAME a.corp.example."
			       : "a.corp.example. 0 IN CNAME www.example.com.");
	assert_string_equal(lab.got, "SERVFAIL EDE0");
	assert_int_equal(forward_waiting(lab.forward), 0);
	assert_true(lab.sent_count < 20);
}

/* CNAMEs in one message; whether they are an answer. */
static const struct {
	unsigned count;
	bool circle, answer;
} lengths[] = {
	{ 1, false, true },
	{ 16, false, true },
	{ 31, false, true },
	{ 32, false, false },
	{ 40, false, false },
	{ 1, true, false },
	{ 2, true, false },
};

static void
test_long_chains(void **state)
{
	char text[8192];

	(void)state;
	lab_close(&lab);
	lab_open(&lab, 1);
	lab_start(&lab);
	lab.quiet = true;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int n = snprintf(text, sizeof(text), "c%u.example. 60 IN A %s",
		    lengths[i].count, "192.0.2.1");
		unsigned sent = lab.sent_count;

		for (unsigned c = lengths[i].count; c > 0; c--)
			n += snprintf(text + n, sizeof(text) - (size_t)n,
			    ";c%u.example. 60 IN CNAME c%u.example.", c - 1,
			    lengths[i].circle && c == lengths[i].count ? 0 : c);
		cache_flush(lab.cache, NULL);
		lab.got_count = 0;
		(void)lab_ask(&lab, "c0.example");
		lab_reply(&lab, sent, text);
		assert_int_equal(lab.got_count, lengths[i].answer);
		for (unsigned ms = 0; lab.got_count == 0 && ms < 100;
		     ms += 10) {
			lab_pass(&lab, 10);
			for (sent++; sent < lab.sent_count; sent++)
				lab_reply(&lab, sent, text);
			sent--;
		}
		assert_int_equal(lab.got_count, 1);
		assert_int_equal(dns_get16(lab.pkt + 2) & DNS_RCODE,
		    lengths[i].answer ? RCODE_NOERROR : RCODE_SERVFAIL);
		assert_int_equal(dns_get16(lab.pkt + 6),
		    lengths[i].answer ? lengths[i].count + 1 : 0);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_answer),
		TEST(test_ttl_counts_down),
		TEST(test_joined),
		TEST(test_cached_by_key),
		TEST(test_lifetimes),
		TEST(test_bailiwick),
		TEST(test_moved_rdata),
		TEST(test_rebind),
		TEST(test_chains),
		TEST(test_chain_in_a_circle),
		TEST(test_long_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
