/*
 * test_descriptors.c - no part takes what another needs.
 */
#include "dnsd/server/impl.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LISTENING 8
#define ALL       (64 + 2 * (LISTENING + 2 * (6 + 1) + 8192 + 20000))

static const struct {
	unsigned workers, upstreams, connections;
	unsigned long limit;
	struct descriptors each; /* zero: refused */
} rows[] = {
	{ 2, 1, 20000, 1UL << 20, { 4096, 10000 } },
	{ 2, 1, 20000, ALL, { 4096, 10000 } },
	{ 2, 1, 20000, ALL - 2, { 4096, 9999 } },
	/* Where it is little each has half of it... */
	{ 2, 1, 20000, 20000, { 2486, 2486 } },
	{ 2, 1, 20000, 1024, { 114, 114 } },
	/* ...save of what the other does not want. */
	{ 2, 1, 200, 20000, { 4096, 100 } },
	{ 2, 1, 1000, 4096, { 498, 498 } },
	{ 2, 0, 20000, 1024, { 0, 230 } },
	/* The least. */
	{ 2, 1, 20000, 620, { 64, 64 } },
	{ 2, 1, 20000, 619, { 0, 0 } },
	{ 2, 1, 2, 368, { 64, 1 } },
	{ 1, 1, 1, 224, { 64, 1 } },
	{ 1, 0, 1, 0, { 0, 0 } },
	{ 4, 0, 1, 1024, { 0, 1 } },
};

static void
test_divide(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config c = { .workers = rows[i].workers,
			.upstream_count = rows[i].upstreams,
			.tcp_connections = rows[i].connections };
		struct descriptors d;
		enum err err =
		    descriptors_divide(&d, &c, rows[i].limit, LISTENING);

		if (d.sockets != rows[i].each.sockets ||
		    d.connections != rows[i].each.connections ||
		    (err == E_OK) != (rows[i].each.connections > 0))
			fail_msg("row %zu: %u sockets and %u connections", i,
			    d.sockets, d.connections);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_divide) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
