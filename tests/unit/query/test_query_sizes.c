/*
 * test_query_sizes.c - what fits, what is cut and where, and which part of
 * many is told.
 */
#include "zones/query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "query_fixture.h"

#define ME   "fdaa:0:18:f::1"
#define MANY 3600 /* instances, of two addresses each */

static struct fixture f;
static struct query_env env;

__attribute__((format(printf, 2, 3))) static void
put(struct store_txn *t, const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (fixture_lines(&f, t, line) != E_OK)
		fail_msg("%s: %s %s", line, f.why.field, f.why.rule);
	arena_reset(&f.arena);
}

#define INSTANCE                                                               \
	"{'put':'instance','network':'n','app':'%s','id':'i%u','region':'%s',"

static int
start(void **state)
{
	struct store_txn *t;

	(void)state;
	fixture_open(&f);
	store_begin(f.writer, &t);
	put(t, "{'put':'network','id':'n','prefixes':['fdaa:0:18::/48']}");
	put(t, "{'put':'region','id':'fra','latitude':50,'longitude':8}");
	put(t, "{'put':'region','id':'iad','latitude':38,'longitude':-77}");
	for (unsigned i = 0; i < 5; i++)
		put(t, INSTANCE "'addresses':['fdaa:0:18::%x']}", "five", i,
		    "fra", i);
	for (unsigned i = 0; i < 300; i++)
		put(t, INSTANCE "'addresses':['fdaa:0:18:1::%x']}", "some", i,
		    i % 2 == 0 ? "fra" : "iad", i);
	for (unsigned i = 0; i < MANY; i++)
		put(t,
		    INSTANCE "'addresses':['fdaa:0:18:2::%x:1',"
			     "'fdaa:0:18:2::%x:2']}",
		    "many", i, i % 4 == 0 ? "iad" : "fra", i, i);
	if (store_commit(t) != E_OK)
		return -1;
	env = (struct query_env){ .snapshot = f.snapshot,
		.now = 1700000000,
		.region = "fra",
		.max_udp_size = 8192,
		.rng = { 42 } };
	return query_env_init(&env) == E_OK ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	query_env_release(&env);
	fixture_close(&f);
	return 0;
}

static unsigned
answers(const struct asked *a)
{
	return ldns_pkt_ancount(a->reply);
}

/* The octets of answer I's address. */
static const uint8_t *
address(const struct asked *a, unsigned i)
{
	return ldns_rdf_data(
	    ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(a->reply), i), 0));
}

/* Each size from the least to more than we ever send. */
static void
test_every_size(void **state)
{
	static struct asked a;
	unsigned before = 0;

	(void)state;
	for (unsigned size = 500; size < 9000; size++) {
		const struct ask q = { .name = "some.internal",
			.type = TYPE_AAAA,
			.from = ME,
			.size = (uint16_t)size };
		unsigned most = size < 512 ? 512 : size < 8192 ? size : 8192;

		ask(&a, &q, &env);
		assert_non_null(a.reply);
		assert_in_range(a.q.len, most - 27, most);
		assert_in_range(answers(&a), before, 299);
		assert_true(ldns_pkt_tc(a.reply));
		before = answers(&a);
		asked_release(&a);
	}
	/* 11 of OPT, 12 of the header, 19 of the question, 28 each */
	assert_int_equal(before, (8192 - 11 - 12 - 19) / 28);
}

