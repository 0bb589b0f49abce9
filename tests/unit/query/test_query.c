/*
 * test_query.c - a name asked for, and what is answered.
 */
#include "zones/query/query.h"

#include "query_world.h"

static const struct question names[] = {
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
	    "NOERROR 5: \"alias,den,empty,fly,off,shop,web,zoo\"" },
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
	/* the own one is stopped, or has none of the type: nobody else's */
	{ "tiger.apn", A6, ME, "NOERROR soa 5" },
	{ "tiger.apn", A6, "172.16.10.6", "NOERROR 5: fdaa:0:18::7" },
	{ "puma.apn", A4, "fdaa:0:18::9", "NOERROR soa 5" },
	{ "puma.apn", A4, ME, "NOERROR 5: 172.16.10.8" },
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
	{ "1.0.0.127.in-addr.arpa", TYPE_PTR, ME, "NOERROR 5: localhost." },
	{ "9.9.9.127.in-addr.arpa", TYPE_PTR, ME, "NOERROR 5: localhost." },
	{ "0.127.in-addr.arpa", TYPE_PTR, ME, "NOERROR soa 5" },
	{ "127.in-addr.arpa", TYPE_NS, ME, "NOERROR 5: _api.internal." },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "NOERROR 5: localhost." },
	{ "_dns.resolver.arpa", 64, ME, "NOERROR soa 5" }, /* SVCB */
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
	/* the resolver's; beta's is outside its prefixes, and its own all the
	 * same: _api.internal answers with it */
	{ "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, "fdaa:0:18::99", "NOERROR 5: i1.vm.web.internal." },
	{ "9.9.9.10.in-addr.arpa", TYPE_PTR, "fdaa:0:19::1",
	    "NOERROR 60: _api.internal." },
	{ "9.9.9.10.in-addr.arpa", A6, "fdaa:0:19::1", "NOERROR soa 60" },
	{ "9.9.10.in-addr.arpa", TYPE_PTR, "fdaa:0:19::1", "NOERROR soa 60" },
	{ "9.9.9.10.in-addr.arpa", TYPE_PTR, ME, "NXDOMAIN soa 5" },
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
	{ "web.internal", A6, "fdaa:0:1a:8000::9",
	    "NOERROR 0: fdaa:0:1a:8000::1" },
	{ "none.internal", A6, "fdaa:0:1a:ffff::9", "NXDOMAIN soa 0" },
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
	check_rows(AND_COUNT(names), 0);
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

/* A prefix that would hold all of IPv4, were that IPv6; no /48, so no resolver.
 */
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
		{ "9.in-addr.arpa", TYPE_PTR, "REFUSED" },
		{ "0.0.0.0.0.0.0.0.0.0.ip6.arpa", TYPE_PTR, "NOERROR soa 5" },
	};
	struct fixture wide;

	(void)state;
	fixture_open(&wide);
	assert_int_equal(
	    fixture_apply(&wide,
		"{'put':'network','id':'wide','prefixes':['::/32','8.0.0.0/"
		"8']}\n"
		"{'put':'instance','network':'wide','app':'web','id':'w1',"
		"'region':'fra','addresses':['8.8.8.8','::1:2'],'name':"
		"'zebra'}"),
	    E_OK);
	env.snapshot = wide.snapshot;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = rows[i].type,
			.from = "8.1.2.3" };

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

static void
test_counters(void **state)
{
	static const struct {
		const char *name, *from;
		size_t counter;
	} rows[] = {
#define C(name) offsetof(struct query_counters, name)
		{ "web.internal", ME, C(of[RCODE_NOERROR]) },
		{ "vm.web.internal", ME, C(nodata) },
		{ "none.internal", ME, C(of[RCODE_NXDOMAIN]) },
		{ "web.internal", "192.0.2.1", C(of[RCODE_REFUSED]) },
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
		cmocka_unit_test_setup(test_counters, reset),
	};

	return cmocka_run_group_tests(tests, start, end);
}
