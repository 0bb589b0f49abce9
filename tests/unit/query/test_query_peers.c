/*
 * test_query_peers.c - the list of peers, of whom many have come to their end:
 * against a loop over all of them, through changes.
 */
#include "zones/query/query.h"

#include "query_world.h"
#include "zones/facts/time_text.h"

#define PEERS 12000
#define STEPS 12
#define SHORT 3000 /* whose names are; those of others fill a label */

static int64_t ends[PEERS]; /* 0: never; -1: it is not there */

/*
 * Most are over at once: so many pages, one behind the other, that the list of
 * their ends has several pages, too.
 */
static int64_t
end_drawn(struct rng *rng, unsigned i)
{
	switch (rng_below(rng, i < SHORT ? 4 : 2000)) {
	case 0:
		return 0;
	case 1:
		return NOW + (int64_t)rng_below(rng, 10);
	default:
		return NOW - (int64_t)rng_below(rng, 1000);
	}
}

static const char *
name_of(unsigned i, char out[DNS_LABEL_MAX + 1])
{
	static const char end[] =
	    "-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on-and-so";

	(void)snprintf(
	    out, DNS_LABEL_MAX + 1, "p%05u%s", i, i < SHORT ? "" : end);
	return out;
}

static void
change(struct rng *rng, unsigned one_in)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (unsigned i = 0; i < PEERS; i++) {
		char when[TIME_TEXT], name[DNS_LABEL_MAX + 1];

		if (rng_below(rng, one_in) != 0)
			continue;
		ends[i] = rng_below(rng, 4) == 0 && one_in > 1
		    ? -1
		    : end_drawn(rng, i);
		if (ends[i] == -1)
			fprintf(out,
			    "{'delete':'peer','network':'acme','name':"
			    "'%s'}\n",
			    name_of(i, name));
		else
			fprintf(out,
			    "{'put':'peer','network':'acme','name':'%s',"
			    "'addresses':['fdaa:0:18::%x']%s%s%s}\n",
			    name_of(i, name), i + 1,
			    ends[i] == 0 ? "" : ",'expires':'",
			    ends[i] == 0 ? "" : time_text(ends[i], when),
			    ends[i] == 0 ? "" : "'");
	}
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fixture_apply(&f, text), E_OK);
	assert_int_equal(fixture_check(&f), E_OK);
	free(text);
}

static void
expect_list(char *list)
{
	char name[DNS_LABEL_MAX + 1];
	size_t len = 0;

	*list = '\0';
	for (unsigned i = 0; i < PEERS; i++)
		if (ends[i] == 0 || ends[i] > env.now)
			len += (size_t)snprintf(list + len, sizeof(name) + 1,
			    "%s%s", len == 0 ? "" : ",", name_of(i, name));
}

/* The strings of the only record, joined. */
static void
read_list(const struct asked *a, char *list)
{
	struct wire_in in = wire_in(a->pkt, a->q.len);
	unsigned left;

	(void)wire_take(&in, DNS_HEADER + a->q.question_len + 10);
	left = wire_get16(&in);
	while (left > 0) {
		unsigned len = wire_get8(&in);

		memcpy(list, wire_take(&in, len), len);
		list += len;
		left -= 1 + len;
	}
	assert_false(in.bad);
	*list = '\0';
}

static void
test_list(void **state)
{
	static char expected[65536], is[65536];
	const struct ask q = { .name = "_peer.internal",
		.type = TYPE_TXT,
		.from = "fdaa:0:18:1::1",
		.tcp = true };
	struct rng rng = { 5 };
	struct asked a;

	(void)state;
	assert_int_equal(
	    fixture_apply(&f,
		"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}"),
	    E_OK);
	for (unsigned step = 0; step < STEPS; step++) {
		change(&rng, step == 0 ? 1 : step % 2 == 0 ? 3 : 100);
		f.loud = true;
		assert_int_equal(fixture_check(&f), E_OK);
		assert_int_equal(f.damage, 0);
		env.now = NOW + step % 4;
		expect_list(expected);
		ask(&a, &q, &env);
		read_list(&a, is);
		assert_string_equal(is, expected);
		asked_release(&a);
	}
	env.now = NOW + 10000;
	expect_list(expected);
	ask(&a, &q, &env);
	read_list(&a, is);
	assert_string_equal(is, expected);
	asked_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, start_empty, end);
}
