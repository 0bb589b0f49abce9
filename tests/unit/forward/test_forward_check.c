/*
 * test_forward_check.c - replies that are not what was asked for.
 */
#include "forward_lab.h"

#define WWW "www.example.com. 300 IN A 192.0.2.1"

static struct lab lab;

static int
setup(void **state)
{
	(void)state;
	lab_open(&lab, 1);
	lab_start(&lab);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

/* Offsets of "www.example.com A" in a message. */
enum { NAME = DNS_HEADER, TYPE = NAME + 17, CLASS = TYPE + 2 };

/* One octet of a good reply changed. */
static const struct {
	size_t at;
	uint8_t flip;
	bool taken;
} spoils[] = {
	{ 0, 0, true },          /* none: the good one */
	{ 0, 0x01, false },      /* id */
	{ 1, 0x80, false },      /* id */
	{ 2, 0x80, false },      /* QR */
	{ 2, 0x08, false },      /* opcode */
	{ 2, 0x04, true },       /* AA */
	{ 3, 0x80, true },       /* RA */
	{ 5, 0x01, false },      /* QDCOUNT 0 */
	{ 5, 0x03, false },      /* QDCOUNT 2 */
	{ 7, 0x03, false },      /* ANCOUNT 2, one is there */
	{ NAME, 0x01, false },   /* a label's length */
	{ NAME + 1, 1, false },  /* a letter */
	{ NAME + 16, 1, false }, /* the root */
	{ TYPE + 1, 1, false }, { CLASS + 1, 2, false },
	{ CLASS + 2, 0xc0, false }, /* the record's owner: no such label */
};

static void
test_spoiled(void **state)
{
	const struct lab_reply r = { .records = WWW };

	(void)state;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		cache_flush(lab.cache, NULL);
		lab.sent_count = 0;
		lab.got_count = 0;
		(void)lab_ask(&lab, "www.example.com");
		lab_make_reply(&lab, 0, &r);
		lab.pkt[spoils[i].at] ^= spoils[i].flip;
		lab_arrive(&lab, 0);
		assert_int_equal(lab.got_count, spoils[i].taken ? 1 : 0);
		/* The good one is still taken. */
		if (!spoils[i].taken)
			lab_reply(&lab, 0, WWW);
		assert_int_equal(lab.got_count, 1);
	}
}

static void
test_cut_short(void **state)
{
	const struct lab_reply r = { .records = WWW, .no_edns = true };
	size_t whole;

	(void)state;
	(void)lab_ask(&lab, "www.example.com");
	lab_make_reply(&lab, 0, &r);
	whole = lab.pkt_len;
	for (size_t len = 0; len < whole; len++) {
		lab_make_reply(&lab, 0, &r);
		lab.pkt_len = len;
		lab_arrive(&lab, 0);
		assert_int_equal(lab.got_count, 0);
	}
	lab_reply(&lab, 0, WWW);
	assert_int_equal(lab.got_count, 1);
}

static void
test_wrong_sender(void **state)
{
	const struct lab_reply r = { .records = WWW };
	struct sockaddr_in from;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	(void)state;
	(void)lab_ask(&lab, "www.example.com");
	lab_make_reply(&lab, 0, &r);
	from = lab.sent[0].upstream->address.v4;
	from.sin_port ^= htons(1);
	forward_got(lab.forward, lab.sent[0].channel, (void *)&from, lab.pkt,
	    lab.pkt_len);
	from = lab.sent[0].upstream->address.v4;
	from.sin_addr.s_addr ^= htonl(1);
	forward_got(lab.forward, lab.sent[0].channel, (void *)&from, lab.pkt,
	    lab.pkt_len);
	forward_got(lab.forward, lab.sent[0].channel, (void *)&six, lab.pkt,
	    lab.pkt_len);
	/* Nor from the right one to another socket. */
	forward_got(lab.forward, lab.sent[0].channel + 1,
	    &lab.sent[0].upstream->address.any, lab.pkt, lab.pkt_len);
	assert_int_equal(lab.got_count, 0);
	assert_int_equal(forward_counters(lab.forward)->dropped_replies, 4);
	lab_arrive(&lab, 0);
	assert_int_equal(lab.got_count, 1);
}

/* A name in which a random case is sure to have a capital. */
#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz.example"

