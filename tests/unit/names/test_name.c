/*
 * test_name.c - every form of the grammar, and what is close to one.
 */
#include "zones/names/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/addr_text.h"

/* What the form says; NULL: it says none. */
static const struct {
	const char *text;
	enum name_kind kind;
	const char *app, *arg, *value;
	uint32_t top;
} rows[] = {
	/* The zones themselves. */
	{ .text = "internal", NAME_ZONE },
	{ .text = "apn", NAME_ZONE },
	{ .text = "flycast", NAME_ZONE },

	/* Each form; letters without case. */
	{ "web.internal", NAME_APP, "web", NULL, NULL, 0 },
	{ "WEB.Internal", NAME_APP, "web", NULL, NULL, 0 },
	{ "global.web.internal", NAME_APP, "web", NULL, NULL, 0 },
	{ "iad.web.internal", NAME_REGION, "web", "iad", NULL, 0 },
	{ "top3.nearest.of.web.internal", NAME_NEAREST, "web", NULL, NULL, 3 },
	{ "f0.vm.web.internal", NAME_INSTANCE, "web", "f0", NULL, 0 },
	{ "w.process.web.internal", NAME_GROUP, "web", "w", NULL, 0 },
	{ "v.k.kv._metadata.web.internal", NAME_METADATA, "web", "k", "v", 0 },
	{ "vms.web.internal", NAME_VMS, "web", NULL, NULL, 0 },
	{ "all.vms.web.internal", NAME_ALL_VMS, "web", NULL, NULL, 0 },
	{ "regions.web.internal", NAME_REGIONS, "web", NULL, NULL, 0 },
	{ "all.regions.web.internal", NAME_ALL_REGIONS, "web", NULL, NULL, 0 },
	{ .text = "_apps.internal", NAME_APPS },
	{ .text = "_peer.internal", NAME_PEERS },
	{ "me._peer.internal", NAME_PEER, NULL, "me", NULL, 0 },
	{ .text = "_instances.internal", NAME_INSTANCES },
	{ .text = "all._instances.internal", NAME_ALL_INSTANCES },
	{ .text = "_api.internal", NAME_API },
	{ .text = "lion.apn", NAME_APN },
	{ .text = "lion.shop.production.apn", NAME_APN },
	{ "web.flycast", NAME_FLYCAST, "web", NULL, NULL, 0 },

	/* Services before what has addresses; not a region or an app. */
	{ "_http._tcp.web.internal", NAME_APP, "web", NULL, NULL, 0 },
	{ "_tcp.web.internal", NAME_APP, "web", NULL, NULL, 0 },
	{ "_http._udp.iad.web.internal", NAME_REGION, "web", "iad", NULL, 0 },
	{ .text = "_http._tcp.lion.apn", NAME_APN },
	{ .text = "_http._sctp.web.internal", NAME_UNKNOWN },
	{ .text = "_http._tcp.vms.web.internal", NAME_UNKNOWN },
	{ .text = "_http._tcp.web.flycast", NAME_UNKNOWN },
	{ .text = "_tcp.internal", NAME_UNKNOWN },
	{ .text = "__tcp._tcp.internal", NAME_UNKNOWN },

	/* Empty non-terminals: a resolver that minimises asks for each. */
	{ "vm.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "of.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "nearest.of.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "process.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "_metadata.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "kv._metadata.web.internal", NAME_BELOW_APP, "web", NULL, NULL, 0 },
	{ "k.kv._metadata.web.internal", NAME_METADATA_KEY, "web", "k", NULL,
	    0 },

	/* An app may be named like a word: the words stand left of it. */
	{ "vms.vms.internal", NAME_VMS, "vms", NULL, NULL, 0 },
	{ "vm.internal", NAME_APP, "vm", NULL, NULL, 0 },
	{ "x.vm.internal", NAME_REGION, "vm", "x", NULL, 0 },
	{ "all.internal", NAME_APP, "all", NULL, NULL, 0 },
	{ "of.of.internal", NAME_BELOW_APP, "of", NULL, NULL, 0 },
	{ "internal.internal", NAME_APP, "internal", NULL, NULL, 0 },
	{ "vm.vm.vm.internal", NAME_INSTANCE, "vm", "vm", NULL, 0 },
	/* Where a region stands; there is none of this name. */
	{ "all.web.internal", NAME_REGION, "web", "all", NULL, 0 },
	{ "nearest.web.internal", NAME_REGION, "web", "nearest", NULL, 0 },

	/* topN, N from 1: no sign, no leading zero, nothing behind. */
	{ "top1.nearest.of.a.internal", NAME_NEAREST, "a", NULL, NULL, 1 },
	{ "TOP10.Nearest.Of.A.internal", NAME_NEAREST, "a", NULL, NULL, 10 },
	{ "top4294967295.nearest.of.a.internal", NAME_NEAREST, "a", NULL, NULL,
	    429496729 }, /* more than there are */
	{ "top99999999999999999999.nearest.of.a.internal", NAME_NEAREST, "a",
	    NULL, NULL, 999999999 },
	{ .text = "top0.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "top.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "top01.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "top-1.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "top1x.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "topx.nearest.of.a.internal", NAME_UNKNOWN },
	{ .text = "1.nearest.of.a.internal", NAME_UNKNOWN },

	/* Below a private zone, but no form. */
	{ .text = "_x.internal", NAME_UNKNOWN },
	{ .text = "iad._x.internal", NAME_UNKNOWN },
	{ .text = "vms._apps.internal", NAME_UNKNOWN },
	{ .text = "x._api.internal", NAME_UNKNOWN },
	{ .text = "x._instances.internal", NAME_UNKNOWN },
	{ .text = "x.all._instances.internal", NAME_UNKNOWN },
	{ .text = "x.me._peer.internal", NAME_UNKNOWN },
	{ .text = "vm._web.internal", NAME_UNKNOWN },
	{ .text = "x.vm._web.internal", NAME_UNKNOWN },
	{ .text = "x.vms.web.internal", NAME_UNKNOWN },
	{ .text = "x.iad.web.internal", NAME_UNKNOWN },
	{ .text = "x.global.web.internal", NAME_UNKNOWN },
	{ .text = "x.f0.vm.web.internal", NAME_UNKNOWN },
	{ .text = "top1.nearest.web.internal", NAME_UNKNOWN },
	{ .text = "x.of.web.internal", NAME_UNKNOWN },
	{ .text = "x._metadata.web.internal", NAME_UNKNOWN },
	{ .text = "x.v.k.kv._metadata.web.internal", NAME_UNKNOWN },
	{ .text = "x.web.flycast", NAME_UNKNOWN },

	/* Any octet may be in a label, but zero is in no fact: it ends the
	 * parts of the store's keys. */
	{ "a b.internal", NAME_APP, "a b", NULL, NULL, 0 },
	{ "\\255.internal", NAME_APP, "\377", NULL, NULL, 0 },
	{ "a\\.b.internal", NAME_APP, "a.b", NULL, NULL, 0 },
	{ .text = "a\\000b.internal", NAME_UNKNOWN },
	{ .text = "x.a\\000.internal", NAME_UNKNOWN },
	{ .text = "k\\000v.kv._metadata.web.internal", NAME_UNKNOWN },
	{ .text = "\\000._peer.internal", NAME_UNKNOWN },
	{ .text = "lion\\000shop.apn", NAME_UNKNOWN },
	{ .text = "a\\000.flycast", NAME_UNKNOWN },

	/* Somebody else's. */
	{ .text = ".", NAME_OTHER },
	{ .text = "example.com", NAME_OTHER },
	{ .text = "internal.example", NAME_OTHER },
	{ .text = "web.notinternal", NAME_OTHER },
	{ .text = "x\\008internal", NAME_OTHER }, /* 8 is an octet here */
	{ .text = "internal\\.", NAME_OTHER },
	{ .text = "arpa", NAME_OTHER },
	{ .text = "in-addr.arpa", NAME_OTHER },
	{ .text = "ip6.arpa", NAME_OTHER },
	{ .text = "1.e164.arpa", NAME_OTHER },
	{ .text = "localhost.example", NAME_OTHER },

	/* RFC 6761, 6762, 7686. */
	{ .text = "localhost", NAME_LOCALHOST },
	{ .text = "a.b.LocalHost", NAME_LOCALHOST },
	{ .text = "invalid", NAME_NEVER },
	{ .text = "x.invalid", NAME_NEVER },
	{ .text = "printer.local", NAME_NEVER },
	{ .text = "x.onion", NAME_NEVER },
	{ .text = "alt", NAME_NEVER },
	{ .text = "x.test", NAME_NEVER },
	{ .text = "Printer.Home.ARPA", NAME_NEVER },
	{ .text = "home.x.arpa", NAME_OTHER },
	{ .text = "xhome.arpa", NAME_OTHER },
	{ .text = "\\004home.arpa", NAME_OTHER },
	{ .text = "home.arpa.example", NAME_OTHER },
	{ .text = "resolver.arpa", NAME_EMPTY },
	{ .text = "_dns.resolver.arpa", NAME_EMPTY },
	{ .text = "use-application-dns.net", NAME_NEVER },
	{ .text = "dns.net", NAME_OTHER },
	{ .text = "1.0.0.127.in-addr.arpa", NAME_LOOPBACK },
};

static void
assert_label(struct label l, const char *expected)
{
	if (expected == NULL)
		return;
	assert_int_equal(l.len, strlen(expected));
	assert_memory_equal(l.at, expected, l.len);
}

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name name = { 0 };
		struct dname d;

		print_message("%s\n", rows[i].text);
		assert_true(dname_parse(&d, rows[i].text));
		name_read(&name, &d, 0);
		assert_int_equal(name.kind, rows[i].kind);
		assert_label(name.app, rows[i].app);
		assert_label(name.arg, rows[i].arg);
		assert_label(name.value, rows[i].value);
		if (rows[i].top != 0)
			assert_int_equal(name.top, rows[i].top);
	}
}

