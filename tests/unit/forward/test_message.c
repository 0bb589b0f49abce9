/*
 * test_message.c - names and records in messages of strangers.
 */
#include "dnsd/forward/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Octets behind an empty header; where a name is read, and what it is. */
static const struct {
	const char *octets;
	size_t len, at;
	const char *name; /* NULL: none */
	size_t name_len;
} names[] = {
	{ "\0", 1, 12, "\0", 1 },
	{ "\001a\0", 3, 12, "\001a\0", 3 },
	{ "\003WwW\0", 5, 12, "\003www\0", 5 },
	/* An octet is no letter where it is a length: 65 would be 'A'. */
	{ "\001[\0", 3, 12, "\001[\0", 3 },
	{ "\001a\0\001b\300\014", 7, 15, "\001b\001a\0", 5 },
	{ "\001a\0\300\014", 5, 15, "\001a\0", 3 },
	{ "\001a\0\300\014\001c\300\017", 9, 17, "\001c\001a\0", 5 },
	/* Cut short. */
	{ "", 0, 12, NULL, 0 },
	{ "\001", 1, 12, NULL, 0 },
	{ "\001a", 2, 12, NULL, 0 },
	{ "\003ab\0", 4, 12, NULL, 0 },
	{ "\001a\0\300", 4, 15, NULL, 0 },
	/* Lengths that are none (RFC 1035, 4.1.4). */
	{ "\100a\0", 3, 12, NULL, 0 },
	{ "\200a\0", 3, 12, NULL, 0 },
	/* Pointers to itself, forward, in a circle, into the header. */
	{ "\300\014", 2, 12, NULL, 0 },
	{ "\300\016\001a\0", 5, 12, NULL, 0 },
	{ "\001a\300\014", 4, 12, NULL, 0 },
	{ "\300\016\300\014", 4, 14, NULL, 0 },
	{ "\001a\0\300\000", 5, 15, NULL, 0 },
	{ "\001a\0\300\013", 5, 15, NULL, 0 },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t pkt[64] = { 0 };
		struct dname name;
		bool got;

		memcpy(pkt + 12, names[i].octets, names[i].len);
		got = message_name(pkt, 12 + names[i].len, names[i].at, &name);
		assert_int_equal(got, names[i].name != NULL);
		assert_int_equal(name.len, names[i].name_len);
		if (got)
			assert_memory_equal(name.wire, names[i].name, name.len);
	}
}

/* 255 octets are a name, 256 are none. */
static void
test_longest(void **state)
{
	uint8_t pkt[300] = { 0 };
	struct dname name;

	(void)state;
	for (unsigned at = 12; at < 12 + 254; at += 2) {
		pkt[at] = 1;
		pkt[at + 1] = 'a';
	}
	assert_true(message_name(pkt, sizeof(pkt), 12, &name));
	assert_int_equal(name.len, 255);
	pkt[12 + 254] = 1;
	pkt[12 + 255] = 'a';
	assert_false(message_name(pkt, sizeof(pkt), 12, &name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
