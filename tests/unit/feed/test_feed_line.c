/*
 * test_feed_line.c - lines of a feed: what each means, what each complains.
 */
#include "zones/feed/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NET "\"network\":\"acme\""
#define WEB NET ",\"app\":\"web\",\"id\":\"i1\""
#define IN  ",\"region\":\"iad\",\"addresses\":[\"fd00::1\"]"

/* Facts that are taken; written again they are AGAIN, or as they were. */
static const struct {
	const char *line, *title, *again;
} puts_[] = {
	{ "{\"put\":\"network\",\"id\":\"acme\","
	  "\"prefixes\":[\"fdaa:0:18::/48\",\"10.0.0.0/8\"]}",
	    "network acme", NULL },
	{ "{\"put\":\"network\",\"id\":\"acme\",\"prefixes\":[\"fd00::/8\"],"
	  "\"resolvers\":[\"fdaa::3\"],\"ttl\":0}",
	    "network acme", NULL },
	{ "{\"put\":\"network\",\"id\":\"acme\",\"prefixes\":[\"::/0\"],"
	  "\"resolvers\":[],\"ttl\":5}",
	    "network acme",
	    "{\"put\":\"network\",\"id\":\"acme\",\"prefixes\":[\"::/0\"]}" },
	{ "{\"put\":\"region\",\"id\":\"iad\",\"latitude\":38.95,"
	  "\"longitude\":-77.46}",
	    "region iad", NULL },
	{ "{\"put\":\"region\",\"id\":\"iad\","
	  "\"latitude\":0.1234567890123456,\"longitude\":-180}",
	    "region iad", NULL },
	{ "{\"put\":\"distance\",\"from\":\"iad\",\"to\":\"lhr\",\"ms\":76.5}",
	    "distance iad/lhr", NULL },
	{ "{\"put\":\"app\"," NET ",\"name\":\"web\"}", "app acme/web", NULL },
	{ "{\"put\":\"app\"," NET ",\"name\":\"web\",\"domain\":\"web\"}",
	    "app acme/web", "{\"put\":\"app\"," NET ",\"name\":\"web\"}" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"web\",\"domain\":\"a.b-c.d\","
	  "\"flycast\":[\"fd00::3\",\"10.0.0.1\"]}",
	    "app acme/web", NULL },
	{ "{\"put\":\"instance\"," WEB IN "}", "instance acme/web/i1", NULL },
	{ "{\"put\":\"instance\"," WEB IN
	  ",\"name\":\"lion\",\"group\":\"w\",\"state\":\"stopped\","
	  "\"metadata\":{\"Role\":\"Primary\",\"k\":\"\"}}",
	    "instance acme/web/i1", NULL },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"Corp.Acme.\","
	  "\"fallthrough\":true}",
	    "zone acme/corp.acme",
	    "{\"put\":\"zone\"," NET ",\"name\":\"corp.acme\"}" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"corp.acme\","
	  "\"fallthrough\":false}",
	    "zone acme/corp.acme", NULL },
	/* values before the type that says how to read them */
	{ "{\"put\":\"record\"," NET ",\"values\":[\"10 m\",\"20 n.\"],"
	  "\"type\":\"mx\",\"name\":\"*.Corp.acme\",\"ttl\":5}",
	    "record acme/*.corp.acme/MX",
	    "{\"put\":\"record\"," NET ",\"name\":\"*.corp.acme\","
	    "\"type\":\"MX\",\"values\":[\"10 m.\",\"20 n.\"]}" },
	{ "{\"age\":17,\"put\":\"instance\"," WEB IN "}",
	    "instance acme/web/i1", NULL },
	{ "{\"put\":\"instance\"," WEB IN ",\"age\":9007199254740993}",
	    "instance acme/web/i1",
	    "{\"age\":9007199254740993,\"put\":\"instance\"," WEB IN "}" },
	/* any order; labels in lower case; the default state */
	{ "{\"region\":\"iad\",\"addresses\":[\"fd00::1\"],\"id\":\"I1\","
	  "\"state\":\"started\",\"app\":\"WEB\","
	  "\"put\":\"instance\",\"network\":\"Acme\"}",
	    "instance acme/web/i1", "{\"put\":\"instance\"," WEB IN "}" },
	{ "{\"put\":\"app\",\"network\":\"Acme\",\"name\":\"WEB\","
	  "\"domain\":\"A.b\"}",
	    "app acme/web",
	    "{\"put\":\"app\"," NET ",\"name\":\"web\",\"domain\":\"a.b\"}" },
	/* with blanks, as Python writes it */
	{ "{\"put\": \"instance\", \"network\": \"acme\", \"app\": \"web\","
	  " \"id\": \"i1\", \"region\": \"iad\","
	  " \"addresses\": [\"fd00::1\", \"10.0.0.1\"],"
	  " \"metadata\": {\"a\": \"b\", \"c\": \"\"} }",
	    "instance acme/web/i1",
	    "{\"put\":\"instance\"," WEB
	    ",\"region\":\"iad\",\"addresses\":[\"fd00::1\",\"10.0.0.1\"],"
	    "\"metadata\":{\"a\":\"b\",\"c\":\"\"}}" },
	/* none of these is plain */
	{ "{\"put\":\"instance\"," WEB IN
	  ",\"metadata\":{\"\\u0061\":\"\\\\\"}}\t\r",
	    "instance acme/web/i1",
	    "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"\\\\\"}}" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"\\u0062\"}}",
	    "instance acme/web/i1",
	    "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"b\"}}" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"b\":\"\xc3\xa9\"}}",
	    "instance acme/web/i1", NULL },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{}}",
	    "instance acme/web/i1", "{\"put\":\"instance\"," WEB IN "}" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"\\u0077eb\"}", "app acme/web",
	    "{\"put\":\"app\"," NET ",\"name\":\"web\"}" },
	{ "{\"put\":\"peer\"," NET ",\"name\":\"my-peer\","
	  "\"addresses\":[\"fd00::1\"]}",
	    "peer acme/my-peer", NULL },
	{ "{\"put\":\"peer\"," NET ",\"name\":\"p\",\"region\":\"iad\","
	  "\"addresses\":[\"fd00::1\"],\"expires\":\"2020-01-01T00:00:00Z\"}",
	    "peer acme/p", NULL },
	/* what was over by 1970 is over, not eternal */
	{ "{\"put\":\"peer\"," NET ",\"name\":\"p\","
	  "\"addresses\":[\"fd00::1\"],\"expires\":\"1970-01-01T00:00:00Z\"}",
	    "peer acme/p",
	    "{\"put\":\"peer\"," NET ",\"name\":\"p\","
	    "\"addresses\":[\"fd00::1\"],"
	    "\"expires\":\"1970-01-01T00:00:01Z\"}" },
};

