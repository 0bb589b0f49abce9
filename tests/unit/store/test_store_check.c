/*
 * test_store_check.c - keys that no fact makes, put by hand: the check names
 * each.
 */
#include "zones/store/write/check.h"

#include "store_lines.h"

/* The key and value of one more than there is. */
#define BYTES(text) text, sizeof(text) - 1

static const char facts[] = ACME IAD
    "{'put':'app','network':'acme','name':'web','domain':'web.prod'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'f0','region':"
    "'iad','addresses':['fdaa:0:18::2'],'name':'lion','group':'w',"
    "'metadata':{'role':'primary'}}\n"
    "{'put':'peer','network':'acme','name':'p','addresses':"
    "['fdaa:0:18::9']}\n";

/* As they are stored: u32 network, kind, rest; acme has number 1. */
#define NONE    "\0\0\0\0"
#define ONE     "\0\0\0\1"
#define OTHER   "\0\0\0\143" /* 99, which no network has */
#define AGE     "\0\0\0\0\0\0\0\1"
#define NO_WORD "\1\0\0" /* a brief: started, no address */
#define AT      "\xfd\xaa\0\0\0\x18\0\0\0\0\0\0\0\0\0\5"
#define HEX_AT  "fdaa0000001800000000000000000005"

static const struct {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
	const char *line;
} rows[] = {
	/* Of a network that is not there: each kind of fact, */
	{ BYTES(OTHER "Aweb"), BYTES(AGE NO_WORD "\0"),
	    "network 99, app, key web: there is no such network" },
	{ BYTES(OTHER "iweb\0f9"), BYTES(AGE NO_WORD "\3iad\0\0\0"),
	    "network 99, instance, key web/f9: there is no such network" },
	{ BYTES(OTHER "Pq"), BYTES(AGE NO_WORD "\0" AGE),
	    "network 99, peer, key q: there is no such network" },
	/* each kind of summary, and of no kind. */
	{ BYTES(OTHER "aweb"), BYTES("\0\0\0\1\1"),
	    "network 99, app's page, key web: there is no such network" },
	{ BYTES(OTHER "l"), BYTES("\3web"),
	    "network 99, list of apps: there is no such network" },
	{ BYTES(OTHER "R" AT), BYTES("x"),
	    "network 99, claim, key " HEX_AT ": there is no such network" },
	{ BYTES(OTHER "Slion\0web\0f9"), BYTES(NO_WORD),
	    "network 99, server name, key lion/web/f9: there is no such "
	    "network" },
	{ BYTES(OTHER "Gweb\0w\0f9"), BYTES(NO_WORD),
	    "network 99, process group, key web/w/f9: there is no such "
	    "network" },
	{ BYTES(OTHER "Mweb\0k\0v\0f9"), BYTES(NO_WORD),
	    "network 99, metadata, key web/k/v/f9: there is no such network" },
	{ BYTES(OTHER "Dprod\0web\0\0web"), BYTES(""),
	    "network 99, private domain, key prod/web//web: there is no such "
	    "network" },
	{ BYTES(OTHER "#"), BYTES("\0\0\0\1" AGE),
	    "network 99, count of commits: there is no such network" },
	{ BYTES(OTHER "q"), BYTES(""),
	    "network 99, kind 'q': there is no such kind" },

	/* Of no kind, or of one that is elsewhere. */
	{ BYTES(ONE "qweb\0f9"), BYTES(AGE NO_WORD "\3iad\0\0\0"),
	    "network acme, kind 'q', key web/f9: there is no such kind" },
	{ BYTES(ONE "\1\xff"), BYTES(""),
	    "network acme, kind 01, key ff: there is no such kind" },
	{ BYTES(NONE "iweb\0f9"), BYTES(AGE NO_WORD "\3iad\0\0\0"),
	    "no network, kind 'i', key web/f9: there is no such kind" },
	{ BYTES(ONE "rsyd"), BYTES(AGE AGE AGE),
	    "network acme, kind 'r', key syd: there is no such kind" },
	{ BYTES("\0\0\1"), BYTES("x"), "key 000001: has no kind" },

	/* Facts that are none. */
	{ BYTES(NONE "rsyd"), BYTES("x"),
	    "no network, region, key syd: cannot be read" },
	{ BYTES(NONE "diad"), BYTES(AGE AGE),
	    "no network, distance, key iad: cannot be read" },
	{ BYTES(ONE "Nx"), BYTES("x"),
	    "network acme, network, key x: cannot be read" },
	{ BYTES(ONE "Ax\0y"), BYTES(AGE NO_WORD "\0"),
	    "network acme, app, key x/y: cannot be read" },
	{ BYTES(ONE "iweb"), BYTES(AGE NO_WORD "\3iad\0\0\0"),
	    "network acme, instance, key web: cannot be read" },
	{ BYTES(ONE "iweb\0f9\0"), BYTES(AGE NO_WORD "\3iad\0\0\0"),
	    "network acme, instance, key web/f9/: cannot be read" },
	{ BYTES(ONE "Pq"), BYTES("x"),
	    "network acme, peer, key q: cannot be read" },

	/* Summaries without their facts. */
	{ BYTES(NONE "nother"), BYTES(ONE),
	    "no network, network's number, key other: no fact makes it" },
	{ BYTES(NONE "p\100" AT), BYTES(ONE),
	    "no network, prefix, key 40" HEX_AT ": no fact makes it" },
	{ BYTES(NONE "a" AT), BYTES(ONE),
	    "no network, resolver, key " HEX_AT ": no fact makes it" },
	{ BYTES(NONE "a\xfd\xaa\0\0\0\x18\0\0\0\0\0\0\0\0\0\3"),
	    BYTES("\0\0\0\2"),
	    "no network, resolver, key fdaa0000001800000000000000000003: "
	    "is not what its facts make of it" },
	{ BYTES(NONE "osyd"), BYTES("\3syd\0\0\0\0"),
	    "no network, row of distances, key syd: no fact makes it" },
	{ BYTES(ONE "aghost"), BYTES("\0\0\0\1\0"),
	    "network acme, app's page, key ghost: no fact makes it" },
	{ BYTES(ONE "aghost"), BYTES("\0\0\0\1\1"),
	    "network acme, app's page, key ghost: no fact makes it" },
	{ BYTES(ONE "aweb\0x"), BYTES("\0\0\0\0"),
	    "network acme, app's page, key web/x: holds nothing" },
	{ BYTES(ONE "aweb\0x"), BYTES("\0\0\0\0\0\11\5x\0web" NO_WORD),
	    "network acme, app's page, key web/x/web: no fact makes it" },
	{ BYTES(ONE "aweb\0x"), BYTES("\0\0\0\0\0\11\5w\0web" NO_WORD),
	    "network acme, app's page, key web/x: is not in order" },
	{ BYTES(ONE "aweb\0x"), BYTES("\0\0\0\1"),
	    "network acme, app's page, key web/x: cannot be read" },
	{ BYTES(ONE "lx"), BYTES("\2,x"),
	    "network acme, list of apps, key x: no fact makes it" },
	{ BYTES(ONE "lx"), BYTES(""),
	    "network acme, list of apps, key x: holds nothing" },
	{ BYTES(ONE "R" AT), BYTES("\0\x1d" AGE "\4\3iad\3web\2f9\0" AGE),
	    "network acme, claim, key " HEX_AT
	    "/instance/web/f9: no fact makes it" },
	{ BYTES(ONE "R" AT), BYTES("\0\1x"),
	    "network acme, claim, key " HEX_AT ": cannot be read" },
	{ BYTES(ONE "R" AT), BYTES(""),
	    "network acme, claim, key " HEX_AT ": holds nothing" },
	{ BYTES(ONE "B\170" AT), BYTES("\0\x16" AGE "\5\0\0\1p\0" AGE),
	    "network acme, block, key 78" HEX_AT "/peer/p: no fact makes it" },
	{ BYTES(ONE "z"), BYTES(ONE ONE),
	    "network acme, network's uses: no fact makes it" },
	{ BYTES(NONE "ugateway\0\0\0\0\1"), BYTES(NONE "gx"),
	    "no network, unique, key 676174657761790000000001: no fact makes "
	    "it" },
	{ BYTES(ONE "Slion\0web\0f9"), BYTES(NO_WORD),
	    "network acme, server name, key lion/web/f9: no fact makes it" },
	{ BYTES(ONE "Gweb\0w\0f9"), BYTES(NO_WORD),
	    "network acme, process group, key web/w/f9: no fact makes it" },
	{ BYTES(ONE "Mweb\0k\0v\0f9"), BYTES(NO_WORD),
	    "network acme, metadata, key web/k/v/f9: no fact makes it" },
	{ BYTES(ONE "Dprod\0web\0\0x"), BYTES(""),
	    "network acme, private domain, key prod/web//x: no fact makes "
	    "it" },

	/* Of what there is one of. */
	{ BYTES(NONE "mx"), BYTES("x"),
	    "no network, store's head, key x: no fact makes it" },
	{ BYTES(NONE "Lx"), BYTES("x"),
	    "no network, prefix lengths, key x: no fact makes it" },
	{ BYTES(NONE "j\0\0\3\xe9"), BYTES("x"),
	    "no network, journal, key 000003e9: is no entry of its place" },
	{ BYTES(ONE "#x"), BYTES("x"),
	    "network acme, count of commits, key x: no fact makes it" },
};

