/*
 * test_config.c - what a configuration may say, and what is said if not.
 */
#include "dnsd/config/config.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/addr_text.h"
#include "dnsd/config/impl.h"

#define START   "store: /s\nlisten:\n- address: \"127.0.0.1:5399\"\n"
#define FORWARD START "forward:\n  upstreams: [\"udp://192.0.2.1\"]\n"
#define ZONE    FORWARD "  zones:\n  - suffix: corp.example\n"

static struct config *
parse(const char *text, char why[CONFIG_WHY])
{
	struct config *c;

	why[0] = '\0';
	if (config_parse(&c, "f", text, strlen(text), why) != E_OK)
		assert_null(c);
	return c;
}

static struct config *
parse_good(const char *text)
{
	char why[CONFIG_WHY];
	struct config *c = parse(text, why);

	if (c == NULL)
		print_error("%s\n%s\n", text, why);
	assert_non_null(c);
	return c;
}

/* Mistakes: each is told with file, line, key, value, what is allowed. */
static const struct {
	const char *text, *why;
} bad[] = {
	/* not what it should be as a whole */
	{ "", "f:1: it is empty" },
	{ "store: [", "f:2: not YAML: " },
	{ "store: \"\\xff", "f:1: not YAML: " },
	{ "- store", "f:1: what stands here is not keys and values" },
	{ "store", "f:1: what stands here is not keys and values" },
	{ START "---\nworkers: 2\n",
	    "f:5: a second document begins here; allowed is one" },
	{ START "---\n[", "f:6: not YAML: " },
	/* keys */
	{ START "wrokers: 2\n",
	    "f:4: wrokers: there is no such key; did you mean workers?" },
	{ "store: /s\nlisten:\n- adress: x\n",
	    "f:3: listen.adress: there is no such key; did you mean address?" },
	{ "store: /s\nlisten:\n- where: x\n",
	    "f:3: listen.where: there is no such key; allowed are address, "
	    "network" },
	{ START "forward:\n  ttl: 1\n",
	    "f:5: forward.ttl: there is no such key; allowed are upstreams, "
	    "allow, ordinary, cache-size, in-flight, "
	    "in-flight-network, rebind-protection, zones" },
	{ START "workers: 1\nworkers: 2\n",
	    "f:5: workers: what stands here is not the first of this key" },
	{ START "? [a]\n: 1\n", "f:4: what stands here is not a key" },
	/* keys that are missing */
	{ "region: iad\n",
	    "f:1: store: this key is missing; it is the store's folder" },
	{ "store: /s\n",
	    "f:1: listen: this key is missing; it is a list of addresses to "
	    "listen on" },
	{ "store: /s\nlisten: []\n",
	    "f:1: listen: at least one address is needed" },
	{ "store: /s\nlisten:\n- network: a\n",
	    "f:3: listen.address: this key is missing; it is an address and a "
	    "port, as [::]:53 or 127.0.0.1:5300" },
	/* shapes */
	{ "store: [a]\n", "f:1: store: what stands here is not one value" },
	{ "store: /s\nlisten: here\n",
	    "f:2: listen: what stands here is not a list" },
	{ "store: /s\nlisten: [a]\n",
	    "f:2: listen: what stands here is not keys and values" },
	{ START "forward: 1\n",
	    "f:4: forward: what stands here is not keys and values" },
	{ START "region: \"a\\0b\"\n",
	    "f:4: region: what stands here is not one value" },
	/* values */
	{ "store: ''\n", "f:1: store: \"\" is not the store's folder" },
	{ START "workers: 0\n",
	    "f:4: workers: \"0\" is not a number from 1 to 256" },
	{ START "workers: 257\n",
	    "f:4: workers: \"257\" is not a number from 1 to 256" },
	{ START "workers: two\n",
	    "f:4: workers: \"two\" is not a number from 1 to 256" },
	{ START "steer: 1\n", "f:4: steer: \"1\" is not yes or no" },
	{ START "workers: -1\n",
	    "f:4: workers: \"-1\" is not a number from 1 to 256" },
	{ START "workers: 2x\n",
	    "f:4: workers: \"2x\" is not a number from 1 to 256" },
	{ START "workers: 99999999999999999999\n",
	    "f:4: workers: \"99999999999999999999\" is not a number from 1 to "
	    "256" },
	{ START "max-udp-size: 511\n",
	    "f:4: max-udp-size: \"511\" is not a number from 512 to 65000" },
	{ START "cookie-secrets: [\"0123456789abcdef\"]\n",
	    "f:4: cookie-secrets: \"0123456789abcdef\" is not 32 hex "
	    "digits" },
	{ START "max-udp-size: 66048\n",
	    "f:4: max-udp-size: \"66048\" is not a number from 512 to 65000" },
	{ START "\n\nregion: 'i ad'\n",
	    "f:6: region: \"i ad\" is not 1 to 63 of a-z, 0-9, _ and -, and no "
	    "word with a meaning in names" },
	{ START "region: vms\n",
	    "f:4: region: \"vms\" is not 1 to 63 of a-z, 0-9, _ and -, and no "
	    "word with a meaning in names" },
	{ START "control: /12345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678\n",
	    "f:4: control: \"/123456789012345678901234567890123456789012345678"
	    "901234567890123456789012345678901234567890123456789012345678\" is "
	    "not a path for a socket, of at most 107 octets" },
	{ "store: /s\nlisten:\n- address: \"::1:53\"\n",
	    "f:3: listen.address: \"::1:53\" is not an address and a port, as "
	    "[::]:53 or 127.0.0.1:5300" },
	{ FORWARD "  allow: [10.0.0.1/8]\n",
	    "f:6: forward.allow: \"10.0.0.1/8\" is not a prefix without bits "
	    "behind its length, as 127.0.0.0/8 or fd00::/8" },
	{ FORWARD "  cache-size: 64MB\n",
	    "f:6: forward.cache-size: \"64MB\" is not a number of octets up to "
	    "1024GiB, also with KiB, MiB or GiB, as 64MiB" },
	{ FORWARD "  cache-size: 1025GiB\n",
	    "f:6: forward.cache-size: \"1025GiB\" is not a number of octets up "
	    "to 1024GiB, also with KiB, MiB or GiB, as 64MiB" },
	{ FORWARD "  rebind-protection: maybe\n",
	    "f:6: forward.rebind-protection: \"maybe\" is not yes or no" },
	{ ZONE "    action: drop\n",
	    "f:8: forward.zones.action: \"drop\" is not forward, refuse or "
	    "nxdomain" },
	{ FORWARD "  zones:\n  - suffix: a..b\n",
	    "f:7: forward.zones.suffix: \"a..b\" is not a domain name" },
	/* what options ask of each other */
	{ START "- address: \"127.0.0.1:5399\"\n",
	    "f:4: listen.address: the same as in line 3" },
	{ ZONE,
	    "f:7: forward.zones: \"corp.example\" has no upstreams; allowed "
	    "are "
	    "at least one, or action: refuse or nxdomain" },
	{ ZONE "    action: refuse\n    upstreams: [\"udp://192.0.2.1\"]\n",
	    "f:7: forward.zones: \"corp.example\" has upstreams that its "
	    "action "
	    "never asks" },
	{ ZONE "    action: refuse\n  - suffix: Corp.Example.\n"
	       "    action: nxdomain\n",
	    "f:9: forward.zones: \"corp.example\" is the same as in line 7" },
	{ START "forward:\n  upstreams:\n  - \"udp://192.0.2.1\"\n"
		"  - \"tcp://127.0.0.1:5399\"\n",
	    "f:7: forward.upstreams: questions sent there would come back to "
	    "this server; allowed are addresses that it does not listen on" },
	{ "store: /s\nlisten: [{address: \"0.0.0.0:5399\"}]\n"
	  "forward: {upstreams: [\"udp://127.0.0.1:5399\"]}\n",
	    "f:3: forward.upstreams: questions sent there would come back to "
	    "this server; allowed are addresses that it does not listen on" },
};