/* Lines that are no puts. */
static const struct {
	const char *line;
	enum feed_verb verb;
	const char *title, *cursor, *network;
} others[] = {
	{ "", FEED_NOTHING, NULL, NULL, NULL },
	{ " \t\r\n", FEED_NOTHING, NULL, NULL, NULL },
	{ "{\"delete\":\"network\",\"id\":\"ACME\"}", FEED_DELETE,
	    "network acme", NULL, NULL },
	{ "{\"delete\":\"instance\"," WEB "}", FEED_DELETE,
	    "instance acme/web/i1", NULL, NULL },
	{ "{\"delete\":\"distance\",\"from\":\"a\",\"to\":\"b\"}", FEED_DELETE,
	    "distance a/b", NULL, NULL },
	{ "{\"commit\":\"42\"}", FEED_COMMIT, NULL, "42", NULL },
	{ "{\"commit\":\"\"}\r", FEED_COMMIT, NULL, "", NULL },
	{ "{\"snapshot\":\"begin\"}", FEED_SNAPSHOT_BEGIN, NULL, NULL, NULL },
	{ "{\"snapshot\":\"begin\",\"network\":\"Acme\"}", FEED_SNAPSHOT_BEGIN,
	    NULL, NULL, "acme" },
	{ "{\"commit\":\"7\",\"snapshot\":\"end\"}", FEED_SNAPSHOT_END, NULL,
	    "7", NULL },
	{ "{\"snapshot\":\"end\"}", FEED_SNAPSHOT_END, NULL, NULL, NULL },
};

#define LABEL   "must be 1 to 63 of a-z, 0-9, - and _"
#define GIVEN   "must be given"
#define STRANGE "is not known here"
#define BLOCKS                                                                 \
	"must hold IPv6 or IPv4 addresses, or each with the length of its"     \
	" block (fdaa:0:18::102/120)"
#define ENDPOINT    "must be host:port or [v6]:port, at most 200 octets"
#define PEER        "{\"put\":\"peer\"," NET ",\"name\":\"p\",\"addresses\":"
#define INSTANCE_AT "{\"put\":\"instance\"," WEB IN ",\"endpoint\":"

