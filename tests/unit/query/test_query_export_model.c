/*
 * test_query_export_model.c - ten thousand networks that export to each other,
 * against what a few loops over all exports find.
 */
#include "zones/query/query.h"

#include "base/addr_text.h"
#include "query_world.h"

#define NETWORKS  10000
#define EXPORTS   2000
#define NAMES     4 /* 'a', 'b', ... */
#define QUESTIONS 30000

struct export
{
	unsigned from, app, to, as;
	bool flycast, instances;
};

static bool has[NETWORKS][NAMES];
static struct export exports[EXPORTS];

/* Which networks things happen in: few, so that they meet. */
static unsigned
network_drawn(struct rng *rng)
{
	return rng_below(rng, 4) == 0 ? rng_below(rng, NETWORKS)
				      : rng_below(rng, 400);
}

static void
world_draw(struct rng *rng)
{
	for (unsigned n = 0; n < NETWORKS; n++)
		for (unsigned a = 0; a < NAMES; a++)
			has[n][a] = rng_below(rng, 3) == 0;
	for (unsigned i = 0; i < EXPORTS; i++) {
		struct export *e = &exports[i];

		do {
			*e = (struct export){ network_drawn(rng),
				rng_below(rng, NAMES), network_drawn(rng),
				rng_below(rng, NAMES), rng_below(rng, 2) == 0,
				rng_below(rng, 2) == 0 };
		} while (e->from == e->to);
	}
}

static void
world_put(FILE *out)
{
	for (unsigned n = 0; n < NETWORKS; n++) {
		fprintf(out,
		    "{'put':'network','id':'n%u','prefixes':['fdab:%x::/"
		    "48']}\n",
		    n, n);
		for (unsigned a = 0; a < NAMES; a++)
			if (has[n][a])
				fprintf(out,
				    "{'put':'instance','network':'n%u','app':"
				    "'%c','id':'i','region':'iad','addresses':"
				    "['fdab:%x::%x']}\n",
				    n, 'a' + a, n, 16 + a);
	}
	for (unsigned i = 0; i < EXPORTS; i++) {
		const struct export *e = &exports[i];

		fprintf(out,
		    "{'put':'export','network':'n%u','app':'%c','to':'n%u',"
		    "'as':'%c','instances':%s",
		    e->from, 'a' + e->app, e->to, 'a' + e->as,
		    e->instances ? "true" : "false");
		if (e->flycast)
			fprintf(out, ",'flycast':['fdab:%x::f:%x']", e->to, i);
		fputs("}\n", out);
	}
}

/* The last put of a key counts; of several by one name, the first network. */
static const struct export *
export_of(unsigned to, unsigned as)
{
	const struct export *best = NULL;

	for (unsigned i = 0; i < EXPORTS; i++) {
		const struct export *e = &exports[i];
		bool again = false;

		if (e->to != to || e->as != as)
			continue;
		for (unsigned j = i + 1; j < EXPORTS; j++)
			again = again ||
			    (exports[j].from == e->from &&
				exports[j].app == e->app &&
				exports[j].to == to);
		if (!again &&
		    (best == NULL || e->from < best->from ||
			(e->from == best->from && e->app < best->app)))
			best = e;
	}
	return best;
}

/* As ldns writes it. */
static void
expect_address(char *out, size_t size, unsigned n, unsigned tail)
{
	char text[64], canonical[ADDR_TEXT];
	struct addr a;

	(void)snprintf(
	    text, sizeof(text), "fdab:%x::%x:%x", n, tail >> 16, tail & 0xffff);
	assert_true(addr_parse(&a, text));
	(void)snprintf(out, size, "NOERROR 5: %s", addr_text(&a, canonical));
}

static void
expect(unsigned n, unsigned name, unsigned form, char *out, size_t size)
{
	const struct export *e = export_of(n, name);

	(void)snprintf(out, size, "NXDOMAIN soa 5");
	if (has[n][name]) {
		if (form != 0)
			expect_address(out, size, n, 16 + name);
	} else if (e == NULL || !has[e->from][e->app]) {
		return;
	} else if (form == 0 && e->flycast) {
		expect_address(out, size, n, 0xf0000 + (unsigned)(e - exports));
	} else if (form != 0 && e->instances) {
		expect_address(out, size, e->from, 16 + e->app);
	}
}

static void
ask_one(struct rng *rng)
{
	static const char *const forms[] = { "#.flycast", "#.internal",
		"i.vm.#.internal", "global.#.internal" };
	unsigned n = network_drawn(rng), name = rng_below(rng, NAMES);
	unsigned form = rng_below(rng, 4);
	char text[64], from[64], expected[128];
	const struct ask q = { .name = text, .type = A6, .from = from };
	struct asked a;
	char *is;

	(void)snprintf(text, sizeof(text), "%s", forms[form]);
	*strchr(text, '#') = (char)('a' + name);
	(void)snprintf(from, sizeof(from), "fdab:%x::1", n);
	expect(n, name, form, expected, sizeof(expected));
	ask(&a, &q, &env);
	is = asked_text(&a, false);
	if (strcmp(is, expected) != 0)
		print_message("%s from n%u\n", text, n);
	assert_string_equal(is, expected);
	free(is);
	asked_release(&a);
}

static void
test_model(void **state)
{
	struct rng rng = { 11 };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	world_draw(&rng);
	world_put(out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fixture_apply(&f, text), E_OK);
	free(text);
	assert_int_equal(fixture_check(&f), E_OK);
	for (unsigned i = 0; i < QUESTIONS; i++)
		ask_one(&rng);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, start_empty, end);
}
