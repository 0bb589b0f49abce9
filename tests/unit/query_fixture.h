/*
 * query_fixture.h - questions to the query path, and its replies as text.
 *
 * A reply is read by ldns, which had no part in writing it.
 */
#ifndef TESTS_UNIT_QUERY_FIXTURE_H
#define TESTS_UNIT_QUERY_FIXTURE_H

#include <ldns/ldns.h>

#include "base/addr_parse.h"
#include "store_fixture.h"
#include "zones/query/query.h"

/* What is asked besides the name; zero is the least that can be asked. */
struct ask {
	const char *name;
	uint16_t type;
	const char *from, *to; /* addresses; to: NULL where not known */
	const char *bound;
	uint16_t size; /* EDNS with this; 0: none */
	bool tcp;
};

struct asked {
	struct query q;
	enum query_next next;
	uint8_t pkt[65536];
	ldns_pkt *reply; /* NULL: no reply, or one that ldns cannot read */
};

/* What a model is held against, in region r0; false: no memory. */
static inline bool
model_env_open(struct query_env *env, struct snapshot *snapshot)
{
	*env = (struct query_env){ .snapshot = snapshot,
		.now = 1700000000,
		.region = "r0",
		.max_udp_size = 8192,
		.rng = { 42 } };
	return query_env_init(env) == E_OK;
}

/* The question's packet; its octets. */
static inline size_t
ask_packet(const struct ask *ask, uint8_t *pkt, size_t cap)
{
	struct wire_out out = wire_out(pkt, cap);
	struct dname name;

	FIXTURE_MUST(dname_parse(&name, ask->name));
	wire_put16(&out, 0x1234);
	wire_put16(&out, DNS_RD);
	wire_put16(&out, 1);
	wire_put32(&out, 0);
	wire_put16(&out, ask->size > 0);
	wire_put(&out, name.wire, name.len);
	wire_put16(&out, ask->type);
	wire_put16(&out, CLASS_IN);
	if (ask->size > 0) {
		wire_put8(&out, 0);
		wire_put16(&out, TYPE_OPT);
		wire_put16(&out, ask->size);
		wire_put32(&out, 0);
		wire_put16(&out, 0);
	}
	FIXTURE_MUST(!out.bad);
	return out.len;
}

/* A whole packet, from somewhere; pkt has it already. */
static inline void
ask_raw(
    struct asked *a, const struct ask *ask, size_t len, struct query_env *env)
{
	a->q = (struct query){ .pkt = a->pkt,
		.len = len,
		.cap = sizeof(a->pkt) - 1,
		.bound = ask->bound,
		.tcp = ask->tcp };
	a->reply = NULL;
	FIXTURE_MUST(addr_parse(&a->q.from, ask->from));
	if (ask->to != NULL)
		FIXTURE_MUST(addr_parse(&a->q.to, ask->to));
	env->store = snapshot_refresh(env->snapshot);
	query_answer(&(struct query *){ &a->q }, 1, env);
	a->next = a->q.next;
	snapshot_rest(env->snapshot);
	if (a->next == QUERY_SEND &&
	    ldns_wire2pkt(&a->reply, a->pkt, a->q.len) != LDNS_STATUS_OK)
		a->reply = NULL;
}

static inline void
ask(struct asked *a, const struct ask *ask, struct query_env *env)
{
	ask_raw(a, ask, ask_packet(ask, a->pkt, sizeof(a->pkt)), env);
}

static inline void
asked_release(struct asked *a)
{
	ldns_pkt_free(a->reply);
	a->reply = NULL;
}

/* The first EDE's code in the reply's OPT; -1 for none. */
static inline int
asked_ede(const struct asked *a)
{
	const ldns_rdf *data = ldns_pkt_edns_data(a->reply);
	const uint8_t *p;

	if (data == NULL || ldns_rdf_size(data) < 6)
		return -1;
	p = ldns_rdf_data(data);
	return dns_get16(p) == EDNS_OPTION_EDE ? dns_get16(p + 4) : -1;
}

static inline int
asked_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* " RDATA RDATA", as they come or SORTED. */
static inline void
asked_records(const ldns_rr_list *rrs, bool sorted, FILE *out)
{
	size_t n = ldns_rr_list_rr_count(rrs);
	char **text = calloc(n + 1, sizeof(*text));

	FIXTURE_MUST(text != NULL);
	for (size_t i = 0; i < n; i++) {
		ldns_rr *rr = ldns_rr_list_rr(rrs, i);
		char *all = ldns_rr2str(rr);
		char *rdata = all;

		/* owner, TTL, class, type */
		for (int tab = 0; tab < 4; tab++)
			rdata = strchr(rdata, '\t') + 1;
		rdata[strcspn(rdata, "\n")] = '\0';
		text[i] = strdup(rdata);
		FIXTURE_MUST(text[i] != NULL);
		free(all);
	}
	if (sorted)
		qsort(text, n, sizeof(*text), asked_compare);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, " %s", text[i]);
		free(text[i]);
	}
	free(text);
}

/*
 * The reply in a line: "RCODE", " TC", " EDE" and its code, " soa" and the
 * SOA's TTL where it is negative, " TTL:" and the records.  To be freed.
 */
static inline char *
asked_text(const struct asked *a, bool sorted)
{
	ldns_rr_list *answers, *authorities;
	char *text = NULL, *rcode;
	size_t len;
	FILE *out;

	if (a->next != QUERY_SEND)
		return strdup(a->next == QUERY_DROP ? "drop" : "forward");
	if (a->reply == NULL)
		return strdup("ldns cannot read it");
	out = open_memstream(&text, &len);
	FIXTURE_MUST(out != NULL);
	rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(a->reply));
	fputs(rcode, out);
	free(rcode);
	if (ldns_pkt_tc(a->reply))
		fputs(" TC", out);
	if (asked_ede(a) >= 0)
		fprintf(out, " EDE%d", asked_ede(a));
	answers = ldns_pkt_answer(a->reply);
	authorities = ldns_pkt_authority(a->reply);
	if (ldns_rr_list_rr_count(authorities) > 0)
		fprintf(out, " soa %u",
		    ldns_rr_ttl(ldns_rr_list_rr(authorities, 0)));
	if (ldns_rr_list_rr_count(answers) > 0)
		fprintf(out, " %u:", ldns_rr_ttl(ldns_rr_list_rr(answers, 0)));
	asked_records(answers, sorted, out);
	FIXTURE_MUST(fclose(out) == 0);
	return text;
}

#endif
