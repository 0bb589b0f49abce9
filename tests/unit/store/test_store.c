/*
 * test_store.c - facts in, facts out, and every summary checked after each
 * step.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

/*
 * Each row is one transaction; HAS is all that is in the store behind it,
 * in the order of export, as in fixture_dump().
 */
struct step {
	const char *lines, *has;
};

static void
run(const struct step *step, size_t steps)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < steps; i++) {
		print_message("step %zu\n", i);
		if (fixture_apply(&f, step[i].lines) != E_OK)
			fail_msg(
			    "%s %s %s", f.why.field, f.why.rule, f.why.value);
		check_has(&f, false, step[i].has);
	}
	fixture_close(&f);
}

#define RUN(steps) run(steps, sizeof(steps) / sizeof(steps[0]))

static void
test_networks(void **state)
{
	static const struct step steps[] = {
		{ ACME, ACME },
		/* again: nothing changes */
		{ ACME, ACME },
		/* an update of each field */
		{ "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
		  "'10.0.0.0/8'],'resolvers':['10.0.0.3'],'ttl':9}\n",
		    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
		    "'10.0.0.0/8'],'resolvers':['10.0.0.3'],'ttl':9}\n" },
		/* and back, with a second one */
		{ ACME
		    "{'put':'network','id':'a','prefixes':['fdaa:0:17::/48']}",
		    "{'put':'network','id':'a','prefixes':['fdaa:0:17::/"
		    "48']}\n" ACME },
		/* with all that is in it */
		{ INSTANCE("web", "f0", "iad",
		      "fdaa:0:18::2") "{'put':'peer','network':'acme','name':'"
				      "p','addresses':"
				      "['fdaa:0:18::9']}\n{'put':'app','"
				      "network':'acme','name':"
				      "'x','domain':'x.y'}\n{'delete':'network'"
				      ",'id':'acme'}",
		    "{'put':'network','id':'a','prefixes':['fdaa:0:17::/48']}"
		    "\n" },
		/* one that is not there */
		{ "{'delete':'network','id':'acme'}",
		    "{'put':'network','id':'a','prefixes':['fdaa:0:17::/48']}"
		    "\n" },
		/* deleted and put in one transaction */
		{ "{'delete':'network','id':'a'}\n" ACME
		  "{'delete':'network','id':'acme'}\n" ACME,
		    ACME },
		{ "{'delete':'network','id':'acme'}", "" },
	};

	(void)state;
	RUN(steps);
}

static void
test_regions(void **state)
{
	static const struct step steps[] = {
		{ LHR IAD, IAD LHR },
		{ FAR, IAD LHR FAR },
		{ "{'put':'distance','from':'iad','to':'lhr','ms':70}",
		    IAD LHR "{'put':'distance','from':'iad','to':'lhr','ms':70}"
			    "\n" FAR },
		/* a distance to where no region is */
		{ "{'delete':'distance','from':'iad','to':'lhr'}\n"
		  "{'put':'distance','from':'iad','to':'ams','ms':80}",
		    IAD LHR "{'put':'distance','from':'iad','to':'ams','ms':80}"
			    "\n" FAR },
		/* a region goes, its distances stay */
		{ "{'delete':'region','id':'lhr'}",
		    IAD "{'put':'distance','from':'iad','to':'ams','ms':80}"
			"\n" FAR },
		{ "{'put':'region','id':'iad','latitude':0,'longitude':0}\n"
		  "{'delete':'distance','from':'iad','to':'ams'}",
		    "{'put':'region','id':'iad','latitude':0,'longitude':0}"
		    "\n" FAR },
		{ "{'delete':'region','id':'iad'}\n"
		  "{'delete':'region','id':'iad'}\n"
		  "{'delete':'distance','from':'lhr','to':'iad'}\n"
		  "{'delete':'distance','from':'lhr','to':'iad'}",
		    "" },
	};

	(void)state;
	RUN(steps);
}

