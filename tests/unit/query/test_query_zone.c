/*
 * test_query_zone.c - names in a network's own zones.
 */
#include "zones/query/query.h"

#include <ctype.h>

#include "query_world.h"

#define ZONE(name, falls)                                                      \
	"{'put':'zone','network':'acme','name':'" name                         \
	"','fallthrough':" falls "}\n"
#define RECORD(name, type, values)                                             \
	"{'put':'record','network':'acme','name':'" name "','type':'" type     \
	"','values':[" values "],'ttl':60}\n"
/* 320 octets, and 12 for each */
#define EIGHT(n)                                                               \
	"'2001:db8::" n "1','2001:db8::" n "2','2001:db8::" n                  \
	"3','2001:db8::" n "4','2001:db8::" n "5','2001:db8::" n               \
	"6','2001:db8::" n "7',"                                               \
	"'2001:db8::" n "8'"

/* clang-format off */
static const char zones[] =
    ZONE("corp.acme", "false")
    ZONE("deep.corp.acme", "false")
    ZONE("acme.example", "true")
    RECORD("corp.acme", "MX", "'10 mail.corp.acme'")
    RECORD("www.corp.acme", "A", "'192.0.2.2','192.0.2.1'")
    RECORD("www.corp.acme", "HTTPS", "'1 . alpn=h2'")
    RECORD("a.b.corp.acme", "TXT", "'x'")
    RECORD("*.wild.corp.acme", "A", "'192.0.2.9'")
    RECORD("host.wild.corp.acme", "TXT", "'y'")
    RECORD("*.to.corp.acme", "CNAME", "'www.corp.acme'")
    RECORD("web.corp.acme", "CNAME", "'Web.Internal'")
    RECORD("lion.corp.acme", "CNAME", "'lion.apn'")
    RECORD("gone.corp.acme", "CNAME", "'none.internal'")
    RECORD("srv.corp.acme", "CNAME", "'vms.web.internal'")
    RECORD("here.corp.acme", "CNAME", "'localhost'")
    RECORD("chain.corp.acme", "CNAME", "'low.deep.corp.acme'")
    RECORD("low.deep.corp.acme", "CNAME", "'www.corp.acme'")
    RECORD("dead.corp.acme", "CNAME", "'none.corp.acme'")
    RECORD("self.corp.acme", "CNAME", "'self.corp.acme'")
    RECORD("one.corp.acme", "CNAME", "'two.corp.acme'")
    RECORD("two.corp.acme", "CNAME", "'one.corp.acme'")
    RECORD("out.corp.acme", "CNAME", "'www.example.org'")
    RECORD("far.corp.acme", "CNAME", "'x.acme.example'")
    RECORD("api.acme.example", "A", "'192.0.2.3'")
    RECORD("deep.down.acme.example", "A", "'192.0.2.4'")
    RECORD("mail.corp.acme", "MX",
	"'1 soon._peer.internal','2 www.corp.acme','3 WWW.corp.acme','4 none.internal',"
	"'5 mx.example.org','6 x.wild.corp.acme','7 chain.corp.acme','8 .'")
    RECORD("_sip._tcp.corp.acme", "SRV",
	"'0 1 1 a1.vm.web.internal','0 1 2 a1.vm.web.internal'")
    RECORD("many.corp.acme", "AAAA", EIGHT("") "," EIGHT("1") "," EIGHT("2"))
    RECORD("*.to-mail.corp.acme", "CNAME", "'mail.corp.acme'")
    RECORD("big.corp.acme", "MX", "'1 many.corp.acme','2 www.corp.acme'")
    RECORD("high.corp.acme", "MX", "'1 high.corp.acme'")
    "{'put':'peer','network':'acme','name':'narrow','addresses':"
    "['fdaa:0:18::b1'],'apps':['shop']}\n";
/* clang-format on */

