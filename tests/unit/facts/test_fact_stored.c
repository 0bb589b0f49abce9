/*
 * test_fact_stored.c - facts to bytes and back.
 */
#include "zones/facts/stored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/dns.h"
#include "store_fixture.h"

/* A fact each, as the feed writes it; comes back letter by letter. */
static const char *const facts[] = {
	"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
	"'172.16.10.0/24']}",
	/* its own resolvers and TTL */
	"{'put':'network','id':'a','prefixes':['::/0'],'resolvers':"
	"['fdaa::3','10.0.0.3'],'ttl':0}",
	"{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}",
	"{'put':'region','id':'null','latitude':0,'longitude':0}",
	"{'put':'distance','from':'lhr','to':'iad','ms':68.125}",
	"{'put':'app','network':'acme','name':'web'}",
	"{'put':'app','network':'acme','name':'web','domain':'web.production',"
	"'flycast':['fdaa:0:18:0:1::3','172.16.10.3']}",
	"{'put':'instance','network':'acme','app':'web','id':'f0','region':"
	"'iad','addresses':['fdaa:0:18::2']}",
	/* all that an instance can have; IPv4 first */
	"{'put':'instance','network':'acme','app':'web','id':'f0','region':"
	"'iad','addresses':['172.16.10.3','172.16.10.4','fdaa:0:18::2'],"
	"'name':'lion','group':'web','state':'stopped','metadata':{'Role':"
	"'Primary','empty':''}}",
	/* IPv4 alone */
	"{'put':'instance','network':'acme','app':'web','id':'f0','region':"
	"'iad','addresses':['172.16.10.3']}",
	"{'put':'peer','network':'acme','name':'p','addresses':"
	"['fdaa:0:18::102']}",
	"{'put':'peer','network':'acme','name':'p','region':'ord','addresses':"
	"['fdaa:0:18::102'],'expires':'2026-03-01T12:00:00Z'}",
	"{'put':'network','id':'a','prefixes':['fdaa:0:18::/48','10.0.0.0/8'],"
	"'role':'observer','pool':['10.1.0.0/16']}",
	"{'put':'instance','network':'acme','app':'web','id':'f0','region':"
	"'iad','addresses':['fdaa:0:18::2'],'public_key':"
	"'6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY=','endpoint':"
	"'[fd00::1]:51820'}",
	/* all that a peer can have; blocks of both families, IPv4 first */
	"{'put':'peer','network':'acme','name':'p','region':'ord','addresses':"
	"['10.0.0.1/24','10.0.1.1','fdaa:0:18::102/120','fdaa:0:18::2'],"
	"'expires':'2026-03-01T12:00:00Z','role':'owner','apps':['web','blog'],"
	"'gateway':'iad1','public_key':"
	"'6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY='}",
	"{'put':'gateway','id':'iad1','region':'iad','endpoint':'gw.example',"
	"'public_key':'6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY=',"
	"'number':4294967295}",
};

#define VALUE_MAX 1024 /* of metadata */

static struct arena arena;

/* The fact that a line puts. */
static struct fact
fact_of(const char *line)
{
	char *text = arena_text(&arena, line);
	struct feed_line read;

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	feed_line_read(&read, &arena, text, strlen(text));
	assert_null(read.why);
	return read.fact;
}

static struct fact
key_of(const struct fact *f)
{
	return (struct fact){ .kind = f->kind,
		.network = f->kind == FACT_NETWORK ? NULL : f->network,
		.app = f->app,
		.id = f->id,
		.to = f->to };
}

static void
assert_prints(const struct fact *f, const char *line)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fact_json_print(out, f);
	assert_int_equal(fclose(out), 0);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	assert_string_equal(text, line);
	free(text);
}

static void
test_round_trip(void **state)
{
	static uint8_t buf[FACT_STORED_MAX], again[FACT_STORED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct fact f = fact_of(facts[i]), back = key_of(&f);
		struct wire_out out = wire_out(buf, sizeof(buf));
		struct wire_out out2 = wire_out(again, sizeof(again));

		print_message("%s\n", facts[i]);
		fact_encode(&f, 77 + i, &out);
		assert_false(out.bad);
		assert_true(fact_decode(&back, wire_in(buf, out.len), &arena));
		assert_int_equal(back.age, 77 + i);
		assert_prints(&back, facts[i]);
		fact_encode(&back, back.age, &out2);
		assert_int_equal(out2.len, out.len);
		assert_memory_equal(again, buf, out.len);
		arena_reset(&arena);
	}
}