static void
test_apps(void **state)
{
	static const struct step steps[] = {
		{ ACME WEB, ACME WEB },
		/* a domain, another one, none */
		{ SHOP, ACME SHOP },
		{ "{'put':'app','network':'acme','name':'web',"
		  "'domain':'shop','flycast':['fdaa:0:18::9']}",
		    ACME "{'put':'app','network':'acme','name':'web',"
			 "'domain':'shop','flycast':['fdaa:0:18::9']}\n" },
		{ WEB F0, ACME WEB F0 },
		/* its instances stay until they go */
		{ "{'delete':'instance','network':'acme','app':'web','id':"
		  "'f0'}",
		    ACME WEB },
		{ "{'delete':'app','network':'acme','name':'web'}", ACME },
		/* an instance brings its app into being, and takes it away */
		{ F0 F1, ACME "# app acme/web\n" F0 F1 },
		{ "{'delete':'instance','network':'acme','app':'web','id':"
		  "'f0'}",
		    ACME "# app acme/web\n" F1 },
		{ "{'delete':'instance','network':'acme','app':'web','id':"
		  "'f1'}",
		    ACME },
		/* deleting an app deletes its instances, implied or not, and
		 * no other's */
		{ F0 F1 INSTANCE("web-2", "f0", "iad",
		      "fdaa:0:18::4") "{'delete':'app','network':'acme','name':"
				      "'web'}",
		    ACME "# app acme/web-2\n" INSTANCE(
			"web-2", "f0", "iad", "fdaa:0:18::4") },
		{ SHOP F0 F1 "{'delete':'app','network':'acme','name':'web'}",
		    ACME "# app acme/web-2\n" INSTANCE(
			"web-2", "f0", "iad", "fdaa:0:18::4") },
		{ "{'delete':'app','network':'acme','name':'web'}\n"
		  "{'delete':'app','network':'acme','name':'web-2'}\n"
		  "{'delete':'app','network':'other','name':'web-2'}\n",
		    ACME },
	};

	(void)state;
	RUN(steps);
}

/* Each field of an instance changes, with what it is found by. */
static void
test_instances(void **state)
{
#define AT "'network':'acme','app':'web','id':'f0'"
	static const struct step steps[] = {
		{ ACME F0, ACME "# app acme/web\n" F0 },
		{ "{'put':'instance'," AT ",'region':'ams','addresses':"
		  "['fdaa:0:18::2','fdaa:0:18::5'],'name':'lion','group':'w',"
		  "'metadata':{'Role':'Primary','long':'a b','empty':''}}",
		    ACME "# app acme/web\n"
			 "{'put':'instance'," AT
			 ",'region':'ams','addresses':['fdaa:0:18::2',"
			 "'fdaa:0:18::5'],'name':'lion','group':'w',"
			 "'metadata':{'Role':'Primary','long':'a b',"
			 "'empty':''}}\n" },
		/* two keys that differ in case alone are one name */
		{ "{'put':'instance'," AT ",'region':'ams','addresses':"
		  "['fdaa:0:18::2'],'metadata':{'Role':'a','role':'A'}}",
		    ACME "# app acme/web\n"
			 "{'put':'instance'," AT
			 ",'region':'ams','addresses':['fdaa:0:18::2'],"
			 "'metadata':{'Role':'a','role':'A'}}\n" },
		{ "{'put':'instance'," AT ",'region':'ams','addresses':"
		  "['fdaa:0:18::5'],'name':'tiger','group':'x','state':"
		  "'stopped','metadata':{'role':'replica'}}",
		    ACME "# app acme/web\n"
			 "{'put':'instance'," AT
			 ",'region':'ams','addresses':['fdaa:0:18::5'],"
			 "'name':'tiger','group':'x','state':'stopped',"
			 "'metadata':{'role':'replica'}}\n" },
		/* ports, and how it is */
		{ "{'put':'instance'," AT ",'region':'ams','addresses':"
		  "['fdaa:0:18::5'],'health':'critical','weight':0,'ports':"
		  "{'http':80,'dns':{'port':53,'protocol':'udp'}}}",
		    ACME "# app acme/web\n"
			 "{'put':'instance'," AT
			 ",'region':'ams','addresses':['fdaa:0:18::5'],"
			 "'health':'critical','weight':0,'ports':{'http':80,"
			 "'dns':{'port':53,'protocol':'udp'}}}\n" },
		{ "{'put':'instance'," AT ",'region':'ams','addresses':"
		  "['fdaa:0:18::5'],'state':'draining','ports':{'http':81},"
		  "'group':'x','metadata':{'role':'replica'}}",
		    ACME "# app acme/web\n"
			 "{'put':'instance'," AT
			 ",'region':'ams','addresses':['fdaa:0:18::5'],"
			 "'group':'x','state':'draining','ports':{'http':81},"
			 "'metadata':{'role':'replica'}}\n" },
		{ F0, ACME "# app acme/web\n" F0 },
		{ "{'delete':'instance'," AT "}\n{'delete':'instance'," AT "}",
		    ACME },
	};

	(void)state;
	RUN(steps);
}

