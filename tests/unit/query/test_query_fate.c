/*
 * test_query_fate.c - what explain says of each fact: each fate, for each form
 * of names that can have it.
 */
#include "zones/query/query.h"

#include "query_world.h"

#define INSTANCE(app, id, region, addresses, more)                             \
	"{'put':'instance','network':'acme','app':'" app "','id':'" id         \
	"','region':'" region "','addresses':[" addresses                      \
	"],'group':'g','name':'n','metadata':{'k':'v'}" more "}\n"

/* clang-format off */
static const char more[] =
    INSTANCE("all", "w1", "fra", "'fdaa:0:18::b1'", ",'ports':{'x':1}")
    INSTANCE("all", "w2", "iad", "'172.16.10.72'", ",'ports':{'y':1}")
    INSTANCE("all", "c1", "ams", "'fdaa:0:18::b3'", ",'health':'critical'")
    INSTANCE("all", "d1", "ams", "'fdaa:0:18::b4'", ",'state':'draining'")
    INSTANCE("all", "s1", "ams", "'fdaa:0:18::b5'", ",'state':'stopped'")
    INSTANCE("bad", "c2", "fra", "'fdaa:0:18::c2'", ",'health':'critical'")
    INSTANCE("bad", "d2", "ams", "'fdaa:0:18::c4'", ",'state':'draining'")
    INSTANCE("one", "o1", "fra", "'fdaa:0:18::d1'", ",'state':'stopped'")
    "{'put':'app','network':'acme','name':'all','flycast':"
    "['fdaa:0:18::e1']}\n"
    "{'put':'peer','network':'acme','name':'sees','addresses':"
    "['fdaa:0:18:b::1'],'apps':['one']}\n";
/* clang-format on */

/* A letter for each. */
static const char letters[] = {
	[FATE_TAKEN] = 'T',
	[FATE_NOTHING_ELSE] = 'N',
	[FATE_STOPPED] = 's',
	[FATE_CRITICAL] = 'c',
	[FATE_DRAINING] = 'd',
	[FATE_OTHER_REGION] = 'r',
	[FATE_FARTHER] = 'f',
	[FATE_EXPIRED] = 'e',
	[FATE_INTERACTIVE] = 'i',
	[FATE_OTHER_APP] = 'o',
	[FATE_HIDDEN] = 'h',
	[FATE_NO_ADDRESS] = 'a',
	[FATE_NO_PORT] = 'p',
};