#define ZONE                                                                   \
	"must not be internal, apn, flycast, arpa, a special-use name, nor"    \
	" below one"

static const struct {
	const char *line, *field, *rule, *value;
} bad[] = {
	{ "{", "",
	    "must be a JSON object: string or '}' expected near end of file",
	    "{" },
	{ "[]", "", "must be a JSON object: it is an array", "[]" },
	{ "{}", "", "must have put, delete, commit or snapshot as a key", "" },
	{ "{\"Put\":\"app\"}", "",
	    "must have put, delete, commit or snapshot as a key", "" },
	{ "{\"put\":1}", "put", "must be a string", "" },
	{ "{\"put\":\"apps\"}", "put",
	    "must be network, region, distance, app, instance, peer"
	    ", gateway, alias, zone, record or export",
	    "apps" },
	{ "{\"put\":\"app\",\"put\":\"app\"}", "",
	    "must be a JSON object: duplicate object key near '\"put\"'",
	    "{\"put\":\"app\",\"put\":\"app\"}" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"name\":\"a\"}", "",
	    "must be a JSON object: duplicate object key near '\"name\"'",
	    "{\"put\":\"app\"," NET ",\"name\":\"a\",\"name\":\"a\"}" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\"}}", "",
	    "must be a JSON object: end of file expected near '}'",
	    "{\"put\":\"app\"," NET ",\"name\":\"a\"}}" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",}", "",
	    "must be a JSON object: string or '}' expected near '}'",
	    "{\"put\":\"app\"," NET ",\"name\":\"a\",}" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"\1\"}}", "",
	    "must be a JSON object: control character 0x1 near '\"'",
	    "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"?\"}}" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"\xff\"}}", "",
	    "must be a JSON object: unable to decode byte 0xff near '\"'",
	    "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":\"\xff\"}}" },
	{ "{\"put\":\"app\",\"delete\":\"app\"," NET ",\"name\":\"a\"}",
	    "delete", STRANGE, "" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"nmae\":\"a\"}", "nmae",
	    STRANGE, "" },
	{ "{\"put\":\"app\",\"name\":\"a\"}", "network", GIVEN, "" },
	{ "{\"put\":\"app\"," NET "}", "name", GIVEN, "" },
	{ "{\"put\":\"app\"," NET ",\"name\":7}", "name", "must be a string",
	    "7" },
	{ "{\"put\":\"app\"," NET ",\"name\":null}", "name", "must be a string",
	    "null" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"_a\"}", "name",
	    "must not begin with _", "_a" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a.b\"}", "name", LABEL, "a.b" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"\"}", "name", LABEL, "" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"domain\":\"a..b\"}",
	    "domain",
	    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
	    " with dots between",
	    "a..b" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"flycast\":\"fd00::1\"}",
	    "flycast", "must be an array of strings", "\"fd00::1\"" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"flycast\":[1]}", "flycast",
	    "must be a string", "1" },
	{ "{\"put\":\"app\"," NET ",\"name\":\"a\",\"flycast\":[\"fd00:1\"]}",
	    "flycast", "must hold IPv6 or IPv4 addresses", "fd00:1" },
	{ "{\"put\":\"app\"," NET
	  ",\"name\":\"a\",\"flycast\":[\"fd00::1\",\"FD00:0::1\"]}",
	    "flycast", "must not have an address twice", "fd00::1" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[]}", "prefixes",
	    "must have 1 to 64 entries", "0" },
	{ "{\"put\":\"network\",\"id\":\"n\"}", "prefixes", GIVEN, "" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[\"fd00::1/8\"]}",
	    "prefixes",
	    "must hold prefixes (fdaa:0:18::/48), with no bit set behind"
	    " their length",
	    "fd00::1/8" },
	{ "{\"put\":\"network\",\"id\":\"n\","
	  "\"prefixes\":[\"fd00::/8\",\"fd00:0::/8\"]}",
	    "prefixes", "must not have a prefix twice", "fd00::/8" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[\"::/0\"],"
	  "\"ttl\":1.5}",
	    "ttl", "must be a whole number from 0 to 86400", "1.5" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[\"::/0\"],"
	  "\"ttl\":86401}",
	    "ttl", "must be a whole number from 0 to 86400", "86401" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"a.b\","
	  "\"fallthrough\":\"no\"}",
	    "fallthrough", "must be true or false", "\"no\"" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"x.internal\"}", "name", ZONE,
	    "x.internal" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"10.in-addr.arpa\"}", "name",
	    ZONE, "10.in-addr.arpa" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"flycast\"}", "name", ZONE,
	    "flycast" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"a.local\"}", "name", ZONE,
	    "a.local" },
	{ "{\"put\":\"zone\"," NET ",\"name\":\"*.acme\"}", "name",
	    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
	    " with dots between",
	    "*.acme" },
	{ "{\"put\":\"record\"," NET ",\"name\":\"a.b\",\"type\":\"NS\","
	  "\"values\":[\"a.\"]}",
	    "type", "must be A, AAAA, CNAME, TXT, MX, SRV, CAA or HTTPS",
	    "NS" },
	{ "{\"put\":\"record\"," NET ",\"name\":\"a.b\",\"type\":\"A\","
	  "\"values\":[\"1.2.3\"]}",
	    "values", "must be what A records have, as: 192.0.2.1", "1.2.3" },
	{ "{\"put\":\"record\"," NET ",\"name\":\"a.b\",\"type\":\"CNAME\","
	  "\"values\":[\"a.\",\"b.\"]}",
	    "values", "must be one of a CNAME, which is its name's only record",
	    "b." },
	{ "{\"put\":\"record\"," NET ",\"name\":\"a.b\",\"type\":\"A\","
	  "\"values\":[\"1.1.1.1\",\"1.1.1.1\"]}",
	    "values", "must not have a value twice", "1.1.1.1" },
	{ "{\"put\":\"region\",\"id\":\"nearest\",\"latitude\":1,"
	  "\"longitude\":1}",
	    "id", "must not be a word that names use for something else",
	    "nearest" },
	{ "{\"put\":\"region\",\"id\":\"x\",\"latitude\":90.5,"
	  "\"longitude\":1}",
	    "latitude", "must be from -90 to 90", "90.5" },
	{ "{\"put\":\"region\",\"id\":\"x\",\"latitude\":1,"
	  "\"longitude\":-1e99}",
	    "longitude", "must be from -180 to 180", "-1e+99" },
	{ "{\"put\":\"distance\",\"from\":\"a\",\"to\":\"A\",\"ms\":1}", "to",
	    "must be another region", "a" },
	{ "{\"put\":\"distance\",\"from\":\"a\",\"to\":\"b\",\"ms\":-1}", "ms",
	    "must be from 0 to 60000", "-1" },
	{ "{\"put\":\"instance\"," WEB "}", "region", GIVEN, "" },
	{ "{\"put\":\"instance\"," WEB ",\"region\":\"iad\","
	  "\"addresses\":[]}",
	    "addresses", "must have 1 to 64 entries", "0" },
	{ "{\"put\":\"instance\"," WEB IN ",\"state\":\"running\"}", "state",
	    "must be \"started\", \"draining\" or \"stopped\"", "running" },
	{ "{\"put\":\"instance\"," WEB IN ",\"name\":\"_x\"}", "name",
	    "must not begin with _", "_x" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":[]}", "metadata",
	    "must be an object", "[]" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"a\":1}}", "a",
	    "must be a string", "1" },
	{ "{\"put\":\"instance\"," WEB IN ",\"metadata\":{\"\":\"1\"}}",
	    "metadata", "must have keys of 1 to 63 octets", "" },
	{ "{\"put\":\"peer\"," NET ",\"name\":\"p\","
	  "\"addresses\":[\"fd00::1\"],\"expires\":\"tomorrow\"}",
	    "expires", "must be an RFC 3339 time (2026-03-01T12:00:00Z)",
	    "tomorrow" },
	/* the value of a secret is not told either */
	{ PEER "[\"fd00::1\"],\"private_key\":\"x\"}", "private_key",
	    "must not be told: a private key is its owner's alone", "" },
	{ PEER "[\"fd00::1/129\"]}", "addresses", BLOCKS, "fd00::1/129" },
	{ PEER "[\"10.0.0.1/33\"]}", "addresses", BLOCKS, "10.0.0.1/33" },
	{ PEER "[\"10.0.0.1/\"]}", "addresses", BLOCKS, "10.0.0.1/" },
	{ PEER "[\"fd00::1/64\",\"fd00::1\"]}", "addresses",
	    "must not have an address twice", "fd00::1" },
	{ PEER "[\"fd00::1\"],\"role\":\"root\"}", "role",
	    "must be \"observer\", \"developer\", \"admin\" or \"owner\"",
	    "root" },
	{ PEER "[\"fd00::1\"],\"apps\":[\"_a\"]}", "apps",
	    "must hold names of 1 to 63 of a-z, 0-9, - and _, which is not"
	    " the first",
	    "_a" },
	{ PEER "[\"fd00::1\"],\"apps\":[\"a\",\"A\"]}", "apps",
	    "must not have an app twice", "a" },
	/* 32 octets leave the last letter no bits but four */
	{ PEER "[\"fd00::1\"],\"public_key\":"
	       "\"6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVZ=\"}",
	    "public_key",
	    "must be a key as wg pubkey writes it, 44 letters of base64",
	    "6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVZ=" },
	{ PEER "[\"fd00::1\"],\"public_key\":\"\"}", "public_key",
	    "must be a key as wg pubkey writes it, 44 letters of base64", "" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[\"10.0.0.0/8\"],"
	  "\"pool\":[\"10.0.0.0/7\"]}",
	    "pool", "must lie inside the network's prefixes", "10.0.0.0/7" },
	{ "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":[\"fd00::/8\"],"
	  "\"pool\":[\"fd00::/9\"]}",
	    "pool", "must hold IPv4 prefixes", "fd00::/9" },
	/* what stands in it stands in a configuration */
	{ INSTANCE_AT "\"a b:1\"}", "endpoint", ENDPOINT, "a b:1" },
	{ INSTANCE_AT "\"a\\n:1\"}", "endpoint", ENDPOINT, "a?:1" },
	{ INSTANCE_AT "\"a:0\"}", "endpoint", ENDPOINT, "a:0" },
	{ INSTANCE_AT "\"a:65536\"}", "endpoint", ENDPOINT, "a:65536" },
	{ INSTANCE_AT "\"a:\"}", "endpoint", ENDPOINT, "a:" },
	{ INSTANCE_AT "\"fd00::1\"}", "endpoint", ENDPOINT, "fd00::1" },
	{ INSTANCE_AT "\"[fd00::1\"}", "endpoint", ENDPOINT, "[fd00::1" },
	{ INSTANCE_AT "\"[10.0.0.1]\"}", "endpoint", ENDPOINT, "[10.0.0.1]" },
	{ INSTANCE_AT "\"\"}", "endpoint", ENDPOINT, "" },
	{ "{\"age\":0,\"put\":\"instance\"," WEB IN "}", "age",
	    "must be a whole number above 0", "0" },
	{ "{\"age\":1,\"delete\":\"instance\"," WEB "}", "age", STRANGE, "" },
	{ "{\"delete\":\"app\"," NET "}", "name", GIVEN, "" },
	{ "{\"delete\":\"app\"," NET ",\"name\":\"a\",\"domain\":\"a\"}",
	    "domain", "does not belong to a key", "" },
	{ "{\"commit\":1}", "commit", "must be a string", "" },
	{ "{\"commit\":\"1\",\"x\":1}", "x", STRANGE, "" },
	{ "{\"snapshot\":\"start\"}", "snapshot",
	    "must be \"begin\" or \"end\"", "start" },
	{ "{\"snapshot\":\"begin\",\"commit\":\"1\"}", "commit", STRANGE, "" },
	{ "{\"snapshot\":\"begin\",\"network\":\"a b\"}", "network", LABEL,
	    "a b" },
	{ "{\"snapshot\":\"begin\",\"allow_delete\":1}", "allow_delete",
	    "must be true or false", "" },
	{ "{\"snapshot\":\"end\",\"commit\":1}", "commit", "must be a string",
	    "" },
};

static struct arena arena;

static char *
print(const struct fact *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fact_json_print_aged(out, f);
	assert_int_equal(fclose(out), 0);
	return text;
}

static enum err
read_one(
    struct feed_line *line, const char *text, size_t len, struct complaint *why)
{
	feed_line_read(line, &arena, text, len);
	if (line->why == NULL)
		return E_OK;
	*why = *line->why;
	return E_INPUT;
}

/* Reads a line; not plain, by the tab in front, it means the same. */
static enum err
read_line(struct feed_line *line, const char *text, struct complaint *why)
{
	char other[1024], title[2][FACT_TITLE];
	size_t len = (size_t)snprintf(other, sizeof(other), "\t%s", text);
	struct feed_line again;
	enum err err = read_one(&again, other, len, why);

	assert_in_range(len, 0, sizeof(other) - 1);
	assert_int_equal(read_one(line, text, len - 1, why), err);
	assert_int_equal(line->verb, again.verb);
	assert_int_equal(line->named, again.named);
	if (line->named)
		assert_string_equal(fact_title(&line->fact, title[0]),
		    fact_title(&again.fact, title[1]));
	if (line->verb == FEED_PUT) {
		char *one = print(&line->fact), *two = print(&again.fact);

		assert_string_equal(one, two);
		free(one);
		free(two);
	}
	return err;
}

static void
test_puts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(puts_) / sizeof(puts_[0]); i++) {
		const char *text = puts_[i].line;
		char title[FACT_TITLE], *again;
		struct feed_line line;
		struct complaint why;

		print_message("%s\n", text);
		assert_int_equal(read_line(&line, text, &why), E_OK);
		assert_int_equal(line.verb, FEED_PUT);
		assert_true(line.named);
		assert_string_equal(
		    fact_title(&line.fact, title), puts_[i].title);
		again = print(&line.fact);
		assert_string_equal(
		    again, puts_[i].again == NULL ? text : puts_[i].again);
		free(again);
		arena_reset(&arena);
	}
}

static void
assert_text(const char *got, const char *expected)
{
	if (expected == NULL)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void
test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const char *text = others[i].line;
		char title[FACT_TITLE];
		struct feed_line line;
		struct complaint why;

		print_message("%s\n", text);
		assert_int_equal(read_line(&line, text, &why), E_OK);
		assert_int_equal(line.verb, others[i].verb);
		assert_int_equal(line.named, others[i].title != NULL);
		if (line.named)
			assert_string_equal(
			    fact_title(&line.fact, title), others[i].title);
		assert_text(line.cursor, others[i].cursor);
		assert_text(line.network, others[i].network);
		arena_reset(&arena);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *text = bad[i].line;
		struct feed_line line;
		struct complaint why;

		print_message("%s\n", text);
		assert_int_equal(read_line(&line, text, &why), E_INPUT);
		assert_int_equal(line.verb, FEED_KEEP);
		assert_string_equal(why.rule, bad[i].rule);
		assert_string_equal(why.field, bad[i].field);
		assert_string_equal(why.value, bad[i].value);
		arena_reset(&arena);
	}
}

/* As many entries as are allowed, and one more. */
static void
test_limits(void **state)
{
	char text[8192];
	struct feed_line line;
	struct complaint why;

	(void)state;
	for (unsigned n = 63; n <= 65; n++) {
		size_t len = (size_t)snprintf(text, sizeof(text),
		    "{\"put\":\"peer\"," NET ",\"name\":\"%.*s\","
		    "\"addresses\":[",
		    (int)n,
		    "ppppppppppppppppppppppppppppppppppppppppp"
		    "pppppppppppppppppppppppp");
		for (unsigned i = 0; i < n - 1; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s\"fd00::%x\"", i == 0 ? "" : ",", i);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "]}");
		assert_int_equal(
		    read_one(&line, text, len, &why), n == 63 ? E_OK : E_INPUT);
		if (n != 63)
			assert_string_equal(why.field, "name");
	}
	{
		size_t len = (size_t)snprintf(text, sizeof(text),
		    "{\"put\":\"peer\"," NET ",\"name\":\"p\","
		    "\"addresses\":[");
		for (unsigned i = 0; i < 65; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s\"fd00::%x\"", i == 0 ? "" : ",", i);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "]}");
		assert_int_equal(read_one(&line, text, len, &why), E_INPUT);
		assert_string_equal(why.field, "addresses");
		assert_string_equal(why.rule, "must have at most 64 entries");
		assert_string_equal(why.value, "65");
	}
	arena_reset(&arena);
}

/* A key that is known from elsewhere: may be missing, must agree. */
static void
test_key_from_outside(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} rows[] = {
		{ "{}", E_OK },
		{ "{\"name\":\"WEB\"," NET "}", E_OK },
		{ "{\"name\":\"web2\"}", E_INPUT },
		{ "{\"put\":\"app\"}", E_INPUT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fact f = {
			.kind = FACT_APP, .network = "acme", .app = "web"
		};
		struct complaint why;
		json_t *object;

		print_message("%s\n", rows[i].text);
		object = json_loads(rows[i].text, 0, NULL);
		assert_non_null(object);
		assert_int_equal(fact_json_read(&f, &arena, object, NULL, &why),
		    rows[i].err);
		json_decref(object);
		assert_string_equal(f.app, "web");
	}
	arena_reset(&arena);
}

static int
release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_puts),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_key_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