static void
lower_reply(void)
{
	for (unsigned i = 0; i < sizeof(LONG); i++)
		if (lab.pkt[DNS_HEADER + i] >= 'A' &&
		    lab.pkt[DNS_HEADER + i] <= 'Z')
			lab.pkt[DNS_HEADER + i] |= 0x20;
}

static enum learnt
able(enum able able)
{
	return ability_is(&lab.forward->upstreams[0].able[able], lab.now_us);
}

static void
test_letters_are_learnt(void **state)
{
	(void)state;
	(void)lab_ask(&lab, LONG);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_NOTHING);
	lab_reply(&lab, 0, "");
	assert_int_equal(able(ABLE_LETTERS), LEARNT_YES);

	/* From now on one in lower case is none of its own. */
	(void)lab_ask_as(
	    &lab, &(struct lab_question){ .name = LONG, .type = TYPE_AAAA });
	lab_make_reply(&lab, 1, &(struct lab_reply){ .records = "" });
	lower_reply();
	lab_arrive(&lab, 1);
	assert_int_equal(lab.got_count, 1);
	lab_reply(&lab, 1, "");
	assert_int_equal(lab.got_count, 2);
}

/* A header alone has no letters that could differ. */
static void
test_letters_of_no_question(void **state)
{
	const struct lab_reply r = { .flags = RCODE_NXDOMAIN };

	(void)state;
	(void)lab_ask(&lab, "www.example.com");
	lab_make_reply(&lab, 0, &r);
	memset(lab.pkt + DNS_HEADER, 0, lab.pkt_len - DNS_HEADER);
	lab.pkt_len = DNS_HEADER;
	lab_arrive(&lab, 0);
	assert_int_equal(lab.got_count, 1);
	assert_int_equal(
	    ability_is(&lab.sent[0].upstream->able[ABLE_LETTERS], lab.now_us),
	    LEARNT_NOTHING);
}

static void
test_letters_are_not_kept(void **state)
{
	(void)state;
	(void)lab_ask(&lab, LONG);
	lab_make_reply(&lab, 0, &(struct lab_reply){ .records = "" });
	lower_reply();
	lab_arrive(&lab, 0);
	assert_int_equal(lab.got_count, 1);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_NO);
	(void)lab_ask(&lab, "www.example.com");
	assert_memory_equal(
	    lab.sent[1].msg + DNS_HEADER, "\003www\007example\003com", 17);
}

/* OPT is the last of our message: 4 + 8 octets of cookie at its end. */
static const uint8_t *
sent_cookie(unsigned i, size_t *len)
{
	const struct lab_sent *s = &lab.sent[i];
	const uint8_t *opt = s->msg + DNS_HEADER + 17 + 4;
	uint16_t rdata_len = dns_get16(opt + 9);

	assert_int_equal(dns_get16(opt + 11), 10);
	*len = dns_get16(opt + 13);
	assert_int_equal(rdata_len, *len + 4);
	return opt + 15;
}

static void
reply_with_cookie(
    unsigned i, uint16_t flags, const uint8_t *ours, const char *servers)
{
	struct lab_reply r = { .flags = flags, .records = "" };

	if (ours != NULL) {
		memcpy(r.cookie, ours, 8);
		memcpy(r.cookie + 8, servers, strlen(servers));
		r.cookie_len = 8 + strlen(servers);
	}
	lab_make_reply(&lab, i, &r);
	lab_arrive(&lab, i);
}

static void
test_cookies(void **state)
{
	const uint8_t *cookie;
	uint8_t ours[8];
	size_t len;

	(void)state;
	(void)lab_ask(&lab, "www.example.com");
	cookie = sent_cookie(0, &len);
	assert_int_equal(len, 8);
	memcpy(ours, cookie, 8);
	reply_with_cookie(0, 0, (const uint8_t *)"intruder", "serverA1");
	assert_int_equal(lab.got_count, 0);
	reply_with_cookie(0, 0, ours, "serverA1");
	assert_int_equal(lab.got_count, 1);

	/* The wrong one was a doubt, and asked about by TCP: number 1. */
	(void)lab_ask(&lab, "www.example.org");
	cookie = sent_cookie(2, &len);
	assert_int_equal(len, 16);
	assert_memory_equal(cookie, ours, 8);
	assert_memory_equal(cookie + 8, "serverA1", 8);
	/* It is known to have cookies: without one it is somebody else. */
	reply_with_cookie(2, 0, NULL, "");
	assert_int_equal(lab.got_count, 1);
	reply_with_cookie(2, 0, ours, "serverB2");
	assert_int_equal(lab.got_count, 2);

	(void)lab_ask(&lab, "www.example.net");
	cookie = sent_cookie(4, &len);
	assert_memory_equal(cookie + 8, "serverB2", 8);
}

