/*
 * test_etcd_watch.c - a line of a watch that comes in many pieces costs what
 * it costs in one: what has no end yet is not looked through again.
 */
#include "fuzz/curl_script.h"

#include "dnsctl/etcd/etcd.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

static size_t scanned; /* octets, for the end of a line */

/* In the C library's place; newer ones have a macro of that name, too. */
#undef memchr
__attribute__((used)) void *
memchr(const void *at, int c, size_t n)
{
	const char *text = at;
	size_t i = 0;

	while (i < n && text[i] != (char)c)
		i++;
	if (c == '\n')
		scanned += i < n ? i + 1 : i;
	return i < n ? (void *)(uintptr_t)(text + i) : NULL;
}

static void
bad(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	(void)arg;
	(void)where;
	fail_msg("%s: %s", title, why->rule);
}

static void
warning(void *arg, const struct feed_where *where, const char *title,
    const char *text)
{
	(void)arg;
	(void)where;
	fail_msg("%s: %s", title, text);
}

static void
committed(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)left;
	(void)more;
	(void)snprintf(arg, CURSOR_MAX + 1, "%s", cursor);
}

#define OCTETS 4000 /* of the line, about */

/* Replies that are in order as far as the watch; then a line of it. */
static size_t
script_write(char *out)
{
	size_t len = 0;

	for (int i = 0; i < 1 + FACT_KINDS; i++) {
		out[len++] = 0;
		out[len++] = REPLY_END;
	}
	out[len++] = 0;
	return len +
	    (size_t)snprintf(out + len, SCRIPT_MAX - len, "{\"result\":%*s}}\n",
		OCTETS, "{\"header\":{\"revision\":\"8\"}");
}

/* What a whole run looks through. */
static size_t
follow(bool whole)
{
	char script_text[SCRIPT_MAX], cursor[CURSOR_MAX + 1];
	const struct feed_report report = { .arg = cursor,
		.bad = bad,
		.warning = warning,
		.committed = committed };
	const struct etcd_options options = { .source = "etcd://a",
		.prefix = "/d",
		.report = &report,
		.stop = &script.stop };
	struct fixture f;

	script.in_order =
	    "{\"header\":{\"cluster_id\":\"c\",\"revision\":\"7\"}}";
	script_begin((uint8_t *)script_text, script_write(script_text), whole);
	fixture_open(&f);
	scanned = 0;
	assert_int_equal(etcd_follow(&options, f.writer), E_OK);
	assert_string_equal(cursor, "c/8");
	fixture_close(&f);
	return scanned;
}

static void
test_pieces(void **state)
{
	size_t whole = follow(true), octets = follow(false);

	(void)state;
	print_message(
	    "%zu octets in one piece, %zu one by one\n", whole, octets);
	assert_true(whole >= OCTETS);
	assert_in_range(octets, whole, 2 * whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pieces) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