struct findings {
	const char *line;
	bool met;
};

static void
note(void *arg, bool damage, const char *line)
{
	struct findings *f = arg;

	print_message("  %s\n", line);
	f->met = f->met || (damage && strcmp(line, f->line) == 0);
}

static void
put(struct fixture *f, const char *key, size_t key_len, const char *value,
    size_t value_len)
{
	MDB_val k = { .mv_size = key_len }, v = { .mv_size = value_len };
	struct fixture_raw raw;

	memcpy(&k.mv_data, &key, sizeof(k.mv_data));
	memcpy(&v.mv_data, &value, sizeof(v.mv_data));
	fixture_raw_begin(f, &raw);
	assert_int_equal(mdb_put(raw.txn, raw.dbi, &k, &v, 0), 0);
	fixture_raw_end(f, &raw);
}

/* A text of the journal that is longer than any is no text without octets. */
static void
test_long_text(void **state)
{
	struct findings found = {
		.line = "no network, journal, key 00000001: is no entry of its "
			"place"
	};
	const struct check_report report = { .finding = note, .arg = &found };
	uint8_t key[] = { 0, 0, 0, 0, 'j', 0, 0, 0, 1 }, value[2048] = { 0 };
	MDB_val k = { sizeof(key), key }, v;
	struct fixture_raw raw;
	struct fixture f;
	size_t long_is = CURSOR_MAX + 1, at = 24;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, facts), E_OK);
	fixture_raw_begin(&f, &raw);
	assert_int_equal(mdb_get(raw.txn, raw.dbi, &k, &v), 0);
	memcpy(value, v.mv_data, at);
	memset(value + at, 1, 2 + long_is); /* 257 */
	memcpy(value + at + 2 + long_is, (char *)v.mv_data + at + 2,
	    v.mv_size - at - 2);
	v = (MDB_val){ v.mv_size + long_is, value };
	assert_int_equal(mdb_put(raw.txn, raw.dbi, &k, &v, 0), 0);
	fixture_raw_sum(&raw);
	fixture_raw_end(&f, &raw);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(snapshot_check(f.snapshot, &report), E_DAMAGED);
	assert_true(found.met);
	snapshot_rest(f.snapshot);
	fixture_close(&f);
}

static void
test_strays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings found = { .line = rows[i].line };
		const struct check_report report = { .finding = note,
			.arg = &found };
		struct fixture f;

		fixture_open(&f);
		assert_int_equal(fixture_apply(&f, facts), E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
		put(&f, rows[i].key, rows[i].key_len, rows[i].value,
		    rows[i].value_len);
		print_message("%s\n", rows[i].line);
		assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
		assert_int_equal(
		    snapshot_check(f.snapshot, &report), E_DAMAGED);
		assert_true(found.met);
		fixture_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
