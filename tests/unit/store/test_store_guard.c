/*
 * test_store_guard.c - the files of a store change under who reads it: cut,
 * overwritten, replaced; and a lock file that lies.
 */
#include "zones/store/read/guard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store_fixture.h"
#include "zones/store/read/env.h"

/* A look at what is there is made once a second. */
static void
wait_for_look(void)
{
	(void)sleep(1);
	(void)usleep(50000);
}

static const char *
file_of(const struct fixture *f, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", f->path, name);
	return path;
}

/* Enough facts that a page holds few of them. */
static void
fill(struct fixture *f)
{
	char lines[64 * 200], *at = lines;

	assert_int_equal(fixture_apply(f,
			     "{'put':'network','id':'acme','prefixes':"
			     "['fdaa:0:18::/48']}"),
	    E_OK);
	for (unsigned i = 0; i < 64; i++)
		at += snprintf(at, 200,
		    "{'put':'instance','network':'acme','app':'a%u','id':'i',"
		    "'region':'iad','addresses':['fdaa:0:18::%x']}\n",
		    i, i + 1);
	assert_int_equal(fixture_apply(f, lines), E_OK);
}

static bool
fact_count(void *arg, const struct fact *fact, bool implied)
{
	(void)fact;
	(void)implied;
	++*(unsigned *)arg;
	return true;
}

static enum err
count_instances(struct fixture *f, unsigned *count)
{
	*count = 0;
	return snapshot_facts(
	    f->snapshot, FACT_INSTANCE, NULL, fact_count, count);
}

static enum err
refresh_and_rest(struct fixture *f)
{
	enum err err = snapshot_refresh(f->snapshot);

	snapshot_rest(f->snapshot);
	return err;
}

struct copy {
	char *octets;
	size_t len;
};

static void
copy_take(struct fixture *f, struct copy *c)
{
	struct stat st;
	int fd = open(file_of(f, "data.mdb"), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	c->len = (size_t)st.st_size;
	c->octets = malloc(c->len);
	assert_non_null(c->octets);
	assert_int_equal(read(fd, c->octets, c->len), (ssize_t)c->len);
	(void)close(fd);
}

static void
copy_put(struct fixture *f, const struct copy *c, const char *name, int how)
{
	int fd = open(file_of(f, name), O_WRONLY | O_CLOEXEC | how, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, c->octets, c->len), (ssize_t)c->len);
	(void)close(fd);
}

static void
read_nothing(void *arg)
{
	(void)arg;
}

/* Whoever reads goes on, learns of it, and comes back to the good file. */
static void
test_cut_while_read(void **state)
{
	static const off_t rows[] = { 0, 1, 4096, 8192, 3 * 4096 };
	unsigned count;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct copy c;
		enum err err;

		fixture_open(&f);
		fill(&f);
		copy_take(&f, &c);
		assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
		assert_true(snapshot_run(f.snapshot, read_nothing, NULL));
		assert_int_equal(truncate(file_of(&f, "data.mdb"), rows[i]), 0);
		err = count_instances(&f, &count);
		if (err == E_OK)
			assert_int_equal(count, 0);
		assert_false(snapshot_run(f.snapshot, read_nothing, NULL));
		snapshot_rest(f.snapshot);
		assert_int_equal(refresh_and_rest(&f), E_DAMAGED);
		copy_put(&f, &c, "data.mdb", 0);
		wait_for_look();
		assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
		assert_int_equal(count_instances(&f, &count), E_OK);
		assert_int_equal(count, 64);
		assert_true(snapshot_run(f.snapshot, read_nothing, NULL));
		fixture_close(&f);
		free(c.octets);
	}
}

/* Octets of an address, in place; the file says that it was written at WHEN. */
static void
address_put(struct fixture *f, struct copy *c, uint8_t last,
    const struct timespec *when)
{
	static const uint8_t start[] = { 0xfd, 0xaa, 0, 0, 0, 0x18 };
	const struct timespec times[] = { *when, *when };

	for (size_t i = 0; i + 16 <= c->len; i++)
		if (memcmp(c->octets + i, start, sizeof(start)) == 0 &&
		    c->octets[i + 15] >= 64)
			c->octets[i + 15] = last;
	copy_put(f, c, "data.mdb", 0);
	assert_int_equal(
	    utimensat(AT_FDCWD, file_of(f, "data.mdb"), times, 0), 0);
}

