/*
 * test_query_ports.c - SRV of a port that many or few of a set have, against a
 * model: who is in an answer, that nobody is twice, and which names there are.
 */
#include "zones/query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "query_fixture.h"
#include "zones/store/read/lookup.h"

#define NOBODY "fdaa:0:18:f::1"
#define PEER   "fdaa:0:18:e::1" /* sees a and abc */
#define APPS   3
#define MOST   1500

/* Each begins with the one before. */
static const char *const apps[APPS] = { "a", "ab", "abc" };

/* Instance ID is of apps[ID % APPS]. */
struct one {
	bool in_group, is_server, has_port, four;
	unsigned region;
	enum tier tier;
};

static struct model {
	struct fixture f;
	struct query_env env;
	struct rng rng;
	unsigned count;
	bool app_has_port[APPS];
	struct one one[MOST];
} m;

enum set { GROUP, METADATA, SERVER, SERVER_OF, DOMAIN };

struct asks {
	enum set set;
	unsigned app;
	const char *name; /* #: the app */
	const char *from;
	bool any; /* port of the protocol */
};

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

	(void)snprintf(line, sizeof(line),
	    "{'put':'instance','network':'n','app':'%s','id':'i%u',"
	    "'region':'r%u',%s,%s%s%s'addresses':['fdaa:0:18:1::%x'%s]}",
	    apps[id % APPS], id, o->region, tiers[o->tier],
	    o->in_group ? "'group':'g','metadata':{'k':'v'}," : "",
	    o->is_server ? "'name':'db'," : "",
	    o->has_port ? "'ports':{'own':1}," : "", id,
	    o->four ? ",'10.0.0.1'" : "");
	change(t, line);
	m.one[id] = *o;
}

/* How many are in sets, and have the port, is another thing in each round. */
static void
fill(unsigned round)
{
	static const unsigned sizes[] = { 9, 60, 300, MOST };
	static const unsigned one_of[] = { 1, 2, 15, 200 };
	struct store_txn *t;
	char line[128];

	store_begin(m.f.writer, &t);
	m.count = sizes[round % 4];
	for (unsigned a = 0; a < APPS; a++) {
		(void)snprintf(line, sizeof(line),
		    "{'delete':'app','network':'n','name':'%s'}", apps[a]);
		change(t, line);
		m.app_has_port[a] = rng_below(&m.rng, 4) == 0;
		(void)snprintf(line, sizeof(line),
		    "{'put':'app','network':'n','name':'%s','domain':'%s.z'"
		    "%s}",
		    apps[a], apps[a],
		    m.app_has_port[a] ? ",'ports':{'own':2}" : "");
		change(t, line);
	}
	for (unsigned id = 0; id < m.count; id++) {
		unsigned few = one_of[round / 4 % 4];
		bool port = rng_below(&m.rng, one_of[round / 16 % 4]) == 0;
		/* Also where hardly anybody has both. */
		bool in = round % 3 == 0 && few > 1
		    ? !port || rng_below(&m.rng, 20) == 0
		    : rng_below(&m.rng, few) == 0;

		put_one(t, id,
		    &(struct one){ in, rng_below(&m.rng, 4) != 0 && in, port,
			rng_below(&m.rng, 3) == 0, rng_below(&m.rng, 3),
			rng_below(&m.rng, 5) != 0 ? (enum tier)(round % 5 % 4)
						  : rng_below(&m.rng, 4) });
	}
	assert_int_equal(store_commit(t), E_OK);
	if (fixture_check(&m.f) != E_OK)
		fail_msg("round %u: %s", round, m.f.finding);
}

static bool
has_port(unsigned id)
{
	return m.one[id].has_port || m.app_has_port[id % APPS];
}

static bool
is_in(const struct asks *q, unsigned app, unsigned id)
{
	bool of = app == APPS ? strcmp(q->from, PEER) != 0 || id % APPS != 1
			      : id % APPS == app;

	return of &&
	    (q->set <= METADATA ? m.one[id].in_group : m.one[id].is_server);
}

static enum tier
best_of(const struct asks *q, unsigned app, bool *any)
{
	enum tier best = TIER_STOPPED;

	*any = false;
	for (unsigned id = 0; id < m.count; id++)
		if (is_in(q, app, id)) {
			*any = true;
			if (m.one[id].tier < best)
				best = m.one[id].tier;
		}
	return best;
}

