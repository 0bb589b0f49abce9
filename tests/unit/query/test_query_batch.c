/*
 * test_query_batch.c - questions that come together are answered as they are
 * one by one.
 */
#include "zones/query/query.h"

#include "query_world.h"

/* Of every stage that a question can end at. */
#define ASK(n, t, f) .ask.name = n, .ask.type = t, .ask.from = f
static const struct {
	struct ask ask;
	size_t cut; /* octets that the packet lacks */
	enum query_next next;
} rows[] = {
	{ ASK("web.internal", A6, ME), .ask.size = 1232 },
	{ ASK("fra.web.internal", A6, "fdaa:0:19::1") },
	{ ASK("example.com", A4, ME), .next = QUERY_FORWARD },
	{ ASK("f1.vm.web.internal", A6, ME), .ask.tcp = true },
	{ ASK("web.internal", A6, "192.0.2.1"), .ask.size = 1232 },
	{ ASK("web.internal", A6, ME), .cut = 1 },
	{ ASK("web.internal", A6, ME), .cut = 20, .next = QUERY_DROP },
	{ ASK("vms.web.internal", TYPE_TXT, ME) },
	{ ASK("none.internal", A6, ME) },
	{ ASK("web.internal", A4, "127.0.0.1"), .ask.bound = "acme" },
	{ ASK("laptop._peer.internal", A6, ME) },
	{ ASK("1.10.16.172.in-addr.arpa", TYPE_PTR, ME) },
	{ ASK("top2.nearest.of.web.internal", A6, ME) },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct asked one[QUERY_BATCH], many[QUERY_BATCH];

static void
fill(struct asked *a, unsigned row)
{
	const struct ask *ask = &rows[row].ask;

	a->q = (struct query){ .pkt = a->pkt,
		.len = ask_packet(ask, a->pkt, sizeof(a->pkt)) - rows[row].cut,
		.cap = sizeof(a->pkt) - 1,
		.bound = ask->bound,
		.tcp = ask->tcp };
	FIXTURE_MUST(addr_parse(&a->q.from, ask->from));
}

/* N questions from row FIRST on and around, as one batch and as many. */
static void
check_batch(unsigned first, unsigned n)
{
	struct query *all[QUERY_BATCH];

	for (unsigned i = 0; i < n; i++) {
		fill(&one[i], (first + i) % ROWS);
		fill(&many[i], (first + i) % ROWS);
		all[i] = &many[i].q;
	}
	env.store = snapshot_refresh(env.snapshot);
	env.rng.state = 1;
	for (unsigned i = 0; i < n; i++)
		query_answer(&(struct query *){ &one[i].q }, 1, &env);
	env.rng.state = 1;
	query_answer(all, n, &env);
	snapshot_rest(env.snapshot);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(many[i].q.next, rows[(first + i) % ROWS].next);
		assert_int_equal(many[i].q.next, one[i].q.next);
		assert_int_equal(many[i].q.len, one[i].q.len);
		assert_memory_equal(many[i].pkt, one[i].pkt, one[i].q.len);
	}
}

static void
test_batches(void **state)
{
	(void)state;
	env.forwards = true;
	for (unsigned n = 0; n <= QUERY_BATCH; n++)
		for (unsigned first = 0; first < ROWS; first++)
			check_batch(first, n);
}

/* Every question counts once. */
static void
test_counters(void **state)
{
	const struct query_counters *c = &env.counters;

	(void)state;
	env.forwards = true;
	env.counters = (struct query_counters){ 0 };
	check_batch(0, ROWS);
	assert_int_equal(c->of[RCODE_NOERROR], 2 * 8);
	assert_int_equal(c->of[RCODE_NXDOMAIN], 2);
	assert_int_equal(c->of[RCODE_REFUSED], 2);
	assert_int_equal(c->of[RCODE_FORMERR], 2);
	assert_int_equal(c->dropped, 2);
	assert_int_equal(c->nodata + c->of[RCODE_SERVFAIL] +
		c->of[RCODE_NOTIMP] + c->truncated,
	    0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_batches, reset),
		cmocka_unit_test_setup(test_counters, reset),
	};

	return cmocka_run_group_tests(tests, start, end);
}
