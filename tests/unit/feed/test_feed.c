/*
 * test_feed.c - what a follower and an applied file do with their lines.
 *
 * Rows are lines with ' for "; an empty line stands for a source that waits.
 */
#include "zones/feed/apply.h"
#include "zones/feed/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "store_fixture.h"

#define NET    "{'put':'network','id':'n','prefixes':['fd00::/16']}\n"
#define A      "{'put':'app','network':'n','name':'a'}\n"
#define B      "{'put':'app','network':'n','name':'b'}\n"
#define C      "{'put':'app','network':'n','name':'c'}\n"
#define BAD    "{'put':'app','network':'n','name':'_'}\n"
#define AT(c)  "{'commit':'" c "'}\n"
#define BEGIN  "{'snapshot':'begin'}\n"
#define ONLY_N "{'snapshot':'begin','network':'n'}\n"
#define END(c) "{'snapshot':'end','commit':'" c "'}\n"
#define JUST   "{'snapshot':'end'}\n"
#define WAIT   "\n"
/* That cannot be read; that the network does not hold. */
#define NETBAD "{'put':'network','id':'n','prefixes':['fd00::/999']}\n"
#define A_BAD  "{'put':'app','network':'n','name':'a','flycast':['x']}\n"
#define A_OUT  "{'put':'app','network':'n','name':'a','flycast':['fe00::1']}\n"

/* Acknowledged cursors, the apps that are there, mistakes, commits. */
static const struct row {
	const char *lines, *told, *apps;
	unsigned bad, commits;
} follows[] = {
	{ "", "", "", 0, 0 },
	{ NET A, "", "", 0, 0 }, /* a tail */
	{ NET A AT("1"), "1", "a", 0, 1 },
	{ NET A AT("1") B, "1", "a", 0, 1 },
	{ NET A AT("1") B AT("2") C AT("3"), "1 2 3", "a b c", 0, 1 },
	{ NET A AT("1") WAIT B AT("2") C AT("3"), "1 2 3", "a b c", 0, 2 },
	{ NET A AT("1") B WAIT AT("2"), "1 2", "a b", 0, 2 },
	{ NET A BAD B AT("1"), "1", "a b", 1, 1 },
	{ A NET B AT("1"), "1", "b", 1, 1 }, /* the network came later */
	{ NET A AT("1") AT("2"), "1 2", "a", 0, 1 },
	{ "x\n" NET "{\n" A AT("1"), "1", "a", 2, 1 },
	{ NET A B AT("1") BEGIN NET C END("2"), "1 2", "c", 0, 1 },
	{ NET A B AT("1") BEGIN NET C WAIT END("2"), "1 2", "c", 0, 2 },
	/* one without an end says so, with the line of its begin */
	{ NET A B AT("1") BEGIN NET C, "1", "a b", 1, 1 },
	{ NET A B AT("1") BEGIN NET C JUST, "1", "a b", 0, 1 },
	{ NET A B AT("1") BEGIN NET C JUST A AT("2"), "1 2", "a c", 0, 1 },
	{ NET A AT("1") ONLY_N B END("2"), "1 2", "b", 0, 1 },
	/* refused, so what stands before them is not whole yet */
	{ NET A END("1") WAIT, "", "", 0, 0 },
	{ NET A END("1") WAIT B AT("2"), "2", "a b", 1, 1 },
	{ BEGIN NET A AT("1") WAIT, "", "", 1, 0 },
	{ BEGIN NET A AT("1") WAIT B END("2"), "2", "a b", 1, 1 },
	{ BEGIN NET BEGIN A END("2"), "2", "a", 1, 1 },
	{ NET AT("1") BEGIN NET A
	    "{'delete':'app','network':'n','name':'a'}\n" END("2"),
	    "1 2", "a", 1, 1 },
	/* a snapshot's mistake: what it is of stays, and nothing else does */
	{ NET A B AT("1") BEGIN NETBAD A END("2"), "1 2", "a", 1, 1 },
	{ NET A B AT("1") BEGIN NET A_BAD END("2"), "1 2", "a", 1, 1 },
	{ NET A B AT("1") BEGIN NET A_OUT END("2"), "1 2", "a", 1, 1 },
	{ NET A B AT("1") ONLY_N A_BAD END("2"), "1 2", "a", 1, 1 },
	{ BEGIN NET A_BAD B END("2"), "2", "b", 1, 1 },
	/* a prefix that another network has before, and not behind it */
	{ NET A AT("1") BEGIN
	    "{'put':'network','id':'m','prefixes':"
	    "['fd00::/16']}\n"
	    "{'put':'app','network':'m','name':'x'}\n" END("2"),
	    "1 2", "x", 0, 1 },
	{ NET A AT("1") BEGIN "{'put':'network','id':'m','prefixes':"
			      "['fd00::/8']}\n" NET A END("2"),
	    "1 2", "a", 1, 1 },
	/* it may be of anything */
	{ NET A B AT("1") BEGIN NET "{\n" C END("2"), "1 2", "a b c", 1, 1 },
	{ NET A B AT("1") BEGIN NET BAD END("2"), "1 2", "a b", 1, 1 },
	/* and is for this snapshot */
	{ NET A AT("1") BEGIN NET "{\n" END("2") BEGIN NET END("3"), "1 2 3",
	    "", 1, 1 },
};

