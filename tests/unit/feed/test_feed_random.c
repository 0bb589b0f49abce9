/*
 * test_feed_random.c - any sequence of transactions, with any facts that do
 * not fit for a while.
 *
 * After each of them, all that the source has is stored as it is, or left out;
 * what is stored and not so was there before; no address is outside its
 * network, no network within another.  When all that the source has fits at
 * last, the store is what a snapshot of it makes of an empty one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "store_fixture.h"
#include "zones/feed/feed.h"
#include "zones/store/write/left.h"

#define NETWORKS 3
#define FACTS    9 /* in each: see fact_line() */
#define ALL      (NETWORKS * (1 + FACTS))
#define BLOCKS   5 /* fd00::/16 ... */
#define RUNS     300
#define STEPS    12

/* Of each fact: 0, or the block it is in, from 1; last: it cannot be read. */
#define UNREAD (BLOCKS + 1)

struct source {
	unsigned has[ALL];
	bool etcd; /* keys come and go by themselves */
	struct rng rng;
};

struct both {
	struct fixture f;
	struct feed feed;
	const struct source *source;
	bool met[ALL];
};

static void
fields_print(char *out, size_t size, unsigned what, unsigned block)
{
	if (what == 0)
		(void)snprintf(
		    out, size, ",\"prefixes\":[\"fd0%u::/16\"]", block);
	else if (what < 3 || what == 9)
		(void)snprintf(
		    out, size, ",\"flycast\":[\"fd0%u::%u\"]", block, what);
	else if (what < 6)
		(void)snprintf(out, size, ",\"addresses\":[\"fd0%u::%u\"]%s",
		    block, what, what < 5 ? ",\"region\":\"r\"" : "");
	else if (what == 8)
		(void)snprintf(out, size, ",\"values\":[\"10.0.0.%u\"]", block);
	else
		out[0] = '\0';
}

static void
fact_line(char *out, size_t size, unsigned i, unsigned block, bool put)
{
	unsigned n = i / (1 + FACTS), what = i % (1 + FACTS);
	static const char *const kind[] = { "network", "app", "app", "instance",
		"instance", "peer", "zone", "zone", "record", "export" };
	static const char *const name[] = { "", "a1", "a2", "", "", "a5",
		"z6.example", "z7.z6.example", "r8.z7.z6.example" };
	char key[128], fields[128];

	if (what == 0)
		(void)snprintf(key, sizeof(key), "\"id\":\"n%u\"", n);
	else if (what == 3 || what == 4)
		(void)snprintf(key, sizeof(key),
		    "\"network\":\"n%u\",\"app\":\"a%u\",\"id\":\"i%u\"", n,
		    what - 2, what);
	else if (what == 9)
		(void)snprintf(key, sizeof(key),
		    "\"network\":\"n%u\",\"app\":\"a1\",\"to\":\"n%u\"", n,
		    (n + 1) % NETWORKS);
	else
		(void)snprintf(key, sizeof(key),
		    "\"network\":\"n%u\",\"name\":\"%s\"%s", n, name[what],
		    what == 8 ? ",\"type\":\"A\"" : "");
	fields_print(fields, sizeof(fields), what, block);
	(void)snprintf(out, size, "{\"%s\":\"%s\",%s%s}",
	    put ? "put" : "delete", kind[what], key,
	    !put                  ? ""
		: block == UNREAD ? ",\"strange\":1"
				  : fields);
}

static void
take(struct both *b, const char *text, bool withdraw)
{
	const struct feed_where where = { "row", 1 };
	struct feed_line line;

	feed_line_read(&line, &b->f.arena, text, strlen(text));
	if (withdraw)
		line.verb = FEED_WITHDRAW;
	assert_int_equal(feed_take(&b->feed, &line, &where), E_OK);
	arena_reset(&b->f.arena);
}

