/*
 * test_store_readers.c - slots of readers: many, none left, those of the
 * dead; and who holds them.
 *
 * Locks are a process's, so the other readers are processes of their own.
 */
#include "zones/store/write/readers.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "store_fixture.h"

static const char network[] =
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}";

/* More than a thousand workers on a host, and a writer besides. */
static void
test_many(void **state)
{
	static struct snapshot *many[1100];
	const size_t count = sizeof(many) / sizeof(many[0]);
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, network), E_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(snapshot_open(f.reader, &many[i]), E_OK);
		assert_int_equal(snapshot_refresh(many[i]), E_OK);
	}
	assert_int_equal(fixture_apply(&f, "{'commit':'2'}"), E_OK);
	for (size_t i = 0; i < count; i++)
		snapshot_close(many[i]);
	fixture_close(&f);
}

#define SLOTS 4

/* The table is never made smaller. */
static void
lock_remove(const struct fixture *f)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/lock.mdb", f->path);
	FIXTURE_MUST(remove(path) == 0);
}

/*
 * A process that has the store open, for the table is made anew when nobody
 * has, and holds so many slots of a table of SLOTS.
 */
static pid_t
other_start(const char *path, unsigned slots)
{
	MDB_env *env;
	MDB_txn *txn;
	char ready;
	int told[2];
	pid_t pid;

	FIXTURE_MUST(pipe(told) == 0);
	pid = fork();
	FIXTURE_MUST(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, "other");
		FIXTURE_MUST(mdb_env_create(&env) == 0);
		FIXTURE_MUST(mdb_env_set_maxreaders(env, SLOTS) == 0);
		FIXTURE_MUST(mdb_env_open(env, path, MDB_NOTLS, 0664) == 0);
		for (unsigned i = 0; i < slots; i++)
			FIXTURE_MUST(
			    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
		FIXTURE_MUST(write(told[1], "", 1) == 1);
		for (;;)
			(void)pause();
	}
	FIXTURE_MUST(read(told[0], &ready, 1) == 1);
	(void)close(told[0]);
	(void)close(told[1]);
	return pid;
}

static void
other_kill(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

struct seen {
	struct reader reader;
	unsigned count;
};

static void
see(void *arg, const struct reader *r)
{
	struct seen *seen = arg;

	seen->reader = *r;
	seen->count++;
}

static void
test_full(void **state)
{
	static const struct {
		unsigned slots; /* that the other process holds */
		bool killed;
		enum err expected; /* for one more reader */
	} rows[] = {
		{ SLOTS - 1, false, E_OK },
		{ SLOTS, false, E_READERS },
		{ SLOTS, true, E_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct seen seen = { 0 };
		pid_t stays, other;

		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, network), E_OK);
		fixture_close_handles(&f);
		lock_remove(&f);
		stays = other_start(f.path, 0);
		other = other_start(f.path, rows[i].slots);
		if (rows[i].killed)
			other_kill(other);
		fixture_open_handles(&f); /* the writer gets in */
		assert_int_equal(
		    snapshot_refresh(f.snapshot), rows[i].expected);
		assert_int_equal(fixture_apply(&f, "{'commit':'2'}"), E_OK);
		fixture_close_handles(&f);
		assert_int_equal(store_readers(f.path, see, &seen), E_OK);
		assert_int_equal(seen.count, !rows[i].killed);
		if (!rows[i].killed) {
			assert_int_equal(seen.reader.pid, other);
			assert_string_equal(seen.reader.name, "other");
			assert_int_equal(seen.reader.slots, rows[i].slots);
			other_kill(other);
		}
		other_kill(stays);
		fixture_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
