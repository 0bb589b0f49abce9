/*
 * test_rdata.c - what may stand in the rdata of each type, and what not.
 */
#include "dnsd/forward/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Rdata behind the question "aA.example." as hexadecimal, and what becomes
 * of it: NULL is malformed, "=" the same.  c00c is the question's name,
 * 02614107.. written out.
 */
#define QNAME "\002aa\007example"
#define NAME  "0161076578616d706c6500" /* a.example */

static const struct {
	uint16_t type;
	const char *rdata, *becomes;
} rows[] = {
	{ TYPE_A, "c0000201", "=" },
	{ TYPE_A, "c000020100", NULL },
	{ TYPE_A, "c00002", NULL },
	{ TYPE_NS, "c00c", "=" },
	{ TYPE_NS, "c00c00", NULL },
	{ TYPE_NS, "c0", NULL },
	{ TYPE_NS, "c0ff", NULL }, /* forward */
	{ TYPE_NS, NAME, "0161c00f" },
	{ 3, "c00c", "=" },
	{ 4, "c00c", "=" },
	{ TYPE_CNAME, "c00c", "=" },
	{ TYPE_CNAME,
	    "02414107455841"
	    "4d504c4500",
	    "c00c" },
	{ TYPE_SOA,
	    "c00cc00c"
	    "0000000100000002000000030000000400000005",
	    "=" },
	{ TYPE_SOA,
	    "c00cc00c"
	    "00000001000000020000000300000004000000",
	    NULL },
	{ 7, "c00c", "=" },
	{ 8, "c00c", "=" },
	{ 9, "c00c", "=" },
	{ 11, "c00002010600", "=" },
	{ 11, "c0000201", NULL },
	{ TYPE_PTR, "c00c", "=" },
	{ TYPE_PTR, "", NULL },
	{ TYPE_HINFO, "01610162", "=" },
	{ TYPE_HINFO, "0161", NULL },
	{ 14, "c00cc00c", "=" },
	{ 14, "c00c", NULL },
	{ TYPE_MX, "000ac00c", "=" },
	{ TYPE_MX, "000a", NULL },
	{ TYPE_MX, "000affff", NULL },
	{ TYPE_TXT, "0161026262", "=" },
	{ TYPE_TXT, "00", "=" },
	{ TYPE_TXT, "", NULL },
	{ TYPE_TXT, "0561", NULL },
	/* Names that may not be written with a pointer are written out. */
	{ 17, "c00c00",
	    "02616107"
	    "6578616d706c650000" },
	{ 17, "c00c", NULL },
	{ 18, "0001c00c", "0001026161076578616d706c6500" },
	{ 19, "0161", "=" },
	{ 19, "016100", NULL },
	{ 20, "01610162", "=" },
	{ 21, "0001c00c", "0001026161076578616d706c6500" },
	{ 23, "c00c", "026161076578616d706c6500" },
	{ 24,
	    "000000000000000000000000000000000000"
	    "00aa",
	    "=" },
	{ 24,
	    "000000000000000000000000000000000000"
	    "00",
	    NULL },
	{ 25, "00000000", "=" },
	{ 25, "000000", NULL },
	{ 26, "00010000", "=" },
	{ 26, "000100", NULL },
	{ 27, "016101610161", "=" },
	{ 27, "01610161", NULL },
	{ TYPE_AAAA, "20010db8000000000000000000000001", "=" },
	{ TYPE_AAAA, "20010db800000000000000000000000101", NULL },
	{ 29, "00000000000000000000000000000000", "=" },
	{ 29, "000000000000000000000000000000", NULL },
	{ 30, "0040", "=" },
	{ TYPE_SRV, "000100020003c00c",
	    "000100020003026161076578616d706c6500" },
	{ TYPE_SRV, "0001000200", NULL },
	{ 35,
	    "00010002"
	    "0155"
	    "0161"
	    "00"
	    "c00c",
	    "00010002"
	    "0155"
	    "0161"
	    "00"
	    "026161076578616d706c6500" },
	{ 35,
	    "00010002"
	    "0155"
	    "0161"
	    "c00c",
	    NULL },
	{ 36, "000100", "=" },
	{ 37, "000100000100", "=" },
	{ 37, "0001000001", NULL },
	{ TYPE_DNAME, "c00c", "026161076578616d706c6500" },
	{ 42, "000118030a0000", "=" },
	{ 42,
	    "00011804"
	    "0a0000",
	    NULL },
	{ 42, "", "=" },
	{ 43, "0001080201", "=" },
	{ 43, "00010802", NULL },
	{ 44, "0101aa", "=" },
	{ 44, "0101", NULL },
	{ 45, "0a0002aa", "=" },
	{ 45, "0a0102c0000201aa", "=" },
	{ 45, "0a0302c00caa", "0a0302026161076578616d706c6500aa" },
	{ 45, "0a0402aa", NULL },
	{ 46,
	    "000000000000000000000000000000000000"
	    "c00caa",
	    "000000000000000000000000000000000000"
	    "026161076578616d706c6500aa" },
	{ 46,
	    "0000000000000000000000000000000000"
	    "c00c",
	    NULL },
	{ 47, "c00c000140", "026161076578616d706c6500000140" },
	{ 47, "00000140", "=" },
	{ 47, "00000140000140", NULL }, /* windows rise */
	{ 47, "000000", NULL },
	{ 47, "00002100", NULL },
	{ 48, "01000308aa", "=" },
	{ 48, "01000308", NULL },
	{ 49, "000101", "=" },
	{ 49, "0001", NULL },
	{ 50,
	    "0100000a"
	    "02aabb"
	    "0101"
	    "000140",
	    "=" },
	{ 50,
	    "0100000a"
	    "02aabb"
	    "00"
	    "000140",
	    NULL },
	{ 50,
	    "0100000a"
	    "03aabb",
	    NULL },
	{ 51, "0100000a00", "=" },
	{ 51, "0100000a0000", NULL },
	{ 52, "030101aa", "=" },
	{ 52, "030101", NULL },
	{ 53, "030101aa", "=" },
	{ 55,
	    "0102000111"
	    "22"
	    "33"
	    "00",
	    NULL },
	{ 55,
	    "0102000111"
	    "22"
	    "00",
	    "=" },
	{ 59, "0000000000", "=" },
	{ 60, "0000000000", "=" },
	{ 61, "aa", "=" },
	{ 61, "", NULL },
	{ 62, "000000010003000160", "=" },
	{ 62, "0000000100", NULL },
	{ 63, "000000010101aa", "=" },
	{ 64, "000100", "=" },
	{ 64, "0001", NULL },
	{ 65,
	    "000100"
	    "00010003026832",
	    "=" },
	{ 65,
	    "000100"
	    "00010004026832",
	    NULL },
	{ 65,
	    "000100"
	    "0004000400000000"
	    "00010003026832",
	    NULL },
	{ 65,
	    "000100"
	    "00030001"
	    "50",
	    NULL },
	{ 65,
	    "000100"
	    "00040005"
	    "c000020100",
	    NULL },
	{ 65, "0001c00c", "0001026161076578616d706c6500" },
	{ 99, "0161", "=" },
	{ 99, "0261", NULL },
	{ 104, "00010000000000000001", "=" },
	{ 105, "0001c0000201", "=" },
	{ 106, "00010000000000000001", "=" },
	{ 107, "000100", "=" },
	{ 108, "000102030405", "=" },
	{ 108, "00010203040506", NULL },
	{ 109, "0001020304050607", "=" },
	{ 256, "00010001aa", "=" },
	{ 256, "00010001", NULL },
	{ 257, "0005697373756561", "=" },
	{ 257, "000061", NULL },
	{ 257, "0006697373", NULL },
	{ 260, "0a00", "=" },
	{ 260, "0a81c0000201", "=" },
	{ 260, "0a0100", NULL },
	{ 260, "0a03c00c", "0a03026161076578616d706c6500" },
	{ 32769, "0001080201", "=" },
	/* Nothing is known of others (RFC 3597, 3). */
	{ 10, "", "=" },
	{ 65400, "c00c01020304", "=" },
};

