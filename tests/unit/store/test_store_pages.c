/*
 * test_store_pages.c - the pages of a store's file: all of them good, pages
 * that are missing but free, and damage of any kind.
 *
 * DNSD_DAMAGES says how many damages are tried.
 */
#include "zones/store/read/pages.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"

#define INSTANCES 600

static void
fill(struct fixture *f, unsigned from, unsigned to)
{
	struct store_txn *t;
	char line[400];

	store_begin(f->writer, &t);
	assert_int_equal(fixture_lines(f, t,
			     "{'put':'network','id':'acme','prefixes':"
			     "['fdaa:0:18::/48']}"),
	    E_OK);
	for (unsigned i = from; i < to; i++) {
		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'a%u','id':'i%u',"
		    "'region':'iad','addresses':['fdaa:0:18::%x']}",
		    i % 90 == 0 ? 0 : i % 200, i, i + 1);
		assert_int_equal(fixture_lines(f, t, line), E_OK);
	}
	assert_int_equal(store_commit(t), E_OK);
	arena_reset(&f->arena);
}

static int
data_open(const struct fixture *f)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", f->path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* After each of many commits, in which pages become free, and large values. */
static void
test_good(void **state)
{
	struct fixture f;
	size_t page;
	int fd;

	(void)state;
	fixture_open(&f);
	fd = data_open(&f);
	assert_int_equal(pages_verify(fd, false, &page), E_OK);
	for (unsigned i = 0; i < 20; i++) {
		fill(&f, i * 30, i * 30 + 100);
		assert_int_equal(pages_verify(fd, false, &page), E_OK);
		assert_int_equal(fixture_apply(&f,
				     "{'delete':'app','network':'acme','name':"
				     "'a0'}"),
		    E_OK);
		assert_int_equal(pages_verify(fd, false, &page), E_OK);
	}
	assert_int_equal(
	    fixture_apply(&f, "{'delete':'network','id':'acme'}"), E_OK);
	assert_int_equal(pages_verify(fd, false, &page), E_OK);
	(void)close(fd);
	fixture_close(&f);
}

/*
 * Who has one address, in one transaction twice: LMDB keeps the pages that the
 * first of the values needed.
 */
static void
test_shorter(void **state)
{
	static const unsigned of_app[] = { 100, 300, 3 };
	struct store_txn *t;
	struct fixture f;
	char line[400];
	size_t page;
	int fd;

	(void)state;
	fixture_open(&f);
	fill(&f, 0, 0);
	store_begin(f.writer, &t);
	for (unsigned app = 0; app < 3; app++)
		for (unsigned i = 0; i < of_app[app]; i++) {
			(void)snprintf(line, sizeof(line),
			    "{'put':'instance','network':'acme','app':'a%u',"
			    "'id':'i%u','region':'iad','addresses':["
			    "'fdaa:0:18::1']}",
			    app, i);
			assert_int_equal(fixture_lines(&f, t, line), E_OK);
		}
	assert_int_equal(store_commit(t), E_OK);
	assert_int_equal(fixture_apply(&f,
			     "{'delete':'app','network':'acme','name':'a0'}\n"
			     "{'delete':'app','network':'acme','name':'a1'}"),
	    E_OK);
	fd = data_open(&f);
	assert_int_equal(pages_verify(fd, false, &page), E_OK);
	(void)close(fd);
	fixture_close(&f);
}

/* A writer died between its commit and the lengthening of the file. */
static void
test_free_pages_missing(void **state)
{
	struct fixture f;
	off_t was;
	int fd;

	(void)state;
	fixture_open(&f);
	fill(&f, 0, INSTANCES);
	fd = data_open(&f);
	was = lseek(fd, 0, SEEK_END);
	assert_int_equal(
	    fixture_apply(&f, "{'delete':'network','id':'acme'}"), E_OK);
	for (unsigned i = 0; i < 3; i++)
		fill(&f, 0, 2);
	/* All but a few pages are free now, also the last. */
	assert_int_equal(ftruncate(fd, was - 4096), 0);
	assert_int_equal(pages_check(fd), E_OK);
	assert_int_equal(fixture_check(&f), E_OK);
	/* These are not. */
	assert_int_equal(ftruncate(fd, 3 * 4096), 0);
	assert_int_equal(pages_check(fd), E_DAMAGED);
	(void)close(fd);
	fixture_close(&f);
}