static const struct {
	const char *name;
	uint16_t type;
	const char *expected;
} names[] = {
	{ "www.corp.acme", A4, "NOERROR 60: 192.0.2.1 192.0.2.2" },
	{ "WWW.Corp.ACME", A4, "NOERROR 60: 192.0.2.1 192.0.2.2" },
	{ "www.corp.acme", TYPE_HTTPS, "NOERROR 60: 1 . alpn=h2" },
	{ "www.corp.acme", A6, "NOERROR soa 5" },
	{ "www.corp.acme", TYPE_ANY, "NOERROR 5: \"RFC8482\" \"\"" },
	{ "none.corp.acme", A4, "NXDOMAIN soa 5" },
	{ "x.www.corp.acme", A4, "NXDOMAIN soa 5" },
	{ "none.corp.acme", TYPE_DS, "NXDOMAIN soa 5" },
	/* the apex */
	{ "corp.acme", TYPE_MX, "NOERROR 60: 10 mail.corp.acme." },
	{ "corp.acme", A4, "NOERROR soa 5" },
	{ "corp.acme", TYPE_NS, "NOERROR 5: _api.internal." },
	{ "corp.acme", TYPE_DS, "NOERROR soa 5" },
	{ "deep.corp.acme", TYPE_NS, "NOERROR 5: _api.internal." },
	{ "deep.corp.acme", TYPE_DS, "NOERROR soa 5" },
	/* empty non-terminals */
	{ "b.corp.acme", A4, "NOERROR soa 5" },
	{ "wild.corp.acme", A4, "NOERROR soa 5" },
	/* wildcards: none below a name that is there, nor through one */
	{ "any.wild.corp.acme", A4, "NOERROR 60: 192.0.2.9" },
	{ "any.other.wild.corp.acme", A4, "NOERROR 60: 192.0.2.9" },
	{ "a\\000b.wild.corp.acme", A4, "NOERROR 60: 192.0.2.9" },
	{ "*.wild.corp.acme", A4, "NOERROR 60: 192.0.2.9" },
	{ "any.wild.corp.acme", A6, "NOERROR soa 5" },
	{ "host.wild.corp.acme", A4, "NOERROR soa 5" },
	{ "x.host.wild.corp.acme", A4, "NXDOMAIN soa 5" },
	{ "any.to.corp.acme", A4,
	    "NOERROR 60: 192.0.2.1 192.0.2.2 www.corp.acme." },
	{ "any.to.corp.acme", TYPE_CNAME, "NOERROR 60: www.corp.acme." },
	/* CNAMEs, inside the network */
	{ "web.corp.acme", A6,
	    "NOERROR 60: Web.Internal. fdaa:0:18::1 fdaa:0:18::2 "
	    "fdaa:0:18::3" },
	{ "web.corp.acme", TYPE_MX, "NOERROR soa 5 60: Web.Internal." },
	{ "web.corp.acme", TYPE_CNAME, "NOERROR 60: Web.Internal." },
	{ "web.corp.acme", TYPE_ANY, "NOERROR 5: \"RFC8482\" \"\"" },
	{ "lion.corp.acme", A4, "NOERROR 60: 172.16.10.1 lion.apn." },
	{ "gone.corp.acme", A6, "NXDOMAIN soa 5 60: none.internal." },
	{ "srv.corp.acme", TYPE_TXT,
	    "NOERROR 60: \"a1 ams,f1 fra,i1 iad\" vms.web.internal." },
	{ "here.corp.acme", A4, "NOERROR 60: 127.0.0.1 localhost." },
	{ "chain.corp.acme", A4,
	    "NOERROR 60: 192.0.2.1 192.0.2.2 low.deep.corp.acme. "
	    "www.corp.acme." },
	{ "dead.corp.acme", A4, "NXDOMAIN soa 5 60: none.corp.acme." },
	{ "self.corp.acme", A4, "SERVFAIL EDE24" },
	{ "one.corp.acme", A4, "SERVFAIL EDE24" },
	{ "one.corp.acme", TYPE_CNAME, "NOERROR 60: two.corp.acme." },
	/* one name in somebody's domain hides nothing else of it */
	{ "api.acme.example", A4, "NOERROR 60: 192.0.2.3" },
	{ "api.acme.example", A6, "NOERROR soa 5" },
	{ "x.api.acme.example", A6, "forward" },
	{ "acme.example", TYPE_MX, "forward" },
	{ "acme.example", TYPE_SOA, "forward" },
	{ "acme.example", TYPE_DS, "forward" },
	{ "down.acme.example", A4, "forward" },
	{ "www.acme.example", A4, "forward" },
	{ "out.corp.acme", A4, "forward" },
	{ "far.corp.acme", A4, "forward" },
	/* what no zone holds */
	{ "acme", A4, "forward" },
	{ "xcorp.acme", A4, "forward" },
	{ "corp.acme.example.org", A4, "forward" },
	{ "\\004corp.acme", A4, "forward" },
	{ "b\\000acme", A4, "forward" },
};

