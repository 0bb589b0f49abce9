/*
 * test_forward_zone.c - split DNS: which upstream a name goes to.
 *
 * Zones of one network alone are in the system tests, which have a store.
 */
#include "forward_lab.h"

static struct config_upstream own[3] = {
	{ .port = 53, .address = { { [15] = 1 } } },
	{ .port = 53, .address = { { [15] = 2 } } },
	{ .port = 53, .address = { { [15] = 3 } } },
};

static struct config_zone zones[] = {
	{ .suffix = (char[]){ "corp.example" },
	    .upstreams = &own[0],
	    .upstream_count = 1 },
	{ .suffix = (char[]){ "deep.corp.example" },
	    .upstreams = &own[1],
	    .upstream_count = 1,
	    .rebind_exempt = true },
	{ .suffix = (char[]){ "no.corp.example" }, .action = ZONE_NXDOMAIN },
	{ .suffix = (char[]){ "refused.example" }, .action = ZONE_REFUSE },
	{ .suffix = (char[]){ "yes.refused.example" },
	    .upstreams = &own[2],
	    .upstream_count = 1 },
};

/* Where a name goes: upstream (0 is the default's), or what is said. */
static const struct {
	const char *name;
	int upstream; /* -1: none */
	const char *said;
} rows[] = {
	{ "www.example.com", 0, NULL },
	{ "example", 0, NULL },
	{ ".", 0, NULL },
	{ "corp.example", 1, NULL },
	{ "a.CORP.example", 1, NULL },
	{ "a.b.c.corp.example", 1, NULL },
	{ "mycorp.example", 0, NULL },
	{ "corp.example.com", 0, NULL },
	{ "deep.corp.example", 2, NULL },
	{ "x.deep.corp.example", 2, NULL },
	{ "xdeep.corp.example", 1, NULL },
	{ "no.corp.example", -1, "NXDOMAIN EDE15" },
	{ "x.no.corp.example", -1, "NXDOMAIN EDE15" },
	{ "refused.example", -1, "REFUSED EDE15" },
	{ "x.yes.refused.example", 3, NULL },
};

static struct lab lab;

static void
test_zones(void **state)
{
	(void)state;
	lab_open(&lab, 1);
	lab.config.zones = zones;
	lab.config.zone_count = sizeof(zones) / sizeof(zones[0]);
	lab_start(&lab);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lab.sent_count = 0;
		if (rows[i].upstream < 0) {
			assert_int_equal(
			    lab_ask(&lab, rows[i].name), QUERY_SEND);
			assert_string_equal(lab.got, rows[i].said);
			continue;
		}
		assert_int_equal(lab_ask(&lab, rows[i].name), QUERY_DROP);
		assert_int_equal(lab.sent_count, 1);
		assert_int_equal(lab_asked(&lab, 0), rows[i].upstream);
	}
	lab_close(&lab);
}

static void
test_exempt(void **state)
{
	(void)state;
	lab_open(&lab, 1);
	lab.config.zones = zones;
	lab.config.zone_count = sizeof(zones) / sizeof(zones[0]);
	lab.config.rebind_protection = true;
	lab_start(&lab);
	(void)lab_ask(&lab, "a.corp.example");
	lab_reply(&lab, 0, "a.corp.example. 60 IN A 10.1.2.3");
	assert_string_equal(lab.got, "NOERROR EDE15");
	(void)lab_ask(&lab, "a.deep.corp.example");
	lab_reply(&lab, 1, "a.deep.corp.example. 60 IN A 10.1.2.3");
	assert_string_equal(
	    lab.got, "NOERROR a.deep.corp.example. 60 IN A 10.1.2.3");
	lab_close(&lab);
}

/* A zone for everything leaves the default without questions. */
static void
test_root(void **state)
{
	struct config_zone root = { .suffix = (char[]){ "." },
		.upstreams = &own[0],
		.upstream_count = 1 };

	(void)state;
	lab_open(&lab, 1);
	lab.config.zones = &root;
	lab.config.zone_count = 1;
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	(void)lab_ask(&lab, ".");
	assert_int_equal(lab_asked(&lab, 0), 1);
	assert_int_equal(lab_asked(&lab, 1), 1);
	lab_close(&lab);
}

/* A chain leads on to one who says no more than that there is no such name. */
static void
test_header_behind_a_chain(void **state)
{
	const struct lab_reply none = { .flags = RCODE_NXDOMAIN };

	(void)state;
	lab_open(&lab, 1);
	lab.config.zones = zones;
	lab.config.zone_count = sizeof(zones) / sizeof(zones[0]);
	lab_start(&lab);
	(void)lab_ask(&lab, "www.example.com");
	lab_reply(&lab, 0, "www.example.com. 60 IN CNAME a.corp.example.");
	assert_int_equal(lab_asked(&lab, 1), 1);
	lab_make_reply(&lab, 1, &none);
	memset(lab.pkt + 4, 0, 8);
	lab.pkt_len = DNS_HEADER;
	lab_arrive(&lab, 1);
	assert_string_equal(
	    lab.got, "NXDOMAIN www.example.com. 60 IN CNAME a.corp.example.");
	lab_close(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_exempt),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_header_behind_a_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
