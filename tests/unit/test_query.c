/*
 * test_query.c - a question's packet in, a reply's out.
 */
#include "zones/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "query_fixture.h"

#define NOW 1700000000 /* 2023-11-14T22:13:20Z */

static const char facts[] =
    "{'put':'region','id':'ams','latitude':52.31,'longitude':4.77}\n"
    "{'put':'region','id':'fra','latitude':50.03,'longitude':8.56}\n"
    "{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}\n"
    "{'put':'region','id':'syd','latitude':-33.95,'longitude':151.18}\n"
    "{'put':'distance','from':'fra','to':'iad','ms':1}\n"
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
    "'172.16.10.0/24']}\n"
    "{'put':'network','id':'beta','prefixes':['fdaa:0:19::/48'],'ttl':60,"
    "'resolvers':['fdaa::3','10.9.9.9']}\n"
    /* its prefix is within acme's; it has acme's app and server */
    "{'put':'network','id':'gamma','prefixes':['fdaa:0:18:8000::/49'],"
    "'resolvers':['fdaa::3'],'ttl':0}\n"
    "{'put':'app','network':'acme','name':'empty'}\n"
    "{'put':'app','network':'acme','name':'fly','flycast':"
    "['fdaa:0:18:0:1::3','172.16.10.3']}\n"
    "{'put':'app','network':'acme','name':'shop','domain':'shop.prod'}\n"
    "{'put':'app','network':'acme','name':'alias','domain':'web'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'a1','region':'ams',"
    "'addresses':['fdaa:0:18::1','172.16.10.1'],'group':'w','metadata':"
    "{'Role':'Primary','tier':'1'},'name':'lion'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'f1','region':'fra',"
    "'addresses':['fdaa:0:18::2'],'group':'w'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'i1','region':'iad',"
    "'addresses':['fdaa:0:18::3'],'group':'x'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'s1','region':'syd',"
    "'addresses':['fdaa:0:18::4'],'state':'stopped','group':'y','metadata':"
    "{'role':'spare'},'name':'tiger'}\n"
    "{'put':'instance','network':'acme','app':'off','id':'o1','region':'fra',"
    "'addresses':['fdaa:0:18::5'],'state':'stopped'}\n"
    "{'put':'instance','network':'acme','app':'shop','id':'h1','region':"
    "'nowhere','addresses':['172.16.10.6','fdaa:0:18::6'],'name':'lion'}\n"
    "{'put':'peer','network':'acme','name':'laptop','region':'fra',"
    "'addresses':['fdaa:0:18::a1','172.16.10.101']}\n"
    "{'put':'peer','network':'acme','name':'soon','addresses':"
    "['fdaa:0:18::a2'],'expires':'2023-11-14T22:13:23Z'}\n"
    "{'put':'peer','network':'acme','name':'gone','addresses':"
    "['fdaa:0:18::a3'],'expires':'2023-11-14T22:13:20Z'}\n"
    "{'put':'peer','network':'acme','name':'interactive-x','region':'syd',"
    "'addresses':['fdaa:0:18::a4']}\n"
    /* one address twice: an instance, then a peer that is gone */
    "{'put':'peer','network':'acme','name':'gone-2','addresses':"
    "['fdaa:0:18::2'],'expires':'2020-01-01T00:00:00Z'}\n"
    "{'put':'instance','network':'beta','app':'web','id':'b1','region':'fra',"
    "'addresses':['fdaa:0:19::1']}\n"
    "{'put':'peer','network':'beta','name':'soon','addresses':"
    "['fdaa:0:19::a2'],'expires':'2023-11-14T22:13:23Z'}\n"
    "{'put':'instance','network':'gamma','app':'web','id':'g1','region':"
    "'fra','addresses':['fdaa:0:18:8000::1'],'name':'lion'}\n";

static struct fixture f;
static struct query_env env;

static int
start(void **state)
{
	(void)state;
	fixture_open(&f);
	env = (struct query_env){ .snapshot = f.snapshot,
		.now = NOW,
		.region = "iad",
		.max_udp_size = 8192,
		.rng = { 1 } };
	if (query_env_init(&env) != E_OK || fixture_apply(&f, facts) != E_OK) {
		print_message(
		    "%s %s %s\n", f.why.field, f.why.rule, f.why.value);
		return -1;
	}
	return 0;
}

/* Whatever the test before has left. */
static int
reset(void **state)
{
	(void)state;
	env.snapshot = f.snapshot;
	env.now = NOW;
	env.forwards = false;
	env.allow_count = 0;
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	query_env_release(&env);
	fixture_close(&f);
	return 0;
}