static int
start_zones(void **state)
{
	(void)state;
	return start_with(zones);
}

static void
test_names(void **state)
{
	(void)state;
	env.forwards = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct ask q = { names[i].name, names[i].type, ME, NULL,
			NULL, 1232, false };
		struct asked a;
		char *text;

		ask(&a, &q, &env);
		text = asked_text(&a, true);
		print_message("%s %u: %s\n", q.name, q.type, text);
		assert_string_equal(text, names[i].expected);
		if (a.next == QUERY_SEND && a.q.rcode != RCODE_SERVFAIL)
			assert_true(ldns_pkt_aa(a.reply));
		free(text);
		asked_release(&a);
	}
}

/* Whose SOA, and whose name it is beside. */
static void
test_soa(void **state)
{
	static const struct {
		const char *name, *owner;
		uint16_t type;
	} rows[] = {
		{ "none.corp.acme", "corp.acme.", A4 },
		{ "none.deep.corp.acme", "deep.corp.acme.", A4 },
		{ "deep.corp.acme", "deep.corp.acme.", A4 },
		{ "deep.corp.acme", "corp.acme.", TYPE_DS },
		{ "dead.corp.acme", "corp.acme.", A4 },
		{ "web.corp.acme", "internal.", TYPE_MX },
		{ "gone.corp.acme", "internal.", A4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { rows[i].name, rows[i].type, ME, NULL,
			NULL, 1232, false };
		struct asked a;
		char *owner;

		ask(&a, &q, &env);
		owner = ldns_rdf2str(ldns_rr_owner(
		    ldns_rr_list_rr(ldns_pkt_authority(a.reply), 0)));
		for (char *c = owner; *c != '\0'; c++)
			*c = (char)tolower(*c);
		print_message("%s %u\n", q.name, q.type);
		assert_string_equal(owner, rows[i].owner);
		free(owner);
		asked_release(&a);
	}
}

/* Nobody else's; and nothing of it where nothing is forwarded. */
static void
test_others(void **state)
{
	static const struct {
		const char *name, *from;
		bool forwards;
		const char *expected;
	} rows[] = {
		{ "www.corp.acme", "fdaa:0:19::1", true, "forward" },
		{ "www.corp.acme", "fdaa:0:19::1", false, "REFUSED EDE20" },
		{ "www.acme.example", ME, false, "REFUSED EDE20" },
		{ "out.corp.acme", ME, false, "NOERROR 60: www.example.org." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { rows[i].name, A4, rows[i].from, NULL,
			NULL, 1232, false };
		struct asked a;
		char *text;

		env.forwards = rows[i].forwards;
		ask(&a, &q, &env);
		text = asked_text(&a, true);
		assert_string_equal(text, rows[i].expected);
		free(text);
		asked_release(&a);
	}
}

/* What has led away stands behind the question, as records. */
static void
test_led(void **state)
{
	static const struct {
		const char *name, *to;
		unsigned led;
	} rows[] = {
		{ "out.corp.acme", "www.example.org", 1 },
		{ "far.corp.acme", "x.acme.example", 1 },
		{ "www.acme.example", NULL, 0 },
	};

	(void)state;
	env.forwards = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { rows[i].name, A4, ME, NULL, NULL, 1232,
			false };
		struct asked a;
		struct dname to;
		struct wire_in in;
		char text[DNAME_TEXT];

		ask(&a, &q, &env);
		assert_int_equal(a.next, QUERY_FORWARD);
		assert_int_equal(a.q.led, rows[i].led);
		/* as it came, with its OPT, where nothing has led away */
		if (a.q.led == 0)
			assert_int_equal(
			    a.q.len, DNS_HEADER + a.q.question_len + 11);
		assert_string_equal(dname_text(&a.q.qname, text), q.name);
		if (a.q.led == 0)
			continue;
		in = wire_in(a.pkt, a.q.len);
		in.pos = a.q.led_to;
		assert_true(dname_get(&to, &in));
		assert_string_equal(dname_text(&to, text), rows[i].to);
	}
}

/* Addresses of MX and SRV records' targets: whole sets, each once, no TC. */
static void
test_targets(void **state)
{
	static const struct {
		const char *name, *from;
		uint16_t type, size;
		const char *expected;
	} rows[] = {
		/* each once; no CNAME of a target is followed */
		{ "mail.corp.acme", ME, TYPE_MX, 1232,
		    " 192.0.2.1 192.0.2.2 192.0.2.9 fdaa:0:18::a2" },
		{ "x.to-mail.corp.acme", ME, TYPE_MX, 1232,
		    " 192.0.2.1 192.0.2.2 192.0.2.9 fdaa:0:18::a2" },
		{ "_sip._tcp.corp.acme", ME, TYPE_SRV, 1232,
		    " 172.16.10.1 fdaa:0:18::1" },
		/* as the asker sees them */
		{ "_sip._tcp.corp.acme", "fdaa:0:18::b1", TYPE_SRV, 1232, "" },
		/* what does not fit is left out whole */
		{ "big.corp.acme", ME, TYPE_MX, 0, " 192.0.2.1 192.0.2.2" },
		{ "high.corp.acme", ME, TYPE_MX, 0, "" },
		{ "www.corp.acme", ME, A4, 1232, "" },
	};

	(void)state;
	env.forwards = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { rows[i].name, rows[i].type, rows[i].from,
			NULL, NULL, rows[i].size, false };
		struct asked a;
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		FIXTURE_MUST(out != NULL);
		ask(&a, &q, &env);
		assert_non_null(a.reply);
		assert_false(ldns_pkt_tc(a.reply));
		assert_int_equal(a.q.rcode, RCODE_NOERROR);
		asked_records(ldns_pkt_additional(a.reply), true, out);
		FIXTURE_MUST(fclose(out) == 0);
		print_message("%s %u:%s\n", q.name, q.type, text);
		assert_string_equal(text, rows[i].expected);
		free(text);
		asked_release(&a);
	}
}

/* A change is seen at once, the first zone and the last too. */
static void
test_changes(void **state)
{
	const struct ask q = { "www.new.beta", A4, "fdaa:0:19::1", NULL, NULL,
		0, false };
	static const struct step steps[] = {
		{ "", "forward" },
		{ "{'put':'zone','network':'beta','name':'new.beta',"
		  "'fallthrough':false}\n",
		    "NXDOMAIN soa 60" },
		{ "{'put':'record','network':'beta','name':'www.new.beta',"
		  "'type':'A','values':['192.0.2.1'],'ttl':0}\n",
		    "NOERROR 0: 192.0.2.1" },
		{ "{'delete':'zone','network':'beta','name':'new.beta'}\n",
		    "forward" },
	};

	(void)state;
	env.forwards = true;
	check_steps(&q, AND_COUNT(steps));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_names, reset),
		cmocka_unit_test_setup(test_soa, reset),
		cmocka_unit_test_setup(test_others, reset),
		cmocka_unit_test_setup(test_led, reset),
		cmocka_unit_test_setup(test_targets, reset),
		cmocka_unit_test_setup(test_changes, reset),
	};

	return cmocka_run_group_tests(tests, start_zones, end);
}
