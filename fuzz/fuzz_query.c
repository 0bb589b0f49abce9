/*
 * fuzz_query.c - any packet, through the whole answering path.
 *
 * The first octet says who asks and how; the rest is the packet.  Each reply
 * is held to the promises below, and ldns reads what we wrote, as a second
 * opinion.
 */
#include "zones/query/query.h"

#include "query_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NETWORK(id, p)                                                         \
	"{'put':'network','id':'" id "','prefixes':['" p "::/48']}\n"          \
	"{'put':'instance','network':'" id "','app':'web','id':'" id           \
	"1','region':'iad','addresses':['" p "::1'],'name':'lion',"            \
	"'group':'w','metadata':{'role':'x'}}\n"                               \
	"{'put':'instance','network':'" id "','app':'web','id':'" id           \
	"2','region':'fra','addresses':['" p "::2','" p "::9']}\n"             \
	"{'put':'app','network':'" id "','name':'shop','domain':'shop.prod'"   \
	",'flycast':['" p ":1::3']}\n"                                         \
	"{'put':'instance','network':'" id "','app':'shop','id':'" id          \
	"3','region':'fra','addresses':['" p "::3'],'name':'tiger'}\n"         \
	"{'put':'peer','network':'" id "','name':'" id                         \
	"-peer','region':'fra','addresses':['" p "::a1'],'expires':"           \
	"'2023-11-14T22:13:23Z'}\n"

#define RECORD(id, name, type, value)                                          \
	"{'put':'record','network':'" id "','name':'" name "','type':'" type   \
	"','values':[" value "]}\n"
#define ZONE(id, p)                                                            \
	"{'put':'zone','network':'" id "','name':'c.d','fallthrough':false}\n" \
	"{'put':'zone','network':'" id                                         \
	"','name':'e'}\n" RECORD(id, "a.c.d", "AAAA", "'" p "::7','" p "::8'") \
	    RECORD(id, "*.w.c.d", "TXT", "'" id "'")                           \
		RECORD(id, "l.c.d", "CNAME", "'l.c.d'")                        \
		    RECORD(id, "o.c.d", "CNAME", "'x.e'")                      \
			RECORD(id, "i.c.d", "CNAME", "'web.internal'")         \
			    RECORD(id, "*.e", "CNAME", "'o.f'")

static const char facts[] =
    "{'put':'region','id':'fra','latitude':50,'longitude':8}\n"
    "{'put':'region','id':'iad','latitude':38,'longitude':-77}\n" NETWORK(
	"acme", "fdaa:0:18") NETWORK("globex", "fdaa:0:22b7")
	ZONE("acme", "fdaa:0:18") ZONE("globex", "fdaa:0:22b7");

/* What the other network's addresses and ids have in them. */
static const struct asker {
	const char *from, *bound;
	const char *others;
	size_t others_len;
	const char *other_id;
} askers[] = {
	{ "fdaa:0:18::1", NULL, "\xfd\xaa\x00\x00\x22\xb7", 6, "globex" },
	{ "fdaa:0:22b7::a1", NULL, "\xfd\xaa\x00\x00\x00\x18", 6, "acme" },
	{ "127.0.0.1", "acme", "\xfd\xaa\x00\x00\x22\xb7", 6, "globex" },
	{ "198.51.100.1", NULL, "\xfd\xaa\x00\x00", 4, "acme" }, /* allowed */
	{ "192.0.2.1", NULL, "\xfd\xaa\x00\x00", 4, "acme" },    /* nobody */
	{ "127.0.0.1", "none", "\xfd\xaa\x00\x00", 4, "acme" },
};
#define ASKERS (sizeof(askers) / sizeof(askers[0]))

static struct fixture f;
static struct query_env env;
static struct prefix allow;

static void
remove_store(void)
{
	query_env_release(&env);
	fixture_close(&f);
}

