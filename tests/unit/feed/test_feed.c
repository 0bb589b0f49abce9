/*
 * test_feed.c - what a follower and an applied file do with their lines.
 *
 * Rows are lines with ' for "; an empty line stands for a source that waits.
 */
#include "zones/feed/apply.h"
#include "zones/feed/follow.h"
#include "zones/store/write/left.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "store_fixture.h"

#define NET    "{'put':'network','id':'n','prefixes':['fd00::/48']}\n"
#define A      "{'put':'app','network':'n','name':'a'}\n"
#define B      "{'put':'app','network':'n','name':'b'}\n"
#define C      "{'put':'app','network':'n','name':'c'}\n"
#define BAD    "{'put':'app','network':'n','name':'_'}\n"
#define AT(c)  "{'commit':'" c "'}\n"
#define BEGIN  "{'snapshot':'begin','allow_delete':true}\n"
#define HELD   "{'snapshot':'begin'}\n"
#define ONLY_N "{'snapshot':'begin','network':'n','allow_delete':true}\n"
#define HELD_N "{'snapshot':'begin','network':'n'}\n"
#define END(c) "{'snapshot':'end','commit':'" c "'}\n"
#define JUST   "{'snapshot':'end'}\n"
#define WAIT   "\n"
/* That cannot be read; that the network does not hold. */
#define NETBAD "{'put':'network','id':'n','prefixes':['fd00::/999']}\n"
#define A_BAD  "{'put':'app','network':'n','name':'a','flycast':['x']}\n"
#define A_OUT  "{'put':'app','network':'n','name':'a','flycast':['fe00::1']}\n"
/* Networks with another prefix, apps with an address in one. */
#define NETWORK(n, p)                                                          \
	"{'put':'network','id':'" n "','prefixes':['" p "::/48']}\n"
#define APP(n, a, p)                                                           \
	"{'put':'app','network':'" n "','name':'" a "','flycast':['" p         \
	"::1']}\n"
#define NO_APP(n, a) "{'delete':'app','network':'" n "','name':'" a "'}\n"
#define NO_NET(n)    "{'delete':'network','id':'" n "'}\n"

/*
 * Acknowledged cursors and how many facts each left out; the apps that are
 * there; mistakes, commits, what is left out in the end; how it ended.
 */
