/*
 * test_ability.c - what each sight of an upstream makes of what was known.
 */
#include "dnsd/forward/ability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define NOW    (1000 * SECOND)

enum seen { SHOWN, LACKED, REFUSED, SILENT, NO_STREAM, DOUBTED };
enum way { UDP, TCP };

/* What was known, and by which way; what is seen; what is known then. */
static const struct {
	enum learnt known;
	enum way by;
	enum seen seen;
	enum way way;
	enum learnt then;
	int lasts; /* seconds */
} cells[] = {
	{ LEARNT_NOTHING, UDP, SHOWN, UDP, LEARNT_YES, 3600 },
	{ LEARNT_NOTHING, UDP, SHOWN, TCP, LEARNT_YES, 3600 },
	{ LEARNT_NOTHING, UDP, LACKED, UDP, LEARNT_NO, 60 },
	{ LEARNT_NOTHING, UDP, LACKED, TCP, LEARNT_NO, 300 },
	{ LEARNT_NOTHING, UDP, REFUSED, UDP, LEARNT_NO, 60 },
	{ LEARNT_NOTHING, UDP, REFUSED, TCP, LEARNT_NO, 300 },
	{ LEARNT_NOTHING, UDP, SILENT, UDP, LEARNT_NO, 60 },
	{ LEARNT_NOTHING, UDP, SILENT, TCP, LEARNT_NO, 300 },
	{ LEARNT_NOTHING, UDP, NO_STREAM, TCP, LEARNT_NO, 60 },
	{ LEARNT_NOTHING, UDP, DOUBTED, UDP, LEARNT_NOTHING, 0 },
	/* A yes is renewed; over UDP nobody takes it away. */
	{ LEARNT_YES, UDP, SHOWN, UDP, LEARNT_YES, 3600 },
	{ LEARNT_YES, TCP, SHOWN, UDP, LEARNT_YES, 3600 },
	{ LEARNT_YES, UDP, LACKED, UDP, LEARNT_YES, 1800 },
	{ LEARNT_YES, UDP, REFUSED, UDP, LEARNT_YES, 1800 },
	{ LEARNT_YES, UDP, SILENT, UDP, LEARNT_YES, 1800 },
	{ LEARNT_YES, UDP, LACKED, TCP, LEARNT_NO, 300 },
	{ LEARNT_YES, UDP, REFUSED, TCP, LEARNT_NO, 300 },
	{ LEARNT_YES, UDP, SILENT, TCP, LEARNT_NO, 300 },
	{ LEARNT_YES, UDP, NO_STREAM, TCP, LEARNT_NO, 60 },
	{ LEARNT_YES, UDP, DOUBTED, UDP, LEARNT_YES, 30 },
	{ LEARNT_YES, TCP, DOUBTED, UDP, LEARNT_YES, 30 },
	/* A no of TCP is not made shorter by one of UDP. */
	{ LEARNT_NO, UDP, SHOWN, UDP, LEARNT_YES, 3600 },
	{ LEARNT_NO, TCP, SHOWN, UDP, LEARNT_YES, 3600 },
	{ LEARNT_NO, UDP, LACKED, UDP, LEARNT_NO, 60 },
	{ LEARNT_NO, UDP, LACKED, TCP, LEARNT_NO, 300 },
	{ LEARNT_NO, TCP, LACKED, UDP, LEARNT_NO, 150 },
	{ LEARNT_NO, TCP, REFUSED, UDP, LEARNT_NO, 150 },
	{ LEARNT_NO, TCP, SILENT, UDP, LEARNT_NO, 150 },
	{ LEARNT_NO, TCP, LACKED, TCP, LEARNT_NO, 300 },
	{ LEARNT_NO, TCP, NO_STREAM, TCP, LEARNT_NO, 60 },
	{ LEARNT_NO, UDP, DOUBTED, UDP, LEARNT_NO, 30 },
	{ LEARNT_NO, TCP, DOUBTED, UDP, LEARNT_NO, 150 },
};

static void
see(struct ability *a, enum seen seen, enum way way, int64_t now_us)
{
	static const enum evidence why[] = {
		[LACKED] = EVIDENCE_LACKED,
		[REFUSED] = EVIDENCE_REFUSED,
		[SILENT] = EVIDENCE_SILENT,
		[NO_STREAM] = EVIDENCE_NO_STREAM,
	};

	switch (seen) {
	case SHOWN:
		ability_show(a, way == TCP, now_us);
		break;
	case LACKED:
	case REFUSED:
	case SILENT:
	case NO_STREAM:
		ability_lack(a, why[seen], way == TCP, now_us);
		break;
	case DOUBTED:
		ability_doubt(a, now_us);
		break;
	}
}

/* Half of the time that it holds has gone when the next is seen. */
static int64_t
know(struct ability *a, enum learnt known, enum way by)
{
	if (known == LEARNT_NOTHING)
		return NOW;
	see(a, known == LEARNT_YES ? SHOWN : LACKED, by, NOW);
	return NOW + (a->until_us - NOW) / 2;
}

static void
test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct ability a = { .until_us = 0 };
		int64_t now = know(&a, cells[i].known, cells[i].by), end;

		see(&a, cells[i].seen, cells[i].way, now);
		if (ability_is(&a, now) != cells[i].then)
			fail_msg("cell %zu: %d", i, (int)ability_is(&a, now));
		end = now + cells[i].lasts * SECOND;
		assert_int_equal(ability_is(&a, end - 1),
		    cells[i].lasts == 0 ? LEARNT_NOTHING : cells[i].then);
		if (ability_is(&a, end) != LEARNT_NOTHING)
			fail_msg("cell %zu: it lasts for longer", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
