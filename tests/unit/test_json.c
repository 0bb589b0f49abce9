/*
 * test_json.c - JSON texts that are read, and that are not.
 */
#include "zones/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* TEXT is read as STRING, the text of a string or number. */
static const struct {
	const char *text, *string;
} good[] = {
	{ "\"\"", "" },
	{ " \"a\"\r\n", "a" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac" },
	{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },   /* a pair */
	{ "\"\xf4\x8f\xbf\xbf\"", "\xf4\x8f\xbf\xbf" }, /* the last one */
	{ "\"\x7f\"", "\x7f" },
	{ "0", "0" },
	{ "-0.5e+10", "-0.5e+10" },
	{ "10E2", "10E2" },
};

static const struct {
	const char *text, *wrong;
} bad[] = {
	{ "", "must not end there" },
	{ " ", "must not end there" },
	{ "nul", "must be JSON" },
	{ "True", "must be JSON" },
	{ "'a'", "must be JSON" },
	{ "1 2", "must end after its one value" },
	{ "01", "must end after its one value" },
	{ "1.", "must have a digit there in a number" },
	{ "-", "must have a digit there in a number" },
	{ "1e", "must have a digit there in a number" },
	{ ".5", "must be JSON" },
	{ "\"a", "must close its strings" },
	{ "\"a\\\"", "must close its strings" },
	{ "\"\\x\"", "must not hold an unknown \\ escape" },
	{ "\"\\u12\"", "must have four digits after \\u" },
	{ "\"\\u12g4\"", "must have four digits after \\u" },
	{ "\"\\u0000\"", "must not hold \\u0000" },
	{ "\"\\ud83d\"", "must not hold half a surrogate pair" },
	{ "\"\\ud83d\\u0041\"", "must not hold half a surrogate pair" },
	{ "\"\\ude00\"", "must not hold half a surrogate pair" },
	{ "\"\t\"", "must not hold control characters" },
	{ "\"\xc0\xaf\"", "must be valid UTF-8" },     /* / in two octets */
	{ "\"\xe0\x80\xaf\"", "must be valid UTF-8" }, /* in three */
	{ "\"\xed\xa0\x80\"", "must be valid UTF-8" }, /* a surrogate */
	{ "\"\xf4\x90\x80\x80\"", "must be valid UTF-8" },
	{ "\"\xff\"", "must be valid UTF-8" },
	{ "\"\xc3\"", "must be valid UTF-8" }, /* cut short */
	{ "[1 2]", "must have a comma or an end after a value" },
	{ "[1,]", "must be JSON" },
	{ "[", "must not end there" },
	{ "{\"a\" 1}", "must have a colon behind a key" },
	{ "{a:1}", "must have a string as key" },
	{ "{\"a\":1,}", "must have a string as key" },
	{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "must not be nested so deep" },
};

static void
test_good(void **state)
{
	struct arena arena = { NULL };
	const char *wrong;
	struct json *j;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		print_message("%s\n", good[i].text);
		assert_int_equal(json_read(&j, &arena, good[i].text,
				     strlen(good[i].text), &wrong),
		    E_OK);
		assert_string_equal(j->text, good[i].string);
		assert_int_equal(j->len, strlen(good[i].string));
	}
	arena_release(&arena);
}

static void
test_bad(void **state)
{
	struct arena arena = { NULL };
	const char *wrong;
	struct json *j;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i].text);
		assert_int_equal(json_read(&j, &arena, bad[i].text,
				     strlen(bad[i].text), &wrong),
		    E_INPUT);
		assert_null(j);
		assert_string_equal(wrong, bad[i].wrong);
	}
	arena_release(&arena);
}

/* A zero octet is an octet like another that is no JSON. */
static void
test_zero(void **state)
{
	struct arena arena = { NULL };
	const char *wrong;
	struct json *j;

	(void)state;
	assert_int_equal(json_read(&j, &arena, "1\0", 2, &wrong), E_INPUT);
	assert_int_equal(json_read(&j, &arena, "\"\0\"", 3, &wrong), E_INPUT);
	assert_int_equal(json_read(&j, &arena, "[1\0]", 4, &wrong), E_INPUT);
	arena_release(&arena);
}

static void
test_tree(void **state)
{
	static const char text[] =
	    "{\"a\":[true,{\"b\":\"c\"}],\"n\":null,\"a\":2}";
	struct arena arena = { NULL };
	const char *wrong;
	struct json *j, *a;

	(void)state;
	assert_int_equal(
	    json_read(&j, &arena, text, strlen(text), &wrong), E_OK);
	assert_int_equal(j->count, 3);
	a = json_member(j, "a");
	assert_int_equal(a->is, JSON_IS_ARRAY);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->first->is, JSON_IS_TRUE);
	assert_string_equal(json_member_text(a->first->next, "b"), "c");
	assert_int_equal(json_member(j, "n")->is, JSON_IS_NULL);
	assert_null(json_member_text(j, "n"));
	assert_null(json_member(j, "b"));
	assert_null(json_member(a, "b"));
	arena_release(&arena);
}

static void
test_print(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	json_print(out, "a\"b\\c\n\x01\xc3\xa9");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\"");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
