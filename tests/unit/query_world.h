/*
 * query_world.h - the facts that most questions are asked of, and what holds
 * of every reply.
 */
#ifndef TESTS_UNIT_QUERY_WORLD_H
#define TESTS_UNIT_QUERY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "query_fixture.h"

#define NOW 1700000000 /* 2023-11-14T22:13:20Z */

static const char facts[] =
    "{'put':'region','id':'ams','latitude':52.31,'longitude':4.77}\n"
    "{'put':'region','id':'fra','latitude':50.03,'longitude':8.56}\n"
    "{'put':'region','id':'iad','latitude':38.95,'longitude':-77.46}\n"
    "{'put':'region','id':'syd','latitude':-33.95,'longitude':151.18}\n"
    "{'put':'distance','from':'fra','to':'iad','ms':1}\n"
    "{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48',"
    "'172.16.10.0/24']}\n"
    "{'put':'network','id':'beta','prefixes':['fdaa:0:19::/48'],'ttl':60,"
    "'resolvers':['fdaa::3','10.9.9.9']}\n"
    /* it has acme's app and server */
    "{'put':'network','id':'gamma','prefixes':['fdaa:0:1a:8000::/49'],"
    "'resolvers':['fdaa::3'],'ttl':0}\n"
    "{'put':'app','network':'acme','name':'empty'}\n"
    "{'put':'app','network':'acme','name':'fly','flycast':"
    "['fdaa:0:18:0:1::3','172.16.10.3']}\n"
    "{'put':'app','network':'acme','name':'shop','domain':'shop.prod'}\n"
    "{'put':'app','network':'acme','name':'alias','domain':'web'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'a1','region':'ams',"
    "'addresses':['fdaa:0:18::1','172.16.10.1'],'group':'w','metadata':"
    "{'Role':'Primary','tier':'1'},'name':'lion'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'f1','region':'fra',"
    "'addresses':['fdaa:0:18::2'],'group':'w'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'i1','region':'iad',"
    "'addresses':['fdaa:0:18::3'],'group':'x'}\n"
    "{'put':'instance','network':'acme','app':'web','id':'s1','region':'syd',"
    "'addresses':['fdaa:0:18::4'],'state':'stopped','group':'y','metadata':"
    "{'role':'spare'},'name':'tiger'}\n"
    "{'put':'instance','network':'acme','app':'off','id':'o1','region':'fra',"
    "'addresses':['fdaa:0:18::5'],'state':'stopped'}\n"
    "{'put':'instance','network':'acme','app':'shop','id':'h1','region':"
    "'nowhere','addresses':['172.16.10.6','fdaa:0:18::6'],'name':'lion'}\n"
    /* what web has stopped, and what web has without IPv6 */
    "{'put':'instance','network':'acme','app':'zoo','id':'z1','region':'fra',"
    "'addresses':['172.16.10.7','fdaa:0:18::7'],'name':'tiger'}\n"
    "{'put':'instance','network':'acme','app':'zoo','id':'z2','region':'fra',"
    "'addresses':['172.16.10.8'],'name':'puma'}\n"
    "{'put':'instance','network':'acme','app':'den','id':'d1','region':'fra',"
    "'addresses':['fdaa:0:18::9'],'name':'puma'}\n"
    "{'put':'peer','network':'acme','name':'laptop','region':'fra',"
    "'addresses':['fdaa:0:18::a1','172.16.10.101']}\n"
    "{'put':'peer','network':'acme','name':'soon','addresses':"
    "['fdaa:0:18::a2'],'expires':'2023-11-14T22:13:23Z'}\n"
    "{'put':'peer','network':'acme','name':'gone','addresses':"
    "['fdaa:0:18::a3'],'expires':'2023-11-14T22:13:20Z'}\n"
    "{'put':'peer','network':'acme','name':'interactive-x','region':'syd',"
    "'addresses':['fdaa:0:18::a4']}\n"
    /* one address twice: an instance, then a peer that is gone */
    "{'put':'peer','network':'acme','name':'gone-2','addresses':"
    "['fdaa:0:18::2'],'expires':'2020-01-01T00:00:00Z'}\n"
    "{'put':'instance','network':'beta','app':'web','id':'b1','region':'fra',"
    "'addresses':['fdaa:0:19::1']}\n"
    "{'put':'peer','network':'beta','name':'soon','addresses':"
    "['fdaa:0:19::a2'],'expires':'2023-11-14T22:13:23Z'}\n"
    "{'put':'instance','network':'gamma','app':'web','id':'g1','region':"
    "'fra','addresses':['fdaa:0:1a:8000::1'],'name':'lion'}\n";

static struct fixture f;
static struct query_env env;