/* Without EDNS 512, whatever; over TCP all. */
static void
test_least_and_most(void **state)
{
	static const struct {
		const char *name;
		uint16_t size;
		bool tcp, tc;
		unsigned answers;
	} rows[] = {
		{ "five.internal", 0, false, false, 5 },
		{ "some.internal", 0, false, true, (512 - 12 - 19) / 28 },
		{ "some.internal", 0, true, false, 300 },
		{ "some.internal", 512, true, false, 300 },
		{ "fra.some.internal", 0, true, false, 150 },
		{ "fra.some.internal", 4096, false, true,
		    (4096 - 11 - 12 - 23) / 28 },
		/* what even TCP cannot hold */
		{ "many.internal", 0, true, true, (65535 - 12 - 19) / 28 },
		{ "fra.many.internal", 0, true, true, (65535 - 12 - 23) / 28 },
		{ "iad.many.internal", 0, true, false, 1800 },
		/* nearest cuts by itself: nothing is missing */
		{ "top1.nearest.of.many.internal", 0, false, false, 1 },
		{ "top4.nearest.of.many.internal", 0, false, false, 4 },
		{ "top500.nearest.of.many.internal", 0, true, false, 500 },
		{ "top500.nearest.of.many.internal", 1232, false, true,
		    (1232 - 11 - 12 - 37) / 28 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct asked a;
		const struct ask q = { .name = rows[i].name,
			.type = TYPE_AAAA,
			.from = ME,
			.size = rows[i].size,
			.tcp = rows[i].tcp };

		ask(&a, &q, &env);
		print_message("%s %u %s: %u answers in %zu\n", rows[i].name,
		    rows[i].size, rows[i].tcp ? "TCP" : "UDP", answers(&a),
		    a.q.len);
		assert_int_equal(answers(&a), rows[i].answers);
		assert_int_equal(ldns_pkt_tc(a.reply), rows[i].tc);
		asked_release(&a);
	}
}

/* Never a silent cut: TC, EDE, a counter. */
static void
test_cut_tcp(void **state)
{
	static struct asked a;
	const struct ask q = { .name = "many.internal",
		.type = TYPE_AAAA,
		.from = ME,
		.size = 1232,
		.tcp = true };
	uint64_t before = env.counters.cut_tcp;

	(void)state;
	ask(&a, &q, &env);
	assert_true(ldns_pkt_tc(a.reply));
	assert_int_equal(asked_ede(&a), EDE_OTHER);
	assert_int_equal(env.counters.cut_tcp, before + 1);
	assert_in_range(a.q.len, 65535 - 27, 65535);
	asked_release(&a);
}

/* Each of five comes first, and about as often. */
static void
test_rotation(void **state)
{
	static struct asked a;
	const struct ask q = {
		.name = "five.internal", .type = TYPE_AAAA, .from = ME
	};
	unsigned first[5] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		bool met[5] = { false };

		ask(&a, &q, &env);
		assert_int_equal(answers(&a), 5);
		for (unsigned j = 0; j < 5; j++) {
			uint8_t which = address(&a, j)[15];

			assert_in_range(which, 0, 4);
			assert_false(met[which]);
			met[which] = true;
		}
		first[address(&a, 0)[15]]++;
		asked_release(&a);
	}
	for (unsigned i = 0; i < 5; i++)
		assert_in_range(first[i], 50, 150);
}

/*
 * Of an app of many pages a packet holds a part: any, without one twice,
 * and in the end all.
 */
static void
check_parts(const char *name, unsigned of)
{
	static bool met[MANY][2];
	static struct asked a;
	const struct ask q = {
		.name = name, .type = TYPE_AAAA, .from = ME, .size = 4096
	};
	unsigned all = 0;

	memset(met, 0, sizeof(met));
	for (unsigned round = 0; round < 3000; round++) {
		static unsigned seen[MANY][2];

		ask(&a, &q, &env);
		assert_true(ldns_pkt_tc(a.reply));
		assert_in_range(a.q.len, 4096 - 27, 4096);
		for (unsigned i = 0; i < answers(&a); i++) {
			const uint8_t *p = address(&a, i);
			unsigned id = dns_get16(p + 12), n = p[15] - 1U;

			assert_in_range(id, 0, MANY - 1);
			assert_in_range(n, 0, 1);
			assert_int_not_equal(seen[id][n], round + 1);
			seen[id][n] = round + 1;
			all += !met[id][n];
			met[id][n] = true;
		}
		asked_release(&a);
		memset(seen, 0, sizeof(seen));
	}
	assert_int_equal(all, of);
}

static void
test_many(void **state)
{
	(void)state;
	check_parts("many.internal", 2 * MANY);
	check_parts("fra.many.internal", 2 * MANY * 3 / 4);
}

/*
 * The list that a TXT record is, its strings joined, and how they are cut: so
 * many SHORT ones at most end before the next item would not have fitted.
 */
static char *
list_of(const struct asked *a, char separator, size_t short_most)
{
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(a->reply), 0);
	static char joined[65536];
	size_t len = 0, shorts = 0;

	assert_int_equal(answers(a), 1); /* one record */
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const uint8_t *s = ldns_rdf_data(ldns_rr_rdf(rr, i));
		size_t room = 255 - s[0], next;

		assert_int_not_equal(s[0], 0);
		assert_true(i == 0 || s[1] == (uint8_t)separator);
		memcpy(joined + len, s + 1, s[0]);
		len += s[0];
		if (i + 1 == ldns_rr_rd_count(rr))
			break;
		/* the next string's first item would not have fitted */
		s = ldns_rdf_data(ldns_rr_rdf(rr, i + 1));
		for (next = 1; next < s[0] && s[1 + next] != separator; next++)
			;
		shorts += next <= room;
	}
	assert_in_range(shorts, 0, short_most);
	joined[len] = '\0';
	return joined;
}

/* App names come in pages of so many octets, where they came in order. */
#define LIST_PAGE 4000