static const struct {
	const char *name;
	uint16_t type;
	const char *from, *expected; /* "id=letter", sorted */
} rows[] = {
	/* sets: by how well they are, with an address of the type or not */
	{ "all.internal", A6, ME, "c1=c d1=d s1=s w1=T w2=a" },
	{ "all.internal", A4, ME, "c1=c d1=d s1=s w1=a w2=T" },
	{ "all.internal", TYPE_MX, ME, "c1=c d1=d s1=s w1=a w2=a" },
	{ "bad.internal", A6, ME, "c2=N d2=d" },
	{ "bad.internal", A4, ME, "c2=a d2=d" },
	{ "one.internal", A6, ME, "o1=s" },
	{ "_x._tcp.all.internal", TYPE_SRV, ME, "c1=c d1=d s1=s w1=T w2=p" },
	{ "all.internal", A6, "fdaa:0:18:b::1", "all=h" },
	/* of a region */
	{ "fra.all.internal", A6, ME, "c1=r d1=r s1=r w1=T w2=r" },
	{ "ams.all.internal", A6, ME, "c1=N d1=d s1=s w1=r w2=r" },
	{ "ams.bad.internal", A6, ME, "c2=r d2=N" },
	/* groups and metadata */
	{ "g.process.all.internal", A6, ME, "c1=c d1=d s1=s w1=T w2=a" },
	{ "g.process.bad.internal", A6, ME, "c2=N d2=d" },
	{ "g.process.one.internal", A6, ME, "o1=s" },
	{ "_x._tcp.g.process.all.internal", TYPE_SRV, ME,
	    "c1=c d1=d s1=s w1=T w2=p" },
	{ "v.k.kv._metadata.all.internal", A6, ME, "c1=c d1=d s1=s w1=T w2=a" },
	{ "v.k.kv._metadata.bad.internal", A6, ME, "c2=N d2=d" },
	/* nearest: of those answered nobody is farther */
	{ "top1.nearest.of.web.internal", A6, "fdaa:0:18::2",
	    "a1=f f1=T i1=f s1=s" },
	{ "top2.nearest.of.web.internal", A6, "fdaa:0:18::2",
	    "a1=f f1=T i1=T s1=s" },
	{ "top9.nearest.of.web.internal", A6, "fdaa:0:18::2",
	    "a1=T f1=T i1=T s1=s" },
	{ "top9.nearest.of.all.internal", A6, ME, "c1=c d1=d s1=s w1=T w2=a" },
	{ "top9.nearest.of.all.internal", A4, ME, "c1=c d1=d s1=s w1=a w2=T" },
	{ "top1.nearest.of.bad.internal", A6, ME, "c2=N d2=d" },
	{ "top9.nearest.of.all.internal", TYPE_MX, ME,
	    "c1=c d1=d s1=s w1=a w2=a" },
	{ "_x._tcp.top9.nearest.of.all.internal", TYPE_SRV, ME,
	    "c1=c d1=d s1=s w1=T w2=p" },
	{ "_y._tcp.top1.nearest.of.all.internal", TYPE_SRV, ME,
	    "c1=c d1=d s1=s w1=p w2=T" },
	/* one, however it is */
	{ "c1.vm.all.internal", A6, ME, "c1=T" },
	{ "s1.vm.all.internal", A6, ME, "s1=T" },
	{ "w2.vm.all.internal", A6, ME, "w2=a" },
	{ "_x._tcp.w1.vm.all.internal", TYPE_SRV, ME, "w1=T" },
	{ "_x._tcp.w2.vm.all.internal", TYPE_SRV, ME, "w2=p" },
	/* lists */
	{ "vms.all.internal", TYPE_TXT, ME, "c1=T d1=T s1=s w1=T w2=T" },
	{ "all.vms.all.internal", TYPE_TXT, ME, "c1=T d1=T s1=T w1=T w2=T" },
	{ "_peer.internal", TYPE_TXT, ME,
	    "gone-2=e gone=e interactive-x=i laptop=T sees=T soon=T" },
	{ "laptop._peer.internal", A6, ME, "laptop=T" },
	{ "soon._peer.internal", A4, ME, "soon=a" },
	{ "gone._peer.internal", A6, ME, "gone=e" },
	{ "interactive-x._peer.internal", A6, ME, "interactive-x=i" },
	{ "all.flycast", A6, ME, "all=T" },
	{ "all.flycast", A4, ME, "all=a" },
	/* servers: the own app's alone; else as sets */
	{ "n.apn", A6, "fdaa:0:18::99",
	    "c1=c c2=c d1=d d2=d o1=s s1=s w1=T w2=a" },
	{ "n.apn", A6, "fdaa:0:18::c2",
	    "c1=o c2=N d1=o d2=d o1=o s1=o w1=o w2=o" },
	{ "n.apn", A6, "fdaa:0:18::d1",
	    "c1=o c2=o d1=o d2=o o1=s s1=o w1=o w2=o" },
	{ "n.apn", A6, "fdaa:0:18:b::1", "o1=s" },
	{ "_x._tcp.n.apn", TYPE_SRV, "fdaa:0:18::99",
	    "c1=c c2=c d1=d d2=d o1=s s1=s w1=T w2=p" },
	/* whose ports are those of apps that it hides */
	{ "_x._tcp.n.apn", TYPE_SRV, "fdaa:0:18::c2",
	    "c1=o c2=p d1=o d2=d o1=o s1=o w1=o w2=o" },
	{ "n.all.apn", A6, ME, "c1=T d1=T s1=T w1=T w2=a" },
	{ "bad.apn", A6, ME, "c2=N d2=d" },
	{ "all.apn", A6, ME, "c1=c d1=d s1=s w1=T w2=a" },
	{ "one.apn", A6, ME, "o1=s" },
	/* reverse names: the newest whose name resolves */
	{ "1.10.16.172.in-addr.arpa", TYPE_PTR, ME, "a1=T" },
	{ "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "f1=T gone-2=e" },
	{ "1.10.16.172.in-addr.arpa", TYPE_PTR, "fdaa:0:18:b::1", "a1=h" },
	{ "4.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.0.0.0.0.0.0.a.a.d.f"
	  ".ip6.arpa",
	    TYPE_PTR, ME, "interactive-x=i" },
};

struct seen {
	struct query_watch watch; /* first */
	char *fact[64];
	unsigned count;
	bool told[FATE_COUNT_];
};

static void
fact_note(struct query_watch *watch, const char *kind, struct label app,
    struct label id, enum query_fate fate)
{
	struct seen *s = (struct seen *)watch;
	struct label l = id.at == NULL ? app : id;

	(void)kind;
	assert_true(s->count < 64);
	assert_true(asprintf(&s->fact[s->count++], "%.*s=%c", l.len,
			(const char *)l.at, letters[fate]) > 0);
	s->told[fate] = true;
}

static void
text_note(struct query_watch *watch, const char *text)
{
	(void)watch;
	print_message("  %s\n", text);
}

static int
start_more(void **state)
{
	(void)state;
	return start_with(more);
}

static void
test_rows(void **state)
{
	struct seen s = { .watch = { fact_note, text_note } };
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { .name = rows[i].name,
			.type = rows[i].type,
			.from = rows[i].from,
			.tcp = true };
		enum dns_rcode unseen;
		char all[1024] = "";
		struct asked a;

		ask(&a, &q, &env);
		unseen = a.q.rcode;
		asked_release(&a);
		s.count = 0;
		env.watch = &s.watch;
		ask(&a, &q, &env);
		env.watch = NULL;
		assert_int_equal(a.q.rcode, unseen);
		asked_release(&a);
		qsort(s.fact, s.count, sizeof(s.fact[0]), asked_compare);
		for (unsigned n = 0; n < s.count; n++) {
			size_t at = strlen(all);

			(void)snprintf(all + at, sizeof(all) - at, "%s%s",
			    n == 0 ? "" : " ", s.fact[n]);
			free(s.fact[n]);
		}
		print_message("%s %u from %s\n", q.name, q.type, q.from);
		if (strcmp(all, rows[i].expected) == 0)
			continue;
		print_message("  is %s\n  not %s\n", all, rows[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	for (enum query_fate fate = FATE_TAKEN; fate < FATE_COUNT_; fate++)
		assert_true(s.told[fate]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, reset),
	};

	return cmocka_run_group_tests(tests, start_more, end);
}