static bool
fact_ignore(void *arg, const struct fact *fact, bool implied)
{
	(void)arg;
	(void)fact;
	(void)implied;
	return true;
}

/* As the tool reads it, which verifies nothing before; what it says, it says.
 * ALL: nothing was found, and so it says all. */
static void
read_all(struct fixture *f, const char *all)
{
	char *is = NULL;

	FIXTURE_MUST(store_open_reader(&f->reader, f->path) == E_OK);
	FIXTURE_MUST(snapshot_open(f->reader, &f->snapshot) == E_OK);
	if (all != NULL) {
		is = fixture_dump(f, true);
		assert_string_equal(is, all);
		assert_int_equal(fixture_check(f), E_OK);
	} else if (snapshot_refresh(f->snapshot) == E_OK) {
		for (int kind = 0; kind < FACT_KINDS; kind++)
			(void)!snapshot_facts(f->snapshot, (enum fact_kind)kind,
			    NULL, fact_ignore, NULL);
		snapshot_rest(f->snapshot);
		(void)!fixture_check(f);
	}
	free(is);
	fixture_close_handles(f);
}

static void
damage(struct rng *rng, uint8_t *page, unsigned how)
{
	size_t at = rng_next(rng) % 4096, len = 1 + rng_next(rng) % 64;

	if (at + len > 4096)
		len = 4096 - at;
	switch (how % 4) {
	case 0:
		page[at] ^= (uint8_t)(1 << rng_next(rng) % 8);
		break;
	case 1:
		memset(page + at, 0, len);
		break;
	case 2:
		for (size_t i = 0; i < len; i++)
			page[at + i] = (uint8_t)rng_next(rng);
		break;
	default: /* of another page */
		memset(page, 0, 4096);
	}
}

/*
 * Nothing dies, and what is not found changes nothing; but for the number of
 * the newest commit, without which the one before it is there.
 */
static void
test_damages(void **state)
{
	const char *much = getenv("DNSD_DAMAGES");
	unsigned many = much == NULL ? 100 : (unsigned)strtoul(much, NULL, 10),
		 found = 0, older = 0;
	struct rng rng = { 0x5eed };
	uint8_t was[4096], is[4096];
	struct fixture f;
	size_t page, newest, commit;
	off_t pages;
	char *all;
	int fd;

	(void)state;
	fixture_open(&f);
	fill(&f, 0, INSTANCES);
	all = fixture_dump(&f, true);
	fixture_close_handles(&f);
	fd = data_open(&f);
	assert_int_equal(pages_commit(fd, &newest), E_OK);
	pages = lseek(fd, 0, SEEK_END) / 4096;
	for (unsigned i = 0; i < many; i++) {
		off_t at = (off_t)(rng_next(&rng) % (uint64_t)pages) * 4096;
		bool good;

		assert_int_equal(pread(fd, was, 4096, at), 4096);
		memcpy(is, was, 4096);
		damage(&rng, is, i);
		assert_int_equal(pwrite(fd, is, 4096, at), 4096);
		good = pages_verify(fd, false, &page) == E_OK;
		found += !good;
		good = good && pages_commit(fd, &commit) == E_OK;
		older += good && commit < newest;
		read_all(&f, good && commit >= newest ? all : NULL);
		assert_int_equal(pwrite(fd, was, 4096, at), 4096);
		assert_int_equal(pages_verify(fd, false, &page), E_OK);
	}
	print_message("%u damages, %u of them found, %u of nothing, %u of the "
		      "newest commit's number\n",
	    many, found, many - found - older, older);
	free(all);
	(void)close(fd);
	fixture_open_handles(&f);
	assert_int_equal(fixture_check(&f), E_OK);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_shorter),
		cmocka_unit_test(test_free_pages_missing),
		cmocka_unit_test(test_damages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