static void
change(struct both *b, struct source *s, unsigned i, unsigned block)
{
	const unsigned *of = &s->has[i - i % (1 + FACTS)];
	unsigned zone = of[7] != 0 ? 7 : of[6] != 0 ? 6 : ALL;
	char line[512];

	fact_line(line, sizeof(line), i, block, block != 0);
	take(b, line, block == 0 && s->etcd);
	s->has[i] = block;
	if (block != 0 || s->etcd)
		return;
	/* A network goes with all in it and exports into it, an app with its
	 * instances and exports, a zone with the records that are in no zone
	 * below it. */
	for (unsigned k = 1; i % (1 + FACTS) == 0 && k <= FACTS; k++)
		s->has[i + k] = 0;
	if (i % (1 + FACTS) == 1 || i % (1 + FACTS) == 2)
		s->has[i + 2] = 0;
	if (i % (1 + FACTS) == zone)
		s->has[i - zone + 8] = 0;
	if (i % (1 + FACTS) == 1)
		s->has[i + 8] = 0;
	if (i % (1 + FACTS) == 0)
		s->has[(i + ALL - 1 - FACTS) % ALL + 9] = 0;
}

static unsigned
fact_of(const struct fact *f)
{
	unsigned n = (unsigned)(f->network[1] - '0') * (1 + FACTS);

	if (f->kind == FACT_NETWORK)
		return n;
	if (f->kind == FACT_EXPORT)
		return n + 9;
	return n + (unsigned)((f->id != NULL ? f->id : f->app)[1] - '0');
}

static unsigned
block_of(const struct fact *f)
{
	if (f->kind == FACT_NETWORK)
		return f->prefixes[0].addr.ip[1];
	if (f->kind == FACT_RECORD)
		return f->values[0].rdata[3];
	return f->addresses[0].ip[1];
}

static bool
meet_stored(void *arg, const struct fact *f, bool implied)
{
	struct both *b = arg;

	if (implied)
		return true;
	assert_int_not_equal(b->source->has[fact_of(f)], 0);
	if (b->source->has[fact_of(f)] ==
	    (f->kind != FACT_ZONE ? block_of(f)
				  : b->source->has[fact_of(f)] % UNREAD))
		b->met[fact_of(f)] = true;
	return true;
}

static bool
meet_left(void *arg, const struct left_out *l)
{
	struct both *b = arg;
	unsigned i = fact_of(&l->fact);

	assert_false(b->met[i]);
	b->met[i] = true;
	assert_int_not_equal(b->source->has[i], 0);
	return true;
}

/* Blocks of networks, for what is in them. */
struct inside {
	unsigned block[NETWORKS];
};

static bool
check_inside(void *arg, const struct fact *f, bool implied)
{
	struct inside *in = arg;
	unsigned n = (unsigned)(f->network[1] - '0');

	if (implied)
		return true;
	if (f->kind == FACT_ZONE || f->kind == FACT_RECORD)
		return true;
	if (f->kind != FACT_NETWORK) {
		if (f->kind == FACT_EXPORT)
			n = (n + 1) % NETWORKS;
		assert_int_equal(block_of(f), in->block[n]);
		return true;
	}
	for (unsigned k = 0; k < NETWORKS; k++)
		assert_int_not_equal(in->block[k], block_of(f));
	in->block[n] = block_of(f);
	return true;
}

static void
check_all(struct both *b)
{
	struct snapshot *s = b->f.snapshot;
	struct inside in = { { 0 } };

	assert_int_equal(fixture_check(&b->f), E_OK);
	memset(b->met, 0, sizeof(b->met));
	assert_int_equal(snapshot_refresh(s), E_OK);
	for (int kind = 0; kind < FACT_KINDS; kind++) {
		assert_int_equal(snapshot_facts(s, (enum fact_kind)kind, NULL,
				     meet_stored, b),
		    E_OK);
		assert_int_equal(snapshot_facts(s, (enum fact_kind)kind, NULL,
				     check_inside, &in),
		    E_OK);
	}
	assert_int_equal(snapshot_left_out(s, meet_left, b), E_OK);
	snapshot_rest(s);
	for (unsigned i = 0; i < ALL; i++)
		assert_int_equal(b->met[i], b->source->has[i] != 0);
}