static void
test_bad_cookie(void **state)
{
	const uint8_t *cookie;
	struct lab_reply r = { .flags = 7 }; /* BADCOOKIE is 23: 16 + 7 */
	size_t len;

	(void)state;
	(void)lab_ask(&lab, "www.example.com");
	cookie = sent_cookie(0, &len);
	memcpy(r.cookie, cookie, 8);
	memcpy(r.cookie + 8, "server99", 8);
	r.cookie_len = 16;
	lab_make_reply(&lab, 0, &r);
	lab.pkt[DNS_HEADER + 21 + 5] = 1; /* the upper bits, in OPT */
	lab_arrive(&lab, 0);
	assert_int_equal(lab.got_count, 0);
	assert_int_equal(lab.sent_count, 2);
	assert_ptr_equal(lab.sent[0].upstream, lab.sent[1].upstream);
	cookie = sent_cookie(1, &len);
	assert_memory_equal(cookie + 8, "server99", 8);
	/* Again: then by TCP. */
	lab_make_reply(&lab, 1, &r);
	lab.pkt[DNS_HEADER + 21 + 5] = 1;
	lab_arrive(&lab, 1);
	assert_true(lab.sent[2].stream);
}

/*
 * Any number of forged replies without the secrets: they lower nothing, the
 * question goes by TCP as well, and only that unlearns them.
 */
static void
test_doubt_is_settled_by_stream(void **state)
{
	struct ability *a;

	(void)state;
	(void)lab_ask(&lab, LONG);
	lab_reply(&lab, 0, "");
	a = lab.forward->upstreams[0].able;
	ability_show(&a[ABLE_COOKIES], false, lab.now_us);
	lab_pass(&lab, 10);
	(void)lab_ask_as(
	    &lab, &(struct lab_question){ .name = LONG, .type = TYPE_AAAA });
	for (unsigned i = 0; i < 50; i++) {
		lab_make_reply(&lab, 1, &(struct lab_reply){ .records = "" });
		if (i % 2 == 0)
			lower_reply();
		lab_arrive(&lab, 1);
	}
	assert_int_equal(lab.got_count, 1);
	assert_int_equal(able(ABLE_COOKIES), LEARNT_YES);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_YES);
	assert_int_equal(lab.sent_count, 3);
	assert_true(lab.sent[2].stream);
	lab_make_reply(&lab, 2, &(struct lab_reply){ .records = "" });
	lower_reply();
	lab_arrive(&lab, 2);
	assert_int_equal(lab.got_count, 2);
	assert_int_equal(able(ABLE_COOKIES), LEARNT_NO);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_NO);
}

/* And it is so where TCP cannot tell: then what was known has an end. */
static void
test_doubt_without_stream(void **state)
{
	(void)state;
	(void)lab_ask(&lab, LONG);
	lab_reply(&lab, 0, "");
	(void)lab_ask_as(
	    &lab, &(struct lab_question){ .name = LONG, .type = TYPE_AAAA });
	lab_make_reply(&lab, 1, &(struct lab_reply){ .records = "" });
	lower_reply();
	lab_arrive(&lab, 1);
	lab_lose(&lab, 2);
	assert_int_equal(able(ABLE_TCP), LEARNT_NO);
	lab_pass(&lab, 4000);
	assert_int_equal(lab.got_count, 2);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_YES);
	lab_pass(&lab, 27000);
	assert_int_equal(able(ABLE_LETTERS), LEARNT_NOTHING);
}

/* 2^16 ids, all of them, and no two alike on one channel. */
static void
test_ids_vary(void **state)
{
	unsigned same = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%u.example", i);
		(void)lab_ask(&lab, name);
		if (i > 0 &&
		    memcmp(lab.sent[i].msg, lab.sent[i - 1].msg, 2) == 0)
			same++;
	}
	assert_true(same < 5);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_spoiled),
		TEST(test_cut_short),
		TEST(test_wrong_sender),
		TEST(test_letters_are_learnt),
		TEST(test_letters_of_no_question),
		TEST(test_letters_are_not_kept),
		TEST(test_cookies),
		TEST(test_bad_cookie),
		TEST(test_doubt_is_settled_by_stream),
		TEST(test_doubt_without_stream),
		TEST(test_ids_vary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