static void
mistakes_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char why[CONFIG_WHY];
		size_t len = strlen(bad[i].why);

		if (parse(bad[i].text, why) != NULL)
			fail_msg("%s\nis taken", bad[i].text);
		/* Of syntax, libyaml's own words follow ours. */
		if (bad[i].why[len - 1] == ' ')
			why[len] = '\0';
		assert_string_equal(why, bad[i].why);
	}
}

/* Where to listen: what is taken, as family, port and scope. */
static const struct {
	const char *text;
	sa_family_t family; /* 0: not taken */
	uint16_t port;
} listens[] = {
	{ "0.0.0.0:53", AF_INET, 53 },
	{ "127.0.0.1:5300", AF_INET, 5300 },
	{ "[::]:53", AF_INET6, 53 },
	{ "[fdaa::3]:65535", AF_INET6, 65535 },
	{ "[fe80::1%lo]:53", AF_INET6, 53 },
	{ "[fe80::1%no-such]:53", AF_INET6, 53 }, /* it may come later */
	{ "[fe80::1]:53", 0, 0 },
	{ "[fdaa::3%lo]:53", 0, 0 },
	{ "127.0.0.1", 0, 0 },
	{ "[::1]", 0, 0 },
	{ "::1", 0, 0 },
	{ "[127.0.0.1]:53", 0, 0 },
	{ "[::ffff:127.0.0.1]:53", 0, 0 },
	{ "localhost:53", 0, 0 },
	{ "127.0.0.1:0", 0, 0 },
	{ "127.0.0.1:65536", 0, 0 },
	{ "127.0.0.1:+53", 0, 0 },
	{ "127.0.0.1:53x", 0, 0 },
	{ "127.0.0.1:", 0, 0 },
	{ "[::1:53", 0, 0 },
	{ "[]:53", 0, 0 },
	{ ":53", 0, 0 },
};