static const struct row {
	const char *lines, *told, *apps;
	unsigned bad, commits, left;
	enum err err;
} follows[] = {
	{ "", "", "", 0, 0, 0, E_OK },
	{ NET A, "", "", 0, 0, 0, E_OK }, /* a tail */
	{ NET A AT("1"), "1", "a", 0, 1, 0, E_OK },
	{ NET A AT("1") B, "1", "a", 0, 1, 0, E_OK },
	{ NET A AT("1") B AT("2") C AT("3"), "1 2 3", "a b c", 0, 1, 0, E_OK },
	{ NET A AT("1") WAIT B AT("2") C AT("3"), "1 2 3", "a b c", 0, 2, 0,
	    E_OK },
	{ NET A AT("1") B WAIT AT("2"), "1 2", "a b", 0, 2, 0, E_OK },
	{ NET A BAD B AT("1"), "1-1", "a b", 1, 1, 0, E_OK },
	{ A NET B AT("1"), "1", "a b", 0, 1, 0, E_OK }, /* in whatever order */
	{ NET A AT("1") AT("2"), "1 2", "a", 0, 1, 0, E_OK },
	{ "x\n" NET "{\n" A AT("1"), "1-2", "a", 2, 1, 0, E_OK },
	{ NET A B AT("1") BEGIN NET C END("2"), "1 2", "c", 0, 2, 0, E_OK },
	{ NET A B AT("1") BEGIN NET C WAIT END("2"), "1 2", "c", 0, 2, 0,
	    E_OK },
	/* one without an end says so, with the line of its begin */
	{ NET A B AT("1") BEGIN NET C, "1", "a b", 1, 1, 0, E_OK },
	{ NET A B AT("1") BEGIN NET C JUST, "1", "a b", 0, 1, 0, E_OK },
	{ NET A B AT("1") BEGIN NET C JUST A AT("2"), "1 2", "a c", 0, 2, 0,
	    E_OK },
	{ NET A AT("1") ONLY_N B END("2"), "1 2", "b", 0, 2, 0, E_OK },
	/* what stands before it in its transaction is not whole before it */
	{ A AT("1") NET HELD_N A END("2"), "1-1 2", "a", 1, 2, 0, E_OK },
	{ NET A B AT("1") C BEGIN END("2") "{\n", "1 2", "", 0, 2, 0, E_OK },
	{ NET A B AT("1") C HELD END("2"), "1", "a b", 1, 2, 0, E_INPUT },
	/* refused, so what stands before them is not whole yet */
	{ NET A END("1") WAIT, "", "", 0, 0, 0, E_OK },
	{ NET A END("1") WAIT B AT("2"), "2-1", "a b", 1, 1, 0, E_OK },
	{ BEGIN NET A AT("1") WAIT, "", "", 1, 0, 0, E_OK },
	{ BEGIN NET A AT("1") WAIT B END("2"), "2-1", "a b", 1, 1, 0, E_OK },
	{ BEGIN NET BEGIN A END("2"), "2-1", "a", 1, 1, 0, E_OK },
	{ NET AT("1") BEGIN NET A NO_APP("n", "a") END("2"), "1 2-1", "a", 1, 2,
	    0, E_OK },
	/* a snapshot's mistake: what it is of stays, and nothing else does */
	{ NET A B AT("1") BEGIN NETBAD A END("2"), "1 2-1", "a", 1, 2, 1,
	    E_OK },
	{ NET A B AT("1") BEGIN NET A_BAD END("2"), "1 2-1", "a", 1, 2, 1,
	    E_OK },
	{ NET A B AT("1") BEGIN NET A_OUT END("2"), "1 2-1", "a", 1, 2, 1,
	    E_OK },
	{ NET A B AT("1") ONLY_N A_BAD END("2"), "1 2-1", "a", 1, 2, 1, E_OK },
	{ BEGIN NET A_BAD B END("2"), "2-1", "b", 1, 1, 1, E_OK },
	/* a prefix that another network has before, and not behind it */
	{ NET A AT("1") BEGIN NETWORK("m", "fd00") APP("m", "x", "fd00")
		END("2"),
	    "1 2", "x", 0, 2, 0, E_OK },
	{ NET A AT("1") BEGIN "{'put':'network','id':'m','prefixes':"
			      "['fd00::/8']}\n" NET A END("2"),
	    "1 2-1", "a", 1, 2, 1, E_OK },
	/* it may be of anything: the snapshot is refused */
	{ NET A B AT("1") BEGIN NET "{\n" C END("2"), "1", "a b", 1, 2, 0,
	    E_INPUT },
	{ NET A B AT("1") BEGIN NET BAD END("2"), "1", "a b", 1, 2, 0,
	    E_INPUT },
	/* even where a prefix went to another network before the line */
	{ NET A AT("1") BEGIN NETWORK("m", "fd00") "{\n" END("2"), "1", "a", 1,
	    2, 0, E_INPUT },
	/* more than half of a network, or of the store, goes if it is said */
	{ NET A B C AT("1") HELD NET A B END("2"), "1 2", "a b", 0, 2, 0,
	    E_OK },
	{ NET A B C AT("1") HELD NET A END("2"), "1 2", "a", 0, 2, 0, E_OK },
	{ NET A B C AT("1") HELD NET END("2"), "1", "a b c", 1, 2, 0, E_INPUT },
	{ NET A B C AT("1") HELD END("2"), "1", "a b c", 1, 2, 0, E_INPUT },
	{ NET A B C AT("1") HELD_N END("2"), "1", "a b c", 1, 2, 0, E_INPUT },
	{ NET A NETWORK("m", "fd01") NETWORK("o", "fd02") NETWORK("p", "fd03")
		AT("1") HELD NETWORK("m", "fd01") NETWORK("o", "fd02")
		    NETWORK("p", "fd03") END("2"),
	    "1", "a", 1, 2, 0, E_INPUT },
	/* judged by the state it leaves: a prefix and what is in it move */
	{ NET APP("n", "a", "fd00") AT("1") NETWORK("n", "fd01")
		APP("n", "a", "fd01") AT("2"),
	    "1 2", "a", 0, 1, 0, E_OK },
	{ NET APP("n", "a", "fd00") AT("1") APP("n", "a", "fd01")
		NETWORK("n", "fd01") AT("2"),
	    "1 2", "a", 0, 1, 0, E_OK },
	/* two networks change places */
	{ NET NETWORK("m", "fd01") APP("n", "a", "fd00") APP("m", "x", "fd01")
		AT("1") NETWORK("m", "fd00") NETWORK("n", "fd01")
		    APP("n", "a", "fd01") APP("m", "x", "fd00") AT("2"),
	    "1 2", "x a", 0, 1, 0, E_OK },
	/* one of three that go round may not: so none of them moves */
	{ NET NETWORK("m", "fd01") NETWORK("o", "fd02") APP("o", "x", "fd02")
		AT("1") NETWORK("n", "fd01") NETWORK("m", "fd02")
		    NETWORK("o", "fd00") AT("2"),
	    "1 2-3", "x", 3, 1, 3, E_OK },
	/* and until it does */
	{ NET NETWORK("m", "fd01") NETWORK("o", "fd02") APP("o", "x", "fd02")
		AT("1") NETWORK("n", "fd01") NETWORK("m", "fd02") NETWORK(
		    "o", "fd00") AT("2") WAIT APP("o", "x", "fd00") AT("3"),
	    "1 2-3 3", "x", 3, 2, 0, E_OK },
	/* two want the same: the first has it */
	{ NETWORK("m", "fd01") NETWORK("n", "fd01") APP("n", "a", "fd01")
		AT("1"),
	    "1-2", "", 2, 1, 2, E_OK },
	/* what is left out comes in with what it waits for */
	{ A AT("1") WAIT NET AT("2"), "1-1 2", "a", 1, 2, 0, E_OK },
	{ A_OUT NET AT("1") WAIT NETWORK("n", "fe00") AT("2"), "1-1 2", "a", 1,
	    2, 0, E_OK },
	{ NET APP("n", "a", "fd00") B AT("1") NETWORK("n", "fd01") AT("2")
		WAIT NO_APP("n", "a") APP("n", "b", "fd01") AT("3"),
	    "1 2-1 3", "b", 1, 2, 0, E_OK },
	{ NET APP("n", "a", "fd00") AT("1") NETWORK("n", "fd01") APP(
	      "n", "b", "fd01") AT("2") WAIT APP("n", "a", "fd01") AT("3"),
	    "1 2-2 3", "a b", 2, 2, 0, E_OK },
	{ NETWORK("m", "fd01") NETWORK("n", "fd01") A AT("1") WAIT NO_NET("m")
		AT("2"),
	    "1-2 2", "a", 2, 2, 0, E_OK },
	/* unless it went, or was put otherwise */
	{ A AT("1") NO_APP("n", "a") NET AT("2"), "1-1 2", "", 1, 1, 0, E_OK },
	{ A AT("1") NO_NET("n") NET AT("2"), "1-1 2", "", 1, 1, 0, E_OK },
	{ NET A_BAD AT("1") A AT("2"), "1-1 2", "a", 1, 1, 0, E_OK },
	{ NET A_OUT AT("1") A_BAD AT("2"), "1-1 2-1", "", 2, 1, 1, E_OK },
	{ NET A_OUT AT("1") BEGIN NET END("2"), "1-1 2", "", 1, 2, 0, E_OK },
	{ NET A_OUT AT("1") BEGIN END("2"), "1-1 2", "", 1, 2, 0, E_OK },
	/* a snapshot has what is in a network, and not the network */
	{ NET A AT("1") BEGIN A END("2"), "1 2-1", "", 1, 2, 1, E_OK },
	{ NET A AT("1") BEGIN A END("2") NET AT("3"), "1 2-1 3", "a", 1, 2, 0,
	    E_OK },
	{ BEGIN A NET END("1"), "1", "a", 0, 1, 0, E_OK },
};

