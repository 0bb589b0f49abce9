/*
 * test_store_file.c - the store's file: not there, full, of another format,
 * cut, replaced, damaged; and who sees what of it.
 */
#include "zones/store/write/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store_fixture.h"
#include "zones/store/read/lookup.h"

/* One fact of each kind, with every summary that there is. */
static const char facts[] =
    "{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}\n"
    "{'put':'region','id':'lhr','latitude':51.47,'longitude':-0.45}\n"
    "{'put':'region','id':'syd','latitude':-33.95,'longitude':151.18}\n"
    "{'put':'distance','from':'lhr','to':'iad','ms':68}\n"
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}\n"
    "{'put':'app','network':'acme','name':'web','domain':'web.prod',"
    "'flycast':['fdaa:0:18:0:1::3']}\n"
    "{'put':'instance','network':'acme','app':'web','id':'f0','region':"
    "'iad','addresses':['fdaa:0:18::2'],'name':'lion','group':'w',"
    "'metadata':{'role':'primary'}}\n"
    "{'put':'peer','network':'acme','name':'p','addresses':"
    "['fdaa:0:18::9']}\n";

/* A look for a store is made once a second. */
static void
wait_for_look(void)
{
	(void)sleep(1);
	(void)usleep(50000);
}

static enum err
look(struct fixture *f)
{
	enum err err;

	wait_for_look();
	err = snapshot_refresh(f->snapshot);
	snapshot_rest(f->snapshot);
	return err;
}

static bool
has_network(struct fixture *f, const char *id)
{
	struct network n;
	bool has;

	assert_int_equal(snapshot_refresh(f->snapshot), E_OK);
	has = lookup_network_named(f->snapshot, id, false, &n);
	snapshot_rest(f->snapshot);
	return has;
}

/* What is damaged, and how: each is found. */
enum damage { DELETE, ALTER, ALTER_TEXT, ADD };

#define TEXT_AT 9 /* of a fact whose first field is one: age, its length */

static bool
spoil(struct fixture *f, char kind, bool global, enum damage how)
{
	struct fixture_raw raw;
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc;
	bool met = false;

	fixture_raw_begin(f, &raw);
	assert_int_equal(mdb_cursor_open(raw.txn, raw.dbi, &cursor), 0);
	for (rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST); rc == 0 && !met;
	     rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
		uint8_t key[512], value[4096];
		const uint8_t *at = k.mv_data;

		met = at[4] == (uint8_t)kind &&
		    global == (memcmp(at, "\0\0\0", 4) == 0);
		if (!met)
			continue;
		assert_true(
		    k.mv_size < sizeof(key) - 1 && v.mv_size < sizeof(value));
		memcpy(key, k.mv_data, k.mv_size);
		memcpy(value, v.mv_data, v.mv_size);
		if (how == DELETE) {
			assert_int_equal(mdb_cursor_del(cursor, 0), 0);
			break;
		}
		if (how == ALTER || how == ALTER_TEXT) {
			value[how == ALTER ? v.mv_size - 1 : TEXT_AT] ^= 0x55;
		} else {
			key[k.mv_size] = 'x';
			k.mv_size++;
		}
		k.mv_data = key;
		v.mv_data = value;
		assert_int_equal(mdb_put(raw.txn, raw.dbi, &k, &v, 0), 0);
	}
	mdb_cursor_close(cursor);
	fixture_raw_end(f, &raw);
	return met;
}

static const struct {
	char kind;
	bool global;
	enum damage how;
} damages[] = {
	/* facts: what they made stays behind */
	{ 'r', true, DELETE },
	{ 'd', true, DELETE },
	{ 'N', false, DELETE },
	{ 'N', false, ALTER_TEXT },
	{ 'A', false, DELETE },
	{ 'A', false, ALTER_TEXT },
	{ 'A', false, ADD },
	{ 'i', false, DELETE },
	{ 'i', false, ALTER },
	{ 'P', false, DELETE },
	{ 'P', false, ALTER },
	/* summaries */
	{ 'n', true, DELETE },
	{ 'n', true, ALTER },
	{ 'n', true, ADD },
	{ 'p', true, DELETE },
	{ 'p', true, ALTER },
	{ 'a', true, DELETE },
	{ 'a', true, ALTER },
	{ 'L', true, DELETE },
	{ 'o', true, DELETE },
	{ 'o', true, ALTER },
	{ 'o', true, ADD },
	{ 'a', false, DELETE },
	{ 'a', false, ALTER },
	{ 'a', false, ADD },
	{ 'l', false, DELETE },
	{ 'l', false, ALTER },
	{ 'R', false, DELETE },
	{ 'R', false, ALTER },
	{ 'S', false, DELETE },
	{ 'S', false, ALTER },
	{ 'S', false, ADD },
	{ 'G', false, DELETE },
	{ 'G', false, ALTER },
	{ 'G', false, ADD },
	{ 'M', false, DELETE },
	{ 'M', false, ALTER },
	{ 'M', false, ADD },
	{ 'D', false, DELETE },
	{ 'D', false, ADD },
	/* a key of no kind */
	{ 'r', true, ADD },
};

