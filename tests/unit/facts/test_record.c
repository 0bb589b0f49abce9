/*
 * test_record.c - the texts of values: what is taken, as what it is written
 * again, and what is refused.
 */
#include "zones/facts/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *type, *text, *again; /* NULL: refused */
} rows[] = {
	{ "A", "192.0.2.1", "192.0.2.1" },
	{ "a", " 192.0.2.1 ", "192.0.2.1" },
	{ "A", "192.0.2", NULL },
	{ "A", "192.0.2.1 192.0.2.2", NULL },
	{ "A", "192.0.2.1 ; why", NULL },
	{ "A", "(192.0.2.1)", NULL },
	{ "A", "192.0.2.1\n", NULL },
	{ "A", "fdaa::1", NULL },
	{ "AAAA", "FDAA:0::1", "fdaa::1" },
	{ "AAAA", "192.0.2.1", NULL },
	{ "CNAME", "web.internal", "web.internal." },
	{ "CNAME", "Web.Internal.", "Web.Internal." },
	{ "CNAME", "a..b", NULL },
	{ "CNAME", "", NULL },
	{ "TXT", "\"v=spf1 -all\"", "\"v=spf1 -all\"" },
	{ "TXT", "word", "\"word\"" },
	{ "TXT", "\"a;b\" \"(c\" \"\"", "\"a;b\" \"(c\" \"\"" },
	{ "TXT", "\"a\\\"b\\\\\"", "\"a\\\"b\\\\\"" },
	{ "TXT", "\"\\195\\164\"", "\"\\195\\164\"" },
	{ "TXT", "v=spf1 -all", NULL }, /* would be v=spf1-all */
	{ "TXT", "a;b", NULL },         /* would be a */
	{ "TXT", "\"open", NULL },
	{ "TXT", "open\\", NULL },
	{ "MX", "10 mail.example", "10 mail.example." },
	{ "MX", "0 .", "0 ." },
	{ "MX", "65535 m", "65535 m." },
	{ "MX", "65536 m", NULL }, /* would be 0 */
	{ "MX", "-1 m", NULL },
	{ "MX", "10", NULL },
	{ "MX", "10 m more", NULL },
	{ "SRV", "1 2 3 host", "1 2 3 host." },
	{ "SRV", "1 2 70000 host", NULL },
	{ "CAA", "0 issue \"ca.example; a=b\"", "0 issue \"ca.example; a=b\"" },
	{ "CAA", "256 issue \"ca\"", NULL },
	{ "CAA", "0 issue ca", NULL },
	{ "HTTPS", "1 . alpn=\"h2,h3\" port=8443", "1 . alpn=h2,h3 port=8443" },
	{ "HTTPS", "0 web.internal", "0 web.internal." },
	{ "HTTPS", "1 . port=1 port=2", NULL },
	{ "HTTPS", "1 . alpn=", NULL },
};

static void
test_values(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fact_value v = { .text = rows[i].text,
			.type = record_type(rows[i].type) };
		struct complaint why;
		char *again;

		print_message("%s %s\n", rows[i].type, rows[i].text);
		if (rows[i].again == NULL) {
			assert_int_equal(
			    record_value_read(&v, &arena, &why), E_INPUT);
			assert_string_equal(why.field, "values");
			continue;
		}
		assert_int_equal(record_value_read(&v, &arena, &why), E_OK);
		again = record_value_text(&v);
		assert_string_equal(again, rows[i].again);
		free(again);
	}
	arena_release(&arena);
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(record_type("NS"), 0);
	assert_int_equal(record_type("SOA"), 0);
	for (unsigned i = 0; record_type_at(i) != NULL; i++) {
		const char *text = record_type_at(i);

		assert_string_equal(record_type_text(record_type(text)), text);
		assert_non_null(strstr(record_types_text(), text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
