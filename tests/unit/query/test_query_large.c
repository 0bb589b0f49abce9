/*
 * test_query_large.c - apps of any size, against a model: who is in an answer,
 * that nobody is twice, and that each comes first as often as others.
 */
#include "zones/query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "query_fixture.h"
#include "zones/store/read/lookup.h"

#define ME      "fdaa:0:18:f::1"
#define MOST    1500
#define REGIONS 5
#define ANY     REGIONS
#define SRV     33

struct one {
	bool is, in_group, has_port;
	unsigned region;
	enum tier tier;
	unsigned has[2]; /* addresses: IPv6, IPv4 */
};

static struct model {
	struct fixture f;
	struct query_env env;
	struct rng rng;
	unsigned count;
	struct one one[MOST];
} m;

/* Milliseconds from r0, where the server is; r3 and r4 are nowhere. */
static const unsigned far[REGIONS] = { 0, 10, 10, 99, 99 };

static void
change(struct store_txn *t, const char *line)
{
	if (fixture_lines(&m.f, t, line) != E_OK)
		fail_msg("%s: %s %s", line, m.f.why.field, m.f.why.rule);
	arena_reset(&m.f.arena);
}

static void
put_one(struct store_txn *t, unsigned id, const struct one *o)
{
	static const char *const tiers[] = { "'health':'warning'",
		"'health':'critical'", "'state':'draining'",
		"'state':'stopped'" };
	char line[1024];
	FILE *out = fmemopen(line, sizeof(line), "w");

	assert_non_null(out);
	fprintf(out,
	    "{'put':'instance','network':'n','app':'web','id':'i%u',"
	    "'region':'r%u',%s,%s%s'addresses':[",
	    id, o->region, tiers[o->tier], o->in_group ? "'group':'g'," : "",
	    o->has_port ? "'ports':{'own':1}," : "");
	for (unsigned i = 0; i < o->has[0] + o->has[1]; i++)
		if (i < o->has[0])
			fprintf(out, "%s'fdaa:0:18:1::%x:%x'", i > 0 ? "," : "",
			    id, i);
		else
			fprintf(out, "%s'10.0.%u.%u'", i > 0 ? "," : "",
			    id / 256, id % 256);
	fprintf(out, "]}");
	fclose(out);
	change(t, line);
	m.one[id] = *o;
}

/* Of a round: which tiers, regions and families there are is drawn too. */
static struct one
draw_one(unsigned round)
{
	struct one o = { .is = true,
		.in_group = rng_below(&m.rng, 3) == 0,
		.has_port = rng_below(&m.rng, 40) == 0,
		.region = rng_below(&m.rng, 1 + round % REGIONS),
		.tier = (enum tier)rng_below(&m.rng, 4) };
	unsigned family = rng_below(&m.rng, 8);

	if (rng_below(&m.rng, 50) != 0 && o.tier < round / 2 % 4)
		o.tier = TIER_STOPPED;
	o.has[0] = family == 0 && round % 3 != 0 ? 0 : 1 + (family == 1);
	o.has[1] = o.has[0] == 0 || (family == 2 && round % 2 == 0);
	return o;
}

static void
fill(unsigned round)
{
	static const unsigned sizes[] = { 3, 40, 150, 600, MOST };
	struct store_txn *t;

	store_begin(m.f.writer, &t);
	change(t, "{'delete':'app','network':'n','name':'web'}");
	change(
	    t, "{'put':'app','network':'n','name':'web','ports':{'all':80}}");
	m.count = sizes[round % 5];
	memset(m.one, 0, sizeof(m.one));
	for (unsigned i = 0; i < 2 * m.count; i++) {
		struct one o = draw_one(round);

		put_one(t, i < m.count ? i : rng_below(&m.rng, m.count), &o);
	}
	assert_int_equal(store_commit(t), E_OK);
	assert_int_equal(fixture_check(&m.f), E_OK);
}

/* A question: of which instances, and how many records each has of the type. */
struct asks {
	const char *name;
	uint16_t type;
	unsigned region;
	bool group, own;
	unsigned top; /* of nearest; 0: it is no such */
	enum tier best;
};

static bool
is_of(const struct asks *a, const struct one *o)
{
	return o->is && (a->region == ANY || o->region == a->region) &&
	    (!a->group || o->in_group);
}