static inline int
start_empty(void **state)
{
	(void)state;
	fixture_open(&f);
	env = (struct query_env){ .snapshot = f.snapshot,
		.now = NOW,
		.region = "iad",
		.max_udp_size = 8192,
		.rng = { 1 } };
	return query_env_init(&env) == E_OK ? 0 : -1;
}

/* The facts above, and MORE. */
static inline int
start_with(const char *more)
{
	if (start_empty(NULL) == 0 && fixture_apply(&f, facts) == E_OK &&
	    fixture_apply(&f, more) == E_OK && fixture_check(&f) == E_OK)
		return 0;
	print_message(
	    "%s %s %s: %s\n", f.why.field, f.why.rule, f.why.value, f.finding);
	return -1;
}

static inline int
start(void **state)
{
	(void)state;
	return start_with("");
}

/* Whatever the test before has left. */
static inline int
reset(void **state)
{
	(void)state;
	env.snapshot = f.snapshot;
	env.now = NOW;
	env.forwards = false;
	env.allow_count = 0;
	return 0;
}

static inline int
end(void **state)
{
	(void)state;
	query_env_release(&env);
	fixture_close(&f);
	return 0;
}

/* What holds of every reply to a question made by ask_packet(). */
static inline void
check_reply(const struct asked *a, const struct ask *q)
{
	uint8_t sent[512];
	size_t len = ask_packet(q, sent, sizeof(sent));
	size_t question = len - DNS_HEADER - (q->size > 0 ? 11 : 0);
	uint16_t flags = dns_get16(a->pkt + 2);
	size_t most = q->tcp ? 65535 : q->size > 512 ? q->size : 512;

	assert_non_null(a->reply);
	assert_memory_equal(a->pkt, sent, 2);
	assert_memory_equal(a->pkt + 12, sent + 12, question);
	assert_int_equal(flags & (DNS_QR | DNS_RD), DNS_QR | DNS_RD);
	assert_int_equal(flags & (DNS_OPCODE | DNS_Z | DNS_AD | DNS_CD), 0);
	assert_int_equal((flags & DNS_RA) != 0, env.forwards);
	assert_int_equal((flags & DNS_AA) != 0,
	    a->q.rcode == RCODE_NOERROR || a->q.rcode == RCODE_NXDOMAIN);
	if (q->type != TYPE_SRV) /* with its targets' addresses */
		assert_int_equal(dns_get16(a->pkt + 10), q->size > 0);
	assert_in_range(a->q.len, 12, most);
	for (size_t i = 0; i < ldns_pkt_ancount(a->reply); i++)
		assert_true(ldns_rr_get_type(ldns_rr_list_rr(
				ldns_pkt_answer(a->reply), i)) == q->type ||
		    q->type == TYPE_ANY);
}

/* The SOA of a negative answer is that of a zone the name is in. */
static inline void
check_soa(const struct asked *a)
{
	ldns_rr_list *authorities = ldns_pkt_authority(a->reply);
	const ldns_rdf *name, *owner;

	if (ldns_rr_list_rr_count(authorities) == 0)
		return;
	assert_int_equal(ldns_rr_list_rr_count(authorities), 1);
	owner = ldns_rr_owner(ldns_rr_list_rr(authorities, 0));
	name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(a->reply), 0));
	assert_true(ldns_dname_is_subdomain(name, owner) ||
	    ldns_dname_compare(name, owner) == 0);
}

static inline void
check(const struct ask *q, const char *expected, bool sorted)
{
	struct asked a;
	char *text;

	ask(&a, q, &env);
	text = asked_text(&a, sorted);
	print_message("%s %u from %s: %s\n", q->name, q->type, q->from, text);
	assert_string_equal(text, expected);
	free(text);
	if (a.next == QUERY_SEND) {
		check_reply(&a, q);
		check_soa(&a);
	}
	asked_release(&a);
}

struct question {
	const char *name;
	uint16_t type;
	const char *from, *expected; /* in any order */
};

/* With EDNS of SIZE, if that is not 0. */
static inline void
check_rows(const struct question *row, size_t count, uint16_t size)
{
	for (size_t i = 0; i < count; i++) {
		const struct ask q = { .name = row[i].name,
			.type = row[i].type,
			.from = row[i].from,
			.size = size };

		check(&q, row[i].expected, true);
	}
}

struct step {
	const char *facts, *expected;
};

/* A change is seen at once. */
static inline void
check_steps(const struct ask *q, const struct step *step, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(fixture_apply(&f, step[i].facts), E_OK);
		assert_int_equal(fixture_check(&f), E_OK);
		check(q, step[i].expected, true);
	}
}

#define AND_COUNT(rows) (rows), sizeof(rows) / sizeof((rows)[0])

#define ME "fdaa:0:18::1"
#define A4 TYPE_A
#define A6 TYPE_AAAA

#endif
