/*
 * test_query_view.c - peers that ask: from their blocks, with `apps`, whose
 * time is over, of too low a role.
 */
#include "zones/query/query.h"

#include "query_world.h"

/* Beside the world's: what only some peers see. */
static const char views[] =
    "{'put':'app','network':'acme','name':'deep','domain':'a.b.c'}\n"
    "{'put':'instance','network':'acme','app':'deep','id':'p1','region':"
    "'fra','addresses':['fdaa:0:18::da'],'name':'owl','ports':{'x':1}}\n"
    "{'put':'alias','network':'acme','name':'wide','app':'web'}\n"
    "{'put':'alias','network':'acme','name':'store','app':'shop'}\n"
    /* an alias behind an app that is not seen */
    "{'put':'alias','network':'acme','name':'shop','app':'web'}\n"
    "{'put':'peer','network':'acme','name':'block','region':'ams',"
    "'addresses':['fdaa:0:18:a::102/120']}\n"
    "{'put':'peer','network':'acme','name':'within','region':'fra',"
    "'addresses':['fdaa:0:18:a::1f2/124']}\n"
    "{'put':'peer','network':'acme','name':'some','region':'fra',"
    "'addresses':['fdaa:0:18:b::102/120'],'apps':['web','zoo','none']}\n"
    "{'put':'peer','network':'acme','name':'deep','addresses':"
    "['fdaa:0:18:b::202/120'],'apps':['deep']}\n"
    "{'put':'peer','network':'acme','name':'lease','addresses':"
    "['fdaa:0:18:c::102/120'],'expires':'2023-11-14T22:13:22Z'}\n"
    "{'put':'peer','network':'acme','name':'low','addresses':"
    "['fdaa:0:18:d::1'],'role':'observer'}\n"
    "{'put':'network','id':'high','prefixes':['fdaa:0:20::/48'],"
    "'role':'admin'}\n"
    "{'put':'app','network':'high','name':'web'}\n"
    "{'put':'peer','network':'high','name':'usual','addresses':"
    "['fdaa:0:20::1']}\n"
    "{'put':'peer','network':'high','name':'admin','addresses':"
    "['fdaa:0:20::2'],'role':'admin'}\n"
    "{'put':'peer','network':'high','name':'owner','addresses':"
    "['fdaa:0:20::3'],'role':'owner'}\n";

#define SOME "fdaa:0:18:b::1ff"
#define DEEP "fdaa:0:18:b::299"

