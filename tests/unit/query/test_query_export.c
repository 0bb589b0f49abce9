/*
 * test_query_export.c - apps of one network that another has too.
 */
#include "zones/query/query.h"

#include "query_world.h"

#define BETA  "fdaa:0:19::9"
#define GAMMA "fdaa:0:1a:8000::9"

#define EXPORT(from, app, to, more)                                            \
	"{'put':'export','network':'" from "','app':'" app "','to':'" to       \
	"'" more "}\n"

/* clang-format off */
static const char exports[] =
    EXPORT("acme", "web", "beta",
	",'as':'site','flycast':['fdaa:0:19:f::1'],'instances':true")
    EXPORT("acme", "web", "gamma", ",'flycast':['fdaa:0:1a:8000::f1']")
    EXPORT("acme", "zoo", "beta", ",'flycast':['fdaa:0:19:f::2']")
    EXPORT("acme", "gone", "beta",
	",'flycast':['fdaa:0:19:f::3'],'instances':true")
    /* an alias there is no app; nor is what is exported to it */
    "{'put':'alias','network':'acme','name':'nick','app':'web'}\n"
    EXPORT("acme", "nick", "beta", ",'instances':true")
    EXPORT("beta", "site", "gamma", ",'instances':true")
    /* two of one name: the older network's */
    "{'put':'app','network':'gamma','name':'den'}\n"
    EXPORT("gamma", "den", "beta", ",'as':'zoo','flycast':['fdaa:0:19:f::4']")
    /* an own app, which has none */
    "{'put':'app','network':'beta','name':'own'}\n"
    EXPORT("acme", "fly", "beta",
	",'as':'own','flycast':['fdaa:0:19:f::5'],'instances':true")
    "{'put':'app','network':'acme','name':'fly','flycast':"
    "['fdaa:0:18:0:1::3','172.16.10.3'],'ports':{'x':1}}\n"
    "{'put':'app','network':'acme','name':'web','ports':{'http':80}}\n"
    "{'put':'peer','network':'beta','name':'sees','addresses':"
    "['fdaa:0:19::51'],'apps':['site']}\n"
    "{'put':'peer','network':'beta','name':'blind','addresses':"
    "['fdaa:0:19::52'],'apps':['web']}\n";
/* clang-format on */

