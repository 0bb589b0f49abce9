/*
 * test_relay_backlog.c - what a relay sends: lines of some networks, whole
 * however they are cut, and commits that are forgotten when there are too many.
 */
#include "dnsctl/relay/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IN "\"network\":"

/* A line; is it of networks `a` and `cc`? */
static const struct {
	const char *line;
	bool wanted;
} lines_[] = {
	{ "{\"put\":\"network\",\"id\":\"a\",\"prefixes\":[\"fd00::/8\"]}",
	    true },
	{ "{\"put\":\"network\",\"id\":\"b\",\"prefixes\":[\"fd00::/8\"]}",
	    false },
	{ "{\"put\":\"app\"," IN "\"cc\",\"name\":\"x\"}", true },
	{ "{\"put\":\"app\"," IN "\"c\",\"name\":\"x\"}", false },
	{ "{\"put\":\"app\"," IN "\"ccc\",\"name\":\"x\"}", false },
	{ "{\"put\":\"app\"," IN "\"\",\"name\":\"x\"}", false },
	{ "{\"withdraw\":\"app\"," IN "\"a\",\"name\":\"x\"}", true },
	{ "{\"withdraw\":\"network\",\"id\":\"b\"}", false },
	{ "{\"age\":17,\"put\":\"app\"," IN "\"cc\",\"name\":\"x\"}", true },
	{ "{\"age\":17,\"put\":\"app\"," IN "\"b\",\"name\":\"x\"}", false },
	/* of no network: all have them */
	{ "{\"put\":\"region\",\"id\":\"b\",\"latitude\":1}", true },
	{ "{\"put\":\"gateway\",\"id\":\"b\",\"region\":\"iad\"}", true },
	{ "{\"commit\":\"b\"}", true },
	{ "{\"snapshot\":\"begin\"}", true },
	{ "{\"snapshot\":\"end\",\"commit\":\"b\"}", true },
	/* of two */
	{ "{\"put\":\"export\"," IN "\"a\",\"app\":\"x\",\"to\":\"cc\"}",
	    true },
	{ "{\"put\":\"export\"," IN "\"a\",\"app\":\"x\",\"to\":\"b\"}",
	    false },
	{ "{\"put\":\"export\"," IN "\"b\",\"app\":\"x\",\"to\":\"a\"}",
	    false },
};

#define TEXT_MAX 4096

#define LINES (sizeof(lines_) / sizeof(lines_[0]))

static void
test_lines_of_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < LINES; i++) {
		size_t len = strlen(lines_[i].line);

		assert_true(lines_want(NULL, lines_[i].line, len));
		if (lines_want("a,cc", lines_[i].line, len) != lines_[i].wanted)
			fail_msg("%s", lines_[i].line);
		/* A cut line is never read beyond its end. */
		for (size_t cut = 0; cut < len; cut++)
			(void)lines_want("a,cc", lines_[i].line, cut);
	}
}

static size_t
append(char *text, size_t at, const char *line)
{
	return at + (size_t)snprintf(text + at, TEXT_MAX - at, "%s\n", line);
}

/* All lines as one text, and those that are wanted. */
static void
texts_make(char *all, char *wanted)
{
	size_t n = 0, m = 0;

	for (size_t i = 0; i < LINES; i++) {
		n = append(all, n, lines_[i].line);
		if (lines_[i].wanted)
			m = append(wanted, m, lines_[i].line);
	}
}

static void
test_cut_anywhere(void **state)
{
	char all[TEXT_MAX], wanted[TEXT_MAX], got[TEXT_MAX];

	(void)state;
	texts_make(all, wanted);
	for (size_t room = 1; room < 200; room++) {
		struct lines l = { .networks = "a,cc" };
		size_t n = 0, len = strlen(all);

		while (l.at < len)
			n += lines_copy(&l, all, len, got + n, room);
		got[n] = '\0';
		assert_string_equal(got, wanted);
	}
}

static void
add(struct backlog *b, unsigned cursor, size_t len)
{
	char name[16], *text = malloc(len);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len - 1] = '\n';
	(void)snprintf(name, sizeof(name), "%u", cursor);
	backlog_add(b, name, text, len);
}

static void
test_finds_where_somebody_stands(void **state)
{
	struct backlog *b = calloc(1, sizeof(*b));
	uint64_t number;

	(void)state;
	assert_non_null(b);
	backlog_init(b, "0");
	assert_true(backlog_find(b, "0", &number));
	assert_int_equal(number, 0);
	assert_false(backlog_find(b, "1", &number));
	add(b, 1, 10);
	add(b, 1, 10); /* that the source was heard of */
	add(b, 2, 10);
	assert_true(backlog_find(b, "0", &number));
	assert_int_equal(number, 0);
	assert_true(backlog_find(b, "1", &number));
	assert_int_equal(number, 2);
	assert_true(backlog_find(b, "2", &number));
	assert_int_equal(number, 3);
	backlog_release(b);
	free(b);
}

static void
test_forgets_the_oldest(void **state)
{
	struct backlog *b = calloc(1, sizeof(*b));
	struct lines l = { .networks = NULL };
	uint64_t number = 0;
	char to[64];

	(void)state;
	assert_non_null(b);
	backlog_init(b, "0");
	for (unsigned i = 1; i <= 3; i++)
		add(b, i, BACKLOG_OCTETS / 2);
	assert_false(backlog_find(b, "0", &number));
	assert_true(backlog_find(b, "1", &number));
	number = 0;
	assert_int_equal(
	    backlog_read(b, &number, b->next, &l, to, sizeof(to)), -1);
	add(b, 4, BACKLOG_OCTETS + 1); /* too large by itself */
	assert_false(backlog_find(b, "3", &number));
	assert_true(backlog_find(b, "4", &number));
	assert_int_equal(
	    backlog_read(b, &number, b->next, &l, to, sizeof(to)), 0);
	for (unsigned i = 0; i < BACKLOG_COMMITS + 2; i++)
		add(b, 5 + i, 8);
	assert_false(backlog_find(b, "5", &number));
	assert_true(backlog_find(b, "6", &number));
	assert_int_equal(
	    backlog_read(b, &number, b->next, &l, to, sizeof(to)), 64);
	backlog_release(b);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_networks),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_finds_where_somebody_stands),
		cmocka_unit_test(test_forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
