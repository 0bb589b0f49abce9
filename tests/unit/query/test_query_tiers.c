/*
 * test_query_tiers.c - how well instances are, and on which ports.
 */
#include "zones/query/query.h"

#include "query_world.h"

#define INSTANCE(app, id, region, last, more)                                  \
	"{'put':'instance','network':'acme','app':'" app "','id':'" id         \
	"','region':'" region "','addresses':['fdaa:0:18::" last "']" more     \
	"}\n"

/* In each app somebody is stopped; who is well, critical, draining differs. */
static const char unwell[] =
    "{'put':'app','network':'acme','name':'well','ports':{'http':80,"
    "'dns':{'port':53,'protocol':'udp'}}}\n" INSTANCE("well", "w1", "fra", "b1",
	",'group':'g','name':'wolf',"
	"'metadata':{'k':'v'},'weight':10,'ports':{'http':8080}")
	INSTANCE("well", "w2", "iad", "b2",
	    ",'group':'g','name':'wolf',"
	    "'metadata':{'k':'v'},'health':'warning','weight':11")
	    INSTANCE("well", "c1", "ams", "b3",
		",'group':'g','name':'wolf',"
		"'metadata':{'k':'v'},'health':'critical'") INSTANCE("well",
		"d1", "ams", "b4",
		",'group':'g','name':'wolf',"
		"'metadata':{'k':'v'},'state':'draining'") INSTANCE("well",
		"s1", "ams", "b5",
		",'group':'g','name':'wolf',"
		"'metadata':{'k':'v'},'state':'stopped'")
		INSTANCE("bad", "c1", "fra", "c3",
		    ",'group':'g','name':'bear',"
		    "'metadata':{'k':'v'},'health':'critical','ports':{'x':1}")
		    INSTANCE("bad", "d1", "ams", "c4",
			",'group':'g','name':'bear',"
			"'metadata':{'k':'v'},'state':'draining','health':'"
			"critical'") INSTANCE("bad", "s1", "ams", "c5",
			",'group':'g','name':'bear',"
			"'metadata':{'k':'v'},'state':'stopped'")
			INSTANCE("last", "d1", "ams", "d4",
			    ",'group':'g','name':'deer',"
			    "'metadata':{'k':'v'},'state':'draining'")
			    INSTANCE("last", "s1", "fra", "d5",
				",'group':'g','name':'deer',"
				"'metadata':{'k':'v'},'state':'stopped'");

static const char aliases[] =
    "{'put':'alias','network':'acme','name':'good','app':'well'}\n"
    /* of nothing; of an alias; where an app is */
    "{'put':'alias','network':'acme','name':'dead','app':'gone'}\n"
    "{'put':'alias','network':'acme','name':'twice','app':'good'}\n"
    "{'put':'alias','network':'acme','name':'self','app':'self'}\n"
    "{'put':'alias','network':'acme','name':'last','app':'well'}\n";