static void
start(void)
{
	fixture_open(&f);
	FIXTURE_MUST(fixture_apply(&f, facts) == E_OK);
	FIXTURE_MUST(prefix_parse(&allow, "198.51.100.0/24"));
	env = (struct query_env){ .snapshot = f.snapshot,
		.now = 1700000000,
		.region = "iad",
		.id = "a node that is fuzzed",
		.max_udp_size = 4096,
		.allow = &allow,
		.allow_count = 1 };
	FIXTURE_MUST(query_env_init(&env) == E_OK);
	FIXTURE_MUST(atexit(remove_store) == 0);
}

static size_t
most(const struct query *q)
{
	if (q->tcp)
		return 65535;
	if (!q->edns || q->edns_size < 512)
		return 512;
	return q->edns_size < 4096 ? q->edns_size : 4096;
}

/* Nothing of another network stands behind the question. */
static void
check_isolation(const struct query *q, const struct asker *by)
{
	size_t skip = DNS_HEADER + q->question_len;

	if (q->len <= skip)
		return;
	assert(memmem(q->pkt + skip, q->len - skip, by->others,
		   by->others_len) == NULL);
	assert(memmem(q->pkt + skip, q->len - skip, by->other_id,
		   strlen(by->other_id)) == NULL);
}

static void
check_records(const struct asked *a)
{
	ldns_rr_list *answers = ldns_pkt_answer(a->reply);
	bool in_zone = a->q.name.kind == NAME_RECORD;

	for (size_t i = 0; i < ldns_rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answers, i);

		assert(ldns_rr_get_type(rr) == a->q.qtype ||
		    a->q.qtype == TYPE_ANY ||
		    (in_zone && ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME));
		assert(ldns_rr_ttl(rr) <= 5);
	}
	if (a->q.rcode != RCODE_NOERROR && !in_zone)
		assert(ldns_rr_list_rr_count(answers) == 0);
}

static void
check_reply(
    const struct asked *a, const struct asker *by, const uint8_t *packet)
{
	const struct query *q = &a->q;
	uint16_t flags = dns_get16(q->pkt + 2);

	assert(q->len >= DNS_HEADER && q->len <= most(q));
	assert(memcmp(q->pkt, packet, 2) == 0);
	assert((flags & DNS_QR) != 0);
	assert((flags & (DNS_AD | DNS_Z)) == 0);
	assert(((flags & DNS_RA) != 0) <= env.forwards);
	assert((flags & DNS_OPCODE) == (dns_get16(packet + 2) & DNS_OPCODE));
	if (dns_get16(q->pkt + 4) == 1)
		assert(memcmp(q->pkt + 12, packet + 12, q->question_len) == 0);
	assert(a->reply != NULL);
	check_records(a);
	check_isolation(q, by);
}

static void
check_forwarded(const struct query *q, const struct asker *by,
    const uint8_t *packet, size_t len)
{
	bool led = q->name.kind == NAME_RECORD && q->led > 0;

	assert(env.forwards);
	/* CNAMEs stand behind the question, where OPT may have been. */
	if (led)
		len = DNS_HEADER + q->question_len;
	assert(led ? q->len > len && q->led_to < q->len : q->len == len);
	assert(memcmp(q->pkt, packet, len) == 0);
	assert(q->name.kind == NAME_OTHER || q->name.kind == NAME_REVERSE ||
	    q->name.kind == NAME_RECORD);
	assert(by - askers <= 3); /* somebody's, or allowed */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct asked a;
	const struct asker *by;
	struct ask how = { .name = "." };

	if (f.snapshot == NULL)
		start();
	if (size < 1 || size - 1 > 4096)
		return 0;
	by = &askers[(data[0] & 0x1f) % ASKERS];
	how.from = by->from;
	how.bound = by->bound;
	how.tcp = (data[0] & 0x20) != 0;
	env.forwards = (data[0] & 0x40) != 0;
	env.rng.state = 1;
	memcpy(a.pkt, data + 1, size - 1);
	ask_raw(&a, &how, size - 1, &env);
	if (size - 1 < DNS_HEADER || (data[3] & 0x80) != 0)
		assert(a.next == QUERY_DROP);
	else if (a.next == QUERY_FORWARD)
		check_forwarded(&a.q, by, data + 1, size - 1);
	else if (assert(a.next == QUERY_SEND), true)
		check_reply(&a, by, data + 1);
	asked_release(&a);
	return 0;
}
