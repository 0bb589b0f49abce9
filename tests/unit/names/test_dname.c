/*
 * test_dname.c - names as they travel, and as people write them.
 */
#include "zones/names/dname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* LABELS below 0: it is no name.  TEXT as it is written again. */
static const struct {
	const char *wire;
	size_t len;
	int labels;
	const char *text;
} wires[] = {
	{ "", 1, 0, "." },
	{ "\003web\010internal", 14, 2, "web.internal" },
	{ "\003WeB\010iNTERNAL", 14, 2, "web.internal" }, /* 0x20 */
	{ "\001@\001[\001`\001{", 9, 4, "\\@.[.`.{" }, /* beside A, Z, a, z */
	{ "\010@AZ[`az{", 10, 1, "\\@az[`az{" },       /* eight at a time */
	{ "\004\301\332\341\372", 6, 1, "\\193\\218\\225\\250" }, /* no ASCII */
	{ "\003\000\001\377", 5, 1, "\\000\\001\\255" }, /* any octet */
	{ "\003a.b", 5, 1, "a\\.b" },                    /* a dot inside */
	{ "\010internal", 9, -1, NULL },                 /* no root */
	{ "\003we", 3, -1, NULL },
	{ "", 0, -1, NULL },
	{ "\300\014", 2, -1, NULL }, /* a pointer: nothing stands before it */
	{ "\003web\300\014", 6, -1, NULL },
	{ "\100a", 3, -1, NULL }, /* RFC 2673's labels are gone */
	{ "\200a", 3, -1, NULL },
};

static void
test_wires(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		struct wire_in in = wire_in(wires[i].wire, wires[i].len);
		char text[DNAME_TEXT];
		struct dname d, again;
		bool ok = dname_get(&d, &in);

		print_message("row %zu\n", i);
		assert_int_equal(ok, wires[i].labels >= 0);
		assert_int_equal(in.bad, !ok);
		if (!ok) {
			assert_int_equal(d.len, 0);
			assert_int_equal(d.labels, 0);
			continue;
		}
		assert_int_equal(d.labels, wires[i].labels);
		assert_int_equal(d.len, wires[i].len);
		assert_string_equal(dname_text(&d, text), wires[i].text);
		assert_true(dname_parse(&again, text));
		assert_int_equal(again.len, d.len);
		assert_memory_equal(again.wire, d.wire, d.len);
	}
}

/* What comes behind a name stays to be read. */
static void
test_cursor(void **state)
{
	struct wire_in in = wire_in("\001a\000\000\034", 5);
	struct dname d;

	(void)state;
	assert_true(dname_get(&d, &in));
	assert_int_equal(wire_get16(&in), 28);
}

/* Labels of 1 octet, COUNT of them: 127 are 255 octets with the root. */
static void
test_longest(void **state)
{
	uint8_t buf[300] = { 0 };
	struct wire_in in;
	struct dname d;
	char text[DNAME_TEXT];

	(void)state;
	for (unsigned i = 0; i < 128; i++) {
		buf[2 * i] = 1;
		buf[2 * i + 1] = 0xff;
	}
	buf[254] = 0;
	in = wire_in(buf, sizeof(buf));
	assert_true(dname_get(&d, &in));
	assert_int_equal(d.labels, 127);
	assert_int_equal(d.len, 255);
	assert_int_equal(strlen(dname_text(&d, text)), 127 * 5 - 1);
	assert_true(dname_parse(&d, text));
	assert_int_equal(d.labels, 127);
	buf[254] = 1; /* 257 octets */
	in = wire_in(buf, sizeof(buf));
	assert_false(dname_get(&d, &in));
}

/* 255 octets in four labels, and 256. */
static void
test_octets(void **state)
{
	uint8_t buf[300] = { 0 };
	struct wire_in in;
	struct dname d;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		buf[64 * i] = 63;
	buf[192] = 61;
	in = wire_in(buf, sizeof(buf));
	assert_true(dname_get(&d, &in));
	assert_int_equal(d.len, 255);
	memset(buf, 0, sizeof(buf));
	for (unsigned i = 0; i < 4; i++)
		buf[64 * i] = 63;
	buf[192] = 62;
	in = wire_in(buf, sizeof(buf));
	assert_false(dname_get(&d, &in));
}

/* WIRE NULL: it is no name. */
static const struct {
	const char *text, *wire;
	size_t len;
} texts[] = {
	{ ".", "", 1 },
	{ "", "", 1 },
	{ "a", "\001a", 3 },
	{ "a.", "\001a", 3 },
	{ "A.B", "\001a\001b", 5 },
	{ "a\\.b", "\003a.b", 5 },
	{ "a\\065", "\002aa", 4 }, /* folded behind the escape */
	{ "\\255\\000", "\002\377\000", 4 },
	{ "\\\\", "\001\\", 3 },
	{ "..", NULL, 0 },
	{ ".a", NULL, 0 },
	{ "a..b", NULL, 0 },
	{ "a..", NULL, 0 },
	{ "a\\", NULL, 0 },
	{ "a\\25", NULL, 0 },
	{ "a\\256", NULL, 0 },
	{ "a\\2x5", NULL, 0 },
	/* 63 octets, and 64 */
	{ "123456789012345678901234567890123456789012345678901234567890123",
	    "?123456789012345678901234567890123456789012345678901234567890123",
	    65 },
	{ "1234567890123456789012345678901234567890123456789012345678901234",
	    NULL, 0 },
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dname d;
		bool ok = dname_parse(&d, texts[i].text);

		print_message("\"%s\"\n", texts[i].text);
		assert_int_equal(ok, texts[i].wire != NULL);
		assert_int_equal(d.len, texts[i].len);
		if (ok)
			assert_memory_equal(d.wire, texts[i].wire, d.len);
	}
}

/* More text than a name has octets, of each kind. */
static void
test_too_long(void **state)
{
	char text[1200] = "";
	struct dname d;

	(void)state;
	for (unsigned i = 0; i < 128; i++)
		memcpy(text + 2 * i, "a.", 3);
	assert_false(dname_parse(&d, text));
	text[2 * 127] = '\0';
	assert_true(dname_parse(&d, text));
	assert_int_equal(d.len, 255);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(dname_parse(&d, text));
}

static const struct {
	const char *name, *other;
	bool below;
} belows[] = {
	{ "web.internal", "internal", true },
	{ "internal", "internal", true },
	{ "INTERNAL", "internal", true },
	{ "internal", ".", true },
	{ ".", ".", true },
	{ ".", "internal", false },
	{ "web.notinternal", "internal", false },
	{ "internal", "web.internal", false },
	{ "web.internal", "eb.internal", false },
	/* The length octet 8 and its letters, inside another label. */
	{ "x\\008internal", "internal", false },
	{ "a.b.c", "b.c", true },
	{ "a.b.c", "a.b", false },
};

static void
test_belows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(belows) / sizeof(belows[0]); i++) {
		struct dname d, other;

		print_message("%s %s\n", belows[i].name, belows[i].other);
		assert_true(dname_parse(&d, belows[i].name));
		assert_true(dname_parse(&other, belows[i].other));
		assert_int_equal(dname_is_below(&d, &other), belows[i].below);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wires),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_belows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