static const struct question rows[] = {
	/* every form of it, by the name that it has there */
	{ "site.internal", A6, BETA,
	    "NOERROR 60: fdaa:0:18::1 fdaa:0:18::2 fdaa:0:18::3" },
	{ "fra.site.internal", A6, BETA, "NOERROR 60: fdaa:0:18::2" },
	{ "f1.vm.site.internal", A6, BETA, "NOERROR 60: fdaa:0:18::2" },
	{ "f9.vm.site.internal", A6, BETA, "NXDOMAIN soa 60" },
	{ "vm.site.internal", A6, BETA, "NOERROR soa 60" },
	{ "top1.nearest.of.site.internal", A6, "fdaa:0:19::1",
	    "NOERROR 60: fdaa:0:18::2" },
	{ "w.process.site.internal", A6, BETA,
	    "NOERROR 60: fdaa:0:18::1 fdaa:0:18::2" },
	{ "primary.role.kv._metadata.site.internal", A6, BETA,
	    "NOERROR 60: fdaa:0:18::1" },
	{ "vms.site.internal", TYPE_TXT, BETA,
	    "NOERROR 60: \"a1 ams,f1 fra,i1 iad\"" },
	{ "regions.site.internal", TYPE_TXT, BETA,
	    "NOERROR 60: \"ams,fra,iad\"" },
	{ "_http._tcp.fra.site.internal", TYPE_SRV, BETA,
	    "NOERROR 60: 0 1 80 f1.vm.site.internal." },
	{ "site.flycast", A6, BETA, "NOERROR 60: fdaa:0:19:f::1" },
	{ "site.flycast", A4, BETA, "NOERROR soa 60" },
	/* not by any other, not in lists, and not where it was not asked to */
	{ "web.internal", A6, BETA, "NOERROR 60: fdaa:0:19::1" },
	{ "web.flycast", A6, BETA, "NXDOMAIN soa 60" },
	{ "_apps.internal", TYPE_TXT, BETA, "NOERROR 60: \"own,web\"" },
	{ "lion.apn", A6, BETA, "NXDOMAIN soa 60" },
	{ "site.apn", A6, BETA, "NXDOMAIN soa 60" },
	{ "site.internal", A6, ME, "NXDOMAIN soa 5" },
	/* flycast alone */
	{ "zoo.flycast", A6, BETA, "NOERROR 60: fdaa:0:19:f::2" },
	{ "zoo.internal", A6, BETA, "NXDOMAIN soa 60" },
	/* the own app is the one: it has none of its own */
	{ "web.internal", A6, GAMMA, "NOERROR 0: fdaa:0:1a:8000::1" },
	{ "web.flycast", A6, GAMMA, "NXDOMAIN soa 0" },
	{ "own.internal", A6, BETA, "NOERROR soa 60" },
	{ "own.flycast", A6, BETA, "NXDOMAIN soa 60" },
	{ "x.vm.own.internal", A6, BETA, "NXDOMAIN soa 60" },
	/* no app, an alias, an export of an export */
	{ "gone.internal", A6, BETA, "NXDOMAIN soa 60" },
	{ "gone.flycast", A6, BETA, "NXDOMAIN soa 60" },
	{ "nick.internal", A6, BETA, "NXDOMAIN soa 60" },
	{ "site.internal", A6, GAMMA, "NXDOMAIN soa 0" },
	/* reverse names resolve, or are not there */
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, BETA, "NOERROR 60: site.flycast." },
	{ "4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, BETA, "NXDOMAIN soa 60" },
	{ "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, BETA, "NXDOMAIN soa 60" },
	{ "f.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR, BETA,
	    "NOERROR soa 60" },
	{ "3.10.16.172.in-addr.arpa", TYPE_PTR, ME, "NOERROR 5: fly.flycast." },
	{ "3.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NOERROR 5: fly.flycast." },
	/* a view has it by its name there */
	{ "f1.vm.site.internal", A6, "fdaa:0:19::51",
	    "NOERROR 60: fdaa:0:18::2" },
	{ "site.flycast", A6, "fdaa:0:19::51", "NOERROR 60: fdaa:0:19:f::1" },
	{ "site.internal", A6, "fdaa:0:19::52", "NXDOMAIN soa 60" },
	{ "site.flycast", A6, "fdaa:0:19::52", "NXDOMAIN soa 60" },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, "fdaa:0:19::52", "NXDOMAIN soa 60" },
};

static int
start_exports(void **state)
{
	(void)state;
	return start_with(exports);
}

static void
test_rows(void **state)
{
	(void)state;
	check_rows(AND_COUNT(rows), 0);
}

/* Seen and gone at once. */
static void
test_changes(void **state)
{
	const struct ask q = {
		.name = "ams.site.internal", .type = A6, .from = BETA
	};
	static const struct step steps[] = {
		{ "", "NOERROR 60: fdaa:0:18::1" },
		{ EXPORT("acme", "web", "beta", ",'as':'site'"),
		    "NXDOMAIN soa 60" },
		{ EXPORT(
		      "acme", "web", "beta", ",'as':'site','instances':true"),
		    "NOERROR 60: fdaa:0:18::1" },
		{ "{'put':'app','network':'beta','name':'site'}",
		    "NOERROR soa 60" },
		{ "{'delete':'app','network':'beta','name':'site'}",
		    "NOERROR 60: fdaa:0:18::1" },
		{ "{'delete':'export','network':'acme','app':'web',"
		  "'to':'beta'}",
		    "NXDOMAIN soa 60" },
	};

	(void)state;
	check_steps(&q, AND_COUNT(steps));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, reset),
		cmocka_unit_test_setup(test_changes, reset),
	};

	return cmocka_run_group_tests(tests, start_exports, end);
}
