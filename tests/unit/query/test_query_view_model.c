/*
 * test_query_view_model.c - a thousand peers, each with apps of its own,
 * against a store in which the other apps were never put: no name too many or
 * too few.
 */
#include "zones/query/query.h"

#include "query_world.h"

#define APPS  10
#define PEERS 1000

static const char common[] =
    "{'put':'region','id':'fra','latitude':50.03,'longitude':8.56}\n"
    "{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}\n"
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
    "'172.16.0.0/16']}\n";

/* Names that apps share, and some that only one has. */
static void
put_app(FILE *out, unsigned i)
{
	static const char *const how[] = { "", ",'health':'critical'",
		",'state':'draining'", ",'state':'stopped'" };

	fprintf(out,
	    "{'put':'app','network':'acme','name':'a%u','domain':'%s%u.z'", i,
	    i % 2 == 0 ? "d" : "e.d", i / 3);
	if (i % 2 == 0)
		fprintf(out, ",'flycast':['fdaa:0:18:f::%u']", i);
	fprintf(out, "%s}\n", i % 3 == 0 ? ",'ports':{'p':80}" : "");
	for (unsigned j = 0; j < 2; j++)
		fprintf(out,
		    "{'put':'instance','network':'acme','app':'a%u','id':'x%u',"
		    "'region':'%s','addresses':['fdaa:0:18:%u::%u',"
		    "'172.16.%u.%u'],'name':'s%u','group':'g','metadata':"
		    "{'k':'v%u'}%s}\n",
		    i, j, j == 0 ? "fra" : "iad", i, j, i, j, (i + j) % 4,
		    i % 2, how[(i + 2 * j) % 4]);
}

/* Of its own name, and of one that an app has too. */
static void
put_aliases(FILE *out, unsigned i)
{
	fprintf(out,
	    "{'put':'alias','network':'acme','name':'n%u','app':'a%u'}\n"
	    "{'put':'alias','network':'acme','name':'a%u','app':'a%u'}\n",
	    i, i, (i + 1) % APPS, i);
}

static void
put_world(FILE *out, unsigned apps)
{
	fputs(common, out);
	for (unsigned i = 0; i < APPS; i++)
		if ((apps >> i & 1) != 0) {
			put_app(out, i);
			put_aliases(out, i);
		}
}

static void
put_peer(FILE *out, unsigned number, unsigned apps)
{
	const char *before = "";

	fprintf(out,
	    "{'put':'peer','network':'acme','name':'p%u','addresses':"
	    "['fdaa:0:18:b:%x::2/120'],'apps':[",
	    number, number);
	for (unsigned i = APPS; i-- > 0;)
		if ((apps >> i & 1) != 0) {
			fprintf(out, "%s'a%u'", before, i);
			before = ",";
		}
	fputs("]}\n", out);
}

/* Every form, of each app; and what all of them share. */
static const struct {
	const char *name; /* #: the app's number */
	uint16_t type;
} forms[] = {
	{ "a#.internal", A6 },
	{ "global.a#.internal", A4 },
	{ "fra.a#.internal", A6 },
	{ "iad.a#.internal", A4 },
	{ "top1.nearest.of.a#.internal", A6 },
	{ "x1.vm.a#.internal", A6 },
	{ "x2.vm.a#.internal", A6 },
	{ "vm.a#.internal", A6 },
	{ "g.process.a#.internal", A6 },
	{ "v1.k.kv._metadata.a#.internal", A6 },
	{ "k.kv._metadata.a#.internal", A6 },
	{ "vms.a#.internal", TYPE_TXT },
	{ "all.regions.a#.internal", TYPE_TXT },
	{ "_p._tcp.a#.internal", TYPE_SRV },
	{ "_tcp.a#.internal", TYPE_SRV },
	{ "a#.internal", TYPE_MX },
	{ "n#.internal", A6 },
	{ "x0.vm.n#.internal", A4 },
	{ "a#.flycast", A6 },
	{ "n#.flycast", A6 },
	{ "a#.apn", A6 },
	{ "s#.apn", A6 },
	{ "_p._tcp.s#.apn", TYPE_SRV },
	{ "d#.z.apn", A6 },
	{ "s1.d#.z.apn", A6 },
	{ "e.d#.z.apn", A4 },
	{ "z.apn", A6 },
	{ "_apps.internal", TYPE_TXT },
	{ "_instances.internal", TYPE_TXT },
	{ "all._instances.internal", TYPE_TXT },
	{ "1.#.16.172.in-addr.arpa", TYPE_PTR },
	{ "#.16.172.in-addr.arpa", TYPE_PTR },
	{ "0.0.0.#.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR },
	{ "#.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR },
};

/* An answer as it is; of a negative one the SOA's serial differs. */
static void
compare(const struct ask *q, struct fixture *model)
{
	static struct asked real, other;

	env.rng = (struct rng){ 1 };
	ask_raw(&real, q, ask_packet(q, real.pkt, sizeof(real.pkt)), &env);
	env.snapshot = model->snapshot;
	env.rng = (struct rng){ 1 };
	ask_raw(&other, q, ask_packet(q, other.pkt, sizeof(other.pkt)), &env);
	if (real.q.rcode != other.q.rcode || real.q.ede != other.q.ede ||
	    real.q.len != other.q.len ||
	    (real.q.answered && memcmp(real.pkt, other.pkt, real.q.len) != 0)) {
		char *is = asked_text(&real, false);
		char *asks = asked_text(&other, false);

		print_message("%s %u from %s:\n%s\n%s\n", q->name, q->type,
		    q->from, is, asks);
		fail();
	}
	asked_release(&real);
	asked_release(&other);
}

static void
ask_all(unsigned number, struct fixture *model)
{
	char from[64], name[256];

	(void)snprintf(
	    from, sizeof(from), "fdaa:0:18:b:%x::%x", number, number % 256);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (unsigned app = 0; app < APPS; app++) {
			const struct ask q = { .name = name,
				.type = forms[i].type,
				.from = from };

			(void)snprintf(name, sizeof(name), "%s", forms[i].name);
			for (char *c = name; *c != '\0'; c++)
				*c = *c == '#' ? (char)('0' + app) : *c;
			compare(&q, model);
			if (strchr(forms[i].name, '#') == NULL)
				break;
		}
}

static void
apply(struct fixture *to, FILE *out, char **text)
{
	assert_int_equal(fclose(out), 0);
	if (fixture_apply(to, *text) != E_OK) {
		print_message(
		    "%s %s %s\n", to->why.field, to->why.rule, to->why.value);
		fail();
	}
	free(*text);
}

static void
test_model(void **state)
{
	static unsigned apps[PEERS];
	struct rng rng = { 7 };
	struct fixture model;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	fixture_open(&model);
	put_world(out, (1U << APPS) - 1);
	for (unsigned i = 0; i < PEERS; i++) {
		/* An app that is not there, where it would see all. */
		apps[i] = rng_next(&rng) & rng_next(&rng) & ((1U << APPS) - 1);
		if (apps[i] == 0)
			apps[i] = 1U << i % APPS;
		put_peer(out, i, apps[i]);
	}
	apply(&f, out, &text);
	assert_int_equal(fixture_check(&f), E_OK);
	for (unsigned i = 0; i < PEERS; i++) {
		out = open_memstream(&text, &len);
		fputs("{'snapshot':'begin'}\n", out);
		put_world(out, apps[i]);
		fputs("{'snapshot':'end'}\n", out);
		apply(&model, out, &text);
		ask_all(i, &model);
	}
	fixture_close(&model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, start_empty, end);
}