static const struct question rows[] = {
	/* a whole block is the peer; the longest around the asker */
	{ "top1.nearest.of.web.internal", A6, "fdaa:0:18:a::102",
	    "NOERROR 5: fdaa:0:18::1" },
	{ "top1.nearest.of.web.internal", A6, "fdaa:0:18:a::1",
	    "NOERROR 5: fdaa:0:18::3" },
	{ "top1.nearest.of.web.internal", A6, "fdaa:0:18:a::1ee",
	    "NOERROR 5: fdaa:0:18::1" },
	{ "top1.nearest.of.web.internal", A6, "fdaa:0:18:a::1ff",
	    "NOERROR 5: fdaa:0:18::2" },
	/* but its one address is its name's */
	{ "block._peer.internal", A6, ME, "NOERROR 5: fdaa:0:18:a::102" },
	{ "3.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.a.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NXDOMAIN soa 5" },

	/* who sees some apps: every form of the others is not there */
	{ "web.internal", A6, SOME,
	    "NOERROR 5: fdaa:0:18::1 fdaa:0:18::2 fdaa:0:18::3" },
	{ "zoo.internal", A4, SOME, "NOERROR 5: 172.16.10.7 172.16.10.8" },
	{ "none.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "off.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "vm.off.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "fra.den.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "d1.vm.den.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "vms.den.internal", TYPE_TXT, SOME, "NXDOMAIN soa 5" },
	{ "regions.den.internal", TYPE_TXT, SOME, "NXDOMAIN soa 5" },
	{ "top1.nearest.of.den.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "w.process.den.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "_x._tcp.deep.internal", TYPE_SRV, SOME, "NXDOMAIN soa 5" },
	{ "fly.flycast", A6, SOME, "NXDOMAIN soa 5" },
	{ "_apps.internal", TYPE_TXT, SOME, "NOERROR 5: \"web,zoo\"" },
	{ "_apps.internal", TYPE_TXT, DEEP, "NOERROR 5: \"deep\"" },
	{ "_instances.internal", TYPE_TXT, DEEP,
	    "NOERROR 5: \"instance=p1,app=deep,ip=fdaa:0:18::da,region=fra\"" },
	/* peers are seen by all of them */
	{ "laptop._peer.internal", A6, SOME, "NOERROR 5: fdaa:0:18::a1" },
	/* aliases of what is seen; and where an app that is not seen is */
	{ "wide.internal", A4, SOME, "NOERROR 5: 172.16.10.1" },
	{ "store.internal", A6, SOME, "NXDOMAIN soa 5" },
	{ "store.internal", A6, ME, "NOERROR 5: fdaa:0:18::6" },
	{ "shop.internal", A4, SOME, "NOERROR 5: 172.16.10.1" },
	{ "a1.vm.shop.internal", A4, SOME, "NOERROR 5: 172.16.10.1" },
	{ "h1.vm.shop.internal", A6, SOME, "NXDOMAIN soa 5" },
	/* servers */
	{ "lion.apn", A4, SOME, "NOERROR 5: 172.16.10.1" },
	{ "puma.apn", A4, SOME, "NOERROR 5: 172.16.10.8" },
	{ "puma.apn", A6, SOME, "NOERROR soa 5" },
	{ "owl.apn", A6, SOME, "NXDOMAIN soa 5" },
	{ "lion.shop.prod.apn", A4, SOME, "NXDOMAIN soa 5" },
	{ "shop.prod.apn", A4, SOME, "NXDOMAIN soa 5" },
	{ "prod.apn", A4, SOME, "NXDOMAIN soa 5" },
	{ "web.apn", A4, SOME, "NOERROR 5: 172.16.10.1" },
	{ "_x._tcp.owl.apn", TYPE_SRV, SOME, "NXDOMAIN soa 5" },
	{ "_x._tcp.owl.apn", TYPE_SRV, DEEP,
	    "NOERROR 5: 0 1 1 p1.vm.deep.internal." },
	{ "owl.a.b.c.apn", A6, DEEP, "NOERROR 5: fdaa:0:18::da" },
	{ "b.c.apn", A6, DEEP, "NOERROR soa 5" },
	{ "c.apn", A6, DEEP, "NOERROR soa 5" },
	{ "b.c.apn", A6, SOME, "NXDOMAIN soa 5" },
	{ "x.c.apn", A6, DEEP, "NXDOMAIN soa 5" },
	{ "prod.apn", A6, DEEP, "NXDOMAIN soa 5" },
	/* reverse names, and what is above them alone */
	{ "1.10.16.172.in-addr.arpa", TYPE_PTR, SOME,
	    "NOERROR 5: lion.web.apn." },
	{ "6.10.16.172.in-addr.arpa", TYPE_PTR, SOME, "NXDOMAIN soa 5" },
	{ "d.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, SOME, "NXDOMAIN soa 5" },
	{ "d.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, DEEP, "NOERROR soa 5" },

	/* who may not ask: the block too, and what is not private */
	{ "web.internal", A6, "fdaa:0:18::a3", "REFUSED EDE18" },
	{ "web.internal", A6, "fdaa:0:18:d::1", "REFUSED EDE18" },
	{ "example.com", A6, "fdaa:0:18:d::1", "REFUSED EDE18" },
	{ "localhost", A6, "fdaa:0:18:d::1", "REFUSED EDE18" },
	{ "web.internal", A6, "fdaa:0:20::1", "REFUSED EDE18" },
	{ "web.internal", A6, "fdaa:0:20::2", "NOERROR soa 5" },
	{ "web.internal", A6, "fdaa:0:20::3", "NOERROR soa 5" },
	{ "web.internal", A6, "fdaa:0:20::4", "NOERROR soa 5" },
};

static int
start_views(void **state)
{
	(void)state;
	return start_with(views);
}

static void
test_rows(void **state)
{
	(void)state;
	check_rows(AND_COUNT(rows), 1232);
}

/* To the second, and also where the flow is remembered; the reason is told. */
static void
test_lease(void **state)
{
	static const struct {
		int64_t now;
		const char *bound, *expected;
	} steps[] = {
		{ NOW + 1, NULL, "NOERROR 5: 172.16.10.1" },
		{ NOW + 2, NULL, "REFUSED EDE18" },
		{ NOW + 2, "acme", "REFUSED EDE18" },
		{ NOW + 1, "acme", "NOERROR 5: 172.16.10.1" },
	};
	static const char reason[] = "the peer has expired";

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct ask q = { .name = "web.internal",
			.type = A4,
			.from = "fdaa:0:18:c::1ab",
			.bound = steps[i].bound,
			.size = 1232 };
		struct asked a;

		env.now = steps[i].now;
		check(&q, steps[i].expected, true);
		ask(&a, &q, &env);
		assert_int_equal(
		    memmem(a.pkt, a.q.len, reason, sizeof(reason) - 1) != NULL,
		    a.q.rcode == RCODE_REFUSED);
		asked_release(&a);
	}
}

/* What a commit changes counts at once: apps, role, end, the block. */
static void
test_changes(void **state)
{
#define PEER "{'put':'peer','network':'acme','name':'p','addresses':"
	static const struct step steps[] = {
		{ PEER "['fdaa:0:18:e::1']}", "NOERROR 5: 172.16.10.6" },
		{ PEER "['fdaa:0:18:e::2/120'],'apps':['web']}",
		    "NXDOMAIN soa 5" },
		{ PEER "['fdaa:0:18:e::2/120'],'apps':['shop']}",
		    "NOERROR 5: 172.16.10.6" },
		{ PEER "['fdaa:0:18:e::1'],'role':'observer'}",
		    "REFUSED EDE18" },
		{ "{'put':'network','id':'acme','role':'observer','prefixes':"
		  "['fdaa:0:18::/48','172.16.10.0/24']}",
		    "NOERROR 5: 172.16.10.6" },
		{ "{'put':'network','id':'acme','prefixes':"
		  "['fdaa:0:18::/48','172.16.10.0/24']}",
		    "REFUSED EDE18" },
		{ "{'delete':'peer','network':'acme','name':'p'}",
		    "NOERROR 5: 172.16.10.6" },
	};
	const struct ask q = { .name = "h1.vm.shop.internal",
		.type = A4,
		.from = "fdaa:0:18:e::1",
		.size = 1232 };

	(void)state;
	check_steps(&q, AND_COUNT(steps));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, reset),
		cmocka_unit_test_setup(test_lease, reset),
		cmocka_unit_test_setup(test_changes, reset),
	};

	return cmocka_run_group_tests(tests, start_views, end);
}