/* Each kind has a row, or a test below. */
static void
test_all_kinds(void **state)
{
	bool has[NAME_KINDS] = { [NAME_REVERSE] = true, [NAME_RECORD] = true };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		has[rows[i].kind] = true;
	for (unsigned i = 0; i < NAME_KINDS; i++)
		assert_true(has[i]);
}

/* PREFIX is what the name gives of an address. */
static const struct {
	const char *text, *prefix;
	bool extra;
} reverses[] = {
	{ "45.10.16.172.in-addr.arpa", "172.16.10.45/32", false },
	{ "10.16.172.in-addr.arpa", "172.16.10.0/24", false },
	{ "172.in-addr.arpa", "172.0.0.0/8", false },
	{ "0.in-addr.arpa", "0.0.0.0/8", false },
	{ "255.255.255.255.in-addr.arpa", "255.255.255.255/32", false },
	{ "1.45.10.16.172.in-addr.arpa", "172.16.10.45/32", true },
	{ "x.172.in-addr.arpa", "172.0.0.0/8", true },
	{ "256.172.in-addr.arpa", "172.0.0.0/8", true },
	{ "016.172.in-addr.arpa", "172.0.0.0/8", true }, /* not decimal */
	{ "00.in-addr.arpa", "0.0.0.0/0", true },
	{ "1000.172.in-addr.arpa", "172.0.0.0/8", true },
	/* RFC 2317's delegation, for example */
	{ "1.0/25.10.16.172.in-addr.arpa", "172.16.10.0/24", true },
	{ "f.ip6.arpa", "f000::/4", false },
	{ "D.F.ip6.arpa", "fd00::/8", false },
	{ "a.a.d.f.ip6.arpa", "fdaa::/16", false },
	{ "2.0.0.0.b.3.8.b.6.6.0.f.d.7.0.0.b.7.a.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    "fdaa:0:18:a7b:7d:f066:b83b:2/128", false },
	{ "x.2.0.0.0.b.3.8.b.6.6.0.f.d.7.0.0.b.7.a.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    "fdaa:0:18:a7b:7d:f066:b83b:2/128", true },
	{ "g.d.f.ip6.arpa", "fd00::/8", true },
	{ "10.f.ip6.arpa", "f000::/4", true }, /* two nibbles in one */
	{ "x.ip6.arpa", "::/0", true },
	{ "\\000.8.in-addr.arpa", "8.0.0.0/8", true },
};

static void
test_reverses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reverses) / sizeof(reverses[0]); i++) {
		char text[PREFIX_TEXT];
		struct name name;
		struct dname d;

		print_message("%s\n", reverses[i].text);
		assert_true(dname_parse(&d, reverses[i].text));
		name_read(&name, &d, 0);
		assert_int_equal(name.kind, NAME_REVERSE);
		assert_string_equal(
		    prefix_text(&name.reverse, text), reverses[i].prefix);
		assert_int_equal(name.reverse_extra, reverses[i].extra);
	}
}

static const struct {
	const char *word;
	bool is;
} words[] = {
	{ "global", true },
	{ "vms", true },
	{ "regions", true },
	{ "vm", true },
	{ "of", true },
	{ "process", true },
	{ "_metadata", true },
	{ "all", true },
	{ "nearest", true },
	{ "kv", true },
	{ "top0", true },
	{ "top1", true },
	{ "top99", true },
	{ "top", false },
	{ "topeka", false },
	{ "top1a", false },
	{ "iad", false },
	{ "vmss", false },
	{ "v", false },
	{ "APP", false }, /* how the table writes "any" */
	{ "ARG", false },
	{ "", false },
};

static void
test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		print_message("%s\n", words[i].word);
		assert_int_equal(name_is_qualifier(words[i].word), words[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_reverses),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