static void
listeners_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
		char text[256], why[CONFIG_WHY];
		struct config *c;

		(void)snprintf(text, sizeof(text),
		    "store: s\nlisten: [{address: \"%s\", network: Acme}]\n",
		    listens[i].text);
		c = parse(text, why);
		if ((c != NULL) != (listens[i].family != 0))
			fail_msg("%s: %s", listens[i].text, why);
		if (c == NULL)
			continue;
		assert_int_equal(
		    c->listen[0].address.any.sa_family, listens[i].family);
		assert_int_equal(
		    ntohs(c->listen[0].address.v6.sin6_port), listens[i].port);
		assert_string_equal(c->listen[0].network, "acme");
		config_free(c);
	}
}

/* Whom to ask. */
static const struct {
	const char *text;
	const char *address; /* NULL: not taken */
	enum config_transport transport;
	uint16_t port;
	const char *name;
} upstreams[] = {
	{ "udp://192.0.2.1", "192.0.2.1", UPSTREAM_UDP, 53, NULL },
	{ "udp://192.0.2.1:5353", "192.0.2.1", UPSTREAM_UDP, 5353, NULL },
	{ "tcp://[2001:db8::1]:5353", "2001:db8::1", UPSTREAM_TCP, 5353, NULL },
	{ "udp://[2001:db8::1]", "2001:db8::1", UPSTREAM_UDP, 53, NULL },
	{ "tls://192.0.2.2#dns.example", "192.0.2.2", UPSTREAM_TLS, 853,
	    "dns.example" },
	{ "tls://[2001:db8::1]:443#dns.example", "2001:db8::1", UPSTREAM_TLS,
	    443, "dns.example" },
	{ "tls://192.0.2.2#dns.example.", "192.0.2.2", UPSTREAM_TLS, 853,
	    "dns.example" },
	/* An address of a link has its interface, which may come later. */
	{ "udp://[fe80::2%no-such]:54", "fe80::2", UPSTREAM_UDP, 54, NULL },
	{ "udp://[fe80::2]", NULL, 0, 0, NULL },
	{ "udp://[fe80::2%]", NULL, 0, 0, NULL },
	{ "udp://[fe80::2%a-name-too-long-]", NULL, 0, 0, NULL },
	{ "udp://[2001:db8::1%lo]", NULL, 0, 0, NULL },
	{ "192.0.2.1", NULL, 0, 0, NULL },
	{ "http://192.0.2.1", NULL, 0, 0, NULL },
	{ "udp://dns.example", NULL, 0, 0, NULL },
	{ "udp://2001:db8::1", NULL, 0, 0, NULL },
	{ "udp://[192.0.2.1]", NULL, 0, 0, NULL },
	{ "udp://192.0.2.1#dns.example", NULL, 0, 0, NULL },
	{ "tls://192.0.2.2", NULL, 0, 0, NULL },
	{ "tls://192.0.2.2#", NULL, 0, 0, NULL },
	{ "tls://192.0.2.2#.", NULL, 0, 0, NULL },
	{ "udp://192.0.2.1:0", NULL, 0, 0, NULL },
	{ "udp://", NULL, 0, 0, NULL },
};