/* What holds of every reply to a question made by ask_packet(). */
static void
check_reply(const struct asked *a, const struct ask *q)
{
	uint8_t sent[512];
	size_t len = ask_packet(q, sent, sizeof(sent));
	size_t question = len - DNS_HEADER - (q->size > 0 ? 11 : 0);
	uint16_t flags = dns_get16(a->pkt + 2);
	size_t most = q->tcp ? 65535 : q->size > 512 ? q->size : 512;

	assert_non_null(a->reply);
	assert_memory_equal(a->pkt, sent, 2);
	assert_memory_equal(a->pkt + 12, sent + 12, question);
	assert_int_equal(flags & (DNS_QR | DNS_RD), DNS_QR | DNS_RD);
	assert_int_equal(flags & (DNS_OPCODE | DNS_Z | DNS_AD | DNS_CD), 0);
	assert_int_equal((flags & DNS_RA) != 0, env.forwards);
	assert_int_equal((flags & DNS_AA) != 0,
	    a->q.rcode == RCODE_NOERROR || a->q.rcode == RCODE_NXDOMAIN);
	assert_int_equal(dns_get16(a->pkt + 10), q->size > 0);
	assert_in_range(a->q.len, 12, most);
	for (size_t i = 0; i < ldns_pkt_ancount(a->reply); i++)
		assert_true(ldns_rr_get_type(ldns_rr_list_rr(
				ldns_pkt_answer(a->reply), i)) == q->type ||
		    q->type == TYPE_ANY);
}

/* The SOA of a negative answer is that of a zone the name is in. */
static void
check_soa(const struct asked *a)
{
	ldns_rr_list *authorities = ldns_pkt_authority(a->reply);
	const ldns_rdf *name, *owner;

	if (ldns_rr_list_rr_count(authorities) == 0)
		return;
	assert_int_equal(ldns_rr_list_rr_count(authorities), 1);
	owner = ldns_rr_owner(ldns_rr_list_rr(authorities, 0));
	name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(a->reply), 0));
	assert_true(ldns_dname_is_subdomain(name, owner) ||
	    ldns_dname_compare(name, owner) == 0);
}

static void
check(const struct ask *q, const char *expected, bool sorted)
{
	struct asked a;
	char *text;

	ask(&a, q, &env);
	text = asked_text(&a, sorted);
	print_message("%s %u from %s: %s\n", q->name, q->type, q->from, text);
	assert_string_equal(text, expected);
	free(text);
	if (a.next == QUERY_SEND) {
		check_reply(&a, q);
		check_soa(&a);
	}
	asked_release(&a);
}

#define ME "fdaa:0:18::1"
#define A4 TYPE_A
#define A6 TYPE_AAAA