static enum tier
best_of(const struct asks *a)
{
	enum tier best = TIER_STOPPED;

	for (unsigned i = 0; i < m.count; i++)
		if (is_of(a, &m.one[i]) && m.one[i].tier < best)
			best = m.one[i].tier;
	return best;
}

/* How many records one has in the answer. */
static unsigned
records(const struct asks *a, const struct one *o)
{
	if (a->best == TIER_STOPPED || o->tier != a->best || !is_of(a, o) ||
	    (a->own && !o->has_port))
		return 0;
	return a->type == SRV ? 1 : o->has[a->type == TYPE_A];
}

/* The instance of record I of an answer. */
static unsigned
id_at(const struct asked *a, const struct asks *q, unsigned i)
{
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(a->reply), i);
	const uint8_t *p;

	if (q->type == SRV)
		return (unsigned)strtoul(
		    (const char *)ldns_rdf_data(ldns_rr_rdf(rr, 3)) + 2, NULL,
		    10);
	p = ldns_rdf_data(ldns_rr_rdf(rr, 0));
	return q->type == TYPE_A ? p[2] * 256U + p[3] : dns_get16(p + 12);
}

static int
compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* The nearest come first, whoever of those that are as far. */
static void
check_near(const struct asked *a, const struct asks *q, unsigned n)
{
	static unsigned all[2 * MOST];
	unsigned count = 0;

	for (unsigned i = 0; i < m.count; i++)
		for (unsigned j = records(q, &m.one[i]); j > 0; j--)
			all[count++] = far[m.one[i].region];
	qsort(all, count, sizeof(*all), compare);
	assert_true(
	    n == (count < q->top ? count : q->top) || ldns_pkt_tc(a->reply));
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(far[m.one[id_at(a, q, i)].region], all[i]);
}

static void
check_ask(const struct asks *q, uint16_t size)
{
	static struct asked a;
	const struct ask ask_ = { .name = q->name,
		.type = q->type,
		.from = ME,
		.size = size,
		.tcp = size == 0 };
	unsigned met[MOST] = { 0 }, all = 0, n;
	char what[128];

	ask(&a, &ask_, &m.env);
	assert_non_null(a.reply);
	n = (unsigned)ldns_pkt_ancount(a.reply);
	(void)snprintf(what, sizeof(what), "%s %u, %u octets: %u of", q->name,
	    q->type, size, n);
	for (unsigned i = 0; i < m.count; i++)
		all += records(q, &m.one[i]);
	for (unsigned i = 0; i < n; i++) {
		unsigned id = id_at(&a, q, i);

		assert_in_range(id, 0, m.count - 1);
		if (++met[id] > records(q, &m.one[id]))
			fail_msg("%s %u: i%u", what, all, id);
	}
	if (q->top > 0)
		check_near(&a, q, n);
	else if (n != all && (!ldns_pkt_tc(a.reply) || a.q.len < size - 70U))
		fail_msg("%s %u", what, all);
	asked_release(&a);
}

/* How many items the list has. */
static void
check_list(const char *name, bool stopped_too)
{
	static struct asked a;
	const struct ask ask_ = {
		.name = name, .type = TYPE_TXT, .from = ME, .tcp = true
	};
	unsigned all = 0, n = 0;
	char *text;

	for (unsigned i = 0; i < m.count; i++)
		all += m.one[i].is &&
		    (stopped_too || m.one[i].tier != TIER_STOPPED);
	ask(&a, &ask_, &m.env);
	text = asked_text(&a, false);
	for (const char *at = text; (at = strstr(at, "r")) != NULL; at++)
		n += at[1] >= '0' && at[1] < '0' + REGIONS;
	if (n != all && !ldns_pkt_tc(a.reply))
		fail_msg("%s: %u of %u", name, n, all);
	free(text);
	asked_release(&a);
}