static const struct row applies[] = {
	{ "", "", "", 0, 0 },
	{ NET A, "", "a", 0, 1 },
	{ NET A AT("1") B AT("2") C, "1 2", "a b c", 0, 1 },
	{ NET A BAD B, "", "", 1, 0 },
	{ NET A AT("1") BAD, "", "", 1, 0 },
	{ NET A "{\n" BAD, "", "", 1, 0 }, /* the first ends it */
	{ BEGIN NET A, "", "", 1, 0 },
	{ BEGIN NET A JUST B, "", "a b", 0, 1 },
	{ BEGIN NET A END("1"), "1", "a", 0, 1 },
	{ NET A END("1"), "", "", 1, 0 },
};

struct heard {
	char told[64], apps[64];
	unsigned bad;
};

static void
word_add(char text[64], const char *word)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, 64 - len, "%s%s", len == 0 ? "" : " ", word);
}

static void
bad_count(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	struct heard *h = arg;

	(void)title;
	h->bad++;
	assert_true(where->line > 0);
	assert_string_not_equal(why->rule, "");
}

static void
conflict_refuse(void *arg, const struct feed_where *where, const char *title,
    const char *other)
{
	(void)arg;
	(void)where;
	(void)title;
	(void)other;
	fail();
}

static void
committed_note(void *arg, const char *cursor)
{
	word_add(((struct heard *)arg)->told, cursor);
}

static bool
app_note(void *arg, const struct fact *f, bool implied)
{
	assert_false(implied);
	word_add(((struct heard *)arg)->apps, f->app);
	return true;
}

static void
check(struct fixture *fixture, const struct row *row, struct heard *h)
{
	enum err err = snapshot_refresh(fixture->snapshot);
	struct store_meta meta = { .commits = 0 };

	if (err == E_OK) {
		assert_int_equal(snapshot_facts(fixture->snapshot, FACT_APP,
				     NULL, app_note, h),
		    E_OK);
		assert_int_equal(snapshot_meta(fixture->snapshot, &meta), E_OK);
	}
	snapshot_rest(fixture->snapshot);
	assert_string_equal(h->told, row->told);
	assert_string_equal(h->apps, row->apps);
	assert_int_equal(h->bad, row->bad);
	assert_int_equal(meta.commits, row->commits);
}

/* The row's text with quotes; the caller's. */
static char *
text_of(const struct row *row)
{
	char *text = strdup(row->lines);

	print_message("%s--\n", text);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	return text;
}

static void
follow(struct feed_follow *f, char *text)
{
	char *end;

	for (char *line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		if (*line == '\0')
			assert_int_equal(feed_follow_rest(f), E_OK);
		else
			assert_int_equal(
			    feed_follow_line(f, line, strlen(line)), E_OK);
	}
	assert_int_equal(feed_follow_end(f), E_OK);
}

static void
test_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(follows) / sizeof(follows[0]); i++) {
		struct heard h = { .bad = 0 };
		const struct feed_report report = { .arg = &h,
			.bad = bad_count,
			.conflict = conflict_refuse,
			.committed = committed_note };
		char *text = text_of(&follows[i]);
		struct fixture fixture;
		struct feed_follow *f;

		fixture_open(&fixture);
		assert_int_equal(
		    feed_follow_open(&f, fixture.writer, &report, "row"), E_OK);
		follow(f, text);
		/* the tail's mistakes are not looked for */
		check(&fixture, &follows[i], &h);
		feed_follow_close(f);
		fixture_close(&fixture);
		free(text);
	}
}

static void
test_apply(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(applies) / sizeof(applies[0]); i++) {
		struct heard h = { .bad = 0 };
		const struct feed_report report = { .arg = &h,
			.bad = bad_count,
			.conflict = conflict_refuse,
			.committed = committed_note };
		char *text = text_of(&applies[i]);
		size_t len = strlen(text);
		int fd = memfd_create("lines", 0);
		struct fixture fixture;

		assert_int_equal(write(fd, text, len), len);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		fixture_open(&fixture);
		assert_int_equal(
		    feed_apply(fixture.writer, &report, "row", fd, FEED_STORE),
		    applies[i].bad == 0 ? E_OK : E_INPUT);
		check(&fixture, &applies[i], &h);
		fixture_close(&fixture);
		(void)close(fd);
		free(text);
	}
}

/* More lines and longer ones than a batch or a queue holds. */
static void
test_large(void **state)
{
	struct heard h = { .bad = 0 };
	const struct feed_report report = { .arg = &h,
		.bad = bad_count,
		.conflict = conflict_refuse,
		.committed = committed_note };
	const struct row row = { .lines = NET A AT("1") WAIT AT("2") B,
		.told = "1 2",
		.apps = "a",
		.bad = 3000,
		.commits = 2 };
	struct fixture fixture;
	struct feed_follow *f;
	char line[128], *text;

	(void)state;
	fixture_open(&fixture);
	assert_int_equal(
	    feed_follow_open(&f, fixture.writer, &report, "row"), E_OK);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(line, sizeof(line), "{\"put\":%d}", i);
		assert_int_equal(feed_follow_line(f, line, strlen(line)), E_OK);
	}
	text = text_of(&row);
	follow(f, text);
	free(text);
	check(&fixture, &row, &h);
	feed_follow_close(f);
	fixture_close(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