static void
test_peers(void **state)
{
#define PEER(more) "{'put':'peer','network':'acme','name':'p'," more "}\n"
	static const struct step steps[] = {
		{ ACME PEER("'addresses':['fdaa:0:18::2']"),
		    ACME PEER("'addresses':['fdaa:0:18::2']") },
		{ PEER("'region':'ord','addresses':['fdaa:0:18::3'],'expires':"
		       "'2020-01-01T00:00:00Z'"),
		    ACME PEER("'region':'ord','addresses':['fdaa:0:18::3'],"
			      "'expires':'2020-01-01T00:00:00Z'") },
		{ "{'delete':'peer','network':'acme','name':'p'}\n"
		  "{'delete':'peer','network':'acme','name':'p'}",
		    ACME },
	};

	(void)state;
	RUN(steps);
}

/* By what a fact is refused; nothing of its transaction stays. */
static const struct {
	const char *lines, *field, *rule;
} refused[] = {
	{ "{'put':'app','network':'other','name':'web'}", "network",
	    "must be put before what is in it" },
	{ INSTANCE("web", "f0", "iad", "fdaa:0:19::2"), "addresses",
	    "must lie inside the network's prefixes" },
	{ "{'put':'peer','network':'acme','name':'p','addresses':"
	  "['10.0.0.1']}",
	    "addresses", "must lie inside the network's prefixes" },
	{ "{'put':'app','network':'acme','name':'x','flycast':"
	  "['fdaa:0:19::2']}",
	    "flycast", "must lie inside the network's prefixes" },
	/* prefixes that leave an instance, a peer, a flycast address out */
	{ INSTANCE("web", "f0", "iad",
	      "fdaa:0:18::2") "{'put':'network','id':'acme','prefixes':['fdaa:"
			      "0:19::/48']}",
	    "prefixes", "must hold every address in use in the network" },
	{ "{'put':'peer','network':'acme','name':'p','addresses':"
	  "['fdaa:0:18:1::2']}\n"
	  "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/80']}",
	    "prefixes", "must hold every address in use in the network" },
	{ "{'put':'app','network':'acme','name':'x','flycast':"
	  "['fdaa:0:18:1::2']}\n"
	  "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/80']}",
	    "prefixes", "must hold every address in use in the network" },
	/* within a snapshot */
	{ "{'snapshot':'begin'}\n{'put':'app','network':'acme','name':'x'}",
	    "network", "must be put in the snapshot before what is in it" },
	{ "{'snapshot':'begin','network':'acme'}\n"
	  "{'put':'network','id':'x','prefixes':['::/0']}",
	    "network", "must be the one that the snapshot is of" },
	{ "{'snapshot':'begin','network':'acme'}\n"
	  "{'put':'region','id':'x','latitude':0,'longitude':0}",
	    "network", "must be the one that the snapshot is of" },
	{ "{'snapshot':'begin'}\n{'delete':'network','id':'acme'}", "delete",
	    "has no place in a snapshot: what it does not put goes" },
	{ "{'snapshot':'begin','network':'other'}\n"
	  "{'put':'app','network':'other','name':'x'}",
	    "network", "must be put before what is in it" },
};

