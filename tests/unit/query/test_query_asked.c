/*
 * test_query_asked.c - what a fact has is answered by its form of names, or
 * who puts it is warned.
 */
#include "zones/facts/asked.h"

#include "query_world.h"
#include "zones/feed/line.h"

#define UNASKED_TEXT (sizeof(struct complaint) + 8)
#define LABEL_62                                                               \
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"

#define OTHER(fields) "{'put':" fields "}"
#define INSTANCE(id, region, more)                                             \
	OTHER("'instance','network':'acme','app':'asked','id':'" id            \
	      "','region':'" region "','addresses':['fdaa:0:18::77']" more)
#define MORE(fields) INSTANCE("i", "ams", "," fields)
#define DOMAIN(domain)                                                         \
	OTHER("'app','network':'acme','name':'asked','domain':'" domain "'")
#define NETWORK(prefixes)                                                      \
	OTHER("'network','id':'acme','prefixes':[" prefixes "]")
#define WARNS(field, form, value)                                              \
	field ": " form " will not answer: \"" value "\""

/* clang-format off */
static const struct {
	const char *line, *warning, *name;
	uint16_t type;
} rows[] = {
	{ INSTANCE("_x", "ams", ""), "", "_x.vm.asked.internal", A6 },
	{ INSTANCE("_tcp", "ams", ""),
	    WARNS("id", "ID.vm.APP.internal", "_tcp"),
	    "_tcp.vm.asked.internal", A6 },
	/* regions: words that stand where they would */
	{ INSTANCE("i", "_x", ""), "", "_x.asked.internal", A6 },
	{ INSTANCE("i", "top3", ""), "", "top3.asked.internal", A6 },
	{ INSTANCE("i", "all", ""), "", "all.asked.internal", A6 },
	{ INSTANCE("i", "vms", ""),
	    WARNS("region", "REGION.APP.internal", "vms"),
	    "vms.asked.internal", A6 },
	{ INSTANCE("i", "of", ""),
	    WARNS("region", "REGION.APP.internal", "of"),
	    "of.asked.internal", A6 },
	{ INSTANCE("i", "_udp", ""),
	    WARNS("region", "REGION.APP.internal", "_udp"),
	    "_udp.asked.internal", A6 },
	{ OTHER("'peer','network':'acme','name':'asked','region':'vms',"
	    "'addresses':['fdaa:0:18::78']"), "",
	    "asked._peer.internal", A6 },
	{ MORE("'group':'vm'"), "", "vm.process.asked.internal", A6 },
	{ MORE("'group':'_tcp'"),
	    WARNS("group", "GROUP.process.APP.internal", "_tcp"),
	    "_tcp.process.asked.internal", A6 },
	{ MORE("'name':'vms'"), "", "vms.apn", A6 },
	/* a network that has no resolver of its own */
	{ NETWORK("'fdaa:0:18::/48','172.16.10.0/24'"), "",
	    "_api.internal", A6 },
	{ NETWORK("'172.16.10.0/24','fdaa:0:18::/49','fdaa:0:18:8000::/49'"),
	    WARNS("resolvers", "without one, as no prefix is a v6 /48, "
		"_api.internal", "172.16.10.0/24"),
	    "_api.internal", A6 },
	{ NETWORK("'fdaa:0:18::/49','172.16.10.0/24','fdaa:0:18:8000::/49'"
	    "],'resolvers':['172.16.10.3'"), "", "_api.internal", A4 },
	{ NETWORK("'fdaa:0:18::/48','172.16.10.0/24'"), "",
	    "_api.internal", A6 },
	/* metadata, which may be any text; its case says nothing */
	{ MORE("'metadata':{'Role':'Primary'}"), "",
	    "primary.role.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'k':''}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal", "k="),
	    "k.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'k':'1.2'}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal", "k=1.2"),
	    "1.2.k.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'k.l':'v'}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal", "k.l=v"),
	    "v.k.l.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'k':'" LABEL_62 "xx'}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal",
		"k=" LABEL_62 "xx"),
	    "k.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'k':'_tcp'}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal", "k=_tcp"),
	    "_tcp.k.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'_udp':'_x'}"),
	    WARNS("metadata", "VALUE.KEY.kv._metadata.APP.internal",
		"_udp=_x"),
	    "_x._udp.kv._metadata.asked.internal", A6 },
	{ MORE("'metadata':{'_udp':'x'}"), "",
	    "x._udp.kv._metadata.asked.internal", A6 },
	{ MORE("'ports':{'" LABEL_62 "':1}"), "",
	    "_" LABEL_62 "._tcp.asked.internal", TYPE_SRV },
	{ MORE("'ports':{'" LABEL_62 "x':1}"),
	    WARNS("ports", "_PORT._PROTO.APP.internal", LABEL_62 "x"),
	    "_tcp.asked.internal", TYPE_SRV },
	{ MORE("'name':'cat'"), "", "asked.apn", A6 },
	{ DOMAIN("_x.y"), "", "_x.y.apn", A6 },
	{ DOMAIN("_tcp.y"), WARNS("domain", "DOMAIN.apn", "_tcp.y"),
	    "_tcp.y.apn", A6 },
	{ DOMAIN("_x._tcp"), WARNS("domain", "DOMAIN.apn", "_x._tcp"),
	    "_x._tcp.apn", A6 },
};
/* clang-format on */

static void
warning_note(void *arg, const struct complaint *why)
{
	char *text = arg;

	assert_string_equal(text, "");
	(void)snprintf(text, UNASKED_TEXT, "%s: %s: \"%s\"", why->field,
	    why->rule, why->value);
}

static void
test_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ask q = { rows[i].name, rows[i].type, ME, NULL,
			NULL, 1232, false };
		char warning[UNASKED_TEXT] = "";
		char *text = strdup(rows[i].line);
		struct arena arena = { 0 };
		struct feed_line line;
		struct asked a;

		FIXTURE_MUST(text != NULL);
		assert_int_equal(fixture_apply(&f, rows[i].line), E_OK);
		for (char *c = text; *c != '\0'; c++)
			*c = (char)(*c == '\'' ? '"' : *c);
		feed_line_read(&line, &arena, text, strlen(text));
		fact_unasked(&line.fact, warning_note, warning);
		arena_release(&arena);
		free(text);
		assert_string_equal(warning, rows[i].warning);
		ask(&a, &q, &env);
		print_message("%s\n", q.name);
		assert_int_equal(
		    ldns_pkt_ancount(a.reply) > 0, warning[0] == '\0');
		asked_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_asked, reset),
	};

	return cmocka_run_group_tests(tests, start, end);
}
