/*
 * test_addr_text.c - addresses and prefixes as people write them.
 */
#include "base/addr_parse.h"
#include "base/addr_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* AGAIN is how it is written; NULL: it is no address. */
static const struct {
	const char *text, *again;
} addresses[] = {
	{ "fdaa:0:18::3", "fdaa:0:18::3" },
	{ "FDAA:0000:18:0::3", "fdaa:0:18::3" }, /* RFC 5952 */
	{ "::", "::" },
	{ "::1", "::1" },
	{ "172.16.10.45", "172.16.10.45" },
	{ "::ffff:172.16.10.45", "172.16.10.45" }, /* one form for both */
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "256.0.0.1", NULL },
	{ "1.2.3", NULL },
	{ "01.2.3.4", NULL }, /* octal or decimal? neither */
	{ "fdaa::18::3", NULL },
	{ "fdaa:0:18::3/48", NULL },
	{ "fe80::1%lo", NULL }, /* a zone means nothing elsewhere */
	{ " ::1", NULL },
	{ "::1 ", NULL },
	{ "", NULL },
	{ "localhost", NULL },
};

/* LEN is within 128. */
static const struct {
	const char *text, *again;
	unsigned len;
} prefixes[] = {
	{ "fdaa:0:18::/48", "fdaa:0:18::/48", 48 },
	{ "::/0", "::/0", 0 },
	{ "fdaa:0:18::3/128", "fdaa:0:18::3/128", 128 },
	{ "172.16.10.0/24", "172.16.10.0/24", 120 },
	{ "0.0.0.0/0", "0.0.0.0/0", 96 },
	{ "10.0.0.1/32", "10.0.0.1/32", 128 },
	{ "::ffff:10.0.0.0/104", "10.0.0.0/8", 104 },
	{ "::/8", "::/8", 8 },
	{ "fc00::/7", "fc00::/7", 7 }, /* not at a nibble */
	{ "100.64.0.0/10", "100.64.0.0/10", 106 },
	{ "fdaa:0:18::1/48", NULL, 0 },  /* a bit behind the prefix */
	{ "172.16.10.128/24", NULL, 0 }, /* the same */
	{ "172.16.10.0/33", NULL, 0 },   /* IPv4 has 32 */
	{ "fdaa::/129", NULL, 0 },
	{ "fdaa::", NULL, 0 },
	{ "fdaa::/", NULL, 0 },
	{ "fdaa::/-1", NULL, 0 },
	{ "fdaa::/+8", NULL, 0 },
	{ "fdaa::/ 8", NULL, 0 },
	{ "fdaa::/8 ", NULL, 0 },
	{ "::/4294967296", NULL, 0 }, /* 0 in 32 bits */
	{ "::/18446744073709551616", NULL, 0 },
	{ "/48", NULL, 0 },
	{ "", NULL, 0 },
	/* longer than any address */
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/0", NULL, 0 },
};

static void
test_addresses(void **state)
{
	static const struct addr zero;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char text[ADDR_TEXT];
		struct addr a;
		bool ok = addr_parse(&a, addresses[i].text);

		print_message("\"%s\"\n", addresses[i].text);
		assert_int_equal(ok, addresses[i].again != NULL);
		if (ok)
			assert_string_equal(
			    addr_text(&a, text), addresses[i].again);
		else
			assert_true(addr_is_same(&a, &zero));
	}
}

static void
test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		char text[PREFIX_TEXT];
		struct prefix p, q;
		bool ok = prefix_parse(&p, prefixes[i].text);

		print_message("\"%s\"\n", prefixes[i].text);
		assert_int_equal(ok, prefixes[i].again != NULL);
		assert_int_equal(p.len, prefixes[i].len);
		if (!ok)
			continue;
		assert_string_equal(prefix_text(&p, text), prefixes[i].again);
		assert_true(prefix_parse(&q, text));
		assert_memory_equal(&p, &q, sizeof(p));
	}
}

/* A prefix and an address: in it or not. */
static const struct {
	const char *prefix, *address;
	bool holds;
} inside[] = {
	{ "fdaa:0:18::/48", "fdaa:0:18:ffff::1", true },
	{ "fdaa:0:18::/48", "fdaa:0:19::1", false },
	{ "fc00::/7", "fdff::", true }, /* within an octet */
	{ "fc00::/7", "fe00::", false },
	{ "172.16.0.0/12", "172.31.255.255", true },
	{ "172.16.0.0/12", "172.32.0.0", false },
	{ "0.0.0.0/0", "8.8.8.8", true },
	{ "0.0.0.0/0", "::1", false }, /* IPv4's all is IPv4 */
	{ "::/0", "8.8.8.8", false },
	{ "10.0.0.1/32", "10.0.0.1", true },
	{ "10.0.0.1/32", "10.0.0.2", false },
};

static void
test_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		struct prefix p;
		struct addr a;

		print_message("%s %s\n", inside[i].prefix, inside[i].address);
		assert_true(prefix_parse(&p, inside[i].prefix));
		assert_true(addr_parse(&a, inside[i].address));
		assert_int_equal(prefix_holds(&p, &a), inside[i].holds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
