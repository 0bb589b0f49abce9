/*
 * test_query_alloc.c - the query path allocates nothing: counted.
 *
 * Every question of the sample is asked over UDP and TCP, between a refresh
 * and a rest as a worker does it, while all calls of malloc and its family
 * are counted, those of LMDB and libc among them.
 */
#include "zones/query/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_count.h"
#include "base/addr_parse.h"
#include "store_fixture.h"

#define SAMPLE  "tests/sample/network.ndjson"
#define ANSWERS "tests/sample/answers.tsv"
#define ROWS    200

struct row {
	struct addr from;
	uint8_t pkt[512];
	size_t len;
};

struct asked {
	struct fixture store;
	struct query_env env;
	struct query query;
	struct row rows[ROWS];
	unsigned count;
	uint8_t pkt[DNS_TCP_MAX];
};

static char *
text_of(const char *file)
{
	static const size_t most = 1 << 20;
	char *text = malloc(most);
	FILE *f = fopen(file, "re");
	size_t len;

	FIXTURE_MUST(text != NULL && f != NULL);
	len = fread(text, 1, most - 1, f);
	text[len] = '\0';
	(void)fclose(f);
	return text;
}

static uint16_t
type_of(const char *text)
{
	static const struct {
		const char *text;
		uint16_t type;
	} types[] = {
		{ "A", TYPE_A },
		{ "AAAA", TYPE_AAAA },
		{ "TXT", TYPE_TXT },
		{ "PTR", TYPE_PTR },
		{ "SOA", TYPE_SOA },
		{ "NS", TYPE_NS },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].text, text) == 0)
			return types[i].type;
	return TYPE_MX; /* any that has no data */
}

/* With EDNS, so that the reply's OPT is written as well. */
static void
row_read(struct row *row, const char *from, const char *name, const char *type)
{
	static const uint8_t header[] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
	static const uint8_t opt[] = { 0, 0, 41, 32, 0, 0, 0, 0, 0, 0, 0 };
	struct wire_out w = wire_out(row->pkt, sizeof(row->pkt));
	struct dname d;

	FIXTURE_MUST(addr_parse(&row->from, from));
	FIXTURE_MUST(dname_parse(&d, name));
	wire_put(&w, header, sizeof(header));
	wire_put(&w, d.wire, d.len);
	wire_put16(&w, type_of(type));
	wire_put16(&w, CLASS_IN);
	wire_put(&w, opt, sizeof(opt));
	FIXTURE_MUST(!w.bad);
	row->len = w.len;
}

static const char zone[] =
    "{'put':'zone','network':'acme','name':'c.d','fallthrough':false}\n"
    "{'put':'record','network':'acme','name':'a.c.d','type':'A','values':"
    "['192.0.2.1','192.0.2.2']}\n"
    "{'put':'record','network':'acme','name':'*.c.d','type':'CNAME','values':"
    "['flyer.internal']}\n";
static const char *const zone_names[] = { "a.c.d", "b.c.d", "x.a.c.d", "c.d",
	NULL };

static void
rows_read(struct asked *a)
{
	char *text = text_of(ANSWERS), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *from = strsep(&line, "\t");
		char *name = strsep(&line, "\t");
		char *type = strsep(&line, "\t");

		if (type == NULL || from[0] == '#')
			continue;
		FIXTURE_MUST(a->count < ROWS);
		row_read(&a->rows[a->count++], from, name, type);
	}
	free(text);
	for (unsigned i = 0; zone_names[i] != NULL; i++)
		row_read(
		    &a->rows[a->count++], "fdaa:0:18::7", zone_names[i], "A");
}

static void
ask(struct asked *a, const struct row *row, bool tcp)
{
	struct query *q = &a->query;

	memcpy(a->pkt, row->pkt, row->len);
	q->pkt = a->pkt;
	q->len = row->len;
	q->cap = tcp ? DNS_TCP_MAX : 8192;
	q->from = row->from;
	memset(&q->to, 0, sizeof(q->to));
	q->bound = NULL;
	q->tcp = tcp;
	query_answer(&q, 1, &a->env);
	FIXTURE_MUST(q->next == QUERY_SEND);
}

/* A batch of every question; how often memory was asked for meanwhile. */
static unsigned long
ask_all(struct asked *a)
{
	unsigned long before = allocations;

	a->env.store = snapshot_refresh(a->env.snapshot);
	for (unsigned i = 0; i < a->count; i++) {
		ask(a, &a->rows[i], false);
		ask(a, &a->rows[i], true);
	}
	snapshot_rest(a->env.snapshot);
	return allocations - before;
}

static int
open_sample(void **state)
{
	struct asked *a = calloc(1, sizeof(*a));
	char *lines = text_of(SAMPLE);

	counting_start();
	FIXTURE_MUST(a != NULL);
	fixture_open(&a->store);
	FIXTURE_MUST(fixture_apply(&a->store, lines) == E_OK);
	FIXTURE_MUST(fixture_apply(&a->store, zone) == E_OK);
	FIXTURE_MUST(query_env_init(&a->env) == E_OK);
	a->env.snapshot = a->store.snapshot;
	a->env.region = "ord";
	a->env.now = 1000000000;
	a->env.max_udp_size = 8192;
	a->env.rng.state = 1;
	rows_read(a);
	free(lines);
	*state = a;
	return 0;
}

static int
close_sample(void **state)
{
	struct asked *a = *state;

	query_env_release(&a->env);
	fixture_close(&a->store);
	free(a);
	return 0;
}

static void
allocations_are_counted(void **state)
{
	unsigned long before = allocations;
	void *volatile one = malloc(1);

	(void)state;
	free(one);
	assert_int_equal(allocations - before, 1);
}

/* The first batch opens the store. */
static void
answers_allocate_nothing(void **state)
{
	struct asked *a = *state;

	assert_true(a->count > 40);
	(void)ask_all(a);
	assert_true(a->env.counters.of[RCODE_NOERROR] > a->count);
	assert_int_equal(ask_all(a), 0);
}

/* Nor do those from a commit that is new to the snapshot. */
static void
new_commit_allocates_nothing(void **state)
{
	struct asked *a = *state;

	(void)ask_all(a);
	assert_int_equal(fixture_apply(&a->store,
			     "{'put':'app','network':'acme','name':'later'}"),
	    E_OK);
	assert_int_equal(ask_all(a), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_counted),
		cmocka_unit_test(answers_allocate_nothing),
		cmocka_unit_test(new_commit_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, open_sample, close_sample);
}