static void
upstreams_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(upstreams) / sizeof(upstreams[0]); i++) {
		char text[256], addr[ADDR_TEXT], why[CONFIG_WHY];
		struct config *c;

		(void)snprintf(text, sizeof(text),
		    START "forward: {upstreams: [\"%s\"]}\n",
		    upstreams[i].text);
		c = parse(text, why);
		if ((c != NULL) != (upstreams[i].address != NULL))
			fail_msg("%s: %s", upstreams[i].text, why);
		if (c == NULL)
			continue;
		assert_int_equal(c->upstream_count, 1);
		assert_string_equal(addr_text(&c->upstreams[0].address, addr),
		    upstreams[i].address);
		assert_int_equal(
		    c->upstreams[0].transport, upstreams[i].transport);
		assert_int_equal(c->upstreams[0].port, upstreams[i].port);
		if (upstreams[i].name == NULL)
			assert_null(c->upstreams[0].name);
		else
			assert_string_equal(
			    c->upstreams[0].name, upstreams[i].name);
		config_free(c);
	}
}

static const struct {
	const char *text;
	uint64_t octets;
} sizes[] = {
	{ "0", 0 },
	{ "1000", 1000 },
	{ "1KiB", 1024 },
	{ "64MiB", 64 << 20 },
	{ "1024GiB", UINT64_C(1) << 40 },
};

static void
sizes_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char text[256];
		struct config *c;

		(void)snprintf(text, sizeof(text), FORWARD "  cache-size: %s\n",
		    sizes[i].text);
		c = parse_good(text);
		assert_int_equal(c->cache_size, sizes[i].octets);
		config_free(c);
	}
}

static void
what_is_absent_has_a_default(void **state)
{
	struct config *c = parse_good(START);

	(void)state;
	assert_string_equal(c->file, "f");
	assert_null(c->region);
	assert_true(c->workers >= 1);
	assert_false(c->steer);
	assert_int_equal(c->max_udp_size, 8192);
	assert_int_equal(c->tcp_connections, 20000);
	assert_int_equal(c->tcp_idle, 10);
	assert_null(c->control);
	assert_false(c->forwards);
	assert_int_equal(c->cache_size, 64 << 20);
	assert_int_equal(c->in_flight, 4096);
	assert_int_equal(c->in_flight_network, 1024);
	assert_false(c->rebind_protection);
	assert_int_equal(c->upstream_count, 0);
	config_free(c);
}