/* A look that meets half of a write sees the time that all of it will have. */
static void
test_looked_at_while_written(void **state)
{
	struct snapshot *reader;
	struct store *kept;
	struct timespec now;
	struct fixture f;
	struct copy c;
	enum err err = E_DAMAGED;

	(void)state;
	fixture_open(&f);
	fill(&f);
	copy_take(&f, &c);
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	address_put(&f, &c, 65, &now);
	assert_int_equal(store_open_reader(&kept, f.path), E_OK);
	assert_int_equal(store_keep(kept), E_OK);
	assert_int_equal(snapshot_open(kept, &reader), E_OK);
	assert_int_equal(snapshot_refresh(reader), E_DAMAGED);
	address_put(&f, &c, 64, &now);
	for (unsigned i = 0; i < 200 && err != E_OK; i++) {
		snapshot_rest(reader);
		(void)usleep(50000);
		err = snapshot_refresh(reader);
	}
	assert_int_equal(err, E_OK);
	snapshot_rest(reader);
	snapshot_close(reader);
	store_close(kept);
	fixture_close(&f);
	free(c.octets);
}

/* By another file; the lock file stays.  Whoever sleeps has to leave too. */
static void
test_replaced_beside_its_lock(void **state)
{
	struct snapshot *sleeper, *reader;
	struct fixture f;
	struct copy c;

	(void)state;
	fixture_open(&f);
	fill(&f);
	copy_take(&f, &c);
	assert_int_equal(snapshot_open(f.reader, &sleeper), E_OK);
	assert_int_equal(snapshot_open(f.reader, &reader), E_OK);
	assert_int_equal(snapshot_refresh(sleeper), E_OK);
	snapshot_rest(sleeper);
	assert_int_equal(snapshot_refresh(reader), E_OK);
	copy_put(&f, &c, "new", O_CREAT);
	{
		char new[128];

		(void)snprintf(new, sizeof(new), "%s", file_of(&f, "new"));
		assert_int_equal(rename(new, file_of(&f, "data.mdb")), 0);
	}
	store_close(f.writer);
	assert_int_equal(
	    store_open_writer(&f.writer,
		&(struct store_options){ .path = f.path, .no_sync = true }),
	    E_OK);
	/* One is being read: the old one stays for a while. */
	wait_for_look();
	assert_int_equal(refresh_and_rest(&f), E_OK);
	snapshot_rest(reader);
	wait_for_look();
	assert_int_equal(refresh_and_rest(&f), E_OK);
	for (unsigned i = 1; i < 4; i++) {
		struct store_meta meta;

		assert_int_equal(
		    fixture_apply(&f,
			i % 2 == 0 ? "{'put':'app','network':'acme','name':'n'}"
				   : "{'delete':'app','network':'acme','name':'"
				     "a1'}\n{'put':'app','network':'acme',"
				     "'name':'m'}"),
		    E_OK);
		assert_int_equal(snapshot_refresh(sleeper), E_OK);
		assert_int_equal(snapshot_meta(sleeper, &meta), E_OK);
		assert_int_equal(meta.commits, 2 + (i < 3 ? i : 2));
		snapshot_rest(sleeper);
		assert_int_equal(refresh_and_rest(&f), E_OK);
	}
	snapshot_close(sleeper);
	snapshot_close(reader);
	fixture_close(&f);
	free(c.octets);
}

/* Where LMDB keeps the number of the last commit in its lock file. */
#define LOCK_COMMIT_AT 48

static const struct {
	long delta;
	enum err reads, writes;
} lies[] = {
	{ 0, E_OK, E_OK },
	/* as where a writer died, or is about to end */
	{ -1, E_OK, E_LOCK },
	{ -2, E_LOCK, E_LOCK },
	{ 1, E_LOCK, E_LOCK },
	{ 2, E_LOCK, E_LOCK },
};

static void
test_lock_that_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fixture f;
		struct store_txn *t;
		size_t number;
		int fd;

		print_message("%+ld\n", lies[i].delta);
		fixture_open(&f);
		fill(&f);
		assert_int_equal(refresh_and_rest(&f), E_OK);
		fd = open(file_of(&f, "lock.mdb"), O_RDWR | O_CLOEXEC);
		assert_int_equal(
		    pread(fd, &number, sizeof(number), LOCK_COMMIT_AT),
		    sizeof(number));
		assert_int_equal(number, 2);
		number += (size_t)lies[i].delta;
		assert_int_equal(
		    pwrite(fd, &number, sizeof(number), LOCK_COMMIT_AT),
		    sizeof(number));
		assert_int_equal(refresh_and_rest(&f), lies[i].reads);
		store_begin(f.writer, &t);
		assert_int_equal(store_commit(t), lies[i].writes);
		/* What the message says to do. */
		assert_int_equal(unlink(file_of(&f, "lock.mdb")), 0);
		wait_for_look();
		assert_int_equal(fixture_apply(&f,
				     "{'put':'app','network':'acme',"
				     "'name':'new'}"),
		    E_OK);
		wait_for_look();
		assert_int_equal(refresh_and_rest(&f), E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
		(void)close(fd); /* with it go our locks */
		fixture_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_while_read),
		cmocka_unit_test(test_looked_at_while_written),
		cmocka_unit_test(test_replaced_beside_its_lock),
		cmocka_unit_test(test_lock_that_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