/* *exists: somebody with the port is where that form of name looks for it. */
static unsigned
expect(const struct asks *q, bool in[MOST], bool *exists)
{
	unsigned app = q->app, all = 0;
	bool there;
	enum tier best;

	/* An asker's own app comes first: instance 1's. */
	if (q->set == SERVER)
		app = strcmp(q->from, "fdaa:0:18:1::1") == 0 ? 1 : APPS;
	best = best_of(q, app, &there);
	if (q->set == SERVER && !there)
		best = best_of(q, app = APPS, &there);
	*exists = false;
	for (unsigned id = 0; id < m.count; id++) {
		bool set = is_in(q, app, id), port = has_port(id);

		in[id] = set && port && !q->any &&
		    (q->set == SERVER_OF ||
			(m.one[id].tier == best && best != TIER_STOPPED));
		all += in[id];
		*exists |= port &&
		    (q->set <= METADATA        ? there && id % APPS == app
			    : q->set == DOMAIN ? set &&
				m.one[id].tier == best && best != TIER_STOPPED
					       : set);
	}
	if (q->set <= METADATA)
		*exists |= there && m.app_has_port[app];
	return all;
}

static void
check_ask(const struct asks *q, uint16_t size)
{
	static struct asked a;
	char name[64];
	const struct ask ask_ = { .name = name,
		.type = 33,
		.from = q->from,
		.size = size,
		.tcp = size == 0 };
	const char *hash = q->name + strcspn(q->name, "#");
	bool in[MOST], exists;
	unsigned all = expect(q, in, &exists), n;

	(void)snprintf(name, sizeof(name), "%s_tcp.%.*s%s%s",
	    q->any ? "" : "_own.", (int)(hash - q->name), q->name,
	    *hash == '#' ? apps[q->app] : "", *hash == '#' ? hash + 1 : "");
	ask(&a, &ask_, &m.env);
	assert_non_null(a.reply);
	n = (unsigned)ldns_pkt_ancount(a.reply);
	if ((a.q.rcode == RCODE_NXDOMAIN) == exists)
		fail_msg("%s from %s: rcode %d", name, q->from, a.q.rcode);
	for (unsigned i = 0; i < n; i++) {
		const ldns_rr *rr =
		    ldns_rr_list_rr(ldns_pkt_answer(a.reply), i);
		unsigned id = (unsigned)strtoul(
		    (const char *)ldns_rdf_data(ldns_rr_rdf(rr, 3)) + 2, NULL,
		    10);

		assert_in_range(id, 0, m.count - 1);
		if (!in[id])
			fail_msg("%s from %s: i%u", name, q->from, id);
		in[id] = false;
	}
	if (n != all && (!ldns_pkt_tc(a.reply) || a.q.len < size - 70U))
		fail_msg("%s from %s, %u octets: %u of %u", name, q->from, size,
		    n, all);
	asked_release(&a);
}

static void
test_model(void **state)
{
	static const struct asks asks[] = {
		{ GROUP, 0, "g.process.#.internal", NOBODY, false },
		{ METADATA, 0, "v.k.kv._metadata.#.internal", NOBODY, false },
		{ SERVER, 0, "db.apn", NOBODY, false },
		{ SERVER, 0, "db.apn", "fdaa:0:18:1::1", false },
		{ SERVER, 0, "db.apn", PEER, false },
		{ SERVER_OF, 0, "db.#.z.apn", NOBODY, false },
		{ DOMAIN, 0, "#.z.apn", NOBODY, false },
	};

	(void)state;
	for (unsigned round = 0; round < 64; round++) {
		fill(round);
		for (size_t i = 0; i < 2 * sizeof(asks) / sizeof(asks[0]); i++)
			for (unsigned app = 0; app < APPS; app++) {
				struct asks q = asks[i / 2];

				q.app = app;
				q.any = i % 2 == 1;
				check_ask(&q, 0);
				check_ask(&q, 512);
				check_ask(&q, 1232);
			}
	}
}

/*
 * More than a packet holds, from anywhere on and around: of a run that is left
 * for who has the port (by region: r0 is last), nobody comes once more.
 */
static void
test_turns(void **state)
{
	static const struct asks q = { GROUP, 0, "g.process.#.internal", NOBODY,
		false };
	struct store_txn *t;

	(void)state;
	store_begin(m.f.writer, &t);
	change(t, "{'delete':'app','network':'n','name':'a'}");
	memset(m.one, 0, sizeof(m.one));
	m.app_has_port[0] = false;
	m.count = 1000;
	for (unsigned id = 102; id < m.count; id += APPS)
		put_one(t, id,
		    &(struct one){ .in_group = true,
			.has_port = id % 20 == 0 || id >= 970,
			.region = id < 985 });
	assert_int_equal(store_commit(t), E_OK);
	for (int i = 0; i < 400; i++)
		check_ask(&q, 512);
}

static int
start(void **state)
{
	(void)state;
	fixture_open(&m.f);
	m.rng.state = 42;
	if (fixture_apply(&m.f,
		"{'put':'network','id':'n','prefixes':['fdaa:0:18::/48',"
		"'10.0.0.0/8']}\n"
		"{'put':'peer','network':'n','name':'p','addresses':"
		"['fdaa:0:18:e::1'],'apps':['a','abc']}") != E_OK)
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
		cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests(tests, start, end);
}
