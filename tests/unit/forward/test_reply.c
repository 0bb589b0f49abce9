/*
 * test_reply.c - an answer for each asker's size, flags and EDNS.
 */
#include "dnsd/forward/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define RECORD 16 /* octets of one A record with a pointer for owner */

static const uint8_t question[] = "\001a\007example\000\000\001\000\001";

#define QUESTION (sizeof(question) - 1)

/* How many records of each section fit, and whether TC tells. */
static const struct {
	uint16_t count[SECTIONS];
	bool edns;
	uint8_t ede_len;
	size_t limit;
	uint16_t fit[SECTIONS];
	bool cut, ede;
} sizes[] = {
	{ { 3, 0, 0 }, false, 0, 512, { 3, 0, 0 }, false, false },
	{ { 40, 0, 0 }, false, 0, 512, { 30, 0, 0 }, true, false },
	{ { 40, 0, 0 }, false, 0, 4096, { 40, 0, 0 }, false, false },
	/* To the octet: header, question, records, OPT. */
	{ { 2, 0, 0 }, false, 0, 27 + 32, { 2, 0, 0 }, false, false },
	{ { 2, 0, 0 }, false, 0, 27 + 31, { 1, 0, 0 }, true, false },
	{ { 2, 0, 0 }, true, 0, 27 + 32 + 11, { 2, 0, 0 }, false, false },
	{ { 2, 0, 0 }, true, 0, 27 + 32 + 10, { 1, 0, 0 }, true, false },
	/* An explanation goes before any record does. */
	{ { 2, 0, 0 }, true, 6, 27 + 32 + 17, { 2, 0, 0 }, false, true },
	{ { 2, 0, 0 }, true, 6, 27 + 32 + 16, { 2, 0, 0 }, false, false },
	/* The additional section goes whole, and nobody is told. */
	{ { 2, 0, 2 }, false, 0, 27 + 63, { 2, 0, 0 }, false, false },
	{ { 2, 2, 2 }, false, 0, 27 + 64, { 2, 2, 0 }, false, false },
	{ { 2, 2, 2 }, false, 0, 27 + 63, { 2, 1, 0 }, true, false },
	{ { 0, 0, 0 }, false, 0, 27, { 0, 0, 0 }, false, false },
};

static struct answer
answer_with(uint8_t *body, const uint16_t count[SECTIONS])
{
	unsigned all = (unsigned)count[0] + count[1] + count[2];
	struct wire_out out = wire_out(body, 4096);
	struct answer a = { .body = body, .len = all * RECORD };

	for (unsigned i = 0; i < all; i++) {
		wire_put16(&out, 0xc00c);
		wire_put16(&out, TYPE_A);
		wire_put16(&out, CLASS_IN);
		wire_put32(&out, 100);
		wire_put16(&out, 4);
		wire_put32(&out, i);
	}
	memcpy(a.count, count, sizeof(a.count));
	return a;
}

static void
test_sizes(void **state)
{
	static uint8_t why[6] = { 0, 15, 0, 2, 0, 3 };
	uint8_t body[4096], out[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct answer a = answer_with(body, sizes[i].count);
		const struct reply_to to = { .question = question,
			.question_len = QUESTION,
			.edns = sizes[i].edns,
			.limit = sizes[i].limit,
			.udp_size = 1232 };
		unsigned records = 0;
		size_t len;

		a.ede = why;
		a.ede_len = sizes[i].ede_len;
		len = reply_write(out, &to, &a);
		for (unsigned s = 0; s < SECTIONS; s++) {
			unsigned opt = s == 2 && sizes[i].edns;

			assert_int_equal(
			    dns_get16(out + 6 + 2 * s), sizes[i].fit[s] + opt);
			records += sizes[i].fit[s];
		}
		assert_int_equal(
		    (dns_get16(out + 2) & DNS_TC) != 0, sizes[i].cut);
		assert_int_equal(len,
		    DNS_HEADER + QUESTION + records * RECORD +
			(sizes[i].edns ? 11 : 0) + (sizes[i].ede ? 6 : 0));
		assert_true(len <= sizes[i].limit);
	}
}