/* Every shorter piece of a fact is none, and so is one that is longer. */
static void
test_truncated(void **state)
{
	static uint8_t buf[FACT_STORED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct fact f = fact_of(facts[i]);
		struct wire_out out = wire_out(buf, sizeof(buf));

		fact_encode(&f, 1, &out);
		for (size_t len = 0; len <= out.len + 1; len++) {
			struct fact back = key_of(&f);
			/* of its own length, for the sanitizer to watch */
			uint8_t *piece = malloc(len + 1);
			bool ok;

			assert_non_null(piece);
			memcpy(piece, buf, len);
			ok = fact_decode(&back, wire_in(piece, len), &arena);
			free(piece);
			assert_int_equal(ok, len == out.len);
		}
		arena_reset(&arena);
	}
}

/* The largest fact that the rules let through fits. */
static void
test_largest(void **state)
{
	static uint8_t buf[FACT_STORED_MAX];
	static char value[VALUE_MAX + 1];
	static char key[FACT_LIST_MAX][64];
	static char label[DNS_LABEL_MAX + 1];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct fact_pair metadata[FACT_LIST_MAX];
	struct addr addresses[FACT_LIST_MAX];
	struct fact f = { .kind = FACT_INSTANCE,
		.network = label,
		.app = label,
		.id = label,
		.region = label,
		.name = label,
		.group = label,
		.addresses = addresses,
		.address_count = FACT_LIST_MAX,
		.metadata = metadata,
		.metadata_count = FACT_LIST_MAX };
	struct fact back = { .kind = FACT_INSTANCE };

	(void)state;
	memset(value, 'v', VALUE_MAX);
	memset(label, 'l', DNS_LABEL_MAX);
	memset(addresses, 0xfd, sizeof(addresses));
	for (unsigned i = 0; i < FACT_LIST_MAX; i++) {
		memset(key[i], 'k', 63);
		metadata[i] = (struct fact_pair){ key[i], value };
	}
	fact_encode(&f, UINT64_MAX, &out);
	assert_false(out.bad);
	assert_true(fact_decode(&back, wire_in(buf, out.len), &arena));
	assert_true(back.age == UINT64_MAX);
	assert_int_equal(back.metadata_count, FACT_LIST_MAX);
	assert_string_equal(back.metadata[63].value, value);
	assert_string_equal(back.group, label);
	arena_reset(&arena);
}

/*
 * Bytes that no fact makes: an offset into a fact's, and what stands there
 * instead.  The offsets are those of facts/stored.h.
 */
static const struct {
	const char *line;
	size_t at;
	int is, becomes;
} odd[] = {
	/* an instance: label region at 8, u8 flags at 12, u8 v6, u8 v4,
	 * address, labels name and group, u8 state */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['fdaa::2']}",
	    9, 'i', 0 }, /* zero in a text */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['fdaa::2']}",
	    12, 0, 0x80 }, /* a flag that there is not */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['fdaa::2']}",
	    12, 0, 0x01 }, /* one of a brief */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['fdaa::2']}",
	    12, 0, 0x02 }, /* IPv4 first, of none */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['10.0.0.1']}",
	    12, 2, 0 }, /* IPv6 first, of none */
	{ "{'put':'instance','network':'n','app':'a','id':'i','region':'iad',"
	  "'addresses':['fdaa::2']}",
	    33, 0, 3 }, /* a state that there is not */
	/* a network: label id at 8, u8 count, prefix, u8 length at 27 */
	{ "{'put':'network','id':'n','prefixes':['fdaa::/48']}", 27, 48, 129 },
	{ "{'put':'network','id':'n','prefixes':['fdaa::/48']}", 9, 'n', 0 },
};

static void
test_odd(void **state)
{
	static uint8_t buf[FACT_STORED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct fact f = fact_of(odd[i].line), back = key_of(&f);
		struct wire_out out = wire_out(buf, sizeof(buf));

		print_message("row %zu\n", i);
		fact_encode(&f, 1, &out);
		assert_int_equal(buf[odd[i].at], odd[i].is);
		assert_true(fact_decode(&back, wire_in(buf, out.len), &arena));
		buf[odd[i].at] = (uint8_t)odd[i].becomes;
		back = key_of(&f);
		assert_false(fact_decode(&back, wire_in(buf, out.len), &arena));
		arena_reset(&arena);
	}
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
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