static const struct {
	const char *name;
	uint16_t type;
	const char *from, *expected;
} names[] = {
	/* apps */
	{ "web.internal", A6, ME,
	    "NOERROR 5: fdaa:0:18::1 fdaa:0:18::2 fdaa:0:18::3" },
	{ "WEB.INTERNAL", A4, ME, "NOERROR 5: 172.16.10.1" },
	{ "global.web.internal", A6, ME,
	    "NOERROR 5: fdaa:0:18::1 fdaa:0:18::2 fdaa:0:18::3" },
	{ "web.internal", TYPE_MX, ME, "NOERROR soa 5" },
	{ "web.internal", 65, ME, "NOERROR soa 5" }, /* HTTPS */
	{ "web.internal", TYPE_ANY, ME, "NOERROR 5: \"RFC8482\" \"\"" },
	{ "off.internal", A6, ME, "NOERROR soa 5" },
	{ "empty.internal", A6, ME, "NOERROR soa 5" },
	{ "none.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "none.internal", TYPE_ANY, ME, "NXDOMAIN soa 5" },
	{ "global.none.internal", A6, ME, "NXDOMAIN soa 5" },
	/* regions */
	{ "fra.web.internal", A6, ME, "NOERROR 5: fdaa:0:18::2" },
	{ "ams.web.internal", A4, ME, "NOERROR 5: 172.16.10.1" },
	{ "fra.web.internal", A4, ME, "NOERROR soa 5" },
	{ "syd.web.internal", A6, ME, "NOERROR soa 5" },  /* stopped */
	{ "syd.shop.internal", A6, ME, "NOERROR soa 5" }, /* none there */
	/* no region's fact, but an instance is there */
	{ "nowhere.shop.internal", A6, ME, "NOERROR 5: fdaa:0:18::6" },
	{ "nowhere.web.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "fra.none.internal", A6, ME, "NXDOMAIN soa 5" },
	/* instances, started or not */
	{ "f1.vm.web.internal", A6, ME, "NOERROR 5: fdaa:0:18::2" },
	{ "S1.vm.web.internal", A6, ME, "NOERROR 5: fdaa:0:18::4" },
	{ "f1.vm.web.internal", A4, ME, "NOERROR soa 5" },
	{ "f1.vm.shop.internal", A6, ME, "NXDOMAIN soa 5" },
	/* groups, metadata */
	{ "w.process.web.internal", A6, ME,
	    "NOERROR 5: fdaa:0:18::1 fdaa:0:18::2" },
	{ "y.process.web.internal", A6, ME, "NOERROR soa 5" },
	{ "z.process.web.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "primary.role.kv._metadata.web.internal", A6, ME,
	    "NOERROR 5: fdaa:0:18::1" },
	{ "spare.role.kv._metadata.web.internal", A6, ME, "NOERROR soa 5" },
	{ "1.role.kv._metadata.web.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "1.tier.kv._metadata.web.internal", A4, ME,
	    "NOERROR 5: 172.16.10.1" },
	/* empty non-terminals */
	{ "vm.web.internal", A6, ME, "NOERROR soa 5" },
	{ "of.web.internal", A6, ME, "NOERROR soa 5" },
	{ "nearest.of.web.internal", A6, ME, "NOERROR soa 5" },
	{ "process.empty.internal", A6, ME, "NOERROR soa 5" },
	{ "kv._metadata.web.internal", A6, ME, "NOERROR soa 5" },
	{ "tier.kv._metadata.web.internal", A6, ME, "NOERROR soa 5" },
	{ "tie.kv._metadata.web.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "vm.none.internal", A6, ME, "NXDOMAIN soa 5" },
	/* lists */
	{ "vms.web.internal", TYPE_TXT, ME,
	    "NOERROR 5: \"a1 ams,f1 fra,i1 iad\"" },
	{ "all.vms.web.internal", TYPE_TXT, ME,
	    "NOERROR 5: \"a1 ams,f1 fra,i1 iad,s1 syd\"" },
	{ "regions.web.internal", TYPE_TXT, ME, "NOERROR 5: \"ams,fra,iad\"" },
	{ "all.regions.web.internal", TYPE_TXT, ME,
	    "NOERROR 5: \"ams,fra,iad,syd\"" },
	{ "regions.off.internal", TYPE_TXT, ME, "NOERROR soa 5" },
	{ "vms.empty.internal", TYPE_TXT, ME, "NOERROR soa 5" },
	{ "vms.web.internal", A6, ME, "NOERROR soa 5" },
	{ "vms.none.internal", TYPE_TXT, ME, "NXDOMAIN soa 5" },
	{ "_apps.internal", TYPE_TXT, ME,
	    "NOERROR 5: \"alias,empty,fly,off,shop,web\"" },
	{ "_apps.internal", A6, ME, "NOERROR soa 5" },
	/* the one that goes first says how long */
	{ "_peer.internal", TYPE_TXT, ME, "NOERROR 2: \"laptop,soon\"" },
	{ "_instances.internal", TYPE_TXT, "fdaa:0:19::9",
	    "NOERROR 60: \"instance=b1,app=web,ip=fdaa:0:19::1,region=fra\"" },
	/* peers */
	{ "laptop._peer.internal", A6, ME, "NOERROR 5: fdaa:0:18::a1" },
	{ "laptop._peer.internal", A4, ME, "NOERROR 5: 172.16.10.101" },
	{ "soon._peer.internal", A6, ME, "NOERROR 2: fdaa:0:18::a2" },
	{ "soon._peer.internal", A4, ME, "NOERROR soa 2" },
	{ "gone._peer.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "interactive-x._peer.internal", A6, ME, "NXDOMAIN soa 5" },
	{ "none._peer.internal", A6, ME, "NXDOMAIN soa 5" },
	/* never longer than the network's own */
	{ "soon._peer.internal", A6, "fdaa:0:19::1",
	    "NOERROR 2: fdaa:0:19::a2" },
	/* the network's resolver */
	{ "_api.internal", A6, ME, "NOERROR 5: fdaa:0:18::3" },
	{ "_api.internal", A4, ME, "NOERROR soa 5" },
	{ "_api.internal", A6, "fdaa:0:19::1", "NOERROR 60: fdaa::3" },
	{ "_api.internal", A4, "fdaa:0:19::1", "NOERROR 60: 10.9.9.9" },
	/* flycast */
	{ "fly.flycast", A6, ME, "NOERROR 5: fdaa:0:18:0:1::3" },
	{ "fly.flycast", A4, ME, "NOERROR 5: 172.16.10.3" },
	{ "web.flycast", A6, ME, "NXDOMAIN soa 5" },
	{ "shop.flycast", A6, ME, "NXDOMAIN soa 5" },
	{ "x.fly.flycast", A6, ME, "NXDOMAIN soa 5" },
	/* servers */
	{ "lion.apn", A4, "fdaa:0:18::a1",
	    "NOERROR 5: 172.16.10.1 172.16.10.6" },
	{ "lion.apn", A4, ME, "NOERROR 5: 172.16.10.1" }, /* own app's */
	{ "lion.apn", A4, "172.16.10.6", "NOERROR 5: 172.16.10.6" },
	{ "tiger.apn", A6, ME, "NOERROR soa 5" }, /* stopped */
	{ "lion.shop.prod.apn", A4, ME, "NOERROR 5: 172.16.10.6" },
	{ "tiger.web.apn", A6, ME, "NOERROR 5: fdaa:0:18::4" },
	{ "lion.none.apn", A6, ME, "NXDOMAIN soa 5" },
	{ "shop.prod.apn", A6, ME, "NOERROR 5: fdaa:0:18::6" },
	{ "web.apn", A6, ME, "NOERROR 5: fdaa:0:18::1" },
	{ "prod.apn", A6, ME, "NOERROR soa 5" },
	{ "shop.apn", A6, ME, "NXDOMAIN soa 5" }, /* its domain is another */
	{ "x.lion.apn", A6, ME, "NXDOMAIN soa 5" },
	/* zones */
	{ "internal", TYPE_NS, ME, "NOERROR 5: _api.internal." },
	{ "internal", TYPE_SOA, ME,
	    "NOERROR 5: _api.internal. nobody.invalid. 1 3600 600 86400 5" },
	{ "internal", A6, ME, "NOERROR soa 5" },
	{ "internal", TYPE_ANY, ME, "NOERROR 5: \"RFC8482\" \"\"" },
	{ "apn", TYPE_NS, ME, "NOERROR 5: _api.internal." },
	{ "flycast", TYPE_MX, ME, "NOERROR soa 5" },
	/* special use */
	{ "localhost", A6, ME, "NOERROR 5: ::1" },
	{ "x.localhost", A4, ME, "NOERROR 5: 127.0.0.1" },
	{ "localhost", TYPE_MX, ME, "NOERROR soa 5" },
	{ "x.invalid", A4, ME, "NXDOMAIN soa 5" },
	{ "printer.local", A4, ME, "NXDOMAIN soa 5" },
	/* reverse */
	{ "1.10.16.172.in-addr.arpa", TYPE_PTR, ME,
	    "NOERROR 5: lion.web.apn." },
	{ "6.10.16.172.in-addr.arpa", TYPE_PTR, ME,
	    "NOERROR 5: lion.shop.prod.apn." },
	{ "101.10.16.172.in-addr.arpa", TYPE_PTR, ME,
	    "NOERROR 5: laptop._peer.internal." },
	{ "101.10.16.172.in-addr.arpa", A6, ME, "NOERROR soa 5" },
	{ "9.10.16.172.in-addr.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "x.1.10.16.172.in-addr.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "10.16.172.in-addr.arpa", TYPE_PTR, ME, "NOERROR soa 5" },
	{ "11.16.172.in-addr.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "16.172.in-addr.arpa", TYPE_NS, ME, "NOERROR 5: _api.internal." },
	{ "10.in-addr.arpa", TYPE_SOA, ME,
	    "NOERROR 5: _api.internal. nobody.invalid. 1 3600 600 86400 5" },
	{ "1.10.in-addr.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "d.f.ip6.arpa", TYPE_PTR, ME, "NOERROR soa 5" },
	{ "8.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR, ME, "NOERROR soa 5" },
	{ "9.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NOERROR 5: f1.vm.web.internal." },
	/* a peer's that expires, and one that has */
	{ "2.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NOERROR 2: soon._peer.internal." },
	{ "3.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NXDOMAIN soa 5" },
	{ "4.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NXDOMAIN soa 5" },
	/* another network's: private space, and nothing there for us */
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.9.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NXDOMAIN soa 5" },
	/* no fact has a zero octet */
	{ "lion\\000web.apn", A6, ME, "NXDOMAIN soa 5" },
	/* isolation */
	{ "web.internal", A6, "fdaa:0:19::1", "NOERROR 60: fdaa:0:19::1" },
	{ "lion.apn", A6, "fdaa:0:19::1", "NXDOMAIN soa 60" },
	{ "fly.flycast", A6, "fdaa:0:19::1", "NXDOMAIN soa 60" },
	{ "f1.vm.web.internal", A6, "fdaa:0:19::1", "NXDOMAIN soa 60" },
	{ "1.10.16.172.in-addr.arpa", TYPE_PTR, "fdaa:0:19::1",
	    "NXDOMAIN soa 60" },
	/* the longest prefix; a TTL of zero */
	{ "web.internal", A6, "fdaa:0:18:8000::9",
	    "NOERROR 0: fdaa:0:18:8000::1" },
	{ "none.internal", A6, "fdaa:0:18:ffff::9", "NXDOMAIN soa 0" },
	/* nobody's */
	{ "web.internal", A6, "fdaa:0:1a::1", "REFUSED" },
	{ "localhost", A6, "fdaa:0:1a::1", "REFUSED" },
	{ "example.com", A6, "192.0.2.1", "REFUSED" },
	/* not forwarded here */
	{ "example.com", A6, ME, "REFUSED" },
	{ "8.8.8.8.in-addr.arpa", TYPE_PTR, ME, "REFUSED" },
	/* no data */
	{ "web.internal", TYPE_AXFR, ME, "REFUSED" },
	{ "web.internal", TYPE_OPT, ME, "REFUSED" },
	{ "web.internal", 0, ME, "REFUSED" },
	{ "web.internal", 249, ME, "REFUSED" }, /* TKEY */
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct ask q = { .name = names[i].name,
			.type = names[i].type,
			.from = names[i].from };

		check(&q, names[i].expected, true);
	}
}

/* Seconds before it goes, of which the last is never told in full. */
static void
test_expires(void **state)
{
	static const struct {
		int64_t now;
		const char *expected;
	} rows[] = {
		{ NOW - 3, "NOERROR 5: fdaa:0:18::a2" },
		{ NOW - 2, "NOERROR 4: fdaa:0:18::a2" },
		{ NOW + 2, "NOERROR 0: fdaa:0:18::a2" },
		{ NOW + 3, "NXDOMAIN soa 5" },
	};
	const struct ask q = {
		.name = "soon._peer.internal", .type = A6, .from = ME
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		env.now = rows[i].now;
		check(&q, rows[i].expected, true);
	}
}

/* An IPv6 prefix that holds all of IPv4; no /48, so no resolver. */
static void
test_wide(void **state)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *expected;
	} rows[] = {
		{ "web.internal", A4, "NOERROR 5: 8.8.8.8" },
		{ "_api.internal", A6, "NOERROR soa 5" },
		{ "_peer.internal", TYPE_TXT, "NOERROR soa 5" },
		/* the first address that was put */
		{ "_instances.internal", TYPE_TXT,
		    "NOERROR 5: "
		    "\"instance=w1,app=web,ip=8.8.8.8,region=fra\"" },
		{ "8.8.8.8.in-addr.arpa", TYPE_PTR,
		    "NOERROR 5: zebra.web.apn." },
		{ "9.8.8.8.in-addr.arpa", TYPE_PTR, "NXDOMAIN soa 5" },
		{ "8.8.8.in-addr.arpa", TYPE_PTR, "NOERROR soa 5" },
		{ "9.in-addr.arpa", TYPE_PTR, "NXDOMAIN soa 5" },
		{ "0.0.0.0.0.0.0.0.0.0.ip6.arpa", TYPE_PTR, "NOERROR soa 5" },
	};
	struct fixture wide;

	(void)state;
	fixture_open(&wide);
	assert_int_equal(
	    fixture_apply(&wide,
		"{'put':'network','id':'wide','prefixes':['::/32']}\n"
		"{'put':'instance','network':'wide','app':'web','id':'w1',"
		"'region':'fra','addresses':['8.8.8.8','::1:2'],'name':"
		"'zebra'}"),
	    E_OK);
	env.snapshot = wide.snapshot;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = rows[i].type,
			.from = "192.0.2.1" };

		check(&q, rows[i].expected, true);
	}
	env.snapshot = f.snapshot;
	fixture_close(&wide);
}

/* In this order. */
static void
test_nearest(void **state)
{
	static const struct {
		const char *name, *from, *expected;
	} rows[] = {
		/* from fra, measured: iad is 1 ms away, ams 3.6 as birds fly */
		{ "top1.nearest.of.web.internal", "fdaa:0:18::2",
		    "NOERROR 5: fdaa:0:18::2" },
		{ "top2.nearest.of.web.internal", "fdaa:0:18::2",
		    "NOERROR 5: fdaa:0:18::2 fdaa:0:18::3" },
		{ "top9.nearest.of.web.internal", "fdaa:0:18::2",
		    "NOERROR 5: fdaa:0:18::2 fdaa:0:18::3 fdaa:0:18::1" },
		/* a peer's region */
		{ "top9.nearest.of.web.internal", "fdaa:0:18::a1",
		    "NOERROR 5: fdaa:0:18::2 fdaa:0:18::3 fdaa:0:18::1" },
		{ "top9.nearest.of.web.internal", "172.16.10.1",
		    "NOERROR 5: fdaa:0:18::1 fdaa:0:18::2 fdaa:0:18::3" },
		/* no region of its own: the node's, iad */
		{ "top9.nearest.of.web.internal", "fdaa:0:18::a2",
		    "NOERROR 5: fdaa:0:18::3 fdaa:0:18::2 fdaa:0:18::1" },
		{ "top9.nearest.of.web.internal", "fdaa:0:18::99",
		    "NOERROR 5: fdaa:0:18::3 fdaa:0:18::2 fdaa:0:18::1" },
		/* its region is no region: the node's */
		{ "top9.nearest.of.web.internal", "fdaa:0:18::6",
		    "NOERROR 5: fdaa:0:18::3 fdaa:0:18::2 fdaa:0:18::1" },
		/* where nobody knows how far it is */
		{ "top1.nearest.of.shop.internal", "fdaa:0:18::2",
		    "NOERROR 5: fdaa:0:18::6" },
		{ "top1.nearest.of.off.internal", ME, "NOERROR soa 5" },
		{ "top1.nearest.of.none.internal", ME, "NXDOMAIN soa 5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = {
			.name = rows[i].name, .type = A6, .from = rows[i].from
		};

		check(&q, rows[i].expected, false);
	}
}

/* Whose question it is, with EDNS, so that it is told why not. */
static void
test_networks(void **state)
{
	static const struct {
		const char *from, *to, *bound, *name, *expected;
	} rows[] = {
		/* by destination */
		{ ME, "fdaa:0:18::3", NULL, "f1.vm.web.internal",
		    "NOERROR 5: fdaa:0:18::2" },
		/* acme's resolver, from a prefix that gamma's is longer in */
		{ "fdaa:0:18:8000::1", "fdaa:0:18::3", NULL,
		    "f1.vm.web.internal", "NOERROR 5: fdaa:0:18::2" },
		/* a resolver that two networks have */
		{ "fdaa:0:19::1", "fdaa::3", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ "fdaa:0:18:8000::1", "fdaa::3", NULL, "web.internal",
		    "NOERROR 0: fdaa:0:18:8000::1" },
		{ ME, "fdaa::3", NULL, "web.internal", "REFUSED EDE18" },
		{ "fdaa:0:19::1", "fdaa:0:18::3", NULL, "web.internal",
		    "REFUSED EDE18" },
		{ "fdaa:0:19::1", "10.9.9.9", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		/* any other destination: by source */
		{ "fdaa:0:19::1", "fdaa:0:18::1", NULL, "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		/* bound */
		{ "192.0.2.1", "192.0.2.2", "beta", "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ ME, "fdaa:0:18::3", "beta", "web.internal",
		    "NOERROR 60: fdaa:0:19::1" },
		{ ME, NULL, "none", "web.internal", "REFUSED EDE18" },
		/* nobody's */
		{ "192.0.2.1", NULL, NULL, "web.internal", "REFUSED EDE18" },
		{ "192.0.2.1", NULL, NULL, "example.com", "REFUSED EDE18" },
		{ "192.0.2.1", NULL, NULL, "localhost", "REFUSED EDE18" },
		/* not ours to answer, and no upstream */
		{ ME, NULL, NULL, "example.com", "REFUSED EDE20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.to = rows[i].to,
			.bound = rows[i].bound,
			.size = 1232 };

		print_message("row %zu\n", i);
		check(&q, rows[i].expected, true);
	}
}

/* What is forwarded, what for whom, and what never. */
static void
test_forwards(void **state)
{
	static const struct {
		const char *from, *name, *expected;
	} rows[] = {
		{ ME, "example.com", "forward" },
		{ ME, ".", "forward" },
		{ ME, "com", "forward" },
		{ ME, "arpa", "forward" },
		{ ME, "ip6.arpa", "forward" },
		{ ME, "8.8.8.8.in-addr.arpa", "forward" },
		{ ME, "172.in-addr.arpa", "forward" },
		{ ME, "\\000.8.8.in-addr.arpa", "forward" },
		{ ME, "f.ip6.arpa", "forward" },
		{ ME, "none.internal", "NXDOMAIN soa 5" },
		{ ME, "1.0.0.10.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "1.1.168.192.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "64.100.in-addr.arpa", "NOERROR soa 5" },
		{ ME, "1.0.0.127.in-addr.arpa", "NXDOMAIN soa 5" },
		{ ME, "x.c.f.ip6.arpa", "NXDOMAIN soa 5" },
		{ ME, "8.e.f.ip6.arpa", "NOERROR soa 5" },
		{ ME, "x.local", "NXDOMAIN soa 5" },
		{ ME, "x.onion", "NXDOMAIN soa 5" },
		/* allowed, of no network */
		{ "198.51.100.7", "example.com", "forward" },
		{ "198.51.100.7", "8.8.8.8.in-addr.arpa", "forward" },
		{ "198.51.100.7", "web.internal", "REFUSED EDE18" },
		{ "198.51.100.7", "internal", "REFUSED EDE18" },
		{ "198.51.100.7", "1.0.0.10.in-addr.arpa", "REFUSED EDE18" },
		{ "198.51.100.7", "localhost", "NOERROR 5: ::1" },
		{ "198.51.100.7", "x.onion", "NXDOMAIN soa 5" },
		{ "198.51.101.7", "example.com", "REFUSED EDE18" },
	};
	struct prefix allow;

	(void)state;
	assert_true(prefix_parse(&allow, "198.51.100.0/24"));
	env.forwards = true;
	env.allow = &allow;
	env.allow_count = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.size = 1232 };

		check(&q, rows[i].expected, true);
	}
	env.forwards = false;
	env.allow_count = 0;
}

/* What is forwarded is as it came. */
static void
test_untouched(void **state)
{
	const struct ask q = {
		.name = "eXample.com", .type = A6, .from = ME, .size = 4096
	};
	uint8_t sent[512];
	size_t len = ask_packet(&q, sent, sizeof(sent));
	struct asked a;

	(void)state;
	env.forwards = true;
	ask(&a, &q, &env);
	env.forwards = false;
	assert_int_equal(a.next, QUERY_FORWARD);
	assert_int_equal(a.q.len, len);
	assert_memory_equal(a.pkt, sent, len);
	assert_int_equal(a.q.edns_size, 4096);
	assert_int_equal(a.q.question_len, len - 12 - 11);
}

/* Before the first commit: nobody knows whose question it is. */
static void
test_no_store(void **state)
{
	static const struct {
		const char *from, *name, *expected;
	} rows[] = {
		{ ME, "web.internal", "SERVFAIL EDE14" },
		{ ME, "localhost", "NOERROR 5: ::1" },
		{ ME, "x.onion", "NXDOMAIN soa 5" },
		{ ME, "example.com", "SERVFAIL EDE14" },
		{ "198.51.100.7", "web.internal", "SERVFAIL EDE14" },
		{ "198.51.100.7", "1.0.0.10.in-addr.arpa", "SERVFAIL EDE14" },
		{ "198.51.100.7", "example.com", "forward" },
		{ "198.51.100.7", "8.8.8.8.in-addr.arpa", "forward" },
	};
	struct fixture none;
	struct prefix allow;

	(void)state;
	fixture_open(&none);
	assert_true(prefix_parse(&allow, "198.51.100.0/24"));
	env.forwards = true;
	env.allow = &allow;
	env.allow_count = 1;
	env.snapshot = none.snapshot;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = A6,
			.from = rows[i].from,
			.size = 1232 };

		check(&q, rows[i].expected, true);
	}
	env.snapshot = f.snapshot;
	env.forwards = false;
	env.allow_count = 0;
	fixture_close(&none);
}