static size_t
unhex(uint8_t *to, const char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char two[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		to[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static void
test_rows(void **state)
{
	struct dname qname;

	(void)state;
	assert_true(dname_parse(&qname, "aa.example"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t pkt[512] = { 0 }, to[512], want[256];
		struct wire_out out = wire_out(pkt, sizeof(pkt));
		struct rewrite rw;
		struct record r;
		size_t len = 0;
		const char *becomes = rows[i].becomes;

		out.len = DNS_HEADER;
		wire_put(&out, "\002aA\007eXample", sizeof(QNAME));
		wire_put32(&out, 0x00010001);
		r.start = out.len;
		wire_put16(&out, 0xc00c);
		r.type = rows[i].type;
		wire_put16(&out, r.type);
		wire_put16(&out, CLASS_IN);
		r.ttl_at = out.len;
		r.ttl = 60;
		wire_put32(&out, r.ttl);
		len = unhex(pkt + out.len + 2, rows[i].rdata);
		wire_put16(&out, (uint16_t)len);
		r.rdata = out.len;
		r.end = out.len + len;
		rewrite_start(&rw, to, sizeof(to), &qname, true);
		rewrite_record(&rw, pkt, &r);
		assert_int_equal(rw.out.bad, becomes == NULL);
		if (becomes == NULL)
			continue;
		len = unhex(want, becomes[0] == '=' ? rows[i].rdata : becomes);
		assert_int_equal(rw.out.len, 12 + len);
		assert_int_equal(dns_get16(to), 0xc00c);
		assert_memory_equal(to + 12, want, len);
	}
}

/* What was written before is pointed to, and only whole names are. */
static void
test_pointers(void **state)
{
	static const uint8_t pkt[] =
	    "\0\0\0\0\0\0\0\0\0\0\0\0\002aA\007eXample\0\0\1\0\1"
	    "\300\014\0\005\0\1\0\0\0\1\0\015\003Www\003cdn\003net\0"
	    "\003wwW\003cdn\003net\0\0\1\0\1\0\0\0\1\0\004\1\2\3\4"
	    "\003cdn\003net\0\0\1\0\1\0\0\0\1\0\004\1\2\3\4";
	struct dname qname;
	struct wire_in in = wire_in(pkt, sizeof(pkt) - 1);
	struct rewrite rw;
	uint8_t to[512];
	struct record r;

	(void)state;
	assert_true(dname_parse(&qname, "aa.example"));
	in.pos = DNS_HEADER + sizeof(QNAME) + 4;
	rewrite_start(&rw, to, sizeof(to), &qname, true);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(message_record(&in, &r));
		rewrite_record(&rw, pkt, &r);
	}
	assert_false(rw.out.bad);
	assert_int_equal(rw.out.len, 12 + 13 + 16 + 16);
	assert_memory_equal(to + 12, "\003Www\003cdn\003net", 13);
	assert_int_equal(dns_get16(to + 25), 0xc000 + rw.base + 12);
	assert_int_equal(dns_get16(to + 41), 0xc000 + rw.base + 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