static const struct row applies[] = {
	{ "", "", "", 0, 0, 0, E_OK },
	{ NET A, "", "a", 0, 1, 0, E_OK },
	{ NET A AT("1") B AT("2") C, "1 2", "a b c", 0, 1, 0, E_OK },
	{ NET A BAD B, "", "", 1, 0, 0, E_INPUT },
	{ NET A AT("1") BAD, "", "", 1, 0, 0, E_INPUT },
	{ NET A "{\n" BAD, "", "", 1, 0, 0, E_INPUT }, /* the first ends it */
	{ NET A_OUT "{'put':'app','network':'x','name':'a'}\n", "", "", 1, 0, 0,
	    E_INPUT },
	{ BEGIN NET A, "", "", 1, 0, 0, E_INPUT },
	{ BEGIN NET A JUST B, "", "a b", 0, 1, 0, E_OK },
	{ BEGIN NET A END("1"), "1", "a", 0, 1, 0, E_OK },
	{ NET A END("1"), "", "", 1, 0, 0, E_INPUT },
	{ NET A B C HELD JUST, "", "", 1, 0, 0, E_INPUT },
	/* all of it is judged as one */
	{ A NET, "", "a", 0, 1, 0, E_OK },
	{ NET APP("n", "a", "fd00") AT("1") NETWORK("n", "fd01") AT("2")
		APP("n", "a", "fd01"),
	    "1 2", "a", 0, 1, 0, E_OK },
};

