/*
 * test_store_compact.c - a store that gives space back, or is replaced by
 * another, under readers and writers who go on.
 *
 * What a process closes it closes for all its handles (fcntl(2)), so whoever
 * compacts is a process of its own.
 */
#include "zones/store/write/compact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store_fixture.h"
#include "zones/store/write/readers.h"

static const char network[] =
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}\n";

/* So many commits, each of one instance more. */
static void
fill(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'a%u','id':'i',"
		    "'region':'iad','addresses':['fdaa:0:18::%x']}",
		    i, i + 4);
		assert_int_equal(fixture_apply(f, line), E_OK);
	}
}

/* And commits something more. */
static int
compact_elsewhere(const char *path)
{
	const struct store_options options = { .path = path };
	struct store_txn *t;
	struct store *s;
	uint64_t before, after;
	int status;
	pid_t pid = fork();

	FIXTURE_MUST(pid >= 0);
	if (pid == 0) {
		if (store_open_writer(&s, &options) != E_OK ||
		    store_compact(s, &before, &after) != E_OK)
			_exit(1);
		store_begin(s, &t);
		store_heard(t, "elsewhere");
		if (store_commit(t) != E_OK)
			_exit(1);
		_exit(after < before ? 0 : after == before ? 2 : 3);
	}
	FIXTURE_MUST(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_compact(void **state)
{
	static const struct {
		unsigned commits; /* besides the network's */
		bool all_go;
		int expected; /* what compacting ends with */
	} rows[] = {
		{ 0, false, 2 }, /* nothing is to be given back */
		{ 1, false, 0 }, /* the last commit's number is even */
		{ 2, false, 0 }, /* and odd */
		{ 200, false, 0 },
		{ 200, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		char *before, *after;

		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, network), E_OK);
		fill(&f, rows[i].commits);
		if (rows[i].all_go)
			assert_int_equal(
			    fixture_apply(&f,
				"{'snapshot':'begin','network':'acme'}\n"
				"{'snapshot':'end'}"),
			    E_OK);
		before = fixture_dump(&f, true);
		assert_int_equal(compact_elsewhere(f.path), rows[i].expected);
		/* the writer goes on with the new file, and so does a reader */
		assert_int_equal(fixture_apply(&f,
				     "{'put':'region','id':'iad','latitude':1,"
				     "'longitude':1}"),
		    E_OK);
		assert_int_equal(
		    fixture_apply(&f, "{'delete':'region','id':'iad'}"), E_OK);
		after = fixture_dump(&f, true);
		assert_string_equal(after, before);
		assert_int_equal(fixture_check(&f), E_OK);
		free(before);
		free(after);
		fixture_close(&f);
	}
}

/* How many keys there are, all read. */
static size_t
keys_read(MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	MDB_dbi dbi;
	size_t n = 0;

	FIXTURE_MUST(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
	FIXTURE_MUST(mdb_cursor_open(txn, dbi, &cursor) == 0);
	while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		n++;
	mdb_cursor_close(cursor);
	return n;
}

/* Reads one state until it is told to end: 0, and it was the same throughout.
 */
static pid_t
reader_start(const char *path, int told[2])
{
	MDB_env *env;
	MDB_txn *txn;
	size_t count;
	char end;
	pid_t pid;

	FIXTURE_MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, told) == 0);
	pid = fork();
	FIXTURE_MUST(pid >= 0);
	if (pid == 0) {
		FIXTURE_MUST(mdb_env_create(&env) == 0);
		FIXTURE_MUST(mdb_env_set_mapsize(env, (size_t)1 << 30) == 0);
		FIXTURE_MUST(mdb_env_open(env, path, MDB_RDONLY, 0) == 0);
		FIXTURE_MUST(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
		count = keys_read(txn);
		FIXTURE_MUST(write(told[1], "", 1) == 1);
		FIXTURE_MUST(read(told[1], &end, 1) == 1);
		_exit(keys_read(txn) == count ? 0 : 1);
	}
	FIXTURE_MUST(read(told[0], &end, 1) == 1);
	return pid;
}

/* A reader that does not move keeps pages, up to a point. */
static void
test_left_behind(void **state)
{
	struct fixture f;
	struct reader_behind behind;
	struct stat st, was;
	char path[80];
	int told[2], status;
	unsigned commits;
	pid_t pid;

	(void)state;
	fixture_open(&f);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", f.path);
	assert_int_equal(fixture_apply(&f, network), E_OK);
	fill(&f, 10);
	pid = reader_start(f.path, told);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(snapshot_behind(f.snapshot, &behind), E_NOTFOUND);
	snapshot_rest(f.snapshot);
	fill(&f, 100);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(snapshot_behind(f.snapshot, &behind), E_OK);
	snapshot_rest(f.snapshot);
	assert_int_equal(behind.reader.pid, pid);
	assert_in_range(behind.pages, 100, 2000);
	assert_false(behind.longer);
	assert_int_equal(stat(path, &was), 0);
	for (commits = 0; commits < 200; commits++) {
		fill(&f, 100);
		assert_int_equal(stat(path, &st), 0);
		if (st.st_ino != was.st_ino)
			break;
	}
	print_message("after %u00 commits\n", commits);
	assert_int_not_equal(st.st_ino, was.st_ino);
	assert_in_range(st.st_size, 1, 16 << 20);
	assert_int_equal(fixture_check(&f), E_OK);
	assert_int_equal(write(told[0], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fixture_close(&f);
}

/* Nothing is to be had of a store without a commit. */
static void
test_nothing(void **state)
{
	struct fixture f;
	uint64_t before, after;

	(void)state;
	fixture_open(&f);
	assert_int_equal(store_compact(f.writer, &before, &after), E_ABSENT);
	fixture_close(&f);
}

/* Another store in its place is not written to as if it were the old one. */
static void
test_replaced(void **state)
{
	struct fixture f, g;
	char from[80], to[80];

	(void)state;
	fixture_open(&f);
	fixture_open(&g);
	assert_int_equal(fixture_apply(&f, network), E_OK);
	assert_int_equal(fixture_apply(&g, network), E_OK);
	/* which has as many commits */
	assert_int_equal(fixture_apply(&f, "{'commit':'6'}"), E_OK);
	assert_int_equal(fixture_apply(&g, "{'commit':'7'}"), E_OK);
	fixture_close_handles(&g);
	(void)snprintf(from, sizeof(from), "%s/data.mdb", g.path);
	(void)snprintf(to, sizeof(to), "%s/data.mdb", f.path);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(fixture_apply(&f, "{'commit':'1'}"), E_MOVED);
	fixture_close(&f);
	fixture_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
