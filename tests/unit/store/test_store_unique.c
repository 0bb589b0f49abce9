/*
 * test_store_unique.c - what no two facts may have: keys, numbers.
 */
#include "zones/store/write/txn.h"

#include "store_lines.h"

#define KEY1 "'6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY='"
#define KEY2 "'cGxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY='"
#define PEER(network, name, last, key)                                         \
	"{'put':'peer','network':'" network "','name':'" name                  \
	"','addresses':['" last "'],'public_key':" key "}\n"
#define GATEWAY(id, number)                                                    \
	"{'put':'gateway','id':'" id "','region':'iad','endpoint':'gw:1',"     \
	"'public_key':" KEY1 ",'number':" number "}\n"
#define BETA  "{'put':'network','id':'beta','prefixes':['fdaa:0:19::/48']}\n"
#define BEGIN "{'snapshot':'begin'}\n"
#define END   "{'snapshot':'end'}\n"

/* One after the other; NULL: it is taken. */
static const struct {
	const char *facts, *rule;
} steps[] = {
	{ ACME BETA PEER("acme", "a", "fdaa:0:18::a", KEY1), NULL },
	{ PEER("acme", "a", "fdaa:0:18::b", KEY1), NULL }, /* itself */
	{ PEER("acme", "b", "fdaa:0:18::c", KEY1),
	    "must be no other peer's; peer acme/a has it" },
	{ PEER("beta", "a", "fdaa:0:19::c", KEY1),
	    "must be no other peer's; peer acme/a has it" },
	{ PEER("beta", "a", "fdaa:0:19::c", KEY2), NULL },
	/* free again: another key, gone, gone with its network */
	{ PEER("acme", "a", "fdaa:0:18::b", KEY2),
	    "must be no other peer's; peer beta/a has it" },
	{ "{'delete':'network','id':'beta'}", NULL },
	{ PEER("acme", "a", "fdaa:0:18::b", KEY2), NULL },
	{ PEER("acme", "b", "fdaa:0:18::c", KEY1), NULL },
	{ "{'delete':'peer','network':'acme','name':'b'}", NULL },
	{ PEER("acme", "c", "fdaa:0:18::c", KEY1), NULL },
	/* a snapshot is judged by what it leaves */
	{ BEGIN ACME PEER("acme", "x", "fdaa:0:18::c", KEY1)
		PEER("acme", "y", "fdaa:0:18::d", KEY2) END,
	    NULL },
	{ BEGIN ACME PEER("acme", "x", "fdaa:0:18::c", KEY2)
		PEER("acme", "y", "fdaa:0:18::d", KEY1) END,
	    NULL },
	{ BEGIN ACME PEER("acme", "x", "fdaa:0:18::c", KEY2)
		PEER("acme", "y", "fdaa:0:18::d", KEY2) END,
	    "must be no other peer's; peer acme/x has it" },
	{ GATEWAY("iad1", "1"), NULL },
	{ GATEWAY("iad1", "1"), NULL },
	{ GATEWAY("iad2", "1"),
	    "must be no other gateway's; gateway iad1 has it" },
	{ GATEWAY("iad2", "4294967295"), NULL },
	{ GATEWAY("iad1", "2"), NULL },
	{ GATEWAY("iad3", "1"), NULL },
};

static void
test_steps(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum err err = fixture_apply(&f, steps[i].facts);

		print_message("%zu: %s %s\n", i, f.why.field, f.why.rule);
		assert_int_equal(err, steps[i].rule == NULL ? E_OK : E_INPUT);
		if (steps[i].rule != NULL)
			assert_string_equal(f.why.rule, steps[i].rule);
		assert_int_equal(fixture_check(&f), E_OK);
	}
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