static void
test_damage(void **state)
{
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
		assert_true(spoil(
		    &f, damages[i].kind, damages[i].global, damages[i].how));
		(void)fixture_check(&f);
		print_message("%s %s '%c': %s\n",
		    damages[i].how == DELETE    ? "without"
			: damages[i].how == ADD ? "one more"
						: "altered",
		    damages[i].global ? "global" : "network", damages[i].kind,
		    f.finding);
		assert_int_equal(fixture_check(&f), E_DAMAGED);
		fixture_close(&f);
	}
}

/* An app's head says whether it stays without instances. */
static void
test_flag(void **state)
{
	static const struct {
		const char *app, *flag;
	} rows[] = {
		{ "web", "\0" },
		{ "api", "\1" }, /* which only its instance has made */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture_raw raw;
		struct fixture f;
		char key[] = "\0\0\0\1a...";

		memcpy(key + 5, rows[i].app, 3);
		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		assert_int_equal(
		    fixture_apply(&f,
			"{'put':'instance','network':'acme','app':'api','id':"
			"'f1','region':'iad','addresses':['fdaa:0:18::4']}"),
		    E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
		fixture_raw_begin(&f, &raw);
		fixture_raw_patch(&raw, key, 8, 4, rows[i].flag, 1);
		fixture_raw_end(&f, &raw);
		assert_int_equal(fixture_check(&f), E_DAMAGED);
		print_message("%s\n", f.finding);
		assert_non_null(strstr(f.finding, rows[i].app));
		fixture_close(&f);
	}
}

/* A map of a megabyte: the transaction that does not fit changes nothing. */
static void
test_full(void **state)
{
	struct fixture f;
	char *before, *after;
	enum err err = E_OK;
	struct store_txn *t;

	(void)state;
	fixture_open_sized(&f, (size_t)1 << 20);
	assert_int_equal(fixture_apply(&f, facts), E_OK);
	before = fixture_dump(&f, true);
	store_begin(f.writer, &t);
	for (unsigned i = 0; i < 20000 && err == E_OK; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
		    "{'put':'instance','network':'acme','app':'a%u','id':'i',"
		    "'region':'iad','addresses':['fdaa:0:18::%x']}",
		    i, i);
		err = fixture_lines(&f, t, line);
		arena_reset(&f.arena);
	}
	if (err == E_OK)
		err = store_commit(t);
	else
		store_abort(t);
	assert_int_equal(err, E_FULL);
	after = fixture_dump(&f, true);
	assert_string_equal(after, before);
	assert_int_equal(fixture_check(&f), E_OK);
	/* and the next one may succeed */
	assert_int_equal(
	    fixture_apply(&f, "{'delete':'app','network':'acme','name':'web'}"),
	    E_OK);
	assert_int_equal(fixture_check(&f), E_OK);
	free(before);
	free(after);
	fixture_close(&f);
}

/* Not there, empty, without a commit, with one, gone. */
static void
test_absent(void **state)
{
	const struct store_options options = { .no_sync = true };
	struct store_options here = options;
	struct store_meta meta;
	struct network n;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	fixture_close_handles(&f);
	fixture_remove_path(f.path);
	assert_int_equal(store_open_reader(&f.reader, f.path), E_OK);
	assert_int_equal(snapshot_open(f.reader, &f.snapshot), E_OK);
	assert_int_equal(snapshot_refresh(f.snapshot), E_ABSENT);
	/* nothing is found, and nothing breaks */
	assert_false(lookup_network_named(f.snapshot, "acme", false, &n));
	snapshot_rest(f.snapshot);
	assert_int_equal(look(&f), E_ABSENT);
	here.path = f.path;
	assert_int_equal(store_open_writer(&f.writer, &here), E_OK);
	assert_int_equal(look(&f), E_ABSENT);
	assert_int_equal(snapshot_refresh(f.snapshot), E_ABSENT);
	assert_int_equal(snapshot_meta(f.snapshot, &meta), E_ABSENT);
	assert_int_equal(meta.commits, 0);
	snapshot_rest(f.snapshot);
	assert_int_equal(fixture_apply(&f, facts), E_OK);
	assert_true(has_network(&f, "acme")); /* at once */
	fixture_close(&f);
}

/* Another store in its place is followed; then it stays in use if that one
 * goes. */
static void
test_replaced(void **state)
{
	struct fixture f, g;
	char aside[80];

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, facts), E_OK);
	assert_true(has_network(&f, "acme"));
	fixture_open(&g);
	assert_int_equal(
	    fixture_apply(&g,
		"{'put':'network','id':'other','prefixes':['fdaa:1::/32']}"),
	    E_OK);
	fixture_close_handles(&g);
	/* the folders change places under f's reader */
	(void)snprintf(aside, sizeof(aside), "%s-aside", f.path);
	assert_int_equal(rename(f.path, aside), 0);
	assert_int_equal(rename(g.path, f.path), 0);
	wait_for_look();
	assert_true(has_network(&f, "other"));
	assert_false(has_network(&f, "acme"));
	assert_int_equal(fixture_check(&f), E_OK);
	/* gone: the last one that was opened goes on */
	fixture_remove_path(f.path);
	wait_for_look();
	assert_true(has_network(&f, "other"));
	fixture_remove_path(aside);
	fixture_close(&g);
	fixture_close(&f);
}