/*
 * Packets by their octets: header behind the id, then the rest.  REPLY is
 * how it begins: flags and counts; "" is none.
 */
#define Q              "\003web\010internal\000\000\034\000\001"
#define OPT(size, ttl) "\000\000\051" size ttl "\000\000"
static const struct {
	const char *packet;
	size_t len;
	const char *reply; /* 10 octets behind the id */
	size_t reply_len;
} packets[] = {
#define ROW(packet, reply, len)                                                \
	{                                                                      \
		packet, sizeof(packet) - 1, reply, len                         \
	}
	/* shorter than a header */
	ROW("\001\000\000\001\000\000\000\000\000", "", 0),
	/* a response, whatever it says */
	ROW("\200\000\000\001\000\000\000\000\000\000" Q, "", 0),
	/* a bare header of each opcode but QUERY: nothing but QR and opcode */
	ROW("\017\377\000\000\000\000\000\000\000\000",
	    "\210\004\000\000\000\000\000\000\000\000", 12),
	ROW("\041\000\000\001\000\000\000\000\000\000" Q, /* NOTIFY */
	    "\240\004\000\000\000\000\000\000\000\000", 12),
	ROW("\051\000\000\001\000\000\000\000\000\000" Q, /* UPDATE */
	    "\250\004\000\000\000\000\000\000\000\000", 12),
	/* no question, two, a question that is cut */
	ROW("\001\000\000\000\000\000\000\000\000\000",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\002\000\000\000\000\000\000" Q Q,
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\001\000\000\000\000\000\000\003web\010intern",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\001\000\000\000\000\000\000\003web\000\000",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* a pointer in the question's name */
	ROW("\001\000\000\001\000\000\000\000\000\000\300\014\000\034\000\001",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* answers or authorities in a question */
	ROW("\001\000\000\001\000\001\000\000\000\000" Q,
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* octets behind the end */
	ROW("\001\000\000\001\000\000\000\000\000\000" Q "\000",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* fewer records than it says */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q,
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* another class: CH */
	ROW("\001\000\000\001\000\000\000\000\000\000"
	    "\003web\010internal\000\000\034\000\003",
	    "\201\005\000\001\000\000\000\000\000\000", 30),
	/* AD, AA, TC, RA and Z are not echoed; RD and CD are */
	ROW("\007\360\000\001\000\000\000\000\000\000\004none\010internal\000"
	    "\000\034\000\001",
	    "\205\023\000\001\000\000\000\001\000\000", 0),
	ROW("\000\000\000\001\000\000\000\000\000\000\004none\010internal\000"
	    "\000\034\000\001",
	    "\204\003\000\001\000\000\000\001\000\000", 0),
	/* EDNS: version 1 */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q OPT(
		"\004\320", "\000\001\000\000"),
	    "\201\000\000\001\000\000\000\000\000\001", 41),
	/* two OPTs; one with a name */
	ROW("\001\000\000\001\000\000\000\000\000\002" Q OPT("\004\320",
		"\000\000\000\000") OPT("\004\320", "\000\000\000\000"),
	    "\201\001\000\001\000\000\000\000\000\001", 41),
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\001a\000\000\051\004\320\000\000\000\000\000\000",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* an option that is longer than the packet */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\000\000\051\004\320\000\000\000\000\000\004",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* other additional records are let be, also with a pointer */
	ROW("\001\000\000\001\000\000\000\000\000\002"
	    "\004none\010internal\000\000\034\000\001"
	    "\300\014\000\001\000\001\000\000\000\000\000\004abcd" OPT(
		"\004\320", "\000\000\000\000"),
	    "\205\003\000\001\000\000\000\001\000\001", 0),
};

static void
test_packets(void **state)
{
	const struct ask q = { .from = ME };

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct asked a;

		print_message("row %zu\n", i);
		memcpy(a.pkt, "\xab\xcd", 2);
		memcpy(a.pkt + 2, packets[i].packet, packets[i].len);
		ask_raw(&a, &q, packets[i].len + 2, &env);
		if (packets[i].reply[0] == '\0') {
			assert_int_equal(a.next, QUERY_DROP);
			continue;
		}
		assert_int_equal(a.next, QUERY_SEND);
		assert_memory_equal(a.pkt, "\xab\xcd", 2);
		assert_memory_equal(a.pkt + 2, packets[i].reply, 10);
		if (packets[i].reply_len > 0)
			assert_int_equal(a.q.len, packets[i].reply_len);
		assert_non_null(a.reply);
		asked_release(&a);
	}
}

/* BADVERS is in two parts; DO comes back; our own size is said. */
static void
test_opt(void **state)
{
	const struct ask q = { .from = ME };
	static const char packet[] =
	    "\xab\xcd\001\000\000\001\000\000\000\000\000\001" Q OPT(
		"\000\001", "\000\001\200\000");
	struct asked a;

	(void)state;
	memcpy(a.pkt, packet, sizeof(packet) - 1);
	ask_raw(&a, &q, sizeof(packet) - 1, &env);
	assert_int_equal(a.next, QUERY_SEND);
	assert_int_equal(a.q.rcode, RCODE_BADVERS);
	assert_int_equal(ldns_pkt_edns_extended_rcode(a.reply), 1);
	assert_int_equal(ldns_pkt_edns_version(a.reply), 0);
	assert_true(ldns_pkt_edns_do(a.reply));
	assert_int_equal(ldns_pkt_edns_udp_size(a.reply), 8192);
	asked_release(&a);
}

static void
test_counters(void **state)
{
	static const struct {
		const char *name, *from;
		size_t counter;
	} rows[] = {
#define C(name) offsetof(struct query_counters, name)
		{ "web.internal", ME, C(answered) },
		{ "vm.web.internal", ME, C(nodata) },
		{ "none.internal", ME, C(nxdomain) },
		{ "web.internal", "192.0.2.1", C(refused) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query_counters now = env.counters;
		const struct ask q = {
			.name = rows[i].name, .type = A6, .from = rows[i].from
		};
		struct asked a;

		ask(&a, &q, &env);
		asked_release(&a);
		++*(uint64_t *)(void *)((char *)&now + rows[i].counter);
		assert_memory_equal(&now, &env.counters, sizeof(now));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, reset),
		cmocka_unit_test_setup(test_expires, reset),
		cmocka_unit_test_setup(test_wide, reset),
		cmocka_unit_test_setup(test_nearest, reset),
		cmocka_unit_test_setup(test_networks, reset),
		cmocka_unit_test_setup(test_forwards, reset),
		cmocka_unit_test_setup(test_untouched, reset),
		cmocka_unit_test_setup(test_no_store, reset),
		cmocka_unit_test_setup(test_packets, reset),
		cmocka_unit_test_setup(test_opt, reset),
		cmocka_unit_test_setup(test_counters, reset),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