static const struct {
	const char *name;
	uint16_t type;
	const char *expected;
} rows[] = {
	/* sets: the well; else the critical; else the draining */
	{ "well.internal", A6, "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "bad.internal", A6, "NOERROR 5: fdaa:0:18::c3" },
	{ "last.internal", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "last.internal", A4, "NOERROR soa 5" },
	{ "global.bad.internal", A6, "NOERROR 5: fdaa:0:18::c3" },
	/* of a region, by what is there */
	{ "iad.well.internal", A6, "NOERROR 5: fdaa:0:18::b2" },
	{ "ams.well.internal", A6, "NOERROR 5: fdaa:0:18::b3" },
	{ "ams.bad.internal", A6, "NOERROR 5: fdaa:0:18::c4" },
	{ "fra.last.internal", A6, "NOERROR soa 5" },
	/* a healthy far one before a critical near one */
	{ "top9.nearest.of.well.internal", A6,
	    "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "top1.nearest.of.bad.internal", A6, "NOERROR 5: fdaa:0:18::c3" },
	{ "top1.nearest.of.last.internal", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "g.process.well.internal", A6,
	    "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "g.process.bad.internal", A6, "NOERROR 5: fdaa:0:18::c3" },
	{ "g.process.last.internal", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "v.k.kv._metadata.well.internal", A6,
	    "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "v.k.kv._metadata.bad.internal", A6, "NOERROR 5: fdaa:0:18::c3" },
	{ "v.k.kv._metadata.last.internal", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "wolf.apn", A6, "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "bear.apn", A6, "NOERROR 5: fdaa:0:18::c3" },
	{ "deer.apn", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "bad.apn", A6, "NOERROR 5: fdaa:0:18::c3" },
	/* one of them, however it is */
	{ "c1.vm.well.internal", A6, "NOERROR 5: fdaa:0:18::b3" },
	{ "s1.vm.well.internal", A6, "NOERROR 5: fdaa:0:18::b5" },
	{ "deer.last.apn", A6, "NOERROR 5: fdaa:0:18::d4 fdaa:0:18::d5" },
	/* lists do not look at health */
	{ "vms.well.internal", TYPE_TXT,
	    "NOERROR 5: \"c1 ams,d1 ams,w1 fra,w2 iad\"" },
	{ "regions.last.internal", TYPE_TXT, "NOERROR 5: \"ams\"" },

	/* ports: an instance's before its app's; a warning halves the weight */
	{ "_http._tcp.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "_dns._udp.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 53 w1.vm.well.internal."
	    " 0 5 53 w2.vm.well.internal." },
	{ "_http._udp.well.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_ftp._tcp.well.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.none.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.well.internal", A6, "NOERROR soa 5" },
	{ "_tcp.well.internal", TYPE_SRV, "NOERROR soa 5" },
	{ "_udp.well.internal", A6, "NOERROR soa 5" },
	{ "_udp.bad.internal", A6, "NXDOMAIN soa 5" },
	{ "_x._tcp.bad.internal", TYPE_SRV,
	    "NOERROR 5: 0 1 1 c1.vm.bad.internal." },
	{ "_tcp.bad.internal", A6, "NOERROR soa 5" },
	{ "_http._tcp.iad.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 5 80 w2.vm.well.internal." },
	{ "_http._tcp.syd.well.internal", TYPE_SRV, "NOERROR soa 5" },
	{ "_ftp._tcp.syd.well.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.g.process.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "_http._tcp.v.k.kv._metadata.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "_http._tcp.s1.vm.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 1 80 s1.vm.well.internal." },
	{ "_http._tcp.w2.vm.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 5 80 w2.vm.well.internal." },
	/* the rank by distance is the priority */
	{ "_http._tcp.top2.nearest.of.well.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 1 5 80 w2.vm.well.internal." },
	{ "_http._tcp.wolf.apn", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "_http._tcp.well.apn", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "_ftp._tcp.wolf.apn", TYPE_SRV, "NXDOMAIN soa 5" },
	/* an alias in every form; its targets are the app's */
	{ "good.internal", A6, "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "iad.good.internal", A6, "NOERROR 5: fdaa:0:18::b2" },
	{ "top1.nearest.of.good.internal", A6, "NOERROR 5: fdaa:0:18::b1" },
	{ "c1.vm.good.internal", A6, "NOERROR 5: fdaa:0:18::b3" },
	{ "c9.vm.good.internal", A6, "NXDOMAIN soa 5" },
	{ "vm.good.internal", A6, "NOERROR soa 5" },
	{ "g.process.good.internal", A6,
	    "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "v.k.kv._metadata.good.internal", A6,
	    "NOERROR 5: fdaa:0:18::b1 fdaa:0:18::b2" },
	{ "k.kv._metadata.good.internal", A6, "NOERROR soa 5" },
	{ "regions.good.internal", TYPE_TXT, "NOERROR 5: \"ams,fra,iad\"" },
	{ "_http._tcp.good.internal", TYPE_SRV,
	    "NOERROR 5: 0 10 8080 w1.vm.well.internal."
	    " 0 5 80 w2.vm.well.internal." },
	{ "dead.internal", A6, "NXDOMAIN soa 5" },
	{ "twice.internal", A6, "NXDOMAIN soa 5" },
	{ "self.internal", A6, "NXDOMAIN soa 5" },
	{ "last.internal", A6, "NOERROR 5: fdaa:0:18::d4" },
	{ "w1.vm.last.internal", A6, "NXDOMAIN soa 5" },
	{ "none.internal", A6, "NXDOMAIN soa 5" },
	/* only before what has addresses */
	{ "_http._tcp.vms.well.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.laptop._peer.internal", TYPE_SRV, "NXDOMAIN soa 5" },
	{ "_http._tcp.apn", TYPE_SRV, "NXDOMAIN soa 5" },
};

static int
start_unwell(void **state)
{
	(void)state;
	return start_with(unwell) == 0 ? -(fixture_apply(&f, aliases) != E_OK)
				       : -1;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = rows[i].type,
			.from = "fdaa:0:18::2" };

		check(&q, rows[i].expected, true);
	}
}

/* Whole targets in additional, as many as fit, and never TC for them. */
static void
test_additional(void **state)
{
	struct ask q = { .name = "_http._tcp.well.internal",
		.type = TYPE_SRV,
		.from = "fdaa:0:18::2" };
	struct asked a;

	(void)state;
	env.max_udp_size = 512;
	ask(&a, &q, &env);
	assert_int_equal(ldns_pkt_arcount(a.reply), 2);
	assert_int_equal(
	    ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_additional(a.reply), 0)),
	    LDNS_RR_TYPE_AAAA);
	asked_release(&a);
	for (unsigned cap = 100; cap < 200; cap++) {
		size_t len = ask_packet(&q, a.pkt, sizeof(a.pkt));
		unsigned answers, more;

		env.unproven_size = (uint16_t)cap;
		ask_raw(&a, &q, len, &env);
		assert_non_null(a.reply);
		assert_true(a.q.len <= cap);
		answers = ldns_pkt_ancount(a.reply);
		more = ldns_pkt_arcount(a.reply);
		assert_int_equal(ldns_pkt_tc(a.reply), answers < 2);
		assert_true(more <= answers);
		asked_release(&a);
	}
	env.unproven_size = 0;
	env.max_udp_size = 8192;
}

/* A dead alias says so; switched and taken back, it is seen at once. */
static void
test_alias(void **state)
{
	const struct ask dead = { .name = "dead.internal",
		.type = A6,
		.from = "fdaa:0:18::2",
		.size = 1232 };
	const struct ask good = {
		.name = "good.internal", .type = A6, .from = "fdaa:0:18::2"
	};

	(void)state;
	check(&dead, "NXDOMAIN EDE24 soa 5", true);
	assert_int_equal(
	    fixture_apply(&f,
		"{'put':'alias','network':'acme','name':'good','app':'bad'}"),
	    E_OK);
	check(&good, "NOERROR 5: fdaa:0:18::c3", true);
	assert_int_equal(
	    fixture_apply(&f,
		"{'delete':'alias','network':'acme','name':'good'}\n"
		"{'delete':'alias','network':'acme','name':'dead'}\n"
		"{'delete':'alias','network':'acme','name':'twice'}\n"
		"{'delete':'alias','network':'acme','name':'self'}\n"
		"{'delete':'alias','network':'acme','name':'last'}\n"),
	    E_OK);
	check(&good, "NXDOMAIN soa 5", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, reset),
		cmocka_unit_test_setup(test_additional, reset),
		cmocka_unit_test_setup(test_alias, reset),
	};

	return cmocka_run_group_tests(tests, start_unwell, end);
}