struct heard {
	char told[64], apps[64];
	unsigned bad, left;
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
warning_refuse(void *arg, const struct feed_where *where, const char *title,
    const char *other)
{
	(void)arg;
	(void)where;
	(void)title;
	(void)other;
	fail();
}

static void
committed_note(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	struct heard *h = arg;
	unsigned n = 0;
	char word[32];

	for (; left != NULL; left = left->next, n++) {
		assert_true(left->where.line > 0);
		assert_string_not_equal(left->why.rule, "");
	}
	assert_int_equal(n == FEED_LEFT_MAX ? 0 : more, 0);
	if (n == 0)
		(void)snprintf(word, sizeof(word), "%s", cursor);
	else
		(void)snprintf(word, sizeof(word), "%s-%llu", cursor,
		    (unsigned long long)(n + more));
	word_add(h->told, word);
}

static bool
left_note(void *arg, const struct left_out *l)
{
	struct heard *h = arg;

	assert_string_not_equal(l->why.rule, "");
	h->left++;
	return true;
}

static bool
app_note(void *arg, const struct fact *f, bool implied)
{
	assert_false(implied);
	word_add(((struct heard *)arg)->apps, f->app);
	return true;
}

static void
check(struct fixture *fixture, const struct row *row, struct heard *h,
    bool is_follow)
{
	enum err err = snapshot_refresh(fixture->snapshot);
	struct store_meta meta = { .commits = 0 };
	char halted[HALTED_MAX + 1] = "";

	if (err == E_OK) {
		assert_int_equal(snapshot_facts(fixture->snapshot, FACT_APP,
				     NULL, app_note, h),
		    E_OK);
		assert_int_equal(snapshot_meta(fixture->snapshot, &meta), E_OK);
		assert_int_equal(
		    snapshot_left_out(fixture->snapshot, left_note, h), E_OK);
		assert_int_equal(
		    snapshot_halted(fixture->snapshot, halted), E_OK);
	}
	snapshot_rest(fixture->snapshot);
	assert_string_equal(h->told, row->told);
	assert_string_equal(h->apps, row->apps);
	assert_int_equal(h->bad, row->bad);
	/* more where the machine was slow: what is whole waits no longer */
	assert_true(meta.commits >= row->commits);
	assert_int_equal(h->left, row->left);
	assert_int_equal(halted[0] != '\0', is_follow && row->err == E_INPUT);
	fixture->loud = true;
	if (meta.commits > 0)
		assert_int_equal(fixture_check(fixture), E_OK);
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

static enum err
follow(struct feed_follow *f, char *text)
{
	enum err err = E_OK;
	char *end;

	for (char *line = text; *line != '\0' && err == E_OK; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		err = *line == '\0' ? feed_follow_rest(f)
				    : feed_follow_line(f, line, strlen(line));
	}
	return err == E_OK ? feed_follow_end(f) : err;
}

static void
test_follow(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(follows) / sizeof(follows[0]); i++) {
		struct heard h = { .bad = 0 };
		const struct feed_report report = { .arg = &h,
			.bad = bad_count,
			.warning = warning_refuse,
			.committed = committed_note };
		char *text = text_of(&follows[i]);
		struct fixture fixture;
		struct feed_follow *f;

		fixture_open(&fixture);
		assert_int_equal(
		    feed_follow_open(&f, fixture.writer, &report, "row", false),
		    E_OK);
		assert_int_equal(follow(f, text), follows[i].err);
		/* the tail's mistakes are not looked for */
		check(&fixture, &follows[i], &h, true);
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
			.warning = warning_refuse,
			.committed = committed_note };
		char *text = text_of(&applies[i]);
		size_t len = strlen(text);
		int fd = memfd_create("lines", 0);
		struct fixture fixture;

		assert_int_equal(write(fd, text, len), len);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		fixture_open(&fixture);
		assert_int_equal(feed_apply(fixture.writer, &report, "row", fd,
				     FEED_STORE, false),
		    applies[i].err);
		check(&fixture, &applies[i], &h, false);
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
		.warning = warning_refuse,
		.committed = committed_note };
	const struct row row = { .lines = NET A AT("1") WAIT AT("2") B,
		.told = "1-3000 2",
		.apps = "a",
		.bad = 3000,
		.commits = 2 };
	struct fixture fixture;
	struct feed_follow *f;
	char line[128], *text;

	(void)state;
	fixture_open(&fixture);
	assert_int_equal(
	    feed_follow_open(&f, fixture.writer, &report, "row", false), E_OK);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(line, sizeof(line), "{\"put\":%d}", i);
		assert_int_equal(feed_follow_line(f, line, strlen(line)), E_OK);
	}
	text = text_of(&row);
	assert_int_equal(follow(f, text), E_OK);
	free(text);
	check(&fixture, &row, &h, true);
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