static void
test_refused(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, ACME), E_OK);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		print_message("%s\n", refused[i].lines);
		assert_int_equal(fixture_apply(&f, refused[i].lines), E_INPUT);
		assert_string_equal(f.why.rule, refused[i].rule);
		assert_string_equal(f.why.field, refused[i].field);
		check_has(&f, false, ACME);
	}
	fixture_close(&f);
}

/* A complaint leaves out its fact alone. */
static void
test_complaint_goes_on(void **state)
{
	struct store_txn *t;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	store_begin(f.writer, &t);
	assert_int_equal(fixture_lines(&f, t, ACME F0), E_OK);
	assert_int_equal(
	    fixture_lines(&f, t, INSTANCE("web", "f0", "ams", "fdaa:0:19::2")),
	    E_INPUT);
	assert_int_equal(
	    fixture_lines(&f, t,
		"{'put':'network','id':'acme','prefixes':['fdaa:1::/32']}"),
	    E_INPUT);
	assert_int_equal(fixture_lines(&f, t, F1), E_OK);
	assert_int_equal(store_commit(t), E_OK);
	check_has(&f, false, ACME "# app acme/web\n" F0 F1);
	fixture_close(&f);
}

/* An app's own fact goes, its instances stay, and the app with them. */
static void
test_withdraw(void **state)
{
	static const struct step {
		struct fact key;
		const char *has;
	} steps[] = {
		{ { .kind = FACT_APP, .network = "acme", .app = "web" },
		    ACME "# app acme/web\n" F0 },
		/* again: no error */
		{ { .kind = FACT_APP, .network = "acme", .app = "web" },
		    ACME "# app acme/web\n" F0 },
		{ { .kind = FACT_INSTANCE,
		      .network = "acme",
		      .app = "web",
		      .id = "f0" },
		    ACME },
		{ { .kind = FACT_APP, .network = "none", .app = "web" }, ACME },
		{ { .kind = FACT_NETWORK, .network = "acme" }, "" },
	};
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_apply(&f, ACME SHOP F0), E_OK);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct store_txn *t;
		print_message("step %zu\n", i);
		store_begin(f.writer, &t);
		assert_int_equal(
		    store_withdraw(t, &steps[i].key, &f.why), E_OK);
		assert_int_equal(store_commit(t), E_OK);
		check_has(&f, false, steps[i].has);
	}
	fixture_close(&f);
}

/* The cursor comes and goes with its transaction. */
static void
test_cursor(void **state)
{
	struct store_meta meta;
	struct store_txn *t;
	struct fixture f;
	char cursor[CURSOR_MAX + 1];

	(void)state;
	fixture_open(&f);
	assert_int_equal(snapshot_refresh(f.snapshot), E_ABSENT);
	assert_int_equal(fixture_apply(&f, ACME "{'commit':'one'}"), E_OK);
	store_begin(f.writer, &t);
	store_mark(t, "two");
	assert_int_equal(store_txn_meta(t, &meta), E_OK);
	assert_string_equal(meta.cursor, "two");
	store_abort(t);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(snapshot_meta(f.snapshot, &meta), E_OK);
	assert_string_equal(meta.cursor, "one");
	assert_true(meta.commits == 1);
	memset(cursor, 'c', CURSOR_MAX);
	cursor[CURSOR_MAX] = '\0';
	store_begin(f.writer, &t);
	store_mark(t, cursor);
	store_heard(t, "etcd://here");
	assert_int_equal(store_commit(t), E_OK);
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(snapshot_meta(f.snapshot, &meta), E_OK);
	assert_string_equal(meta.cursor, cursor);
	assert_string_equal(meta.source, "etcd://here");
	assert_true(meta.commits == 2);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_apps),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_complaint_goes_on),
		cmocka_unit_test(test_withdraw),
		cmocka_unit_test(test_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