static void
commit(struct both *b, bool store)
{
	take(b, "{\"commit\":\"c\"}", false);
	if (!store)
		return;
	assert_int_equal(feed_store(&b->feed), E_OK);
	check_all(b);
}

static void
snapshot_take(struct both *b, struct source *s)
{
	char line[512];

	take(b, "{\"snapshot\":\"begin\",\"allow_delete\":true}", false);
	for (unsigned i = 0; i < ALL; i++) {
		if (s->has[i] == 0)
			continue;
		fact_line(line, sizeof(line), i, s->has[i], true);
		take(b, line, false);
	}
	take(b, "{\"snapshot\":\"end\",\"commit\":\"s\"}", false);
}

static void
transaction(struct both *b, struct source *s)
{
	unsigned changes = 1 + rng_below(&s->rng, 6);

	if (rng_below(&s->rng, 12) == 0)
		snapshot_take(b, s);
	while (changes-- > 0)
		change(b, s, rng_below(&s->rng, ALL),
		    rng_below(&s->rng, 4) == 0
			? 0
			: 1 + rng_below(&s->rng, UNREAD));
	commit(b, rng_below(&s->rng, 3) > 0);
}

/* Each network in a block of its own, in any order, in a few transactions. */
static void
make_valid(struct both *b, struct source *s)
{
	unsigned first = rng_below(&s->rng, BLOCKS);
	unsigned start = rng_below(&s->rng, ALL);

	for (unsigned k = 0; k < ALL; k++) {
		/* 7 and ALL have no divisor in common */
		unsigned i = (start + 7 * k) % ALL;
		unsigned n = i / (1 + FACTS) + (i % (1 + FACTS) == 9);
		unsigned own = 1 + (first + n % NETWORKS) % BLOCKS;

		if (s->has[i] == 0 && i % (1 + FACTS) != 0 &&
		    i % (1 + FACTS) != 6)
			continue;
		change(b, s, i, own);
		if (rng_below(&s->rng, 5) == 0)
			commit(b, true);
	}
	commit(b, true);
}

static void
bad_ignore(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	(void)arg;
	(void)where;
	(void)title;
	assert_string_not_equal(why->rule, "");
}

static void
warning_ignore(void *arg, const struct feed_where *where, const char *title,
    const char *other)
{
	(void)arg;
	(void)where;
	assert_string_not_equal(title, other);
}

static void
committed_ignore(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)arg;
	(void)left;
	assert_string_not_equal(cursor, "");
	assert_int_equal(more, 0);
}

static const struct feed_report report = { .bad = bad_ignore,
	.warning = warning_ignore,
	.committed = committed_ignore };

static void
both_open(struct both *b, const struct source *s)
{
	fixture_open(&b->f);
	b->source = s;
	feed_init(&b->feed, b->f.writer, &report, "row", false);
}

static void
both_close(struct both *b)
{
	feed_release(&b->feed);
	fixture_close(&b->f);
}

static void
run(unsigned number)
{
	struct source s = { .etcd = number % 2 == 0,
		.rng = { .state = number + 1 } };
	struct both watched, fresh;
	char *one, *two;

	both_open(&watched, &s);
	both_open(&fresh, &s);
	for (unsigned step = 0; step < STEPS; step++)
		transaction(&watched, &s);
	make_valid(&watched, &s);
	snapshot_take(&fresh, &s);
	assert_int_equal(feed_store(&fresh.feed), E_OK);
	check_all(&fresh);
	one = fixture_dump(&watched.f, false);
	two = fixture_dump(&fresh.f, false);
	assert_string_equal(one, two);
	free(one);
	free(two);
	both_close(&watched);
	both_close(&fresh);
}

static void
test_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		print_message("run %u\n", i);
		run(i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