static void
test_other_format(void **state)
{
	/* one that we no longer read, and one that we do not know yet */
	static const char formats[][2] = { { 0, STORE_FORMAT - 1 },
		{ 0, STORE_FORMAT + 1 } };
	struct fixture_raw raw;
	struct store_txn *t;
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		fixture_raw_begin(&f, &raw);
		fixture_raw_patch(&raw, "\0\0\0\0m", 5, 0, formats[i], 2);
		fixture_raw_end(&f, &raw);
		assert_int_equal(snapshot_refresh(f.snapshot), E_FORMAT);
		assert_int_equal(snapshot_refresh(f.snapshot), E_FORMAT);
		snapshot_rest(f.snapshot);
		/* a writer does not touch it */
		store_begin(f.writer, &t);
		assert_int_equal(fixture_lines(&f, t, facts), E_FORMAT);
		assert_int_equal(store_commit(t), E_FORMAT);
		fixture_close(&f);
	}
}

static void
test_bad_head(void **state)
{
	static const struct {
		size_t at;
		const char *octets;
		size_t len;
	} rows[] = {
		{ 0, "\0\0", 2 },      /* a format that there never was */
		{ 38, "\377\377", 2 }, /* a cursor longer than the value */
	};
	struct fixture_raw raw;
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		fixture_raw_begin(&f, &raw);
		fixture_raw_patch(&raw, "\0\0\0\0m", 5, rows[i].at,
		    rows[i].octets, rows[i].len);
		fixture_raw_end(&f, &raw);
		assert_int_equal(snapshot_refresh(f.snapshot), E_DAMAGED);
		fixture_close(&f);
	}
}

/* Cut anywhere: refused, and no signal. */
static void
test_truncated(void **state)
{
	static const off_t lengths[] = { 1, 100, 4096, 8192, 3 * 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct fixture f;
		char path[80];
		enum err err;

		print_message("%lld octets\n", (long long)lengths[i]);
		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		assert_int_equal(fixture_apply(&f,
				     "{'delete':'app','network':'acme',"
				     "'name':'web'}"),
		    E_OK);
		fixture_close_handles(&f);
		(void)snprintf(path, sizeof(path), "%s/data.mdb", f.path);
		assert_int_equal(truncate(path, lengths[i]), 0);
		assert_int_equal(store_open_reader(&f.reader, f.path), E_OK);
		assert_int_equal(snapshot_open(f.reader, &f.snapshot), E_OK);
		err = snapshot_refresh(f.snapshot);
		assert_int_equal(err, E_DAMAGED);
		fixture_close(&f);
	}
}

/* Something else than a store. */
static void
test_no_store(void **state)
{
	struct fixture f;
	char path[80];
	FILE *out;

	(void)state;
	fixture_open(&f);
	fixture_close_handles(&f);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", f.path);
	out = fopen(path, "w");
	assert_non_null(out);
	for (unsigned i = 0; i < 20000; i++)
		fputs("not a store\n", out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(store_open_reader(&f.reader, f.path), E_OK);
	assert_int_equal(snapshot_open(f.reader, &f.snapshot), E_OK);
	assert_int_equal(snapshot_refresh(f.snapshot), E_DAMAGED);
	fixture_close(&f);
}

/* Two snapshots: each has its moment until it refreshes. */
static void
test_two_moments(void **state)
{
	struct snapshot *late;
	struct fixture f;
	struct network n;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, facts), E_OK);
	assert_int_equal(snapshot_open(f.reader, &late), E_OK);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_true(lookup_network_named(f.snapshot, "acme", false, &n));
	assert_int_equal(
	    fixture_apply(&f,
		"{'delete':'network','id':'acme'}\n"
		"{'put':'network','id':'other','prefixes':['fdaa:1::/32']}"),
	    E_OK);
	assert_int_equal(snapshot_refresh(late), E_OK);
	assert_true(lookup_network_named(f.snapshot, "acme", false, &n));
	assert_false(lookup_network_named(f.snapshot, "other", false, &n));
	assert_false(lookup_network_named(late, "acme", false, &n));
	assert_true(lookup_network_named(late, "other", false, &n));
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_false(lookup_network_named(f.snapshot, "acme", false, &n));
	/* at rest, nothing is found */
	snapshot_rest(f.snapshot);
	assert_false(lookup_network_named(f.snapshot, "other", false, &n));
	snapshot_close(late);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_other_format),
		cmocka_unit_test(test_bad_head),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_two_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