/* RFC 6840, 5.8; RFC 4035, 3.2.2; nothing else of a question's flags. */
static const struct {
	uint16_t asked;
	bool edns_do, authentic;
	uint16_t flags;
} flags[] = {
	{ 0, false, false, DNS_QR | DNS_RA },
	{ DNS_RD, false, false, DNS_QR | DNS_RA | DNS_RD },
	{ DNS_CD, false, false, DNS_QR | DNS_RA | DNS_CD },
	{ DNS_AA | DNS_TC | DNS_RA | DNS_Z, false, false, DNS_QR | DNS_RA },
	{ 0, false, true, DNS_QR | DNS_RA },
	{ DNS_AD, false, true, DNS_QR | DNS_RA | DNS_AD },
	{ 0, true, true, DNS_QR | DNS_RA | DNS_AD },
	{ DNS_AD, true, false, DNS_QR | DNS_RA },
};

static void
test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const struct reply_to to = { .id = 0xbeef,
			.question = question,
			.question_len = QUESTION,
			.flags = flags[i].asked,
			.edns = true,
			.edns_do = flags[i].edns_do,
			.limit = 512 };
		const struct answer a = { .authentic = flags[i].authentic };
		uint8_t out[512];

		(void)reply_write(out, &to, &a);
		assert_int_equal(dns_get16(out), 0xbeef);
		assert_int_equal(dns_get16(out + 2), flags[i].flags);
		/* RFC 3225, 3: DO is copied. */
		assert_int_equal(
		    dns_get16(out + DNS_HEADER + QUESTION + 7) & EDNS_DO,
		    flags[i].edns_do ? EDNS_DO : 0);
	}
}

static const struct {
	uint8_t octets[16];
	bool private;
} addresses[] = {
	{ { [10] = 0xff, 0xff, 9, 255, 255, 255 }, false },
	{ { [10] = 0xff, 0xff, 10, 0, 0, 0 }, true },
	{ { [10] = 0xff, 0xff, 11, 0, 0, 0 }, false },
	{ { [10] = 0xff, 0xff, 172, 15, 0, 0 }, false },
	{ { [10] = 0xff, 0xff, 172, 16, 0, 0 }, true },
	{ { [10] = 0xff, 0xff, 172, 31, 255, 255 }, true },
	{ { [10] = 0xff, 0xff, 172, 32, 0, 0 }, false },
	{ { [10] = 0xff, 0xff, 192, 168, 0, 1 }, true },
	{ { [10] = 0xff, 0xff, 192, 169, 0, 1 }, false },
	{ { [10] = 0xff, 0xff, 169, 254, 169, 254 }, true },
	{ { [10] = 0xff, 0xff, 100, 64, 0, 1 }, true },
	{ { [10] = 0xff, 0xff, 100, 128, 0, 1 }, false },
	{ { [10] = 0xff, 0xff, 127, 9, 9, 9 }, true },
	{ { [10] = 0xff, 0xff, 0, 0, 0, 0 }, true },
	{ { [10] = 0xff, 0xff, 192, 0, 2, 1 }, false },
	{ { 0 }, true },
	{ { [15] = 1 }, true },
	{ { [15] = 2 }, false },
	{ { 0xfb, 0xff }, false },
	{ { 0xfc }, true },
	{ { 0xfd, 0xaa }, true },
	{ { 0xfe }, false },
	{ { 0xfe, 0x80 }, true },
	{ { 0xfe, 0xbf }, true },
	{ { 0xfe, 0xc0 }, true },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, false },
};

static void
test_private(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct addr addr;

		memcpy(addr.ip, addresses[i].octets, 16);
		assert_int_equal(
		    address_is_private(&addr), addresses[i].private);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