/* Apps of a network of their own: COUNT names of LEN octets, one of LAST. */
static void
put_apps(unsigned count, unsigned len, unsigned last)
{
	struct store_txn *t;

	store_begin(f.writer, &t);
	put(t, "{'delete':'network','id':'list'}");
	put(t, "{'put':'network','id':'list','prefixes':['fdaa:1::/32']}");
	for (unsigned i = 0; i < count; i++)
		put(t, "{'put':'app','network':'list','name':'%0*u'}", (int)len,
		    i);
	put(t, "{'put':'app','network':'list','name':'%.*s'}", (int)last,
	    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
	assert_int_equal(store_commit(t), E_OK);
}

static void
test_lists(void **state)
{
	static const struct {
		unsigned count, len, last, octets, strings;
	} rows[] = {
		{ 0, 0, 1, 1, 1 },
		{ 3, 63, 62, 254, 1 },
		{ 3, 63, 63, 255, 1 },
		{ 4, 62, 4, 256, 2 },
		{ 4, 63, 62, 318, 2 },
		{ 85, 2, 1, 256, 2 },
		{ 78, 63, 8, 5000, 26 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct asked a;
		const struct ask q = { .name = "_apps.internal",
			.type = TYPE_TXT,
			.from = "fdaa:1::1",
			.tcp = true };

		print_message("%u octets\n", rows[i].octets);
		put_apps(rows[i].count, rows[i].len, rows[i].last);
		ask(&a, &q, &env);
		assert_false(ldns_pkt_tc(a.reply));
		assert_int_equal(
		    strlen(list_of(&a, ',', rows[i].octets / LIST_PAGE)),
		    rows[i].octets);
		assert_int_equal(ldns_rr_rd_count(ldns_rr_list_rr(
				     ldns_pkt_answer(a.reply), 0)),
		    rows[i].strings);
		asked_release(&a);
	}
}

/* A list is cut behind a whole item, at every size. */
static void
test_list_sizes(void **state)
{
	static struct asked a;
	size_t before = 0;

	(void)state;
	for (unsigned size = 512; size < 4096; size++) {
		const struct ask q = { .name = "vms.many.internal",
			.type = TYPE_TXT,
			.from = ME,
			.size = (uint16_t)size };
		char *list;

		ask(&a, &q, &env);
		assert_non_null(a.reply);
		assert_true(ldns_pkt_tc(a.reply));
		assert_in_range(a.q.len, size - 12, size);
		list = list_of(&a, ',', 0);
		assert_true(strlen(list) >= before);
		before = strlen(list);
		/* whole: "iID REG" at the end */
		assert_int_equal(list[0], 'i');
		assert_true(strcmp(list + before - 4, " fra") == 0 ||
		    strcmp(list + before - 4, " iad") == 0);
		asked_release(&a);
	}
}

/* The same of names, which come in pages: to the last that fits. */
static void
test_name_sizes(void **state)
{
	static struct asked a;
	size_t before = 0;

	(void)state;
	put_apps(7000, 10, 1);
	for (unsigned size = 512; size <= 8192; size++) {
		const struct ask q = { .name = "_apps.internal",
			.type = TYPE_TXT,
			.from = "fdaa:1::1",
			.size = (uint16_t)size };
		char *list;

		ask(&a, &q, &env);
		assert_non_null(a.reply);
		assert_true(ldns_pkt_tc(a.reply));
		/* an item and its separator, and the length of a string */
		assert_in_range(a.q.len, size - 11, size);
		list = list_of(&a, ',', size / LIST_PAGE);
		assert_true(strlen(list) >= before);
		before = strlen(list);
		assert_int_equal((before + 1) % 11, 0);
		for (unsigned i = 0; i < before; i += 11)
			assert_int_equal(strtoul(list + i, NULL, 10), i / 11);
		asked_release(&a);
	}
}

static void
test_names_cut_tcp(void **state)
{
	static struct asked a;
	const struct ask q = { .name = "_apps.internal",
		.type = TYPE_TXT,
		.from = "fdaa:1::1",
		.size = 1232,
		.tcp = true };

	(void)state;
	put_apps(7000, 10, 1);
	ask(&a, &q, &env);
	assert_true(ldns_pkt_tc(a.reply));
	assert_int_equal(asked_ede(&a), EDE_OTHER);
	assert_in_range(a.q.len, 65535 - 11 - 26, 65535);
	assert_int_equal(
	    (strlen(list_of(&a, ',', 65535 / LIST_PAGE)) + 1) % 11, 0);
	asked_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_least_and_most),
		cmocka_unit_test(test_cut_tcp),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_sizes),
		cmocka_unit_test(test_name_sizes),
		cmocka_unit_test(test_names_cut_tcp),
	};

	return cmocka_run_group_tests(tests, start, end);
}