static void
test_model(void **state)
{
	static const struct asks asks[] = {
		{ "web.internal", TYPE_AAAA, ANY, false, false, 0, 0 },
		{ "r0.web.internal", TYPE_AAAA, 0, false, false, 0, 0 },
		{ "r2.web.internal", TYPE_AAAA, 2, false, false, 0, 0 },
		{ "r4.web.internal", TYPE_AAAA, 4, false, false, 0, 0 },
		{ "g.process.web.internal", TYPE_AAAA, ANY, true, false, 0, 0 },
		{ "top1.nearest.of.web.internal", TYPE_AAAA, ANY, false, false,
		    1, 0 },
		{ "top40.nearest.of.web.internal", TYPE_AAAA, ANY, false, false,
		    40, 0 },
		{ "top5000.nearest.of.web.internal", TYPE_AAAA, ANY, false,
		    false, 5000, 0 },
	};

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		fill(round);
		for (size_t i = 0; i < 3 * sizeof(asks) / sizeof(asks[0]);
		     i++) {
			struct asks q = asks[i / 3];
			char name[64];

			q.type = i % 3 == 0 ? TYPE_AAAA
			    : i % 3 == 1    ? TYPE_A
					    : SRV;
			q.own = q.type == SRV && rng_below(&m.rng, 2) == 0;
			if (q.type == SRV)
				(void)snprintf(name, sizeof(name),
				    "_%s._tcp.%s", q.own ? "own" : "all",
				    q.name);
			if (q.type == SRV)
				q.name = name;
			q.best = best_of(&q);
			check_ask(&q, 0);
			check_ask(&q, 512);
			check_ask(&q, 4096);
		}
		check_list("vms.web.internal", false);
		check_list("all.vms.web.internal", true);
		check_list("_instances.internal", false);
		check_list("all._instances.internal", true);
	}
}

/* Some fit, and whoever comes first does so by chance alone. */
static void
test_fair(void **state)
{
	static const struct asks rows[] = {
		{ "web.internal", TYPE_AAAA, ANY, false, false, 0, 0 },
		{ "r0.web.internal", TYPE_AAAA, 0, false, false, 0, 0 },
		{ "top1.nearest.of.web.internal", TYPE_AAAA, ANY, false, false,
		    1, 0 },
		{ "top3.nearest.of.web.internal", TYPE_A, ANY, false, false, 3,
		    0 },
		{ "_all._tcp.web.internal", SRV, ANY, false, false, 0, 0 },
	};
	enum { COUNT = 400, TIMES = 40 };
	struct store_txn *t;

	(void)state;
	store_begin(m.f.writer, &t);
	change(t, "{'delete':'app','network':'n','name':'web'}");
	change(
	    t, "{'put':'app','network':'n','name':'web','ports':{'all':80}}");
	m.count = COUNT;
	for (unsigned i = 0; i < COUNT; i++)
		put_one(t, i, &(struct one){ .is = true, .has = { 1, 1 } });
	assert_int_equal(store_commit(t), E_OK);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		static struct asked a;
		const struct ask ask_ = { .name = rows[row].name,
			.type = rows[row].type,
			.from = ME };
		unsigned first[COUNT] = { 0 };
		double off = 0;

		for (unsigned i = 0; i < COUNT * TIMES; i++) {
			ask(&a, &ask_, &m.env);
			first[id_at(&a, &rows[row], 0)]++;
			asked_release(&a);
		}
		for (unsigned i = 0; i < COUNT; i++)
			off += ((double)first[i] - TIMES) *
			    ((double)first[i] - TIMES) / TIMES;
		print_message("%s: chi squared %.0f of %d\n", rows[row].name,
		    off, COUNT - 1);
		/* six standard deviations: the seed is always the same */
		assert_true(off < COUNT + 6 * 28.3);
	}
}

static int
start(void **state)
{
	(void)state;
	fixture_open(&m.f);
	m.rng.state = 42;
	m.f.loud = true;
	if (fixture_apply(&m.f,
		"{'put':'network','id':'n','prefixes':['fdaa:0:18::/48',"
		"'10.0.0.0/8']}\n"
		"{'put':'region','id':'r0','latitude':1,'longitude':1}\n{'put':"
		"'region','id':'r1','latitude':1,'longitude':1}\n"
		"{'put':'region','id':'r2','latitude':1,'longitude':1}\n"
		"{'put':'distance','from':'r0','to':'r1','ms':10}\n"
		"{'put':'distance','from':'r0','to':'r2','ms':10}") != E_OK)
		return -1;
	return model_env_open(&m.env, m.f.snapshot) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	query_env_release(&m.env);
	fixture_close(&m.f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_fair),
	};

	return cmocka_run_group_tests(tests, start, end);
}