static void
all_keys_are_kept(void **state)
{
	struct config *c = parse_good(START
	    "region: IAD\nworkers: 3\nsteer: yes\nmax-udp-size: 1232\n"
	    "tcp-connections: 7\ntcp-idle: 9\ncontrol: /c\n"
	    "forward:\n"
	    "  upstreams: [\"udp://192.0.2.1\", \"udp://192.0.2.2\"]\n"
	    "  allow: [127.0.0.0/8, \"::1/128\"]\n"
	    "  in-flight: 10\n  in-flight-network: 5\n"
	    "  rebind-protection: yes\n"
	    "  zones:\n"
	    "  - {suffix: Corp.Example., network: acme,\n"
	    "     upstreams: [\"udp://192.0.2.3\"], rebind-exempt: true}\n"
	    "  - {suffix: ., action: nxdomain}\n");

	(void)state;
	assert_string_equal(c->region, "iad");
	assert_int_equal(c->workers, 3);
	assert_true(c->steer);
	assert_int_equal(c->max_udp_size, 1232);
	assert_int_equal(c->tcp_connections, 7);
	assert_int_equal(c->tcp_idle, 9);
	assert_string_equal(c->control, "/c");
	assert_true(c->forwards);
	assert_int_equal(c->upstream_count, 2);
	assert_int_equal(c->allow_count, 2);
	assert_int_equal(c->allow[0].len, 104);
	assert_int_equal(c->allow[1].len, 128);
	assert_int_equal(c->in_flight, 10);
	assert_int_equal(c->in_flight_network, 5);
	assert_true(c->rebind_protection);
	assert_int_equal(c->zone_count, 2);
	assert_string_equal(c->zones[0].suffix, "corp.example");
	assert_string_equal(c->zones[0].network, "acme");
	assert_int_equal(c->zones[0].action, ZONE_FORWARD);
	assert_int_equal(c->zones[0].upstream_count, 1);
	assert_true(c->zones[0].rebind_exempt);
	assert_string_equal(c->zones[1].suffix, ".");
	assert_int_equal(c->zones[1].action, ZONE_NXDOMAIN);
	config_free(c);
}

/* `upstreams: []` is no wish for those of resolv.conf. */
static void
no_upstreams_are_none(void **state)
{
	struct config *c = parse_good(START "forward: {upstreams: []}\n");

	(void)state;
	assert_non_null(c->upstreams);
	assert_int_equal(c->upstream_count, 0);
	config_free(c);
}

/* What is no whole address, or is this server, is left out. */
static void
resolv_conf_is_read(void **state)
{
	static const char text[] = "# a comment\n"
				   "search example.com\n"
				   "nameserver 192.0.2.1\n"
				   "nameserver fe80::1%eth0\n"
				   "nameserver fe80::1\n"
				   "nameserver 127.0.0.1\n"
				   "  nameserver\t2001:db8::1 \n"
				   "options edns0\n";
	char file[] = "/tmp/test_config.XXXXXX", addr[ADDR_TEXT];
	int fd = mkstemp(file);
	struct config *c = parse_good("store: s\nlisten:\n"
				      "- address: \"127.0.0.1:53\"\n");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(config_resolv(c, file), E_OK);
	assert_int_equal(c->upstream_count, 3);
	assert_string_equal(
	    addr_text(&c->upstreams[0].address, addr), "192.0.2.1");
	assert_string_equal(
	    addr_text(&c->upstreams[1].address, addr), "fe80::1");
	assert_string_equal(c->upstreams[1].link.name, "eth0");
	assert_string_equal(
	    addr_text(&c->upstreams[2].address, addr), "2001:db8::1");
	assert_int_equal(c->upstreams[2].port, 53);
	config_free(c);
	(void)close(fd);
	(void)unlink(file);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(listeners_are_read),
		cmocka_unit_test(upstreams_are_read),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(what_is_absent_has_a_default),
		cmocka_unit_test(all_keys_are_kept),
		cmocka_unit_test(no_upstreams_are_none),
		cmocka_unit_test(resolv_conf_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
